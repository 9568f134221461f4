"""Each rule of tests/strictness.py really fails a bad test, and lets a good one pass."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

# rule -> (a test that must fail, what the report must say)
BAD_TESTS = {
    "warning": (
        "import warnings\ndef test_bad(): warnings.warn('old', stacklevel=1)",
        "UserWarning: old",
    ),
    "log warning": (
        "import logging\ndef test_bad(): logging.getLogger('p2pshare.x').warning('odd')",
        "unexpected log WARNING from p2pshare.x: odd",
    ),
    "log error": (
        "import logging\ndef test_bad(): logging.getLogger('other').error('broken')",
        "unexpected log ERROR from other: broken",
    ),
    "declared log of another logger": (
        "import logging\ndef test_bad(expect_log):\n"
        "    expect_log('odd', logger='p2pshare.y', optional=True)\n"
        "    logging.getLogger('p2pshare.x').warning('odd')",
        "unexpected log WARNING from p2pshare.x: odd",
    ),
    "declared log that never comes": (
        "def test_bad(expect_log): expect_log('odd')",
        "expected log never came: 'odd'",
    ),
    "thread": (
        "import threading\n"
        "def test_bad(): threading.Thread(target=threading.Event().wait, args=(30,),"
        " name='forgotten', daemon=True).start()",
        "leaked thread: forgotten",
    ),
    "task": (
        "import asyncio\nkept = []\n"
        "async def forgotten(): await asyncio.Event().wait()\n"
        "async def test_bad(): kept.append(asyncio.create_task(forgotten()))",
        "leaked asyncio task",
    ),
    "child process": (
        "import subprocess, sys\nkept = []\n"
        "def test_bad(): kept.append(subprocess.Popen([sys.executable, '-c',"
        " 'import sys; sys.stdin.read()'], stdin=subprocess.PIPE))\n",
        "leaked child process",
    ),
    "blocking call": (
        "from p2pshare.slow import nap\nasync def test_bad(): nap()",
        "Blocking call to time.sleep",
    ),
    "blocking sqlite": (
        "from p2pshare.slow import query\nasync def test_bad(): query()",
        "Blocking call to sqlite3",
    ),
    "connect": (
        "import socket\ndef test_bad():\n"
        "    with socket.socket() as s: s.connect(('192.0.2.1', 9))",
        "socket.connect to ('192.0.2.1', 9): tests may only use loopback",
    ),
    "connect from asyncio": (
        "import asyncio\nasync def test_bad():\n    await asyncio.open_connection('192.0.2.1', 9)",
        "socket.connect to ('192.0.2.1', 9): tests may only use loopback",
    ),
    "swallowed connect": (
        "import contextlib, socket\ndef test_bad():\n"
        "    with socket.socket() as s, contextlib.suppress(AssertionError):\n"
        "        s.connect(('192.0.2.1', 9))",
        "socket.connect to ('192.0.2.1', 9): tests may only use loopback",
    ),
    "datagram": (
        "import socket\ndef test_bad():\n"
        "    with socket.socket(type=socket.SOCK_DGRAM) as s: s.sendto(b'x', ('192.0.2.1', 9))",
        "socket.sendto to ('192.0.2.1', 9): tests may only use loopback",
    ),
    "multicast by any interface": (
        "import socket\ndef test_bad():\n"
        "    with socket.socket(type=socket.SOCK_DGRAM) as s:\n"
        "        s.sendto(b'x', ('224.0.0.251', 5353))",
        "socket.sendto to ('224.0.0.251', 5353): tests may only use loopback",
    ),
    "listen": (
        "import socket\ndef test_bad():\n"
        "    with socket.socket() as s:\n        s.bind(('0.0.0.0', 0))\n        s.listen()",
        "socket.listen on",
    ),
    "name lookup": (
        "import socket\ndef test_bad(): socket.getaddrinfo('name.example', 9)",
        "socket.getaddrinfo of 'name.example'",
    ),
    "write into the tree": (
        "from pathlib import Path\n"
        "def test_bad(): Path(__file__).with_name('left.txt').write_text('x')",
        "wrote into the source tree",
    ),
    "folder in the tree": (
        "from pathlib import Path\ndef test_bad(): Path(__file__).with_name('left').mkdir()",
        "os.mkdir in the source tree",
    ),
}

GOOD_TESTS = """
import asyncio, logging, socket, threading
from pathlib import Path
from p2pshare.slow import nap

def test_declared_log(expect_log):
    expect_log("^odd", logger="p2pshare")
    logging.getLogger("p2pshare.x").warning("odd thing")

def test_ended_thread():
    thread = threading.Thread(target=nap)
    thread.start()
    thread.join()

async def test_ended_task_and_thread():
    await asyncio.create_task(asyncio.to_thread(nap))

async def test_loopback_stream():
    async def answer(reader, writer):
        writer.write(await reader.readexactly(1))
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        answered.set()

    answered = asyncio.Event()
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
    writer.write(b"x")
    assert await reader.read() == b"x"
    writer.close()
    await writer.wait_closed()
    await answered.wait()
    server.close()
    await server.wait_closed()

def test_multicast_by_loopback():
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        s.sendto(b"x", ("224.0.0.251", 5353))

def test_own_folder(tmp_path):
    (tmp_path / "mine").write_text("x")

def test_reads_tree():
    assert Path(__file__).read_text()
"""

CONFTEST = """
from pathlib import Path
pytest_plugins = ["strictness"]

def pytest_sessionstart(session):
    from strictness import watch_tree
    watch_tree(Path(__file__).parent)
"""

SLOW = """
import sqlite3, time

def nap():
    time.sleep(0.001)

def query():
    with sqlite3.connect(":memory:") as connection:
        connection.execute("SELECT 1")
    connection.close()
"""


@pytest.fixture(scope="module")
def reports(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, str], str]:
    """One run of pytest over all bad and good tests: report of each bad one, and all output."""
    folder = tmp_path_factory.mktemp("strict") / "project"
    package = folder / "p2pshare"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "slow.py").write_text(SLOW)
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "pytest.ini").write_text(
        "[pytest]\nasyncio_mode = auto\nfilterwarnings = error\naddopts = -p no:cacheprovider\n"
        "asyncio_default_fixture_loop_scope = function\n"
    )
    (folder / "test_good.py").write_text(GOOD_TESTS)
    for number, (source, _) in enumerate(BAD_TESTS.values()):
        (folder / f"test_bad_{number}.py").write_text(source)
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "--import-mode=importlib", "-rfEp", "--tb=short", "."],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder}:{repository / 'tests'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == pytest.ExitCode.TESTS_FAILED, ran.stdout + ran.stderr
    sections = {}
    for number, rule in enumerate(BAD_TESTS):
        lines = [line for line in ran.stdout.splitlines() if f"test_bad_{number}.py" in line]
        failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
        sections[rule] = "\n".join(failed)
    return sections, ran.stdout


@pytest.mark.parametrize("rule", BAD_TESTS)
def test_bad_test_fails(rule: str, reports: tuple[dict[str, str], str]) -> None:
    sections, output = reports
    assert sections[rule], f"no failure for {rule!r}\n{output}"
    assert BAD_TESTS[rule][1] in output


def test_good_tests_pass(reports: tuple[dict[str, str], str]) -> None:
    _, output = reports
    assert "test_good.py" not in "".join(
        line for line in output.splitlines() if line.startswith(("FAILED", "ERROR"))
    ), output
    assert output.count("PASSED test_good.py") == GOOD_TESTS.count("def test_")


def test_environment_is_of_this_session() -> None:
    assert os.environ["P2PSHARE_INTERFACES"] == "127.0.0.1"
    assert os.environ["QT_QPA_PLATFORM"] == "offscreen"
    assert "p2pshare-tests-" in os.environ["HOME"]
    assert "P2PSHARE_DATA" not in os.environ
