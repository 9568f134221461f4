"""What the moves of agreements say: the payloads that are sealed to the parties.

The opening entry of an agreement is an ``AgreementOpening``, each later one an ``AgreementMove``.
Some say more than a note; those whose words the engine of ``domain.agreement`` acts upon derive
from ``SetsDue``, ``SetsEnd``, ``AsksEnd``, ``AnswersEnd``, ``SetsOffer`` or ``SetsMinutes``,
whatever their kind. Which kinds there are is in the tables: ``domain.loan``, ``gift``, ``session``,
``hold`` and ``repair``.

A word that is shown and not acted upon (a condition, what was reported) is plain text here, so that
words of later versions are kept; those this version knows are listed beside.
"""

from typing import Annotated, Final

from msgspec import Meta

from p2pshare import limits
from p2pshare.domain.bodies import (
    Body,
    HeaderBytes,
    KindName,
    Minute,
    Note,
    PaidMinutes,
    Parts,
    Photos,
    PromiseTag,
    Quantity,
    SubjectId,
    Tag,
    Terms,
    Title,
    Whole,
    check_day,
)

CONDITIONS: Final = ("as-new", "good", "worn", "damaged")
"""In what state a thing changes hands."""

REPORTS: Final = ("damage", "loss", "missing-part")
"""What can be reported of a thing that is lent."""

ANSWERS: Final = ("bought", "hired", "without")
"""What the borrower would have done without the loan: bought one, hired one, or gone without."""

Checklist = Annotated[tuple[Tag, ...], Meta(max_length=limits.PARTS_MAX)]


class AgreementOpening(Body, frozen=True, kw_only=True):
    """The first move of any agreement: the listing it is about, and its terms as they were seen.

    ``listing_header`` is the header of the listing's creating entry, so that who owns it can be
    checked before the listing has arrived. The days are inclusive; the minutes say when on the
    first day it begins and when on the last it ends. ``desk``: signed at the desk of a library.
    Agreement kinds extend this, or use it as it is.
    """

    listing: SubjectId
    listing_header: HeaderBytes
    title: Title = ""
    terms: Terms = ()
    quantity: Quantity
    from_day: str
    until_day: str
    from_minute: Minute = 0
    until_minute: Minute = limits.DAY_MINUTES
    note: Note = ""
    desk: bool = False

    def __post_init__(self) -> None:
        check_day(self.from_day)
        check_day(self.until_day)


class AgreementMove(Body, frozen=True, kw_only=True):
    """Any later move of an agreement; extended where a move says more than a note."""

    note: Note = ""
    desk: bool = False


class SetsDue(AgreementMove, frozen=True, kw_only=True):
    """A move that also signs the instant by which the thing must be back."""

    due_at_ms: Whole


class SetsEnd(SetsDue, frozen=True, kw_only=True):
    """A move that makes the agreement end on another day, and later answers ``AsksEnd``."""

    until_day: str
    until_minute: Minute = limits.DAY_MINUTES

    def __post_init__(self) -> None:
        check_day(self.until_day)


class AsksEnd(AgreementMove, frozen=True, kw_only=True):
    """A move that asks for another last day; nothing changes until it is granted."""

    until_day: str
    until_minute: Minute = limits.DAY_MINUTES

    def __post_init__(self) -> None:
        check_day(self.until_day)


class AnswersEnd(AgreementMove, frozen=True, kw_only=True):
    """A move that turns down what ``AsksEnd`` asked for."""


class SetsOffer(AgreementMove, frozen=True, kw_only=True):
    """A move that offers something until an instant."""

    offered_until_ms: Whole


class SetsMinutes(AgreementMove, frozen=True, kw_only=True):
    """A move that says how many minutes were worked; two say the same only with equal minutes."""

    minutes: PaidMinutes


# --- loans ----------------------------------------------------------------------------------


class LoanRequest(AgreementOpening, frozen=True, kw_only=True):
    """``loan.request``: the borrower asks."""


class LoanAccept(SetsDue, frozen=True, kw_only=True):
    """``loan.accept``: the lender promises, signs when it must be back and the terms once more."""

    terms: Terms = ()


class LoanMove(AgreementMove, frozen=True, kw_only=True):
    """``loan.MOVE``: a move that says no more than a note."""


class CustodyMove(AgreementMove, frozen=True, kw_only=True):
    """A move in which a thing changes hands, and the condition it is in.

    ``condition`` is a word of CONDITIONS, None if nobody looked; ``checked`` are the points of the
    checklist that were found well, ``missing`` the parts of a kit that were not there.
    """

    condition: KindName | None = None
    checked: Checklist = ()
    missing: Parts = ()
    photos: Photos = ()


class GiveBack(CustodyMove, frozen=True, kw_only=True):
    """``loan.give-back``; ``instead`` is a word of ANSWERS, if the borrower answered."""

    instead: KindName | None = None


class LoanRenew(AsksEnd, frozen=True, kw_only=True):
    """``loan.renew``: the borrower asks to keep it longer."""


class LoanGrant(SetsEnd, frozen=True, kw_only=True):
    """``loan.grant``: the lender says until when."""


class LoanRefuse(AnswersEnd, frozen=True, kw_only=True):
    """``loan.refuse``: it must be back as was agreed."""


class LoanReport(AgreementMove, frozen=True, kw_only=True):
    """``loan.report``: something is damaged, lost or missing; ``what`` is a word of REPORTS."""

    what: KindName
    part: Tag = ""
    photos: Photos = ()


# --- gifts, sessions ------------------------------------------------------------------------


class GiftRequest(AgreementOpening, frozen=True, kw_only=True):
    """``gift.request``: somebody would like to have it."""


class GiftMove(AgreementMove, frozen=True, kw_only=True):
    """``gift.MOVE``: every other move of a gift."""


class SessionRequest(AgreementOpening, frozen=True, kw_only=True):
    """``session.request``: to be taught or helped, or to teach or help, for about ``minutes``."""

    minutes: PaidMinutes = 0


class SessionMove(AgreementMove, frozen=True, kw_only=True):
    """``session.MOVE``: a move that says no more than a note."""


class SessionDone(SetsMinutes, frozen=True, kw_only=True):
    """``session.done``: it took place, for so many minutes."""


# --- holds, repairs -------------------------------------------------------------------------


class HoldAdd(AgreementOpening, frozen=True, kw_only=True):
    """``hold.add``: to be told when it is free; ``token`` is drawn by lot (``hold.queue_tag``)."""

    token: PromiseTag


class HoldOffer(SetsOffer, frozen=True, kw_only=True):
    """``hold.offer``: it is your turn, until then."""


class HoldMove(AgreementMove, frozen=True, kw_only=True):
    """``hold.MOVE``: every other move of a hold."""


class RepairOpen(AgreementOpening, frozen=True, kw_only=True):
    """``repair.open``: it is taken off the shelf; ``want`` is the listing that asks for a fixer."""

    want: SubjectId | None = None


class RepairMove(AgreementMove, frozen=True, kw_only=True):
    """``repair.MOVE``: every other move of a repair."""
