"""Folders that earlier versions wrote still open, say the same, and audit clean.

``tests/vectors/make_ledger.py`` wrote each once, with the program of its time.
"""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from vectors.make_ledger import LEDGERS, START_MS, offer, said

from p2pshare.clock import ManualClock
from p2pshare.domain.bodies import NO_POLICY
from p2pshare.node.importing import import_list
from p2pshare.node.keystore import KeyStore
from p2pshare.node.ledger import KEYS_FOLDER, LEDGER_FILE, Ledger
from p2pshare.store.audit import audit
from p2pshare.store.database import SCHEMA_VERSION
from p2pshare.store.salvage import rebuild_file, salvage

VERSIONS = sorted(path.name for path in LEDGERS.iterdir())


@pytest.fixture(params=VERSIONS)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder as that version left it."""
    return Path(shutil.copytree(LEDGERS / request.param, tmp_path / "ada"))


def opened(folder: Path) -> Ledger:
    return Ledger(folder, clock=ManualClock(START_MS), zone=lambda: 0)


def schema_version(folder: Path) -> int:
    with closing(sqlite3.connect(folder / LEDGER_FILE)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def expected(folder: Path) -> dict[str, object]:
    return dict(json.loads((folder / "expected.json").read_text()))


def test_the_first_version_is_here() -> None:
    assert "v1" in VERSIONS
    assert schema_version(LEDGERS / "v1") == 1 < SCHEMA_VERSION


def test_it_opens_says_the_same_and_audits_clean(folder: Path) -> None:
    with closing(opened(folder)) as ledger:
        assert said(ledger, next(iter(ledger.own_persons()))) == expected(folder)
        keys = ledger.reading_keys()
    assert schema_version(folder) == SCHEMA_VERSION
    assert audit(folder / LEDGER_FILE, keys).faults == ()


def test_photos_imports_and_disputes_of_version_3_are_known_still(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(LEDGERS / "v3", tmp_path / "ada"))
    keys = KeyStore(folder / KEYS_FOLDER).reading_keys()
    for again in (lambda: None, lambda: salvage(folder / LEDGER_FILE, keys)):
        again()
        with closing(opened(folder)) as ledger:
            ada = next(iter(ledger.own_persons()))
            today = ledger.today()
            (saw,) = ledger.queries.listings(today, search="band saw", exchange_type="offer")
            assert [len(ledger.photo(photo) or b"") > 100 for photo in saw.photos] == [True]
            assert (saw.parts, saw.policy, saw.available) == ((), NO_POLICY, 2)
            (loan,) = ledger.queries.agreements(START_MS, listing=saw.listing)
            assert (loan.state, loan.from_minute, loan.until_minute) == ("disputed", 0, 1440)
            assert [(one.move, one.details, one.desk) for one in loan.signed_by][-1] == (
                *("dispute", (), False),
            )
            listed = b"name,category,quantity\nTrestle,tools,4\nGarden shears,garden,2\n"
            result = import_list(ledger, ada, listed, dry_run=True)
            assert (result.imported, result.updated, result.skipped) == (0, 1, 1)


def test_what_is_folded_anew_is_the_same(folder: Path) -> None:
    with closing(opened(folder)) as ledger:
        ledger.rebuild()
        assert said(ledger, next(iter(ledger.own_persons()))) == expected(folder)


def test_its_feeds_are_written_on(folder: Path) -> None:
    with closing(opened(folder)) as ledger:
        person = next(iter(ledger.own_persons()))
        feeds = ledger.database.connection.execute("SELECT count(*) FROM feeds").fetchone()
        offer(ledger, person, "A new one")
        assert ledger.database.connection.execute("SELECT count(*) FROM feeds").fetchone() == feeds
        keys = ledger.reading_keys()
    assert audit(folder / LEDGER_FILE, keys).faults == ()


def test_the_audit_leaves_the_file_as_it_is(folder: Path) -> None:
    before = schema_version(folder)
    assert audit(folder / LEDGER_FILE, KeyStore(folder / KEYS_FOLDER).reading_keys()).ok
    assert schema_version(folder) == before


def test_a_rebuild_from_outside_takes_it_for_sound(folder: Path) -> None:
    keys = KeyStore(folder / KEYS_FOLDER).reading_keys()
    assert isinstance(rebuild_file(folder / LEDGER_FILE, keys), int)
    assert audit(folder / LEDGER_FILE, keys).faults == ()


def test_it_can_be_salvaged(folder: Path) -> None:
    keys = KeyStore(folder / KEYS_FOLDER).reading_keys()
    entries = salvage(folder / LEDGER_FILE, keys).entries
    assert entries > 0
    assert audit(folder / LEDGER_FILE, keys).faults == ()
    with closing(opened(folder)) as ledger:
        assert said(ledger, next(iter(ledger.own_persons()))) == expected(folder)
