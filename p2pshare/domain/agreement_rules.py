"""The rules that hold for agreements of every kind: who may move, what a move says, what is free.

What a table of ``domain.agreement`` allows is asked first; the rules of one kind (``loan_rules``,
``gift_rules``, ``session_rules``, ``repair_rules``, ``hold_rules``) come on top. What spans several
agreements of a listing is here, since a loan and a gift take the same drill off the shelf.

This module must not query: the caller passes in every agreement it has to look at.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import msgspec

from p2pshare import limits
from p2pshare.domain import days
from p2pshare.domain.agreement import (
    AGREEMENTS,
    AgreementState,
    AgreementTable,
    allowed_moves,
)
from p2pshare.domain.agreement_bodies import (
    ANSWERS,
    CONDITIONS,
    REPORTS,
    AgreementMove,
    CustodyMove,
)
from p2pshare.domain.bodies import BusyPeriod, ListingBusy
from p2pshare.domain.commands import MoveAgreement
from p2pshare.domain.days import Span
from p2pshare.domain.drafts import Draft, checked, clean_note, clean_words
from p2pshare.domain.listing import ListingState, as_it_stands, conflicts, merged, rest_minutes
from p2pshare.domain.text import clean_line
from p2pshare.domain.vocabulary import ExchangeType, TransactionType
from p2pshare.errors import DomainError

#: Of what a command can say, that which is one of some words.
_WORDS: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "condition": (CONDITIONS, "condition"),
    "what": (REPORTS, "report"),
    "instead": (ANSWERS, "answer"),
}

#: What a command can say with a move: the field of the body that takes it, and how it is asked for.
_DETAILS: Final[Mapping[str, tuple[str, str]]] = {
    "until": ("until_day", "until when"),
    "minutes": ("minutes", "how many minutes"),
    "condition": ("condition", "a condition"),
    "checked": ("checked", "what was checked"),
    "missing": ("missing", "missing parts"),
    "photos": ("photos", "photos"),
    "instead": ("instead", "what you would have done without it"),
    "what": ("what", "what happened"),
    "part": ("part", "a part"),
}


@dataclass(frozen=True)
class Shelf:
    """What a rule has to know of a listing whose things are promised, or about to be.

    ``listing`` is None where it is not in hand. ``agreements`` are those about it that its owner
    knows (the one to be judged may be among them), ``elsewhere`` the periods that another computer
    of the owner has published for agreements not known here yet. ``missing`` says what the asking
    one lacks (an induction), or is None.
    """

    listing: ListingState | None
    agreements: tuple[AgreementState, ...] = ()
    elsewhere: tuple[BusyPeriod, ...] = ()
    missing: str | None = None

    def others(self, agreement: AgreementState) -> tuple[AgreementState, ...]:
        """The agreements about the listing beside this one."""
        return tuple(one for one in self.agreements if one.agreement != agreement.agreement)


def check_open(
    listing: ListingState, person: bytes, today: str, wanted: TransactionType | None
) -> None:
    """Raise DomainError unless ``person`` may ask for ``listing``, which stands open ``today``.

    With ``wanted`` it must be an offer on such terms.
    """
    if listing.owner == person:
        raise DomainError("that is your own listing; ask for somebody else's")
    if wanted is not None:
        if listing.exchange_type is not ExchangeType.OFFER:
            raise DomainError("that is a want; only an offer can be asked for")
        if wanted not in listing.transaction_types:
            raise DomainError(_NOT_FOR[wanted])
    if listing.closed:
        raise DomainError("that offer is closed; look for another one")
    if listing.expired(today):
        raise DomainError(f"that offer ended on {listing.expires}; look for another one")


_NOT_FOR: Final = {
    TransactionType.BORROW_LEND: "that offer is not for lending; talk to its owner",
    TransactionType.RECEIVE_DONATE: "that is not given away; talk to its owner",
}


def check_offered_quantity(listing: ListingState, quantity: int) -> int:
    """``quantity``, if that many are offered; raises DomainError."""
    if not 1 <= quantity <= limits.QUANTITY_MAX:
        raise DomainError(f"the quantity must be 1 to {limits.QUANTITY_MAX}")
    if quantity > listing.quantity:
        raise DomainError(f"only {listing.quantity} of that are offered; ask for fewer")
    return quantity


def check_move(
    table: AgreementTable, state: AgreementState, person: bytes, move: str, now_ms: int
) -> None:
    """Raise DomainError, saying what is possible instead, unless ``person`` may ``move`` now."""
    if state.role_of(person) is None:
        raise DomainError(f"only the {' and the '.join(dict.fromkeys(table.roles))} can do that")
    if move not in table.moves:
        raise DomainError(f"there is no move {move}; there are {', '.join(table.moves[1:])}")
    possible = tuple(dict.fromkeys(row.move for row in allowed_moves(table, state, person, now_ms)))
    if move in possible:
        times = sum(1 for one in state.signatures if (one.move, one.person) == (move, person))
        if times >= limits.REPEATED_MOVES_MAX:
            raise DomainError(f"you have signed {move} {times} times; once more changes nothing")
        return
    if state.signed(move, person):
        raise DomainError(f"you have signed {move} already")
    role = state.role_of(person)
    instead = f"possible now: {', '.join(possible)}" if possible else "no move is possible now"
    raise DomainError(
        f"{move} is not possible for the {role} while it is {plain(state.underlying)}; {instead}"
    )


def draft_move(
    table: AgreementTable,
    state: AgreementState,
    command: MoveAgreement,
    now_ms: int,
    **signed: Any,
) -> Draft:
    """The entry that makes ``command.move``, with what the command says and what is ``signed`` on
    top of it by a rule (a due date).

    Raises DomainError unless the person may make it now, for words the move has no place for, and
    for words it needs.
    """
    check_move(table, state, command.person, command.move, now_ms)
    body = table.body_of(command.move)
    said: dict[str, Any] = {"note": clean_note(command.note)}
    for name, (field, words) in _DETAILS.items():
        value = getattr(command, name)
        if value is None or value in ("", ()):
            continue
        if field not in body.__struct_fields__:
            raise DomainError(f"{command.move} has no place for {words}; leave that out")
        said.update(_cleaned(name, value))
    said.update(signed)
    try:
        made = msgspec.convert(said, body, builtin_types=(bytes,))
    except msgspec.ValidationError:
        raise DomainError(_too_little(command.move, body, said)) from None
    return checked(Draft(table.kind_of(command.move), made))


def _cleaned(name: str, value: Any) -> dict[str, Any]:
    match name:
        case "until":
            day, minute = days.parse_moment(value, "the last day")
            return {
                "until_day": day,
                "until_minute": limits.DAY_MINUTES if minute is None else minute,
            }
        case "checked" | "missing":
            return {name: clean_words(value, "part", limits.PARTS_MAX)}
        case "part":
            return {name: clean_line(value, limits.TAG_CHARACTERS_MAX, "the part")}
        case "condition" | "what" | "instead":
            known, what = _WORDS[name]
            if value not in known:
                raise DomainError(f"there is no {what} '{value}'; there are {', '.join(known)}")
            return {name: value}
        case _:
            return {name: value}


def _too_little(move: str, body: type[AgreementMove] | type[Any], said: Mapping[str, Any]) -> str:
    needed = [
        words for _, (field, words) in _DETAILS.items() if field in _required(body) - said.keys()
    ]
    return f"{move} has to say more: {', '.join(needed)}" if needed else f"{move} cannot say that"


def _required(body: type[Any]) -> set[str]:
    return {field.name for field in msgspec.structs.fields(body) if field.required}


def settling(agreement: AgreementState, command: MoveAgreement) -> MoveAgreement:
    """``command`` with the other's last words if it brings none: settled is what both signed."""
    if command.note.strip():
        return command
    offered = [
        one.note
        for one in agreement.signatures
        if one.move == "settle" and one.person != command.person
    ]
    if not offered:
        raise DomainError("say what you propose to settle on, in a note")
    return replace(command, note=offered[-1])


def check_parts(body: object, listing: ListingState | None) -> None:
    """Raise DomainError if a move names parts as missing that are none of the listing's."""
    if not isinstance(body, CustodyMove) or listing is None or not listing.parts:
        return
    unknown = [part for part in body.missing if part not in listing.parts]
    if unknown:
        raise DomainError(f"'{unknown[0]}' is no part of it; it has {', '.join(listing.parts)}")


# --- what is free -----------------------------------------------------------------------------


class SignedMove(NamedTuple):
    """A move that one of the parties has signed."""

    move: str


class Claim(NamedTuple):
    """What has to be known of an agreement (its id, 16 bytes) to say what it takes."""

    agreement: bytes
    kind: str
    underlying: str
    quantity: int
    from_day: str
    until_day: str
    from_minute: int = 0
    until_minute: int = limits.DAY_MINUTES
    signatures: tuple[SignedMove, ...] = ()


def takes(agreement: AgreementState | Claim, today: str, minute: int = 0) -> BusyPeriod | None:
    """What ``agreement`` takes of its listing at ``minute`` of ``today``, or None if nothing."""
    promise = promise_of(agreement)
    return None if promise is None else as_it_stands(promise, today, minute)


def promise_of(agreement: AgreementState | Claim) -> BusyPeriod | None:
    """What ``agreement`` promises of its listing, or None if it promises nothing.

    Open-ended where the thing is in repair, lost, or given away. What two people dispute about is
    out until it was taken back. The tag is the agreement's id and never leaves this computer.
    """
    table = AGREEMENTS[agreement.kind]
    disputed = agreement.underlying in table.unsettled
    if disputed and any(one.move in table.back for one in agreement.signatures):
        return None
    if not disputed and agreement.underlying not in table.promises:
        return None
    out = disputed or agreement.underlying in table.out
    endless = table.alone or agreement.underlying in table.for_good
    return BusyPeriod(
        agreement.from_day,
        None if endless else agreement.until_day,
        agreement.quantity,
        out,
        agreement.agreement[: limits.PROMISE_TAG_BYTES],
        agreement.from_minute,
        limits.DAY_MINUTES if endless else agreement.until_minute,
    )


def check_free(
    wanted: BusyPeriod,
    agreements: Iterable[AgreementState],
    elsewhere: Iterable[BusyPeriod],
    listing: ListingState,
    today: str,
    minute: int,
) -> None:
    """Refuse a promise of more things than there are, from now (``minute`` of ``today``) on.

    ``agreements`` are the others about the listing that its owner knows, ``elsewhere`` periods that
    another computer of the owner has published. Raises DomainError, naming when it is taken.
    """
    promised = [
        period
        for other in agreements
        if other.listing == listing.listing and (period := takes(other, today, minute)) is not None
    ]
    if len(promised) >= limits.BUSY_PERIODS_MAX:
        raise DomainError("too much of that listing is promised; close some agreements first")
    rest = listing.policy.buffer_minutes
    # What is over already clashes with nothing; the minute belongs to its day, not to today.
    first, begins = max((wanted.from_day, wanted.from_minute), (today, minute))
    asked = Span(first, wanted.until_day, begins, wanted.until_minute)
    kept_free = _with_rest(asked, rest_minutes(wanted.until_minute, rest))
    told = [as_it_stands(period, today, minute) for period in elsewhere]
    for clash in conflicts(listing.quantity, [*told, *promised, wanted], rest):
        common = days.overlap(kept_free, clash)
        if common is not None:
            raise DomainError(
                f"that overlaps what you promised or have lent, {_spoken(common)};"
                " decline it, or get the thing back first"
            )


def _with_rest(span: Span, rest: int) -> Span:
    start, end = days.span_minutes(span)
    return days.span_of_minutes(start, None if end is None else end + rest)


def _spoken(span: Span) -> str:
    whole = span.from_minute == 0 and span.until_minute == limits.DAY_MINUTES
    start = span.from_day if whole else days.format_moment(span.from_day, span.from_minute)
    if span.until_day is None:
        return f"from {start} on, until it is back"
    end = span.until_day if whole else days.format_moment(span.until_day, span.until_minute)
    return f"from {start} until {end}"


def busy_periods(
    agreements: Iterable[AgreementState],
    tag: Callable[[bytes], bytes],
    elsewhere: Iterable[BusyPeriod] = (),
    queue: Iterable[bytes] = (),
) -> Draft:
    """The ``listing.busy`` entry that tells of these agreements of one listing, without names.

    ``tag`` gives the 8 bytes that tell an agreement (its id) from others and reveal nothing of it.
    ``elsewhere`` are periods told of by another computer of the owner, of agreements that are not
    known here yet: they stand. ``queue`` are the tags of those who wait. Should there be more
    than BUSY_PERIODS_MAX, what is out and what comes soonest is told. What is late is told with its
    last day, as everybody knows today.
    """
    known = (
        msgspec.structs.replace(period, tag=tag(agreement.agreement))
        for agreement in agreements
        if (period := promise_of(agreement)) is not None
    )
    periods = merged((*elsewhere, *known))
    soonest = sorted(periods, key=lambda period: not period.out)[: limits.BUSY_PERIODS_MAX]
    return Draft(
        "listing.busy",
        ListingBusy(periods=merged(soonest), queue=tuple(queue)[: limits.HOLDS_MAX]),
    )


def plain(state: str) -> str:
    """A state in plain words."""
    return state.replace("_", " ")
