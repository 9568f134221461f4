"""The engine: events in, effects out, over all links of this device (DESIGN section 7).

    engine = Engine(device, instance, random_bytes)
    effects = engine.handle(event, now)

It holds the frontier of each circle in memory, and no entries but those that are being stored.
``node`` executes the effects and feeds the results back. New entries are told to every link that
does not have them, the moment their transaction has committed, and never before.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import assert_never

from p2pshare.errors import SyncError
from p2pshare.limits import CIRCLE_TAGS_MAX, PUSH_BYTES_MAX, PUSH_ENTRIES_MAX
from p2pshare.log.entry import decode_header, entry_id
from p2pshare.log.frontier import Tips
from p2pshare.sync.circles import RandomBytes
from p2pshare.sync.events import (
    BlobNeeded,
    BlobRead,
    BlobStored,
    CircleClosed,
    CircleOpened,
    CloseLink,
    Effect,
    EntriesRead,
    EntriesStored,
    Event,
    HeldIdsRead,
    LinkClosed,
    LinkOpened,
    MessageArrived,
    MessageSent,
    Outcome,
    OwedChanged,
    Published,
    QuotaChanged,
    ReadBlob,
    ReadEntries,
    ReadStretches,
    RequestFailed,
    StretchesRead,
    StretchesStored,
    StretchOutcome,
    Tick,
    WakeAt,
)
from p2pshare.sync.messages import (
    EntriesWanted,
    Stretch,
    entry_bytes,
)
from p2pshare.sync.session import Session
from p2pshare.sync.state import (
    Chain,
    Circle,
    ReadingHeldIds,
    Serving,
    Shared,
    StoringBlob,
    StoringEntries,
    StoringStretches,
)

UNKNOWN_IDS_KEPT = 16
"""One id that the peer has and we lack is reason enough to want the feed from it."""


class Engine:
    """``device``: this device's public key; ``instance``: 16 bytes drawn at this start."""

    def __init__(self, device: bytes, instance: bytes, random_bytes: RandomBytes) -> None:
        self._shared = Shared(device, instance, random_bytes)
        self._sessions: dict[int, Session] = {}
        self._wake: float | None = None

    def handle(self, event: Event, now: float) -> list[Effect]:
        """What is to be done because of ``event`` at ``now`` (monotonic seconds).

        Raises SyncError only for a CircleOpened beyond CIRCLE_TAGS_MAX closed circles, which
        changes nothing.
        """
        shared = self._shared
        shared.now = now
        shared.effects = []
        self._dispatch(event)
        self._issue()
        self._set_wake()
        return shared.effects

    def _dispatch(self, event: Event) -> None:
        shared = self._shared
        match event:
            case MessageArrived(link, data):
                session = self._sessions.get(link)
                if session is not None:
                    try:
                        session.message_arrived(data)
                    except SyncError as error:
                        self._close(link, str(error))
            case MessageSent(link):
                session = self._sessions.get(link)
                if session is not None:
                    session.serve.message_sent()
            case StretchesRead() | EntriesRead() | BlobRead():
                self._read(event)
            case HeldIdsRead(request, ids):
                pending = shared.pending.pop(request, None)
                if isinstance(pending, ReadingHeldIds) and pending.link in self._sessions:
                    self._sessions[pending.link].held_ids_read(pending.key, ids)
            case StretchesStored():
                self._stretches_stored(event)
            case EntriesStored(request, settled):
                self._entries_stored(request, settled)
            case BlobStored(request, stored):
                self._blob_stored(request, stored)
            case RequestFailed(request):
                self._failed(request)
            case Published(circle, stretches, tips):
                if circle in shared.circles:
                    self._changed(circle, [_chain(stretch) for stretch in stretches], tips)
            case OwedChanged(circle, owed, settled):
                if circle in shared.circles:
                    shared.owed.need(circle, sorted(owed))
                    shared.owed.settle(circle, settled)
                    self._serve_standing(circle, sorted(settled))
            case BlobNeeded(circle, blob, sealed):
                if circle in shared.circles:
                    if sealed:
                        shared.sealed_blobs.add((circle, blob))
                    shared.blobs.need(circle, [blob])
            case LinkOpened(link):
                self._sessions[link] = session = Session(shared, event)
                session.start()
            case LinkClosed(link):
                self._forget(link)
            case CircleOpened(circle, secret, frontier, owed):
                if secret is not None and len(shared.secrets()) >= CIRCLE_TAGS_MAX:
                    raise SyncError(f"at most {CIRCLE_TAGS_MAX} closed circles can be synced")
                shared.circles[circle] = Circle(circle, secret, frontier)
                shared.owed.need(circle, sorted(owed))
                for session in self._sessions.values():
                    session.circle_opened(circle)
            case CircleClosed(circle):
                self._circle_closed(circle)
            case QuotaChanged():
                shared.wants.allow_all()
            case Tick():
                self._wake = None
                for book in (shared.wants, shared.owed, shared.blobs):
                    book.tick(shared.now)
            case _:
                assert_never(event)

    def _issue(self) -> None:
        """Send what there is room for now."""
        shared = self._shared
        wanted: dict[tuple[int, bytes], list[bytes]] = {}
        for link, (circle, feed) in shared.wants.issue(shared.now):
            wanted.setdefault((link, circle), []).append(feed)
        for (link, circle), feeds in wanted.items():
            self._sessions[link].want(circle, feeds)
        for (link, circle), ids in shared.owed.issue(shared.now).items():
            self._sessions[link].send(EntriesWanted(circle, tuple(ids)))
        for (link, circle), ids in shared.blobs.issue(shared.now).items():
            for blob in ids:
                sealed = (circle, blob) in shared.sealed_blobs
                self._sessions[link].want_blob(circle, blob, sealed=sealed)
        for session in self._sessions.values():
            session.pump()

    def _set_wake(self) -> None:
        shared = self._shared
        deadlines = [book.deadline() for book in (shared.wants, shared.owed, shared.blobs)]
        earliest = min((time for time in deadlines if time is not None), default=None)
        if earliest is not None and (self._wake is None or earliest < self._wake):
            self._wake = earliest
            shared.effects.append(WakeAt(earliest))

    def _close(self, link: int, reason: str) -> None:
        self._shared.effects.append(CloseLink(link, reason))
        self._forget(link)

    def _forget(self, link: int) -> None:
        if self._sessions.pop(link, None) is not None:
            self._shared.wants.close(link)
            self._shared.owed.close(link)
            self._shared.blobs.close(link)

    def _circle_closed(self, circle: bytes) -> None:
        shared = self._shared
        if shared.circles.pop(circle, None) is None:
            return
        for session in self._sessions.values():
            session.circle_closed(circle)
        shared.wants.forget_circle(circle)
        shared.owed.forget_circle(circle)
        shared.blobs.forget_circle(circle)
        shared.sealed_blobs = {thing for thing in shared.sealed_blobs if thing[0] != circle}

    # --- reads for peers --------------------------------------------------------------------

    def _read(self, event: StretchesRead | EntriesRead | BlobRead) -> None:
        pending = self._shared.pending.pop(event.request, None)
        if not isinstance(pending, Serving) or pending.link not in self._sessions:
            return
        session = self._sessions[pending.link]
        read = pending.read
        messages: list[bytes] = []
        match read, event:
            case ReadStretches(), StretchesRead():
                messages = session.serve.stretches_read(read, event)
                self._learn_from_read(session, read, event)
            case ReadEntries(), EntriesRead():
                messages = session.serve.entries_read(read, event)
                for identifier in event.missing:
                    session.remember_request(read.circle, identifier, is_blob=False)
            case ReadBlob(), BlobRead():
                messages = session.serve.blob_read(read, event.data)
                if event.data is None:
                    session.remember_request(read.circle, read.blob, is_blob=True)
        if read.circle in session.proven:
            for data in messages:
                session.send_data(data, tracked=True)
        else:  # left in the meantime: nothing is said about it, and nothing waits for it
            for _ in messages:
                session.serve.message_sent()

    def _learn_from_read(self, session: Session, read: ReadStretches, event: StretchesRead) -> None:
        """A feed that was served whole is known to the peer; ids unknown here are wanted."""
        reconciliation = session.proven.get(read.circle)
        if reconciliation is None:
            return
        for ended in event.ended:
            if ended.tips and not ended.unknown:
                reconciliation.peer[ended.feed] = ended.tips
            if ended.unknown:
                key = (read.circle, ended.feed)
                self._shared.wants.force(session.link, key, ended.unknown[-UNKNOWN_IDS_KEPT:])

    # --- what was stored --------------------------------------------------------------------

    def _stretches_stored(self, event: StretchesStored) -> None:
        shared = self._shared
        pending = shared.pending.pop(event.request, None)
        if not isinstance(pending, StoringStretches):
            return
        circle, link = pending.circle, pending.link
        if circle in shared.circles:
            for feed, tips in event.tips.items():
                shared.circles[circle].frontier.set(feed, tips)
            new = [
                _tail(chain, one.stored)
                for chain, one in zip(pending.chains, event.outcomes, strict=True)
                if one.outcome is Outcome.STORED and one.stored
            ]
            shared.owed.need(circle, sorted(event.owed))
            shared.owed.settle(circle, event.settled)
            self._serve_standing(circle, sorted(event.settled))
            self._changed(circle, new, event.tips)
        refused = 0
        for chain, one in zip(pending.chains, event.outcomes, strict=True):
            key = (circle, chain.feed)
            if one.outcome is Outcome.OVER_QUOTA:
                shared.wants.refuse(key)
            refused += one.outcome is Outcome.REFUSED
            shared.wants.stored(link, key, one.stored, shared.now)
            is_here = link in self._sessions and circle in self._sessions[link].proven
            if one.outcome is Outcome.MISSING_PREVIOUS and is_here:
                shared.wants.force(link, key, [chain.last])
        self._count_stored(link, refused)

    def _count_stored(self, link: int, refused: int = 0) -> None:
        session = self._sessions.get(link)
        if session is not None:
            try:
                session.stored(refused)
            except SyncError as error:
                self._close(link, str(error))

    def _entries_stored(self, request: int, settled: frozenset[bytes]) -> None:
        shared = self._shared
        pending = shared.pending.pop(request, None)
        if not isinstance(pending, StoringEntries):
            return
        circle = pending.circle
        shared.owed.settle(circle, settled)
        self._serve_standing(circle, sorted(settled))
        for identifier in pending.ids:
            if identifier not in settled:
                shared.owed.unsettled(circle, identifier)
        self._count_stored(pending.link)

    def _blob_stored(self, request: int, stored: bool) -> None:
        shared = self._shared
        pending = shared.pending.pop(request, None)
        if not isinstance(pending, StoringBlob):
            return
        circle, blob = pending.circle, pending.blob
        if stored:
            shared.blobs.settle(circle, [blob])
            shared.sealed_blobs.discard((circle, blob))
            self._serve_standing(circle, [blob])
        else:
            shared.blobs.unsettled(circle, blob)
        self._count_stored(pending.link)

    def _serve_standing(self, circle: bytes, ids: Iterable[bytes]) -> None:
        """What came to be held is sent to those who asked for it before."""
        asked = [session for session in self._sessions.values() if session.standing]
        for identifier in ids if asked else ():
            for session in asked:
                session.came_to_be_held(circle, identifier)

    def _failed(self, request: int) -> None:
        pending = self._shared.pending.get(request)
        match pending:
            case Serving(_, ReadStretches()):
                self._read(StretchesRead(request, (), ()))
            case Serving(_, ReadEntries() as read):
                self._read(EntriesRead(request, (), read.ids))
            case Serving(_, ReadBlob()):
                self._read(BlobRead(request, None))
            case StoringStretches(chains=chains):
                nothing = StretchOutcome(Outcome.DUPLICATE)
                self._stretches_stored(StretchesStored(request, (nothing,) * len(chains)))
            case StoringEntries():
                self._entries_stored(request, frozenset())
            case StoringBlob():
                self._blob_stored(request, False)
            case _:
                self._shared.pending.pop(request, None)

    # --- telling the others -----------------------------------------------------------------

    def _changed(self, circle: bytes, chains: list[Chain], tips: Mapping[bytes, Tips]) -> None:
        """Push new entries to the links that stand before them; give others the new heads."""
        shared = self._shared
        for feed, feed_tips in tips.items():
            shared.circles[circle].frontier.set(feed, feed_tips)
        self._serve_standing(circle, _ids_with_bodies(chains))
        small = [chain for chain in chains if _is_pushed(chain.stretch)]
        for session in self._sessions.values():
            reconciliation = session.proven.get(circle)
            if reconciliation is None:
                continue
            pushes: list[Stretch] = []
            push_bytes = 0
            for chain in small:
                size = sum(map(entry_bytes, chain.stretch))
                if push_bytes + size <= PUSH_BYTES_MAX and reconciliation.attaches(
                    chain.feed, chain.first_seq, chain.previous
                ):
                    pushes.append(chain.stretch)
                    push_bytes += size
                    end = (chain.last_seq, chain.last)
                    reconciliation.sent(chain.feed, chain.first_seq, chain.previous, end)
            if pushes:
                session.push(circle, pushes)
            for message in reconciliation.notice(sorted(tips)):
                session.send(message)


def _chain(stretch: Stretch) -> Chain:
    first = decode_header(stretch[0].header)
    last_seq, last = first.seq + len(stretch) - 1, entry_id(stretch[-1].header)
    return Chain(first.feed, first.seq, first.previous, last_seq, last, stretch)


def _tail(chain: Chain, stored: int) -> Chain:
    """The last ``stored`` entries of a chain: the ones that were new."""
    return chain if stored == len(chain.stretch) else _chain(chain.stretch[-stored:])


def _ids_with_bodies(chains: Iterable[Chain]) -> Iterator[bytes]:
    for chain in chains:
        for entry in chain.stretch:
            if entry.body is not None:
                yield entry_id(entry.header)


def _is_pushed(stretch: Stretch) -> bool:
    return len(stretch) <= PUSH_ENTRIES_MAX and sum(map(entry_bytes, stretch)) <= PUSH_BYTES_MAX
