"""Hours: time credits in whole minutes, a mutual-credit account per person (DESIGN section 2).

A payment takes from one account exactly what it gives to another, so the balances of all people of
a circle sum to zero whatever arrives, and nobody issues anything. A balance may be negative; how
far is ``domain.hour_rules``'. Only the payer's signature moves hours: the receiver's makes it dual.

This module must not round: an hour that is not a whole number of minutes is refused.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from p2pshare import limits
from p2pshare.domain.bodies import HoursConfirm, HoursPay, HoursSplit
from p2pshare.domain.ordering import FoldEntry
from p2pshare.errors import DomainError

MINUTES_PER_HOUR: Final = 60
PAYMENT_ID_BYTES: Final = 16

PAY_KIND: Final = "hours.pay"
SPLIT_KIND: Final = "hours.split"
CONFIRM_KIND: Final = "hours.confirm"
PAYMENT_KINDS: Final = (PAY_KIND, SPLIT_KIND)
"""The kinds of the entries that make payments."""

_DECIMAL = re.compile(r"(?P<hours>[0-9]{1,12}([.,][0-9]{1,4})?) ?(h|hours?)?")
_CLOCK = re.compile(r"(?P<hours>[0-9]{1,12}):(?P<minutes>[0-5][0-9])( ?h)?")
_MINUTES = re.compile(r"(?P<minutes>[0-9]{1,12}) ?(m|min|minutes?)")
_BOTH = re.compile(r"(?P<hours>[0-9]{1,12}) ?h ?(?P<minutes>[0-5]?[0-9]) ?(m|min|minutes?)?")


@dataclass(frozen=True)
class Payment:
    """A payment that holds: its id (16 bytes), both people (32 bytes each), whole minutes.

    A split is several of them with one id and one entry, told apart by ``place``. ``corrects`` is
    the id of the payment that this one sets right, as its payer says; ``confirmed`` is whether the
    payee has signed it too.
    """

    payment: bytes
    payer: bytes
    payee: bytes
    minutes: int
    entry_id: bytes
    place: int = 0
    gift: bool = False
    corrects: bytes | None = None
    confirmed: bool = False
    desk: bool = False


def payments_of(payment: bytes, entries: Iterable[FoldEntry]) -> tuple[Payment, ...]:
    """What the counted entries of a subject (its id, 16 bytes) move: nothing, one payment, or the
    parts of a split.

    They hold if the payer is the author of the creating entry, nobody pays themselves or is paid
    twice by one entry, and each amount is 1 to MINUTES_PER_PAYMENT_MAX; else the whole entry moves
    nothing. Each payee's own ``hours.confirm`` confirms what they were paid (docs/protocol.md
    section 5). The order of ``entries`` does not matter.
    """
    known = list(entries)
    confirmed_by = {entry.author for entry in known if isinstance(entry.body, HoursConfirm)}
    for entry in known:
        if entry.entry_id[:PAYMENT_ID_BYTES] == payment:
            return _payments_by(entry, confirmed_by)
    return ()


def _payments_by(entry: FoldEntry, confirmed_by: set[bytes]) -> tuple[Payment, ...]:
    body = entry.body
    corrects: bytes | None = None
    if isinstance(body, HoursPay):
        parts: Sequence[tuple[bytes, int]] = [(body.payee, body.minutes)]
        corrects = body.corrects if len(body.corrects) == PAYMENT_ID_BYTES else None
    elif isinstance(body, HoursSplit):
        parts = [(share.payee, share.minutes) for share in body.shares]
    else:
        return ()
    payees = {payee for payee, _ in parts}
    if (
        body.payer != entry.author
        or body.payer in payees
        or len(payees) != len(parts)
        or not all(1 <= minutes <= limits.MINUTES_PER_PAYMENT_MAX for _, minutes in parts)
    ):
        return ()
    return tuple(
        Payment(
            payment=entry.entry_id[:PAYMENT_ID_BYTES],
            payer=body.payer,
            payee=payee,
            minutes=minutes,
            entry_id=entry.entry_id,
            place=place,
            gift=body.gift,
            corrects=corrects,
            confirmed=payee in confirmed_by,
            desk=body.desk,
        )
        for place, (payee, minutes) in enumerate(parts)
    )


def balances(payments: Iterable[Payment]) -> dict[bytes, int]:
    """Minutes received less minutes paid, of everybody who took part; each one counts once."""
    accounts: dict[bytes, int] = defaultdict(int)
    once = {(payment.entry_id, payment.place): payment for payment in payments}
    for payment in once.values():
        accounts[payment.payer] -= payment.minutes
        accounts[payment.payee] += payment.minutes
    return dict(accounts)


def parse_hours(text: str, *, least: int = 1) -> int:
    """The minutes that a person means by ``1``, ``1.5``, ``1,5``, ``1:30``, ``90m`` or ``1h30``.

    A number alone means hours. Raises DomainError for anything else, for parts of a minute, and
    outside ``least`` to MINUTES_PER_PAYMENT_MAX.
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
    check_minutes(minutes, least=least)
    return minutes


def check_minutes(minutes: int, *, least: int = 1) -> None:
    """Raise DomainError unless that many minutes can be paid at once."""
    if minutes < least:
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
