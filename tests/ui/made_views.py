"""Views as the node hands them out, with believable values where a test does not care."""

from dataclasses import replace
from hashlib import sha256

from p2pshare.domain.views import AgreementView, ListingView, PersonView, SignedMoveView

ADA = "a" * 64
BEN = "b" * 64
CIRCLE = "c" * 64
NOW_MS = 1_790_000_000_000
TODAY = "2026-09-21"


def made_id(text: str, characters: int = 32) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:characters]


def listing(title: str = "Hammer drill", *, own: bool = False, **fields: object) -> ListingView:
    view = ListingView(
        listing=made_id(title),
        exchange_type="offer",
        item_type="good",
        transaction_type=("borrow-lend",),
        title=title,
        description="In good order.\nBring it back clean.",
        category="Tools",
        tags=("tools",),
        quantity=1,
        available=1,
        expires=None,
        photos=(),
        terms=(),
        person=ADA if own else BEN,
        person_name="Ada" if own else "Ben",
        circle=CIRCLE,
        closed=False,
        updated_ms=NOW_MS,
        own=own,
    )
    return replace(view, **fields)


def listings(count: int, **fields: object) -> list[ListingView]:
    return [listing(f"Thing {number}", **fields) for number in range(count)]


def person(name: str = "Ben", *, own: bool = False, **fields: object) -> PersonView:
    identifier = (ADA if own else BEN) if name in ("Ada", "Ben") else made_id(name, 64)
    return replace(PersonView(identifier, name, NOW_MS, own), **fields)


def loan(
    state: str = "requested",
    *,
    lending: bool = True,
    signed: tuple[str, ...] = (),
    **fields: object,
) -> AgreementView:
    """A loan in which Ada lends or borrows; ``signed`` are the moves she has made."""
    title = str(fields.pop("title", "Hammer drill"))
    view = AgreementView(
        agreement=made_id(f"loan of {title}"),
        kind="loan",
        listing=made_id(title),
        title=title,
        owner=ADA if lending else BEN,
        owner_name="Ada" if lending else "Ben",
        asker=BEN if lending else ADA,
        asker_name="Ben" if lending else "Ada",
        state=state,
        underlying_state=state,
        quantity=1,
        from_day="2026-09-21",
        until_day="2026-09-28",
        note="",
        due_at_ms=NOW_MS + 1000,
        closed_ms=None,
        overdue=False,
        conflict=False,
        denied=(),
        signed_by=tuple(SignedMoveView(move, ADA, NOW_MS, "") for move in signed),
        circle=CIRCLE,
    )
    return replace(view, **fields)
