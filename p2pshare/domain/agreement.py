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
from p2pshare.domain.agreement_table import AgreementTable, Condition, Row, markdown_table
from p2pshare.domain.bodies import (
    AgreementMove,
    AgreementOpening,
    Body,
    KindSpec,
    SetsDue,
    register_kind,
    unregister_kind,
)
from p2pshare.domain.days import DAY_MS
from p2pshare.domain.ordering import FoldEntry, causal_order

__all__ = [
    "AGREEMENTS",
    "DISPUTED",
    "AgreementState",
    "AgreementTable",
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


@dataclass(frozen=True)
class AgreementState:
    """An agreement as it stands.

    ``agreement`` is its id (16 bytes), ``parties`` the two persons in the order of the table's
    roles. ``state`` is what to show, ``underlying`` what the table says: they differ when
    ``denied`` names entries that a revocation took. ``due_at_ms`` is None until it is signed,
    ``closed_ms`` until a closing move. ``signatures`` are in causal order, the opening one first.
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
    note: str
    opening: Body
    due_at_ms: int | None
    closed_ms: int | None
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
    or an owner who asks themselves. Moves that the table does not allow are ignored.
    """
    body = first.body
    if first.kind != table.kind_of(table.opening.move) or first.author == owner:
        return None
    if not isinstance(body, AgreementOpening) or not isinstance(body, table.opening.body):
        return None
    parties = (first.author, owner)
    ranks = {row.move: row.rank for row in table.rows}
    progress = _Progress(table, parties, table.opening.to_state)
    progress.sign(table.opening.move, first, body.note)

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
        until_day=body.until_day,
        note=body.note,
        opening=body,
        due_at_ms=progress.due_at_ms,
        closed_ms=progress.closed_ms,
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
    return open_rows(
        table, role, state.underlying, signed, now_ms, state.due_at_ms, state.closed_ms
    )


def open_rows(
    table: AgreementTable,
    role: str,
    underlying: str,
    signed: frozenset[str],
    now_ms: int,
    due_at_ms: int | None,
    closed_ms: int | None,
) -> tuple[Row, ...]:
    """The rows by which whoever is in ``role`` and has ``signed`` these moves could move now.

    What ``allowed_moves`` says, for those who have no state at hand but what is shown of it.
    """
    return tuple(
        row
        for row in table.rows[1:]
        if role in row.roles
        and (
            _leads_on(row, underlying, now_ms, due_at_ms, closed_ms)
            or (underlying in row.joins and row.move not in signed)
        )
    )


def both_signed(table: AgreementTable, state: AgreementState) -> tuple[tuple[str, str], ...]:
    """The pairs of the table of which both sides signed theirs: facts about a person."""
    signed = {signature.move for signature in state.signatures}
    return tuple(pair for pair in table.pairs if signed.issuperset(pair))


_tables: dict[str, AgreementTable] = {}

#: Every kind of agreement this version folds. Grows by ``register_agreement`` only.
AGREEMENTS: Final[Mapping[str, AgreementTable]] = MappingProxyType(_tables)


def register_agreement(table: AgreementTable) -> None:
    """Make ``table`` known to the fold, with the kinds of its moves: sealed, erased by both.

    Saying the same thing twice is harmless; ValueError if the kind already means something else.
    """
    known = _tables.setdefault(table.kind, table)
    if known != table:
        raise ValueError(f"the agreement {table.kind} is registered already")
    for move in table.moves:
        register_kind(
            KindSpec(table.kind_of(move), table.body_of(move), sealed=True, erasable="both")
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
    due_at_ms: int | None = None
    closed_ms: int | None = None
    signatures: list[Signature] = field(default_factory=list)

    def sign(self, move: str, entry: FoldEntry, note: str) -> None:
        self.signatures.append(Signature(move, entry.author, entry.entry_id, entry.time_ms, note))

    def take(self, move: str, entry: FoldEntry, body: AgreementMove) -> None:
        """Follow ``move`` if a row allows it, else add its signature if a row lets it join."""
        role = self.table.roles[self.parties.index(entry.author)]
        for row in self.table.rows[1:]:
            if row.move != move or role not in row.roles:
                continue
            if _leads_on(row, self.state, entry.time_ms, self.due_at_ms, self.closed_ms):
                self.state = row.to_state
                if isinstance(body, SetsDue):
                    self.due_at_ms = body.due_at_ms
                if row.to_state in self.table.closing:
                    self.closed_ms = entry.time_ms
                self.sign(move, entry, body.note)
                return
            if self.state in row.joins and not self._signed(move, entry.author):
                self.sign(move, entry, body.note)
                return

    def _signed(self, move: str, person: bytes) -> bool:
        return any(known[:2] == (move, person) for known in self.signatures)


def _leads_on(
    row: Row, state: str, time_ms: int, due_at_ms: int | None, closed_ms: int | None
) -> bool:
    """Whether ``row`` leads on from ``state`` for a move signed with ``time_ms``."""
    if state not in row.from_states:
        return False
    match row.condition:
        case Condition.NONE:
            return True
        case Condition.AFTER_DUE:
            return due_at_ms is not None and time_ms > due_at_ms
        case Condition.WITHIN_DISPUTE_DAYS:
            last_ms = limits.DISPUTE_DAYS_AFTER_CLOSING * DAY_MS
            return closed_ms is None or time_ms <= closed_ms + last_ms
