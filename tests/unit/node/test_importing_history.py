"""What was before is brought along, sealed to who brings it, and is nothing more than that."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from unit.node.computers import START_MS, Computer, meet

from p2pshare.domain.history import LOANS_KIND, HistoryLoan, HistoryMember, Packing
from p2pshare.errors import KeyLocked, QuotaExceeded, UnknownReference
from p2pshare.limits import BODY_BYTES_MAX
from p2pshare.log.body import sealed_payload_max
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.log.entry import OWN_SEALED_KIND
from p2pshare.node.importing import ImportResult, import_list
from p2pshare.node.writing import Writing
from p2pshare.store.append import Quota
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


def loans(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def counts(result: ImportResult) -> tuple[int, int, int, int]:
    return result.imported, result.updated, result.skipped, len(result.rejected)


@pytest.fixture
def computer(tmp_path: Path) -> Iterator[Computer]:
    with_it = Computer(tmp_path / "ada")
    yield with_it
    with_it.close()


@pytest.fixture
def ada(computer: Computer) -> bytes:
    return computer.add("Ada")


def items(computer: Computer, person: bytes, **how: object) -> list[str]:
    return [view.item for view in computer.queries.history.past([person.hex()], **how)]


# --- taking it over ---------------------------------------------------------------------------


def test_a_trial_says_what_would_be_and_changes_nothing(computer: Computer, ada: bytes) -> None:
    before = computer.count()
    bad = "3,Saw,S-1,Ben,,yesterday,,,"
    trial = import_list(computer, ada, loans(DRILL, LADDER, bad), dry_run=True)
    assert counts(trial) == (2, 0, 0, 1)
    assert [(one.row, one.reason) for one in trial.rejected] == [
        (4, "from: 'yesterday' is no date")
    ]
    assert trial.report is None
    assert (computer.count(), items(computer, ada)) == (before, [])
    assert counts(import_list(computer, ada, loans(DRILL, LADDER, bad))) == counts(trial)
    assert items(computer, ada) == ["Ladder", "Hammer drill"]


def test_the_same_file_adds_nothing_and_a_changed_row_is_shown_instead(
    computer: Computer, ada: bytes
) -> None:
    import_list(computer, ada, loans(DRILL, LADDER))
    entries = computer.count()
    assert counts(import_list(computer, ada, loans(DRILL, LADDER))) == (0, 0, 2, 0)
    assert computer.count() == entries
    back = LADDER.replace("2021-04-01,,", "2021-04-01,,2021-04-09")
    assert counts(import_list(computer, ada, loans(DRILL, back))) == (0, 1, 1, 0)
    assert computer.count() == entries + 1
    views = computer.queries.history.past([ada.hex()])
    assert [view.returned_day for view in views] == ["2021-04-09", "2021-03-20"]
    assert counts(import_list(computer, ada, loans(DRILL, back))) == (0, 0, 2, 0)
    assert counts(import_list(computer, ada, loans(DRILL, LADDER))) == (0, 1, 1, 0)
    assert computer.queries.history.past([ada.hex()])[0].returned_day == ""


def test_rows_without_a_number_are_known_by_what_they_say(computer: Computer, ada: bytes) -> None:
    header = "item,member,from,returned"
    rows = ["Drill,Ana,2021-03-14,", "Drill,Ana,2021-03-14,", "Saw,Ben,2021-03-14,"]
    assert counts(import_list(computer, ada, loans(*rows, header=header))) == (3, 0, 0, 0)
    assert counts(import_list(computer, ada, loans(*rows, header=header))) == (0, 0, 3, 0)
    back = [*rows[:2], "Saw,Ben,2021-03-14,2021-03-15"]
    assert counts(import_list(computer, ada, loans(*back, header=header))) == (0, 1, 2, 0)
    assert {view.ref for view in computer.queries.history.past([ada.hex()])} == {""}


def test_two_sources_are_apart(computer: Computer, ada: bytes) -> None:
    import_list(computer, ada, loans(DRILL))
    again = import_list(computer, ada, loans(DRILL), source="the shed's book")
    assert counts(again) == (1, 0, 0, 0)
    views = computer.queries.history.past([ada.hex()])
    assert {view.source for view in views} == {"a list", "the shed's book"}


def test_a_second_computer_of_the_importer_knows_it_too(tmp_path: Path, computer: Computer) -> None:
    ada = computer.add("Ada")
    import_list(computer, ada, loans(DRILL, LADDER))
    second = Computer(tmp_path / "second")
    second.host(computer, ada, "Ada")
    meet(computer, second)
    assert items(second, ada) == ["Ladder", "Hammer drill"]
    assert counts(import_list(second, ada, loans(DRILL, LADDER))) == (0, 0, 2, 0)
    back = LADDER.replace("2021-04-01,,", "2021-04-01,,2021-04-09")
    import_list(second, ada, loans(back))
    meet(computer, second)
    for one in (computer, second):
        assert one.queries.history.past([ada.hex()])[0].returned_day == "2021-04-09"
    second.close()


def test_an_item_is_recognised_as_what_it_is_now(computer: Computer, ada: bytes) -> None:
    things = b"Code,Name,Loan fee,Reservable\nDR-1,Bohrhammer,0,yes\nX-9,Ladder,0,yes\n"
    history = loans(DRILL, LADDER, "3,Tent,,Ben,,2021-05-01,,,")
    import_list(computer, ada, history)
    assert {view.listing for view in computer.queries.history.past([ada.hex()])} == {""}
    import_list(computer, ada, things)
    assert counts(import_list(computer, ada, history)) == (0, 2, 1, 0)
    listed = {view.title: view.listing for view in computer.queries.listings(computer.today())}
    found = {view.item: view.listing for view in computer.queries.history.past([ada.hex()])}
    assert found == {
        "Hammer drill": listed["Bohrhammer"],  # by its code, whatever it is called
        "Ladder": listed["Ladder"],  # by its title, of which there is one
        "Tent": "",
    }
    assert items(computer, ada, listing=listed["Ladder"]) == ["Ladder"]
    import_list(computer, ada, things.replace(b"yes", b"no"))  # taken down: still known
    assert counts(import_list(computer, ada, history)) == (0, 0, 3, 0)


def test_members_and_hours(computer: Computer, ada: bytes) -> None:
    assert counts(import_list(computer, ada, MEMBERS, source="TimeOverflow")) == (2, 0, 0, 0)
    done = import_list(computer, ada, TRANSFERS, form="timeoverflow-transfers")
    assert counts(done) == (1, 0, 0, 0)
    (view,) = computer.queries.history.past([ada.hex()])
    assert (view.what, view.member, view.receiver, view.minutes) == (
        "hours",
        "Ana García",
        "Ben",
        90,
    )
    (ana, ben) = computer.queries.history.members([ada.hex()])
    assert (ana.name, ana.email, ana.telephone, ana.joined) == (
        *("Ana García", "ana@example.org", "+34 600", "2019-02-01"),
    )
    assert (ben.ref, ben.name) == ("4", "Ben")
    assert [one.name for one in computer.queries.history.members([ada.hex()], search="garcia")] == [
        "Ana García"
    ]


def test_it_is_found_by_words_in_any_case_and_without_accents(
    computer: Computer, ada: bytes
) -> None:
    import_list(computer, ada, loans(DRILL, LADDER))
    for words in ("garcia", "ANA hammer", "example.org", "a list drill"):
        assert items(computer, ada, search=words) == ["Hammer drill"]
    assert items(computer, ada, search="wobbles") == ["Ladder"]
    assert items(computer, ada, search="garcia ladder") == []
    assert items(computer, ada, limit=1) == ["Ladder"]
    assert items(computer, ada, circle="00" * 32) == []


# --- what it is not ---------------------------------------------------------------------------


def test_it_is_no_loan_no_hours_and_nothing_others_see(
    tmp_path: Path, computer: Computer, ada: bytes
) -> None:
    ben = Computer(tmp_path / "ben")
    ben.add("Ben")
    import_list(computer, ada, loans(DRILL, LADDER))
    import_list(computer, ada, TRANSFERS, form="timeoverflow-transfers")
    meet(computer, ben)
    for one in (computer, ben):
        assert one.queries.agreements(START_MS) == []
        assert one.queries.accounts.balances(ada.hex())[0].minutes == 0
        assert [view.name for view in one.queries.people()] == ["Ada", "Ben"]
    assert items(ben, ada) == []
    connection = ben.database.connection
    assert connection.execute("SELECT count(*) FROM history_loans").fetchone() == (0,)
    sealed = connection.execute(
        "SELECT count(*) FROM entries WHERE kind = ?", (OWN_SEALED_KIND,)
    ).fetchone()
    assert sealed == (2,)
    assert "García".encode() not in ben.file_bytes()
    ben.close()


def test_what_a_stranger_seals_to_me_is_no_history_of_mine(
    tmp_path: Path, computer: Computer, ada: bytes
) -> None:
    mallory = Computer(tmp_path / "mallory")
    liar = mallory.add("Mallory")
    meet(computer, mallory)
    packing = Packing(LOANS_KIND, "Lend Engine", START_MS, 4000)
    packing.add(HistoryLoan("1", "Saw", b"", "Ada never gave it back", "2021-03-14"))
    with mallory.ingest.batch(durable=True) as batch:
        writing = Writing(batch, mallory.keys, liar, OPEN_CIRCLE, mallory.clock)
        for draft in packing.drafts():
            writing.write_sealed(draft, (ada,))
        batch.finish(by_peer=False)
    meet(computer, mallory)
    assert items(computer, ada) == []
    mallory.close()


def test_it_follows_from_the_log_alone(computer: Computer, ada: bytes) -> None:
    import_list(computer, ada, loans(DRILL, LADDER))
    import_list(computer, ada, MEMBERS)
    before = computer.queries.history.past([ada.hex()])
    computer.rebuild()
    assert computer.queries.history.past([ada.hex()]) == before
    report = audit(computer.folder / "ledger.db", computer.reading_keys())
    assert report.ok, report.faults


# --- limits and refusals ----------------------------------------------------------------------


def test_many_rows_fill_few_entries(computer: Computer, ada: bytes) -> None:
    rows = [f"{number},Drill,,Ana,,2021-03-14,,," for number in range(2000)]
    entries = computer.count()
    told: list[tuple[int, int]] = []
    result = import_list(
        computer, ada, loans(*rows), progress=lambda done, total: told.append((done, total))
    )
    assert counts(result) == (2000, 0, 0, 0)
    assert told[0][0] == 0
    assert told[-1][0] == told[-1][1] == computer.count() - entries
    assert computer.count() - entries < 10
    largest = computer.database.connection.execute(
        "SELECT max(length(body)) FROM bodies"
    ).fetchone()
    assert BODY_BYTES_MAX - 100 < largest[0] <= BODY_BYTES_MAX
    assert len(items(computer, ada)) == 2000


def test_a_row_too_long_for_an_entry_keeps_no_other_out(
    computer: Computer, ada: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "p2pshare.node.importing_history.sealed_payload_max", lambda readers: 200 // readers
    )
    result = import_list(computer, ada, loans(DRILL, f"{LADDER}{'x' * 200}"))
    assert counts(result) == (1, 0, 0, 1)
    assert "too long for one entry" in result.rejected[0].reason


@pytest.mark.parametrize("readers", [1, 2, 3, 8])
def test_how_much_can_be_sealed(readers: int) -> None:
    from p2pshare.log.body import seal_body
    from p2pshare.log.keys import ReadingKey

    keys = [ReadingKey.generate().public for _ in range(readers)]
    where = {"circle": b"c" * 32, "feed": b"f" * 32, "previous": b"p" * 32}
    most = sealed_payload_max(readers)
    assert len(seal_body(b"s" * 16, b"x" * most, keys, **where)) <= BODY_BYTES_MAX
    with pytest.raises(Exception, match="too long to share"):
        seal_body(b"s" * 16, b"x" * (most + 1), keys, **where)


def test_without_room_nothing_is_taken_over(tmp_path: Path) -> None:
    small = Computer(tmp_path, Quota(entries=4))
    ada = small.add("Ada")
    rows = [f"{number},Drill,,Ana,,2021-03-14,,,{'x' * 900}" for number in range(60)]
    before = small.count()
    with pytest.raises(QuotaExceeded, match="nothing was imported"):
        import_list(small, ada, loans(*rows))
    assert (small.count(), items(small, ada)) == (before, [])
    small.close()


def test_who_cannot_take_anything_over(computer: Computer) -> None:
    with pytest.raises(UnknownReference):
        import_list(computer, b"x" * 32, loans(DRILL))
    locked = computer.add("Ben", b"1234")
    computer.keys.lock(locked)
    with pytest.raises(KeyLocked):
        import_list(computer, locked, loans(DRILL))
    assert items(computer, locked) == []


def test_rows_are_what_was_sealed(computer: Computer, ada: bytes) -> None:
    import_list(computer, ada, MEMBERS)
    known = computer.queries.history.known(
        ada.hex(), OPEN_CIRCLE.hex(), "history.members", "a list"
    )
    assert known["4"] == HistoryMember("4", "Ben", joined="2020-02-28")
    assert msgspec.structs.asdict(known["3"])["telephone"] == "+34 600"
