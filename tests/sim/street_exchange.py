"""What people give each other: things for good, an hour of their time, and the hours for it."""

from typing import Final

from sim.street_day import Day, Habit

from p2pshare.domain.commands import (
    CloseListing,
    ConfirmHours,
    CorrectHours,
    PayHours,
    RequestGift,
    RequestSession,
    SplitHours,
)
from p2pshare.domain.days import add_days
from p2pshare.domain.views import AgreementView

# --- gifts ----------------------------------------------------------------------------------------


def ask_for_a_gift(day: Day) -> None:
    gifts = day.listings("owner <> ?1 AND transaction_types LIKE '%receive-donate%'")
    if gifts:
        day.do(RequestGift(person=day.key, listing=day.one_of(gifts)))


def tend_gifts(day: Day) -> None:
    for gift in day.agreements:
        if gift.kind == "gift":
            (_as_giver if day.owns(gift) else _as_recipient)(day, gift)


def _as_giver(day: Day, gift: AgreementView) -> None:
    match gift.underlying_state:
        case "requested" if day.mood(0.7):
            day.move(gift, day.draw("accept", "accept", "decline"))
        case "accepted" if gift.conflict and day.mood(0.5):
            day.move(gift, "cancel", note="I promised it twice, sorry")
        case "accepted" if day.mood(0.4) and day.move(gift, "hand-over") and day.mood(0.5):
            day.do(CloseListing(person=day.key, listing=bytes.fromhex(gift.listing)))


def _as_recipient(day: Day, gift: AgreementView) -> None:
    match gift.underlying_state:
        case "requested" | "accepted" if day.chance(0.03):
            day.move(gift, "cancel")
        case "accepted" if day.mood(0.3):
            day.move(gift, "receive")
        case "given" if not day.signed(gift, "receive") and day.mood(0.2):
            day.move(gift, "receive")


# --- sessions -------------------------------------------------------------------------------------


def ask_for_a_session(day: Day) -> None:
    skills = day.listings("owner <> ?1 AND item_type = 'service'")
    if not skills:
        return
    date = add_days(day.today, day.draw(0, 1, 3, 7))
    at = day.draw(date, f"{date}T18:00")
    minutes = day.draw(None, 60, 90)
    day.do(RequestSession(person=day.key, listing=day.one_of(skills), at=at, minutes=minutes))


def tend_sessions(day: Day) -> None:
    for session in day.agreements:
        if session.kind != "session":
            continue
        hosts, past = day.owns(session), session.from_day <= day.today
        match session.underlying_state:
            case "requested" if hosts and day.mood(0.7):
                day.move(session, day.draw("accept", "accept", "accept", "decline"))
            case "requested" | "accepted" if day.chance(0.02):
                day.move(session, "cancel")
            case "accepted" if past and day.mood(0.5):
                _done(day, session)
            case "done" if not day.signed(session, "done") and day.mood(0.5):
                _done(day, session)
            case "done" if day.chance(0.01):
                day.move(session, "dispute", note="Nobody came")
            case "disputed" if day.chance(0.2):
                proposed = any(one.move == "settle" for one in session.signed_by)
                day.move(session, "settle", note="" if proposed else "Half of it")


def _done(day: Day, session: AgreementView) -> None:
    """Both say how long it was, mostly alike; who was taught pays."""
    minutes = day.draw(60, 60, 60, 90)
    if day.move(session, "done", minutes=minutes) and not day.owns(session) and day.mood(0.8):
        payee = bytes.fromhex(session.owner)
        day.do(PayHours(person=day.key, payee=payee, minutes=minutes))


# --- hours ----------------------------------------------------------------------------------------


def pay_hours(day: Day) -> None:
    minutes = day.draw(*range(15, 200, 15))
    gift = day.chance(0.2)
    day.do(PayHours(person=day.key, payee=day.somebody(), minutes=minutes, gift=gift))


def split_hours(day: Day) -> None:
    shares = tuple((day.somebody(), day.draw(15, 30, 45)) for _ in range(day.draw(2, 3)))
    day.do(SplitHours(person=day.key, shares=shares))


def confirm_hours(day: Day) -> None:
    query = "SELECT payment FROM payments WHERE payee = ?1 AND confirmed = 0 ORDER BY payment"
    for payment in day.select(query):
        if day.mood(0.4):
            day.do(ConfirmHours(person=day.key, payment=bytes.fromhex(payment)))


def correct_hours(day: Day) -> None:
    """What was paid wrongly is put right by whoever has to give."""
    query = "SELECT payment FROM payments WHERE payer = ?1 OR payee = ?1 ORDER BY payment"
    known = day.select(query)
    if known:
        payment = bytes.fromhex(day.one_of(known))
        minutes = day.draw(15, 30, 60, 120)
        day.do(CorrectHours(person=day.key, payment=payment, minutes=minutes))


HABITS: Final = (
    Habit(ask_for_a_gift, 0.01),
    Habit(tend_gifts, 1.0),
    Habit(ask_for_a_session, 0.01),
    Habit(tend_sessions, 1.0),
    Habit(pay_hours, 0.012),
    Habit(split_hours, 0.004),
    Habit(confirm_hours, 0.2),
    Habit(correct_hours, 0.003),
)
