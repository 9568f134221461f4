"""What sealed bodies said when they were opened last, kept in memory for a while.

Opening costs fifty times what reading the row does, and a subject is folded whole each time:
without this, a stranger to a loan would try its opening entry again for each move that passes
through. ``store.gather`` asks and tells. Nothing of it is written anywhere; once something is
erased all of it is thrown away, so that forgotten words do not live on here; and once something
damaged is repaired, for what was read of it may be wrong.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from p2pshare.domain.bodies import Body
from p2pshare.log.keys import ReadingKey

OPENED_MAX: Final = 8192
"""How many bodies are kept; one that could not be opened takes next to nothing."""

Opened = tuple[str, Body] | None
"""The true kind and the body; None where it was not for these keys, or says nothing."""


class OpenedBodies:
    """The latest OPENED_MAX bodies by their entry ids, for one set of reading keys."""

    def __init__(self) -> None:
        self._keys: tuple[bytes, ...] = ()
        self._opened: OrderedDict[bytes, Opened] = OrderedDict()

    def use(self, keys: Sequence[ReadingKey]) -> None:
        """From now on it is read with these keys; what others gave is thrown away."""
        public = tuple(key.public for key in keys)
        if public != self._keys:
            self._keys = public
            self._opened.clear()

    def __contains__(self, entry: bytes) -> bool:
        return entry in self._opened

    def get(self, entry: bytes) -> Opened:
        """What the body of ``entry`` (its id) said; KeyError if it is not kept."""
        self._opened.move_to_end(entry)
        return self._opened[entry]

    def keep(self, entry: bytes, said: Opened) -> Opened:
        """Remember what the body of ``entry`` said, and give it back."""
        self._opened[entry] = said
        if len(self._opened) > OPENED_MAX:
            self._opened.popitem(last=False)
        return said

    def forget(self) -> None:
        """Throw everything away."""
        self._opened.clear()
