"""The fixed words of listings, taken from Murmurations' offers_wants schema (DESIGN section 2).

Everything here is written into signed bodies: a word may be added, never changed. Imported by
``domain.bodies``, ``domain.listing`` and whoever shows or exports listings.
"""

from enum import StrEnum


class ExchangeType(StrEnum):
    """Whether a listing gives or asks."""

    OFFER = "offer"
    WANT = "want"


class ItemType(StrEnum):
    """Whether a listing is about a thing or about somebody's time."""

    GOOD = "good"
    SERVICE = "service"


class TransactionType(StrEnum):
    """On what terms it changes hands; ``rent-lease`` and ``buy-sell`` are only for others' data."""

    BORROW_LEND = "borrow-lend"
    RECEIVE_DONATE = "receive-donate"
    HOURS = "hours"
    RENT_LEASE = "rent-lease"
    BUY_SELL = "buy-sell"


def default_transaction_type(item_type: ItemType) -> TransactionType:
    """What is meant when nothing is said: a good is lent, a service is paid in hours."""
    if item_type is ItemType.SERVICE:
        return TransactionType.HOURS
    return TransactionType.BORROW_LEND
