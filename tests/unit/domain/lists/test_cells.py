"""Numbers, yes and no, and kinds, as people write them into cells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.lists import cells
from p2pshare.domain.vocabulary import ExchangeType, ItemType, TransactionType
from p2pshare.errors import DomainError
from p2pshare.limits import QUANTITY_MAX


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        *(("", 1), ("  ", 1), ("3", 3), (" 12 ", 12), ("2.0", 2), ("2,00", 2), ("+4", 4)),
        (str(QUANTITY_MAX), QUANTITY_MAX),
    ],
)
def test_quantities(cell: str, number: int) -> None:
    assert cells.quantity(cell, "count") == number


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("two", "count: 'two' is not a whole number"),
        ("2.5", "not a whole number"),
        ("1,000", "'1,000' is not a whole number"),
        ("3 pieces", "not a whole number"),
        ("٣", "not a whole number"),
        ("0x10", "not a whole number"),
        ("1e3", "not a whole number"),
        ("0", "count: 0 is not a quantity from 1"),
        ("-4", "-4 is not a quantity"),
        (str(QUANTITY_MAX + 1), "not a quantity"),
        ("9" * 19, "not a whole number"),
        ("x" * 500, f"'{'x' * 39}…'"),
    ],
)
def test_no_quantities(cell: str, said: str) -> None:
    with pytest.raises(DomainError, match=said.replace("(", r"\(")):
        cells.quantity(cell, "count")


@pytest.mark.parametrize("cell", ["1", "TRUE", "Yes", "ja", "Oui", "sí", "X"])
def test_yes(cell: str) -> None:
    assert cells.yes_or_no(cell, "lent") is True


@pytest.mark.parametrize("cell", ["0", "false", "No", "NEIN", "non"])
def test_no(cell: str) -> None:
    assert cells.yes_or_no(cell, "lent") is False


def test_neither_yes_nor_no() -> None:
    assert cells.yes_or_no(" ", "lent") is None
    with pytest.raises(DomainError, match="lent: 'perhaps' is neither yes nor no"):
        cells.yes_or_no("perhaps", "lent")


@pytest.mark.parametrize("cell", ["Ben", "2026-11-23", "12.50", "x"])
def test_said(cell: str) -> None:
    assert cells.is_said(cell)


@pytest.mark.parametrize("cell", ["", " ", "0", "0.00", "-", "no", "0000-00-00", "0001-01-01"])
def test_not_said(cell: str) -> None:
    assert not cells.is_said(cell)


def test_kinds_in_four_languages() -> None:
    assert cells.exchange_type("Suche") is ExchangeType.WANT
    assert cells.exchange_type("offre") is ExchangeType.OFFER
    assert cells.exchange_type("drill") is None
    assert cells.item_type("Fähigkeit") is ItemType.SERVICE
    assert cells.item_type("Objeto") is ItemType.GOOD
    assert cells.item_type("") is None


def test_terms() -> None:
    lent, given_away = TransactionType.BORROW_LEND, TransactionType.RECEIVE_DONATE
    assert cells.transaction_types("borrow-lend; receive-donate", "terms") == (lent, given_away)
    assert cells.transaction_types("prêter", "terms") == (lent,)
    assert cells.transaction_types("", "terms") == ()
    with pytest.raises(DomainError, match="'buy-sell' is not possible here"):
        cells.transaction_types("buy-sell", "terms")


def test_splitting_by_the_first_separator_there_is() -> None:
    assert cells.split("a; b, c ;a;", ";,") == ("a", "b, c")
    assert cells.split("a, b", ";,") == ("a", "b")
    assert cells.split("one\ntwo", ";") == ("one", "two")
    assert cells.split(" ; ", ";") == ()


def test_one_line_and_short() -> None:
    assert cells.line(" a\r\n b\t c ") == "a b c"
    assert cells.shortened("abcdef", 6) == "abcdef"
    assert cells.shortened("abcde fg", 7) == "abcde…"


@given(st.text(max_size=30))
def test_a_quantity_or_one_clear_refusal(cell: str) -> None:
    try:
        assert 1 <= cells.quantity(cell, "count") <= QUANTITY_MAX
    except DomainError as error:
        refusal = str(error)
        assert "\n" not in refusal
