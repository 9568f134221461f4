"""The state machine of one link: what each message of the peer does.

A session begins when the link is welcomed. Both sides first send ``Circles``; a circle is *proven*
when both know its secret (or both offer the open one), and only then is anything said about it. The
side that dialled then opens the reconciliation. From there on the two sides are equal.

    opened --Circles--> open, with proven circles   (Circles again: circles joined later)
    any breach: SyncError, and ``engine`` closes the link with its text as the reason

What may be honest lateness (a circle left, an answer after a timeout, a duplicate) is ignored.
"""

from collections import deque
from hashlib import sha256

from p2pshare.errors import LogError, SyncError
from p2pshare.limits import (
    ANSWER_BYTES_PER_MINUTE_MAX,
    CIRCLES_MESSAGES_PER_LINK_MAX,
    REFUSED_STRETCHES_PER_LINK_MAX,
    STANDING_REQUESTS_PER_LINK_MAX,
    STORES_PER_LINK_MAX,
    WANTED_IDS_PER_MESSAGE_MAX,
)
from p2pshare.log.entry import decode_header, entry_id
from p2pshare.sync.asks import Thing
from p2pshare.sync.blob_names import asking, sealed_name
from p2pshare.sync.circles import (
    DIALLER,
    LISTENER,
    circle_tags,
    other_role,
    proven_circles,
)
from p2pshare.sync.events import (
    LinkOpened,
    MetOwnDevice,
    PauseReading,
    ReadHeldIds,
    ResumeReading,
    SendMessage,
    StoreBlob,
    StoreEntries,
    StoreStretches,
)
from p2pshare.sync.messages import (
    BlobFound,
    BlobWanted,
    Circles,
    EntriesFound,
    EntriesWanted,
    Heads,
    Message,
    Ranges,
    Served,
    Stretch,
    Stretches,
    Want,
    Wanted,
    decode_message,
    encode_message,
)
from p2pshare.sync.reconcile import Compared, Reconciliation
from p2pshare.sync.serving import ServeQueue, SmallRead
from p2pshare.sync.state import (
    Chain,
    ReadingHeldIds,
    Serving,
    Shared,
    StoringBlob,
    StoringEntries,
    StoringStretches,
)
from p2pshare.sync.wants import Key

ANSWER_WINDOW_SECONDS = 60.0


class Session:
    """One link. Works on ``shared`` and appends to its effects."""

    def __init__(self, shared: Shared, opened: LinkOpened) -> None:
        self.link = opened.link
        self.proven: dict[bytes, Reconciliation] = {}
        self._role = DIALLER if opened.dialled else LISTENER
        self._asking = asking(opened.transcript, self._role)
        self._peer_asking = asking(opened.transcript, other_role(self._role))
        self.serve = ServeQueue(opened.link, self._peer_asking)
        self.standing: dict[Thing, bool] = {}
        self._shared = shared
        self._opened = opened
        self._sealed_blobs: dict[Thing, bytes] = {}
        self._peer_tags: tuple[bytes, ...] = ()
        self._circles_messages = 0
        self._left: set[bytes] = set()
        self._stores = 0
        self._is_paused = False
        self._refused = 0
        self._answer_window = shared.now
        self._answer_bytes = 0
        self._repeat: deque[Key] = deque()
        self._repeating: Key | None = None

    # --- what the engine calls --------------------------------------------------------------

    def start(self) -> None:
        """Send the first messages."""
        self._shared.wants.open(self.link)
        self._shared.owed.open(self.link)
        self._shared.blobs.open(self.link)
        self._send_circles()
        for circle in self._shared.circles.values():
            self._prove_open(circle.circle)

    def circle_opened(self, circle: bytes) -> None:
        """This device joined a circle while the link is up."""
        self._left.discard(circle)
        if self._shared.circles[circle].secret is None:
            self._prove_open(circle)
        else:
            self._send_circles()
            self._prove_closed()

    def circle_closed(self, circle: bytes) -> None:
        """This device left a circle: what the peer still says about it is ignored."""
        if self.proven.pop(circle, None) is not None:
            self._left.add(circle)
        self.serve.forget_circle(circle)
        for thing in [thing for thing in self._sealed_blobs if thing[0] == circle]:
            del self._sealed_blobs[thing]
        for thing in [thing for thing in self.standing if thing[0] == circle]:
            del self.standing[thing]

    def send(self, message: Message) -> None:
        """Send one message."""
        self.send_data(encode_message(message))

    def send_data(self, data: bytes, tracked: bool = False) -> None:
        """Send one encoded message."""
        self._shared.effects.append(SendMessage(self.link, data, tracked))

    def want(self, circle: bytes, feeds: list[bytes]) -> None:
        """Ask for feeds after the tips held (at most FEEDS_IN_FLIGHT_MAX)."""
        batch: list[Wanted] = []
        ids = 0
        for feed in feeds:
            tips = self._shared.own_tips((circle, feed))[-WANTED_IDS_PER_MESSAGE_MAX:]
            if batch and ids + len(tips) > WANTED_IDS_PER_MESSAGE_MAX:
                self.send(Want(circle, tuple(batch)))
                batch, ids = [], 0
            batch.append(Wanted(feed, tuple(identifier for _, identifier in tips), False))
            ids += len(tips)
        self.send(Want(circle, tuple(batch)))

    def held_ids_read(self, key: Key, ids: tuple[bytes, ...]) -> None:
        """Repeat a want with every id held of a forked feed (the newest, if they are too many)."""
        if key[0] in self.proven:
            wanted = Wanted(key[1], ids[-WANTED_IDS_PER_MESSAGE_MAX:], True)
            self.send(Want(key[0], (wanted,)))

    def stored(self, refused: int) -> None:
        """One StoreStretches, StoreEntries or StoreBlob of this link is done."""
        self._stores -= 1
        if self._is_paused and self._stores <= STORES_PER_LINK_MAX // 2:
            self._is_paused = False
            self._shared.effects.append(ResumeReading(self.link))
        self._refused += refused
        if self._refused > REFUSED_STRETCHES_PER_LINK_MAX:
            raise SyncError("too many entries of this link were refused")

    def pump(self) -> None:
        """Issue the next read for the peer and the next repeated want, if there is room."""
        while self.serve.is_ready():
            request = self._shared.next_request()
            read = self.serve.next_read(request)
            if read is None:
                break
            self._shared.pending[request] = Serving(self.link, read)
            self._shared.effects.append(read)
        if self._repeating and not self._shared.wants.in_flight(self.link, self._repeating):
            self._repeating = None
        while self._repeating is None and self._repeat:
            key = self._repeat.popleft()
            if self._shared.wants.in_flight(self.link, key):
                self._repeating = key
                request = self._shared.next_request()
                self._shared.pending[request] = ReadingHeldIds(self.link, key)
                self._shared.effects.append(ReadHeldIds(request, *key))

    def push(self, circle: bytes, stretches: list[Stretch]) -> None:
        """Send new entries unasked."""
        self.send(Stretches(circle, tuple(stretches)))

    # --- messages ---------------------------------------------------------------------------

    def message_arrived(self, data: bytes) -> None:
        """Act on one message. Raises SyncError where the peer breaks the protocol."""
        message = decode_message(data)
        if message is None:
            return
        if isinstance(message, Circles):
            self._circles_arrived(message)
            return
        if not self._circles_messages:
            raise SyncError("the first message must say which circles are shared")
        reconciliation = self.proven.get(message.circle)
        if reconciliation is None:
            if message.circle in self._left:
                return
            raise SyncError("a message about a circle that was not proven")
        match message:
            case Ranges():
                self._answer(message.circle, reconciliation.ranges_arrived(message))
            case Heads():
                self._answer(message.circle, reconciliation.heads_arrived(message))
            case Want(circle, feeds):
                self.serve.add_wants(circle, feeds)
            case Stretches():
                self._stretches_arrived(message, reconciliation)
            case Served():
                self._served_arrived(message)
            case EntriesWanted(circle, entries):
                self.serve.add_small(SmallRead(circle, entries, is_blob=False))
            case EntriesFound():
                self._entries_arrived(message)
            case BlobWanted(circle, blob):
                self.serve.add_small(SmallRead(circle, (blob,), is_blob=True))
            case BlobFound():
                self._blob_arrived(message)

    def want_blob(self, circle: bytes, blob: bytes, *, sealed: bool) -> None:
        """Ask for a blob; by a name that tells the peer nothing new, if it is ``sealed``."""
        name = sealed_name(blob, self._asking) if sealed else blob
        if sealed:
            self._sealed_blobs[circle, name] = blob
        self.send(BlobWanted(circle, name))

    def remember_request(self, circle: bytes, identifier: bytes, is_blob: bool) -> None:
        """The peer asked for what is not held here: it gets it when it comes (DESIGN 7.5)."""
        if len(self.standing) < STANDING_REQUESTS_PER_LINK_MAX:
            self.standing[circle, identifier] = is_blob

    def came_to_be_held(self, circle: bytes, identifier: bytes) -> None:
        """If the peer asked for this before: read it for the peer now."""
        for name in (identifier, sealed_name(identifier, self._peer_asking)):
            if (circle, name) in self.standing:
                is_blob = self.standing.pop((circle, name))
                self.serve.add_small(SmallRead(circle, (name,), is_blob, is_remembered=True))

    def _circles_arrived(self, message: Circles) -> None:
        self._circles_messages += 1
        if self._circles_messages > CIRCLES_MESSAGES_PER_LINK_MAX:
            raise SyncError("the circles were said too often")
        if self._opened.device == self._shared.device:
            same_run = message.instance == self._shared.instance
            self._shared.effects.append(MetOwnDevice(self.link, same_run))
            raise SyncError(
                "this is a link to itself" if same_run else "the peer is a copy of this device"
            )
        self._peer_tags = message.tags
        self._prove_closed()

    def _send_circles(self) -> None:
        shared = self._shared
        tags = circle_tags(
            shared.secrets().values(), self._opened.transcript, self._role, shared.random_bytes
        )
        self.send(Circles(shared.instance, tags))

    def _prove_closed(self) -> None:
        proven = proven_circles(
            self._shared.secrets(),
            self._opened.transcript,
            other_role(self._role),
            self._peer_tags,
        )
        for circle in sorted(proven - self.proven.keys()):
            self._prove(circle)

    def _prove_open(self, circle: bytes) -> None:
        is_open = self._shared.circles[circle].secret is None
        if is_open and self._opened.open_circle and circle not in self.proven:
            self._prove(circle)

    def _prove(self, circle: bytes) -> None:
        reconciliation = Reconciliation(circle, self._shared.circles[circle].frontier)
        self.proven[circle] = reconciliation
        self._left.discard(circle)
        self._shared.owed.prove(self.link, circle)
        self._shared.blobs.prove(self.link, circle)
        if self._opened.dialled:
            self.send(reconciliation.opening())

    def _answer(self, circle: bytes, compared: Compared) -> None:
        """Send answers, within a budget, and note what the peer has and we lack."""
        if self._shared.now >= self._answer_window + ANSWER_WINDOW_SECONDS:
            self._answer_window, self._answer_bytes = self._shared.now, 0
        for message in compared.answers:
            data = encode_message(message)
            self._answer_bytes += len(data)
            if self._answer_bytes > ANSWER_BYTES_PER_MINUTE_MAX:
                raise SyncError("too many questions about what is held here")
            self.send_data(data)
        reconciliation = self.proven[circle]
        for feed in compared.lacks:
            self._shared.wants.claim(self.link, (circle, feed), reconciliation.peer[feed])

    def _stretches_arrived(self, message: Stretches, reconciliation: Reconciliation) -> None:
        shared = self._shared
        chains: list[Chain] = []
        for stretch in message.stretches:
            try:
                first = decode_header(stretch[0].header)
            except LogError as error:
                raise SyncError(f"an entry is malformed: {error}") from error
            if first.circle != message.circle:
                raise SyncError("an entry of another circle than the message says")
            feed, key = first.feed, (message.circle, first.feed)
            if shared.wants.is_refused(key):
                continue
            last_seq, last = first.seq + len(stretch) - 1, entry_id(stretch[-1].header)
            reconciliation.arrived(feed, first.seq, first.previous, (last_seq, last))
            shared.wants.arrived(self.link, key, shared.now)
            chains.append(Chain(feed, first.seq, first.previous, last_seq, last, stretch))
        if chains:
            request = shared.next_request()
            circle = message.circle
            shared.pending[request] = StoringStretches(self.link, circle, tuple(chains))
            stretches = tuple(chain.stretch for chain in chains)
            shared.effects.append(StoreStretches(request, self.link, circle, stretches))
            self._count_store()

    def _served_arrived(self, message: Served) -> None:
        for feed, status in ((one.feed, one.status) for one in message.feeds):
            key = (message.circle, feed)
            if self._shared.wants.served(self.link, key, status, self._shared.now):
                self._repeat.append(key)

    def _entries_arrived(self, message: EntriesFound) -> None:
        shared = self._shared
        circle = message.circle
        needed = {}
        for entry in message.entries:
            identifier = entry_id(entry.header)
            if shared.owed.is_needed(circle, identifier):
                needed[identifier] = entry
                shared.owed.found(self.link, circle, identifier, shared.now)
        for identifier in message.missing:
            shared.owed.missing(self.link, circle, identifier, shared.now)
        if needed:
            request = shared.next_request()
            shared.pending[request] = StoringEntries(self.link, circle, tuple(needed))
            effect = StoreEntries(request, self.link, circle, tuple(needed.values()))
            shared.effects.append(effect)
            self._count_store()

    def _blob_arrived(self, message: BlobFound) -> None:
        shared = self._shared
        circle, data = message.circle, message.data
        blob = self._sealed_blobs.get((circle, message.blob), message.blob)
        if data is None:
            shared.blobs.missing(self.link, circle, blob, shared.now)
            return
        if not shared.blobs.is_needed(circle, blob):
            return
        if sha256(data).digest() != blob:
            raise SyncError("a blob is not the one that was asked for")
        self._sealed_blobs.pop((circle, message.blob), None)
        shared.blobs.found(self.link, circle, blob, shared.now)
        request = shared.next_request()
        shared.pending[request] = StoringBlob(self.link, circle, blob)
        shared.effects.append(StoreBlob(request, self.link, circle, blob, data))
        self._count_store()

    def _count_store(self) -> None:
        self._stores += 1
        if self._stores >= STORES_PER_LINK_MAX and not self._is_paused:
            self._is_paused = True
            self._shared.effects.append(PauseReading(self.link))
