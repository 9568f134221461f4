"""What lending has spared people: figures, and what each of them rests on.

What is signed is counted. What would have been otherwise is asked at give-back (would you have
bought one, hired one, gone without?), and reckoned from the answers once there are
IMPACT_ANSWERS_MIN. Until then, and for prices always, it rests on assumptions: a list with a source
for each, which a person can change. A figure never goes without what it rests on. Everything is
whole numbers: money in whole cents until it is rounded to whole units at the very end.

This module must not count anybody's loans but those it is given, nor know where the list is kept.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from p2pshare.errors import DomainError
from p2pshare.limits import IMPACT_ANSWERS_MIN

VALUE_MAX: Final = 10**9

PURCHASES: Final = "loans-instead-of-purchases"
PRICE: Final = "price-of-a-thing"
HIRE_PRICE: Final = "price-of-hiring"
CARS: Final = "cars-for-a-shared-car"
CAR_SHARERS: Final = "people-for-a-shared-car"
NAMES: Final = (PURCHASES, PRICE, HIRE_PRICE, CARS, CAR_SHARERS)

_COUNTED: Final = "nothing is assumed: it is counted"
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_CENTS: Final = 100


class Assumption(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One number that is not counted: what it says (with ``{value}``) and who says so.

    ``unit`` is percent, cents, cars or people; ``least`` and ``most`` bound what a person may set.
    """

    name: str
    value: int
    unit: str
    says: str
    source: str
    least: int = 0
    most: int = VALUE_MAX


class _Bundled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    currency: str
    assumptions: tuple[Assumption, ...]


class _Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    value: Annotated[int, Meta(ge=0, le=VALUE_MAX)]
    source: Annotated[str, Meta(max_length=1000)] = ""


class _Own(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    currency: str | None = None
    assumptions: tuple[_Change, ...] = ()


@dataclass(frozen=True)
class Assumptions:
    """All that is assumed, by name, and the currency that prices are in."""

    currency: str
    by_name: Mapping[str, Assumption]

    def value(self, name: str) -> int:
        """The number itself."""
        return self.by_name[name].value

    def says(self, *names: str) -> str:
        """What is assumed, in words."""
        return "; ".join(
            one.says.format(value=self._shown(one)) for one in map(self.by_name.__getitem__, names)
        )

    def source(self, *names: str) -> str:
        """Who says so."""
        return "; ".join(self.by_name[name].source for name in names)

    def _shown(self, assumption: Assumption) -> str:
        if assumption.unit != "cents":
            return str(assumption.value)
        whole, cents = divmod(assumption.value, _CENTS)
        return f"{whole}.{cents:02} {self.currency}" if cents else f"{whole} {self.currency}"


def read_assumptions(data: bytes) -> Assumptions:
    """The list that comes with the program. Raises ValueError."""
    bundled = msgspec.json.decode(data, type=_Bundled)
    by_name = {one.name: one for one in bundled.assumptions}
    if tuple(by_name) != NAMES or len(bundled.assumptions) != len(NAMES):
        raise ValueError(f"the assumptions are {', '.join(by_name)}")
    return Assumptions(bundled.currency, MappingProxyType(by_name))


def changed(assumptions: Assumptions, data: bytes, name: str) -> Assumptions:
    """``assumptions`` with what a person's own list (``name``) sets anew.

    Raises DomainError if a single word of it is wrong: a figure must not rest on half a list.
    """
    try:
        own = msgspec.json.decode(data, type=_Own)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DomainError(f"{name} cannot be read: {error}") from None
    by_name = dict(assumptions.by_name)
    for change in own.assumptions:
        known = by_name.get(change.name)
        if known is None:
            raise DomainError(f"{name} names '{change.name}', which is none of {', '.join(NAMES)}")
        if not known.least <= change.value <= known.most:
            raise DomainError(
                f"{name} sets {known.name} to {change.value};"
                f" {known.least} to {known.most} is possible"
            )
        by_name[known.name] = msgspec.structs.replace(
            known, value=change.value, source=change.source or f"your own, in {name}"
        )
    currency = assumptions.currency if own.currency is None else own.currency
    if _CURRENCY.fullmatch(currency) is None:
        raise DomainError(f"{name} has a currency that is not three capital letters, such as EUR")
    return Assumptions(currency, MappingProxyType(by_name))


@dataclass(frozen=True, slots=True)
class ImpactFacts:
    """What is counted. Loans are those that began: something changed hands.

    ``people`` lent or borrowed; ``minutes`` of hours were given. Loans of cars are in ``loans`` but
    not in ``thing_loans``, nor are the answers to them: ``car_sharers`` is how many people borrowed
    a car. ``bought``, ``hired`` and ``without`` count the answers at give-back.
    """

    loans: int = 0
    people: int = 0
    minutes: int = 0
    thing_loans: int = 0
    bought: int = 0
    hired: int = 0
    without: int = 0
    car_sharers: int = 0

    @property
    def answers(self) -> int:
        """How many borrowers said what they would have done instead."""
        return self.bought + self.hired + self.without


@dataclass(frozen=True, slots=True)
class ImpactFigure:
    """A figure, and beside it always what it rests on and who says so."""

    figure: str
    value: int
    unit: str
    assumption: str
    source: str


def impact(facts: ImpactFacts, assumptions: Assumptions) -> list[ImpactFigure]:
    """The figures; that of cars only where one was lent."""
    ledger = "hand-overs that one of the two has signed, or both, in this ledger"
    figures = [
        ImpactFigure("loans", facts.loans, "loans", _COUNTED, ledger),
        ImpactFigure("people", facts.people, "people", _COUNTED, ledger),
        ImpactFigure("hours", facts.minutes, "minutes", _COUNTED, "payments in this ledger"),
    ]
    if facts.answers >= IMPACT_ANSWERS_MIN:
        figures += _from_answers(facts, assumptions)
    else:
        figures += _from_assumptions(facts, assumptions)
    if facts.car_sharers:
        cars = facts.car_sharers * assumptions.value(CARS) // assumptions.value(CAR_SHARERS)
        stated = assumptions.says(CARS, CAR_SHARERS)
        figures.append(
            ImpactFigure(
                "cars replaced",
                cars,
                "cars",
                f"{stated}; {facts.car_sharers} borrowed one here",
                assumptions.source(CARS, CAR_SHARERS),
            )
        )
    return figures


def _from_answers(facts: ImpactFacts, assumptions: Assumptions) -> list[ImpactFigure]:
    """Of all loans as many as of those whose borrowers have said."""
    said = f"of {facts.answers} borrowers who said, {facts.bought} would have bought one"
    for_all = f"and so of all {facts.thing_loans} loans of things"
    source = "answers at give-back, in this ledger"
    cents = facts.thing_loans * (
        facts.bought * assumptions.value(PRICE) + facts.hired * assumptions.value(HIRE_PRICE)
    )
    return [
        ImpactFigure(
            "purchases avoided",
            _rounded(facts.thing_loans * facts.bought, facts.answers),
            "purchases",
            f"{said}, {for_all}",
            source,
        ),
        ImpactFigure(
            "money kept",
            _rounded(cents, facts.answers * _CENTS),
            assumptions.currency,
            f"{said} and {facts.hired} hired one, {for_all}; {assumptions.says(PRICE, HIRE_PRICE)}",
            f"{source}; {assumptions.source(PRICE, HIRE_PRICE)}",
        ),
    ]


def _from_assumptions(facts: ImpactFacts, assumptions: Assumptions) -> list[ImpactFigure]:
    percent = facts.thing_loans * assumptions.value(PURCHASES)
    return [
        ImpactFigure(
            "purchases avoided",
            _rounded(percent, 100),
            "purchases",
            assumptions.says(PURCHASES),
            assumptions.source(PURCHASES),
        ),
        ImpactFigure(
            "money kept",
            _rounded(percent * assumptions.value(PRICE), 100 * _CENTS),
            assumptions.currency,
            assumptions.says(PURCHASES, PRICE),
            assumptions.source(PURCHASES, PRICE),
        ),
    ]


def _rounded(value: int, divisor: int) -> int:
    """``value / divisor`` to the nearest whole number, a half upwards."""
    return (2 * value + divisor) // (2 * divisor)
