"""node.lock: one process on a folder is the one on the network."""

import subprocess
import sys
from contextlib import contextmanager

import pytest

from p2pshare.errors import AlreadyRunning, NodeError
from p2pshare.node.lock import NodeLock

HOLD = """
import pathlib, sys
from p2pshare.node.lock import NodeLock
lock = NodeLock(pathlib.Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def another_process(folder):
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        try:
            yield process
        finally:
            process.kill()


def test_only_one_holds_the_lock(tmp_path):
    first = NodeLock(tmp_path)
    with pytest.raises(AlreadyRunning, match="already running"):
        NodeLock(tmp_path)
    first.release()
    NodeLock(tmp_path).release()


def test_a_killed_process_leaves_no_lock_behind(tmp_path):
    with another_process(tmp_path) as process:
        with pytest.raises(AlreadyRunning):
            NodeLock(tmp_path)
        process.kill()
        process.wait()
        NodeLock(tmp_path).release()


def test_two_folders_do_not_disturb_each_other(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, two = NodeLock(tmp_path / "one"), NodeLock(tmp_path / "two")
    one.release()
    two.release()


def test_a_folder_that_is_not_there_is_said_plainly(tmp_path):
    with pytest.raises(NodeError, match="cannot be opened"):
        NodeLock(tmp_path / "missing")
