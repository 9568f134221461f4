"""Two neighbours with one of everything that is exported, made by the commands of the program.

``live`` leaves Ada's computer as it is after she and Ben have met: a loan that was given back, one
that is out, one that was only asked for; a gift, two sessions, a repair; hours that were paid,
corrected, confirmed and given.
"""

import io
import json
from contextlib import closing
from pathlib import Path
from typing import Any

from unit.node.computers import Computer, meet

from p2pshare.clock import ManualClock
from p2pshare.domain import commands
from p2pshare.domain.vocabulary import ExchangeType, ItemType, TransactionType
from p2pshare.node.exports.formats import FORMATS
from p2pshare.node.exports.request import ExportRequest

GIVEN, HOURS = TransactionType.RECEIVE_DONATE, TransactionType.HOURS


def live(folder: Path) -> None:
    """Make the folders ``ada`` and ``ben`` in ``folder``, and let everything happen."""
    with (
        closing(Computer(folder / "ada")) as ada_home,
        closing(Computer(folder / "ben")) as ben_home,
    ):
        ada, ben = ada_home.add("Ada"), ben_home.add("Ben")
        drill = ada_home.offer(ada, "Drill", quantity=3, tags=("diy",), expires="2026-12-31")
        chair = ada_home.offer(ada, "Chair", transaction_types=(GIVEN,), description="wobbly")
        guitar = ada_home.offer(
            ada, "Guitar lessons", item_type=ItemType.SERVICE, transaction_types=(HOURS,)
        )
        want = commands.AddListing(
            person=ada,
            exchange_type=ExchangeType.WANT,
            item_type=ItemType.SERVICE,
            transaction_types=(HOURS,),
            title="Help with the garden",
        )
        garden = ada_home.perform(want)[0].subject
        meet(ada_home, ben_home)
        back = ben_home.ask(ben, drill, note="for a shelf")
        out = ben_home.ask(ben, drill)
        ben_home.ask(ben, drill, note="and one more")
        gift = ben_home.perform(commands.RequestGift(person=ben, listing=chair))[0].subject
        lesson = ben_home.perform(commands.RequestSession(person=ben, listing=guitar, minutes=45))[
            0
        ].subject
        digging = ben_home.perform(
            commands.RequestSession(person=ben, listing=garden, minutes=120)
        )[0].subject
        meet(ada_home, ben_home)
        for agreement in (back, out, gift, lesson, digging):
            _move(ada_home, ada, agreement, "accept")
        for agreement in (back, out):
            _move(ada_home, ada, agreement, "hand-over", condition="good")
        meet(ada_home, ben_home)
        _move(ben_home, ben, back, "give-back", condition="worn", instead="bought")
        _move(ben_home, ben, gift, "receive")
        _move(ben_home, ben, lesson, "done", minutes=50)
        _move(ben_home, ben, digging, "done", minutes=120)
        ada_home.perform(commands.OpenRepair(person=ada, listing=drill, note="the cord"))
        paid = ben_home.perform(commands.PayHours(person=ben, payee=ada, minutes=45))[0].subject
        _an_hour_passes(ada_home, ben_home)
        ben_home.perform(commands.CorrectHours(person=ben, payment=paid, minutes=50))
        _an_hour_passes(ada_home, ben_home)
        meet(ada_home, ben_home)
        ada_home.perform(commands.ConfirmHours(person=ada, payment=paid))
        shares = commands.SplitHours(person=ada, shares=((ben, 60),), gift=True)
        ada_home.perform(shares)
        meet(ada_home, ben_home)


def _move(home: Computer, person: bytes, agreement: bytes, move: str, **said: Any) -> None:
    home.perform(commands.MoveAgreement(person=person, agreement=agreement, move=move, **said))


def _an_hour_passes(*homes: Computer) -> None:
    for home in homes:
        assert isinstance(home.clock, ManualClock)
        home.clock.advance(3600)


def exported(home: Computer, form: str, **asked: Any) -> tuple[bytes, int]:
    """What a format writes, and how much it says that is."""
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding="utf-8", newline="", write_through=True) as stream:
        written = FORMATS[form].write(home, stream, _silent, ExportRequest(**asked))
        stream.flush()
        data = raw.getvalue()
    return data, written.number


def graph(home: Computer, **asked: Any) -> list[dict[str, Any]]:
    """The nodes of a ValueFlows export."""
    data, number = exported(home, "valueflows", **asked)
    nodes: list[dict[str, Any]] = json.loads(data)["@graph"]
    assert len(nodes) == number
    return nodes


def _silent(_done: int, _total: int) -> None:
    pass
