"""What a simulated node keeps. ``Ledger`` is what the simulator asks of it; any store can be one.

``MemoryLedger`` is a small one with real headers, hashes, certificates and signatures, which checks
what docs/protocol.md sections 2 and 3 demand of ingest, and nothing of the fold. What depends on
bytes alone (decoding, verifying) is remembered for all simulated nodes together, to be quick.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from p2pshare.errors import LogError
from p2pshare.limits import STRETCH_ENTRIES_MAX
from p2pshare.log.body import check_body
from p2pshare.log.entry import Header, SignedEntry, decode_header, entry_id, signature_verifies
from p2pshare.log.frontier import Frontier, Tips
from p2pshare.log.stretch import ReadEntry, read_certificate
from p2pshare.sync.events import FeedRead, Outcome, StretchOutcome
from p2pshare.sync.messages import ServedStatus, Stretch, Wanted, entry_bytes


@dataclass(frozen=True)
class Stored:
    """What storing stretches changed (see ``StretchesStored``)."""

    outcomes: tuple[StretchOutcome, ...]
    tips: dict[bytes, Tips]
    owed: frozenset[bytes]
    settled: frozenset[bytes]


@dataclass(frozen=True)
class ReadResult:
    """What reading wanted feeds gave; ``damaged``: entries whose signatures failed on the way."""

    stretches: tuple[Stretch, ...]
    ended: tuple[FeedRead, ...]
    damaged: frozenset[bytes] = frozenset()


@dataclass(frozen=True)
class ReadEntriesResult:
    """Entries with their bodies, and those not held whole (see ``EntriesRead``)."""

    entries: tuple[SignedEntry, ...]
    missing: tuple[bytes, ...]
    damaged: frozenset[bytes] = frozenset()


class Ledger(Protocol):
    """The store of one node in one circle, as the simulator uses it."""

    def frontier(self) -> Frontier: ...
    def owed(self) -> frozenset[bytes]: ...
    def store_stretches(self, stretches: Sequence[Stretch]) -> Stored: ...
    def store_entries(self, entries: Sequence[SignedEntry]) -> frozenset[bytes]: ...
    def read_stretches(self, wants: Sequence[Wanted], bytes_aim: int) -> ReadResult: ...
    def read_entries(self, ids: Sequence[bytes]) -> ReadEntriesResult: ...
    def held_ids(self, feed: bytes) -> tuple[bytes, ...]: ...


@lru_cache(maxsize=200_000)
def decoded(header: bytes) -> tuple[bytes, Header]:
    """(entry id, header); raises LogError."""
    return entry_id(header), decode_header(header)


@lru_cache(maxsize=200_000)
def is_signed(feed: bytes, signature: bytes, identifier: bytes) -> bool:
    return signature_verifies(feed, signature, identifier)


@lru_cache(maxsize=20_000)
def check_opening(header: bytes, signature: bytes, body: bytes | None) -> None:
    identifier, opening = decoded(header)
    read_certificate(ReadEntry(identifier, opening, SignedEntry(header, signature, body)))


@dataclass
class MemoryLedger:
    """The entries of one circle on one node."""

    circle: bytes
    entries: dict[bytes, SignedEntry] = field(default_factory=dict)
    tips: dict[bytes, set[bytes]] = field(default_factory=dict)
    feeds: dict[bytes, list[bytes]] = field(default_factory=dict)
    bodiless: set[bytes] = field(default_factory=set)
    damaged: set[bytes] = field(default_factory=set)

    def frontier(self) -> Frontier:
        return Frontier({feed: self.tips_of(feed) for feed in self.tips})

    def tips_of(self, feed: bytes) -> Tips:
        tips = self.tips.get(feed, set())
        return tuple(sorted((self.header(one).seq, one) for one in tips))

    def header(self, identifier: bytes) -> Header:
        return decoded(self.entries[identifier].header)[1]

    def owed(self) -> frozenset[bytes]:
        return frozenset(self.bodiless | self.damaged)

    # --- storing ----------------------------------------------------------------------------

    def store_stretches(self, stretches: Sequence[Stretch]) -> Stored:
        owed = self.owed()
        outcomes, changed = [], set()
        for stretch in stretches:
            try:
                outcome, feed = self._store(stretch)
            except LogError as error:
                outcome, feed = StretchOutcome(Outcome.REFUSED, 0, str(error)), b""
            outcomes.append(outcome)
            if outcome.stored:
                changed.add(feed)
        return Stored(
            tuple(outcomes),
            {feed: self.tips_of(feed) for feed in sorted(changed)},
            self.owed() - owed,
            owed - self.owed(),
        )

    def _store(self, stretch: Stretch) -> tuple[StretchOutcome, bytes]:
        read = [(*decoded(entry.header), entry) for entry in stretch]
        before: tuple[bytes, Header] | None = None
        for identifier, header, entry in read:
            if entry.body is not None:
                check_body(entry.body, header.body_hash, header.body_size)
            if header.circle != self.circle:
                raise LogError("another circle")
            if before and (header.previous, header.seq) != (before[0], before[1].seq + 1):
                raise LogError("the chain is broken")
            if before and header.feed != before[1].feed:
                raise LogError("a stretch of two feeds")
            before = identifier, header
        last_id, last, last_entry = read[-1]
        if not is_signed(last.feed, last_entry.signature, last_id):
            raise LogError("the signature at the end does not verify")
        first = read[0][1]
        if first.seq == 0:
            check_opening(stretch[0].header, stretch[0].signature, stretch[0].body)
        elif first.previous not in self.entries:
            return StretchOutcome(Outcome.MISSING_PREVIOUS), first.feed
        elif self.header(first.previous).seq + 1 != first.seq:
            raise LogError("the chain is broken")
        new = 0
        for identifier, header, entry in read:
            new += self._keep(identifier, header, entry)
        status = Outcome.STORED if new else Outcome.DUPLICATE
        return StretchOutcome(status, new), first.feed

    def _keep(self, identifier: bytes, header: Header, entry: SignedEntry) -> bool:
        held = self.entries.get(identifier)
        if held is None:
            self.entries[identifier] = entry
            self.feeds.setdefault(header.feed, []).append(identifier)
            tips = self.tips.setdefault(header.feed, set())
            tips.discard(header.previous)
            tips.add(identifier)
            if entry.body is None:
                self.bodiless.add(identifier)
            return True
        self._mend(identifier, header, held, entry)
        return False

    def _mend(
        self, identifier: bytes, header: Header, held: SignedEntry, entry: SignedEntry
    ) -> None:
        """Take the body (it is checked) and the signature of ``entry`` if they are lacking."""
        if held.body is None and entry.body is not None:
            held = SignedEntry(held.header, held.signature, entry.body)
            self.bodiless.discard(identifier)
        if identifier in self.damaged and is_signed(header.feed, entry.signature, identifier):
            held = SignedEntry(held.header, entry.signature, held.body)
            self.damaged.discard(identifier)
        self.entries[identifier] = held

    def store_entries(self, entries: Sequence[SignedEntry]) -> frozenset[bytes]:
        owed = self.owed()
        for entry in entries:
            try:
                identifier, header = decoded(entry.header)
                if entry.body is not None:
                    check_body(entry.body, header.body_hash, header.body_size)
            except LogError:
                continue
            if identifier in self.entries:
                self._mend(identifier, header, self.entries[identifier], entry)
        return owed - self.owed()

    # --- reading ----------------------------------------------------------------------------

    def read_stretches(self, wants: Sequence[Wanted], bytes_aim: int) -> ReadResult:
        stretches: list[Stretch] = []
        ended: list[FeedRead] = []
        damaged_before = set(self.damaged)
        room = bytes_aim
        for wanted in wants:
            if room <= 0:
                break
            feed = wanted.feed
            tips = self.tips_of(feed)
            unknown = tuple(one for one in wanted.held if one not in self.entries)
            if not tips:
                ended.append(FeedRead(feed, ServedStatus.NOT_AVAILABLE))
                continue
            if unknown and not wanted.every:
                ended.append(FeedRead(feed, ServedStatus.UNKNOWN_TIPS, tips, unknown))
                continue
            status = ServedStatus.COMPLETE
            for path in self._paths(wanted.held, tips):
                at = 0
                while at < len(path) and room > 0 and status is ServedStatus.COMPLETE:
                    end = self._stretch_end(path, at, room)
                    if end == at:
                        status = ServedStatus.NOT_AVAILABLE
                        break
                    stretch = tuple(self.entries[one] for one in path[at:end])
                    stretches.append(stretch)
                    room -= sum(map(entry_bytes, stretch))
                    at = end
                if at < len(path):
                    break
            else:
                ended.append(FeedRead(feed, status, tips, unknown))
                continue
            if status is not ServedStatus.COMPLETE:
                ended.append(FeedRead(feed, status))
        return ReadResult(tuple(stretches), tuple(ended), frozenset(self.damaged - damaged_before))

    def _paths(self, held: Iterable[bytes], tips: Tips) -> list[list[bytes]]:
        """Chains that end at the tips and together hold all that does not precede ``held``."""
        covered: set[bytes] = set()
        for identifier in held:
            while identifier in self.entries and identifier not in covered:
                covered.add(identifier)
                identifier = self.header(identifier).previous
        paths = []
        for _, identifier in tips:
            path = []
            while identifier in self.entries and identifier not in covered:
                covered.add(identifier)
                path.append(identifier)
                identifier = self.header(identifier).previous
            if path:
                paths.append(path[::-1])
        return paths

    def _stretch_end(self, path: list[bytes], at: int, room: int) -> int:
        """Where the stretch that begins ``at`` ends: near ``room`` bytes, at a good signature."""
        limit = min(len(path), at + STRETCH_ENTRIES_MAX)
        aim = at
        while aim < limit and room > 0:
            room -= entry_bytes(self.entries[path[aim]])
            aim += 1
        for end in [*range(aim, limit + 1), *range(aim - 1, at, -1)]:
            if self._is_signed(path[end - 1]):
                return end
        return at

    def _is_signed(self, identifier: bytes) -> bool:
        """Whether its signature verifies; if not, the entry is known to be damaged from now on."""
        feed = self.header(identifier).feed
        good = is_signed(feed, self.entries[identifier].signature, identifier)
        if not good:
            self.damaged.add(identifier)
        return good

    def read_entries(self, ids: Sequence[bytes]) -> ReadEntriesResult:
        found, missing = [], []
        damaged_before = set(self.damaged)
        for identifier in ids:
            entry = self.entries.get(identifier)
            if entry is not None and entry.body is not None:
                found.append(entry)
            if entry is None or entry.body is None or not self._is_signed(identifier):
                missing.append(identifier)
        damaged = frozenset(self.damaged - damaged_before)
        return ReadEntriesResult(tuple(found), tuple(missing), damaged)

    def held_ids(self, feed: bytes) -> tuple[bytes, ...]:
        return tuple(self.feeds.get(feed, ()))
