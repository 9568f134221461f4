"""History is forgotten whole, by where it is from, or of one member; and nothing else with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from unit.node.computers import Computer, meet

from p2pshare.domain.commands import Forget
from p2pshare.errors import DomainError, KeyLocked, UnknownReference
from p2pshare.log.entry import OWN_SEALED_KIND
from p2pshare.node.forgetting_history import forget_history
from p2pshare.node.importing import import_list
from p2pshare.store.audit import audit

HEADER = "id,item,code,member,email,from,until,returned,note"
DRILL = "1,Hammer drill,DR-1,Ana García,ana@example.org,2021-03-14,2021-03-21,2021-03-20,"
LADDER = "2,Ladder,L-1,Ben,,2021-04-01,,,left leg wobbles"
MEMBERS = (
    b"id,name,email,telephone,joined\n"
    b"3,Ana Garc\xc3\xada,ana@example.org,+34 600,2019-02-01\n"
    b"4,Ben,,,2020-02-28\n"
)
TRANSFERS = b"3,member,4,member,5400,2015-03-01,Help with the garden,12\n"


def loans(*rows: str) -> bytes:
    return "\n".join([HEADER, *rows, ""]).encode()


@pytest.fixture
def computer(tmp_path: Path) -> Iterator[Computer]:
    with_it = Computer(tmp_path / "ada")
    yield with_it
    with_it.close()


@pytest.fixture
def ada(computer: Computer) -> bytes:
    return computer.add("Ada")


def items(computer: Computer, person: bytes) -> list[str]:
    return [view.item for view in computer.queries.history.past([person.hex()])]


def test_one_member_is_forgotten_and_the_others_stay(
    tmp_path: Path, computer: Computer, ada: bytes
) -> None:
    ben = Computer(tmp_path / "ben")
    ben.add("Ben")
    import_list(computer, ada, loans(DRILL, LADDER))
    import_list(computer, ada, loans(DRILL.replace("2021-03-20", "2021-03-19"), LADDER))
    import_list(computer, ada, MEMBERS)
    meet(computer, ben)
    assert forget_history(computer, ada, member="ANA garcía") == 2
    assert items(computer, ada) == ["Ladder"]
    assert [one.name for one in computer.queries.history.members([ada.hex()])] == ["Ben"]
    data = computer.file_bytes()
    assert "García".encode() not in data
    assert b"ana@example.org" not in data
    meet(computer, ben)
    held = ben.database.connection.execute(
        "SELECT count(*) FROM bodies AS b JOIN entries AS e ON e.number = b.entry WHERE e.kind = ?",
        (OWN_SEALED_KIND,),
    ).fetchone()
    assert held == (2,)  # what was signed anew: the ladder, and the other member
    with pytest.raises(DomainError, match="no such history"):
        forget_history(computer, ada, member="ana@example.org")
    report = audit(computer.folder / "ledger.db", computer.reading_keys())
    assert report.ok, report.faults
    ben.close()


def test_two_of_one_name_are_told_apart(computer: Computer, ada: bytes) -> None:
    rows = [DRILL, DRILL.replace("1,", "7,", 1).replace("ana@", "ana2@"), LADDER]
    import_list(computer, ada, loans(*rows))
    with pytest.raises(DomainError, match="several members"):
        forget_history(computer, ada, member="Ana García")
    assert forget_history(computer, ada, member="ANA2@example.org") == 1
    assert [view.ref for view in computer.queries.history.past([ada.hex()])] == ["2", "1"]
    assert forget_history(computer, ada, member="Ana García") == 1


def test_a_source_is_forgotten_and_everything(computer: Computer, ada: bytes) -> None:
    import_list(computer, ada, loans(DRILL))
    import_list(computer, ada, loans(LADDER), source="Lend Engine")
    import_list(computer, ada, TRANSFERS, form="timeoverflow-transfers")
    assert forget_history(computer, ada, source="lend engine") == 1
    assert items(computer, ada) == ["Hammer drill", "Help with the garden"]
    assert forget_history(computer, ada) == 2
    assert items(computer, ada) == []
    assert import_list(computer, ada, loans(DRILL)).imported == 1


def test_one_entry_of_it_is_forgotten_like_anything_else(computer: Computer, ada: bytes) -> None:
    import_list(computer, ada, loans(DRILL))
    (view,) = computer.queries.history.past([ada.hex()])
    performed = computer.perform(Forget(person=ada, subject=bytes.fromhex(view.history)))
    assert performed[0].erased == 1
    assert items(computer, ada) == []
    assert b"Hammer drill" not in computer.file_bytes()


def test_what_was_said_before_does_not_come_back(computer: Computer, ada: bytes) -> None:
    import_list(computer, ada, loans(LADDER))
    import_list(computer, ada, loans(LADDER.replace("Ben", "Ana")))
    assert forget_history(computer, ada, member="Ana") == 1
    assert items(computer, ada) == []


def test_what_was_said_of_them_before_goes_and_what_is_said_now_stays(
    computer: Computer, ada: bytes
) -> None:
    import_list(computer, ada, loans(LADDER, DRILL))
    import_list(computer, ada, loans(LADDER.replace("Ben", "Cyn")))
    assert forget_history(computer, ada, member="Ben") == 1
    assert items(computer, ada) == ["Ladder", "Hammer drill"]
    assert b"Ben" not in computer.file_bytes()


def test_numbers_are_of_their_own_list(computer: Computer, ada: bytes) -> None:
    import_list(computer, ada, MEMBERS, source="TimeOverflow")
    import_list(computer, ada, TRANSFERS, form="timeoverflow-transfers")
    import_list(computer, ada, loans("9,Saw,,4,,2021-05-01,,,"), source="Lend Engine")
    assert forget_history(computer, ada, member="Ben") == 2
    assert items(computer, ada) == ["Saw"]


def test_who_cannot_forget(computer: Computer, ada: bytes) -> None:
    with pytest.raises(UnknownReference):
        forget_history(computer, b"x" * 32)
    locked = computer.add("Ben", b"1234")
    import_list(computer, locked, loans(DRILL))
    computer.keys.lock(locked)
    with pytest.raises(KeyLocked):
        forget_history(computer, locked)
    assert items(computer, locked) == ["Hammer drill"]
    with pytest.raises(DomainError, match="no such history"):
        forget_history(computer, ada)
