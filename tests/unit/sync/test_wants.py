"""Which feed is wanted from which link: one at a time, many in flight, moved when it stalls."""

from dataclasses import dataclass, field
from hashlib import sha256

import pytest

from p2pshare.limits import FEEDS_IN_FLIGHT_MAX, WANT_SECONDS_MAX, WANT_SECONDS_TOTAL_MAX
from p2pshare.log.frontier import Tips
from p2pshare.sync import wants
from p2pshare.sync.messages import ServedStatus
from p2pshare.sync.wants import FRUITLESS_TIPS_MAX, Key, WantBook

COMPLETE, UNKNOWN = ServedStatus.COMPLETE, ServedStatus.UNKNOWN_TIPS


def key(number: int) -> Key:
    return b"c" * 32, sha256(b"feed" + number.to_bytes(4, "big")).digest()


def tips(seq: int, branch: int = 0) -> Tips:
    return ((seq, sha256(bytes([branch]) + seq.to_bytes(4, "big")).digest()),)


@dataclass
class Held:
    tips: dict[Key, Tips] = field(default_factory=dict)

    def __call__(self, one: Key) -> Tips:
        return self.tips.get(one, ())


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
def book(held: Held) -> WantBook:
    book = WantBook(held)
    book.open(1)
    book.open(2)
    return book


def test_a_feed_is_wanted_from_one_link_at_a_time(book: WantBook) -> None:
    book.claim(1, key(1), tips(5))
    book.claim(2, key(1), tips(5))
    assert book.issue(0.0) == [(1, key(1))]
    assert book.issue(0.0) == []
    assert book.in_flight(1, key(1))
    assert not book.in_flight(2, key(1))


def test_links_share_the_work(book: WantBook) -> None:
    for number in range(10):
        for link in (1, 2):
            book.claim(link, key(number), tips(5))
    issued = book.issue(0.0)
    assert sorted(one for _, one in issued) == sorted(key(number) for number in range(10))
    assert [link for link, _ in issued].count(1) == 5


def test_at_most_sixty_four_are_in_flight_and_a_free_slot_is_taken_at_once(
    book: WantBook, held: Held
) -> None:
    for number in range(FEEDS_IN_FLIGHT_MAX + 3):
        book.claim(1, key(number), tips(5))
    issued = book.issue(0.0)
    assert len(issued) == FEEDS_IN_FLIGHT_MAX
    first = issued[0][1]
    held.tips[first] = tips(5)
    book.served(1, first, COMPLETE, 0.1)
    assert len(book.issue(0.1)) == 1, "without waiting for the others"


def test_a_slot_is_free_when_the_answer_ended_even_if_it_is_not_stored(book: WantBook) -> None:
    for number in range(FEEDS_IN_FLIGHT_MAX + 1):
        book.claim(1, key(number), tips(5))
    first = book.issue(0.0)[0][1]
    book.arrived(1, first, 0.0)
    book.served(1, first, COMPLETE, 0.0)
    assert len(book.issue(0.0)) == 1
    assert book.in_flight(1, first), "no other link is asked before it is stored"


def test_what_a_link_did_not_deliver_is_asked_of_the_next_and_of_it_never_again(
    book: WantBook,
) -> None:
    book.claim(1, key(1), tips(5))
    book.claim(2, key(1), tips(5))
    assert book.issue(0.0) == [(1, key(1))]
    book.served(1, key(1), COMPLETE, 0.0)
    assert book.issue(0.0) == [(2, key(1))]
    book.served(2, key(1), ServedStatus.NOT_AVAILABLE, 0.0)
    assert book.issue(0.0) == []
    book.claim(1, key(1), tips(5))
    assert book.issue(0.0) == [], "the same tip"
    book.claim(1, key(1), tips(6))
    assert book.issue(0.0) == [(1, key(1))], "a new tip"


def test_a_silent_link_loses_its_feeds_after_five_seconds(book: WantBook) -> None:
    book.claim(1, key(1), tips(5))
    book.issue(10.0)
    book.claim(2, key(1), tips(5))
    assert book.deadline() == 10.0 + WANT_SECONDS_MAX
    book.tick(10.0 + WANT_SECONDS_MAX - 0.01)
    assert book.issue(14.99) == []
    book.tick(10.0 + WANT_SECONDS_MAX)
    assert book.issue(15.0) == [(2, key(1))]
    assert book.deadline() == 15.0 + WANT_SECONDS_MAX


def test_any_progress_of_the_link_keeps_its_feeds(book: WantBook) -> None:
    book.claim(1, key(1), tips(5))
    book.claim(1, key(2), tips(5))
    book.issue(0.0)
    book.arrived(1, key(1), 4.0)
    assert book.deadline() is None, "what is being stored here is no fault of the link"
    book.stored(1, key(1), 3, 8.0)
    book.tick(12.9)
    assert book.in_flight(1, key(2))
    book.tick(13.0)
    assert not book.in_flight(1, key(2))


def test_drip_feeding_one_feed_does_not_hold_another_for_ever(book: WantBook) -> None:
    book.claim(1, key(1), tips(5))
    book.claim(1, key(2), tips(5))
    book.issue(0.0)
    now = 0.0
    while now < WANT_SECONDS_TOTAL_MAX:
        assert book.in_flight(1, key(2))
        now += 4.0
        book.arrived(1, key(1), now)
        book.stored(1, key(1), 1, now)
        book.tick(now)
    assert book.in_flight(1, key(1))
    assert not book.in_flight(1, key(2))


def test_of_a_stalled_link_one_feed_is_asked_to_see_whether_it_lives(book: WantBook) -> None:
    for number in range(100):
        book.claim(1, key(number), tips(5))
    assert len(book.issue(0.0)) == FEEDS_IN_FLIGHT_MAX
    book.tick(5.0)
    (again,) = book.issue(5.0)
    book.served(1, again[1], COMPLETE, 5.1)
    assert len(book.issue(5.1)) == 100 - FEEDS_IN_FLIGHT_MAX - 1


def test_links_that_did_not_deliver_come_last(book: WantBook, held: Held) -> None:
    book.claim(1, key(1), tips(5))
    book.issue(0.0)
    book.served(1, key(1), COMPLETE, 0.0)
    for link in (1, 2):
        book.claim(link, key(2), tips(5))
        book.claim(link, key(3), tips(5))
    assert book.issue(0.0) == [(2, key(2)), (2, key(3))]


def test_a_closed_link_gives_its_feeds_to_others(book: WantBook) -> None:
    book.claim(1, key(1), tips(5))
    book.issue(0.0)
    book.claim(2, key(1), tips(5))
    book.close(1)
    assert book.issue(0.0) == [(2, key(1))]
    book.close(1)
    book.stored(1, key(1), 1, 0.0)


def test_a_feed_over_quota_is_not_wanted_until_quotas_change(book: WantBook) -> None:
    book.refuse(key(1))
    book.claim(1, key(1), tips(5))
    assert book.issue(0.0) == []
    assert book.is_refused(key(1))
    book.allow_all()
    book.claim(1, key(1), tips(5))
    assert book.issue(0.0) == [(1, key(1))]


def test_what_came_from_elsewhere_is_not_asked(book: WantBook, held: Held) -> None:
    book.claim(1, key(1), tips(5))
    held.tips[key(1)] = tips(7)
    assert book.issue(0.0) == []


def test_unknown_tips_repeat_the_want_once(book: WantBook) -> None:
    book.claim(1, key(1), tips(5))
    book.issue(0.0)
    assert book.served(1, key(1), UNKNOWN, 0.0)
    assert book.in_flight(1, key(1))
    assert not book.served(1, key(1), UNKNOWN, 0.0), "the second time it is the end"
    assert not book.in_flight(1, key(1))
    assert not book.served(1, key(1), UNKNOWN, 0.0), "nobody asked"


def test_forced_ids_are_asked_even_where_tips_do_not_tell(book: WantBook, held: Held) -> None:
    held.tips[key(1)] = tips(9)
    book.claim(1, key(1), tips(4))
    assert book.issue(0.0) == []
    book.force(1, key(1), [b"i" * 32])
    assert book.issue(0.0) == [(1, key(1))]
    book.served(1, key(1), COMPLETE, 0.0)
    book.force(1, key(1), [b"i" * 32])
    assert book.issue(0.0) == []


def test_a_link_that_delivers_is_asked_for_the_rest(book: WantBook, held: Held) -> None:
    """It sent half of what it claimed (a quota of messages, a race): not fruitless."""
    book.claim(1, key(1), tips(9))
    book.issue(0.0)
    book.arrived(1, key(1), 0.0)
    held.tips[key(1)] = tips(4)
    book.stored(1, key(1), 5, 0.0)
    book.served(1, key(1), COMPLETE, 0.0)
    book.claim(1, key(1), tips(10))
    assert book.issue(0.0) == [(1, key(1))]


def test_inventing_tips_of_a_feed_has_an_end(book: WantBook) -> None:
    wants = 0
    for seq in range(FRUITLESS_TIPS_MAX + 50):
        book.claim(1, key(1), tips(seq))
        for link, one in book.issue(0.0):
            wants += 1
            book.served(link, one, COMPLETE, 0.0)
    assert wants == FRUITLESS_TIPS_MAX


def test_a_circle_that_was_left_is_forgotten(book: WantBook) -> None:
    book.claim(1, key(1), tips(5))
    book.claim(1, key(2), tips(5))
    book.refuse(key(3))
    book.issue(0.0)
    book.arrived(1, key(1), 0.0)
    book.forget_circle(key(1)[0])
    book.stored(1, key(1), 1, 0.0)
    book.served(1, key(1), COMPLETE, 0.0)
    assert book.issue(0.0) == []
    assert book.deadline() is None
    assert not book.is_refused(key(3))


def test_a_link_cannot_have_ids_remembered_without_end(book: WantBook) -> None:
    for seq in range(2 * FRUITLESS_TIPS_MAX):
        book.force(1, key(1), [tips(seq)[0][1]])
    assert len(book._lanes[1].forced[key(1)]) == FRUITLESS_TIPS_MAX


def test_what_was_delivered_makes_room_for_further_ids(book: WantBook, held: Held) -> None:
    for seq in range(2 * FRUITLESS_TIPS_MAX):
        book.force(1, key(1), [tips(seq)[0][1]])
        assert book.issue(0.0) == [(1, key(1))]
        book.arrived(1, key(1), 0.0)
        held.tips[key(1)] = tips(seq)
        book.stored(1, key(1), 1, 0.0)
        book.served(1, key(1), COMPLETE, 0.0)


def test_feeds_over_quota_are_not_remembered_without_end(
    book: WantBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wants, "STRANGE_FEEDS_PER_LINK_MAX", 10)
    for number in range(35):
        book.refuse(key(number))
        assert book.is_refused(key(number))
    assert len(book._over_quota) <= 10
