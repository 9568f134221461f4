"""Hours: time credits in whole minutes, a mutual-credit account per person (DESIGN section 2).

A payment takes from one account exactly what it gives to another, so the balances of all people of
a circle sum to zero whatever arrives, and nobody issues anything. A balance may be negative.

This module must not round: an hour that is not a whole number of minutes is refused.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from p2pshare import limits
from p2pshare.domain.bodies import HoursPay
from p2pshare.domain.ordering import FoldEntry
from p2pshare.errors import DomainError

MINUTES_PER_HOUR: Final = 60

_DECIMAL = re.compile(r"(?P<hours>[0-9]{1,12}([.,][0-9]{1,4})?) ?(h|hours?)?")
_CLOCK = re.compile(r"(?P<hours>[0-9]{1,12}):(?P<minutes>[0-5][0-9])( ?h)?")
_MINUTES = re.compile(r"(?P<minutes>[0-9]{1,12}) ?(m|min|minutes?)")
_BOTH = re.compile(r"(?P<hours>[0-9]{1,12}) ?h ?(?P<minutes>[0-5]?[0-9]) ?(m|min|minutes?)?")


@dataclass(frozen=True)
class Payment:
    """A payment that holds: its id (16 bytes), both people (32 bytes each), whole minutes."""

    payment: bytes
    payer: bytes
    payee: bytes
    minutes: int
    entry_id: bytes


def payment_of(entry: FoldEntry) -> Payment | None:
    """The payment that a counted ``hours.pay`` entry makes, or None if it makes none.

    It holds if the payer is the author, payer and payee differ, and the minutes are 1 to
    MINUTES_PER_PAYMENT_MAX (docs/protocol.md section 5).
    """
    body = entry.body
    if not isinstance(body, HoursPay) or body.payer != entry.author or body.payee == body.payer:
        return None
    if not 1 <= body.minutes <= limits.MINUTES_PER_PAYMENT_MAX:
        return None
    return Payment(
        payment=entry.entry_id[:16],
        payer=body.payer,
        payee=body.payee,
        minutes=body.minutes,
        entry_id=entry.entry_id,
    )


def balances(payments: Iterable[Payment]) -> dict[bytes, int]:
    """Minutes received less minutes paid, of everybody who took part; each entry counts once."""
    accounts: dict[bytes, int] = defaultdict(int)
    for payment in {payment.entry_id: payment for payment in payments}.values():
        accounts[payment.payer] -= payment.minutes
        accounts[payment.payee] += payment.minutes
    return dict(accounts)


def parse_hours(text: str) -> int:
    """The minutes that a person means by ``1``, ``1.5``, ``1,5``, ``1:30``, ``90m`` or ``1h30``.

    A number alone means hours. Raises DomainError for anything else, for parts of a minute, and
    outside 1 to MINUTES_PER_PAYMENT_MAX.
    """
    written = text.strip().lower()
    if match := _DECIMAL.fullmatch(written):
        exact = Fraction(match["hours"].replace(",", ".")) * MINUTES_PER_HOUR
        if exact.denominator != 1:
            raise DomainError(
                "hours are kept in whole minutes; write them as 1:20 for an hour and 20 minutes"
            )
        minutes = int(exact)
    elif match := _CLOCK.fullmatch(written) or _BOTH.fullmatch(written):
        minutes = int(match["hours"]) * MINUTES_PER_HOUR + int(match["minutes"])
    elif match := _MINUTES.fullmatch(written):
        minutes = int(match["minutes"])
    else:
        raise DomainError("write hours as 1, 1.5, 1:30 or 90m")
    check_minutes(minutes)
    return minutes


def check_minutes(minutes: int) -> None:
    """Raise DomainError unless that many minutes can be paid at once."""
    if minutes < 1:
        raise DomainError("a payment is at least one minute")
    if minutes > limits.MINUTES_PER_PAYMENT_MAX:
        most = limits.MINUTES_PER_PAYMENT_MAX // MINUTES_PER_HOUR
        raise DomainError(f"a payment is at most {most} hours; pay in several parts")


def format_minutes(minutes: int) -> str:
    """``minutes`` for people: ``1 h 30 min``, ``45 min``, ``-2 h``; ``parse_hours`` reads it."""
    sign = "-" if minutes < 0 else ""
    hours, rest = divmod(abs(minutes), MINUTES_PER_HOUR)
    parts = [f"{hours} h"] if hours else []
    if rest or not hours:
        parts.append(f"{rest} min")
    return sign + " ".join(parts)
