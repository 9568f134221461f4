"""What was before: members, loans and hours as another program had listed them.

History is words that one person brought along and signed alone. It is sealed to that person, so
that the names and addresses of members never leave their computers in the clear; it is shown as
"from Lend Engine", and is no agreement, no receipt, no payment and no fact about anybody. Whatever
counts those must not read it.

A list is cut into bodies of as many rows as fit. A row is known by its ``source`` and ``ref``; of
several rows with the same ones, that of the latest import is what is shown (``taken_ms``, which the
importer signs, then the id of the history). Neighbours: ``domain.lists`` reads the rows,
``node.importing_history`` signs them, ``store.history`` lists them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta

from p2pshare import limits
from p2pshare.domain.bodies import (
    Body,
    KindSpec,
    Note,
    Whole,
    check_day,
    encode_sealed_payload,
    register_kind,
)
from p2pshare.domain.drafts import Draft
from p2pshare.domain.ordering import FoldEntry
from p2pshare.errors import DomainError

LOANS_KIND: Final = "history.loans"
MEMBERS_KIND: Final = "history.members"
HOURS_KIND: Final = "history.hours"

#: Begins the ``ref`` of a row to which the other program gave none.
NAMELESS: Final = "~"

_NAMELESS_DIGITS: Final = 20
_LIST_HEADER_BYTES: Final = 3
"""What MessagePack needs to say how many rows follow, at most."""

Words = Annotated[str, Meta(max_length=limits.HISTORY_TEXT_CHARACTERS_MAX)]
ListingOrNone = Annotated[bytes, Meta(max_length=16)]


class HistoryLoan(msgspec.Struct, frozen=True, array_like=True):
    """``[ref, item, listing, member, from day, until day, returned day, note]``.

    ``listing`` is the id (16 bytes) of what the item has become here, or empty. ``until_day`` and
    ``returned_day`` are empty where the other program does not say.
    """

    ref: Words
    item: Words
    listing: ListingOrNone
    member: Words
    from_day: str
    until_day: str = ""
    returned_day: str = ""
    note: Note = ""

    def __post_init__(self) -> None:
        if len(self.listing) not in (0, 16):
            raise ValueError("a listing has 16 bytes")
        check_day(self.from_day)
        _check_days_if_said(self.until_day, self.returned_day)

    @property
    def day(self) -> str:
        """The day it began."""
        return self.from_day


class HistoryMember(msgspec.Struct, frozen=True, array_like=True):
    """``[ref, name, email, telephone, joined day, note]``; empty where it is not said."""

    ref: Words
    name: Words
    email: Words = ""
    telephone: Words = ""
    joined: str = ""
    note: Note = ""

    def __post_init__(self) -> None:
        _check_days_if_said(self.joined)


class HistoryTransfer(msgspec.Struct, frozen=True, array_like=True):
    """``[ref, what for, giver, receiver, minutes, day, note]``: hours somebody once gave."""

    ref: Words
    item: Words
    member: Words
    receiver: Words
    minutes: Whole
    day: str
    note: Note = ""

    def __post_init__(self) -> None:
        check_day(self.day)


HistoryRow: TypeAlias = HistoryLoan | HistoryMember | HistoryTransfer


class HistoryBody(Body, frozen=True, kw_only=True):
    """The root of all history: where the rows are from, and when they were taken over."""

    source: Words
    taken_ms: Whole


class HistoryLoans(HistoryBody, frozen=True, kw_only=True):
    """``history.loans``: loans that were made before, or elsewhere."""

    rows: Annotated[tuple[HistoryLoan, ...], Meta(max_length=limits.HISTORY_ROWS_PER_BODY_MAX)] = ()


class HistoryMembers(HistoryBody, frozen=True, kw_only=True):
    """``history.members``: who the members were."""

    rows: Annotated[
        tuple[HistoryMember, ...], Meta(max_length=limits.HISTORY_ROWS_PER_BODY_MAX)
    ] = ()


class HistoryHours(HistoryBody, frozen=True, kw_only=True):
    """``history.hours``: hours that went from one member to another; they move no account."""

    rows: Annotated[
        tuple[HistoryTransfer, ...], Meta(max_length=limits.HISTORY_ROWS_PER_BODY_MAX)
    ] = ()


HISTORY_BODIES: Final[Mapping[str, type[HistoryLoans | HistoryMembers | HistoryHours]]] = (
    MappingProxyType(
        {
            LOANS_KIND: HistoryLoans,
            MEMBERS_KIND: HistoryMembers,
            HOURS_KIND: HistoryHours,
        }
    )
)
"""The kinds of history and what they say."""

for _kind, _body in HISTORY_BODIES.items():
    register_kind(KindSpec(_kind, _body, sealed=True, erasable="own"))


@dataclass(frozen=True)
class History:
    """The rows of one entry: ``history`` is its subject (16 bytes), ``person`` who signed it."""

    history: bytes
    person: bytes
    kind: str
    source: str
    taken_ms: int
    rows: tuple[HistoryRow, ...]


def history_of(subject: bytes, entry: FoldEntry) -> History | None:
    """What the entry that created ``subject`` says of the past, or None if that is nothing."""
    body = entry.body
    if entry.kind not in HISTORY_BODIES or not isinstance(
        body, HistoryLoans | HistoryMembers | HistoryHours
    ):
        return None
    return History(subject, entry.author, entry.kind, body.source, body.taken_ms, body.rows)


class Packing:
    """Puts rows in their order into as few payloads as hold them, of at most ``room`` bytes."""

    def __init__(self, kind: str, source: str, taken_ms: int, room: int) -> None:
        self._kind = kind
        self._said = {"source": source, "taken_ms": taken_ms}
        self._body = HISTORY_BODIES[kind]
        self._room = room
        # The field with the rows is left out of an empty body: its name, and how many there are.
        self._empty = len(encode_sealed_payload(kind, self._body(source=source, taken_ms=taken_ms)))
        self._empty += len(msgspec.msgpack.encode("rows")) + _LIST_HEADER_BYTES
        self._size = self._empty
        self._open: list[HistoryRow] = []
        self._full: list[Draft] = []

    def add(self, row: HistoryRow) -> None:
        """Raises DomainError for a row that is too long for any body."""
        size = len(msgspec.msgpack.encode(row))
        if self._empty + size > self._room:
            raise DomainError("it is too long for one entry; please shorten it")
        if self._size + size > self._room or len(self._open) == limits.HISTORY_ROWS_PER_BODY_MAX:
            self._close()
        self._open.append(row)
        self._size += size

    def drafts(self) -> list[Draft]:
        """The bodies with all rows that were added, to be sealed to their author."""
        self._close()
        return self._full

    def _close(self) -> None:
        if self._open:
            said = msgspec.convert({**self._said, "rows": tuple(self._open)}, self._body)
            self._full.append(Draft(self._kind, said))
        self._open, self._size = [], self._empty


def is_news(row: HistoryRow, known: HistoryRow) -> bool:
    """Whether a row says otherwise than the one that is known by the same ``ref``.

    A listing that is not found any more is no news: what the item had become stays known.
    """
    if isinstance(row, HistoryLoan) and isinstance(known, HistoryLoan) and not row.listing:
        row = msgspec.structs.replace(row, listing=known.listing)
    return row != known


def nameless_ref(words: Iterable[str], met: dict[str, int]) -> str:
    """A ``ref`` for a row without one: by what it says, and which of the same it is.

    ``met`` counts the rows of the list that said the same before.
    """
    said = "\0".join(words).encode("utf-8", "surrogatepass")
    digest = sha256(said).hexdigest()[:_NAMELESS_DIGITS]
    met[digest] = met.get(digest, 0) + 1
    return f"{NAMELESS}{digest}.{met[digest]}"


def member_text(name: str, email: str) -> str:
    """Who borrowed, in one text: the name, and the address that tells two of that name apart."""
    return f"{name} <{email}>" if name and email else name or email


def split_member_text(text: str) -> tuple[str, str]:
    """The name and the address in what ``member_text`` made; no address where there was none."""
    name, bracket, email = text.removesuffix(">").rpartition(" <")
    return (name, email) if bracket and text.endswith(">") else (text, "")


def shown_ref(ref: str) -> str:
    """What the other program called a row; empty where it had no name for it."""
    return "" if ref.startswith(NAMELESS) else ref


def _check_days_if_said(*said: str) -> None:
    for day in said:
        if day:
            check_day(day)
