"""What people of a street do: small habits, each independent of the others.

A habit is a function of a person's day (``Day``): it looks at what the computer shows and asks for
something, or does not. How often it comes is in HABITS. It may ask for what is refused: that is
counted. A new kind of agreement is a new habit and nothing else.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from sim.street import Home, Person, Street

from p2pshare.domain.commands import (
    AddListing,
    CloseListing,
    Command,
    EditListing,
    Forget,
    MoveLoan,
    PayHours,
    RequestLoan,
    SetName,
)
from p2pshare.domain.days import DAY_MS
from p2pshare.domain.views import AgreementView
from p2pshare.domain.vocabulary import ExchangeType

THINGS: Final = (
    *("drill", "ladder", "tent", "saw", "sewing machine", "projector", "pump", "kettle"),
    *("pressure washer", "cargo bike", "board game", "chairs", "cool box", "telescope"),
)
WORDS: Final = ("red", "tall", "old", "sturdy", "spare", "little", "heavy", "folding")
CATEGORIES: Final = ("tools", "ladders", "camping", "kitchen", "bicycles", "toys", "")


@dataclass
class Day:
    """One person at one computer, for a moment of a day."""

    street: Street
    home: Home
    person: Person

    def chance(self, probability: float) -> bool:
        return self.street.drawn.random() < probability

    def mood(self, probability: float) -> bool:
        """As ``chance``, but the reliable rather do what should be done."""
        return self.chance(probability * self.person.reliability)

    def draw(self, *choices: int) -> int:
        return self.street.drawn.choice(choices)

    def one_of(self, items: Sequence[bytes]) -> bytes:
        return self.street.drawn.choice(items)

    def do(self, command: Command) -> bytes | None:
        return self.street.attempt(self.home, command)

    def move(self, agreement: AgreementView, move: str, **fields: str) -> None:
        self.do(
            MoveLoan(
                person=self.person.key,
                loan=bytes.fromhex(agreement.agreement),
                move=move,
                **fields,
            )
        )

    @property
    def key(self) -> bytes:
        return self.person.key

    @property
    def now_ms(self) -> int:
        return self.home.ledger.ledger.clock.time_ms()

    @property
    def today(self) -> str:
        return self.home.ledger.ledger.today()

    def listings(self, where: str) -> list[bytes]:
        """The open listings of which ``where`` holds; ``?`` is the person."""
        rows = self.home.ledger.database.connection.execute(
            f"SELECT listing FROM listings WHERE closed = 0 AND {where} ORDER BY listing",
            (self.key.hex(),),
        )
        return [bytes.fromhex(listing) for (listing,) in rows]

    @cached_property
    def agreements(self) -> list[AgreementView]:
        """The person's agreements that are not over, or were lately."""
        found = self.home.ledger.ledger.queries.agreements(self.now_ms, persons=[self.key.hex()])
        lately = self.now_ms - 20 * DAY_MS
        return sorted(
            (one for one in found if one.closed_ms is None or one.closed_ms > lately),
            key=lambda one: one.agreement,
        )

    def owns(self, agreement: AgreementView) -> bool:
        return agreement.owner == self.key.hex()

    def signed(self, agreement: AgreementView, move: str) -> bool:
        """Whether this person has signed the move."""
        return any(one.move == move and one.person == self.key.hex() for one in agreement.signed_by)


@dataclass(frozen=True)
class Habit:
    """Something a person does on so many of the days on which they sit at the computer."""

    act: Callable[[Day], None]
    frequency: float


def live(street: Street, home: Home) -> None:
    """Everybody who lives at this computer sits down at it once."""
    for person in home.people:
        day = Day(street, home, person)
        for habit in HABITS:
            if day.chance(habit.frequency):
                habit.act(day)


# --- listings -------------------------------------------------------------------------------------


def offer_something(day: Day) -> None:
    """Early on most things are offered; later one now and then."""
    street = day.street
    offered = street.statistics.done["AddListing"]
    if offered >= street.size.items or not day.chance(0.5 if street.day < 30 else 0.05):
        return
    for _ in range(8 if day.person is street.library else day.draw(1, 2, 3)):
        _add(day, ExchangeType.OFFER, day.draw(1, 1, 1, 1, 1, 2, 6))


def want_something(day: Day) -> None:
    _add(day, ExchangeType.WANT, 1)


def _add(day: Day, exchange_type: ExchangeType, quantity: int) -> None:
    drawn = day.street.drawn
    day.do(
        AddListing(
            person=day.key,
            exchange_type=exchange_type,
            title=f"{drawn.choice(WORDS)} {drawn.choice(THINGS)}",
            description="Comes with its case; please bring it back clean.",
            category=drawn.choice(CATEGORIES),
            quantity=quantity,
        )
    )


def edit_a_listing(day: Day) -> None:
    own = day.listings("owner = ?")
    if own:
        text = f"Now with spare part {day.draw(*range(100))}."
        day.do(EditListing(person=day.key, listing=day.one_of(own), description=text))


def close_or_reopen(day: Day) -> None:
    own = day.listings("owner = ?")
    if not own:
        return
    listing = day.one_of(own)
    if day.do(CloseListing(person=day.key, listing=listing)) and day.chance(0.7):
        day.do(EditListing(person=day.key, listing=listing))


def be_called_otherwise(day: Day) -> None:
    day.do(SetName(person=day.key, name=f"{day.person.name} {day.draw(*range(10))}"))


# --- loans ----------------------------------------------------------------------------------------


def borrow(day: Day) -> None:
    """Ask for a thing of somebody else, for some days from today or later."""
    offers = day.listings("owner <> ? AND exchange_type = 'offer'")
    if not offers:
        return
    begin = day.draw(0, 0, 1, 2, 5, 12)
    length = day.draw(0, 1, 2, 3, 6, 13)
    day.do(
        RequestLoan(
            person=day.key,
            listing=day.one_of(offers),
            from_day=day.street.days_from_now(begin),
            until_day=day.street.days_from_now(begin + length),
            quantity=day.draw(1, 1, 1, 2),
            note="For the weekend" if length < 3 else "",
        )
    )


def tend_loans(day: Day) -> None:
    """Answer, hand over, give back, take back: what the open loans ask for."""
    for loan in day.agreements:
        if loan.kind == "loan":
            (_as_lender if day.owns(loan) else _as_borrower)(day, loan)


def _as_lender(day: Day, loan: AgreementView) -> None:
    begun, over = loan.from_day <= day.today, loan.until_day < day.today
    match loan.underlying_state:
        case "requested" if day.mood(0.8):
            day.move(loan, "decline" if over or day.chance(0.1) else "accept")
        case "accepted" if loan.conflict and day.mood(0.5):
            day.move(loan, "cancel", note="I promised it twice, sorry")
        case "accepted" if begun and day.mood(0.8):
            day.move(loan, "cancel" if over else "hand-over")
        case "accepted" if day.chance(0.01):
            day.move(loan, "cancel")
        case "checked_out" if loan.overdue and day.chance(0.002):
            day.move(loan, "lost")
        case "checked_out" if not day.signed(loan, "hand-over") and day.mood(0.5):
            day.move(loan, "hand-over")
        case "checked_out" if over and day.mood(0.2):
            day.move(loan, "take-back")
        case "returned" if day.mood(0.8):
            day.move(loan, "take-back")
        case "closed" if day.chance(0.005):
            day.move(loan, "dispute", note="It does not turn any more")


def _as_borrower(day: Day, loan: AgreementView) -> None:
    begun, over = loan.from_day <= day.today, loan.until_day <= day.today
    match loan.underlying_state:
        case "requested" if day.chance(0.02):
            day.move(loan, "cancel")
        case "accepted" if day.chance(0.02) or (loan.conflict and day.chance(0.1)):
            day.move(loan, "cancel")
        case "accepted" if begun and day.mood(0.5):
            day.move(loan, "receive")
        case "checked_out" if not day.signed(loan, "receive") and day.mood(0.5):
            day.move(loan, "receive")
        case "checked_out" if over and day.mood(0.6):
            day.move(loan, "give-back")
        case "closed" if not day.signed(loan, "give-back") and day.mood(0.3):
            day.move(loan, "give-back")
        case "closed" | "lost" if day.chance(0.004):
            day.move(loan, "dispute", note="I brought it back in order")


# --- hours, and forgetting ------------------------------------------------------------------------


def pay_hours(day: Day) -> None:
    payee = day.street.drawn.choice(day.street.people)
    day.do(PayHours(person=day.key, payee=payee.key, minutes=day.draw(*range(15, 200, 15))))


def forget_a_loan(day: Day) -> None:
    """Both have to: one asks today, the other on a day of theirs, or never."""
    over = [one for one in day.agreements if one.closed_ms is not None]
    if over:
        agreement = day.street.drawn.choice(over)
        day.do(Forget(person=day.key, subject=bytes.fromhex(agreement.agreement)))


def forget_a_listing(day: Day) -> None:
    own = day.listings("owner = ?")
    if own:
        day.do(Forget(person=day.key, subject=day.one_of(own)))


HABITS: Final[Iterable[Habit]] = (
    Habit(offer_something, 1.0),
    Habit(tend_loans, 1.0),
    Habit(borrow, 0.12),
    Habit(want_something, 0.005),
    Habit(edit_a_listing, 0.01),
    Habit(close_or_reopen, 0.004),
    Habit(be_called_otherwise, 0.001),
    Habit(pay_hours, 0.03),
    Habit(forget_a_loan, 0.01),
    Habit(forget_a_listing, 0.001),
)
