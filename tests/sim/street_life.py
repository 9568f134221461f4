"""Two years in a street, day by day: people live, computers meet, now and then something breaks.

Mishaps have fixed days, in parts of the whole time, so that each of them happens in every street,
however short: a second computer of somebody who lends much, which promises what the first one has
promised; a computer that breaks, an old copy of a folder that is put back, a program that ends.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from sim.street import Home, Person, Street
from sim.street_day import Day
from sim.street_habits import live

from p2pshare.domain.commands import MoveAgreement, RequestLoan, RevokeFeed
from p2pshare.domain.days import add_days
from p2pshare.log.certificate import OPEN_CIRCLE

MONTH: Final = 30
FORTNIGHT: Final = 14

Mishap = Callable[[Street], None]


def walk(street: Street, check: Callable[[Street], None]) -> None:
    """Live through all days; each month, and when it matters, everybody meets and is checked."""
    days = street.size.days
    mishaps = _mishaps(street)
    apart = {int(days * part) for part in (0.25, 0.50, 0.75)}
    for day in range(days):
        for mishap in mishaps.get(day, ()):
            mishap(street)
        on = street.who_is_on()
        for home in on:
            live(street, home)
        if on:
            street.meet(on, at_once=day % FORTNIGHT == FORTNIGHT - 1)
        if day in apart:
            _two_computers_promise(street)
        if day in apart or day % MONTH == MONTH - 1 or day == days - 1:
            street.everybody_meets()
            check(street)
        street.next_morning()


def _mishaps(street: Street) -> dict[int, list[Mishap]]:
    """By day."""
    days = street.size.days
    found: dict[int, list[Mishap]] = {}
    copies = OldCopy()
    for part, mishap in (
        (0.10, _library_gets_a_second_computer),
        (0.15, _somebody_gets_a_second_computer),
        (0.30, _a_computer_breaks),
        (0.45, copies.is_made),
        (0.55, copies.is_put_back),
        (0.70, _a_computer_breaks),
        *((0.05 + part / 10, _programs_end) for part in range(10)),
    ):
        found.setdefault(int(days * part), []).append(mishap)
    return found


def _library_gets_a_second_computer(street: Street) -> None:
    street.second_computer(street.desk, street.library, diligence=0.4)


def _somebody_gets_a_second_computer(street: Street) -> None:
    home = _a_house(street, lambda home: home.diligence >= 0.4)
    street.second_computer(home, home.people[0], diligence=0.4)


def _a_computer_breaks(street: Street) -> None:
    """Everything on it is gone; some revoke what it could still write, if somebody has it."""
    home = _a_house(street, lambda home: home.diligence <= 0.5)
    feeds = [(person, feed) for person in home.people for feed in _feeds_of(home, person)]
    again = street.breaks(home)
    street.meet([street.kiosk, again])
    for person, feed in feeds:
        if street.drawn.random() < 0.5:
            street.attempt(again, RevokeFeed(person=person.key, feed=feed, circle=OPEN_CIRCLE))


def _two_computers_promise(street: Street) -> None:
    """Two people ask for one thing; the library's two computers, apart, say yes to one each."""
    second = next(home for home in street.homes[2:] if street.library in home.people)
    shelf = Day(street, street.desk, street.library).listings(
        "owner = ?1 AND exchange_type = 'offer' AND transaction_types LIKE '%borrow-lend%'"
        " AND quantity = 1 AND induction = 0 AND policy = '{}'"
    )
    askers = [home for home in street.homes if home.people and home not in (street.desk, second)]
    listing = street.drawn.choice(shelf)
    asked = []
    for home in street.drawn.sample(askers, 2):
        person = home.people[0]
        first, last = (add_days(street.today, days) for days in (20, 22))
        request = RequestLoan(person=person.key, listing=listing, from_day=first, until_day=last)
        asked.append(street.attempt(home, request))
    street.meet(street.homes)
    accepted = [
        street.attempt(
            home, MoveAgreement(person=street.library.key, agreement=loan, move="accept")
        )
        for home, loan in zip((street.desk, second), asked, strict=True)
        if loan is not None
    ]
    if len(accepted) == 2 and all(accepted):
        street.statistics.events["two computers promised one thing"] += 1


def _programs_end(street: Street) -> None:
    for home in street.drawn.sample(street.homes, 3):
        street.restart(home)


@dataclass
class OldCopy:
    """Somebody copies the folder of their computer, and puts it back some weeks later."""

    home: Home | None = None
    restore: Callable[[], None] = lambda: None

    def is_made(self, street: Street) -> None:
        self.home = home = _a_house(street, lambda home: home.diligence >= 0.4)
        copy = street.copy_of(home)
        self.restore = lambda: street.put_back(home, copy)

    def is_put_back(self, street: Street) -> None:
        if self.home in street.homes:
            self.restore()


def _a_house(street: Street, suits: Callable[[Home], bool]) -> Home:
    """A house whose people have no other computer; one that suits, if there is one."""
    computers: dict[bytes, int] = {}
    for home in street.homes:
        for person in home.people:
            computers[person.key] = computers.get(person.key, 0) + 1
    houses = [
        home
        for home in street.homes
        if home.people
        and home is not street.desk
        and all(computers[person.key] == 1 for person in home.people)
    ]
    return street.drawn.choice([home for home in houses if suits(home)] or houses)


def _feeds_of(home: Home, person: Person) -> Iterator[bytes]:
    rows = home.ledger.database.connection.execute(
        "SELECT feed FROM own_feeds WHERE person = ? ORDER BY feed", (person.key,)
    )
    return (feed for (feed,) in rows.fetchall())
