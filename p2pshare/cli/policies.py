"""The options by which an owner says on what conditions a thing is lent: --longest, --buffer, ….

Shared by offer add and listing edit. The bounds are ``domain.rules``' affair.
"""

import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

import click
import msgspec

from p2pshare.cli.parameters import text
from p2pshare.domain.bodies import LoanPolicy
from p2pshare.errors import DomainError

_Function = TypeVar("_Function", bound=Callable[..., Any])

_LENGTH: Final = re.compile(r"([0-9]{1,6}) ?(m|min|h|d)")
_MINUTES: Final = {"m": 1, "min": 1, "h": 60, "d": 24 * 60}
_NO_BOUND: Final = ("", "any")

#: The options, and the field of the policy that each one sets.
_FIELDS: Final = {
    "longest": "longest_days",
    "renewals": "renewals",
    "automatic": "automatic",
    "notice": "notice",
    "deposit": "deposit",
    "buffer": "buffer_minutes",
    "by_hour": "by_hour",
    "hold_hours": "hold_hours",
}


def policy_options(function: _Function) -> _Function:
    """The options of a policy; None where one is not given."""
    options = (
        click.option("--longest", type=text, metavar="DAYS", help="Its longest loan, or any."),
        click.option(
            "--renewals", type=text, metavar="N", help="How often it is lent longer, or any."
        ),
        click.option(
            "--automatic/--ask-me",
            default=None,
            help="Whether your computer says yes by itself while it is on.",
        ),
        click.option("--notice", type=text, help="What to say at the hand-over."),
        click.option("--deposit", type=text, help="A deposit, in words; nothing is collected."),
        click.option(
            "--buffer", type=text, metavar="LENGTH", help="Rest between two loans: 30m, 2h, 1d."
        ),
        click.option(
            "--by-hour/--by-day", default=None, help="Whether it is lent for hours of a day."
        ),
        click.option("--hold-hours", type=int, metavar="N", help="How long a turn stands."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def take_policy(options: dict[str, Any], current: LoanPolicy) -> LoanPolicy | None:
    """``current`` with what the options say, which are taken out; None if they say nothing.

    Raises DomainError.
    """
    given = {name: options.pop(name) for name in _FIELDS if name in options}
    said = {_FIELDS[name]: value for name, value in given.items() if value is not None}
    if not said:
        return None
    for field in ("longest_days", "renewals"):
        if field in said:
            said[field] = _bound(said[field])
    if "buffer_minutes" in said:
        said["buffer_minutes"] = _length(said["buffer_minutes"])
    return msgspec.structs.replace(current, **said)


def said_of(policy: LoanPolicy) -> list[str]:
    """The policy in plain words, a line for each condition that is set."""
    lines = [
        (policy.longest_days is not None, f"for at most {policy.longest_days} days"),
        (policy.renewals is not None, f"longer at most {policy.renewals} times"),
        (policy.automatic, "yes comes by itself while the owner's computer is on"),
        (policy.buffer_minutes > 0, f"rests {_spoken(policy.buffer_minutes)} between two loans"),
        (policy.by_hour, "also by the hour"),
        (bool(policy.deposit), f"deposit: {policy.deposit}"),
        (bool(policy.notice), f"at the hand-over: {policy.notice}"),
    ]
    return [line for holds, line in lines if holds]


def _bound(typed: str) -> int | None:
    if typed.strip() in _NO_BOUND:
        return None
    try:
        return int(typed)
    except ValueError:
        raise DomainError("write a number of days or times, or any") from None


def _length(typed: str) -> int:
    match = _LENGTH.fullmatch(typed.strip().lower())
    if match is None and typed.strip() not in ("", "0"):
        raise DomainError("write a length as 30m, 2h or 1d")
    return 0 if match is None else int(match[1]) * _MINUTES[match[2]]


def _spoken(minutes: int) -> str:
    for length, unit in ((24 * 60, "d"), (60, "h")):
        if minutes % length == 0:
            return f"{minutes // length} {unit}"
    return f"{minutes} min"
