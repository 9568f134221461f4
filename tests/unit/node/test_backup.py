"""node.backup: a person's two keys in a file, and a life that goes on from it."""

from contextlib import closing

import pytest
from unit.node.computers import Computer, meet

from p2pshare.errors import DomainError, KeyLocked, NodeError
from p2pshare.node.backup import read_backup, write_backup
from p2pshare.node.keystore import no_passphrase


@pytest.fixture
def ada(tmp_path):
    """Ada's computer, and Ada."""
    with closing(Computer(tmp_path / "ada")) as computer:
        yield computer, computer.add("Ada")


def test_a_lost_computer_costs_nobody_their_identity(ada, tmp_path):
    old, person = ada
    with closing(Computer(tmp_path / "ben")) as b, closing(Computer(tmp_path / "new")) as new:
        ben = b.add("Ben")
        drill = old.offer(person)
        meet(old, b)
        loan = b.ask(ben, drill)
        meet(old, b)
        data = write_backup(old.keys, person, "Ada", None)
        # The old computer is gone; what Ada had written comes back from Ben.
        new.pull(b)
        assert new.restore_person(read_backup(data, no_passphrase)) == person
        assert new.loan(loan).state == "requested", "sealed to her, and read anew"
        new.move(person, loan, "accept")
        meet(b, new)
        assert b.loan(loan).state == "accepted"
        feeds = b.queries.feeds(person.hex())
        assert len(feeds) == 2, "the old feed is not continued"
        assert all(len(feed.tips) == 1 for feed in feeds)
        with pytest.raises(DomainError, match="already"):
            new.restore_person(read_backup(data, no_passphrase))


def test_a_locked_backup_opens_with_its_passphrase_only(ada, tmp_path):
    old, person = ada
    data = write_backup(old.keys, person, "Ada", b"correct horse")
    with pytest.raises(KeyLocked):
        read_backup(data, no_passphrase)
    with pytest.raises(KeyLocked, match="does not open"):
        read_backup(data, lambda _: b"wrong")
    backup = read_backup(data, lambda _: b"correct horse")
    with closing(Computer(tmp_path / "new")) as new:
        new.restore_person(backup)
        assert new.keys.is_locked(person), "locked here as it was there"
        new.offer(person)


def test_what_is_no_backup_is_refused_in_one_line(ada):
    old, person = ada
    data = write_backup(old.keys, person, "Ada", None)
    lines = data.splitlines(keepends=True)
    another = lines[1].replace(person.hex().encode(), bytes(32).hex().encode())
    for wrong in (
        b"",
        b"\xff\xfe",
        b"p2pshare person backup v1\n",
        data[:-60],
        data.replace(b"v1", b"v9", 1),
        b"".join([lines[0], b"[]\n", *lines[2:]]),
        b"".join([lines[0], another, *lines[2:]]),
        b"".join([*lines[:2], *lines[5:], *lines[2:5]]),
        data.replace(lines[3][:10], b"AAAAAAAAAA", 1),
    ):
        with pytest.raises(NodeError) as refused:
            read_backup(wrong, no_passphrase)
        assert "\n" not in str(refused.value)
