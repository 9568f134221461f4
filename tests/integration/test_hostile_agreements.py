"""Peers who sign what our own rules would never let them: nobody's lists, timers or files break.

Their entries are well made (encoding, signatures, sealing) and mean whatever does harm. After each
attack every list, export and page of everybody is asked for: it comes, without control characters,
and an honest owner has promised nothing twice.
"""

import io
from collections.abc import Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from unit.node.computers import Computer, meet

from p2pshare import limits
from p2pshare.cli import main
from p2pshare.domain import agreement_bodies as said
from p2pshare.domain.bodies import (
    Body,
    BusyPeriod,
    ListingBusy,
    ListingPut,
    LoanPolicy,
    encode_sealed_payload,
)
from p2pshare.domain.commands import AddHold, MoveAgreement, RequestGift, RequestLoan
from p2pshare.domain.drafts import Draft
from p2pshare.domain.listing import conflicts
from p2pshare.domain.vocabulary import ItemType, TransactionType
from p2pshare.errors import DomainError, UnknownReference
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.log.entry import OWN_SEALED_KIND, SEALED_KIND
from p2pshare.node.writing import Writing
from p2pshare.store.busy import queue_of
from p2pshare.store.lookup import listing_header, reading_keys_of

EVIL = "x\x1b[2J\u202e\x07 [bold]b[/bold] <script>\n=1+1"
DAYS = [
    *(("1970-01-01", "9999-12-31"), ("9999-12-31", "9999-12-31"), ("9999-12-31", "1970-01-01")),
    *(("1970-01-01", "1970-01-01"), ("2026-11-20", "2026-11-19")),
]
MINUTES = [(0, 1440), (1440, 0), (700, 600), (1440, 1440), (0, 0)]
FORMATS = ("ics", "csv", "valueflows", "jsonl")
LISTS = [
    *(("loans",), ("gifts",), ("sessions",), ("repairs",), ("holds",), ("listings",), ("people",)),
    *(("reminders",), ("impact",), ("demand",), ("matches",), ("audit",)),
]

SHOWN_MAX = 8
"""So many agreements are shown whole, from all over the list."""


class Street:
    """Ada who lends, Ben who does harm, Cleo who looks on."""

    def __init__(self, folder: Path) -> None:
        self.a, self.b, self.c = (Computer(folder / name) for name in "abc")
        self.ada, self.ben = self.a.add("Ada"), self.b.add("Ben")
        self.cleo = self.c.add("Cleo")
        self.meet()

    def meet(self) -> None:
        meet(self.a, self.b, self.c)

    def sealed(
        self,
        by: Computer,
        kind: str,
        body: Body,
        parties: tuple[bytes, ...] = (),
        subject: bytes = b"",
        header_kind: str = SEALED_KIND,
    ) -> bytes:
        """Sign a sealed entry past all rules; its subject."""
        person = self.ada if by is self.a else self.ben if by is self.b else self.cleo
        with by.ingest.batch(durable=False) as batch:
            writing = Writing(batch, by.keys, person, OPEN_CIRCLE, by.clock)
            writing.feed()
            number = batch.circles[OPEN_CIRCLE]
            readers = [
                key
                for party in parties or (self.ben, self.ada)
                for key in reading_keys_of(writing.connection, party, number)
            ]
            payload = encode_sealed_payload(kind, body)
            written = writing._write(header_kind, payload, subject, readers)
            batch.finish(by_peer=False)
        return written

    def clear(self, by: Computer, person: bytes, kind: str, body: Body, subject: bytes) -> bytes:
        """Sign a clear entry past all rules; its subject."""
        with by.ingest.batch(durable=False) as batch:
            writing = Writing(batch, by.keys, person, OPEN_CIRCLE, by.clock)
            written = writing.write(Draft(kind, body), subject)
            batch.finish(by_peer=False)
        return written

    def about(self, listing: bytes, **fields: Any) -> dict[str, Any]:
        """What Ben says of a listing when he opens something about it."""
        return {
            "listing": listing,
            "listing_header": listing_header(self.b.database.connection, listing),
            "title": EVIL,
            "terms": (EVIL,),
            "quantity": 1,
            "from_day": "2026-11-20",
            "until_day": "2026-11-25",
            "note": EVIL,
            **fields,
        }

    def later(self, hours: int) -> None:
        for computer in (self.a, self.b, self.c):
            computer.clock.advance(hours * 3600)
            computer.entail(timely=True)


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    made = Street(tmp_path)
    with closing(made.a), closing(made.b), closing(made.c):
        yield made


def run(computer: Computer, *arguments: str) -> str:
    """What a command prints; it must succeed, and print nothing that a terminal obeys."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(["--data", str(computer.folder), *arguments])
    assert code == 0, (arguments, err.getvalue())
    printed = out.getvalue()
    assert not [one for one in printed if one < " " and one != "\n"], arguments
    assert "\u202e" not in printed
    return printed


def everybody_can_look(street: Street, tmp_path: Path) -> None:
    for computer in (street.a, street.b, street.c):
        for arguments in LISTS:
            run(computer, *arguments)
            run(computer, "--json", *arguments)
        views = computer.queries.agreements(computer.clock.time_ms())
        for view in views[:: 1 + len(views) // SHOWN_MAX]:
            if view.kind != "hold":
                run(computer, view.kind, "show", view.agreement)
                run(computer, "--json", view.kind, "show", view.agreement)
        for listing in computer.queries.listings("2020-01-01"):
            run(computer, "listing", "show", listing.listing)
            run(computer, "bookings", listing.listing)
        for kind in FORMATS:
            run(computer, "export", str(tmp_path / "out"), "--format", kind)
    never_promised_twice(street)


def never_promised_twice(street: Street) -> None:
    """Ada's computer keeps to her rules, whatever it is told."""
    with street.a.ingest.batch(durable=False) as batch:
        for listing in street.a.queries.listings("2020-01-01", owners=[street.ada.hex()]):
            periods = batch.states.busy(OPEN_CIRCLE, bytes.fromhex(listing.listing))
            assert conflicts(listing.quantity, periods) == []


def tried(computer: Computer, command: Any) -> None:
    """Have it done, or refused in one line; anything else is a fault."""
    try:
        computer.perform(command)
    except (DomainError, UnknownReference) as refusal:
        line = str(refusal)
    else:
        line = ""
    assert "\n" not in line


def test_words_that_would_move_a_terminal(street: Street, tmp_path: Path) -> None:
    kit = street.a.offer(street.ada, parts=("bit",))
    street.meet()
    loan = street.sealed(street.b, "loan.request", said.LoanRequest(**street.about(kit)))
    street.meet()
    for move in ("accept", "hand-over"):
        street.a.move(street.ada, loan, move)
    street.meet()
    photos = (bytes(32),) * limits.PHOTOS_MAX
    many = (EVIL,) * limits.PARTS_MAX
    for body, move in (
        (said.LoanReport(what="ray-gun", part=EVIL, note=EVIL, photos=photos), "report"),
        (
            said.GiveBack(
                condition="no-such-word",
                instead="n" * 32,
                checked=many,
                missing=many,
                photos=photos,
                note=EVIL,
            ),
            "give-back",
        ),
    ):
        street.sealed(street.b, f"loan.{move}", body, subject=loan)
    street.meet()
    assert street.a.loan(loan).state == "returned"
    everybody_can_look(street, tmp_path)


def test_days_at_the_ends_of_the_calendar(street: Street, tmp_path: Path) -> None:
    a, ada = street.a, street.ada
    listings = {
        "loan.request": a.offer(ada, quantity=limits.QUANTITY_MAX),
        "gift.request": a.offer(
            ada, "Sofas", quantity=99, transaction_types=(TransactionType.RECEIVE_DONATE,)
        ),
        "session.request": a.offer(ada, "Guitar", item_type=ItemType.SERVICE),
    }
    bodies = {
        "loan.request": said.LoanRequest,
        "gift.request": said.GiftRequest,
        "session.request": said.SessionRequest,
    }
    street.meet()
    opened = []
    for kind, days, minutes in product(listings, DAYS, MINUTES):
        about = street.about(
            listings[kind],
            from_day=days[0],
            until_day=days[1],
            from_minute=minutes[0],
            until_minute=minutes[1],
        )
        opened.append(street.sealed(street.b, kind, bodies[kind](**about)))
    street.meet()
    for agreement in opened:
        tried(a, MoveAgreement(person=ada, agreement=agreement, move="accept"))
    street.meet()
    everybody_can_look(street, tmp_path)
    street.later(24 * 30)
    street.meet()
    everybody_can_look(street, tmp_path)
    for computer, person in ((a, ada), (street.b, street.ben)):
        for agreement in opened:
            for move in ("hand-over", "cancel", "take-back", "lost"):
                tried(computer, MoveAgreement(person=person, agreement=agreement, move=move))


@pytest.mark.parametrize("due_at_ms", [0, 2**53])
def test_due_at_any_number(street: Street, tmp_path: Path, due_at_ms: int) -> None:
    a, b = street.a, street.b
    drill = a.offer(street.ada)
    street.meet()
    loan = b.ask(street.ben, drill)
    street.meet()
    renew = said.LoanRenew(until_day="9999-12-31", until_minute=1440)
    grant = said.LoanGrant(until_day="1970-01-01", until_minute=0, due_at_ms=due_at_ms)
    for by, move, body in (
        (a, "accept", said.LoanAccept(due_at_ms=due_at_ms, terms=(EVIL,))),
        (a, "hand-over", said.CustodyMove()),
        (b, "renew", renew),
        (a, "grant", grant),
        (b, "renew", renew),
    ):
        street.sealed(by, f"loan.{move}", body, subject=loan)
        street.meet()
    assert b.loan(loan).until_day == "1970-01-01"
    everybody_can_look(street, tmp_path)
    tried(a, MoveAgreement(person=street.ada, agreement=loan, move="grant"))
    street.later(24)
    everybody_can_look(street, tmp_path)


def test_an_owner_who_publishes_nonsense(street: Street, tmp_path: Path) -> None:
    a, b = street.a, street.b
    policy = LoanPolicy(
        longest_days=1,
        renewals=0,
        automatic=True,
        notice=EVIL,
        deposit=EVIL,
        buffer_minutes=limits.BUFFER_MINUTES_MAX,
        by_hour=True,
        hold_hours=1,
    )
    put = ListingPut(
        exchange_type="offer",
        item_type="good",
        transaction_types=("borrow-lend", "receive-donate"),
        title=EVIL,
        quantity=1,
        policy=policy,
        parts=(EVIL, "", EVIL),
        witnesses=(street.ben, bytes(32)),
    )
    periods = tuple(
        BusyPeriod(start, end, limits.QUANTITY_MAX, bool(number % 2), bytes([number]) * 8, *minutes)
        for number, ((start, end), minutes) in enumerate(
            product((*DAYS, ("9999-12-31", None), ("1970-01-01", None)), MINUTES)
        )
    )
    listing = street.clear(b, street.ben, "listing.put", put, b"")
    told = ListingBusy(periods=periods, queue=(b"same-tag",) * 9)
    street.clear(b, street.ben, "listing.busy", told, listing)
    a.pull(b)
    street.c.pull(b)
    for computer, person in ((a, street.ada), (street.c, street.cleo)):
        for command in (
            RequestLoan(person=person, listing=listing),
            RequestLoan(person=person, listing=listing, from_day="9999-12-31"),
            RequestLoan(
                person=person,
                listing=listing,
                from_day="2026-12-01T10:00",
                until_day="2026-12-01T11:00",
            ),
            RequestGift(person=person, listing=listing),
            AddHold(person=person, listing=listing),
        ):
            tried(computer, command)
    everybody_can_look(street, tmp_path)
    street.meet()
    street.later(24)
    everybody_can_look(street, tmp_path)


def test_the_header_of_another_listing_and_moves_of_other_kinds(
    street: Street, tmp_path: Path
) -> None:
    a, b = street.a, street.b
    drill, saw = a.offer(street.ada), a.offer(street.ada, "Saw")
    bench = b.offer(street.ben, "Bench")
    street.meet()
    header = {one: listing_header(b.database.connection, one) for one in (drill, saw, bench)}
    for listing, of in ((drill, header[saw]), (drill, header[bench]), (bench, header[drill])):
        for mangled in (of, of[:-1], b"\0" * 300):
            about = street.about(listing, listing_header=mangled)
            for kind, body in (
                ("loan.request", said.LoanRequest),
                ("gift.request", said.GiftRequest),
                ("repair.open", said.RepairOpen),
            ):
                for header_kind in (SEALED_KIND, OWN_SEALED_KIND):
                    street.sealed(b, kind, body(**about), header_kind=header_kind)
    loan = b.ask(street.ben, drill)
    street.meet()
    assert [one.agreement for one in a.queries.agreements(0)] == [loan.hex()]
    for kind, body in (
        ("gift.accept", said.GiftMove()),
        ("repair.resolve", said.RepairMove()),
        ("hold.offer", said.HoldOffer(offered_until_ms=2**53)),
        ("session.done", said.SessionDone(minutes=limits.MINUTES_PER_PAYMENT_MAX)),
        ("loan.request", said.LoanRequest(**street.about(drill))),
        ("loan.accept", said.LoanAccept(due_at_ms=5)),
    ):
        street.sealed(a, kind, body, subject=loan, header_kind=OWN_SEALED_KIND)
        if kind != "loan.accept":
            street.sealed(a, kind, body, subject=loan)
    for subject in (drill, bytes(16)):
        street.sealed(b, "loan.cancel", said.LoanMove(), subject=subject)
    street.meet()
    for computer in (a, b):
        assert [one.state for one in computer.queries.agreements(0)] == ["requested"]
    everybody_can_look(street, tmp_path)


def test_strangers_have_no_say(street: Street, tmp_path: Path) -> None:
    a, b, c = street.a, street.b, street.c
    drill = a.offer(street.ada)
    street.meet()
    for header_kind in (SEALED_KIND, OWN_SEALED_KIND):
        ticket = said.RepairOpen(**street.about(drill))
        street.sealed(b, "repair.open", ticket, header_kind=header_kind)
        street.sealed(b, "repair.open", ticket, (street.ben,), header_kind=header_kind)
    street.sealed(a, "loan.request", said.LoanRequest(**street.about(drill)), (street.ada,))
    loan = b.ask(street.ben, drill)
    street.meet()
    everybody = (street.ada, street.ben, street.cleo)
    for move in ("accept", "cancel", "decline"):
        body = said.LoanAccept(due_at_ms=5) if move == "accept" else said.LoanMove()
        street.sealed(c, f"loan.{move}", body, everybody, subject=loan)
    street.meet()
    for computer in (a, b):
        (view,) = computer.queries.agreements(0)
        assert (view.agreement, view.state) == (loan.hex(), "requested")
        assert len(view.signed_by) == 1
    shown = c.queries.listing(drill.hex(), "2026-11-20")
    assert shown is not None
    assert (shown.available, c.queries.agreements(0)) == (1, [])
    everybody_can_look(street, tmp_path)


def test_a_tag_copied_from_the_queue_gets_nobody_s_place(street: Street, tmp_path: Path) -> None:
    a, b, c = street.a, street.b, street.c
    drill, dora = a.offer(street.ada), a.add("Dora")
    street.meet()
    loan = a.ask(dora, drill)
    a.move(street.ada, loan, "accept")
    a.move(street.ada, loan, "hand-over")
    street.meet()
    c.perform(AddHold(person=street.cleo, listing=drill))
    street.meet()
    (tag,) = queue_of(b.database.connection, drill.hex())
    for _ in range(3):
        hold = said.HoldAdd(**street.about(drill), token=bytes.fromhex(tag))
        street.sealed(b, "hold.add", hold)
        street.meet()
        assert queue_of(b.database.connection, drill.hex())[0] == tag
    a.move(street.ada, loan, "take-back")
    street.meet()
    street.later(1)
    street.meet()
    states = {
        one.asker_name: one.state
        for one in a.queries.agreements(a.clock.time_ms(), kind="hold")
        if one.state == "offered"
    }
    assert states == {"Cleo": "offered"}
    everybody_can_look(street, tmp_path)


def test_a_flood_of_reports_is_bounded_and_does_not_hide_what_follows(street: Street) -> None:
    a, b = street.a, street.b
    drill = a.offer(street.ada)
    street.meet()
    loan = b.ask(street.ben, drill)
    street.meet()
    a.move(street.ada, loan, "accept")
    a.move(street.ada, loan, "hand-over")
    street.meet()
    for number in range(limits.REPEATED_MOVES_MAX + 30):
        photos = tuple(bytes([number, place]) * 16 for place in range(limits.PHOTOS_MAX))
        report = said.LoanReport(what="damage", photos=photos)
        street.sealed(b, "loan.report", report, subject=loan)
    street.meet()
    signed = [one.move for one in a.loan(loan).signed_by]
    assert signed.count("report") == limits.REPEATED_MOVES_MAX
    a.move(street.ada, loan, "take-back")
    street.meet()
    assert (a.loan(loan).state, b.loan(loan).state) == ("closed", "closed")
