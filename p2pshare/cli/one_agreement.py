"""loan show, gift show, session show, repair show: one agreement whole.

What was agreed and what its terms ask, what is to be looked at when it comes back, who said what,
and what is missing. Everything follows from the ledger; nothing is decided here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import click

from p2pshare.cli.agreements import (
    days_of,
    identified,
    said_words,
    signed_document,
    state_words,
)
from p2pshare.cli.output import plain, short
from p2pshare.cli.parameters import text
from p2pshare.cli.session import Session, pass_session
from p2pshare.cli.terms import sentences_of
from p2pshare.cli.times import local
from p2pshare.domain.agreement import AGREEMENTS
from p2pshare.domain.agreement_table import AgreementTable
from p2pshare.domain.bodies import NO_POLICY, LoanPolicy
from p2pshare.domain.hours import format_minutes
from p2pshare.domain.induction import may_witness, needs_induction, one_of
from p2pshare.domain.loan import LOAN
from p2pshare.domain.move_words import move_words
from p2pshare.domain.terms import machine_form
from p2pshare.domain.view_moves import rows_now

if TYPE_CHECKING:
    from p2pshare.domain.views import AgreementView, ListingView
    from p2pshare.node.ledger import Ledger

_OF_LINES: Final = ("terms", "missing", "at hand-over")


@dataclass(frozen=True, slots=True)
class _Whole:
    """An agreement, with what is known beside it; ``listing`` is None where it is not in hand."""

    view: "AgreementView"
    listing: "ListingView | None"
    lacks: tuple[str, ...]
    now_ms: int

    @property
    def table(self) -> AgreementTable:
        """The table of its kind."""
        return AGREEMENTS[self.view.kind]

    @property
    def checklist(self) -> tuple[str, ...]:
        """What is looked at when it comes back: points of its terms, then parts of the kit."""
        parts = () if self.listing is None else self.listing.parts
        return (*machine_form(self.view.terms).checklist, *parts)

    @property
    def photos(self) -> tuple[str, ...]:
        """The hashes of the photos that its moves show."""
        shown = [
            photo for one in self.view.signed_by for photo in dict(one.details).get("photos", ())
        ]
        return tuple(dict.fromkeys(shown))

    @property
    def policy(self) -> LoanPolicy:
        """On what conditions it is lent; none of what is not."""
        if self.listing is None or self.view.kind != LOAN.kind:
            return NO_POLICY
        return self.listing.policy

    def possible(self, person: str) -> tuple[str, ...]:
        """The moves that a party can make now."""
        rows = rows_now(self.view, person, self.now_ms)
        return tuple(dict.fromkeys(row.move for row in rows))


def add_show(
    group: click.Group,
    table: AgreementTable,
    document: "Callable[[AgreementView], dict[str, Any]]",
) -> None:
    """Give ``group`` a command that shows one agreement whole; ``document`` as lists have it."""

    @click.command("show", help=f"Show one {table.kind} whole, by its ID.")
    @click.argument("agreement", metavar="ID", type=text)
    @pass_session
    def show_command(session: Session, agreement: str) -> None:
        with session.ledger() as ledger:
            whole = _read(ledger, agreement, table.kind)
        if session.output.json:
            session.output.document({**document(whole.view), **_document(whole)})
        else:
            _show(session, whole)

    group.add_command(show_command)


def _read(ledger: "Ledger", agreement: str, kind: str) -> _Whole:
    view = identified(ledger, agreement, kind)
    listing = ledger.queries.listing(view.listing, ledger.today())
    lacks = (*_unsigned(view), *_without_induction(ledger, view, listing))
    return _Whole(view, listing, lacks, ledger.clock.time_ms())


def _unsigned(view: "AgreementView") -> list[str]:
    """What one side signed and the other has not yet."""
    table = AGREEMENTS[view.kind]
    names = {view.asker: view.asker_name, view.owner: view.owner_name}
    signed = {(one.move, one.person) for one in view.signed_by}
    found = []
    for pair in table.pairs:
        for said, answer in dict.fromkeys((pair, pair[::-1])):
            for person, other in ((view.asker, view.owner), (view.owner, view.asker)):
                if (said, person) in signed and (answer, other) not in signed:
                    name = names[other] or short(other)
                    found.append(f"{name} has not signed {answer}")
    return list(dict.fromkeys(found))


def _without_induction(
    ledger: "Ledger", view: "AgreementView", listing: "ListingView | None"
) -> list[str]:
    """Whether the asking one still has to be shown how, and by whom."""
    if listing is None or not needs_induction(listing):
        return []
    if may_witness(view.asker, listing.person, listing.witnesses):
        return []
    inductions = ledger.queries.inductions
    given = inductions.find(listing=view.listing, person=view.asker, circle=view.circle)
    if any(one.valid for one in given):
        return []
    witnesses = one_of(inductions.whom_to_ask(listing))
    return [f"{view.asker_name or short(view.asker)} needs an induction by {witnesses}"]


def _document(whole: _Whole) -> dict[str, Any]:
    """What is told of one agreement on top of what the lists tell of each."""
    view = whole.view
    return {
        "circle": view.circle,
        "quantity": view.quantity,
        "note": view.note,
        "from_minute": view.from_minute,
        "until_minute": view.until_minute,
        "asked_until": view.asked_until,
        "minutes": view.minutes,
        "terms": list(view.terms),
        "checklist": list(whole.checklist),
        "photos": list(whole.photos),
        "missing": list(whole.lacks),
        "deposit": whole.policy.deposit,
        "notice": whole.policy.notice,
        "possible": {
            role: list(whole.possible(person))
            for role, person in zip(whole.table.roles, (view.asker, view.owner), strict=True)
        },
        "signed_by": [{**signed_document(one), "note": one.note} for one in view.signed_by],
    }


def _show(session: Session, whole: _Whole) -> None:
    view = whole.view
    asker, owner = whole.table.roles
    session.output.line((view.title, "bold"), "   ", state_words(view))
    facts = [
        ("id", view.agreement),
        ("listing", view.listing),
        (asker, view.asker_name),
        *([] if whole.table.alone else [(owner, view.owner_name)]),
        ("when", days_of(view)),
        ("how many", str(view.quantity) if view.quantity > 1 else ""),
        ("back by", "" if view.due_at_ms is None else local(view.due_at_ms)),
        ("took", "" if view.minutes is None else format_minutes(view.minutes)),
        ("terms", "\n".join(sentences_of(view.terms))),
        ("deposit", whole.policy.deposit),
        ("at hand-over", whole.policy.notice),
        ("look at", ", ".join(whole.checklist)),
        ("photos", ", ".join(map(short, whole.photos))),
        ("missing", "\n".join(whole.lacks)),
        *(
            (f"{role} can", ", ".join(whole.possible(person)))
            for role, person in dict(
                zip((asker, owner), (view.asker, view.owner), strict=True)
            ).items()
        ),
    ]
    session.output.facts(
        [(name, plain(value, newlines=name in _OF_LINES)) for name, value in facts if value]
    )
    names = {view.asker: view.asker_name, view.owner: view.owner_name}
    session.output.table(
        ("signed", "by", "when", "words"),
        [
            (
                plain(whole.table.label_of(one.move), "bold"),
                plain(
                    (names.get(one.person) or short(one.person))
                    + (", at the desk" if one.desk else "")
                ),
                local(one.at_ms),
                said_words(one.note, move_words(dict(one.details))),
            )
            for one in view.signed_by
        ],
    )
