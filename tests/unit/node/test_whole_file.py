"""A file is there whole, private, or not at all."""

from pathlib import Path

import pytest

from p2pshare.errors import NodeError
from p2pshare.node.whole_file import read_bounded, whole_file


def test_a_file_gets_its_name_when_all_of_it_is_there(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("older")
    with whole_file(path) as stream:
        stream.write("n\u00e4u\r\n")
        stream.flush()
        stream.buffer.write(b"\x00")
        assert path.read_text() == "older"
    assert path.read_bytes() == "n\u00e4u\r\n".encode() + b"\x00"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_leaves_the_older_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("older")
    with pytest.raises(TypeError), whole_file(path) as stream:
        stream.writelines(["half", b"no text"])
    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]


def test_where_nothing_can_be_written_that_is_said(tmp_path: Path) -> None:
    with (
        pytest.raises(NodeError, match="cannot be written: No such file"),
        whole_file(tmp_path / "missing" / "out.txt"),
    ):
        raise AssertionError("nothing to write to")


def test_of_a_large_file_no_more_is_read_than_tells_that_it_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"12345")
    assert [read_bounded(path, most) for most in (4, 5, 6)] == [b"12345"] * 3
    assert read_bounded(path, 3) == b"1234"
    for missing in (tmp_path / "missing", tmp_path):
        with pytest.raises(NodeError, match="cannot be read"):
            read_bounded(missing, 3)
