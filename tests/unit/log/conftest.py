"""For the tests of the log: an author with fixed keys, chains of entries, trees with branches."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

import pytest

from p2pshare.log.author import Place, write_entry, write_feed_open
from p2pshare.log.certificate import OPEN_CIRCLE, issue_certificate
from p2pshare.log.entry import SignedEntry, entry_id
from p2pshare.log.keys import ReadingKey, SigningKey
from p2pshare.log.tree import ROOT_BRANCH, Branch, Position


def salt_of(number: int) -> bytes:
    return sha256(b"salt" + number.to_bytes(8, "big")).digest()[:16]


@dataclass(frozen=True)
class Author:
    """A person with one feed in the open circle."""

    person: SigningKey
    reading: ReadingKey
    feed: SigningKey
    circle: bytes

    def open(self) -> SignedEntry:
        certificate = issue_certificate(
            self.person, self.reading.public, self.circle, self.feed.public
        )
        return write_feed_open(
            self.feed, self.circle, certificate, time_ms=1_760_000_000_000, salt=salt_of(0)
        )

    def after(self, entry: SignedEntry, seq: int, payload: bytes = b"\x80") -> SignedEntry:
        """The entry with ``seq`` that follows ``entry``."""
        return write_entry(
            self.feed,
            self.circle,
            Place(seq, entry_id(entry.header)),
            time_ms=1_760_000_000_000 + seq,
            kind="listing.put",
            payload=payload,
            salt=salt_of(seq),
        )

    def chain(self, length: int) -> list[SignedEntry]:
        """``feed.open`` and the entries after it, ``length`` in all."""
        entries = [self.open()]
        for seq in range(1, length):
            entries.append(self.after(entries[-1], seq))
        return entries


@dataclass(frozen=True)
class Tree:
    """A tree as ``store.feeds`` would keep it, beside the plain list of parents it was made of."""

    parents: tuple[int | None, ...]
    branches: dict[int, Branch]
    positions: tuple[Position, ...]

    def ancestors_or_same(self, entry: int) -> set[int]:
        """By a naive walk over previous entries."""
        found = set()
        at: int | None = entry
        while at is not None:
            found.add(at)
            at = self.parents[at]
        return found


def _grow_tree(parents: list[int | None]) -> Tree:
    """Place entries one by one; entry i follows ``parents[i]`` (< i), or begins the feed anew."""
    branches: dict[int, Branch] = {}
    positions: list[Position] = []
    followed: set[int] = set()
    for parent in parents:
        if parent is None:
            seq, hangs_on = 0, Branch(ROOT_BRANCH, -1)
            is_new_branch = bool(positions)
        else:
            seq = positions[parent].seq + 1
            hangs_on = Branch(positions[parent].branch, positions[parent].seq)
            is_new_branch = parent in followed
            followed.add(parent)
        if is_new_branch:
            branch = len(branches) + 1
            branches[branch] = hangs_on
        else:
            branch = ROOT_BRANCH if parent is None else positions[parent].branch
        positions.append(Position(branch, seq))
    return Tree(tuple(parents), branches, tuple(positions))


@pytest.fixture(scope="session")
def ada() -> Author:
    return Author(
        SigningKey.from_bytes(b"\x01" * 32),
        ReadingKey.from_bytes(b"\x02" * 32),
        SigningKey.from_bytes(b"\x03" * 32),
        OPEN_CIRCLE,
    )


@pytest.fixture(scope="session")
def grow_tree() -> Callable[[list[int | None]], Tree]:
    return _grow_tree


@pytest.fixture(scope="session")
def mutate() -> Callable[[bytes, str, int, int], bytes]:
    """(data, how, where, value) -> data with a byte changed or put in, a tail cut or doubled."""

    def _mutate(data: bytes, how: str, where: int, value: int) -> bytes:
        at = where % max(len(data), 1)
        if how == "change":
            return data[:at] + bytes([data[at] ^ (value % 255 + 1)]) + data[at + 1 :]
        if how == "insert":
            return data[:at] + bytes([value]) + data[at:]
        if how == "remove":
            return data[:at] + data[at + 1 :]
        if how == "cut":
            return data[:at]
        return data + data[at:]

    return _mutate
