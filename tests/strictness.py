"""A pytest plugin that fails tests for what they would rather not tell.

Unexpected log records, threads, asyncio tasks and child processes left behind, blocking calls in
the event loop, sockets to anything but loopback, and files written into the source tree.
tests/conftest.py loads it; tests/unit/test_strictness.py proves that each rule fails a bad test.
It imports nothing of p2pshare and must not: its self-tests run it on its own.
"""

import asyncio
import ipaddress
import logging
import os
import re
import socket
import struct
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from blockbuster import blockbuster_ctx

THREAD_END_SECONDS = 2.0
TASK_END_STEPS = 10
BLOCKING_WATCHED = ["p2pshare"]
MDNS_GROUPS = {ipaddress.ip_address("224.0.0.251"), ipaddress.ip_address("ff02::fb")}
UNWATCHED_FOLDERS = {
    ".git",
    ".venv",
    "__pycache__",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".hypothesis",
}


# --- unexpected log records ----------------------------------------------------------------------


@dataclass
class ExpectedLog:
    """A record that a test declares: a regular expression, a logger's name, a least level."""

    pattern: str
    logger: str
    optional: bool
    seen: int = 0

    def matches(self, record: logging.LogRecord) -> bool:
        below = record.name == self.logger or record.name.startswith(self.logger + ".")
        return (not self.logger or below) and bool(re.search(self.pattern, record.getMessage()))


class LogWatch(logging.Handler):
    """Collects each record of WARNING or above that no expectation covers."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.expected: list[ExpectedLog] = []
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def faults(self) -> list[str]:
        """What to fail the test with: records not expected, expectations not met."""
        found = []
        for record in self.records:
            covering = [expected for expected in self.expected if expected.matches(record)]
            for expected in covering:
                expected.seen += 1
            if not covering:
                text = f"unexpected log {record.levelname} from {record.name}: "
                text += record.getMessage()
                if record.exc_info and record.exc_info[1]:
                    text += f" ({record.exc_info[1]!r})"
                found.append(text)
        found += [
            f"expected log never came: {expected.pattern!r}"
            for expected in self.expected
            if not expected.seen and not expected.optional
        ]
        return found


_log_watch: LogWatch | None = None


@pytest.fixture
def expect_log() -> Callable[..., None]:
    """Declare a log record of WARNING or above: ``expect_log("regex", logger="p2pshare.net")``.

    It must come at least once, unless ``optional=True``. Declare before or after it comes.
    """

    def declare(pattern: str, *, logger: str = "", optional: bool = False) -> None:
        assert _log_watch is not None
        _log_watch.expected.append(ExpectedLog(pattern, logger, optional))

    return declare


# --- sockets -------------------------------------------------------------------------------------


class NetworkForbidden(AssertionError):
    """A test tried to reach something else than loopback."""


_network_faults: list[str] = []


def _leaves_by_loopback(sock: socket.socket, target: Any, address: tuple[Any, ...]) -> bool:
    """Whether multicast of this socket goes out of the loopback interface."""
    loopback = socket.if_nametoindex("lo" if sys.platform == "linux" else "lo0")
    if target.version == 6:
        scope = address[3] if len(address) > 3 else 0
        if not scope:
            scope = sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF)
        return bool(scope == loopback)
    chosen = sock.getsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, 4)
    return ipaddress.IPv4Address(struct.unpack("!I", chosen)[0]).is_loopback


def _allowed(sock: socket.socket, address: Any) -> bool:
    if sock.family in (socket.AF_UNIX, getattr(socket, "AF_NETLINK", socket.AF_UNIX)):
        return True
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return False
    host = str(address[0]).split("%", 1)[0]
    if host == "localhost":
        return True
    try:
        target = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(target, "ipv4_mapped", None)
    if target.is_loopback or (mapped is not None and mapped.is_loopback):
        return True
    return target in MDNS_GROUPS and _leaves_by_loopback(sock, target, address)


def _forbid(what: str) -> None:
    _network_faults.append(what)
    raise NetworkForbidden(what)


def _guard(name: str, address_of: Callable[[tuple[Any, ...]], Any]) -> None:
    original = getattr(socket.socket, name)

    def guarded(self: socket.socket, *args: Any, **kwargs: Any) -> Any:
        address = address_of(args)
        if address is not None and not _allowed(self, address):
            _forbid(f"socket.{name} to {address!r}: tests may only use loopback")
        return original(self, *args, **kwargs)

    guarded.__name__ = name
    setattr(socket.socket, name, guarded)


def install_socket_guard() -> None:
    """From now on this process connects, sends and listens on loopback only."""
    _guard("connect", lambda args: args[0])
    _guard("connect_ex", lambda args: args[0])
    _guard("sendto", lambda args: args[-1])
    _guard("sendmsg", lambda args: args[3] if len(args) > 3 else None)
    listen, resolve = socket.socket.listen, socket.getaddrinfo

    def guarded_listen(self: socket.socket, *args: Any) -> None:
        if self.family != socket.AF_UNIX and not _allowed(self, self.getsockname()):
            _forbid(f"socket.listen on {self.getsockname()!r}: tests may only use loopback")
        listen(self, *args)

    def guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        text = host.decode() if isinstance(host, bytes) else host
        if text not in (None, "", "localhost"):
            try:
                ipaddress.ip_address(str(text).split("%", 1)[0])
            except ValueError:
                _forbid(f"socket.getaddrinfo of {text!r}: tests may only use loopback")
        return resolve(host, *args, **kwargs)

    socket.socket.listen = guarded_listen
    socket.getaddrinfo = guarded_getaddrinfo


# --- files written into the source tree ----------------------------------------------------------

_tree_root = ""
_tree_faults: list[str] = []
_WRITING_EVENTS = {"os.mkdir": 0, "os.symlink": 1, "os.link": 1, "os.rename": 1, "os.remove": 0}


def _in_watched_tree(path: object) -> bool:
    if not isinstance(path, (str, bytes, os.PathLike)):
        return False
    text = os.path.normpath(Path(os.fsdecode(path)).absolute())
    if not text.startswith(_tree_root + os.sep):
        return False
    return not UNWATCHED_FOLDERS.intersection(Path(text[len(_tree_root) + 1 :]).parts)


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if not _tree_root:
        return
    if event == "open":
        path, mode, flags = args
        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) if isinstance(flags, int) else 0
        if (writes or (isinstance(mode, str) and set(mode) & set("wax+"))) and _in_watched_tree(
            path
        ):
            _tree_faults.append(f"wrote into the source tree: {os.fsdecode(path)}")
    elif event in _WRITING_EVENTS and _in_watched_tree(args[_WRITING_EVENTS[event]]):
        _tree_faults.append(f"{event} in the source tree: {args[_WRITING_EVENTS[event]]}")


def watch_tree(root: Path) -> None:
    """Fail each later test that writes below ``root`` from this process."""
    global _tree_root
    if not _tree_root:
        sys.addaudithook(_audit)
    _tree_root = str(root.resolve())


def tree_snapshot(root: Path) -> dict[str, tuple[int, int]]:
    """Path to (size, mtime in ns) of each watched file below ``root``."""
    found = {}
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in UNWATCHED_FOLDERS]
        for name in files:
            path = Path(folder, name)
            status = path.lstat()
            found[str(path.relative_to(root))] = (status.st_size, status.st_mtime_ns)
    return found


# --- threads, processes, tasks, blocking calls ---------------------------------------------------


def _children() -> set[int]:
    """Process ids of the children of this process, its helpers of multiprocessing left out."""
    found = set()
    for listing in Path("/proc/self/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that ended meanwhile
            found |= {int(process) for process in listing.read_text().split()}
    return {process for process in found if not _is_helper_of_multiprocessing(process)}


def _is_helper_of_multiprocessing(process: int) -> bool:
    """Whether it is the resource tracker or fork server, which stay; or has ended meanwhile."""
    try:
        return b"multiprocessing" in Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return True


def _leaked_threads(before: set[threading.Thread]) -> list[str]:
    share = THREAD_END_SECONDS
    leaked = []
    for thread in set(threading.enumerate()) - before:
        thread.join(share)
        if thread.is_alive():
            leaked.append(f"leaked thread: {thread.name}")
            share = 0.05
    return leaked


@pytest.fixture(autouse=True)
def _strict() -> Iterator[None]:
    """Around each test, outside of all its own fixtures."""
    global _log_watch
    threads, children = set(threading.enumerate()), _children()
    _network_faults.clear()
    _tree_faults.clear()
    _log_watch = LogWatch()
    logging.getLogger().addHandler(_log_watch)
    yield
    faults = _leaked_threads(threads)
    faults += [f"leaked child process: {process}" for process in _children() - children]
    logging.getLogger().removeHandler(_log_watch)
    faults += _log_watch.faults() + _network_faults + _tree_faults
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


@pytest.fixture
async def _no_leaked_tasks() -> AsyncIterator[None]:
    """In the loop of an async test: what it started must have ended with it."""
    before = asyncio.all_tasks()
    yield
    for _ in range(TASK_END_STEPS):
        await asyncio.sleep(0)
    leaked = [task for task in asyncio.all_tasks() - before if task is not asyncio.current_task()]
    if leaked:
        names = [f"leaked asyncio task: {task.get_name()} {task.get_coro()}" for task in leaked]
        for task in leaked:
            task.cancel()
        await asyncio.gather(*leaked, return_exceptions=True)
        pytest.fail("\n".join(names), pytrace=False)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Wrap each async test in the watch over its tasks, before its own fixtures."""
    for item in items:
        if pytest_asyncio.is_async_test(item):
            first = item.fixturenames.index("_strict") + 1 if "_strict" in item.fixturenames else 0
            item.fixturenames.insert(first, "_no_leaked_tasks")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """Blocking calls below p2pshare fail while an event loop runs; tests' own lines may block."""
    watch = pytest_asyncio.is_async_test(pyfuncitem)
    with blockbuster_ctx(BLOCKING_WATCHED) if watch else nullcontext():
        return (yield)


def pytest_configure() -> None:
    install_socket_guard()
