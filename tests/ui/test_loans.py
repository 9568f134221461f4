"""Loans: whose turn it is and the one main button, for every state, from the table itself."""

from itertools import combinations

import pytest
from fake_backend import FakeBackend
from made_views import ADA, NOW_MS, loan
from p2pshare.ui.pages.loans import CARDS_AT_ONCE, DONE_SHOWN, LoansPage
from p2pshare.ui.widgets.loan_card import MOVE_LABELS, LoanCard
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from p2pshare.domain.agreement_table import Condition, Row
from p2pshare.domain.commands import MoveAgreement
from p2pshare.domain.loan import LOAN
from p2pshare.node.events import RowChanged

STATES = sorted(LOAN.states)
SIDES = [pytest.param(True, id="lender"), pytest.param(False, id="borrower")]
MAIN = {
    ("requested", True): "Lend",
    ("accepted", True): "Hand over",
    ("accepted", False): "Received it",
    ("checked_out", True): "Got it back",
    ("checked_out", False): "Give back",
    ("returned", True): "Got it back",
    ("returned", False): "Confirm: Received it",
    ("closed", True): "Confirm: Hand over",
    ("closed", False): "Confirm: Received it",
    ("lost", True): "Got it back",
    ("lost", False): "Confirm: Received it",
    ("disputed", True): "Confirm: Hand over",
    ("disputed", False): "Confirm: Received it",
    ("settled", True): "Confirm: Hand over",
    ("settled", False): "Confirm: Received it",
}


def shown_loans(backend: FakeBackend, qtbot: QtBot, *loans: object) -> LoansPage:
    backend.queries.all_loans = list(loans)
    page = LoansPage(backend)
    page.resize(900, 600)
    qtbot.addWidget(page)
    with qtbot.waitActive(page):
        page.show()
    backend.deliver()
    return page


def offered(card: LoanCard) -> list[str]:
    """The moves that the card's buttons make."""
    moves = [] if card.main.isHidden() else [card.main.property("move")]
    return moves + [action.data() for action in card.more.menu().actions()]


def possible(row: Row, role: str, state: str, signed: tuple[str, ...]) -> bool:
    """Whether the table lets ``role`` make the move in an agreement that is not due yet."""
    leads = state in row.from_states and row.condition not in (
        Condition.AFTER_DUE,
        Condition.END_ASKED,
    )
    joins = state in row.joins and row.move not in signed
    return row.by_button and role in row.roles and (leads or joins)


@pytest.mark.parametrize("lending", SIDES)
@pytest.mark.parametrize("state", STATES)
def test_buttons_are_the_moves_of_the_table(
    backend: FakeBackend, qtbot: QtBot, state: str, lending: bool
) -> None:
    role = LOAN.roles[1 if lending else 0]
    own = [row.move for row in LOAN.rows if role in row.roles and row.joins]
    for count in range(len(own) + 1):
        for signed in combinations(own, count):
            page = shown_loans(backend, qtbot, loan(state, lending=lending, signed=signed))
            (card,) = page.cards
            moves = {row.move for row in LOAN.rows[1:] if possible(row, role, state, signed)}
            assert set(offered(card)) == moves
            assert len(offered(card)) == len(moves), "a move is offered twice"
            if not card.main.isHidden():
                assert card.main.property("move") not in {
                    *("decline", "cancel", "refuse", "lost", "dispute"),
                }
            assert card.more.isHidden() == (len(moves) == (not card.main.isHidden()))


@pytest.mark.parametrize("lending", SIDES)
@pytest.mark.parametrize("state", STATES)
def test_the_main_button_and_the_sentence(
    backend: FakeBackend, qtbot: QtBot, state: str, lending: bool
) -> None:
    page = shown_loans(backend, qtbot, loan(state, lending=lending))
    (card,) = page.cards
    expected = MAIN.get((state, lending))
    assert card.main.isHidden() == (expected is None)
    if expected:
        assert card.main.text() == expected
    assert card.state.text() != state, "the state of the table is no sentence"
    assert card.state.text()[0].isupper()
    assert card.state.text().endswith(".")
    assert "{" not in card.state.text()
    away = state not in ("requested", "accepted", "declined", "cancelled")
    who = {
        (True, True): "lent to Ben",
        (True, False): "borrowed from Ben",
        (False, True): "for Ben",
        (False, False): "from Ben",
    }[away, lending]
    assert card.words.text() == f"{who} · 2026-09-21 to 2026-09-28"


def test_lost_is_offered_once_it_is_due(backend: FakeBackend, qtbot: QtBot) -> None:
    view = loan("checked_out", due_at_ms=NOW_MS - 1, overdue=True)
    (card,) = shown_loans(backend, qtbot, view).cards
    assert "lost" in offered(card)
    assert card.state.text() == "Overdue since 2026-09-21."
    assert card.state.property("role") == "error"


@pytest.mark.parametrize("lending", SIDES)
def test_asking_for_longer_is_shown_and_turned_down(
    backend: FakeBackend, qtbot: QtBot, lending: bool
) -> None:
    view = loan("checked_out", lending=lending, asked_until="2026-10-05T24:00")
    (card,) = shown_loans(backend, qtbot, view).cards
    asked = "Ben would like to keep it" if lending else "You asked to keep it"
    assert card.state.text() == f"{asked} until 2026-10-05."
    assert ("refuse" in offered(card)) == lending
    assert card.main.property("move") == ("take-back" if lending else "give-back")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {"state": "accepted", "conflict": True},
            "Promised to more than one person on these days; talk to each other.",
        ),
        ({"state": "disputed"}, "Disputed: talk to each other."),
    ],
)
def test_what_needs_talking_is_marked(
    backend: FakeBackend, qtbot: QtBot, fields: dict[str, object], sentence: str
) -> None:
    view = loan(underlying_state="accepted", **fields)
    (card,) = shown_loans(backend, qtbot, view).cards
    assert card.state.text() == sentence
    assert card.state.property("role") == "error"


def test_nothing_changes_before_the_event(backend: FakeBackend, qtbot: QtBot) -> None:
    view = loan("requested")
    page = shown_loans(backend, qtbot, view)
    (card,) = page.cards
    qtbot.mouseClick(card.main, Qt.MouseButton.LeftButton)
    assert backend.submitted == [
        MoveAgreement(
            person=bytes.fromhex(ADA), agreement=bytes.fromhex(view.agreement), move="accept"
        )
    ]
    assert page.cards == [card]
    assert not card.isEnabled()
    qtbot.mouseClick(card.main, Qt.MouseButton.LeftButton)
    assert len(backend.submitted) == 1, "a second click while the node works"
    backend.queries.all_loans = [loan("accepted")]
    backend.tell(RowChanged("agreement", view.agreement, False, False))
    qtbot.waitUntil(lambda: backend.asked > 0, timeout=2000)
    backend.deliver()
    (card,) = page.cards
    assert card.main.text() == "Hand over"
    assert card.isEnabled()


def test_a_refused_move_is_said_and_can_be_tried_again(backend: FakeBackend, qtbot: QtBot) -> None:
    page = shown_loans(backend, qtbot, loan("requested"))
    (card,) = page.cards
    qtbot.mouseClick(card.main, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(page.failed) as failed:
        backend.refuse("these days are promised to Cem already")
    backend.deliver()
    assert failed.args == ["these days are promised to Cem already"]
    assert page.cards == [card]
    assert card.isEnabled()


def test_the_keyboard_follows_a_loan_through_its_moves(backend: FakeBackend, qtbot: QtBot) -> None:
    other = loan("checked_out", title="Tent")
    page = shown_loans(backend, qtbot, loan("requested"), other)
    page.cards[0].main.setFocus()
    qtbot.keyClick(page.cards[0].main, Qt.Key.Key_Space)
    backend.queries.all_loans = [loan("accepted"), other]
    backend.accept()
    backend.deliver()
    assert page.cards[0].main.hasFocus()
    assert page.cards[0].main.text() == "Hand over"


def test_other_moves_by_the_menu(backend: FakeBackend, qtbot: QtBot) -> None:
    page = shown_loans(backend, qtbot, loan("requested"))
    (decline,) = page.cards[0].more.menu().actions()
    decline.trigger()
    (command,) = backend.submitted
    assert isinstance(command, MoveAgreement)
    assert command.move == "decline"


def test_ones_own_turn_comes_first_and_what_is_over_last(
    backend: FakeBackend, qtbot: QtBot
) -> None:
    page = shown_loans(
        backend,
        qtbot,
        loan("closed", title="Saw"),
        loan("requested", lending=False, title="Tent"),
        loan("requested", title="Drill"),
    )
    assert [card.accessibleName().split(",")[0] for card in page.cards] == ["Drill", "Tent", "Saw"]


def test_cards_that_did_not_change_stay(backend: FakeBackend, qtbot: QtBot) -> None:
    drill, tent = loan("requested", title="Drill"), loan("requested", title="Tent")
    page = shown_loans(backend, qtbot, drill, tent)
    before = list(page.cards)
    backend.queries.all_loans = [drill, loan("accepted", title="Tent")]
    page.refresh()
    backend.deliver()
    assert page.cards[0] is before[0]
    assert page.cards[1] is not before[1]


def test_no_loans(backend: FakeBackend, qtbot: QtBot) -> None:
    page = shown_loans(backend, qtbot)
    assert page.empty.isVisible()
    assert page.empty.text().startswith("No loans yet.")


def test_many_loans_are_made_a_few_at_a_time(backend: FakeBackend, qtbot: QtBot) -> None:
    active = [loan("requested", title=f"Thing {number}") for number in range(60)]
    over = [loan("closed", title=f"Old {number}") for number in range(DONE_SHOWN + 30)]
    page = shown_loans(backend, qtbot, *over, *active)
    assert len(page.cards) == CARDS_AT_ONCE
    qtbot.waitUntil(lambda: len(page.cards) == 60 + DONE_SHOWN, timeout=5000)
    assert page.older.isVisible()
    assert page.older.text() == "Show 30 older loans"
    qtbot.mouseClick(page.older, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(page.cards) == 60 + DONE_SHOWN + 30, timeout=5000)
    assert not page.older.isVisible()


def test_translators_find_the_label_of_each_move() -> None:
    assert set(MOVE_LABELS) == {row.label for row in LOAN.rows if row.by_button}
