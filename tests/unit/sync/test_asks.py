"""Single things are asked of each link once, of one link at a time."""

import pytest

from p2pshare.limits import WANT_SECONDS_MAX
from p2pshare.sync.asks import AskBook

CIRCLE = b"c" * 32


def ids(*numbers: int) -> list[bytes]:
    return [number.to_bytes(32, "big") for number in numbers]


@pytest.fixture
def book() -> AskBook:
    book = AskBook(slots=4)
    for link in (1, 2):
        book.open(link)
        book.prove(link, CIRCLE)
    return book


def test_a_thing_is_asked_of_one_link_and_then_of_the_next(book: AskBook) -> None:
    book.need(CIRCLE, ids(1))
    assert book.issue(0.0) == {(1, CIRCLE): ids(1)}
    assert book.issue(0.0) == {}
    book.missing(1, CIRCLE, *ids(1), 0.0)
    assert book.issue(0.0) == {(2, CIRCLE): ids(1)}
    book.missing(2, CIRCLE, *ids(1), 0.0)
    assert book.issue(0.0) == {}, "each link once"
    book.open(3)
    book.prove(3, CIRCLE)
    assert book.issue(0.0) == {(3, CIRCLE): ids(1)}, "and a new one too"


def test_as_many_as_there_are_slots(book: AskBook) -> None:
    book.need(CIRCLE, ids(*range(10)))
    assert book.issue(0.0) == {(1, CIRCLE): ids(0, 1, 2, 3), (2, CIRCLE): ids(4, 5, 6, 7)}
    book.found(1, CIRCLE, *ids(0), 0.0)
    assert book.issue(0.0) == {(1, CIRCLE): ids(8)}


def test_a_silent_link_is_passed_over(book: AskBook) -> None:
    book.need(CIRCLE, ids(1, 2))
    book.issue(1.0)
    assert book.deadline() == 1.0 + WANT_SECONDS_MAX
    book.tick(5.9)
    assert book.issue(5.9) == {}
    book.tick(6.0)
    assert book.issue(6.0) == {(2, CIRCLE): ids(1, 2)}
    book.need(CIRCLE, ids(3, 4, 5, 6, 7, 8))
    assert book.issue(6.0) == {(1, CIRCLE): ids(3), (2, CIRCLE): ids(4, 5)}, "one, to see"
    book.missing(1, CIRCLE, *ids(1), 6.5)
    assert book.issue(6.5) == {(1, CIRCLE): ids(6, 7, 8)}, "late, but it lives"


def test_what_was_sent_and_is_not_good_is_asked_of_others(book: AskBook) -> None:
    book.need(CIRCLE, ids(1))
    book.issue(0.0)
    book.found(1, CIRCLE, *ids(1), 0.0)
    assert book.issue(0.0) == {}, "while it is being stored"
    book.unsettled(CIRCLE, *ids(1))
    assert book.issue(0.0) == {(2, CIRCLE): ids(1)}


def test_what_is_settled_is_not_asked(book: AskBook) -> None:
    book.need(CIRCLE, ids(1, 2))
    book.settle(CIRCLE, ids(1, 9))
    assert book.issue(0.0) == {(1, CIRCLE): ids(2)}
    assert not book.is_needed(CIRCLE, *ids(1))
    book.settle(CIRCLE, ids(2))
    book.unsettled(CIRCLE, *ids(2))
    assert book.issue(0.0) == {}
    assert book.deadline() is None


def test_needed_again_after_it_was_settled(book: AskBook) -> None:
    book.need(CIRCLE, ids(1))
    book.issue(0.0)
    book.settle(CIRCLE, ids(1))
    book.need(CIRCLE, ids(1))
    assert book.issue(0.0) == {(1, CIRCLE): ids(1)}


def test_only_links_that_proved_the_circle_are_asked() -> None:
    book = AskBook(slots=4)
    book.open(1)
    book.need(CIRCLE, ids(1))
    assert book.issue(0.0) == {}
    book.prove(1, CIRCLE)
    assert book.issue(0.0) == {(1, CIRCLE): ids(1)}


def test_a_link_that_closes_gives_back_what_it_was_asked(book: AskBook) -> None:
    book.need(CIRCLE, ids(1))
    book.issue(0.0)
    book.close(1)
    assert book.issue(0.0) == {(2, CIRCLE): ids(1)}
    book.close(1)


def test_a_circle_that_was_left_is_forgotten(book: AskBook) -> None:
    book.need(CIRCLE, ids(1, 2, 3, 4, 5, 6, 7, 8, 9))
    book.issue(0.0)
    book.forget_circle(CIRCLE)
    assert book.issue(0.0) == {}
    assert book.deadline() is None
    assert not book.is_needed(CIRCLE, *ids(1))
