"""domain.vocabulary: words that are signed never change."""

from p2pshare.domain.vocabulary import (
    ExchangeType,
    ItemType,
    TransactionType,
    default_transaction_type,
)


def test_the_words_are_those_of_murmurations():
    assert [word.value for word in ExchangeType] == ["offer", "want"]
    assert [word.value for word in ItemType] == ["good", "service"]
    assert [word.value for word in TransactionType] == [
        "borrow-lend",
        "receive-donate",
        "hours",
        "rent-lease",
        "buy-sell",
    ]


def test_a_good_is_lent_and_a_service_is_paid_in_hours():
    assert default_transaction_type(ItemType.GOOD) is TransactionType.BORROW_LEND
    assert default_transaction_type(ItemType.SERVICE) is TransactionType.HOURS
