"""The rules of hours: who may pay, split, confirm and correct, and how far below zero anybody goes.

A rule keeps *this* device's people from signing what would be ignored, or what goes past the limit
set here; what peers sign is judged by ``domain.hours`` alone, and never by a limit, for two folders
with other limits would not agree. The caller (``node.acts_hours``) looks up the account and the
payments, this module answers with a body to sign or one clear line why not.

Paying back what was received by mistake is not limited: whoever has spent it meanwhile still owes
it, and a limit that kept them from signing so would keep a wrong amount on the books for ever.

This module must not query, and must not decide whether a payment that was signed counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from p2pshare import limits
from p2pshare.domain.bodies import HoursConfirm, HoursPay, HoursSplit, Share
from p2pshare.domain.commands import (
    UNCHANGED,
    ConfirmHours,
    CorrectHours,
    PayHours,
    SetHourLimits,
    SplitHours,
)
from p2pshare.domain.drafts import Draft, checked
from p2pshare.domain.hours import (
    CONFIRM_KIND,
    PAY_KIND,
    SPLIT_KIND,
    Payment,
    check_minutes,
    format_minutes,
)
from p2pshare.errors import DomainError

# --- limits ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class HourLimits:
    """How many minutes below zero an account may go; None is no limit.

    Past ``soft`` a payment says so, past ``hard`` it is refused.
    """

    soft: int | None = limits.HOURS_SOFT_LIMIT_MINUTES_DEFAULT
    hard: int | None = limits.HOURS_HARD_LIMIT_MINUTES_DEFAULT


DEFAULT_LIMITS: Final = HourLimits()


@dataclass(frozen=True)
class Account:
    """What the payer has, as far as this computer knows, and the limits that are set here."""

    minutes: int
    limits: HourLimits = DEFAULT_LIMITS


class Flag(StrEnum):
    """What is to be said of an account: at or past a limit, or past it by signing apart."""

    NONE = ""
    SOFT = "soft"
    HARD = "hard"
    OVERSPENT = "overspent"


def flag_of(account: Account) -> Flag:
    """Whether an account is at a limit, or past it."""
    if account.limits.hard is not None and account.minutes <= -account.limits.hard:
        return Flag.HARD
    if account.limits.soft is not None and account.minutes <= -account.limits.soft:
        return Flag.SOFT
    return Flag.NONE


def minutes_past(minutes: int, limit: int | None) -> int:
    """By how much an account of so many minutes is further below zero than ``limit``; 0 if not."""
    return 0 if limit is None else max(0, -limit - minutes)


def set_limits(current: HourLimits, command: SetHourLimits) -> HourLimits:
    """The limits that are to hold from now on; DomainError where they contradict each other.

    A hard limit below the soft one, set alone, takes the soft one along.
    """
    chosen = HourLimits(
        soft=current.soft if command.soft is UNCHANGED else command.soft,
        hard=current.hard if command.hard is UNCHANGED else command.hard,
    )
    for limit in (chosen.soft, chosen.hard):
        if limit is not None and not 0 <= limit <= limits.MINUTES_PER_PAYMENT_MAX:
            raise DomainError(
                f"a limit is 0 to {format_minutes(limits.MINUTES_PER_PAYMENT_MAX)}, or none"
            )
    if chosen.soft is None or chosen.hard is None or chosen.soft <= chosen.hard:
        return chosen
    if command.soft is UNCHANGED:
        return HourLimits(soft=chosen.hard, hard=chosen.hard)
    raise DomainError("the soft limit comes before the hard one; choose a lower soft limit")


def _check_limit(account: Account, minutes: int) -> None:
    after = account.minutes - minutes
    if account.limits.hard is None or not minutes_past(after, account.limits.hard):
        return
    room = max(0, account.minutes + account.limits.hard)
    advice = f"pay {format_minutes(room)} at most, or" if room else "first"
    raise DomainError(
        f"that would take you {format_minutes(-after)} below zero, and the limit here is"
        f" {format_minutes(account.limits.hard)}; {advice} give some hours yourself"
    )


# --- paying ---------------------------------------------------------------------------------


def pay_hours(command: PayHours, account: Account) -> Draft:
    """The payment; DomainError for a payment to oneself, of an impossible number of minutes, or
    past the hard limit.
    """
    if command.payee == command.person:
        raise DomainError("you cannot pay yourself; choose somebody else")
    check_minutes(command.minutes)
    _check_limit(account, command.minutes)
    return checked(
        Draft(
            PAY_KIND,
            HoursPay(
                payer=command.person,
                payee=command.payee,
                minutes=command.minutes,
                gift=command.gift,
            ),
        )
    )


def split_hours(command: SplitHours, account: Account) -> Draft:
    """One payment to several people; DomainError as for ``pay_hours``, or if there are too many."""
    payees = [payee for payee, _ in command.shares]
    if not payees:
        raise DomainError("name the people who are paid")
    if len(payees) > limits.SHARES_MAX:
        raise DomainError(f"at most {limits.SHARES_MAX} people can be paid at once")
    if command.person in payees:
        raise DomainError("you cannot pay yourself; leave yourself out")
    if len(set(payees)) != len(payees):
        raise DomainError("somebody is named twice; name each person once")
    for _, minutes in command.shares:
        check_minutes(minutes)
    _check_limit(account, sum(minutes for _, minutes in command.shares))
    shares = tuple(Share(payee, minutes) for payee, minutes in command.shares)
    body = HoursSplit(payer=command.person, shares=shares, gift=command.gift)
    return checked(Draft(SPLIT_KIND, body))


def even_shares(minutes: int, payees: Sequence[bytes]) -> tuple[tuple[bytes, int], ...]:
    """``minutes`` split evenly; what is left over goes to the first ones, a minute each.

    Raises DomainError if that is less than a minute for somebody.
    """
    check_minutes(minutes)
    if minutes < len(payees):
        raise DomainError("that is less than a minute for each of them; split more")
    each, rest = divmod(minutes, max(1, len(payees)))
    return tuple((payee, each + (place < rest)) for place, payee in enumerate(payees))


# --- confirming and correcting --------------------------------------------------------------


def confirm_hours(command: ConfirmHours, parts: Sequence[Payment]) -> Draft:
    """The payee's signature on a payment; DomainError for others, and for a second one.

    ``parts`` are those of the payment, one for each payee.
    """
    own = [part for part in parts if part.payee == command.person]
    if not own:
        raise DomainError("only who received a payment can confirm it")
    if own[0].confirmed:
        raise DomainError("you have confirmed that payment already")
    return Draft(CONFIRM_KIND, HoursConfirm())


def corrected_minutes(part: Payment, corrections: Iterable[Payment]) -> int:
    """What a payment comes to, with what either of its two people has signed to correct it."""
    minutes = part.minutes
    for one in corrections:
        if is_correction_of(one, part):
            minutes += one.minutes if one.payer == part.payer else -one.minutes
    return minutes


def is_correction_of(one: Payment, part: Payment) -> bool:
    """Whether a payment names another one between the same two people."""
    return one.corrects == part.payment and {one.payer, one.payee} == {part.payer, part.payee}


def correct_hours(
    command: CorrectHours,
    parts: Sequence[Payment],
    corrections: Sequence[Payment],
    account: Account,
    *,
    corrected: Sequence[Payment] = (),
) -> Draft:
    """A payment of the difference, by whoever has to move hours, that names the wrong one.

    ``parts`` are those of the payment, ``corrections`` all payments that name it, ``corrected``
    the parts of the one that it names itself. What was too much is paid back by who received it,
    what was too little is added by who paid. Raises DomainError for others, for a payment that is
    a correction, where nothing is to be corrected, and where the other must sign.
    """
    part = _part_of(command, parts)
    if any(is_correction_of(part, one) for one in corrected):
        first = corrected[0].payment.hex()
        raise DomainError(f"that is a correction itself; correct the first payment, {first}")
    check_minutes(command.minutes, least=0)
    now = corrected_minutes(part, corrections)
    if command.minutes == now:
        raise DomainError(f"that payment comes to {format_minutes(now)} already")
    pays_back = command.minutes < now
    if pays_back and command.person != part.payee:
        raise DomainError(
            f"it comes to {format_minutes(now)}, and only who received it can pay some back;"
            " ask them to correct it"
        )
    if not pays_back and command.person != part.payer:
        raise DomainError(
            f"it comes to {format_minutes(now)}, and only who paid can add to it;"
            " ask them to correct it"
        )
    difference = abs(command.minutes - now)
    check_minutes(difference)
    if not pays_back:
        _check_limit(account, difference)
    return checked(
        Draft(
            PAY_KIND,
            HoursPay(
                payer=command.person,
                payee=part.payer if pays_back else part.payee,
                minutes=difference,
                gift=part.gift and not pays_back,
                corrects=part.payment,
            ),
        )
    )


def _part_of(command: CorrectHours, parts: Sequence[Payment]) -> Payment:
    """The part of a payment that is meant: the one payee's, or one's own."""
    if command.payee is not None:
        meant = [part for part in parts if part.payee == command.payee]
        if not meant:
            raise DomainError("that person was not paid by it; name somebody who was")
    else:
        meant = [part for part in parts if part.payee == command.person] or list(parts)
        if len(meant) > 1 and command.person == parts[0].payer:
            raise DomainError("that payment was split; say whose part of it was wrong")
    if command.person not in (meant[0].payer, meant[0].payee):
        raise DomainError("only the two people of a payment can correct it")
    return meant[0]
