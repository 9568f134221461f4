"""The rules: a folded state and a command in, bodies to sign out, or one clear line why not.

Small pure functions. The caller (``node``) looks up the states, passes in the time, today's local
day and the zone, signs the drafts with the acting person's feed and ingests them. What peers sign
is not judged here but in the folds: a rule only keeps *this* device's people from signing what
would be ignored, double-booked or unreadable elsewhere.

This module must not query, read a clock or know how an entry is encoded.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec

from p2pshare import limits
from p2pshare.domain import days
from p2pshare.domain.agreement import (
    AgreementState,
    AgreementTable,
    allowed_moves,
)
from p2pshare.domain.bodies import (
    AgreementMove,
    Body,
    BusyPeriod,
    EntryErase,
    HoursPay,
    ListingBusy,
    ListingClose,
    ListingPut,
    LoanAccept,
    LoanRequest,
    PersonProfile,
    encode_payload,
)
from p2pshare.domain.commands import (
    UNCHANGED,
    AddListing,
    CloseListing,
    EditListing,
    MoveLoan,
    PayHours,
    RequestLoan,
)
from p2pshare.domain.days import Zone
from p2pshare.domain.hours import check_minutes
from p2pshare.domain.listing import ListingState, conflicts, merged
from p2pshare.domain.loan import LOAN
from p2pshare.domain.text import clean_block, clean_line
from p2pshare.domain.vocabulary import (
    ExchangeType,
    TransactionType,
    default_transaction_type,
)
from p2pshare.errors import DomainError

_SALT_BYTES = 16


class Draft(NamedTuple):
    """A body to sign, with its true kind."""

    kind: str
    body: Body


# --- people ---------------------------------------------------------------------------------


def set_name(name: str) -> Draft:
    """The profile by which a person is called ``name``; DomainError if it cannot be a name."""
    return Draft("person.profile", PersonProfile(name=clean_name(name)))


def clean_name(name: str) -> str:
    """``name`` as it may be signed: one line, not empty; raises DomainError."""
    return clean_line(name, limits.PERSON_NAME_CHARACTERS_MAX, "the name", required=True)


# --- listings -------------------------------------------------------------------------------


def put_listing(command: AddListing, today: str) -> Draft:
    """The entry that creates a listing; ``today`` is the local day. Raises DomainError."""
    types = command.transaction_types or (default_transaction_type(command.item_type),)
    put = ListingPut(
        exchange_type=command.exchange_type,
        item_type=command.item_type,
        transaction_types=_transaction_types(types),
        title=_title(command.title),
        description=_description(command.description),
        category=_category(command.category),
        tags=_words(command.tags, "tag", limits.TAGS_MAX),
        quantity=_quantity(command.quantity),
        expires=_expires(command.expires, today),
        photos=_photos(command.photos),
        terms=_words(command.terms, "terms code", limits.TERMS_MAX),
    )
    return _checked(Draft("listing.put", put))


def edit_listing(state: ListingState, command: EditListing, today: str) -> Draft:
    """The entry that changes the given fields of ``state``; what is not given stays as signed.

    Raises DomainError for others' listings, for fields that cannot be, and if nothing changes.
    """
    _check_owner(state, command.person, "edit")
    current = ListingPut(**{name: getattr(state, name) for name in ListingPut.__struct_fields__})
    changes: dict[str, object] = {}
    if command.item_type is not UNCHANGED:
        changes["item_type"] = command.item_type
    if command.transaction_types is not UNCHANGED:
        item_type = state.item_type if command.item_type is UNCHANGED else command.item_type
        types = command.transaction_types or (default_transaction_type(item_type),)
        changes["transaction_types"] = _transaction_types(types)
    if command.title is not UNCHANGED:
        changes["title"] = _title(command.title)
    if command.description is not UNCHANGED:
        changes["description"] = _description(command.description)
    if command.category is not UNCHANGED:
        changes["category"] = _category(command.category)
    if command.tags is not UNCHANGED:
        changes["tags"] = _words(command.tags, "tag", limits.TAGS_MAX)
    if command.quantity is not UNCHANGED:
        changes["quantity"] = _quantity(command.quantity)
    if command.expires is not UNCHANGED:
        changes["expires"] = _expires(command.expires, today)
    if command.photos is not UNCHANGED:
        changes["photos"] = _photos(command.photos)
    if command.terms is not UNCHANGED:
        changes["terms"] = _words(command.terms, "terms code", limits.TERMS_MAX)
    edited = msgspec.structs.replace(current, **changes)
    if not state.closed and edited == current:
        raise DomainError("nothing would change; name at least one field with a new value")
    return _checked(Draft("listing.put", edited))


def close_listing(state: ListingState, command: CloseListing) -> Draft:
    """The entry that takes ``state`` down; DomainError for others' and for closed listings."""
    _check_owner(state, command.person, "close")
    if state.closed:
        raise DomainError("that listing is closed already")
    return Draft("listing.close", ListingClose())


def busy_periods(
    table: AgreementTable, agreements: Iterable[AgreementState], tag: Callable[[bytes], bytes]
) -> Draft:
    """The ``listing.busy`` entry that tells of these agreements of one listing, without names.

    ``tag`` gives the 8 bytes that tell an agreement (its id) from others and reveal nothing of it.
    Only the states of ``table.promises`` count, those of ``table.out`` as out of the house. Should
    there be more than BUSY_PERIODS_MAX, what is out and what comes soonest is told.
    """
    periods = merged(
        BusyPeriod(
            agreement.from_day,
            agreement.until_day,
            agreement.quantity,
            agreement.underlying in table.out,
            tag(agreement.agreement),
        )
        for agreement in agreements
        if agreement.underlying in table.promises
    )
    soonest = sorted(periods, key=lambda period: not period.out)[: limits.BUSY_PERIODS_MAX]
    return Draft("listing.busy", ListingBusy(periods=merged(soonest)))


# --- loans ----------------------------------------------------------------------------------


def request_loan(
    listing: ListingState, listing_header: bytes, command: RequestLoan, today: str
) -> Draft:
    """The request to borrow ``listing``, whose creating header is carried along.

    ``today`` is the borrower's local day. Raises DomainError with the reason in one line.
    """
    if listing.owner == command.person:
        raise DomainError("that is your own listing; ask for somebody else's")
    if listing.exchange_type is not ExchangeType.OFFER:
        raise DomainError("that is a want; only an offer can be borrowed")
    if TransactionType.BORROW_LEND not in listing.transaction_types:
        raise DomainError("that offer is not for lending; talk to its owner")
    if listing.closed:
        raise DomainError("that offer is closed; look for another one")
    if listing.expired(today):
        raise DomainError(f"that offer ended on {listing.expires}; look for another one")
    from_day, until_day = _loan_days(command, today)
    quantity = _quantity(command.quantity)
    if quantity > listing.quantity:
        raise DomainError(f"only {listing.quantity} of that are offered; ask for fewer")
    request = LoanRequest(
        listing=listing.listing,
        listing_header=listing_header,
        title=listing.title,
        terms=listing.terms,
        quantity=quantity,
        from_day=from_day,
        until_day=until_day,
        note=_note(command.note),
    )
    return _checked(Draft(LOAN.kind_of("request"), request))


def move_agreement(
    table: AgreementTable, state: AgreementState, person: bytes, move: str, now_ms: int
) -> None:
    """Raise DomainError, saying what is possible instead, unless ``person`` may ``move`` now."""
    if state.role_of(person) is None:
        raise DomainError(f"only the {' and the '.join(table.roles)} can do that")
    if move not in table.moves:
        raise DomainError(f"there is no move {move}; there are {', '.join(table.moves[1:])}")
    possible = tuple(dict.fromkeys(row.move for row in allowed_moves(table, state, person, now_ms)))
    if move in possible:
        return
    if state.signed(move, person):
        raise DomainError(f"you have signed {move} already")
    role = state.role_of(person)
    instead = f"possible now: {', '.join(possible)}" if possible else "no move is possible now"
    raise DomainError(
        f"{move} is not possible for the {role} while it is {_plain(state.underlying)}; {instead}"
    )


def move_loan(
    loan: AgreementState,
    command: MoveLoan,
    now_ms: int,
    zone: Zone,
    others: Iterable[AgreementState],
    listing_quantity: int,
) -> Draft:
    """The entry that makes ``command.move`` of ``loan``.

    ``others`` are the loans of the same listing that its owner knows (``loan`` itself may be among
    them), ``listing_quantity`` how many things there are, ``zone`` the acting person's. An accept
    signs the end of the until day there as ``due_at_ms``. Raises DomainError with the reason.
    """
    move_agreement(LOAN, loan, command.person, command.move, now_ms)
    note = _note(command.note)
    if command.move != "accept":
        body_type = LOAN.body_of(command.move)
        body = body_type(note=note) if issubclass(body_type, AgreementMove) else None
        if body is None:
            raise DomainError(f"{command.move} is made by asking for a listing")
        return _checked(Draft(LOAN.kind_of(command.move), body))
    today = days.day_of(now_ms, zone)
    if loan.until_day < loan.from_day:
        raise DomainError("the days asked for end before they begin; decline it")
    if loan.until_day < today:
        raise DomainError("the days asked for have passed; decline it and wait for a new request")
    if days.days_between(loan.from_day, loan.until_day) > limits.LOAN_DAYS_MAX:
        raise DomainError(f"it is asked for longer than {limits.LOAN_DAYS_MAX} days; decline it")
    _check_free(loan, others, listing_quantity, today)
    due_at_ms = days.end_of_day_ms(loan.until_day, zone)
    return _checked(Draft(LOAN.kind_of("accept"), LoanAccept(due_at_ms=due_at_ms, note=note)))


def _check_free(
    loan: AgreementState, others: Iterable[AgreementState], quantity: int, today: str
) -> None:
    """Refuse a promise of more things than there are; what is overdue is away until it is back."""
    promised = [
        other
        for other in others
        if other.agreement != loan.agreement
        and other.listing == loan.listing
        and other.underlying in LOAN.promises
    ]
    if len(promised) >= limits.BUSY_PERIODS_MAX:
        raise DomainError("too many loans of that listing are promised; close some of them first")
    periods = [_taken(other, today) for other in promised]
    asked = (max(loan.from_day, today), loan.until_day)
    for clash in conflicts(quantity, [*periods, _taken(loan, today)]):
        common = days.overlap(asked, clash)
        if common is not None:
            raise DomainError(
                f"that overlaps what you promised or have lent, from {common[0]}"
                f" until {common[1]}; decline it, or get the thing back first"
            )


def _taken(loan: AgreementState, today: str) -> BusyPeriod:
    """The days that ``loan`` takes: open-ended while it is out beyond its last day."""
    out = loan.underlying in LOAN.out
    until = None if out and loan.until_day < today else loan.until_day
    tag = loan.agreement[: limits.PROMISE_TAG_BYTES]  # never leaves this device
    return BusyPeriod(loan.from_day, until, loan.quantity, out, tag)


def _loan_days(command: RequestLoan, today: str) -> tuple[str, str]:
    from_day = today if command.from_day is None else command.from_day
    days.parse_day(from_day, "the first day")
    if from_day < today:
        raise DomainError(f"the first day is past; choose {today} or later")
    if command.until_day is None:
        return from_day, days.add_days(from_day, limits.LOAN_DAYS_DEFAULT)
    days.parse_day(command.until_day, "the last day")
    if command.until_day < from_day:
        raise DomainError(f"the last day is before the first; choose {from_day} or later")
    if days.days_between(from_day, command.until_day) > limits.LOAN_DAYS_MAX:
        raise DomainError(f"a loan is at most {limits.LOAN_DAYS_MAX} days long; choose fewer")
    return from_day, command.until_day


# --- hours and forgetting -------------------------------------------------------------------


def pay_hours(command: PayHours) -> Draft:
    """The payment; DomainError for a payment to oneself or of an impossible number of minutes."""
    if command.payee == command.person:
        raise DomainError("you cannot pay yourself; choose somebody else")
    check_minutes(command.minutes)
    payment = HoursPay(payer=command.person, payee=command.payee, minutes=command.minutes)
    return _checked(Draft("hours.pay", payment))


def forget(entries: Sequence[bytes]) -> list[Draft]:
    """The erasures that name ``entries`` (ids of one's own erasable entries, bodies still held).

    Several, where one entry cannot name them all. DomainError if there is nothing to forget.
    """
    if not entries:
        raise DomainError("there is nothing of yours to forget there")
    ordered = sorted(set(entries))
    step = limits.ERASED_ENTRIES_PER_BODY_MAX
    return [
        _checked(Draft("entry.erase", EntryErase(entries=tuple(ordered[start : start + step]))))
        for start in range(0, len(ordered), step)
    ]


# --- fields ---------------------------------------------------------------------------------


def _check_owner(state: ListingState, person: bytes, what: str) -> None:
    if state.owner != person:
        raise DomainError(f"only its owner can {what} a listing")


def _checked(draft: Draft) -> Draft:
    """``draft``, if it can be read back and its body fits into an entry."""
    if len(encode_payload(draft.body)) + _SALT_BYTES > limits.BODY_BYTES_MAX:
        raise DomainError("that is too much text for one entry; please shorten it")
    return draft


def _title(text: str) -> str:
    return clean_line(text, limits.TITLE_CHARACTERS_MAX, "the title", required=True)


def _description(text: str) -> str:
    return clean_block(text, limits.DESCRIPTION_CHARACTERS_MAX, "the description")


def _category(text: str) -> str:
    return clean_line(text, limits.CATEGORY_CHARACTERS_MAX, "the category")


def _note(text: str) -> str:
    return clean_block(text, limits.NOTE_CHARACTERS_MAX, "the note")


def _words(words: Sequence[str], what: str, maximum: int) -> tuple[str, ...]:
    cleaned = (clean_line(word, limits.TAG_CHARACTERS_MAX, f"a {what}") for word in words)
    kept = tuple(dict.fromkeys(word for word in cleaned if word))
    if len(kept) > maximum:
        raise DomainError(f"at most {maximum} {what}s are possible; leave some out")
    return kept


def _transaction_types(types: Sequence[TransactionType]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(kind.value for kind in types))


def _quantity(quantity: int) -> int:
    if not 1 <= quantity <= limits.QUANTITY_MAX:
        raise DomainError(f"the quantity must be 1 to {limits.QUANTITY_MAX}")
    return quantity


def _expires(day: str | None, today: str) -> str | None:
    if day is None:
        return None
    days.parse_day(day, "the last day of the listing")
    if day < today:
        raise DomainError(f"the last day of the listing is past; choose {today} or later")
    return day


def _photos(hashes: Sequence[bytes]) -> tuple[bytes, ...]:
    kept = tuple(dict.fromkeys(hashes))
    if len(kept) > limits.PHOTOS_MAX:
        raise DomainError(f"at most {limits.PHOTOS_MAX} photos are possible; leave some out")
    return kept


def _plain(state: str) -> str:
    return state.replace("_", " ")
