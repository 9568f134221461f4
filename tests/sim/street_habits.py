"""What people of a street do: many small habits, each independent of the others.

A habit is a function of a person's ``Day``: it looks at what the computer shows and asks for
something, or does not. It may ask for what is refused: that is counted. A new kind of agreement is
a new habit in ``street_things``, ``street_loans`` or ``street_exchange``, and nothing else.
"""

from typing import Final

from sim import street_exchange, street_loans, street_things
from sim.street import Home, Street
from sim.street_day import Day

HABITS: Final = (*street_things.HABITS, *street_loans.HABITS, *street_exchange.HABITS)


def live(street: Street, home: Home) -> None:
    """Everybody who lives at this computer sits down at it once, after it has looked round."""
    home.node.tend()
    for person in home.people:
        day = Day(street, home, person)
        for habit in HABITS:
            if day.chance(habit.frequency):
                habit.act(day)
