"""What a table of agreement moves is, and how it reads in docs/protocol.md (DESIGN section 6).

A table says which moves there are, who may make them, from which state, under what condition, and
where they lead. ``domain.agreement`` is the engine that follows tables; ``domain.loan`` is one.

This module must not follow any move.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from p2pshare import limits
from p2pshare.domain.agreement_bodies import AgreementMove, AgreementOpening
from p2pshare.domain.bodies import Body
from p2pshare.domain.days import DAY_MS

#: The ``to_state`` of a row that adds what it says and leaves the state as it is.
STAYS: Final = ""


class Condition(Enum):
    """What a move needs beside the role and the state; the value is its wording for documents."""

    NONE = ""
    END_ASKED = "another end was asked for, and not answered"
    OTHER_SAID_SAME = "the other signed the same move with the same note"
    IN_OFFER = "its time_ms is at most offered_until_ms"
    AFTER_OFFER = "its time_ms is above offered_until_ms"
    AFTER_DUE = "its time_ms is above due_at_ms"
    WITHIN_DISPUTE_DAYS = (
        "not closed, or its time_ms is at most DISPUTE_DAYS_AFTER_CLOSING days"
        " after that of the closing move"
    )


@dataclass(frozen=True)
class Circumstances:
    """What conditions are judged by: the instants that were signed, and what waits for an answer.

    ``due_at_ms``, ``closed_ms`` and ``offered_until_ms`` are None until somebody signed them.
    """

    due_at_ms: int | None = None
    closed_ms: int | None = None
    offered_until_ms: int | None = None
    end_asked: bool = False


@dataclass(frozen=True)
class Row:
    """One row of a table: a move as one role may make it.

    ``from_states`` are those it leads on from to ``to_state``, or stays in with STAYS; in ``joins``
    it changes nothing and adds its signature. Of several rows of one move the first that fits is
    followed; kind, body and rank are the same in all. ``rank`` orders concurrent moves, the least
    first. ``label`` is the plain word on a button; ``by_button`` is False where the move has to say
    more than a button can.
    """

    move: str
    roles: tuple[str, ...]
    from_states: tuple[str, ...]
    to_state: str
    body: type[Body]
    rank: int
    label: str
    joins: tuple[str, ...] = ()
    condition: Condition = Condition.NONE
    by_button: bool = True

    def leads_on(
        self, state: str, time_ms: int, circumstances: Circumstances, *, said_same: bool
    ) -> bool:
        """Whether it leads on from ``state`` for a move signed with ``time_ms``.

        ``said_same``: the other has signed this move and meant the same by it.
        """
        if state not in self.from_states:
            return False
        due_at_ms, closed_ms = circumstances.due_at_ms, circumstances.closed_ms
        offered_until_ms = circumstances.offered_until_ms
        match self.condition:
            case Condition.NONE:
                return True
            case Condition.END_ASKED:
                return circumstances.end_asked
            case Condition.OTHER_SAID_SAME:
                return said_same
            case Condition.IN_OFFER:
                return offered_until_ms is not None and time_ms <= offered_until_ms
            case Condition.AFTER_OFFER:
                return offered_until_ms is not None and time_ms > offered_until_ms
            case Condition.AFTER_DUE:
                return due_at_ms is not None and time_ms > due_at_ms
            case Condition.WITHIN_DISPUTE_DAYS:
                last_ms = limits.DISPUTE_DAYS_AFTER_CLOSING * DAY_MS
                return closed_ms is None or time_ms <= closed_ms + last_ms


@dataclass(frozen=True)
class AgreementTable:
    """A kind of agreement: the first row opens it, the others move it.

    ``roles`` are the asking one and the listing's owner, who are one person where ``alone``.
    ``asked`` are the states in which the owner has yet to answer, ``promises`` those in which the
    listing's days are promised, ``out`` those of them in which the thing is out of the house,
    ``for_good`` those of them that have no end. In ``unsettled`` it is out, if it ever was, until a
    move of ``back`` is signed. ``held`` are the states in which the asking one has it, so that it
    can be overdue, ``closing`` those that begin the days to dispute. ``pairs`` are moves that say
    the same thing from the two sides, and may be one move that both make. Raises ValueError if the
    rows contradict each other.
    """

    kind: str
    roles: tuple[str, str]
    rows: tuple[Row, ...]
    alone: bool = False
    asked: frozenset[str] = frozenset()
    promises: frozenset[str] = frozenset()
    out: frozenset[str] = frozenset()
    for_good: frozenset[str] = frozenset()
    unsettled: frozenset[str] = frozenset()
    back: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    closing: frozenset[str] = frozenset()
    pairs: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        opening = self.rows[0]
        if opening.from_states or opening.roles != self.roles[:1]:
            raise ValueError("the first row opens the agreement and belongs to the first role")
        if not issubclass(opening.body, AgreementOpening):
            raise ValueError("the opening move's body must be an AgreementOpening")
        bodies_and_ranks: dict[str, tuple[type[Body], int]] = {}
        for row in self.rows:
            if not set(row.roles) <= set(self.roles):
                raise ValueError(f"{row.move}: unknown role")
            said = (row.body, row.rank)
            if bodies_and_ranks.setdefault(row.move, said) != said:
                raise ValueError(f"{row.move}: its rows differ in body or rank")
            if row is not opening and not issubclass(row.body, AgreementMove):
                raise ValueError(f"{row.move}: its body must be an AgreementMove")
            if row is not opening and not row.from_states:
                raise ValueError(f"{row.move}: only the first row may open an agreement")
        if opening.to_state is STAYS:
            raise ValueError("the first row leads to a state")
        if self.alone and self.roles[0] != self.roles[1]:
            raise ValueError("who is alone has one role")
        named = {state for row in self.rows for state in (*row.from_states, *row.joins)}
        groups = (
            *(self.asked, self.promises, self.out, self.for_good, self.unsettled),
            *(self.held, self.closing),
        )
        if not named.union(*groups) <= self.states:
            raise ValueError("a row names a state that no move leads to")
        if not self.back.union(*self.pairs) <= set(self.moves):
            raise ValueError("a pair names a move that is in no row")

    @property
    def opening(self) -> Row:
        """The row that creates the agreement."""
        return self.rows[0]

    @property
    def states(self) -> frozenset[str]:
        """Every state that some move leads to."""
        return frozenset(row.to_state for row in self.rows if row.to_state is not STAYS)

    @property
    def moves(self) -> tuple[str, ...]:
        """The names of all moves, the opening one first, in the order of the rows."""
        return tuple(dict.fromkeys(row.move for row in self.rows))

    def kind_of(self, move: str) -> str:
        """The true kind of the entry that makes ``move``, such as ``loan.hand-over``."""
        return f"{self.kind}.{move}"

    def body_of(self, move: str) -> type[Body]:
        """The payload type of ``move``; KeyError if the table has no such move."""
        return {row.move: row.body for row in self.rows}[move]

    def label_of(self, move: str) -> str:
        """The plain word for ``move``; KeyError if the table has no such move."""
        return {row.move: row.label for row in self.rows}[move]

    def move_of(self, kind: str) -> str | None:
        """The move that an entry of ``kind`` makes here, or None."""
        prefix, _, move = kind.partition(".")
        return move if prefix == self.kind and move in self.moves else None


def markdown_table(table: AgreementTable) -> str:
    """``table`` as the Markdown that docs/protocol.md holds, without a newline at its end."""
    lines = [
        "| move | who | from | to | joins in | needs | rank |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in table.rows:
        cells = (
            f"`{row.move}`",
            ", ".join(row.roles),
            ", ".join(row.from_states) or "(creates it)",
            row.to_state or "(stays)",
            ", ".join(row.joins),
            row.condition.value,
            str(row.rank),
        )
        lines.append("|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|")
    return "\n".join(lines)
