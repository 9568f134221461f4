"""What people do with loans: ask, answer, hand over, give back late, renew, report, settle.

Nobody here knows more than their computer shows.
"""

from typing import Final

from sim.street_day import Day, Habit

from p2pshare.domain.commands import AddHold, DropHold, Forget, RequestLoan
from p2pshare.domain.days import add_days
from p2pshare.domain.views import AgreementView

OFFERED: Final = (
    "owner <> ?1 AND exchange_type = 'offer' AND transaction_types LIKE '%borrow-lend%'"
)
CONDITIONS: Final = (None, None, "as-new", "good", "worn", "damaged")
ANSWERS: Final = (None, None, "bought", "hired", "without")


def borrow(day: Day) -> None:
    """Ask for a thing of somebody else, for some days from today or later."""
    offers = day.listings(OFFERED)
    if not offers:
        return
    begin = day.draw(0, 1, 2, 3, 5, 12)
    length = day.draw(0, 1, 2, 3, 6, 13)
    day.do(
        RequestLoan(
            person=day.key,
            listing=day.one_of(offers),
            from_day=add_days(day.today, begin),
            until_day=add_days(day.today, begin + length),
            quantity=day.draw(1, 1, 1, 1, 1, 2),
            note="For the weekend" if length < 3 else "",
        )
    )


def borrow_for_hours(day: Day) -> None:
    """Some things are lent by the hour; of those several people may have one on the same day."""
    offers = day.listings(f"{OFFERED} AND policy LIKE '%by_hour%'")
    if not offers:
        return
    date = add_days(day.today, day.draw(0, 1, 1, 2))
    first = day.draw(8, 9, 10, 13, 17, 22)
    last = add_days(date, 1) if first == 22 else date
    until = 10 if first == 22 else first + day.draw(1, 2, 4)
    day.do(
        RequestLoan(
            person=day.key,
            listing=day.one_of(offers),
            from_day=f"{date}T{first:02}:00",
            until_day=f"{last}T{until:02}:30",
        )
    )


def wait_for_something(day: Day) -> None:
    """What is out is waited for; who has waited long enough leaves."""
    taken = day.listings(f"{OFFERED} AND listing IN (SELECT listing FROM busy_periods WHERE out)")
    if taken:
        day.do(AddHold(person=day.key, listing=day.one_of(taken)))


def tend_holds(day: Day) -> None:
    """Whose turn it is asks for the thing, or lets the turn pass, or leaves the queue."""
    for hold in day.agreements:
        if hold.kind != "hold" or day.owns(hold):
            continue
        listing = bytes.fromhex(hold.listing)
        match hold.underlying_state:
            case "offered" if day.mood(0.6):
                until = add_days(day.today, day.draw(2, 5))
                day.do(RequestLoan(person=day.key, listing=listing, until_day=until))
            case "waiting" | "offered" if day.chance(0.03):
                day.do(DropHold(person=day.key, listing=listing))


def tend_loans(day: Day) -> None:
    """Answer, hand over, give back, take back: what the open loans ask for."""
    for loan in day.agreements:
        if loan.kind == "loan":
            (_as_lender if day.owns(loan) else _as_borrower)(day, loan)


def _as_lender(day: Day, loan: AgreementView) -> None:
    begun, over = loan.from_day <= day.today, loan.until_day < day.today
    match loan.underlying_state:
        case "requested" if day.mood(0.8):
            accepted = not over and day.chance(0.9) and day.move(loan, "accept")
            if not accepted and (over or day.chance(0.5)):
                day.move(loan, "decline")
        case "accepted" if loan.conflict and day.mood(0.5):
            day.move(loan, "cancel", note="I promised it twice, sorry")
        case "accepted" if begun and day.mood(0.8):
            if over:
                day.move(loan, "cancel")
            else:
                day.move(loan, "hand-over", condition=day.one_of(CONDITIONS))
        case "accepted" if day.chance(0.02):
            day.move(loan, day.draw("cancel", "hand-over"))
        case "checked_out" if loan.asked_until and day.mood(0.7):
            day.move(loan, day.draw("grant", "grant", "refuse"))
        case "checked_out" if loan.overdue and day.chance(0.005):
            day.move(loan, "lost")
        case "checked_out" if not day.signed(loan, "hand-over") and day.mood(0.5):
            day.move(loan, "hand-over")
        case "checked_out" if over and day.mood(0.2):
            day.move(loan, "take-back")
        case "returned" if day.mood(0.8):
            _take_back(day, loan)
        case "closed" if day.chance(0.005):
            day.move(loan, "dispute", note="It does not turn any more")
        case "disputed":
            _settle(day, loan)


def _take_back(day: Day, loan: AgreementView) -> None:
    missing = ("charger",) if day.chance(0.05) else ()
    day.move(loan, "take-back", condition=day.one_of(CONDITIONS), missing=missing)


def _as_borrower(day: Day, loan: AgreementView) -> None:
    begun, over = loan.from_day <= day.today, loan.until_day <= day.today
    match loan.underlying_state:
        case "requested" if day.chance(0.02):
            day.move(loan, "cancel")
        case "accepted" if day.chance(0.02) or (loan.conflict and day.chance(0.1)):
            day.move(loan, "cancel")
        case "accepted" if begun and day.mood(0.5):
            day.move(loan, "receive", condition=day.one_of(CONDITIONS))
        case "checked_out" if not day.signed(loan, "receive") and day.mood(0.5):
            day.move(loan, "receive")
        case "checked_out" if day.chance(0.01):
            day.move(loan, "report", what=day.draw("damage", "loss", "missing-part"), note="Oh no")
        case "checked_out" if over and not loan.asked_until and day.chance(0.15):
            day.move(loan, "renew", until=add_days(day.today, day.draw(1, 3, 7)))
        case "checked_out" if over and day.mood(0.6):
            day.move(loan, "give-back", instead=day.one_of(ANSWERS))
        case "closed" if not day.signed(loan, "give-back") and day.mood(0.3):
            day.move(loan, "give-back")
        case "closed" | "lost" if day.chance(0.004):
            day.move(loan, "dispute", note="I brought it back in order")
        case "disputed":
            _settle(day, loan)


def _settle(day: Day, agreement: AgreementView) -> None:
    """One proposes, and proposes something else now and then; the other agrees, or does not yet."""
    proposed = any(one.move == "settle" for one in agreement.signed_by)
    if day.chance(0.05 if day.signed(agreement, "settle") else 0.2):
        day.move(agreement, "settle", note="" if proposed else f"{day.draw(5, 10, 20)} euros")


def forget_an_agreement(day: Day) -> None:
    """Both have to: one asks today, the other on a day of theirs, or never."""
    over = [one for one in day.agreements if one.closed_ms is not None]
    if over:
        agreement = day.one_of(over)
        day.do(Forget(person=day.key, subject=bytes.fromhex(agreement.agreement)))


HABITS: Final = (
    Habit(tend_loans, 1.0),
    Habit(tend_holds, 1.0),
    Habit(wait_for_something, 0.02),
    Habit(borrow, 0.08),
    Habit(borrow_for_hours, 0.02),
    Habit(forget_an_agreement, 0.01),
)
