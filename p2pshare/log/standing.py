"""Whether an entry counts: certificate limits, scope and revocations (docs/protocol.md section 3).

Decided from bytes alone and never at ingest, so that the order of arrival does not matter.
``store.folding`` asks; ``store.feeds`` gathers what is needed to answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from p2pshare.log.certificate import FEED_OPEN_KIND
from p2pshare.log.tree import Branch, Position, path_to


class Denial(Enum):
    """Why an entry does not count."""

    LAST_SEQ = "the certificate ended before it"
    EXPIRED = "the certificate had expired"
    SCOPE = "the certificate does not reach that far"
    REVOKED = "the feed was revoked before it"


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides whether the entries under one ``feed.open`` count.

    ``revoked_at`` has the place of the last counting entry of each revocation, or None where that
    entry is not in hand.
    """

    kinds: frozenset[str] = frozenset()
    listings: frozenset[bytes] = frozenset()
    expires_ms: int | None = None
    last_seq: int | None = None
    branches: Mapping[int, Branch] = field(default_factory=dict)
    revoked_at: tuple[Position | None, ...] = ()
    _counting: Mapping[int, int] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Once for all entries: an author may fork and revoke as often as they like.
        object.__setattr__(self, "_counting", _counting(self.branches, self.revoked_at))

    def denial(self, position: Position, time_ms: int) -> Denial | None:
        """Why the entry at ``position`` does not count, scope aside; None if it does."""
        if position.seq == 0:
            return None
        if self.last_seq is not None and position.seq > self.last_seq:
            return Denial.LAST_SEQ
        if self.expires_ms is not None and time_ms > self.expires_ms:
            return Denial.EXPIRED
        # Last, so that REVOKED says what is lost by the revocation: what would count without it.
        counting = self._counting
        if counting is not None and position.seq > counting.get(position.branch, -1):
            return Denial.REVOKED
        return None

    def in_scope(self, kind: str, listing: bytes | None) -> bool:
        """Whether a true kind, about ``listing`` or about none, is within the certificate."""
        if kind == FEED_OPEN_KIND:
            return True
        if self.kinds and kind not in self.kinds:
            return False
        return not self.listings or listing in self.listings


def _counting(
    branches: Mapping[int, Branch], revoked_at: tuple[Position | None, ...]
) -> dict[int, int] | None:
    """Branch -> the last seq of it that all of ``revoked_at`` let count; None: all of it does."""
    counting: dict[int, int] | None = None
    for last in revoked_at:
        path = {} if last is None else path_to(branches, last)
        if counting is None:
            counting = path
        else:
            counting = {
                branch: min(seq, counting[branch])
                for branch, seq in path.items()
                if branch in counting
            }
    return counting
