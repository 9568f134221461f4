"""offer, want, listing, listings: what people lend, give, teach and look for."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click
import msgspec

from p2pshare.cli.output import plain, short
from p2pshare.cli.parameters import text
from p2pshare.cli.photos import taken_in
from p2pshare.cli.policies import policy_options, said_of, take_policy
from p2pshare.cli.session import Session, pass_session
from p2pshare.cli.terms import sentences_of
from p2pshare.cli.times import iso, local
from p2pshare.domain.bodies import NO_POLICY, LoanPolicy
from p2pshare.domain.days import moments
from p2pshare.domain.listing import span_of
from p2pshare.domain.vocabulary import ExchangeType, ItemType, TransactionType

if TYPE_CHECKING:
    from p2pshare.domain.bodies import BusyPeriod
    from p2pshare.domain.views import ListingView
    from p2pshare.node.ledger import Ledger

_Function = TypeVar("_Function", bound=Callable[..., Any])

#: What people here may say; the vocabulary has more, for what others send.
_OWN_TRANSACTION_TYPES: Final = (
    TransactionType.BORROW_LEND.value,
    TransactionType.RECEIVE_DONATE.value,
    TransactionType.HOURS.value,
)
_ITEM_TYPES: Final = [kind.value for kind in ItemType]
_EXCHANGE_TYPES: Final = [kind.value for kind in ExchangeType]
_OF_LINES: Final = ("busy", "terms", "lent")
_NO_LAST_DAY: Final = ("", "never")


def _fields(function: _Function) -> _Function:
    """The options by which a listing is described; None, or (), where one is not given."""
    options = (
        click.option("--item-type", type=click.Choice(_ITEM_TYPES), help="A thing, or a skill."),
        click.option(
            "--transaction-type",
            "transaction_types",
            type=click.Choice(_OWN_TRANSACTION_TYPES),
            multiple=True,
            help="Lend it, give it away, or for hours; may be given several times.",
        ),
        click.option("--description", type=text, help="More about it."),
        click.option("--category", type=text, help="Where it belongs, such as tools."),
        click.option("--tag", "tags", type=text, multiple=True, help="A word to find it by."),
        click.option("--quantity", type=int, help="How many alike there are."),
        click.option(
            "--expires", type=text, metavar="DATE", help="Its last day, 2026-11-23, or never."
        ),
        click.option(
            "--terms",
            type=text,
            metavar="CODE",
            multiple=True,
            help="What you ask of who borrows it, such as BORROW-7D (see: terms).",
        ),
        click.option(
            "--induction/--no-induction",
            default=None,
            help="Only for those who were shown how to use it (see: induction).",
        ),
        click.option(
            "--witness",
            "witnesses",
            type=text,
            metavar="PERSON",
            multiple=True,
            help="Who may show people how, beside you; means --induction.",
        ),
        click.option(
            "--part", "parts", type=text, multiple=True, help="A part of a kit; name each one."
        ),
        policy_options,
        click.option(
            "--photo", "photos", metavar="FILE", multiple=True, help="A PNG, JPEG or WebP of it."
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def _given(
    ledger: "Ledger", options: dict[str, Any], policy: LoanPolicy = NO_POLICY
) -> dict[str, Any]:
    """The fields of a command that were given, in the types of ``domain.commands``.

    ``policy`` is the present one. Keeps the photos. Raises DomainError, UnknownReference,
    PhotoRefused, OSError or StoreError.
    """
    options = dict(options)
    options["policy"] = take_policy(options, policy)
    given = {name: value for name, value in options.items() if value not in (None, ())}
    if "item_type" in given:
        given["item_type"] = ItemType(given["item_type"])
    if "transaction_types" in given:
        given["transaction_types"] = tuple(map(TransactionType, given["transaction_types"]))
    if given.get("expires") in _NO_LAST_DAY:
        given["expires"] = None
    if "witnesses" in given:
        named = filter(str.strip, given["witnesses"])
        given["witnesses"] = tuple(map(ledger.person, named))
        if given["witnesses"]:
            given.setdefault("induction", True)
    if "photos" in given:
        given["photos"] = taken_in(ledger, given["photos"])
    return given


# --- offer and want -------------------------------------------------------------------------


@click.group("offer", no_args_is_help=False)
def offer_command() -> None:
    """Offer a thing or a skill."""


@click.group("want", no_args_is_help=False)
def want_command() -> None:
    """Ask for a thing or a skill."""


@offer_command.command("add")
@click.argument("title", type=text)
@_fields
@pass_session
def add_offer_command(session: Session, /, title: str, **options: Any) -> None:
    """Offer TITLE to everybody nearby; a thing is offered for lending unless you say more."""
    _add(session, ExchangeType.OFFER, title, options)


@want_command.command("add")
@click.argument("title", type=text)
@_fields
@pass_session
def add_want_command(session: Session, /, title: str, **options: Any) -> None:
    """Ask everybody nearby for TITLE."""
    _add(session, ExchangeType.WANT, title, options)


def _add(session: Session, exchange: ExchangeType, title: str, options: dict[str, Any]) -> None:
    from p2pshare.domain.commands import AddListing

    with session.ledger() as ledger:
        command = AddListing(
            person=session.actor(ledger),
            circle=session.circle_named(ledger),
            exchange_type=exchange,
            title=title,
            **_given(ledger, options),
        )
        listing = ledger.perform(command)[0].subject.hex()
    if session.output.json:
        session.output.document({"listing": listing})
        return
    verb = "You offer " if exchange is ExchangeType.OFFER else "You look for "
    session.output.line(verb, (title.strip(), "bold"), (f"   {short(listing)}", "dim"))


# --- one listing ----------------------------------------------------------------------------


@click.group("listing", no_args_is_help=False)
def listing_command() -> None:
    """Show, change or close one offer or want."""


@listing_command.command("show")
@click.argument("listing", metavar="ID", type=text)
@pass_session
def show_command(session: Session, listing: str) -> None:
    """Everything about one offer or want."""
    from p2pshare.domain.induction import needs_induction, one_of

    with session.ledger() as ledger:
        identifier = ledger.listing_id(listing)
        view = ledger.queries.listing(identifier, ledger.today())
        busy = ledger.queries.busy_periods(identifier)
        if view is None:
            raise click.ClickException("that listing has just been forgotten")
        gate = ""
        if needs_induction(view):
            gate = f"needed, by {one_of(ledger.queries.inductions.whom_to_ask(view))}"
    if session.output.json:
        session.output.document(
            {
                **listing_document(view),
                "expires": view.expires,
                "terms": list(view.terms),
                "induction": view.induction,
                "witnesses": list(view.witnesses),
                "closed": view.closed,
                "parts": list(view.parts),
                "policy": msgspec.to_builtins(view.policy),
                "busy": [_busy_document(one) for one in busy],
            }
        )
        return
    _show(session, view, busy, gate)


def _show(session: Session, view: "ListingView", busy: "list[BusyPeriod]", gate: str) -> None:
    session.output.line((view.title, "bold"), ("   closed" if view.closed else "", "red"))
    facts = [
        ("id", view.listing),
        ("from" if view.exchange_type == ExchangeType.OFFER else "for", view.person_name),
        ("kind", f"{view.exchange_type}, {view.item_type}, {_terms(view)}"),
        ("category", view.category),
        ("tags", ", ".join(view.tags)),
        ("free today", f"{view.available} of {view.quantity}"),
        ("last day", view.expires or ""),
        ("terms", "\n".join(sentences_of(view.terms))),
        ("induction", gate),
        ("parts", ", ".join(view.parts)),
        ("lent", "\n".join(said_of(view.policy))),
        ("busy", "\n".join(map(_busy, busy))),
        ("photos", ", ".join(map(short, view.photos))),
        ("changed", local(view.updated_ms)),
    ]
    session.output.facts(
        [(name, plain(value, newlines=name in _OF_LINES)) for name, value in facts if value]
    )
    if view.description:
        session.output.line()
        session.output.line(plain(view.description, newlines=True))


def _terms(view: "ListingView") -> str:
    return " or ".join(view.transaction_type)


def _busy(period: "BusyPeriod") -> str:
    begins, ends = moments(span_of(period))
    what = "out" if period.out else "promised"
    until = "it is back" if ends is None else ends.replace("T", " ")
    return f"{period.quantity} {what} {begins.replace('T', ' ')} to {until}"


def _busy_document(period: "BusyPeriod") -> dict[str, Any]:
    begins, ends = moments(span_of(period))
    return {"from": begins, "until": ends, "quantity": period.quantity, "out": period.out}


@listing_command.command("edit")
@click.argument("listing", metavar="ID", type=text)
@click.option("--title", type=text, help="What it is called.")
@_fields
@pass_session
def edit_command(session: Session, /, listing: str, **options: Any) -> None:
    """Change what you offer or want: only what you name is changed (--tag '' removes all tags,
    --terms '' all terms, --witness '' all witnesses, --part '' all parts, --photo '' all photos).

    A closed one is opened again.
    """
    from p2pshare.domain.commands import EditListing

    with session.ledger() as ledger:
        identifier = ledger.listing_id(listing)
        view = ledger.queries.listing(identifier, ledger.today())
        policy = NO_POLICY if view is None else view.policy
        command = EditListing(
            person=session.actor(ledger),
            circle=session.circle_named(ledger),
            listing=bytes.fromhex(identifier),
            **_given(ledger, options, policy),
        )
        ledger.perform(command)
    _changed(session, identifier, "Changed.")


@listing_command.command("close")
@click.argument("listing", metavar="ID", type=text)
@pass_session
def close_command(session: Session, listing: str) -> None:
    """Take down what you offer or want."""
    from p2pshare.domain.commands import CloseListing

    with session.ledger() as ledger:
        identifier = ledger.listing_id(listing)
        command = CloseListing(
            person=session.actor(ledger),
            circle=session.circle_named(ledger),
            listing=bytes.fromhex(identifier),
        )
        ledger.perform(command)
    _changed(session, identifier, "Closed.")


def _changed(session: Session, listing: str, said: str) -> None:
    if session.output.json:
        session.output.document({"listing": listing})
        return
    session.output.line(said, (f"   {short(listing)}", "dim"))


# --- all listings ---------------------------------------------------------------------------


@click.command("listings")
@click.option("--search", type=text, metavar="TEXT", help="Only those with all these words.")
@click.option("--exchange-type", type=click.Choice(_EXCHANGE_TYPES), help="Offers, or wants.")
@click.option("--item-type", type=click.Choice(_ITEM_TYPES), help="Things, or skills.")
@click.option("--mine", is_flag=True, help="Only your own.")
@click.option(
    "--limit", type=click.IntRange(1, 1_000_000), metavar="N", help="At most so many, best first."
)
@pass_session
def listings_command(
    session: Session,
    search: str | None,
    exchange_type: str | None,
    item_type: str | None,
    mine: bool,
    limit: int | None,
) -> None:
    """What is offered and wanted, the latest first."""
    with session.ledger() as ledger:
        views = ledger.queries.listings(
            ledger.today(),
            search=search,
            exchange_type=exchange_type,
            item_type=item_type,
            owners=own_persons(session, ledger) if mine else None,
            circle=session.circle_hex(ledger),
            limit=limit,
        )
    if session.output.json:
        session.output.document([listing_document(view) for view in views])
        return
    session.output.table(
        ("id", "", "what", "who", "free", "how"),
        [
            (
                plain(short(view.listing), "dim"),
                plain(view.exchange_type, "green" if view.exchange_type == "offer" else "magenta"),
                plain(view.title, "bold"),
                plain(view.person_name, "green" if view.own else ""),
                plain(f"{view.available} of {view.quantity}", "" if view.available else "yellow"),
                _terms(view),
            )
            for view in views
        ],
        nothing="nothing found" if search else "nothing is offered or wanted yet",
    )


def own_persons(session: Session, ledger: "Ledger") -> list[str]:
    """The hex ids of the person of --as, or of everybody who uses this computer."""
    if session.acting is not None:
        return [session.actor(ledger).hex()]
    return [person.hex() for person in ledger.own_persons()]


def listing_document(view: "ListingView") -> dict[str, Any]:
    """A listing as programs get it (DESIGN section 12)."""
    return {
        "listing": view.listing,
        "exchange_type": view.exchange_type,
        "item_type": view.item_type,
        "transaction_type": list(view.transaction_type),
        "title": view.title,
        "description": view.description,
        "category": view.category,
        "tags": list(view.tags),
        "quantity": view.quantity,
        "available": view.available,
        "photos": list(view.photos),
        "person": view.person,
        "person_name": view.person_name,
        "circle": view.circle,
        "updated": iso(view.updated_ms),
    }
