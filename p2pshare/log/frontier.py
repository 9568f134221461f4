"""The frontier of a circle: for each feed its tips, and fingerprints over ranges of feeds.

``store`` loads it, ``sync.reconcile`` compares it with a peer's, and ``status`` prints its digest
(DESIGN sections 5 and 7). It holds no entries. A range is named by a prefix of the feed id in
lower-case hex digits; the empty prefix is everything.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from hashlib import sha256
from typing import Final

Tip = tuple[int, bytes]
"""(seq, entry id) of an entry that nothing in hand follows."""

Tips = tuple[Tip, ...]
"""The tips of one feed, ascending; more than one where the feed is forked."""


SMALL_RANGE: Final = 64
"""Fingerprints of ranges of at most this many feeds are made anew each time: peers name ranges as
they like, and there are no more ranges of more feeds than feeds."""


class Frontier:
    """The tips of every feed of one circle, with fingerprints that are cached until a change."""

    def __init__(self, heads: dict[bytes, Tips] | None = None) -> None:
        self._tips: dict[bytes, Tips] = {feed: tips for feed, tips in (heads or {}).items() if tips}
        self._feeds: list[bytes] = sorted(self._tips)
        self._fingerprints: dict[str, bytes] = {}

    def __len__(self) -> int:
        return len(self._feeds)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._feeds)

    def __contains__(self, feed: bytes) -> bool:
        return feed in self._tips

    def get(self, feed: bytes) -> Tips:
        """The tips of ``feed``; empty if it is unknown."""
        return self._tips.get(feed, ())

    def set(self, feed: bytes, tips: Tips) -> None:
        """Replace the tips of ``feed``; no tips removes it."""
        if self._tips.get(feed, ()) == tips:
            return
        if not tips:
            del self._tips[feed]
            del self._feeds[bisect_left(self._feeds, feed)]
        else:
            if feed not in self._tips:
                insort(self._feeds, feed)
            self._tips[feed] = tips
        if self._fingerprints:
            digits = feed.hex()
            for length in range(len(digits) + 1):
                self._fingerprints.pop(digits[:length], None)

    def heads(self, prefix: str = "") -> list[tuple[bytes, Tips]]:
        """(feed, tips) of each feed in the range, ascending by feed."""
        start, end = self._bounds(prefix)
        return [(feed, self._tips[feed]) for feed in self._feeds[start:end]]

    def count(self, prefix: str = "") -> int:
        """How many feeds the range has."""
        start, end = self._bounds(prefix)
        return end - start

    def fingerprint(self, prefix: str = "") -> bytes:
        """SHA-256 over the feeds and tips of the range (docs/protocol.md section 7)."""
        known = self._fingerprints.get(prefix)
        if known is not None:
            return known
        hasher = sha256()
        start, end = self._bounds(prefix)
        for feed in self._feeds[start:end]:
            tips = self._tips[feed]
            hasher.update(feed + len(tips).to_bytes(4, "big"))
            for seq, identifier in tips:
                hasher.update(seq.to_bytes(8, "big") + identifier)
        value = hasher.digest()
        if end - start > SMALL_RANGE:
            self._fingerprints[prefix] = value
        return value

    def digest(self) -> bytes:
        """The digest of the circle: equal digests mean the same entries."""
        return self.fingerprint("")

    def _bounds(self, prefix: str) -> tuple[int, int]:
        if not prefix:
            return 0, len(self._feeds)
        low = bytes.fromhex(prefix.ljust(64, "0"))
        high = bytes.fromhex(prefix.ljust(64, "f"))
        return bisect_left(self._feeds, low), bisect_right(self._feeds, high)
