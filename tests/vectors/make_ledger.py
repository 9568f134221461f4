"""Write a small ledger as this version keeps it: ``python -m vectors.make_ledger`` in tests/.

Run once per schema version, by the program of that version, and never again for it: folders written
by earlier versions stay in ``ledgers/`` and must still open
(tests/integration/test_earlier_versions.py). Ada's folder holds her own doings, a loan with Ben,
and a village of other people's trouble; that of version 3 also a photo, rows of an imported list
and a loan in dispute; that of version 4 a gift, a session, hours that were split, an induction, a
loan that was longer, reported, disputed and settled, a repair, and a place in a queue.
"""

import json
import shutil
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from unit.store.ledger_kit import village

from p2pshare.clock import ManualClock
from p2pshare.domain.commands import (
    AddHold,
    AddListing,
    AddPerson,
    CloseListing,
    Command,
    ConfirmHours,
    EditListing,
    Forget,
    GrantInduction,
    MoveAgreement,
    OpenRepair,
    PayHours,
    RequestGift,
    RequestLoan,
    RequestSession,
    SaveSearch,
    SplitHours,
)
from p2pshare.domain.vocabulary import ExchangeType, ItemType, TransactionType
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.log.entry import SignedEntry
from p2pshare.node.ingest import Arrival
from p2pshare.node.ledger import Ledger
from p2pshare.store.database import SCHEMA_VERSION

LEDGERS = Path(__file__).parent / "ledgers"
START_MS = 1_795_392_000_000  # 2026-11-23
TODAY = "2026-11-23"


def main() -> int:
    """Write the folder of this schema version; 1 if it is there."""
    target = LEDGERS / f"v{SCHEMA_VERSION}"
    if target.exists():
        sys.stderr.write(f"{target} is there already; it is never written again\n")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        expected = live(Path(folder))
        shutil.copytree(Path(folder) / "ada", target)
    (target / "expected.json").write_text(json.dumps(expected, indent=2) + "\n")
    return 0


def live(folder: Path) -> dict[str, Any]:
    """What happens in Ada's and Ben's ledgers; what Ada's says at the end."""
    clock = ManualClock(START_MS)
    with (
        closing(Ledger(folder / "ada", clock=clock, zone=lambda: 0)) as ada,
        closing(Ledger(folder / "ben", clock=clock, zone=lambda: 0)) as ben,
    ):
        ada_id = ada.perform(AddPerson(name="Ada"))[0].subject
        ben_id = ben.perform(AddPerson(name="Ben"))[0].subject
        drill = offer(ada, ada_id, "Hammer drill", category="tools", tags=("drill", "masonry"))
        ladder = offer(ada, ada_id, "Ladder")
        secret = offer(ada, ada_id, "Words to be forgotten")
        offer(ada, ada_id, "Bicycle lessons", item_type=ItemType.SERVICE)
        ada.perform(EditListing(person=ada_id, listing=ladder, title="Ladder, 3 metres"))
        gone = offer(ada, ada_id, "Tent")
        ada.perform(CloseListing(person=ada_id, listing=gone))
        ada.perform(Forget(person=ada_id, subject=secret))
        circle = ada.add_closed_circle("Workshop", b"a closed circle's 32 byte secret")
        ada.perform(
            AddListing(
                person=ada_id, circle=circle, exchange_type=ExchangeType.WANT, title="Band saw"
            )
        )
        ada.receive([Arrival(OPEN_CIRCLE, [one.signed]) for one in village().entries])
        exchange(ada, ben)
        loan = ben.perform(RequestLoan(person=ben_id, listing=drill))[0].subject
        exchange(ada, ben)
        for ledger, person, move in ((ada, ada_id, "accept"), (ben, ben_id, "receive")):
            ledger.perform(MoveAgreement(person=person, agreement=loan, move=move))
            exchange(ada, ben)
        ben.perform(PayHours(person=ben_id, payee=ada_id, minutes=90))
        exchange(ada, ben)
        lend_in_full(ada, ada_id, ben, ben_id, drill)
        return said(ada, ada_id)


def lend_in_full(ada: Ledger, ada_id: bytes, ben: Ledger, ben_id: bytes, drill: bytes) -> None:
    """Everything that came with version 4, between the two, at once or one after the other."""

    def does(ledger: Ledger, command: Command) -> bytes:
        subject = ledger.perform(command)[0].subject
        exchange(ada, ben)
        return subject

    def moves(ledger: Ledger, person: bytes, agreement: bytes, move: str, **said: Any) -> None:
        does(ledger, MoveAgreement(person=person, agreement=agreement, move=move, **said))

    free = [TransactionType.RECEIVE_DONATE]
    cot = offer(ada, ada_id, "Cot", transaction_types=tuple(free), terms=("NO-RESALE",))
    lessons = offer(ada, ada_id, "Welding, first steps", item_type=ItemType.SERVICE)
    cutter = offer(ada, ada_id, "Laser cutter", induction=True, parts=("key", "goggles"))
    exchange(ada, ben)
    gift = does(ben, RequestGift(person=ben_id, listing=cot))
    moves(ada, ada_id, gift, "accept")
    moves(ben, ben_id, gift, "receive", condition="good")
    session = does(ben, RequestSession(person=ben_id, listing=lessons, minutes=60))
    moves(ada, ada_id, session, "accept")
    moves(ben, ben_id, session, "done", minutes=75)
    split = SplitHours(person=ben_id, shares=((ada_id, 75),), gift=True)
    payment = does(ben, split)
    does(ada, ConfirmHours(person=ada_id, payment=payment))
    does(ada, GrantInduction(person=ada_id, listing=cutter, inducted=ben_id))
    loan = does(ben, RequestLoan(person=ben_id, listing=cutter))
    moves(ada, ada_id, loan, "accept")
    moves(ada, ada_id, loan, "hand-over", condition="as-new")
    moves(ben, ben_id, loan, "renew", until="2026-12-05")
    moves(ada, ada_id, loan, "grant")
    moves(ben, ben_id, loan, "report", what="missing-part", part="goggles")
    moves(ben, ben_id, loan, "give-back", missing=("goggles",), instead="hired")
    moves(ada, ada_id, loan, "dispute", note="They were in the box.")
    moves(ben, ben_id, loan, "settle", note="Ben buys new ones.")
    moves(ada, ada_id, loan, "settle", note="Ben buys new ones.")
    does(ada, OpenRepair(person=ada_id, listing=cutter, fixer=True))
    does(ada, SaveSearch(person=ada_id, text="scroll saw"))
    other = ben.perform(AddPerson(name="Cleo"))[0].subject
    exchange(ada, ben)
    does(ben, AddHold(person=other, listing=drill))


def offer(ledger: Ledger, person: bytes, title: str, **fields: Any) -> bytes:
    """The id of a new offer."""
    command = AddListing(person=person, exchange_type=ExchangeType.OFFER, title=title, **fields)
    return ledger.perform(command)[0].subject


def exchange(one: Ledger, other: Ledger) -> None:
    """Give each what the other has in the open circle."""
    for source, target in ((one, other), (other, one), (one, other)):
        feeds: dict[bytes, list[SignedEntry]] = {}
        for feed, header, signature, body in source.database.connection.execute(
            "SELECT f.feed, e.header, e.signature, b.body FROM entries AS e"
            " JOIN feeds AS f ON f.number = e.feed JOIN circles AS c ON c.number = f.circle"
            " LEFT JOIN bodies AS b ON b.entry = e.number WHERE c.circle = ? ORDER BY e.number",
            (OPEN_CIRCLE,),
        ):
            feeds.setdefault(feed, []).append(SignedEntry(header, signature, body))
        arrivals = [Arrival(OPEN_CIRCLE, [one]) for entries in feeds.values() for one in entries]
        target.entail(target.receive(arrivals))


def said(ledger: Ledger, person: bytes) -> dict[str, Any]:
    """What a ledger says, in values that every later version must say too."""
    queries = ledger.queries
    return {
        "person": person.hex(),
        "listings": sorted([one.listing, one.title] for one in queries.listings(TODAY)),
        "people": sorted([one.person, one.name] for one in queries.people()),
        "agreements": sorted(
            [one.agreement, one.title, one.state] for one in queries.agreements(START_MS)
        ),
        "minutes": queries.accounts.balance(person.hex(), OPEN_CIRCLE.hex()).minutes,
        "circles": sorted(
            [one.circle, one.name, one.entries, one.feeds, one.digest] for one in queries.circles()
        ),
    }


if __name__ == "__main__":
    sys.exit(main())
