"""Processes killed with SIGKILL while they write, receive, start, erase and rebuild.

300 kills in the suite, 10,000 by ``make crash`` (P2PSHARE_CRASH_KILLS). What is done is in
``crash_life``, what must be true afterwards in ``crash_checks``. SIGKILL loses no page that was
written, so what a power cut needs (the order of fsync, key file and commit) is asserted by itself.
"""

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from integration.fork_kit import run_warm

from p2pshare.domain.commands import (
    AddListing,
    AddPerson,
    Forget,
    MoveAgreement,
    RequestLoan,
    SetName,
)
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.log.entry import SignedEntry
from p2pshare.node.ingest import Arrival
from p2pshare.node.ledger import KEYS_FOLDER, LEDGER_FILE, Ledger
from p2pshare.store.audit import audit
from p2pshare.store.salvage import salvage

KILLS = int(os.environ.get("P2PSHARE_CRASH_KILLS", "300"))
KILLS_IN_PHASE = max(6, KILLS // 50)
SEED = os.environ.get("P2PSHARE_CRASH_SEED", "p2pshare")
PHASES = ("first_start", "migration", "add_feed", "erasure", "rebuild")


def _kill(scenario: str, folder: Path, kills: int) -> dict[str, Any]:
    figures: dict[str, Any] = run_warm(
        "crash_kit", scenario, str(folder), str(kills), SEED, seconds=120 + kills
    )
    print(scenario, figures)
    return figures


def test_a_life_ended_at_random_moments(tmp_path: Path) -> None:
    """Nothing acknowledged is lost, no place is used twice, the tables are as rebuilt."""
    figures = _kill("random", tmp_path, KILLS)
    assert figures["kills"] == KILLS
    assert figures["places"] > KILLS // 2
    assert figures["agreements"] > 0
    assert figures["bodies"] > 0


@pytest.mark.parametrize("phase", PHASES)
def test_an_end_within_one_phase(phase: str, tmp_path: Path) -> None:
    figures = _kill(phase, tmp_path, KILLS_IN_PHASE)
    assert figures["kills"] == KILLS_IN_PHASE  # that hit it; those that came late do not count


# --- between two transactions of one command ------------------------------------------------------


def _lent(ledger: Ledger) -> tuple[bytes, bytes]:
    """Ada's drill, asked for by Eve: (Ada, the loan)."""
    ada = ledger.perform(AddPerson(name="Ada"))[0].subject
    eve = ledger.perform(AddPerson(name="Eve"))[0].subject
    drill = _offer(ledger, ada, "Drill")
    return ada, ledger.perform(RequestLoan(person=eve, listing=drill))[0].subject


def _offer(ledger: Ledger, person: bytes, title: str) -> bytes:
    command = AddListing(person=person, exchange_type=ExchangeType.OFFER, title=title)
    return ledger.perform(command)[0].subject


def _busy(ledger: Ledger) -> int:
    row = ledger.database.connection.execute("SELECT count(*) FROM busy_periods").fetchone()
    return int(row[0])


@pytest.mark.parametrize("follower", ["command", "receive", "start"])
def test_promised_days_are_published_after_a_crash_before(follower: str, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ada, loan = _lent(ledger)
    ledger.author.perform(MoveAgreement(person=ada, agreement=loan, move="accept"))
    assert _busy(ledger) == 0
    ledger.close()  # the process ends here: nothing was told of the accept's days
    ledger = Ledger(tmp_path)
    if follower == "command":
        performed = ledger.perform(SetName(person=ada, name="Ada"))
        assert [new.entry.header.kind for new in performed[1].report.new] == ["listing.busy"]
    elif follower == "receive":
        assert len(ledger.entail(ledger.receive([]))) == 1
    else:
        assert len(ledger.entail()) == 1
    assert _busy(ledger) == 1
    assert ledger.entail(ledger.receive([])) == []
    assert ledger.entail() == []
    ledger.close()


def test_forgotten_words_leave_the_log_after_a_crash_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    died = Ledger(tmp_path)
    ada = died.perform(AddPerson(name="Ada"))[0].subject
    drill = _offer(died, ada, "Drill xylophone")
    with monkeypatch.context() as patch:
        patch.setattr("p2pshare.node.ingest.empty_log", lambda *_args, **_options: True)
        assert died.perform(Forget(person=ada, subject=drill))[0].erased == 1
    assert _holds(tmp_path, b"xylophone")  # committed, and still in the write-ahead log
    with closing(Ledger(tmp_path)):
        assert not _holds(tmp_path, b"xylophone")
    died.close()


@pytest.mark.parametrize("step", range(5))
def test_a_salvage_that_ends_between_its_steps_is_finished_at_the_next_start(
    step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever of its renamings is the last one: no entry is missing, no place is used twice."""
    with closing(Ledger(tmp_path / "whole")) as ledger:
        ada = ledger.perform(AddPerson(name="Ada"))[0].subject
        _offer(ledger, ada, "Drill")
        keys = ledger.reading_keys()
        tip = max(ledger.database.connection.execute("SELECT seq, id FROM entries"))
        # as a killed process leaves it, with all that it wrote in the write-ahead log
        folder = Path(shutil.copytree(tmp_path / "whole", tmp_path / "killed"))
    path = folder / LEDGER_FILE
    died = _renames_until(step, monkeypatch, lambda: salvage(path, keys))
    assert died == (step < 4), "ready, log aside, ledger aside, in its place"
    with closing(Ledger(folder)) as ledger:
        assert max(ledger.database.connection.execute("SELECT seq, id FROM entries")) == tip
        assert [one.title for one in ledger.queries.listings(ledger.today())] == ["Drill"]
        _offer(ledger, ada, "Saw")
        assert audit(path, keys).ok


class Killed(BaseException):
    """Nothing in p2pshare may catch it."""


def _renames_until(step: int, monkeypatch: pytest.MonkeyPatch, work: Callable[[], object]) -> bool:
    """Do ``work`` up to its renaming number ``step``; whether it got that far."""
    done = 0

    def counted(rename: Callable[[Path, Path], Path]) -> Callable[[Path, Path], Path]:
        def rename_or_die(self: Path, target: Path) -> Path:
            nonlocal done
            if done == step:
                raise Killed
            done += 1
            return rename(self, target)

        return rename_or_die

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", counted(Path.rename))
        patch.setattr(Path, "replace", counted(Path.replace))
        try:
            work()
        except Killed:
            return True
    return False


def test_half_written_keys_are_swept_up_at_the_next_start(tmp_path: Path) -> None:
    with closing(Ledger(tmp_path)) as ledger:
        ledger.perform(AddPerson(name="Ada"))
    keys = tmp_path / KEYS_FOLDER
    whole = sorted(keys.iterdir())
    for path in whole:  # as a process killed between naming a key and removing its draft leaves it
        os.link(path, keys / f".{path.name}.4711.0a0b0c0d")
    with closing(Ledger(tmp_path)) as ledger:
        assert sorted(keys.iterdir()) == whole
        (ada,) = ledger.own_persons()
        _offer(ledger, ada, "Drill")


def _holds(folder: Path, word: bytes) -> bool:
    return any(word in path.read_bytes() for path in folder.glob(f"{LEDGER_FILE}*"))


# --- what a power cut needs -----------------------------------------------------------------------


class Recorder:
    """The order of what matters: SQL statements, fsyncs and new names of files."""

    def __init__(self, ledger: Ledger, patch: pytest.MonkeyPatch) -> None:
        self.events: list[str] = []
        fsync, link = os.fsync, os.link

        def recorded_fsync(descriptor: int) -> None:
            fsync(descriptor)
            self.events.append(f"fsync {Path(f'/proc/self/fd/{descriptor}').readlink().name}")

        def recorded_link(source: Path, target: Path) -> None:
            link(source, target)
            self.events.append(f"link {source.name} {target.name}")

        patch.setattr(os, "fsync", recorded_fsync)
        patch.setattr(os, "link", recorded_link)
        ledger.database.connection.set_trace_callback(self.events.append)

    def synchronous(self) -> list[str]:
        """The value of the pragma at each COMMIT that wrote entries."""
        found, value, wrote = [], "", False
        for event in self.events:
            if event.startswith("PRAGMA synchronous = "):
                value = event.rpartition(" ")[2]
            elif event.startswith("BEGIN"):
                wrote = False
            elif event.startswith("INSERT INTO entries"):
                wrote = True
            elif event == "COMMIT" and wrote:
                found.append(value)
        return found


def test_key_files_are_on_disk_before_the_feed_they_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Ledger(tmp_path)) as ledger:
        recorder = Recorder(ledger, monkeypatch)
        ledger.perform(AddPerson(name="Ada"))
        (feed,) = ledger.database.connection.execute("SELECT feed FROM own_feeds").fetchone()
    events = recorder.events
    begin = events.index("BEGIN IMMEDIATE")
    opened = next(i for i, event in enumerate(events) if event.startswith("INSERT INTO entries"))
    commit = events.index("COMMIT", begin)
    assert events[begin - 1] == "PRAGMA synchronous = FULL"
    links = [i for i, event in enumerate(events) if event.startswith("link ")]
    named = [events[i].split()[2] for i in links]
    assert [name.partition("-")[0] for name in named] == ["reading", "person", "feed"]
    assert named[2] == f"feed-{feed.hex()}.pem"
    for i in links:
        temporary = events[i].split()[1]
        assert events[i - 1] == f"fsync {temporary}", "a name before its bytes"
        assert events[i + 1] == f"fsync {KEYS_FOLDER}", "a name that a power cut takes back"
        assert begin < i < opened < commit, "an entry before the key that signs the next one"


def test_what_this_device_signs_is_committed_in_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FULL for own entries and for those taken back; NORMAL for what can be fetched again."""
    with closing(Ledger(tmp_path / "ada")) as ledger:
        ada, loan = _lent(ledger)
    shutil.copytree(tmp_path / "ada", tmp_path / "copy")
    with closing(Ledger(tmp_path / "copy")) as copy:
        _offer(copy, ada, "Saw")
        taken_back = _feeds(copy)
    with closing(Ledger(tmp_path / "ben")) as ben:
        ben.perform(AddPerson(name="Ben"))
        fetched = _feeds(ben)
    with closing(Ledger(tmp_path / "ada")) as ledger:
        recorder = Recorder(ledger, monkeypatch)
        ledger.receive(fetched)
        assert recorder.synchronous() == ["NORMAL"]
        ledger.perform(MoveAgreement(person=ada, agreement=loan, move="accept"))
        assert recorder.synchronous() == ["NORMAL", "FULL", "FULL"]  # the accept, its days
        ledger.receive(taken_back)
        assert recorder.synchronous()[3:] == ["FULL"]
        assert ledger.database.connection.execute("PRAGMA synchronous").fetchone() == (2,)


def _feeds(ledger: Ledger) -> list[Arrival]:
    """Every feed of a ledger without forks, as a peer would send it."""
    feeds: dict[bytes, list[SignedEntry]] = {}
    for feed, *signed in ledger.database.connection.execute(
        "SELECT f.feed, e.header, e.signature, b.body FROM entries AS e"
        " JOIN feeds AS f ON f.number = e.feed LEFT JOIN bodies AS b ON b.entry = e.number"
        " ORDER BY e.feed, e.seq"
    ):
        feeds.setdefault(feed, []).append(SignedEntry(*signed))
    return [Arrival(OPEN_CIRCLE, stretch) for stretch in feeds.values()]
