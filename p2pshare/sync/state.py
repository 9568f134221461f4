"""What all links share: circles, wants, asks, and the list of effects being made.

``engine`` owns it, each ``session`` works on it. It decides nothing.
"""

from dataclasses import dataclass, field

from p2pshare.limits import BLOBS_IN_FLIGHT_MAX, WANTED_ENTRIES_PER_MESSAGE_MAX
from p2pshare.log.frontier import Frontier, Tips
from p2pshare.sync.asks import AskBook, Thing
from p2pshare.sync.circles import RandomBytes
from p2pshare.sync.events import Effect
from p2pshare.sync.messages import Stretch
from p2pshare.sync.serving import Read
from p2pshare.sync.wants import Key, WantBook


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle that is synced; ``secret`` is None for the open one."""

    circle: bytes
    secret: bytes | None
    frontier: Frontier


@dataclass(frozen=True, slots=True)
class Chain:
    """Where a stretch stands: its feed, its first place, and its end."""

    feed: bytes
    first_seq: int
    previous: bytes
    last_seq: int
    last: bytes
    stretch: Stretch


@dataclass(frozen=True, slots=True)
class StoringStretches:
    """Stretches of a link that are being stored."""

    link: int
    circle: bytes
    chains: tuple[Chain, ...]


@dataclass(frozen=True, slots=True)
class StoringEntries:
    """Entries of which something was owed, being stored."""

    link: int
    circle: bytes
    ids: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class StoringBlob:
    """A blob being stored."""

    link: int
    circle: bytes
    blob: bytes


@dataclass(frozen=True, slots=True)
class ReadingHeldIds:
    """All ids of a forked feed are being read, to be wanted from the link."""

    link: int
    key: Key


@dataclass(frozen=True, slots=True)
class Serving:
    """A read for the peer of a link."""

    link: int
    read: Read


Pending = StoringStretches | StoringEntries | StoringBlob | ReadingHeldIds | Serving


@dataclass(slots=True)
class Shared:
    """One per engine."""

    device: bytes
    instance: bytes
    random_bytes: RandomBytes
    circles: dict[bytes, Circle] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)
    pending: dict[int, Pending] = field(default_factory=dict)
    sealed_blobs: set[Thing] = field(default_factory=set)
    now: float = 0.0
    wants: WantBook = field(init=False)
    owed: AskBook = field(init=False)
    blobs: AskBook = field(init=False)
    _last_request: int = 0

    def __post_init__(self) -> None:
        self.wants = WantBook(self.own_tips)
        self.owed = AskBook(WANTED_ENTRIES_PER_MESSAGE_MAX)
        self.blobs = AskBook(BLOBS_IN_FLIGHT_MAX)

    def own_tips(self, key: Key) -> Tips:
        """The tips held of a (circle, feed)."""
        circle = self.circles.get(key[0])
        return circle.frontier.get(key[1]) if circle is not None else ()

    def next_request(self) -> int:
        """A request number that was never used."""
        self._last_request += 1
        return self._last_request

    def secrets(self) -> dict[bytes, bytes]:
        """Circle id -> secret, of the closed circles."""
        return {
            circle.circle: circle.secret
            for circle in self.circles.values()
            if circle.secret is not None
        }
