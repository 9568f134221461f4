"""Computers on a network of their own: namespaces, cables and switches, and p2pshare on each.

A ``Lab`` is one namespace with a bridge in it (the switch) and one namespace for each host, joined
by veth pairs (the cables). Nothing is created, joined or sent outside of namespaces made here;
names carry the process id, so runs beside each other do not meet. A ``Host`` runs the real
``p2pshare-cli node``; a test waits for the lines it prints (``programs``) and never sleeps.
``Lab.close`` ends every process by its id and removes every namespace; conftest.py calls it.
"""

import asyncio
import contextlib
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from netlab.programs import Happening, NodeProgram, Program, child_environment, run

from p2pshare.domain.commands import AddListing, AddPerson
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.node.ledger import Ledger

Result = TypeVar("Result")

START_SECONDS = 40.0
_UNDER_A_HOSTNAME = 'echo "$0" > /proc/sys/kernel/hostname && exec "$@"'
_LAB_NUMBERS = itertools.count(1)


class Host:
    """A computer in the lab: a namespace, one cable, one folder, and the node while it runs."""

    def __init__(self, lab: "Lab", letter: str, folder: Path) -> None:
        self.lab = lab
        self.letter = letter
        self.folder = folder
        self.namespace = f"{lab.prefix}-{letter}"
        self.hostname = f"kitchen-computer-{letter}"
        self.node: NodeProgram | None = None
        self.device = ""
        self.happenings: list[Happening] = []

    # --- the computer -------------------------------------------------------------------------

    def ip(self, *arguments: str) -> str:
        """``ip`` inside of this host."""
        return run("ip", "-n", self.namespace, *arguments)

    def inside(self, *command: str) -> str:
        """A short program inside of this host."""
        return run("ip", "netns", "exec", self.namespace, *command)

    def drop_packets(self, percent: int) -> None:
        """From now on lose this share of the packets that arrive by cable."""
        self.inside("nft", "add", "table", "inet", "loss")
        hook = "{ type filter hook input priority 0 ; }"
        self.inside("nft", "add", "chain", "inet", "loss", "arriving", hook)
        rule = f"iifname lan0 numgen random mod 100 < {percent} counter drop"
        self.inside("nft", "add", "rule", "inet", "loss", "arriving", *rule.split())

    def packets_dropped(self) -> int:
        """How many were lost by ``drop_packets``."""
        listed = self.inside("nft", "list", "chain", "inet", "loss", "arriving")
        found = re.search(r"counter packets (\d+)", listed)
        assert found, listed
        return int(found.group(1))

    def without_ipv6(self) -> "Host":
        """Have IPv4 only, so that a test of one address is of one address."""
        self.inside("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6")
        return self

    def renew_link_local_address(self) -> None:
        """Take the cable's interface down and up: its IPv6 address is tentative for a second."""
        self.ip("link", "set", "lan0", "down")
        self.ip("link", "set", "lan0", "up")

    def pull_cable(self) -> None:
        """At the switch, as the host's neighbour would: the host only loses its carrier."""
        self.lab.ip("link", "set", f"port-{self.letter}", "down")

    def plug_cable(self) -> None:
        """Undo ``pull_cable``."""
        self.lab.ip("link", "set", f"port-{self.letter}", "up")

    # --- the ledger ---------------------------------------------------------------------------

    async def with_ledger(self, work: Callable[[Ledger], Result]) -> Result:
        """Run ``work`` on this host's folder, as another process beside the node would."""

        def opened() -> Result:
            ledger = Ledger(self.folder)
            try:
                return work(ledger)
            finally:
                ledger.close()

        return await asyncio.to_thread(opened)

    async def digest(self) -> tuple[str, int]:
        """Digest and number of entries of the open circle."""

        def read(ledger: Ledger) -> tuple[str, int]:
            (circle,) = ledger.queries.circles()
            return circle.digest, circle.entries

        return await self.with_ledger(read)

    async def titles(self) -> dict[str, str]:
        """The title of every listing in hand and whose it is."""

        def read(ledger: Ledger) -> dict[str, str]:
            views = ledger.queries.listings(ledger.today())
            return {view.title: view.person_name for view in views}

        return await self.with_ledger(read)

    async def offer(self, *titles: str) -> None:
        """The only person here offers these things."""

        def write(ledger: Ledger) -> None:
            person = ledger.acting_person(None)
            for title in titles:
                ledger.perform(
                    AddListing(person=person, exchange_type=ExchangeType.OFFER, title=title)
                )

        await self.with_ledger(write)

    async def add_person(self, name: str) -> None:
        """Somebody uses this computer: what ``init`` does, without a process of its own."""
        await self.with_ledger(lambda ledger: ledger.perform(AddPerson(name=name)))

    async def cli(self, *arguments: str) -> Any:
        """What ``p2pshare-cli --json`` prints on this host."""
        process = await asyncio.create_subprocess_exec(
            *self._command(*arguments),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=child_environment(),
        )
        out, complaint = await process.communicate()
        assert process.returncode == 0, f"{arguments}: {complaint.decode()}"
        return json.loads(out)

    def _command(self, *arguments: str) -> list[str]:
        named = ("unshare", "--uts", "sh", "-c", _UNDER_A_HOSTNAME, self.hostname)
        program = (sys.executable, "-m", "p2pshare.cli", "--data", str(self.folder), "--json")
        return [*named, "ip", "netns", "exec", self.namespace, *program, *arguments]

    # --- the node -----------------------------------------------------------------------------

    async def start(self, *options: str) -> None:
        """Run the node, with ``options``, until it is on the network."""
        node = NodeProgram(f"node {self.letter}", await self._spawn(options))
        self.lab.programs.append(node)
        self.happenings = node.happenings
        node.begin()
        self.node = node
        async with asyncio.timeout(START_SECONDS):
            await node.news(0)
        assert node.lines, f"node {self.letter} did not start: {self.complaints()}"
        self.device = node.happenings[0].line["device"]

    async def _spawn(self, options: tuple[str, ...]) -> asyncio.subprocess.Process:
        with (self.folder.parent / f"{self.letter}.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *self._command("node", "--verbose", *options),
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                stdin=asyncio.subprocess.DEVNULL,
                env=child_environment(),
            )

    async def stop(self) -> None:
        """End the node as a person would; it must end well."""
        assert self.node is not None
        code = await self.node.end()
        assert code == 0, f"node {self.letter} ended with {code}: {self.complaints()}"
        self.node = None

    async def kill(self) -> None:
        """End the node as a power cut would."""
        assert self.node is not None
        await self.node.end(signal.SIGKILL)
        self.node = None

    def complaints(self) -> str:
        """The end of what the node wrote to standard error."""
        log = self.folder.parent / f"{self.letter}.log"
        return log.read_text()[-2000:] if log.exists() else ""

    def mark(self) -> int:
        """A place in what has happened, for ``until(..., since=)``."""
        return len(self.happenings)

    async def until(
        self,
        event: str,
        seconds: float,
        *,
        since: int = 0,
        where: Callable[[dict[str, Any]], bool] = lambda line: True,
    ) -> Happening:
        """The first such event after ``since``, that has happened or will."""
        node = self.node
        assert node is not None
        try:
            async with asyncio.timeout(seconds):
                while True:
                    for happening in node.happenings[since:]:
                        if happening.is_(event) and where(happening.line):
                            return happening
                    assert not node.ended, f"node {self.letter} ended: {self.complaints()}"
                    await node.news(len(node.lines))
        except TimeoutError:
            seen = [happening.line for happening in node.happenings[since:]]
            raise AssertionError(
                f"{self.letter}: no {event} within {seconds} s; seen {seen}; {self.complaints()}"
            ) from None

    async def until_linked(self, other: "Host", seconds: float, *, since: int = 0) -> float:
        """Wait for a link to the other host's device; when it came up."""
        happening = await self.until(
            "link-up", seconds, since=since, where=lambda line: line["device"] == other.device
        )
        return happening.at

    async def until_unlinked(self, device: str, seconds: float, *, since: int = 0) -> float:
        """Wait for the end of a link with ``device``; when it came."""
        happening = await self.until(
            "link-down", seconds, since=since, where=lambda line: line["device"] == device
        )
        return happening.at

    async def until_titles(self, titles: set[str], seconds: float) -> float:
        """Wait until every one of these listings is in hand; how long that took."""
        began = time.monotonic()
        node = self.node
        assert node is not None
        missing = titles
        try:
            async with asyncio.timeout(seconds):
                while True:
                    seen = len(node.lines)
                    missing = titles - (await self.titles()).keys()
                    if not missing:
                        break
                    assert not node.ended, f"node {self.letter} ended: {self.complaints()}"
                    await node.news(seen)
        except TimeoutError:
            raise AssertionError(
                f"{self.letter} lacks {sorted(missing)[:3]} after {seconds} s; {self.complaints()}"
            ) from None
        return time.monotonic() - began


class Lab:
    """A switch and its hosts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.prefix = f"p2pshare-{os.getpid()}-{next(_LAB_NUMBERS)}"
        self.switch = f"{self.prefix}-switch"
        self.programs: list[Program] = []
        self.namespaces: list[str] = []

    def build(self) -> None:
        """Make the switch; whoever calls this sees to ``close``, also if it fails."""
        self._add_namespace(self.switch)
        self.add_bridge("lan")

    def _add_namespace(self, name: str) -> None:
        self.namespaces.append(name)
        run("ip", "netns", "add", name)
        run("ip", "-n", name, "link", "set", "lo", "up")

    def ip(self, *arguments: str) -> str:
        """``ip`` in the namespace of the switch."""
        return run("ip", "-n", self.switch, *arguments)

    def add_bridge(self, name: str) -> None:
        """Another switch, joined to no other yet."""
        self.ip("link", "add", name, "type", "bridge", "forward_delay", "0")
        self.ip("link", "set", name, "up")

    def join_bridges(self, one: str, other: str) -> None:
        """A cable between two switches, unplugged: ``ip link set join-ONE up`` plugs it."""
        peer = ("type", "veth", "peer", "name", f"join-{other}")
        self.ip("link", "add", f"join-{one}", *peer)
        for bridge in (one, other):
            self.ip("link", "set", f"join-{bridge}", "master", bridge)
        self.ip("link", "set", f"join-{other}", "up")

    def add_namespace(self, letter: str, *addresses: str, bridge: str = "lan") -> str:
        """A namespace with these addresses (with prefix lengths), cabled to a switch; its name."""
        name = f"{self.prefix}-{letter}"
        self._add_namespace(name)
        port = ("type", "veth", "peer", "name", f"port-{letter}", "netns", self.switch)
        run("ip", "link", "add", "lan0", "netns", name, *port)
        self.ip("link", "set", f"port-{letter}", "master", bridge)
        self.ip("link", "set", f"port-{letter}", "up")
        for address in addresses:
            run("ip", "-n", name, "addr", "add", address, "dev", "lan0")
        run("ip", "-n", name, "link", "set", "lan0", "up")
        return name

    def add_host(self, letter: str, *addresses: str, bridge: str = "lan") -> Host:
        """A computer with its folder."""
        self.add_namespace(letter, *addresses, bridge=bridge)
        return Host(self, letter, self.folder / letter)

    async def spawn(self, name: str, namespace: str, *command: str, **environment: str) -> Program:
        """A program in a namespace of this lab, both its outputs read as lines."""
        process = await asyncio.create_subprocess_exec(
            *("ip", "netns", "exec", namespace, *command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=child_environment(**environment),
        )
        program = Program(name, process)
        self.programs.append(program)
        program.begin()
        return program

    async def close(self) -> None:
        """End what still runs, and leave no namespace behind."""
        ends = [one.end() for one in self.programs if one.process.returncode is None]
        outcomes = await asyncio.gather(*ends, return_exceptions=True)
        for name in namespaces():
            if name in self.namespaces:
                run("ip", "netns", "del", name)
        left = [name for name in namespaces() if name.startswith(f"{self.prefix}-")]
        assert not left, f"left behind: {left}"
        failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        assert not failed, failed


def namespaces() -> list[str]:
    """The named network namespaces of this computer (ip-netns(8))."""
    folder = Path("/run/netns")
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def remove_remains() -> None:
    """Remove what a run left that was killed itself: namespaces whose name says so, of a process
    that is no more, and the programs in them.
    """
    for name in namespaces():
        found = re.fullmatch(r"p2pshare-(\d+)-\d+-[a-z]+", name)
        if found is None or Path("/proc", found.group(1)).exists():
            continue
        # Another run may be removing the same at this moment: what is gone is no fault.
        listing = ("ip", "netns", "pids", name)
        pids = subprocess.run(listing, capture_output=True, text=True, check=False).stdout
        for process in pids.split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(process), signal.SIGKILL)
        subprocess.run(("ip", "netns", "del", name), capture_output=True, check=False)


async def until_equal(*hosts: Host, seconds: float, entries: int = 1) -> tuple[str, int]:
    """Wait until all hosts have one digest over at least ``entries``; it, and how many they are."""
    found: list[tuple[str, int]] = []
    try:
        async with asyncio.timeout(seconds):
            while True:
                nodes = [host.node for host in hosts if host.node is not None]
                before = [len(node.lines) for node in nodes]
                found = await asyncio.gather(*(host.digest() for host in hosts))
                if len(set(found)) == 1 and found[0][1] >= entries:
                    return found[0]
                await _until_news(nodes, before)
    except TimeoutError:
        state = [(host.letter, *one) for host, one in zip(hosts, found, strict=False)]
        complaints = {host.letter: host.complaints() for host in hosts}
        raise AssertionError(f"not equal after {seconds} s: {state}; {complaints}") from None


async def _until_news(nodes: list[NodeProgram], before: list[int]) -> None:
    """Return once one of the nodes has printed more lines than ``before``."""
    waiting = [
        asyncio.create_task(node.news(seen), name=f"news of {node.name}")
        for node, seen in zip(nodes, before, strict=True)
    ]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
