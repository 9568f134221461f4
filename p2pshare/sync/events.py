"""What the engine is told and what it asks for: frozen events in, frozen effects out.

DESIGN section 7. ``node`` turns sockets and the database worker's results into events, executes
effects, and feeds back a result for each effect that has a ``request`` number. A link is a number
that the node never uses twice. Times are monotonic seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from p2pshare.log.entry import SignedEntry
from p2pshare.log.frontier import Frontier, Tips
from p2pshare.sync.messages import ServedStatus, Stretch, Wanted

# --- events ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CircleOpened:
    """A circle to sync; ``secret`` is None for the open one. The engine owns ``frontier`` now."""

    circle: bytes
    secret: bytes | None
    frontier: Frontier
    owed: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class CircleClosed:
    """The circle is synced no longer."""

    circle: bytes


@dataclass(frozen=True, slots=True)
class LinkOpened:
    """A link was welcomed. ``transcript``: 32 bytes that no other link has."""

    link: int
    dialled: bool
    device: bytes
    transcript: bytes
    open_circle: bool


@dataclass(frozen=True, slots=True)
class LinkClosed:
    """A link is gone, whoever closed it."""

    link: int


@dataclass(frozen=True, slots=True)
class MessageArrived:
    """One binary websocket message."""

    link: int
    data: bytes


@dataclass(frozen=True, slots=True)
class MessageSent:
    """The transport has taken a ``SendMessage`` that was ``tracked`` (its buffer has room)."""

    link: int


@dataclass(frozen=True, slots=True)
class FeedRead:
    """The feed of a want has been read to its end, or cannot be read.

    ``tips`` are the feed's tips in the same read; ``unknown`` those wanted-after ids that are not
    held here. With UNKNOWN_TIPS nothing of the feed was read.
    """

    feed: bytes
    status: ServedStatus
    tips: Tips = ()
    unknown: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class StretchesRead:
    """Answer to ReadStretches. Feeds not in ``ended`` are asked for again, from where they are."""

    request: int
    stretches: tuple[Stretch, ...]
    ended: tuple[FeedRead, ...]


@dataclass(frozen=True, slots=True)
class HeldIdsRead:
    """Answer to ReadHeldIds: every entry id held of the feed."""

    request: int
    ids: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class EntriesRead:
    """Answer to ReadEntries: ``entries`` with what is held of them; ``missing`` those not whole.

    Whole means with its body and a signature that verifies. An entry with only one of the two
    belongs to both, so that neither is withheld (an erased entry's signature can be mended); report
    a damaged signature by OwedChanged, so that this device asks for it too and passes it on when
    it has it.
    """

    request: int
    entries: tuple[SignedEntry, ...]
    missing: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class BlobRead:
    """Answer to ReadBlob; None also if no entry of the circle names it."""

    request: int
    data: bytes | None


class Outcome(Enum):
    """What became of a stretch."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    MISSING_PREVIOUS = "missing previous"
    REFUSED = "refused"
    OVER_QUOTA = "over quota"


@dataclass(frozen=True, slots=True)
class StretchOutcome:
    """``stored`` entries of the stretch were new: with STORED, its last ones."""

    outcome: Outcome
    stored: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StretchesStored:
    """Answer to StoreStretches, after the commit.

    ``outcomes``: one per stretch, in order. ``tips``: the feeds of which the tips changed. ``owed``
    and ``settled``: ids whose bodies (or signatures) are lacking from now on, or no longer.
    """

    request: int
    outcomes: tuple[StretchOutcome, ...]
    tips: Mapping[bytes, Tips] = field(default_factory=dict)
    owed: frozenset[bytes] = frozenset()
    settled: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class EntriesStored:
    """Answer to StoreEntries: the ids of which nothing is lacking any more."""

    request: int
    settled: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class BlobStored:
    """Answer to StoreBlob."""

    request: int
    stored: bool


@dataclass(frozen=True, slots=True)
class RequestFailed:
    """An effect with a request number could not be executed: nothing was read or stored."""

    request: int


@dataclass(frozen=True, slots=True)
class Published:
    """New entries that came by no link: this device's own, or another process's, committed.

    ``stretches`` may leave out what is not at hand; ``tips`` names every feed that changed.
    """

    circle: bytes
    stretches: tuple[Stretch, ...]
    tips: Mapping[bytes, Tips]


@dataclass(frozen=True, slots=True)
class OwedChanged:
    """Ids whose bodies or signatures are found to be lacking, or are lacking no longer."""

    circle: bytes
    owed: frozenset[bytes] = frozenset()
    settled: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class BlobNeeded:
    """A blob that an entry of the circle names and that is not held.

    ``sealed``: only sealed entries name it, so that peers must not learn its hash.
    """

    circle: bytes
    blob: bytes
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class QuotaChanged:
    """There may be room now for feeds that were over quota."""


@dataclass(frozen=True, slots=True)
class Tick:
    """The time of the last WakeAt has come."""


Event = (
    CircleOpened
    | CircleClosed
    | LinkOpened
    | LinkClosed
    | MessageArrived
    | MessageSent
    | StretchesRead
    | HeldIdsRead
    | EntriesRead
    | BlobRead
    | StretchesStored
    | EntriesStored
    | BlobStored
    | RequestFailed
    | Published
    | OwedChanged
    | BlobNeeded
    | QuotaChanged
    | Tick
)

# --- effects --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Send one message, in order. If ``tracked``, report MessageSent when the transport took it."""

    link: int
    data: bytes
    tracked: bool = False


@dataclass(frozen=True, slots=True)
class CloseLink:
    """Close the link and say why. The engine has forgotten it already."""

    link: int
    reason: str


@dataclass(frozen=True, slots=True)
class PauseReading:
    """Take no more messages off this link, so that its sender waits."""

    link: int


@dataclass(frozen=True, slots=True)
class ResumeReading:
    """Take messages off this link again."""

    link: int


@dataclass(frozen=True, slots=True)
class MetOwnDevice:
    """The peer has this device's key: it is this very run (``same_run``), or a copy of the folder.

    CloseLink follows. A copy must draw a new device key and open new feeds (DESIGN section 4).
    """

    link: int
    same_run: bool


@dataclass(frozen=True, slots=True)
class ReadStretches:
    """Read what is held of the wanted feeds and does not precede what is held there.

    At most about ``bytes_aim`` bytes in all, feeds in the order given; each stretch ends at an
    entry whose signature was checked. Answer: StretchesRead, with progress on at least one feed.
    """

    request: int
    link: int
    circle: bytes
    wants: tuple[Wanted, ...]
    bytes_aim: int


@dataclass(frozen=True, slots=True)
class ReadHeldIds:
    """Answer: HeldIdsRead."""

    request: int
    circle: bytes
    feed: bytes


@dataclass(frozen=True, slots=True)
class StoreStretches:
    """Verify and append (``node.ingest``). Answer: StretchesStored."""

    request: int
    link: int
    circle: bytes
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class ReadEntries:
    """Answer: EntriesRead."""

    request: int
    link: int
    circle: bytes
    ids: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class StoreEntries:
    """Take bodies, headers and signatures that are lacking from these. Answer: EntriesStored."""

    request: int
    link: int
    circle: bytes
    entries: tuple[SignedEntry, ...]


@dataclass(frozen=True, slots=True)
class ReadBlob:
    """Only if an entry of the circle names it. Answer: BlobRead.

    ``blob`` is the hash of one that a clear entry names, or by ``sync.blob_names`` the name of one
    that only sealed entries do, made with ``asking``.
    """

    request: int
    link: int
    circle: bytes
    blob: bytes
    asking: bytes


@dataclass(frozen=True, slots=True)
class StoreBlob:
    """A needed blob; its SHA-256 has been checked. Answer: BlobStored."""

    request: int
    link: int
    circle: bytes
    blob: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Send Tick at this monotonic time (seconds). A later WakeAt replaces an earlier one."""

    time: float


Effect = (
    SendMessage
    | CloseLink
    | PauseReading
    | ResumeReading
    | MetOwnDevice
    | ReadStretches
    | ReadHeldIds
    | StoreStretches
    | ReadEntries
    | StoreEntries
    | ReadBlob
    | StoreBlob
    | WakeAt
)
