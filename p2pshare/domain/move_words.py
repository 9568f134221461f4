"""What the moves of agreements said beside their notes: as plain values, and in plain words.

One wording for the command line, for receipts and for the pages they print. The values are those
of the payloads (``domain.agreement_bodies``); ``store.rows`` keeps them as they are here. Words
that peers made up are among them: whoever shows a line has to make it safe (``domain.text``).
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec

from p2pshare.domain.agreement_bodies import AgreementMove, AgreementOpening
from p2pshare.domain.days import Span, format_moment
from p2pshare.domain.hours import format_minutes
from p2pshare.limits import DAY_MINUTES

#: What is said of every move in a place of its own; of an opening all that every opening says.
_MOVE_SHOWN: Final = frozenset(AgreementMove.__struct_fields__)
_OPENING_SHOWN: Final = frozenset(AgreementOpening.__struct_fields__)

_HASH_CHARACTERS: Final = 8
"""So much of a photo's hash names it; the command line takes it as an ID."""

_REPORTS: Final = {
    "damage": "it is damaged",
    "loss": "it is lost",
    "missing-part": "a part is missing",
}
_ANSWERS: Final = {
    "bought": "would have bought one",
    "hired": "would have hired one",
    "without": "would have gone without",
}


def details_of(body: AgreementOpening | AgreementMove) -> dict[str, Any]:
    """What a move says that most moves do not say, by field, ascending; bytes as hex digits."""
    shown = _OPENING_SHOWN if isinstance(body, AgreementOpening) else _MOVE_SHOWN
    said: dict[str, Any] = msgspec.to_builtins(body, builtin_types=(bytes,))
    return {
        name: _hex(value)
        for name, value in sorted(said.items())
        if name not in shown and value is not None
    }


def told_of(details: Mapping[str, Any]) -> dict[str, Any]:
    """Of ``details`` what ``move_words`` puts in words: what that one move adds to the agreement.

    What stands for the whole agreement (its due date, its terms) is left out, as are what only
    programs need (tokens) and fields that a later version added.
    """
    return {name: value for name, value in details.items() if name in _TOLD and value}


def move_words(details: Mapping[str, Any]) -> tuple[str, ...]:
    """``details`` in plain words, a line each, in the order in which one would tell them."""
    return tuple(
        words for name, tell in _LINES.items() if details.get(name) and (words := tell(details))
    )


def period_words(span: Span) -> str:
    """When something is: a day, days, or times where it is not for whole days."""
    if (span.from_minute, span.until_minute) == (0, DAY_MINUTES):
        same = span.until_day in (None, span.from_day)
        return span.from_day if same else f"{span.from_day} to {span.until_day}"
    start = _moment(span.from_day, span.from_minute)
    return f"{start} to {_moment(span.until_day or span.from_day, span.until_minute)}"


def _until(details: Mapping[str, Any]) -> str:
    minute = details.get("until_minute", DAY_MINUTES)
    day = details["until_day"]
    return f"until {day if minute == DAY_MINUTES else _moment(day, minute)}"


def _moment(day: str, minute: int) -> str:
    return format_moment(day, minute).replace("T", " ")


def _reported(details: Mapping[str, Any]) -> str:
    what = _REPORTS.get(details["what"], details["what"])
    part = details.get("part")
    return f"{what}: {part}" if part else what


def _listed(what: str, name: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda details: f"{what}: {', '.join(details[name])}"


def _photos(details: Mapping[str, Any]) -> str:
    hashes: Iterable[str] = details["photos"]
    return f"photos: {', '.join(one[:_HASH_CHARACTERS] for one in hashes)}"


_LINES: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = MappingProxyType(
    {
        "until_day": _until,
        "minutes": lambda details: f"for {format_minutes(details['minutes'])}",
        "what": _reported,
        "condition": lambda details: f"condition: {details['condition'].replace('-', ' ')}",
        "checked": _listed("found well", "checked"),
        "missing": _listed("missing", "missing"),
        "photos": _photos,
        "instead": lambda details: _ANSWERS.get(details["instead"], details["instead"]),
    }
)
"""What a line is made of, by the field without which there is none."""

_TOLD: Final = frozenset({*_LINES, "until_minute", "part"})


def _hex(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return [_hex(one) for one in value] if isinstance(value, list | tuple) else value
