"""One link: which circles are proven, what a peer may say, and what closes the link."""

from hashlib import sha256

import msgspec
import pytest
from sim.authors import Author, seeded

from p2pshare.errors import SyncError
from p2pshare.limits import (
    BLOBS_IN_FLIGHT_MAX,
    CIRCLE_TAGS_MAX,
    CIRCLES_MESSAGES_PER_LINK_MAX,
    REFUSED_STRETCHES_PER_LINK_MAX,
    STANDING_REQUESTS_PER_LINK_MAX,
    STORES_PER_LINK_MAX,
    WANTS_QUEUED_MAX,
)
from p2pshare.log.certificate import OPEN_CIRCLE, closed_circle
from p2pshare.log.entry import SignedEntry
from p2pshare.log.frontier import Frontier
from p2pshare.sync import reconcile
from p2pshare.sync import session as session_module
from p2pshare.sync.circles import DIALLER, LISTENER, circle_tag
from p2pshare.sync.events import (
    BlobNeeded,
    CircleClosed,
    CircleOpened,
    CloseLink,
    LinkClosed,
    LinkOpened,
    MessageArrived,
    MetOwnDevice,
    Outcome,
    PauseReading,
    ResumeReading,
    StoreStretches,
    StretchesStored,
    StretchOutcome,
)
from p2pshare.sync.messages import (
    BlobFound,
    Circles,
    Head,
    Heads,
    HeadsKind,
    Message,
    Range,
    Ranges,
    Stretches,
    Want,
    Wanted,
    encode_message,
)

SECRET = b"\x07" * 32
CLOSED = closed_circle(SECRET)


def opened(script, *, dialled=False, device=b"p" * 32, open_circle=True):
    script.last_link += 1
    transcript = seeded("transcript", script.last_link)
    script.tell(LinkOpened(script.last_link, dialled, device, transcript, open_circle))
    return script.last_link, transcript


# --- circles --------------------------------------------------------------------------------


def test_both_sides_say_their_circles_and_the_dialler_opens(script) -> None:
    opened(script, dialled=True)
    circles, ranges = script.said()
    assert isinstance(circles, Circles)
    assert circles.instance == seeded("run")[:16]
    assert len(circles.tags) == 16
    assert ranges == Ranges(OPEN_CIRCLE, (Range("", 0, script.frontier.digest()),), ())
    opened(script, dialled=False)
    assert [type(one) for one in script.said()] == [Circles]


def test_without_the_feature_bit_the_open_circle_is_not_synced(script) -> None:
    link, _ = opened(script, dialled=True, open_circle=False)
    assert [type(one) for one in script.said()] == [Circles]
    script.hear(link, Circles(bytes(16), ()), Ranges(OPEN_CIRCLE, (), ()))
    assert script.closed() == ["a message about a circle that was not proven"]


@pytest.mark.parametrize(("dialled", "role"), [(True, LISTENER), (False, DIALLER)])
def test_a_closed_circle_is_synced_once_the_peer_proved_it(script, dialled, role) -> None:
    script.tell(CircleOpened(CLOSED, SECRET, Frontier()))
    link, transcript = opened(script, dialled=dialled, open_circle=False)
    script.hear(link, Circles(bytes(16), (circle_tag(SECRET, transcript, role),)))
    assert [one.circle for one in script.said() if isinstance(one, Ranges)] == [CLOSED] * dialled
    script.hear(link, Ranges(CLOSED, (), ()))
    assert not script.closed()


def test_a_proof_of_the_wrong_role_is_none(script) -> None:
    script.tell(CircleOpened(CLOSED, SECRET, Frontier()))
    link, transcript = opened(script, dialled=False)
    script.hear(link, Circles(bytes(16), (circle_tag(SECRET, transcript, LISTENER),)))
    script.hear(link, Ranges(CLOSED, (), ()))
    assert script.closed() == ["a message about a circle that was not proven"]


def test_a_circle_joined_later_is_proven_on_links_that_are_up(script) -> None:
    link, transcript = opened(script, dialled=True)
    script.hear(link, Circles(bytes(16), (circle_tag(SECRET, transcript, LISTENER),)))
    assert not script.said()
    script.tell(CircleOpened(CLOSED, SECRET, Frontier()))
    circles, ranges = script.said()
    assert isinstance(circles, Circles)
    assert circle_tag(SECRET, transcript, DIALLER) in circles.tags
    assert isinstance(ranges, Ranges)
    assert ranges.circle == CLOSED


def test_the_peer_may_join_later(script) -> None:
    script.tell(CircleOpened(CLOSED, SECRET, Frontier()))
    link, transcript = opened(script, dialled=True)
    script.hear(link, Circles(bytes(16), ()))
    script.hear(link, Circles(bytes(16), (circle_tag(SECRET, transcript, LISTENER),)))
    assert [one.circle for one in script.said() if isinstance(one, Ranges)] == [CLOSED]


def test_the_open_circle_opened_later(script) -> None:
    link = script.link(dialled=True)
    script.tell(CircleClosed(OPEN_CIRCLE))
    script.tell(CircleClosed(OPEN_CIRCLE))
    script.hear(link, Ranges(OPEN_CIRCLE, (), ()))
    assert script.effects == [], "of a circle that was left nothing is said, and nothing breaks"
    script.tell(CircleOpened(OPEN_CIRCLE, None, Frontier()))
    assert [type(one) for one in script.said(link)] == [Ranges]


def test_more_closed_circles_than_a_message_can_name_are_refused(script) -> None:
    for number in range(CIRCLE_TAGS_MAX):
        secret = seeded(number)
        script.tell(CircleOpened(closed_circle(secret), secret, Frontier()))
    with pytest.raises(SyncError, match="closed circles"):
        script.tell(CircleOpened(CLOSED, SECRET, Frontier()))
    opened(script)
    assert len(script.said()[0].tags) == CIRCLE_TAGS_MAX


# --- who is there ---------------------------------------------------------------------------


@pytest.mark.parametrize("same_run", [True, False])
def test_a_link_to_the_own_device(script, same_run) -> None:
    link, _ = opened(script, device=seeded("me"))
    instance = seeded("run")[:16] if same_run else bytes(16)
    effects = script.hear(link, Circles(instance, ()))
    reason = "this is a link to itself" if same_run else "the peer is a copy of this device"
    assert effects == [MetOwnDevice(link, same_run), CloseLink(link, reason)]


def test_the_nonce_alone_says_nothing(script) -> None:
    link, _ = opened(script)
    assert script.hear(link, Circles(seeded("run")[:16], ())) == []


# --- breaches, each with its reason ---------------------------------------------------------


def test_the_first_message_must_be_the_circles(script) -> None:
    link, _ = opened(script)
    script.hear(link, Ranges(OPEN_CIRCLE, (), ()))
    assert script.closed() == ["the first message must say which circles are shared"]


def test_circles_cannot_be_said_for_ever(script) -> None:
    link = script.link()
    for _ in range(CIRCLES_MESSAGES_PER_LINK_MAX - 1):
        script.hear(link, Circles(bytes(16), ()))
        assert not script.closed()
    script.hear(link, Circles(bytes(16), ()))
    assert script.closed() == ["the circles were said too often"]


BREACHES: list[tuple[Message | bytes, str]] = [
    (b"garbage", "array that begins with its tag"),
    (bytes(2**20 + 1), "larger than"),
    (encode_message(Ranges(OPEN_CIRCLE, (), ()))[:-1], "malformed"),
    (Ranges(b"x" * 32, (), ()), "not proven"),
    (Ranges(OPEN_CIRCLE, (Range("a", 1, bytes(32)), Range("a", 1, bytes(32))), ()), "overlap"),
    (Stretches(OPEN_CIRCLE, ((SignedEntry(b"x", bytes(64), None),),)), "an entry is malformed"),
    (Stretches(OPEN_CIRCLE, ((Author("z", b"y" * 32).write(),),)), "another circle"),
]


@pytest.mark.parametrize(("breach", "reason"), BREACHES, ids=[reason for _, reason in BREACHES])
def test_a_breach_closes_the_link_with_its_reason(script, breach, reason) -> None:
    link = script.link()
    data = breach if isinstance(breach, bytes) else encode_message(breach)
    script.tell(MessageArrived(link, data))
    (closing,) = script.closed()
    assert reason in closing
    assert len(script.effects) == 1, "nothing is stored or said"
    assert script.tell(MessageArrived(link, data)) == [], "and nothing is heard any more"
    assert script.tell(LinkClosed(link)) == []


def test_a_message_of_the_future_is_ignored(script) -> None:
    link = script.link()
    assert script.tell(MessageArrived(link, msgspec.msgpack.encode([77, 1]))) == []


def test_a_flood_of_wants_closes_the_link(script) -> None:
    link = script.link()
    for start in range(0, WANTS_QUEUED_MAX + 64, 64):
        wants = tuple(Wanted(seeded(start + n), (), False) for n in range(64))
        script.hear(link, Want(OPEN_CIRCLE, wants))
        if script.closed():
            break
    assert script.closed() == ["too many feeds are wanted at once"]


def test_endless_questions_close_the_link(make_script, monkeypatch) -> None:
    monkeypatch.setattr(session_module, "ANSWER_BYTES_PER_MINUTE_MAX", 100_000)
    script = make_script({seeded(n): ((1, seeded(n, 1)),) for n in range(1000)})
    link = script.link()
    question = Ranges(OPEN_CIRCLE, (Range("", 0, bytes(32)),), ())
    script.hear(link, question)
    assert not script.closed()
    script.now = 60.0
    script.hear(link, question)
    assert not script.closed(), "a minute later it is a new question"
    script.hear(link, question)
    assert script.closed() == ["too many questions about what is held here"]


def test_refused_stretches_are_borne_a_while(script, author) -> None:
    """A neighbour's damaged disk is no attack; an endless stream of refused entries is."""
    link = script.link()
    entry = author.write()
    for number in range(REFUSED_STRETCHES_PER_LINK_MAX + 1):
        script.hear(link, Stretches(OPEN_CIRCLE, ((entry,),)))
        (store,) = script.made(StoreStretches)
        refused = StretchOutcome(Outcome.REFUSED, 0, "no")
        script.tell(StretchesStored(store.request, (refused,)))
        assert bool(script.closed()) == (number == REFUSED_STRETCHES_PER_LINK_MAX)
    assert script.closed() == ["too many entries of this link were refused"]


def test_a_peer_may_not_begin_feeds_without_end(script, monkeypatch) -> None:
    """What follows an entry that is not here needs no signature to be told so."""
    monkeypatch.setattr(reconcile, "STRANGE_FEEDS_PER_LINK_MAX", 10)
    link = script.link()
    for number in range(11):
        stretch = Author(f"nobody {number}", OPEN_CIRCLE).chain(2)[1:]
        assert not script.closed()
        script.hear(link, Stretches(OPEN_CIRCLE, (stretch,)))
    assert script.closed() == ["the peer names more feeds than anybody has"]


def test_requests_are_remembered_up_to_a_limit(script) -> None:
    link = script.link()
    session = script.engine._sessions[link]
    for number in range(STANDING_REQUESTS_PER_LINK_MAX + 1):
        session.remember_request(OPEN_CIRCLE, seeded(number), is_blob=False)
    assert len(session.standing) == STANDING_REQUESTS_PER_LINK_MAX
    last_remembered, forgotten = (seeded(STANDING_REQUESTS_PER_LINK_MAX - n) for n in (1, 0))
    assert (OPEN_CIRCLE, last_remembered) in session.standing
    assert (OPEN_CIRCLE, forgotten) not in session.standing
    session.came_to_be_held(OPEN_CIRCLE, forgotten)
    assert not session.serve.is_ready(), "what is not remembered is not sent, and breaks nothing"
    session.came_to_be_held(OPEN_CIRCLE, last_remembered)
    assert session.serve.is_ready()


def test_blobs_are_asked_for_a_few_at_a_time(script) -> None:
    link = script.link()
    blobs = [seeded(number) for number in range(BLOBS_IN_FLIGHT_MAX + 1)]
    asked = []
    for blob in blobs:
        script.tell(BlobNeeded(OPEN_CIRCLE, blob))
        asked += [one.blob for one in script.said(link)]
    assert asked == blobs[:-1]
    script.hear(link, BlobFound(OPEN_CIRCLE, blobs[0], None))
    assert [one.blob for one in script.said(link)] == blobs[-1:]


# --- backpressure ---------------------------------------------------------------------------


def test_a_link_is_not_read_while_much_of_it_is_being_stored(script, author) -> None:
    link = script.link()
    stores = []
    for number in range(STORES_PER_LINK_MAX):
        script.hear(link, Stretches(OPEN_CIRCLE, (author.chain(2),)))
        stores += script.made(StoreStretches)
        paused = [PauseReading(link)] if number == STORES_PER_LINK_MAX - 1 else []
        assert script.made(PauseReading) == paused
    duplicate = (StretchOutcome(Outcome.DUPLICATE),)
    resumed = []
    for store in stores:
        script.tell(StretchesStored(store.request, duplicate))
        resumed.append(bool(script.made(ResumeReading)))
    assert resumed == [False, True, False, False]


# --- what may be late -----------------------------------------------------------------------


def test_answers_that_nobody_waits_for_are_ignored(script) -> None:
    link = script.link()
    photo = b"photo"
    name = sha256(photo).digest()
    assert script.hear(link, BlobFound(OPEN_CIRCLE, name, photo)) == []
    assert script.hear(link, BlobFound(OPEN_CIRCLE, name, None)) == []


def test_a_blob_with_a_false_hash_closes_the_link(script) -> None:
    link = script.link()
    script.tell(BlobNeeded(OPEN_CIRCLE, b"h" * 32))
    script.hear(link, BlobFound(OPEN_CIRCLE, b"h" * 32, b"photo"))
    assert script.closed() == ["a blob is not the one that was asked for"]


def test_a_want_with_more_tips_than_fit_is_cut_in_messages(make_script) -> None:
    feeds = [seeded("feed", n) for n in range(2)]
    many = tuple((n, seeded(n)) for n in range(15_000))
    script = make_script(dict.fromkeys(feeds, many))
    link = script.link()
    ahead = tuple(Head(feed, ((20_000, seeded("tip")),)) for feed in feeds)
    script.hear(link, Heads(OPEN_CIRCLE, HeadsKind.NOTICE, "", ahead))
    wants = [one for one in script.said() if isinstance(one, Want)]
    assert [len(one.feeds) for one in wants] == [1, 1]
