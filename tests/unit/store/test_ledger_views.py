"""The views by which ledger.db explains itself: they say what the queries say, at any moment."""

import sqlite3
from contextlib import closing
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database as SqliteUtilsDatabase
from unit.store.ledger_kit import ADA, BEN, FileReader, village
from unit.store.random_worlds import PERSONS, worlds
from unit.store.world_kit import DAY, START_MS, YEAR_MS, Reader, World, deliver

from p2pshare.domain.days import add_days
from p2pshare.domain.instants import iso
from p2pshare.domain.loan import LOAN
from p2pshare.domain.views import AgreementView
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.store.database import Database
from p2pshare.store.folded_tables import FOLDED
from p2pshare.store.ledger_links import PARENTS
from p2pshare.store.ledger_views import (
    BACK_MOVES,
    HELD_STATES,
    PROMISED_STATES,
    UNSETTLED_STATES,
    VIEWS,
    create_views,
    drop_views,
)
from p2pshare.store.ledger_words import COLUMNS, TABLES
from p2pshare.store.migrations import migrate
from p2pshare.store.rebuild import rebuild

ORDER = st.integers(0, 2**16)
few = settings(max_examples=max(20, settings().max_examples // 5))
EXPLAINING = ("about_tables", "about_columns")
FOUR_YEARS_MS = 4 * YEAR_MS


def rows(connection: sqlite3.Connection, view: str) -> list[dict[str, Any]]:
    cursor = connection.execute(f"SELECT * FROM {view}")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def freeze(connection: sqlite3.Connection, now_ms: int, today: str) -> None:
    """Let the view ``clock`` say another moment, for good: only in a ledger to throw away."""
    connection.execute("DROP VIEW clock")
    connection.execute(
        f"CREATE VIEW clock AS SELECT {now_ms} AS now_ms, '' AS now, '{today}' AS today"
    )


def names_in(connection: sqlite3.Connection, kind: str) -> set[str]:
    return {
        name
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = ?", (kind,))
    }


# --- they explain -----------------------------------------------------------------------------


def test_every_table_and_view_is_explained() -> None:
    with closing(Database(":memory:")) as database:
        tables = {
            name
            for name in names_in(database.connection, "table")
            if not name.startswith(("listings_fts", "_sqlite", "sqlite"))
        }
        views = names_in(database.connection, "view")
        said = {row["name"]: row["says"] for row in rows(database.connection, "about_tables")}
    assert views == {*VIEWS, *EXPLAINING}
    assert said == TABLES
    assert set(said) == tables | views
    assert all(text.endswith(".") and len(text) > 20 for text in said.values())


def test_every_column_that_people_look_at_is_explained() -> None:
    with closing(Database(":memory:")) as database:
        looked_at = [table.name for table in FOLDED] + sorted(names_in(database.connection, "view"))
        columns = {
            column[1]
            for name in looked_at
            for column in database.connection.execute(f"PRAGMA table_info({name})")
        }
        said = {row["name"]: row["says"] for row in rows(database.connection, "about_columns")}
    assert said == COLUMNS
    assert set(said) == columns


def test_what_is_explained_first_is_where_one_begins() -> None:
    with closing(Database(":memory:")) as database:
        first = rows(database.connection, "about_tables")[0]
    assert first["name"] == "about_tables"
    assert "Begin here" in first["says"]


def test_no_view_shows_bytes() -> None:
    with Reader(ADA, BEN) as reader:
        reader.take_all(village())
        for view in names_in(reader.database.connection, "view"):
            shown = rows(reader.database.connection, view)
            assert view in ("loans_overdue", "loans_current") or shown
            assert not [row for row in shown for value in row.values() if isinstance(value, bytes)]


def test_the_clock_is_that_of_the_computer() -> None:
    with closing(Database(":memory:")) as database:
        connection = database.connection
        (seconds, today) = connection.execute(
            "SELECT strftime('%s', 'now'), date('now', 'localtime')"
        ).fetchone()
        (clock,) = rows(connection, "clock")
    assert abs(clock["now_ms"] - int(seconds) * 1000) < 5000
    assert clock["now"].startswith(clock["now"][:10] + "T")
    assert clock["today"] >= today


# --- they are right ---------------------------------------------------------------------------


def test_the_states_are_those_of_the_loan() -> None:
    """Whoever changes the loan's table changes the views too, in a migration."""
    assert set(PROMISED_STATES) == LOAN.promises - LOAN.for_good
    assert set(UNSETTLED_STATES) == LOAN.unsettled
    assert set(BACK_MOVES) == LOAN.back
    assert set(HELD_STATES) == LOAN.held


@few
@given(worlds(), st.sampled_from(PERSONS), ORDER, st.integers(-YEAR_MS, YEAR_MS))
def test_loans_are_overdue_and_current_when_the_queries_say_so(
    world, person, order, moment
) -> None:
    now_ms = START_MS + moment
    with Reader(person) as reader:
        deliver(world, reader, order)
        connection = reader.database.connection
        freeze(connection, now_ms, DAY)
        loans = reader.queries.agreements(now_ms, kind=LOAN.kind)
        by_due = sorted(loans, key=lambda one: (one.due_at_ms or 0, one.agreement))
        overdue = rows(connection, "loans_overdue")
        assert [row["agreement"] for row in overdue] == [
            loan.agreement for loan in by_due if loan.overdue
        ]
        for row in overdue:
            assert row["days_overdue"] == (now_ms - row["due_at_ms"]) // 86_400_000
        current = rows(connection, "loans_current")
        kept = [loan for loan in by_due if is_current(loan)]
        assert [row["agreement"] for row in current] == [loan.agreement for loan in kept]
        assert [bool(row["overdue"]) for row in current] == [loan.overdue for loan in kept]


def is_current(loan: AgreementView) -> bool:
    """Promised or out; a disputed one until it was taken back."""
    if loan.underlying_state in LOAN.unsettled:
        return not any(one.move in LOAN.back for one in loan.signed_by)
    return loan.underlying_state in LOAN.promises - LOAN.for_good


@few
@given(worlds(), st.sampled_from(PERSONS), ORDER)
def test_agreements_are_those_of_the_queries(world, person, order) -> None:
    with Reader(person) as reader:
        deliver(world, reader, order)
        views = reader.queries.agreements(START_MS)
        shown = rows(reader.database.connection, "agreements_readable")
        names = {view.owner: view.owner_name for view in views}
        names |= {view.asker: view.asker_name for view in views}
        assert [
            (row["agreement"], row["owner_name"], row["asker_name"], row["state"], row["title"])
            for row in shown
        ] == [
            (view.agreement, view.owner_name, view.asker_name, view.state, view.title)
            for view in views
        ]
        assert [row["signed"] for row in shown] == [
            ", ".join(f"{one.move} by {names[one.person]}" for one in view.signed_by) or None
            for view in views
        ]


@few
@given(worlds(), ORDER, st.integers(-10, 20))
def test_open_listings_are_those_of_the_queries(world, order, days) -> None:
    today = add_days(DAY, days)
    with Reader() as reader:
        deliver(world, reader, order)
        freeze(reader.database.connection, START_MS, today)
        shown = rows(reader.database.connection, "listings_open")
        assert [
            (row["listing"], row["title"], row["owner_name"], row["available_today"])
            for row in shown
        ] == [
            (view.listing, view.title, view.person_name, view.available)
            for view in reader.queries.listings(today)
        ]


@few
@given(worlds(), ORDER)
def test_balances_sum_to_zero_and_are_those_of_the_queries(world, order) -> None:
    with Reader() as reader:
        deliver(world, reader, order)
        shown = rows(reader.database.connection, "balances")
        assert sum(row["minutes"] for row in shown) == 0
        for row in shown:
            assert row["minutes"] == row["minutes_received"] - row["minutes_paid"]
            assert row["hours"] == round(row["minutes"] / 60, 2)
            found = reader.queries.accounts.member(row["person"], OPEN_CIRCLE.hex())
            assert (row["name"], row["minutes"]) == (found.name, found.minutes)
            assert row["circle_name"] == "Everyone nearby"
        paid = reader.rows("payments")
        assert {row["person"] for row in shown} == {
            row[side] for row in paid for side in ("payer", "payee")
        }
        assert sum(row["minutes_paid"] for row in shown) == sum(row["minutes"] for row in paid)


def test_instants_are_of_the_entries_and_never_of_a_future_clock() -> None:
    world = World()
    ada, ben = world.open_feed(ADA), world.open_feed(BEN)
    world.profile(ada, "Ada")
    world.put(ada, "Drill", time_ms=START_MS + FOUR_YEARS_MS)
    world.put(ada, "Saw", time_ms=START_MS - 1000)
    world.pay(ben, BEN, ADA, 90, time_ms=START_MS - 61_000)
    with Reader() as reader:
        reader.take_all(world)
        connection = reader.database.connection
        told = {row["title"]: row["updated_at"] for row in rows(connection, "listings_open")}
        assert told == {"Drill": "2025-10-09T08:53:20Z", "Saw": "2025-10-09T08:53:19Z"}
        (payment,) = rows(connection, "payments_readable")
        assert payment["paid_at"] == "2025-10-09T08:52:19Z"
        assert (payment["hours"], payment["payer_name"], payment["payee_name"]) == (1.5, "", "Ada")


def test_entries_are_readable_in_the_order_in_which_they_came() -> None:
    world = village()
    with Reader(ADA) as reader:
        reader.take_all(world)
        shown = rows(reader.database.connection, "entries_readable")
    assert [row["entry"] for row in shown] == [entry.identifier.hex() for entry in world.entries]
    assert [row["subject"] for row in shown] == [entry.subject.hex() for entry in world.entries]
    assert {row["author_name"] for row in shown} == {"Ada", "Ben", "Cleo"}
    assert all(row["sealed"] == row["kind"].startswith("sealed") for row in shown)
    assert {row["body_held"] for row in shown} == {0, 1}, "some were erased"


def test_feeds_and_circles_are_those_of_the_queries() -> None:
    with Reader(ADA) as reader:
        reader.take_all(village())
        shown = rows(reader.database.connection, "feeds_readable")
        for row in shown:
            feed = next(
                one for one in reader.queries.feeds(row["author"]) if one.feed == row["feed"]
            )
            assert (row["entries"], bool(row["revoked"])) == (feed.entries, feed.revoked)
            assert (bool(row["written_here"]), row["last_at"]) == (feed.here, iso(feed.last_ms))
        assert [row["author_name"] for row in shown] == ["Ada", "Ben", "Cleo", "Ada"]
        assert [row["revoked"] for row in shown] == [0, 0, 0, 1]
        assert [row["forks"] for row in shown] == [0, 0, 1, 0]
        (circle,) = rows(reader.database.connection, "circles_readable")
        (told,) = reader.queries.circles()
        assert (circle["name"], circle["entries"]) == (told.name, told.entries)
        assert (circle["circle"], circle["people"]) == (told.circle, 3)
        assert circle["by_invitation"] == 0


def test_hours_of_a_day_are_shown_where_it_is_not_whole() -> None:
    with closing(Database(":memory:")) as database:
        connection = database.connection
        for agreement, minutes in (("aa", (0, 1440)), ("bb", (570, 1005))):
            connection.execute(
                "INSERT INTO agreements (agreement, kind, from_day, until_day, from_minute,"
                " until_minute) VALUES (?, 'loan', '2026-11-23', '2026-11-24', ?, ?)",
                (agreement, *minutes),
            )
        shown = {row["agreement"]: row for row in rows(connection, "agreements_readable")}
    assert (shown["aa"]["begins"], shown["aa"]["ends"]) == ("2026-11-23", "2026-11-24")
    assert (shown["bb"]["begins"], shown["bb"]["ends"]) == ("2026-11-23 09:30", "2026-11-24 16:45")


def test_times_beside_many_listings_are_looked_up_and_not_searched() -> None:
    with closing(Database(":memory:")) as database:
        for view in ("listings_open", "payments_readable"):
            plan = database.connection.execute(f"EXPLAIN QUERY PLAN SELECT * FROM {view}")
            assert any("AUTOMATIC" in step[3] for step in plan), view


# --- they last --------------------------------------------------------------------------------


def test_they_say_the_same_after_a_rebuild(tmp_path) -> None:
    with FileReader(tmp_path / "ledger.db", ADA, BEN) as reader:
        reader.take_all(village())
        connection = reader.database.connection
        freeze(connection, START_MS, DAY)
        views = sorted({*VIEWS, *EXPLAINING})
        before = {view: sorted(map(repr, rows(connection, view))) for view in views}
        rebuild(reader.database, reader.keys)
        assert {view: sorted(map(repr, rows(connection, view))) for view in views} == before
        assert before["loans_current"]


def test_an_audit_finds_nothing_wrong_with_them(tmp_path) -> None:
    with FileReader(tmp_path / "ledger.db", ADA, BEN) as reader:
        reader.take_all(village())
        assert not reader.audit().faults
        reader.database.connection.execute("DROP VIEW balances")
        assert [fault.where for fault in reader.audit().faults] == ["sqlite_master"]


def test_they_are_dropped_and_made_again() -> None:
    with closing(Database(":memory:")) as database:
        connection = database.connection
        before = connection.execute("SELECT name, sql FROM sqlite_master").fetchall()
        connection.execute("BEGIN IMMEDIATE")
        sqlite_utils = SqliteUtilsDatabase(connection)
        drop_views(sqlite_utils)
        assert names_in(connection, "view") == set()
        create_views(sqlite_utils)
        assert connection.in_transaction
        connection.execute("COMMIT")
        after = connection.execute("SELECT name, sql FROM sqlite_master").fetchall()
    assert sorted(map(repr, after)) == sorted(map(repr, before))


def test_an_older_ledger_gets_them_and_keeps_its_rows_in_order() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, 3)
        assert names_in(connection, "view") == set()
        titles = ["Säge", "Drill", "Anvil"]
        for number, title in enumerate(titles):
            # Ids that sort otherwise than rows do.
            listing, agreement = f"{9 - number:032x}", f"{20 - number:032x}"
            connection.execute(
                "INSERT INTO listings (listing, owner, title, description, category, tags, closed)"
                " VALUES (?, 'aa', ?, '', '', '[]', 0)",
                (listing, title),
            )
            connection.execute(
                "INSERT INTO agreements (agreement, kind, listing, owner, asker, title, state,"
                " underlying_state) VALUES (?, 'loan', ?, 'aa', 'bb', ?, 'accepted', 'accepted')",
                (agreement, listing, title),
            )
        connection.execute("BEGIN IMMEDIATE")
        migrate(connection)
        connection.execute("COMMIT")
        for table in PARENTS:
            kept = connection.execute(f"SELECT title FROM {table} ORDER BY rowid").fetchall()
            assert [title for (title,) in kept] == titles
        found = connection.execute(
            "SELECT l.title FROM listings_fts AS s JOIN listings AS l ON l.rowid = s.rowid"
            " WHERE listings_fts MATCH 'sage'"
        ).fetchall()
        assert found == [("Säge",)]
        connection.execute("UPDATE listings SET title = 'Hammer' WHERE title = 'Drill'")
        connection.execute(
            "INSERT INTO listings_fts (listings_fts, rank) VALUES ('integrity-check', 1)"
        )
        shown = [row["title"] for row in rows(connection, "agreements_readable")]
        assert shown == titles[::-1]
