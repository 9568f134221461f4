"""What a process that is going to be killed does: a life of commands, receiving and repairing.

The child tells its parent of everything that is acknowledged, after the call has returned: the
places of the entries (a peer could have been sent them by then), the bodies taken in late, and the
words forgotten. ``crash_kit`` forks and kills; ``crash_checks`` looks at what is left.
"""

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from p2pshare.domain.agreement import AGREEMENTS
from p2pshare.domain.bodies import LoanPolicy
from p2pshare.domain.commands import (
    AddHold,
    AddListing,
    AddPerson,
    CloseListing,
    Command,
    DropHold,
    EditListing,
    Forget,
    MoveAgreement,
    OpenRepair,
    PayHours,
    RequestGift,
    RequestLoan,
    RequestSession,
    SaveSearch,
    SetName,
    SplitHours,
)
from p2pshare.domain.vocabulary import ExchangeType, ItemType, TransactionType
from p2pshare.errors import DomainError
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.log.entry import SignedEntry, decode_header, entry_id
from p2pshare.node.authoring import Performed
from p2pshare.node.importing import import_list
from p2pshare.node.ingest import Arrival, IngestReport
from p2pshare.node.ledger import Ledger
from p2pshare.store.append import Outcome

Say = Callable[..., None]

OPERATIONS_PER_ROUND = 5
ROUNDS_MAX = 100
"""A child that nobody kills ends by itself."""

NEXT_MOVES = {
    "requested": ("accept", "cancel", "decline"),
    "accepted": ("hand-over", "receive", "cancel"),
    "checked_out": ("give-back", "take-back"),
    "returned": ("take-back",),
}


# --- what others wrote ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Foreign:
    """Feeds of Ben and Cleo, made beforehand: ``chains`` from feed.open to each tip.

    ``erased`` has (word, id of the entry.erase that covers its every entry).
    """

    chains: tuple[tuple[SignedEntry, ...], ...]
    entries: dict[bytes, SignedEntry]
    erased: tuple[tuple[str, bytes], ...]


def make_foreign(folder: Path) -> Foreign:
    """Have Ben and Cleo write on one computer, then on it and on a copy of it: Ben's feed forks."""
    entries: dict[bytes, SignedEntry] = {}
    erased = []
    ledger = Ledger(folder / "ben")
    ben = ledger.perform(AddPerson(name="Ben"))[0].subject
    cleo = ledger.perform(AddPerson(name="Cleo"))[0].subject
    for number in range(16):
        word = f"ladder{number}{os.urandom(6).hex()}"
        listing = _add_listing(ledger, ben, f"Ladder {word}", quantity=5)
        if number % 3 == 0:
            ledger.perform(EditListing(person=ben, listing=listing, description=f"long {number}"))
        if number % 4 == 0:
            loan = ledger.perform(RequestLoan(person=cleo, listing=listing))[0].subject
            ledger.perform(MoveAgreement(person=ben, agreement=loan, move="accept"))
            ledger.perform(MoveAgreement(person=cleo, agreement=loan, move="receive"))
        elif number % 4 == 1:
            _read_entries(ledger, entries)
            report = ledger.perform(Forget(person=ben, subject=listing))[0].report
            erased.append((word, report.new[-1].entry.identifier))
        elif number % 4 == 2:
            ledger.perform(PayHours(person=cleo, payee=ben, minutes=30 + number))
        else:
            ledger.perform(CloseListing(person=ben, listing=listing))
    _read_entries(ledger, entries)
    ledger.close()
    shutil.copytree(folder / "ben", folder / "copy")
    for name in ("ben", "copy"):
        ledger = Ledger(folder / name)
        for number in range(8):
            _add_listing(ledger, ben, f"Shelf {number} of {name}", quantity=2)
        _read_entries(ledger, entries)
        ledger.close()
        shutil.rmtree(folder / name)
    return Foreign(_chains(entries), entries, tuple(erased))


def _add_listing(ledger: Ledger, person: bytes, title: str, quantity: int) -> bytes:
    command = AddListing(
        person=person, exchange_type=ExchangeType.OFFER, title=title, quantity=quantity
    )
    return ledger.perform(command)[0].subject


def _read_entries(ledger: Ledger, entries: dict[bytes, SignedEntry]) -> None:
    """Add what the ledger holds; a body that was held once stays."""
    for identifier, header, signature, body in ledger.database.connection.execute(
        "SELECT e.id, e.header, e.signature, b.body FROM entries AS e"
        " LEFT JOIN bodies AS b ON b.entry = e.number"
    ):
        entries.setdefault(identifier, SignedEntry(header, signature, body))


def _chains(entries: dict[bytes, SignedEntry]) -> tuple[tuple[SignedEntry, ...], ...]:
    followed = {decode_header(entry.header).previous for entry in entries.values()}
    chains = []
    for tip in sorted(entries.keys() - followed):
        chain = []
        identifier = tip
        while identifier in entries:
            chain.append(entries[identifier])
            identifier = decode_header(entries[identifier].header).previous
        chains.append(tuple(reversed(chain)))
    return tuple(chains)


# --- the life of a child --------------------------------------------------------------------------


class Life:
    """Rounds of opening the ledger, doing five random things, closing it; until killed."""

    def __init__(self, folder: Path, foreign: Foreign, random: Random, say: Say) -> None:
        self._folder = folder
        self._foreign = foreign
        self._random = random
        self._say = say

    def live(self, rounds: int) -> None:
        """Do ``rounds`` rounds."""
        for _ in range(rounds):
            ledger = Ledger(self._folder)
            self.begin(ledger)
            for _ in range(OPERATIONS_PER_ROUND):
                self._do_something(ledger)
            ledger.close()

    def begin(self, ledger: Ledger) -> None:
        """Ada and Eve live here: whoever was not yet added when the last process died is now."""
        for name in ("Ada", "Eve"):
            if name not in ledger.own_persons().values():
                self._acknowledge(ledger.perform(AddPerson(name=name)))

    def _do_something(self, ledger: Ledger) -> None:
        things = {
            self.add: 5,
            self.edit: 2,
            self.close: 1,
            self.request: 3,
            self.move: 5,
            self.arrange: 4,
            self.bring_along: 1,
            self.pay: 1,
            self.rename: 1,
            self.forget: 2,
            self.receive: 5,
            self.repair: 2,
        }
        (thing,) = self._random.choices(list(things), list(things.values()))
        try:
            thing(ledger)
        except DomainError:
            self._say("refused", thing.__name__)

    def add(self, ledger: Ledger) -> None:
        command = AddListing(
            person=self._person(ledger, "Ada"),
            exchange_type=ExchangeType.OFFER,
            title=f"Drill word{self._random.getrandbits(64):016x}",
            item_type=self._random.choice((ItemType.GOOD, ItemType.GOOD, ItemType.SERVICE)),
            transaction_types=(TransactionType.BORROW_LEND, TransactionType.RECEIVE_DONATE),
            quantity=3,
            policy=LoanPolicy(automatic=self._random.random() < 0.3),
        )
        self._acknowledge(ledger.perform(command))

    def edit(self, ledger: Ledger) -> None:
        for listing in self._own_listings(ledger):
            command = EditListing(
                person=self._person(ledger, "Ada"),
                listing=listing,
                description=f"newer {self._random.random()}",
            )
            self._acknowledge(ledger.perform(command))

    def close(self, ledger: Ledger) -> None:
        for listing in self._own_listings(ledger):
            command = CloseListing(person=self._person(ledger, "Ada"), listing=listing)
            self._acknowledge(ledger.perform(command))

    def request(self, ledger: Ledger) -> None:
        """Eve asks for what Ada or Ben offers."""
        eve = self._person(ledger, "Eve")
        offers = [one for one in ledger.queries.listings(ledger.today()) if not one.closed]
        if offers:
            offer = self._random.choice(offers)
            command = RequestLoan(person=eve, listing=bytes.fromhex(offer.listing))
            self._acknowledge(ledger.perform(command))

    def move(self, ledger: Ledger) -> None:
        """Whoever's turn it is makes the next move of a loan between Ada and Eve."""
        own = {person.hex() for person in ledger.own_persons()}
        loans = [
            loan
            for loan in ledger.queries.agreements(ledger.clock.time_ms())
            if loan.underlying_state in NEXT_MOVES and loan.owner in own
        ]
        if loans:
            loan = self._random.choice(loans)
            move = self._random.choice(NEXT_MOVES[loan.underlying_state])
            who = loan.asker if move in ("cancel", "receive", "give-back") else loan.owner
            command = MoveAgreement(
                person=bytes.fromhex(who), agreement=bytes.fromhex(loan.agreement), move=move
            )
            self._acknowledge(ledger.perform(command))

    def arrange(self, ledger: Ledger) -> None:
        """Gifts, sessions, holds and repairs of Ada's listings, and their moves; hours split."""
        ada, eve = self._person(ledger, "Ada"), self._person(ledger, "Eve")
        moves = [
            MoveAgreement(
                person=bytes.fromhex(person),
                agreement=bytes.fromhex(one.agreement),
                move=move,
                minutes=60 if move == "done" else None,
            )
            for one in ledger.queries.agreements(ledger.clock.time_ms(), persons=[ada.hex()])
            if one.kind not in ("loan", "hold")
            for person in {one.asker, one.owner}
            for move in AGREEMENTS[one.kind].moves[1:]
        ]
        commands: list[Command] = [
            SplitHours(person=eve, shares=((ada, 1),)),
            SaveSearch(person=eve, text=f"saw {self._random.random()}"),
            *self._random.sample(moves, min(len(moves), 4)),
        ]
        for listing in self._own_listings(ledger):
            commands += [
                RequestGift(person=eve, listing=listing),
                RequestSession(person=eve, listing=listing),
                AddHold(person=eve, listing=listing),
                DropHold(person=eve, listing=listing),
                OpenRepair(person=ada, listing=listing),
            ]
        self._acknowledge(ledger.perform(self._random.choice(commands)))

    def bring_along(self, ledger: Ledger) -> None:
        """Loans of before, sealed to Ada alone."""
        row = f"Drill,Member {self._random.randint(1, 9)},2025-01-0{self._random.randint(1, 9)}"
        ada = self._person(ledger, "Ada")
        result = import_list(ledger, ada, f"Item,Member,From\n{row}\n".encode(), form="loans")
        if result.report is not None:
            self._acknowledge_entries([new.entry.signed for new in result.report.new])

    def pay(self, ledger: Ledger) -> None:
        """Whoever of the two has more pays, so that neither comes to the limit."""
        ada, eve = self._person(ledger, "Ada"), self._person(ledger, "Eve")
        minutes = self._random.randint(1, 90)
        has = ledger.queries.accounts.balance(eve.hex(), OPEN_CIRCLE.hex()).minutes
        payer, payee = (eve, ada) if has >= 0 else (ada, eve)
        self._acknowledge(ledger.perform(PayHours(person=payer, payee=payee, minutes=minutes)))

    def rename(self, ledger: Ledger) -> None:
        ada = self._person(ledger, "Ada")
        self._acknowledge(ledger.perform(SetName(person=ada, name="Ada")))

    def forget(self, ledger: Ledger) -> None:
        """Forget a listing that no loan is about: its word must leave the files."""
        for listing in self._own_listings(ledger, without_loans=True):
            (title,) = ledger.database.connection.execute(
                "SELECT title FROM listings WHERE listing = ?", (listing.hex(),)
            ).fetchone()
            word = title.split()[1]
            self._say("forgetting", word)
            command = Forget(person=self._person(ledger, "Ada"), subject=listing)
            performed = ledger.perform(command)
            self._acknowledge(performed)
            if performed[0].erased:
                self._say("forgot", word)

    def receive(self, ledger: Ledger) -> None:
        """Take in a stretch or two of a chain: behind, at, or beyond its end in hand."""
        arrivals = [self._cut(ledger) for _ in range(self._random.randint(1, 2))]
        report = ledger.receive(arrivals)
        for arrival, result in zip(arrivals, report.results, strict=True):
            if result.outcome in (Outcome.STORED, Outcome.DUPLICATE):
                self._acknowledge_entries(arrival.stretch)
            elif result.outcome is not Outcome.MISSING_PREVIOUS:
                raise AssertionError(f"an honest stretch was refused: {result}")
        self._acknowledge_followers(ledger, report)

    def _cut(self, ledger: Ledger) -> Arrival:
        chain = self._random.choice(self._foreign.chains)
        held = sum(
            ledger.database.connection.execute(
                "SELECT EXISTS (SELECT 1 FROM entries WHERE id = ?)", (entry_id(entry.header),)
            ).fetchone()[0]
            for entry in chain
        )
        start = max(0, min(held + self._random.choice((-3, -1, 0, 0, 0, 0, 2)), len(chain) - 1))
        stretch = [
            entry
            if self._random.random() < 0.8 or decode_header(entry.header).seq == 0
            else SignedEntry(entry.header, entry.signature, None)
            for entry in chain[start : start + self._random.randint(1, 14)]
        ]
        return Arrival(OPEN_CIRCLE, stretch)

    def repair(self, ledger: Ledger) -> None:
        """Take in bodies that are owed."""
        owed = [
            identifier
            for (identifier,) in ledger.database.connection.execute(
                "SELECT e.id FROM owed AS o JOIN entries AS e ON e.number = o.entry"
            )
        ]
        asked = self._random.sample(owed, min(len(owed), 6))
        given = [self._foreign.entries[identifier] for identifier in asked]
        report = ledger.ingest.repair(OPEN_CIRCLE, given)
        if report.repaired:
            self._say("bodies", *(identifier.hex() for identifier in report.repaired))
        self._acknowledge_followers(ledger, report)

    # --- what is told ---------------------------------------------------------------------------

    def _acknowledge(self, performed: Iterable[Performed]) -> None:
        for one in performed:
            self._acknowledge_entries([new.entry.signed for new in one.report.new])

    def _acknowledge_followers(self, ledger: Ledger, report: IngestReport) -> None:
        self._acknowledge(ledger.entail(report))

    def _acknowledge_entries(self, entries: Iterable[SignedEntry]) -> None:
        places = []
        for entry in entries:
            header = decode_header(entry.header)
            places.append(f"{header.feed.hex()}:{header.seq}:{entry_id(entry.header).hex()}")
        if places:
            self._say("entries", *places)

    def _person(self, ledger: Ledger, name: str) -> bytes:
        return next(person for person, own in ledger.own_persons().items() if own == name)

    def _own_listings(self, ledger: Ledger, *, without_loans: bool = False) -> list[bytes]:
        """One of Ada's open listings, or none."""
        query = "SELECT listing FROM listings WHERE owner = ? AND closed = 0"
        if without_loans:
            query += " AND listing NOT IN (SELECT listing FROM agreements)"
        ada = self._person(ledger, "Ada").hex()
        rows = ledger.database.connection.execute(query, (ada,)).fetchall()
        return [bytes.fromhex(self._random.choice(rows)[0])] if rows else []
