"""Frontier reconciliation: two devices find the feeds of which they hold different entries.

docs/protocol.md section 7. Ranges of feeds are compared by fingerprint: equal ones are skipped,
small ones list their heads, larger ones are split in 16. A ``Reconciliation`` is one circle over
one link and remembers which tips the peer is known to have, so that live entries can be pushed.
What is lacking is only named here; asking for it is ``wants``.

**Who lacks what.** Of two feeds as trees, only the tips are compared. A tip of theirs that is not
a tip here may be an ancestor of one of ours, but only of one that they do not have and that is
further from the root. So of the tips that only one side names, the one of the highest seq is surely
lacking on the other side; and when that has been sent, the next. Both sides reason so, and every
change is told to all who do not know it: by induction they end equal, forks included.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from p2pshare.errors import SyncError
from p2pshare.limits import (
    HEADS_PER_MESSAGE_MAX,
    RANGES_PER_MESSAGE_MAX,
    STRANGE_FEEDS_PER_LINK_MAX,
    TIPS_PER_MESSAGE_MAX,
)
from p2pshare.log.frontier import Frontier, Tip, Tips
from p2pshare.sync.messages import Head, Heads, HeadsKind, Message, Range, Ranges

HEADS_LISTED_MAX: Final = 64
"""A range is listed rather than split when one side has no more feeds in it than this."""

TIPS_PER_STRANGE_FEED: Final = 2
"""On average over all feeds that a peer may name."""

_DIGITS: Final = "0123456789abcdef"
_FEED_DIGITS: Final = 64


def lacking(own: Tips, theirs: Tips) -> tuple[Tip, ...]:
    """The tips of ``theirs`` that whoever holds exactly ``own`` surely lacks (see above)."""
    if own == theirs:
        return ()
    exclusive = [tip for tip in theirs if tip not in own]
    if not exclusive:
        return ()
    highest = max((seq for seq, identifier in own if (seq, identifier) not in theirs), default=-1)
    return tuple(tip for tip in exclusive if tip[0] >= highest)


@dataclass(slots=True)
class Compared:
    """What came of a message: answers to send, and the feeds of which the peer has more."""

    answers: list[Message] = field(default_factory=list)
    lacks: list[bytes] = field(default_factory=list)


class Reconciliation:
    """One circle over one link. ``peer`` maps feed -> the tips the peer is known to have."""

    def __init__(self, circle: bytes, frontier: Frontier) -> None:
        self._circle = circle
        self._frontier = frontier
        self.peer: dict[bytes, Tips] = {}
        self._tips_named = 0

    def opening(self) -> Ranges:
        """The first message, sent by the side that dialled."""
        return Ranges(self._circle, (self._range(""),), ())

    def ranges_arrived(self, message: Ranges) -> Compared:
        """Compare ranges. Raises SyncError where those of one message overlap."""
        _check_disjoint(message.ranges)
        _check_disjoint(message.same)
        frontier = self._frontier
        compared = Compared()
        same: list[Range] = []
        ranges: list[Range] = []
        for one in message.same:
            if frontier.fingerprint(one.prefix) == one.fingerprint:
                self.peer.update(frontier.heads(one.prefix))
            else:  # it changed here in the meantime
                ranges.append(self._range(one.prefix))
        for one in message.ranges:
            prefix = one.prefix
            if frontier.fingerprint(prefix) == one.fingerprint:
                self.peer.update(frontier.heads(prefix))
                same.append(one)
            elif (
                one.count <= HEADS_LISTED_MAX
                or frontier.count(prefix) <= HEADS_LISTED_MAX
                or len(prefix) == _FEED_DIGITS
            ):
                self._list(prefix, compared.answers)
            else:
                ranges.extend(self._range(prefix + digit) for digit in _DIGITS)
        ranges.sort(key=lambda one: one.prefix)
        for start in range(0, max(len(ranges), len(same)), RANGES_PER_MESSAGE_MAX):
            end = start + RANGES_PER_MESSAGE_MAX
            answer = Ranges(self._circle, tuple(ranges[start:end]), tuple(same[start:end]))
            compared.answers.append(answer)
        return compared

    def heads_arrived(self, message: Heads) -> Compared:
        """Learn heads. Raises SyncError if the peer names more feeds than anybody has."""
        compared = Compared()
        frontier = self._frontier
        prefix = "" if message.kind is HeadsKind.NOTICE else message.prefix
        theirs = {
            head.feed: head.tips for head in message.heads if head.feed.hex().startswith(prefix)
        }
        differences: list[Head] = []
        absent_here = 0
        for feed, tips in theirs.items():
            own = frontier.get(feed)
            self._tips_named += len(tips) - len(self.peer.get(feed, ()))
            self.peer[feed] = tips
            if own == tips:
                continue
            if lacking(own, tips):
                compared.lacks.append(feed)
            elif message.kind is HeadsKind.NOTICE:
                differences.append(Head(feed, own))
            if message.kind is HeadsKind.LISTING:
                differences.append(Head(feed, own))
                absent_here += not own
        self._check_named()
        if message.kind is HeadsKind.NOTICE:
            compared.answers.extend(notices(self._circle, differences))
            return compared
        for feed, own in frontier.heads(prefix):
            if feed in theirs:
                continue
            if message.kind is HeadsKind.DIFFERENCES:
                self.peer[feed] = own
            else:
                self.peer[feed] = ()
                differences.append(Head(feed, own))
        if message.kind is HeadsKind.LISTING:
            compared.answers.extend(self._differences(prefix, differences, absent_here))
        return compared

    def notice(self, feeds: Iterable[bytes]) -> list[Message]:
        """Heads of those of ``feeds`` of which the peer surely lacks something."""
        frontier = self._frontier
        return notices(
            self._circle,
            [
                Head(feed, frontier.get(feed))
                for feed in feeds
                if lacking(self.peer.get(feed, ()), frontier.get(feed))
            ],
        )

    def arrived(self, feed: bytes, first_seq: int, previous: bytes, tip: Tip) -> None:
        """The peer sent the entries after ``previous`` up to ``tip``. Raises SyncError."""
        self.sent(feed, first_seq, previous, tip)
        self._check_named()

    def sent(self, feed: bytes, first_seq: int, previous: bytes, tip: Tip) -> None:
        """The peer has, or will have, the entries after ``previous`` up to ``tip``."""
        known = self.peer.get(feed, ())
        rest = tuple(one for one in known if one[1] != previous)
        if len(rest) < len(known):
            self.peer[feed] = tuple(sorted({*rest, tip}))
        elif all(seq < first_seq for seq, _ in known):
            self.peer[feed] = (tip,)

    def attaches(self, feed: bytes, first_seq: int, previous: bytes) -> bool:
        """Whether the peer is known to stand at ``previous``, or has nothing of a feed at 0."""
        known = self.peer.get(feed, ())
        if first_seq == 0:
            return not known
        return any(identifier == previous for _, identifier in known)

    def _check_named(self) -> None:
        room = len(self._frontier) + STRANGE_FEEDS_PER_LINK_MAX
        if len(self.peer) > room or self._tips_named > room * TIPS_PER_STRANGE_FEED:
            raise SyncError("the peer names more feeds than anybody has")

    def _range(self, prefix: str) -> Range:
        return Range(prefix, self._frontier.count(prefix), self._frontier.fingerprint(prefix))

    def _list(self, prefix: str, answers: list[Message]) -> None:
        """All heads of the range, in as many messages over sub-ranges as they need."""
        count = self._frontier.count(prefix)
        heads = self._frontier.heads(prefix) if count <= HEADS_PER_MESSAGE_MAX else []
        fits = count <= HEADS_PER_MESSAGE_MAX and (
            sum(len(tips) for _, tips in heads) <= TIPS_PER_MESSAGE_MAX
        )
        if fits or len(prefix) == _FEED_DIGITS:
            listed = tuple(Head(feed, tips[-TIPS_PER_MESSAGE_MAX:]) for feed, tips in heads)
            answers.append(Heads(self._circle, HeadsKind.LISTING, prefix, listed))
            return
        for digit in _DIGITS:
            self._list(prefix + digit, answers)

    def _differences(self, prefix: str, heads: list[Head], absent_here: int) -> list[Message]:
        """The answer to a listing; without the promise about the rest where that would be long."""
        if (
            absent_here <= HEADS_LISTED_MAX
            and len(heads) <= HEADS_PER_MESSAGE_MAX
            and sum(len(head.tips) for head in heads) <= TIPS_PER_MESSAGE_MAX
        ):
            return [Heads(self._circle, HeadsKind.DIFFERENCES, prefix, tuple(heads))]
        return notices(self._circle, [head for head in heads if head.tips])


def notices(circle: bytes, heads: Iterable[Head]) -> list[Message]:
    """Heads messages that say nothing of the feeds they do not name, each within the limits."""
    messages: list[Message] = []
    batch: list[Head] = []
    tips_in_batch = 0
    for head in heads:
        if len(head.tips) > TIPS_PER_MESSAGE_MAX:
            head = Head(head.feed, head.tips[-TIPS_PER_MESSAGE_MAX:])
        full = (
            len(batch) == HEADS_PER_MESSAGE_MAX
            or tips_in_batch + len(head.tips) > TIPS_PER_MESSAGE_MAX
        )
        if batch and full:
            messages.append(Heads(circle, HeadsKind.NOTICE, "", tuple(batch)))
            batch, tips_in_batch = [], 0
        batch.append(head)
        tips_in_batch += len(head.tips)
    if batch:
        messages.append(Heads(circle, HeadsKind.NOTICE, "", tuple(batch)))
    return messages


def _check_disjoint(ranges: tuple[Range, ...]) -> None:
    """Each feed is in at most one range of a message, so that an answer has a bound."""
    for first, second in pairwise(ranges):
        if first.prefix >= second.prefix or second.prefix.startswith(first.prefix):
            raise SyncError("the ranges of a message must ascend and not overlap")
