"""What people do with their listings: offer, want, change, close, repair, teach how to use."""

from typing import Final

from sim.street_day import Day, Habit

from p2pshare.domain.bodies import LoanPolicy
from p2pshare.domain.commands import (
    AddListing,
    CloseListing,
    EditListing,
    Forget,
    GrantInduction,
    OpenRepair,
    SetName,
)
from p2pshare.domain.vocabulary import ExchangeType, ItemType, TransactionType

THINGS: Final = (
    *("drill", "ladder", "tent", "saw", "sewing machine", "projector", "pump", "kettle"),
    *("pressure washer", "cargo bike", "board game", "chairs", "cool box", "telescope"),
)
SKILLS: Final = ("bicycle repair", "Italian", "guitar", "baking", "tax forms", "moving boxes")
WORDS: Final = ("red", "tall", "old", "sturdy", "spare", "little", "heavy", "folding")
CATEGORIES: Final = ("tools", "ladders", "camping", "kitchen", "bicycles", "toys", "")
POLICIES: Final = (
    *(LoanPolicy(),) * 5,
    LoanPolicy(automatic=True, longest_days=14),
    LoanPolicy(automatic=True, renewals=1, buffer_minutes=60),
    LoanPolicy(by_hour=True, buffer_minutes=30),
    LoanPolicy(by_hour=True, automatic=True),
    LoanPolicy(longest_days=3, renewals=0, deposit="20 euros", notice="Oil it first"),
)
TERMS: Final = ((), (), (), ("BORROW-14D", "CLEAN-RETURN"), ("BORROW-7D", "REPLACE-IF-LOST"))
FIXED_DAYS: Final = 30


def offer_something(day: Day) -> None:
    """Early on most things are offered; later one now and then."""
    street = day.street
    offered = street.statistics.done["AddListing"]
    early = street.day < FIXED_DAYS
    if offered >= street.size.items or not day.chance(0.5 if early else 0.05):
        return
    for _ in range(8 if day.person is street.library else day.draw(1, 2, 3)):
        _offer_one(day)


def offer_a_plain_thing(day: Day) -> None:
    """The library's first offers have no conditions."""
    if day.person is day.street.library and not day.listings("owner = ?1"):
        for thing in THINGS[:4]:
            offer = ExchangeType.OFFER
            day.do(AddListing(person=day.key, exchange_type=offer, title=f"plain {thing}"))


def _offer_one(day: Day) -> None:
    what = day.draw("lend", "lend", "lend", "lend", "lend", "give", "teach")
    title = f"{day.one_of(WORDS)} {day.one_of(THINGS)}"
    add = AddListing(person=day.key, exchange_type=ExchangeType.OFFER, title=title)
    match what:
        case "give":
            day.do(_with(add, transaction_types=(TransactionType.RECEIVE_DONATE,)))
        case "teach":
            day.do(_with(add, item_type=ItemType.SERVICE, title=day.one_of(SKILLS)))
        case _:
            day.do(
                _with(
                    add,
                    description="Comes with its case; please bring it back clean.",
                    category=day.one_of(CATEGORIES),
                    quantity=day.draw(1, 1, 1, 1, 1, 2, 6),
                    policy=day.one_of(POLICIES),
                    terms=day.one_of(TERMS),
                    parts=day.draw((), (), ("case", "charger", "manual")),
                    induction=day.chance(0.03),
                    witnesses=(day.somebody(),) if day.chance(0.05) else (),
                )
            )


def want_something(day: Day) -> None:
    skill = day.chance(0.5)
    day.do(
        AddListing(
            person=day.key,
            exchange_type=ExchangeType.WANT,
            item_type=ItemType.SERVICE if skill else ItemType.GOOD,
            title=day.one_of(SKILLS if skill else THINGS),
        )
    )


def edit_a_listing(day: Day) -> None:
    own = day.listings("owner = ?1")
    if own:
        text = f"Now with spare part {day.draw(*range(100))}."
        day.do(EditListing(person=day.key, listing=day.one_of(own), description=text))


def close_or_reopen(day: Day) -> None:
    own = day.listings("owner = ?1")
    if not own:
        return
    listing = day.one_of(own)
    if day.do(CloseListing(person=day.key, listing=listing)) and day.chance(0.7):
        day.do(EditListing(person=day.key, listing=listing))


def forget_a_listing(day: Day) -> None:
    own = day.listings("owner = ?1")
    if own:
        day.do(Forget(person=day.key, subject=day.one_of(own)))


def be_called_otherwise(day: Day) -> None:
    day.do(SetName(person=day.key, name=f"{day.person.name} {day.draw(*range(10))}"))


def show_how(day: Day) -> None:
    """Whoever may show others how to use something shows somebody, and says so."""
    where = "induction = 1 AND (owner = ?1 OR witnesses LIKE '%' || ?1 || '%')"
    dangerous = day.listings(where)
    if dangerous:
        listing = day.one_of(dangerous)
        day.do(GrantInduction(person=day.key, listing=listing, inducted=day.somebody()))


def open_a_repair(day: Day) -> None:
    own = day.listings("owner = ?1 AND exchange_type = 'offer'")
    if own:
        fixer = day.chance(0.5)
        day.do(OpenRepair(person=day.key, listing=day.one_of(own), note="broken", fixer=fixer))


def tend_repairs(day: Day) -> None:
    for ticket in day.agreements:
        if ticket.kind != "repair":
            continue
        match ticket.underlying_state:
            case "assess" if day.mood(0.3):
                day.move(ticket, day.draw("await-parts", "repair", "repair", "retire"))
            case "parts" if day.mood(0.1):
                day.move(ticket, "repair")
            case "repairing" if day.mood(0.2):
                day.move(ticket, day.draw("resolve", "resolve", "resolve", "assess", "await-parts"))


def _with(command: AddListing, **fields: object) -> AddListing:
    return AddListing(**{**vars(command), **fields})


HABITS: Final = (
    Habit(offer_a_plain_thing, 1.0),
    Habit(offer_something, 1.0),
    Habit(want_something, 0.005),
    Habit(edit_a_listing, 0.01),
    Habit(close_or_reopen, 0.004),
    Habit(forget_a_listing, 0.001),
    Habit(be_called_otherwise, 0.001),
    Habit(show_how, 0.05),
    Habit(open_a_repair, 0.004),
    Habit(tend_repairs, 0.5),
)
