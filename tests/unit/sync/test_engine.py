"""The engine over several links: pulling, serving, live entries, owed bodies, blobs, time."""

from hashlib import sha256

import pytest
from sim.authors import seeded
from sim.network import Clock, Network
from sim.node import SimNode

from p2pshare.limits import (
    FEEDS_IN_FLIGHT_MAX,
    PUSH_BYTES_MAX,
    PUSH_ENTRIES_MAX,
    STRETCHES_BYTES_AIM,
    WANT_SECONDS_MAX,
)
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.log.entry import SignedEntry, entry_id
from p2pshare.sync.blob_names import asking, sealed_name
from p2pshare.sync.circles import DIALLER, LISTENER
from p2pshare.sync.events import (
    BlobNeeded,
    BlobRead,
    BlobStored,
    CircleClosed,
    EntriesRead,
    EntriesStored,
    FeedRead,
    HeldIdsRead,
    LinkClosed,
    MessageSent,
    Outcome,
    OwedChanged,
    Published,
    QuotaChanged,
    ReadBlob,
    ReadEntries,
    ReadHeldIds,
    ReadStretches,
    RequestFailed,
    SendMessage,
    StoreBlob,
    StoreEntries,
    StoreStretches,
    StretchesRead,
    StretchesStored,
    StretchOutcome,
    Tick,
    WakeAt,
)
from p2pshare.sync.messages import (
    BlobFound,
    BlobWanted,
    EntriesFound,
    EntriesWanted,
    Head,
    Heads,
    HeadsKind,
    Ranges,
    Served,
    ServedFeed,
    ServedStatus,
    Stretches,
    Want,
    Wanted,
    decode_message,
    entry_bytes,
)

COMPLETE = ServedStatus.COMPLETE
STORED, DUPLICATE = Outcome.STORED, Outcome.DUPLICATE


def notice(*heads: Head) -> Heads:
    return Heads(OPEN_CIRCLE, HeadsKind.NOTICE, "", heads)


def tips_at(chain, index):
    return ((index, entry_id(chain[index].header)),)


def stored(script, outcome, count=0, tips=None, owed=(), settled=()):
    """Answer the one StoreStretches among the last effects."""
    (store,) = script.made(StoreStretches)
    outcomes = (StretchOutcome(outcome, count),) * len(store.stretches)
    return script.tell(
        StretchesStored(store.request, outcomes, tips or {}, frozenset(owed), frozenset(settled))
    )


# --- reconnecting ---------------------------------------------------------------------------


def test_reconnecting_with_nothing_new_among_ten_thousand_feeds(make_script) -> None:
    """One round trip and less than 1 KB in all, both directions, circle proofs included."""
    heads = {seeded("feed", n): ((n % 50, seeded("tip", n)),) for n in range(10_000)}
    clock = Clock()
    network = Network(clock, 1, delay=0.1)
    nodes = [SimNode(name, clock, OPEN_CIRCLE) for name in ("one", "two")]
    for node in nodes:
        for feed, tips in heads.items():
            node.frontier.set(feed, tips)
    near = network.connect(*nodes)
    clock.run(10.0)
    said = [(owner.name, type(decode_message(data)).__name__) for owner, _, data in network.sent]
    assert said == [
        ("one", "Circles"),
        ("one", "Ranges"),
        ("two", "Circles"),
        ("two", "Ranges"),
    ]
    assert near.sent_bytes + near.other.sent_bytes < 1000
    assert near.is_open


def test_after_an_equal_range_a_live_entry_is_pushed(make_script, author) -> None:
    chain = author.chain(3)
    script = make_script({author.feed: tips_at(chain, 1)})
    link = script.link(dialled=True)
    (opening,) = [one for one in script.said() if isinstance(one, Ranges)]
    script.hear(link, Ranges(OPEN_CIRCLE, (), opening.ranges))
    script.tell(Published(OPEN_CIRCLE, (chain[2:],), {author.feed: tips_at(chain, 2)}))
    assert script.said(link) == [Stretches(OPEN_CIRCLE, (chain[2:],))]


# --- pulling --------------------------------------------------------------------------------


def test_a_feed_is_wanted_stored_and_told_to_others(script, author) -> None:
    chain = author.chain(20)
    source, other = script.link(), script.link()
    end = {author.feed: tips_at(chain, 19)}
    script.hear(source, notice(Head(author.feed, end[author.feed])))
    assert script.said() == [Want(OPEN_CIRCLE, (Wanted(author.feed, (), False),))]
    effects = script.hear(source, Stretches(OPEN_CIRCLE, (chain,)))
    assert effects == [StoreStretches(1, source, OPEN_CIRCLE, (chain,))]
    stored(script, STORED, 20, end)
    assert script.frontier.get(author.feed) == end[author.feed]
    assert script.said(source) == []
    assert script.said(other) == [notice(Head(author.feed, end[author.feed]))]
    served = Served(OPEN_CIRCLE, (ServedFeed(author.feed, COMPLETE),))
    assert script.hear(source, served) == []


def test_sixty_four_feeds_in_flight_and_a_new_want_for_each_that_ends(script) -> None:
    link = script.link()
    heads = tuple(Head(seeded(n), ((1, seeded("tip", n)),)) for n in range(70))
    script.hear(link, notice(*heads))
    (want,) = script.said()
    assert isinstance(want, Want)
    assert len(want.feeds) == FEEDS_IN_FLIGHT_MAX
    ended = want.feeds[0].feed
    script.hear(link, Served(OPEN_CIRCLE, (ServedFeed(ended, COMPLETE),)))
    (want,) = script.said()
    assert isinstance(want, Want)
    assert len(want.feeds) == 1


def test_after_five_seconds_of_silence_another_link_is_asked(script, author) -> None:
    chain = author.chain(2)
    head = notice(Head(author.feed, tips_at(chain, 1)))
    first, second = script.link(), script.link()
    script.now = 100.0
    effects = script.hear(first, head)
    assert effects[-1] == WakeAt(100.0 + WANT_SECONDS_MAX)
    script.hear(second, head)
    assert script.said() == []
    script.now = 100.0 + WANT_SECONDS_MAX
    script.tell(Tick())
    assert [type(one) for one in script.said(second)] == [Want]
    assert script.said(first) == []
    assert script.made(WakeAt) == [WakeAt(100.0 + 2 * WANT_SECONDS_MAX)]
    script.hear(first, Stretches(OPEN_CIRCLE, (chain,)))
    assert script.made(StoreStretches), "late, and welcome"


def test_a_link_that_closes_is_replaced(script, author) -> None:
    chain = author.chain(2)
    first, second = script.link(), script.link()
    script.hear(first, notice(Head(author.feed, tips_at(chain, 1))))
    script.hear(second, notice(Head(author.feed, tips_at(chain, 1))))
    script.tell(LinkClosed(first))
    assert [type(one) for one in script.said(second)] == [Want]


def test_invented_heads_are_asked_once(script) -> None:
    link = script.link()
    lie = notice(Head(seeded("nobody"), ((7, seeded("nothing")),)))
    script.hear(link, lie)
    assert [type(one) for one in script.said()] == [Want]
    script.hear(link, Served(OPEN_CIRCLE, (ServedFeed(seeded("nobody"), COMPLETE),)))
    assert script.said() == []
    for _ in range(5):
        script.hear(link, lie)
        assert script.said() == []


def test_a_feed_over_quota_is_not_stored_or_wanted_until_there_is_room(script, author) -> None:
    chain = author.chain(3)
    link = script.link()
    script.hear(link, Stretches(OPEN_CIRCLE, (chain[:2],)))
    stored(script, Outcome.OVER_QUOTA, 1, {author.feed: tips_at(chain, 0)})
    script.hear(
        link, Stretches(OPEN_CIRCLE, (chain[2:],)), notice(Head(author.feed, tips_at(chain, 2)))
    )
    assert script.effects == []
    script.tell(QuotaChanged())
    script.hear(link, notice(Head(author.feed, tips_at(chain, 2))))
    assert [type(one) for one in script.said()] == [Want]


def test_a_push_that_does_not_attach_becomes_a_want(script, author) -> None:
    chain = author.chain(5)
    link = script.link()
    script.hear(link, Stretches(OPEN_CIRCLE, (chain[4:],)))
    stored(script, Outcome.MISSING_PREVIOUS)
    assert script.said() == [Want(OPEN_CIRCLE, (Wanted(author.feed, (), False),))]
    assert not script.closed()


def test_unknown_tips_repeat_the_want_with_every_id(script, author) -> None:
    chain = author.chain(3)
    link = script.link()
    script.frontier.set(author.feed, tips_at(chain, 2))
    fork = ((2, seeded("fork")),)
    script.hear(link, notice(Head(author.feed, fork)))
    assert script.said() == [
        Want(OPEN_CIRCLE, (Wanted(author.feed, (entry_id(chain[2].header),), False),))
    ]
    unknown = Served(OPEN_CIRCLE, (ServedFeed(author.feed, ServedStatus.UNKNOWN_TIPS),))
    assert script.hear(link, unknown) == [ReadHeldIds(1, OPEN_CIRCLE, author.feed)]
    every = tuple(entry_id(one.header) for one in chain)
    script.tell(HeldIdsRead(1, every))
    assert script.said() == [Want(OPEN_CIRCLE, (Wanted(author.feed, every, True),))]
    assert script.hear(link, unknown) == []


def test_one_forked_feed_after_the_other_is_repeated_in_full(script) -> None:
    link = script.link()
    feeds = [seeded(n) for n in range(3)]
    for feed in feeds:
        script.frontier.set(feed, ((2, seeded("ours", feed)),))
    script.hear(link, notice(*(Head(feed, ((2, seeded("theirs", feed)),)) for feed in feeds)))
    statuses = tuple(ServedFeed(feed, ServedStatus.UNKNOWN_TIPS) for feed in feeds)
    script.hear(link, Served(OPEN_CIRCLE, statuses))
    assert len(script.made(ReadHeldIds)) == 1
    script.hear(link, Served(OPEN_CIRCLE, (ServedFeed(feeds[0], COMPLETE),)))
    assert [one.feed for one in script.made(ReadHeldIds)] == [feeds[1]]


# --- serving --------------------------------------------------------------------------------


def test_a_want_is_read_and_sent_chunk_by_chunk(script, author) -> None:
    chain = author.chain(40)
    script.frontier.set(author.feed, tips_at(chain, 39))
    link = script.link()
    wanted = Wanted(author.feed, (entry_id(chain[9].header),), False)
    effects = script.hear(link, Want(OPEN_CIRCLE, (wanted,)))
    assert effects == [ReadStretches(1, link, OPEN_CIRCLE, (wanted,), STRETCHES_BYTES_AIM)]
    script.tell(StretchesRead(1, (chain[10:20],), ()))
    assert script.said() == [Stretches(OPEN_CIRCLE, (chain[10:20],))]
    (sent,) = script.made(SendMessage)
    assert sent.tracked
    (read,) = script.made(ReadStretches)
    assert read.wants == (Wanted(author.feed, (entry_id(chain[19].header),), False),)
    script.tell(StretchesRead(read.request, (chain[20:30],), ()))
    assert script.made(ReadStretches) == [], "two messages are with the transport"
    (read,) = script.tell(MessageSent(link))
    ended = FeedRead(author.feed, COMPLETE, tips_at(chain, 39))
    script.tell(StretchesRead(read.request, (chain[30:],), (ended,)))
    assert [type(one) for one in script.said()] == [Stretches, Served]
    more = author.chain(1)
    script.tell(Published(OPEN_CIRCLE, (more,), {author.feed: ((40, entry_id(more[0].header)),)}))
    assert script.said() == [Stretches(OPEN_CIRCLE, (more,))], "the peer stands there now"


def test_a_want_with_unknown_ids_tells_that_the_peer_has_more(script, author) -> None:
    chain = author.chain(2)
    script.frontier.set(author.feed, tips_at(chain, 1))
    link = script.link()
    fork = seeded("fork")
    script.hear(link, Want(OPEN_CIRCLE, (Wanted(author.feed, (fork,), False),)))
    (read,) = script.made(ReadStretches)
    unknown = FeedRead(author.feed, ServedStatus.UNKNOWN_TIPS, tips_at(chain, 1), (fork,))
    script.tell(StretchesRead(read.request, (), (unknown,)))
    assert script.said() == [
        Served(OPEN_CIRCLE, (ServedFeed(author.feed, ServedStatus.UNKNOWN_TIPS),)),
        Want(OPEN_CIRCLE, (Wanted(author.feed, (entry_id(chain[1].header),), False),)),
    ]


def test_results_for_a_link_or_circle_that_is_gone_are_dropped(script, author) -> None:
    chain = author.chain(2)
    script.frontier.set(author.feed, tips_at(chain, 1))
    want = Want(OPEN_CIRCLE, (Wanted(author.feed, (), False),))
    gone, link = script.link(), script.link()
    script.hear(gone, want)
    (read,) = script.made(ReadStretches)
    script.tell(LinkClosed(gone))
    assert script.tell(StretchesRead(read.request, (chain,), ())) == []
    script.hear(link, want)
    (read,) = script.made(ReadStretches)
    script.hear(link, Stretches(OPEN_CIRCLE, (chain,)))
    (store,) = script.made(StoreStretches)
    script.tell(CircleClosed(OPEN_CIRCLE))
    assert script.tell(StretchesRead(read.request, (chain,), ())) == []
    outcome = (StretchOutcome(STORED, 2),)
    assert script.tell(StretchesStored(store.request, outcome, {author.feed: ()})) == []
    nothing = StretchesRead(99, (), ())
    assert script.tell(nothing) == []


def test_what_cannot_be_executed_is_not_available(script, author) -> None:
    chain = author.chain(2)
    link = script.link()
    script.hear(
        link,
        Want(OPEN_CIRCLE, (Wanted(author.feed, (), False),)),
        EntriesWanted(OPEN_CIRCLE, (seeded(1),)),
        BlobWanted(OPEN_CIRCLE, seeded(2)),
    )
    answers = []
    for _ in range(3):
        (read,) = [
            one for one in script.effects if isinstance(one, ReadStretches | ReadEntries | ReadBlob)
        ]
        script.tell(RequestFailed(read.request))
        answers += script.said()
        script.effects += script.tell(MessageSent(link))
    assert answers == [
        Served(OPEN_CIRCLE, (ServedFeed(author.feed, ServedStatus.NOT_AVAILABLE),)),
        EntriesFound(OPEN_CIRCLE, (), (seeded(1),)),
        BlobFound(OPEN_CIRCLE, seeded(2), None),
    ]
    script.hear(link, Stretches(OPEN_CIRCLE, (chain,)))
    (store,) = script.made(StoreStretches)
    assert script.tell(RequestFailed(store.request)) == []
    assert script.tell(RequestFailed(store.request)) == []


# --- live -----------------------------------------------------------------------------------


def test_an_entry_goes_to_links_at_its_predecessor_and_its_head_to_others(
    make_script, author
) -> None:
    chain = author.chain(4)
    script = make_script({author.feed: tips_at(chain, 2)})
    at_it, behind, unknown = script.link(), script.link(), script.link()
    script.hear(at_it, notice(Head(author.feed, tips_at(chain, 2))))
    script.hear(behind, notice(Head(author.feed, tips_at(chain, 0))))
    script.tell(Published(OPEN_CIRCLE, (chain[3:],), {author.feed: tips_at(chain, 3)}))
    head = notice(Head(author.feed, tips_at(chain, 3)))
    assert script.said(at_it) == [Stretches(OPEN_CIRCLE, (chain[3:],))]
    assert script.said(behind) == [head]
    assert script.said(unknown) == [head]


def test_a_pushed_entry_goes_on_and_never_back(make_script, author) -> None:
    chain = author.chain(3)
    script = make_script({author.feed: tips_at(chain, 1)})
    links = [script.link() for _ in range(3)]
    for link in links:
        script.hear(link, notice(Head(author.feed, tips_at(chain, 1))))
    source, also, other = links
    script.hear(source, Stretches(OPEN_CIRCLE, (chain[2:],)))
    store = script.made(StoreStretches)
    script.hear(also, Stretches(OPEN_CIRCLE, (chain[2:],)))
    script.effects = store
    stored(script, STORED, 1, {author.feed: tips_at(chain, 2)})
    assert script.said(source) == []
    assert script.said(also) == [], "it had it already"
    assert script.said(other) == [Stretches(OPEN_CIRCLE, (chain[2:],))]


def test_a_new_feed_is_pushed_from_its_beginning(script, author) -> None:
    link = script.link()
    opening = author.chain(1)
    script.tell(Published(OPEN_CIRCLE, (opening,), {author.feed: tips_at(opening, 0)}))
    assert script.said(link) == [Stretches(OPEN_CIRCLE, (opening,))]


def test_of_a_stretch_that_is_partly_new_the_new_part_is_pushed(make_script, author) -> None:
    chain = author.chain(4)
    script = make_script({author.feed: tips_at(chain, 1)})
    source, other = script.link(), script.link()
    script.hear(other, notice(Head(author.feed, tips_at(chain, 1))))
    script.hear(source, Stretches(OPEN_CIRCLE, (chain,)))
    stored(script, STORED, 2, {author.feed: tips_at(chain, 3)})
    assert script.said(other) == [Stretches(OPEN_CIRCLE, (chain[2:],))]


@pytest.mark.parametrize("entries", [PUSH_ENTRIES_MAX, PUSH_ENTRIES_MAX + 1])
def test_only_a_few_entries_are_pushed(script, author, entries) -> None:
    link = script.link()
    chain = author.chain(entries)
    script.tell(Published(OPEN_CIRCLE, (chain,), {author.feed: tips_at(chain, entries - 1)}))
    (said,) = script.said(link)
    assert isinstance(said, Stretches if entries == PUSH_ENTRIES_MAX else Heads)


@pytest.mark.parametrize(("more", "said"), [(0, Stretches), (1, Heads)])
def test_only_a_few_bytes_are_pushed(script, author, more, said) -> None:
    link = script.link()
    chain = author.chain(5)
    bare = [SignedEntry(one.header, one.signature, None) for one in chain]
    room = PUSH_BYTES_MAX + more - sum(map(entry_bytes, bare))
    sizes = [room // 5] * 4 + [room - room // 5 * 4]
    large = tuple(
        SignedEntry(one.header, one.signature, bytes(size))
        for one, size in zip(bare, sizes, strict=True)
    )
    assert sum(map(entry_bytes, large)) == PUSH_BYTES_MAX + more
    script.tell(Published(OPEN_CIRCLE, (large,), {author.feed: tips_at(chain, 4)}))
    assert [type(one) for one in script.said(link)] == [said]


def test_heads_alone_may_be_published(script, author) -> None:
    link = script.link()
    chain = author.chain(2)
    script.tell(Published(OPEN_CIRCLE, (), {author.feed: tips_at(chain, 1)}))
    assert script.said(link) == [notice(Head(author.feed, tips_at(chain, 1)))]
    script.tell(Published(b"x" * 32, (), {author.feed: ()}))
    assert script.effects == []


# --- owed -----------------------------------------------------------------------------------


def test_an_owed_body_is_asked_of_each_link_once(script, author) -> None:
    opening, entry = author.chain(2)
    identifier = entry_id(entry.header)
    first, second = script.link(), script.link()
    bare = (opening, SignedEntry(entry.header, entry.signature, None))
    script.hear(first, Stretches(OPEN_CIRCLE, (bare,)))
    stored(script, STORED, 2, {author.feed: tips_at(bare, 1)}, owed=[identifier])
    ask = EntriesWanted(OPEN_CIRCLE, (identifier,))
    assert ask in script.said(first)
    script.hear(first, EntriesFound(OPEN_CIRCLE, (), (identifier,)))
    assert script.said(second) == [ask]
    script.hear(second, EntriesFound(OPEN_CIRCLE, (entry,), ()))
    (store,) = script.made(StoreEntries)
    assert store.entries == (entry,)
    third_ask = EntriesStored(store.request, frozenset())
    script.tell(third_ask)
    assert script.said() == [], "it was not good, and everybody was asked"
    third = script.link()
    assert ask in script.said(third)
    script.hear(third, EntriesFound(OPEN_CIRCLE, (entry,), ()))
    (store,) = script.made(StoreEntries)
    script.tell(EntriesStored(store.request, frozenset({identifier})))
    script.hear(third, EntriesFound(OPEN_CIRCLE, (entry,), ()))
    assert script.effects == [], "what is not owed is not stored"


def test_what_is_owed_from_before_is_asked_when_a_link_opens(make_script) -> None:
    script = make_script(owed=frozenset({seeded(1)}))
    link = script.link()
    assert EntriesWanted(OPEN_CIRCLE, (seeded(1),)) in script.said(link)
    script.tell(OwedChanged(OPEN_CIRCLE, owed=frozenset({seeded(2)})))
    assert script.said(link) == [EntriesWanted(OPEN_CIRCLE, (seeded(2),))]
    script.tell(OwedChanged(OPEN_CIRCLE, settled=frozenset({seeded(1), seeded(2)})))
    script.tell(OwedChanged(b"x" * 32, owed=frozenset({seeded(3)})))
    link = script.link()
    assert not [one for one in script.said(link) if isinstance(one, EntriesWanted)]


def serve(script, link, entries=(), missing=()):
    (read,) = script.made(ReadEntries)
    script.tell(EntriesRead(read.request, tuple(entries), tuple(missing)))
    said = script.said(link)
    script.tell(MessageSent(link))
    return said


def test_entries_are_served_and_what_is_missing_is_sent_when_it_comes(script, author) -> None:
    opening, entry = author.chain(2)
    ids = tuple(entry_id(one.header) for one in (opening, entry))
    asking, source = script.link(), script.link()
    script.hear(asking, EntriesWanted(OPEN_CIRCLE, ids))
    said = serve(script, asking, [opening], ids[1:])
    assert said == [EntriesFound(OPEN_CIRCLE, (opening,), ids[1:])]
    script.hear(source, Stretches(OPEN_CIRCLE, ((opening, entry),)))
    stored(script, STORED, 2, {author.feed: tips_at((opening, entry), 1)})
    assert serve(script, asking, [entry]) == [EntriesFound(OPEN_CIRCLE, (entry,), ())]


def test_a_body_that_came_with_a_duplicate_is_sent_on(script, author) -> None:
    opening, entry = author.chain(2)
    identifier = entry_id(entry.header)
    asking, source = script.link(), script.link()
    script.hear(asking, EntriesWanted(OPEN_CIRCLE, (identifier,)))
    serve(script, asking, missing=[identifier])
    script.hear(source, Stretches(OPEN_CIRCLE, ((opening, entry),)))
    stored(script, DUPLICATE, settled=[identifier])
    assert serve(script, asking, [entry]) == [EntriesFound(OPEN_CIRCLE, (entry,), ())]


def test_a_silent_link_is_not_waited_for_with_what_is_owed(script) -> None:
    first, second = script.link(), script.link()
    script.tell(OwedChanged(OPEN_CIRCLE, owed=frozenset({seeded(1)})))
    assert script.made(WakeAt) == [WakeAt(WANT_SECONDS_MAX)]
    assert script.said(first)
    script.now = WANT_SECONDS_MAX
    script.tell(Tick())
    assert script.said(second) == [EntriesWanted(OPEN_CIRCLE, (seeded(1),))]


# --- blobs ----------------------------------------------------------------------------------


def test_a_blob_is_asked_stored_and_sent_on_to_who_asked(script) -> None:
    photo = b"photo"
    name = sha256(photo).digest()
    source, asking = script.link(), script.link()
    script.hear(asking, BlobWanted(OPEN_CIRCLE, name))
    (read,) = script.made(ReadBlob)
    assert (read.circle, read.blob) == (OPEN_CIRCLE, name)
    script.tell(BlobRead(read.request, None))
    assert script.said(asking) == [BlobFound(OPEN_CIRCLE, name, None)]
    script.tell(MessageSent(asking))
    script.tell(BlobNeeded(OPEN_CIRCLE, name))
    assert script.said(source) == [BlobWanted(OPEN_CIRCLE, name)]
    script.hear(source, BlobFound(OPEN_CIRCLE, name, photo))
    (store,) = script.made(StoreBlob)
    assert store.data == photo
    script.tell(BlobStored(store.request, True))
    (read,) = script.made(ReadBlob)
    script.tell(BlobRead(read.request, photo))
    assert script.said(asking) == [BlobFound(OPEN_CIRCLE, name, photo)]
    script.tell(BlobNeeded(b"x" * 32, name))
    assert script.effects == []


def test_a_blob_that_is_not_stored_is_asked_of_the_next(script) -> None:
    photo = b"photo"
    name = sha256(photo).digest()
    first, second = script.link(), script.link()
    script.tell(BlobNeeded(OPEN_CIRCLE, name))
    script.hear(first, BlobFound(OPEN_CIRCLE, name, photo))
    (store,) = script.made(StoreBlob)
    script.tell(RequestFailed(store.request))
    assert script.said(second) == [BlobWanted(OPEN_CIRCLE, name)]
    script.hear(second, BlobFound(OPEN_CIRCLE, name, None))
    assert script.said() == []


def test_a_sealed_blob_is_asked_for_by_a_name_that_tells_nothing(script) -> None:
    photo = b"photo"
    blob = sha256(photo).digest()
    first, second = script.link(), script.link(dialled=True)
    script.tell(BlobNeeded(OPEN_CIRCLE, blob, sealed=True))
    (asked,) = script.said(first)
    assert asked == BlobWanted(
        OPEN_CIRCLE, sealed_name(blob, asking(seeded("transcript", first), LISTENER))
    )
    assert script.said(second) == []
    script.hear(first, BlobFound(OPEN_CIRCLE, asked.blob, None))
    (again,) = script.said(second)
    assert again.blob not in (asked.blob, blob), "it is worth nothing on another link"
    script.hear(second, BlobFound(OPEN_CIRCLE, again.blob, photo))
    (store,) = script.made(StoreBlob)
    assert (store.blob, store.data) == (blob, photo)
    script.tell(BlobStored(store.request, True))
    assert script.said() == []


def test_another_blob_under_a_sealed_name_closes_the_link(script) -> None:
    link = script.link()
    script.tell(BlobNeeded(OPEN_CIRCLE, sha256(b"photo").digest(), sealed=True))
    (asked,) = script.said(link)
    script.hear(link, BlobFound(OPEN_CIRCLE, asked.blob, b"another"))
    assert script.closed() == ["a blob is not the one that was asked for"]


def test_who_is_asked_for_a_sealed_blob_cannot_have_it_by_asking_back(script) -> None:
    photo = b"photo"
    blob = sha256(photo).digest()
    nosy, giver = script.link(), script.link()
    script.tell(BlobNeeded(OPEN_CIRCLE, blob, sealed=True))
    (asked,) = script.said(nosy)
    script.hear(nosy, asked)
    (read,) = script.made(ReadBlob)
    assert sealed_name(blob, read.asking) != asked.blob
    script.tell(BlobRead(read.request, None))
    script.tell(MessageSent(nosy))
    script.hear(nosy, BlobFound(OPEN_CIRCLE, asked.blob, None))
    (again,) = script.said(giver)
    script.hear(giver, BlobFound(OPEN_CIRCLE, again.blob, photo))
    (store,) = script.made(StoreBlob)
    script.tell(BlobStored(store.request, True))
    assert script.made(ReadBlob) == []


def test_who_knows_a_sealed_blob_and_asked_in_vain_gets_it_when_it_is_here(script) -> None:
    blob = sha256(b"photo").digest()
    link = script.link()
    name = sealed_name(blob, asking(seeded("transcript", link), DIALLER))
    script.hear(link, BlobWanted(OPEN_CIRCLE, name))
    (read,) = script.made(ReadBlob)
    assert (read.blob, sealed_name(blob, read.asking)) == (name, name)
    script.tell(BlobRead(read.request, None))
    script.tell(MessageSent(link))
    giver = script.link()
    script.tell(BlobNeeded(OPEN_CIRCLE, blob, sealed=True))
    for one in (link, giver):
        for asked in script.said(one):
            script.hear(one, BlobFound(OPEN_CIRCLE, asked.blob, b"photo" if one == giver else None))
    (store,) = script.made(StoreBlob)
    script.tell(BlobStored(store.request, True))
    (read,) = script.made(ReadBlob)
    assert read.blob == name
