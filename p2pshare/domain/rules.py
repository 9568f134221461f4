"""The rules: a folded state and a command in, bodies to sign out, or one clear line why not.

Small pure functions. The caller (``node``) looks up the states, passes in the time, today's local
day and the zone, signs the drafts with the acting person's feed and ingests them. What peers sign
is not judged here but in the folds: a rule only keeps *this* device's people from signing what
would be ignored, double-booked or unreadable elsewhere. People, listings and forgetting are here;
agreements, hours and inductions have modules of their own (``loan_rules``, ``hour_rules``, ...).

This module must not query, read a clock or know how an entry is encoded.
"""

from collections.abc import Sequence

import msgspec

from p2pshare import limits
from p2pshare.domain import days
from p2pshare.domain.bodies import (
    EntryErase,
    ListingClose,
    ListingPut,
    LoanPolicy,
    PersonProfile,
)
from p2pshare.domain.commands import (
    UNCHANGED,
    AddListing,
    CloseListing,
    EditListing,
)
from p2pshare.domain.drafts import Draft, check_quantity, checked, clean_words
from p2pshare.domain.listing import ListingState
from p2pshare.domain.terms import canonical_terms
from p2pshare.domain.text import clean_block, clean_line
from p2pshare.domain.vocabulary import TransactionType, default_transaction_type
from p2pshare.errors import DomainError

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
        tags=clean_words(command.tags, "tag", limits.TAGS_MAX),
        quantity=check_quantity(command.quantity),
        expires=_expires(command.expires, today),
        photos=_photos(command.photos),
        terms=canonical_terms(command.terms),
        parts=clean_words(command.parts, "part", limits.PARTS_MAX),
        policy=_policy(command.policy),
        induction=command.induction,
        witnesses=_witnesses(command.witnesses, command.person),
    )
    return checked(Draft("listing.put", put))


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
        changes["tags"] = clean_words(command.tags, "tag", limits.TAGS_MAX)
    if command.quantity is not UNCHANGED:
        changes["quantity"] = check_quantity(command.quantity)
    if command.expires is not UNCHANGED:
        changes["expires"] = _expires(command.expires, today)
    if command.photos is not UNCHANGED:
        changes["photos"] = _photos(command.photos)
    if command.terms is not UNCHANGED:
        changes["terms"] = canonical_terms(command.terms, kept=state.terms)
    if command.parts is not UNCHANGED:
        changes["parts"] = clean_words(command.parts, "part", limits.PARTS_MAX)
    if command.policy is not UNCHANGED:
        changes["policy"] = _policy(command.policy)
    if command.induction is not UNCHANGED:
        changes["induction"] = command.induction
    if command.witnesses is not UNCHANGED:
        changes["witnesses"] = _witnesses(command.witnesses, command.person)
    edited = msgspec.structs.replace(current, **changes)
    if not state.closed and edited == current:
        raise DomainError("nothing would change; name at least one field with a new value")
    return checked(Draft("listing.put", edited))


def close_listing(state: ListingState, command: CloseListing) -> Draft:
    """The entry that takes ``state`` down; DomainError for others' and for closed listings."""
    _check_owner(state, command.person, "close")
    if state.closed:
        raise DomainError("that listing is closed already")
    return Draft("listing.close", ListingClose())


# --- forgetting -----------------------------------------------------------------------------


def forget(entries: Sequence[bytes]) -> list[Draft]:
    """The erasures that name ``entries`` (ids of one's own erasable entries, bodies still held).

    Several, where one entry cannot name them all. DomainError if there is nothing to forget.
    """
    if not entries:
        raise DomainError("there is nothing of yours to forget there")
    ordered = sorted(set(entries))
    step = limits.ERASED_ENTRIES_PER_BODY_MAX
    return [
        checked(Draft("entry.erase", EntryErase(entries=tuple(ordered[start : start + step]))))
        for start in range(0, len(ordered), step)
    ]


# --- fields ---------------------------------------------------------------------------------


def _check_owner(state: ListingState, person: bytes, what: str) -> None:
    if state.owner != person:
        raise DomainError(f"only its owner can {what} a listing")


def _title(text: str) -> str:
    return clean_line(text, limits.TITLE_CHARACTERS_MAX, "the title", required=True)


def _description(text: str) -> str:
    return clean_block(text, limits.DESCRIPTION_CHARACTERS_MAX, "the description")


def _category(text: str) -> str:
    return clean_line(text, limits.CATEGORY_CHARACTERS_MAX, "the category")


def _policy(policy: LoanPolicy) -> LoanPolicy:
    """``policy`` with clean words; raises DomainError for bounds that cannot be."""
    for value, least, most, what in (
        (policy.longest_days, 1, limits.LOAN_DAYS_MAX, "the longest loan, in days,"),
        (policy.renewals, 0, limits.RENEWALS_MAX, "the number of renewals"),
        (
            policy.buffer_minutes,
            0,
            limits.BUFFER_MINUTES_MAX,
            "the minutes between loans",
        ),
        (policy.hold_hours, 1, limits.HOLD_HOURS_MAX, "the hours that a turn stands"),
    ):
        if value is not None and not least <= value <= most:
            raise DomainError(f"{what} must be {least} to {most}")
    return msgspec.structs.replace(
        policy,
        notice=clean_block(policy.notice, limits.NOTE_CHARACTERS_MAX, "the notice"),
        deposit=clean_line(policy.deposit, limits.TITLE_CHARACTERS_MAX, "the deposit"),
    )


def _witnesses(persons: Sequence[bytes], owner: bytes) -> tuple[bytes, ...]:
    """Those beside the owner who may show others how to use a thing, each once."""
    kept = tuple(person for person in dict.fromkeys(persons) if person != owner)
    if len(kept) > limits.WITNESSES_MAX:
        raise DomainError(f"at most {limits.WITNESSES_MAX} witnesses are possible; name fewer")
    return kept


def _transaction_types(types: Sequence[TransactionType]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(kind.value for kind in types))


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
