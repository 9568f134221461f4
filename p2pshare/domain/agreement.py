"""The one engine for agreements between two people, driven by tables (DESIGN section 6).

The tables are ``domain.agreement_table``. The fold, the command line's moves and the window's
buttons derive from them here. A new kind of agreement is a new table (see ``domain.loan``) and
``register_agreement``; nothing here, and nothing in ``log`` or ``store``, names a kind.

Every agreement is about a listing. The first role of a table is the one who asks, the author of the
opening entry; the second is the listing's owner, whom the caller has found out and passes in.

This module must not look up listings, keys or standing, and must not read a clock.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, NamedTuple

from p2pshare import limits
from p2pshare.domain.agreement_bodies import (
    AgreementMove,
    AgreementOpening,
    AnswersEnd,
    AsksEnd,
    SetsDue,
    SetsEnd,
    SetsMinutes,
    SetsOffer,
)
from p2pshare.domain.agreement_table import (
    STAYS,
    AgreementTable,
    Circumstances,
    Condition,
    Row,
    markdown_table,
)
from p2pshare.domain.bodies import KindSpec, register_kind, unregister_kind
from p2pshare.domain.ordering import FoldEntry, causal_order

__all__ = [
    "AGREEMENTS",
    "DISPUTED",
    "AgreementState",
    "AgreementTable",
    "Circumstances",
    "Condition",
    "Row",
    "Signature",
    "agreement_of",
    "allowed_moves",
    "both_signed",
    "fold_agreement",
    "markdown_table",
    "register_agreement",
    "unregister_agreement",
]

#: What an agreement shows as when a revocation took one of its entries.
DISPUTED: Final = "disputed"


class Signature(NamedTuple):
    """A move somebody signed: its name, the person, the entry, its author's time, what they said.

    ``time_ms`` is as signed, so anybody may have made it up; views show min(time_ms, received).
    """

    move: str
    person: bytes
    entry_id: bytes
    time_ms: int
    note: str
    body: AgreementOpening | AgreementMove


@dataclass(frozen=True)
class AgreementState:
    """An agreement as it stands.

    ``agreement`` is its id (16 bytes), ``parties`` the two persons in the order of the table's
    roles. ``state`` is what to show, ``underlying`` what the table says: they differ when
    ``denied`` names entries that a revocation took. ``until_day`` and ``until_minute`` are those
    last signed, ``asked_until`` those asked for and not answered. ``due_at_ms`` is None until it is
    signed, ``closed_ms`` until a closing move, ``offered_until_ms`` and ``minutes`` until a move
    says them. ``signatures`` are in causal order, the opening one first.
    """

    kind: str
    agreement: bytes
    state: str
    underlying: str
    roles: tuple[str, str]
    parties: tuple[bytes, bytes]
    listing: bytes
    listing_header: bytes
    title: str
    terms: tuple[str, ...]
    quantity: int
    from_day: str
    until_day: str
    from_minute: int
    until_minute: int
    note: str
    opening: AgreementOpening
    asked_until: tuple[str, int] | None
    due_at_ms: int | None
    closed_ms: int | None
    offered_until_ms: int | None
    minutes: int | None
    signatures: tuple[Signature, ...]
    denied: tuple[bytes, ...]

    def role_of(self, person: bytes) -> str | None:
        """The role of ``person`` here, or None for everybody else."""
        return self.roles[self.parties.index(person)] if person in self.parties else None

    def signed(self, move: str, person: bytes) -> bool:
        """Whether ``person`` has signed ``move``."""
        return any(
            signature.move == move and signature.person == person for signature in self.signatures
        )

    @property
    def circumstances(self) -> Circumstances:
        """By what the conditions of the table are judged now."""
        return Circumstances(
            self.due_at_ms, self.closed_ms, self.offered_until_ms, self.asked_until is not None
        )

    def overdue(self, table: AgreementTable, now_ms: int) -> bool:
        """Whether it is still held after it was due. Derived: never stored, never sent."""
        return (
            self.underlying in table.held and self.due_at_ms is not None and now_ms > self.due_at_ms
        )


def fold_agreement(
    table: AgreementTable,
    first: FoldEntry,
    owner: bytes,
    moves: Iterable[FoldEntry],
    denied: Iterable[bytes] = (),
) -> AgreementState | None:
    """The state of the agreement that ``first`` opens with ``owner``, the listing's owner.

    ``moves`` are the other counted entries that name it, in any order; ``denied`` the ids of the
    parties' entries that a revocation took. None if ``first`` opens nothing: a wrong kind, no body,
    an owner who asks themselves, or somebody else where the owner is alone. Moves that the table
    does not allow are ignored.
    """
    body = first.body
    if first.kind != table.kind_of(table.opening.move) or (first.author == owner) != table.alone:
        return None
    if not isinstance(body, AgreementOpening) or not isinstance(body, table.opening.body):
        return None
    parties = (first.author, owner)
    ranks = {row.move: row.rank for row in table.rows}
    progress = _Progress(table, parties, table.opening.to_state, body.until_day, body.until_minute)
    progress.sign(table.opening.move, first, body)

    def move_body(entry: FoldEntry) -> AgreementMove | None:
        move = table.move_of(entry.kind)
        if move is None or entry.author not in parties:
            return None
        rightly_typed = isinstance(entry.body, table.body_of(move))
        return entry.body if rightly_typed and isinstance(entry.body, AgreementMove) else None

    ordered = causal_order(
        moves,
        rank=lambda entry: ranks.get(table.move_of(entry.kind) or "", 0),
        say=lambda entry: entry.entry_id != first.entry_id and move_body(entry) is not None,
    )
    for entry in ordered:
        said = move_body(entry)
        move = table.move_of(entry.kind)
        if said is not None and move is not None:
            progress.take(move, entry, said)
    lost = tuple(sorted(set(denied)))
    return AgreementState(
        kind=table.kind,
        agreement=first.entry_id[:16],
        state=DISPUTED if lost else progress.state,
        underlying=progress.state,
        roles=table.roles,
        parties=parties,
        listing=body.listing,
        listing_header=body.listing_header,
        title=body.title,
        terms=body.terms,
        quantity=body.quantity,
        from_day=body.from_day,
        until_day=progress.until_day,
        from_minute=body.from_minute,
        until_minute=progress.until_minute,
        note=body.note,
        opening=body,
        asked_until=progress.asked_until,
        due_at_ms=progress.due_at_ms,
        closed_ms=progress.closed_ms,
        offered_until_ms=progress.offered_until_ms,
        minutes=progress.minutes,
        signatures=tuple(progress.signatures),
        denied=lost,
    )


def allowed_moves(
    table: AgreementTable, state: AgreementState, person: bytes, now_ms: int
) -> tuple[Row, ...]:
    """The rows by which ``person`` could move or join now, in the order of the table.

    Judged by the underlying state, as the fold will judge the move; nobody but the parties has any.
    """
    role = state.role_of(person)
    if role is None:
        return ()
    signed = frozenset(one.move for one in state.signatures if one.person == person)
    return open_rows(table, role, state.underlying, signed, now_ms, state.circumstances)


def open_rows(
    table: AgreementTable,
    role: str,
    underlying: str,
    signed: frozenset[str],
    now_ms: int,
    circumstances: Circumstances,
) -> tuple[Row, ...]:
    """The rows by which whoever is in ``role`` and has ``signed`` these moves could move now.

    What ``allowed_moves`` says, for those who have no state at hand but what is shown of it. What
    depends on the other's words is left out: a row without that condition stands beside it.
    """
    return tuple(
        row
        for row in table.rows[1:]
        if role in row.roles
        and (
            row.leads_on(underlying, now_ms, circumstances, said_same=False)
            or (underlying in row.joins and row.move not in signed)
        )
    )


def both_signed(table: AgreementTable, state: AgreementState) -> tuple[tuple[str, str], ...]:
    """The pairs of the table of which both sides signed theirs: facts about a person.

    Of one move that both make, what they said counts: the same minutes, or the settlement.
    """
    alike = {row.move for row in table.rows if row.condition is Condition.OTHER_SAID_SAME}

    def holds(pair: tuple[str, str]) -> bool:
        first, second = pair
        return any(
            one.move == first
            and other.move == second
            and one.person != other.person
            and _say_same(one.body, other.body, notes=first in alike)
            for one in state.signatures
            for other in state.signatures
        )

    return tuple(pair for pair in table.pairs if holds(pair))


_tables: dict[str, AgreementTable] = {}

#: Every kind of agreement this version folds. Grows by ``register_agreement`` only.
AGREEMENTS: Final[Mapping[str, AgreementTable]] = MappingProxyType(_tables)


def register_agreement(table: AgreementTable) -> None:
    """Make ``table`` known to the fold, with the kinds of its moves: sealed, erased by both.

    Where the owner is alone, by the owner.

    Saying the same thing twice is harmless; ValueError if the kind already means something else.
    """
    known = _tables.setdefault(table.kind, table)
    if known != table:
        raise ValueError(f"the agreement {table.kind} is registered already")
    for move in table.moves:
        register_kind(
            KindSpec(
                table.kind_of(move),
                table.body_of(move),
                sealed=True,
                erasable="own" if table.alone else "both",
            )
        )


def unregister_agreement(table: AgreementTable) -> None:
    """Take ``table`` out again: its entries are kept, and not folded; KeyError if unknown."""
    del _tables[table.kind]
    for move in table.moves:
        unregister_kind(table.kind_of(move))


def agreement_of(kind: str) -> AgreementTable | None:
    """The table to which an entry of the true ``kind`` belongs, or None."""
    table = _tables.get(kind.partition(".")[0])
    return table if table is not None and table.move_of(kind) is not None else None


@dataclass
class _Progress:
    """What the fold knows between two moves."""

    table: AgreementTable
    parties: tuple[bytes, bytes]
    state: str
    until_day: str
    until_minute: int
    asked_until: tuple[str, int] | None = None
    due_at_ms: int | None = None
    closed_ms: int | None = None
    offered_until_ms: int | None = None
    minutes: int | None = None
    signatures: list[Signature] = field(default_factory=list)

    def sign(self, move: str, entry: FoldEntry, body: AgreementOpening | AgreementMove) -> None:
        self.signatures.append(
            Signature(move, entry.author, entry.entry_id, entry.time_ms, body.note, body)
        )

    def take(self, move: str, entry: FoldEntry, body: AgreementMove) -> None:
        """Follow ``move`` if a row allows it, else add its signature if a row lets it join."""
        role = self.table.roles[self.parties.index(entry.author)]
        circumstances = Circumstances(
            self.due_at_ms, self.closed_ms, self.offered_until_ms, self.asked_until is not None
        )
        others = [
            one.body for one in self.signatures if one.move == move and one.person != entry.author
        ]
        said_same = bool(others) and _say_same(others[-1], body, notes=True)
        for row in self.table.rows[1:]:
            if row.move != move or role not in row.roles:
                continue
            if row.leads_on(self.state, entry.time_ms, circumstances, said_same=said_same):
                if row.to_state is not STAYS:
                    self._go(row.to_state, entry)
                elif self._times_signed(move, entry.author) >= limits.REPEATED_MOVES_MAX:
                    return
                self._act_upon(body)
                self.sign(move, entry, body)
                return
            if self.state in row.joins and not self._times_signed(move, entry.author):
                self.sign(move, entry, body)
                return

    def _go(self, state: str, entry: FoldEntry) -> None:
        self.state = state
        if state in self.table.closing:
            self.closed_ms = entry.time_ms

    def _act_upon(self, body: AgreementMove) -> None:
        """Take over what a move that leads on says beside its note."""
        if isinstance(body, SetsDue):
            self.due_at_ms = body.due_at_ms
        if isinstance(body, AsksEnd):
            self.asked_until = (body.until_day, body.until_minute)
        if isinstance(body, SetsEnd):
            self.until_day, self.until_minute = body.until_day, body.until_minute
        if isinstance(body, SetsEnd | AnswersEnd):
            self.asked_until = None
        if isinstance(body, SetsOffer):
            self.offered_until_ms = body.offered_until_ms
        if isinstance(body, SetsMinutes):
            self.minutes = body.minutes

    def _times_signed(self, move: str, person: bytes) -> int:
        return sum(1 for known in self.signatures if known[:2] == (move, person))


def _say_same(
    one: AgreementOpening | AgreementMove, other: AgreementOpening | AgreementMove, *, notes: bool
) -> bool:
    """Whether two people mean the same by a move; ``notes``: their words are what it is about."""
    if isinstance(one, SetsMinutes) and isinstance(other, SetsMinutes):
        return one.minutes == other.minutes
    return one.note == other.note or not notes
