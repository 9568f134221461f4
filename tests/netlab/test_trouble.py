"""Networks as they are: silence, pulled cables, other addresses, loss, islands that merge.

Each scenario has a lab of its own, and all run beside each other: nearly all of their time is
waiting, for a ping that nobody answers or for what was lost to be sent again.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from netlab.laboratory import START_SECONDS, Host, Lab, until_equal

from p2pshare.net.discovery import LOOK_AROUND_SECONDS
from p2pshare.net.interfaces import POLL_SECONDS
from p2pshare.net.websocket import CLOSE_SECONDS, PING_SECONDS

pytestmark = pytest.mark.netlab

LINK_SECONDS = 30.0
SYNC_SECONDS = 8.0
PING_DEADLINE = 2 * PING_SECONDS + CLOSE_SECONDS + 2.0
SETTLED = Path(__file__).with_name("wait_until_settled.py")
SETTLED_PAUSE_SECONDS = 8.0
HEAL_SECONDS = 2 * POLL_SECONDS + 12.0


async def three_linked(lab: Lab) -> list[Host]:
    """Hosts a, b and c with IPv4 only, each two of them linked."""
    hosts = [
        lab.add_host(letter, f"10.77.0.{place}/24").without_ipv6()
        for place, letter in enumerate("abc", 1)
    ]
    await asyncio.gather(*(host.add_person(f"Neighbour {host.letter}") for host in hosts))
    await asyncio.gather(*(host.start() for host in hosts))
    for host in hosts:
        for other in hosts:
            if host is not other:
                await host.until_linked(other, LINK_SECONDS)
    await until_equal(*hosts, seconds=SYNC_SECONDS, entries=6)
    return hosts


async def a_pulled_cable_heals_when_it_is_plugged(lab: Lab) -> None:
    ada, ben, cleo = await three_linked(lab)
    pulled = time.monotonic()
    cleo.pull_cable()
    alone = await cleo.until_unlinked(ada.device, PING_DEADLINE)
    await asyncio.gather(ada.offer("While apart"), cleo.offer("While alone"))
    await ben.until_titles({"While apart"}, SYNC_SECONDS)
    assert "While alone" not in await ben.titles()
    plugged = time.monotonic()
    cleo.plug_cable()
    await asyncio.gather(
        *(host.until_titles({"While apart", "While alone"}, HEAL_SECONDS) for host in (ada, cleo))
    )
    await until_equal(ada, ben, cleo, seconds=SYNC_SECONDS)
    print(f"noticed after {alone - pulled:.1f} s, healed after {time.monotonic() - plugged:.1f} s")


async def another_address_is_found_without_a_restart(lab: Lab) -> None:
    ada, ben, cleo = await three_linked(lab)
    marks = [host.mark() for host in (ada, ben)]
    changed = time.monotonic()
    cleo.ip("addr", "del", "10.77.0.3/24", "dev", "lan0")
    cleo.ip("addr", "add", "10.77.0.103/24", "dev", "lan0")
    await asyncio.gather(cleo.offer("Moved here"), ada.offer("For who moved"))
    for host, mark in zip((ada, ben), marks, strict=True):
        await host.until_titles({"Moved here"}, HEAL_SECONDS)
        await host.until(
            "link-up",
            SYNC_SECONDS,
            since=mark,
            where=lambda line: line["address"].startswith("10.77.0.103:"),
        )
    await cleo.until_titles({"For who moved"}, HEAL_SECONDS)
    print(f"found again after {time.monotonic() - changed:.1f} s")


async def sync_completes_though_three_packets_of_ten_are_lost(lab: Lab) -> None:
    hosts = [
        lab.add_host(letter, f"10.77.0.{place}/24").without_ipv6()
        for place, letter in enumerate("abc", 1)
    ]
    ada, ben, _ = hosts
    for host in hosts:
        host.drop_packets(30)
    await asyncio.gather(*(host.add_person(f"Neighbour {host.letter}") for host in hosts))
    await ada.offer(*(f"Book {number}" for number in range(300)))
    await ben.offer("Sledge")
    began = time.monotonic()
    await asyncio.gather(*(host.start() for host in hosts))
    _, entries = await until_equal(*hosts, seconds=60, entries=307)
    print(f"{entries} entries at three hosts after {time.monotonic() - began:.1f} s")
    lost = [host.packets_dropped() for host in hosts]
    assert min(lost) > 10, lost


async def a_host_leaves_without_goodbye(lab: Lab, cut_off: asyncio.Event) -> None:
    """A host's cable is cut and its power too: nothing tells the others but silence. Sets
    ``cut_off`` when the long wait begins.
    """
    ada, ben, cleo = await three_linked(lab)
    gone = cleo.device
    cut = time.monotonic()
    cleo.pull_cable()
    await cleo.kill()
    cut_off.set()
    await ada.offer("Offered meanwhile")
    await ben.until_titles({"Offered meanwhile"}, SYNC_SECONDS)
    noticed = await asyncio.gather(
        ada.until_unlinked(gone, PING_DEADLINE), ben.until_unlinked(gone, PING_DEADLINE)
    )
    print(f"silence noticed after {min(noticed) - cut:.1f} and {max(noticed) - cut:.1f} s")
    await ben.offer("Offered later")
    await ada.until_titles({"Offered later"}, SYNC_SECONDS)
    cleo.plug_cable()
    returning, back = ada.mark(), time.monotonic()
    await cleo.start()
    await cleo.until_titles({"Offered meanwhile", "Offered later"}, LINK_SECONDS)
    await until_equal(ada, ben, cleo, seconds=SYNC_SECONDS)
    print(f"back and up to date after {time.monotonic() - back:.1f} s")
    # With its cable in, a killed program's computer still says that nobody is there any more.
    await ada.until_linked(cleo, LINK_SECONDS, since=returning)
    mark, killed = ada.mark(), time.monotonic()
    await cleo.kill()
    told = await ada.until_unlinked(gone, SYNC_SECONDS, since=mark)
    print(f"a kill noticed after {told - killed:.2f} s")


async def two_meetups_merge(lab: Lab) -> None:
    """Two meetups that never heard of each other are joined by a cable between their switches; no
    host sees its own cable change."""
    lab.add_bridge("far")
    lab.join_bridges("lan", "far")
    near = [lab.add_host(letter, f"10.77.0.{place}/24") for place, letter in enumerate("ab", 1)]
    far = [
        lab.add_host(letter, f"10.77.0.{place}/24", bridge="far")
        for place, letter in enumerate("cd", 3)
    ]
    hosts = [*near, *far]
    program = (sys.executable, str(SETTLED), str(SETTLED_PAUSE_SECONDS), "a,b", "c,d")
    settled = await lab.spawn("settled", lab.switch, *program)
    await asyncio.gather(*(host.add_person(f"Neighbour {host.letter}") for host in hosts))
    await asyncio.gather(*(host.start() for host in hosts))
    for island in (near, far):
        await island[0].until_linked(island[1], LINK_SECONDS)
        await until_equal(*island, seconds=SYNC_SECONDS, entries=4)
    # The packet after the pause is one of the looks around, which come 15 to 30 s apart.
    await settled.line_matching("^settled$", seconds=LOOK_AROUND_SECONDS + LINK_SECONDS)
    joined = time.monotonic()
    lab.ip("link", "set", "join-lan", "up")
    await until_equal(*hosts, seconds=LOOK_AROUND_SECONDS + SYNC_SECONDS, entries=8)
    print(f"islands equal {time.monotonic() - joined:.1f} s after they were joined")


MEANWHILE: list[Callable[[Lab], Awaitable[None]]] = [
    a_pulled_cable_heals_when_it_is_plugged,
    another_address_is_found_without_a_restart,
    sync_completes_though_three_packets_of_ten_are_lost,
    two_meetups_merge,
]


async def test_trouble(make_lab: Callable[[], Lab]) -> None:
    """All scenarios; a failure names its scenario and does not end the others."""
    waiting = asyncio.Event()

    async def meanwhile(scenario: Callable[[Lab], Awaitable[None]]) -> None:
        async with asyncio.timeout(START_SECONDS + LINK_SECONDS):
            await waiting.wait()
        await scenario(make_lab())

    scenarios = {scenario.__name__: meanwhile(scenario) for scenario in MEANWHILE}
    silence = a_host_leaves_without_goodbye(make_lab(), waiting)
    scenarios[a_host_leaves_without_goodbye.__name__] = silence
    outcomes = await asyncio.gather(*scenarios.values(), return_exceptions=True)
    for name, outcome in zip(scenarios, outcomes, strict=True):
        if outcome is not None:
            outcome.add_note(f"in {name}")
    failures = [outcome for outcome in outcomes if outcome is not None]
    if failures:
        raise BaseExceptionGroup("scenarios failed", failures)
