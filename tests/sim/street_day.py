"""One person's moment at a computer: what they see there, and what they may ask for.

What people do with it is in ``sim.street_things``, ``street_loans`` and ``street_exchange``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeVar

from sim.street import Home, Person, Street

from p2pshare.domain.commands import MoveAgreement, PersonCommand
from p2pshare.domain.views import AgreementView

_Item = TypeVar("_Item")

LATELY: Final = 12
OPEN_STATES: Final = (
    *("requested", "accepted", "checked_out", "returned", "disputed"),
    *("assess", "parts", "repairing", "waiting", "offered"),
)


@dataclass
class Day:
    """One person at one computer, for a moment of a day."""

    street: Street
    home: Home
    person: Person

    # --- chance -------------------------------------------------------------------------------

    def chance(self, probability: float) -> bool:
        return self.street.drawn.random() < probability

    def mood(self, probability: float) -> bool:
        """As ``chance``, but the reliable rather do what should be done."""
        return self.chance(probability * self.person.reliability)

    def draw(self, *choices: _Item) -> _Item:
        return self.street.drawn.choice(choices)

    def one_of(self, items: Sequence[_Item]) -> _Item:
        return self.street.drawn.choice(items)

    def somebody(self) -> bytes:
        """Anybody of the street, perhaps oneself."""
        return self.one_of(self.street.people).key

    # --- asking -------------------------------------------------------------------------------

    def do(self, command: PersonCommand) -> bytes | None:
        """The subject, or None if it was refused."""
        return self.street.attempt(self.home, command)

    def move(self, agreement: AgreementView, move: str, **fields: Any) -> bytes | None:
        self.__dict__.pop("agreements", None)
        identifier = bytes.fromhex(agreement.agreement)
        return self.do(MoveAgreement(person=self.key, agreement=identifier, move=move, **fields))

    # --- seeing -------------------------------------------------------------------------------

    @property
    def key(self) -> bytes:
        return self.person.key

    @property
    def now_ms(self) -> int:
        return self.home.ledger.ledger.clock.time_ms()

    @property
    def today(self) -> str:
        return self.home.ledger.ledger.today()

    def select(self, query: str, *values: object) -> list[Any]:
        """The first column of what a query finds; ``?1`` is the person, in hex."""
        rows = self.home.ledger.database.connection.execute(query, (self.key.hex(), *values))
        return [row[0] for row in rows.fetchall()]

    def listings(self, where: str) -> list[bytes]:
        """The open listings of which ``where`` holds; ``?1`` is the person."""
        query = f"SELECT listing FROM listings WHERE closed = 0 AND {where} ORDER BY listing"
        return [bytes.fromhex(listing) for listing in self.select(query)]

    @cached_property
    def agreements(self) -> list[AgreementView]:
        """The person's agreements that are not over, and those that changed last."""
        queries = self.home.ledger.ledger.queries
        mine = [self.key.hex()]
        lately = queries.agreements(self.now_ms, persons=mine, limit=LATELY)
        still = queries.agreements(self.now_ms, persons=mine, states=OPEN_STATES)
        return [one for _, one in sorted({one.agreement: one for one in (*lately, *still)}.items())]

    def owns(self, agreement: AgreementView) -> bool:
        return agreement.owner == self.key.hex()

    def signed(self, agreement: AgreementView, *moves: str) -> bool:
        """Whether this person has signed one of the moves."""
        return any(
            one.move in moves and one.person == self.key.hex() for one in agreement.signed_by
        )


@dataclass(frozen=True)
class Habit:
    """Something a person does on so many of the days on which they sit at the computer."""

    act: Callable[[Day], None]
    frequency: float
