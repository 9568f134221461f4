"""The rules of sessions: asking for somebody's time, or offering one's own (DESIGN section 2).

On top of what holds for every agreement (``domain.agreement_rules``). A session is of one day, from
a time on if one was named, and takes nothing off a shelf.
"""

from p2pshare import limits
from p2pshare.domain import days
from p2pshare.domain.agreement import AgreementState
from p2pshare.domain.agreement_bodies import SessionRequest
from p2pshare.domain.agreement_rules import check_open, draft_move, settling
from p2pshare.domain.commands import MoveAgreement, RequestSession
from p2pshare.domain.drafts import Draft, checked, clean_note
from p2pshare.domain.listing import ListingState
from p2pshare.domain.session import SESSION
from p2pshare.domain.vocabulary import ExchangeType, ItemType
from p2pshare.errors import DomainError


def request_session(
    listing: ListingState,
    listing_header: bytes,
    command: RequestSession,
    today: str,
    missing: str | None = None,
) -> Draft:
    """The request for a session about ``listing``, whose creating header is carried along.

    ``today`` is the asking one's local day; ``missing`` says which induction they lack, if any.
    Raises DomainError with the reason in one line.
    """
    check_open(listing, command.person, today, None)
    if listing.item_type is not ItemType.SERVICE:
        raise DomainError("that is a thing, not a skill; ask to borrow it or to be given it")
    if missing is not None and listing.exchange_type is ExchangeType.OFFER:
        raise DomainError(missing)
    day, minute = (today, None) if command.at is None else days.parse_moment(command.at)
    if day < today:
        raise DomainError(f"that day is past; choose {today} or later")
    minutes = 0 if command.minutes is None else _check_length(command.minutes)
    start = 0 if minute is None else minute
    end = limits.DAY_MINUTES
    if minute is not None:
        if minute == limits.DAY_MINUTES:
            raise DomainError("that is the end of the day; choose an earlier time, or the next day")
        end = min(limits.DAY_MINUTES, start + (minutes or limits.SESSION_MINUTES_DEFAULT))
    request = SessionRequest(
        listing=listing.listing,
        listing_header=listing_header,
        title=listing.title,
        terms=listing.terms,
        quantity=1,
        from_day=day,
        until_day=day,
        from_minute=start,
        until_minute=end,
        minutes=minutes,
        note=clean_note(command.note),
    )
    return checked(Draft(SESSION.kind_of("request"), request))


def move_session(session: AgreementState, command: MoveAgreement, now_ms: int) -> Draft:
    """The entry that makes ``command.move``. Raises DomainError with the reason."""
    if command.move == "settle":
        command = settling(session, command)
    if command.minutes is not None:
        _check_length(command.minutes)
    return draft_move(SESSION, session, command, now_ms)


def _check_length(minutes: int) -> int:
    if not 1 <= minutes <= limits.SESSION_MINUTES_MAX:
        most = limits.SESSION_MINUTES_MAX // 60
        raise DomainError(f"a session is one minute to {most} hours long")
    return minutes
