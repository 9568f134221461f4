"""Hours, written: the account and the payments are looked up, the rules asked, entries signed.

A family of acts of ``node.authoring``; what may be paid is decided in ``domain.hour_rules``. A
payment is judged by what this computer holds at the moment of signing, inside the transaction that
writes it; and it names the payer's last payments that were made elsewhere, so that everybody can
see later what it knew (``domain.overspending``).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from p2pshare.domain import commands, hour_rules
from p2pshare.domain.drafts import Draft
from p2pshare.domain.hour_rules import Account
from p2pshare.domain.hours import Payment
from p2pshare.errors import UnknownReference
from p2pshare.node.acting import Act, Acting, Done
from p2pshare.store.accounts import Accounts, write_limits


def _pay(acting: Acting, command: commands.PayHours) -> Done:
    return _write_payment(acting, hour_rules.pay_hours(command, _account(acting)))


def _split(acting: Acting, command: commands.SplitHours) -> Done:
    return _write_payment(acting, hour_rules.split_hours(command, _account(acting)))


def _confirm(acting: Acting, command: commands.ConfirmHours) -> Done:
    parts = _payment(acting, command.payment)
    draft = hour_rules.confirm_hours(command, parts)
    return Done(acting.writing.write(draft, subject=command.payment))


def _correct(acting: Acting, command: commands.CorrectHours) -> Done:
    accounts = _accounts(acting)
    parts = _payment(acting, command.payment)
    named = parts[0].corrects
    draft = hour_rules.correct_hours(
        command,
        parts,
        accounts.corrections(command.payment.hex()),
        _account(acting),
        corrected=() if named is None else accounts.payment(named.hex()),
    )
    return _write_payment(acting, draft)


def _set_limits(acting: Acting, command: commands.SetHourLimits) -> Done:
    """Nothing is signed: the limits belong to this folder."""
    limits = hour_rules.set_limits(_accounts(acting).limits(), command)
    write_limits(acting.writing.connection, limits)
    return Done(command.person)


def _write_payment(acting: Acting, draft: Draft) -> Done:
    writing = acting.writing
    known = _accounts(acting).latest_payments(acting.person, writing.circle, writing.feed())
    return Done(writing.write(draft, after=known))


def _account(acting: Acting) -> Account:
    """What the person who acts has in this circle, and the limits set here."""
    accounts = _accounts(acting)
    balance = accounts.balance(acting.person.hex(), acting.writing.circle.hex())
    return Account(balance.minutes, accounts.limits())


def _payment(acting: Acting, payment: bytes) -> tuple[Payment, ...]:
    """The parts of a payment of this circle. Raises UnknownReference."""
    accounts = _accounts(acting)
    if accounts.circle_of(payment.hex()) != acting.writing.circle.hex():
        raise UnknownReference("there is no such payment here")
    return accounts.payment(payment.hex())


def _accounts(acting: Acting) -> Accounts:
    return Accounts(acting.writing.connection)


ACTS: Final[Mapping[type, Act]] = MappingProxyType(
    {
        commands.PayHours: _pay,
        commands.SplitHours: _split,
        commands.ConfirmHours: _confirm,
        commands.CorrectHours: _correct,
        commands.SetHourLimits: _set_limits,
    }
)
"""The acts of this family, by command."""
