"""The views of ledger.db by which it explains itself to whoever opens it, as with Datasette.

Views hold nothing: they read the folded tables, with names for ids, ISO times (UTC, of
min(signed time, time received)) and hours for minutes. ``about_tables`` and ``about_columns`` are
the words of ``store.ledger_words``. The program itself reads ``store.queries``, never a view.

Their text is part of the schema: whoever changes it raises SCHEMA_VERSION and lets a migration call
``drop_views``, change tables, and call ``create_views``. Only what SQLite 3.40 knows is used:
Debian 12 has it. The CAST of a hex id gives it the affinity without which SQLite makes no index for
a join, and compares each with each.
"""

from collections.abc import Iterable
from typing import Final

from sqlite_utils import Database as SqliteUtilsDatabase

from p2pshare.store.ledger_words import COLUMNS, TABLES

_CLOCK: Final = """
SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) AS now_ms,
       strftime('%Y-%m-%dT%H:%M:%SZ', 'now') AS now,
       date('now', 'localtime') AS today
"""
"""One row. A view of its own, so that there is one place to ask, and to answer for a test."""

_NAME: Final = "coalesce((SELECT max(name) FROM persons WHERE person = {0}), '')"
"""The name of a person, as ``Queries`` gives it: empty while no profile is known."""

_CIRCLE_NAME: Final = "(SELECT name FROM circles WHERE lower(hex(circle)) = {0})"

_ISO: Final = "strftime('%Y-%m-%dT%H:%M:%SZ', {0} / 1000, 'unixepoch')"

_LIST: Final = "(SELECT group_concat(value, ', ') FROM json_each({0}))"

_HOURS: Final = "round({0} / 60.0, 2)"

_LAST_MS: Final = """(
         SELECT max(min(e.time_ms, e.received_ms)) FROM tips AS t
         JOIN entries AS e ON e.number = t.entry WHERE t.feed = f.number
       )"""
"""When a feed was last written."""

_PEOPLE: Final = f"""
SELECT p.name, {_CIRCLE_NAME.format("p.circle")} AS circle_name,
       EXISTS (SELECT 1 FROM own_persons AS o WHERE lower(hex(o.person)) = p.person) AS hosted_here,
       p.person, p.circle
FROM persons AS p
ORDER BY p.name COLLATE NOCASE, p.person, p.circle
"""

_LISTINGS_OPEN: Final = f"""
WITH written AS MATERIALIZED (
  SELECT CAST(lower(hex(id)) AS TEXT) AS entry, min(time_ms, received_ms) AS at_ms
  FROM entries WHERE kind = 'listing.put'
)
SELECT l.title, l.exchange_type, l.item_type,
       {_LIST.format("l.transaction_types")} AS transaction_types,
       {_NAME.format("l.owner")} AS owner_name,
       max(0, l.quantity - (
         SELECT coalesce(sum(b.quantity), 0) FROM busy_periods AS b
         WHERE b.listing = l.listing AND (b.out OR (
           b.from_day <= c.today AND (b.until_day IS NULL OR b.until_day >= c.today)))
       )) AS available_today,
       l.quantity,
       (SELECT count(*) FROM waiting AS w WHERE w.listing = l.listing) AS people_waiting,
       l.category, {_LIST.format("l.tags")} AS tags, {_LIST.format("l.terms")} AS terms,
       l.description, l.expires, {_ISO.format("w.at_ms")} AS updated_at,
       {_CIRCLE_NAME.format("l.circle")} AS circle_name, l.listing, l.owner, l.circle
FROM clock AS c, listings AS l LEFT JOIN written AS w ON w.entry = l.updated_entry
WHERE l.closed = 0 AND (l.expires IS NULL OR l.expires >= c.today)
ORDER BY l.rowid DESC
"""

_AGREEMENTS: Final = f"""
SELECT a.kind, a.title, {_NAME.format("a.owner")} AS owner_name,
       {_NAME.format("a.asker")} AS asker_name, a.state, a.quantity,
       a.from_day || CASE a.from_minute WHEN 0 THEN ''
         ELSE printf(' %02d:%02d', a.from_minute / 60, a.from_minute % 60) END AS begins,
       a.until_day || CASE a.until_minute WHEN 1440 THEN ''
         ELSE printf(' %02d:%02d', a.until_minute / 60, a.until_minute % 60) END AS ends,
       {_ISO.format("a.due_at_ms")} AS due_at, {_ISO.format("a.closed_ms")} AS closed_at,
       {_HOURS.format("a.minutes")} AS hours, a.minutes, a.note,
       (SELECT group_concat(said, ', ') FROM (
         SELECT m.move || ' by ' || {_NAME.format("m.person")} AS said
         FROM agreement_moves AS m WHERE m.agreement = a.agreement ORDER BY m.place
       )) AS signed,
       {_CIRCLE_NAME.format("a.circle")} AS circle_name, a.due_at_ms, a.closed_ms,
       a.underlying_state, a.agreement, a.listing, a.owner, a.asker, a.circle
FROM agreements AS a
ORDER BY a.rowid DESC
"""

_LOAN_COLUMNS: Final = """
       title, owner_name AS lender_name, asker_name AS borrower_name, state, quantity, begins, ends,
       due_at
"""
_LOAN_IDS: Final = """
       note, signed, circle_name, due_at_ms, agreement, listing, owner AS lender, asker AS borrower,
       circle
"""

PROMISED_STATES: Final = ("accepted", "checked_out", "returned")
"""What ``domain.loan`` calls ``promises`` less ``for_good``, as it stands in the text of a view."""

UNSETTLED_STATES: Final = ("disputed",)
"""What it calls ``unsettled``: out, until one of these moves is signed."""

BACK_MOVES: Final = ("take-back",)
"""What it calls ``back``."""

HELD_STATES: Final = ("checked_out",)
"""What ``domain.loan`` calls ``held``."""


def _one_of(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


_LOANS_CURRENT: Final = f"""
SELECT {_LOAN_COLUMNS.strip()},
       underlying_state IN ({_one_of(HELD_STATES)}) AND due_at_ms < c.now_ms AS overdue,
       {_LOAN_IDS.strip()}
FROM agreements_readable AS a, clock AS c
WHERE kind = 'loan' AND (
  underlying_state IN ({_one_of(PROMISED_STATES)})
  OR underlying_state IN ({_one_of(UNSETTLED_STATES)}) AND NOT EXISTS (
    SELECT 1 FROM agreement_moves AS m
    WHERE m.agreement = a.agreement AND m.move IN ({_one_of(BACK_MOVES)})
  )
)
ORDER BY due_at_ms, agreement
"""

_LOANS_OVERDUE: Final = f"""
SELECT {_LOAN_COLUMNS.strip()},
       (c.now_ms - due_at_ms) / 86400000 AS days_overdue,
       {_LOAN_IDS.strip()}
FROM agreements_readable, clock AS c
WHERE kind = 'loan' AND underlying_state IN ({_one_of(HELD_STATES)}) AND due_at_ms < c.now_ms
ORDER BY due_at_ms, agreement
"""

_PAYMENTS: Final = f"""
WITH written AS MATERIALIZED (
  SELECT CAST(lower(hex(id)) AS TEXT) AS entry, min(time_ms, received_ms) AS at_ms
  FROM entries WHERE kind LIKE 'hours.%'
)
SELECT {_ISO.format("w.at_ms")} AS paid_at, {_NAME.format("p.payer")} AS payer_name,
       {_NAME.format("p.payee")} AS payee_name, {_HOURS.format("p.minutes")} AS hours, p.minutes,
       p.gift, p.confirmed, p.desk, p.corrects, {_CIRCLE_NAME.format("p.circle")} AS circle_name,
       p.payment, p.payer, p.payee, p.circle
FROM payments AS p LEFT JOIN written AS w ON w.entry = p.entry
ORDER BY w.at_ms DESC, p.payment, p.place
"""

_BALANCES: Final = f"""
SELECT {_NAME.format("a.person")} AS name, {_HOURS.format("sum(received - paid)")} AS hours,
       sum(received - paid) AS minutes, sum(received) AS minutes_received,
       sum(paid) AS minutes_paid, {_CIRCLE_NAME.format("a.circle")} AS circle_name,
       a.person, a.circle
FROM (
  SELECT circle, payee AS person, minutes AS received, 0 AS paid FROM payments
  UNION ALL
  SELECT circle, payer, 0, minutes FROM payments
) AS a
GROUP BY a.circle, a.person
ORDER BY a.circle, minutes DESC, a.person
"""

_ENTRIES: Final = f"""
SELECT e.number, {_ISO.format("min(e.time_ms, e.received_ms)")} AS at, e.kind,
       {_NAME.format("lower(hex(f.person))")} AS author_name,
       (SELECT name FROM circles WHERE number = f.circle) AS circle_name, e.seq,
       e.kind IN ('sealed', 'sealed.own') AS sealed, b.entry IS NOT NULL AS body_held,
       length(e.header) AS header_bytes, length(b.body) AS body_bytes,
       lower(hex(e.id)) AS entry,
       lower(hex(coalesce(nullif(e.subject, x''), substr(e.id, 1, 16)))) AS subject,
       lower(hex(f.feed)) AS feed, lower(hex(f.person)) AS author
FROM entries AS e JOIN feeds AS f ON f.number = e.feed
LEFT JOIN bodies AS b ON b.entry = e.number
ORDER BY e.number
"""

_CIRCLES: Final = """
SELECT c.name, c.secret IS NOT NULL AS by_invitation,
       (SELECT count(DISTINCT person) FROM feeds WHERE circle = c.number) AS people,
       (SELECT count(*) FROM entries AS e JOIN feeds AS f ON f.number = e.feed
        WHERE f.circle = c.number) AS entries,
       lower(hex(c.circle)) AS circle
FROM circles AS c
ORDER BY c.number
"""

_FEEDS: Final = f"""
SELECT {_NAME.format("lower(hex(f.person))")} AS author_name,
       (SELECT name FROM circles WHERE number = f.circle) AS circle_name,
       (SELECT count(*) FROM entries WHERE feed = f.number) AS entries,
       {_ISO.format(_LAST_MS)} AS last_at,
       EXISTS (SELECT 1 FROM own_feeds WHERE feed = f.feed AND retired = 0) AS written_here,
       EXISTS (SELECT 1 FROM revocations AS r
               WHERE r.feed = f.feed AND r.circle = f.circle AND r.person = f.person) AS revoked,
       (SELECT count(*) FROM branches WHERE feed = f.number) AS forks,
       lower(hex(f.feed)) AS feed, lower(hex(f.person)) AS author
FROM feeds AS f
ORDER BY f.number
"""

VIEWS: Final = {
    "clock": _CLOCK,
    "people": _PEOPLE,
    "listings_open": _LISTINGS_OPEN,
    "agreements_readable": _AGREEMENTS,
    "loans_current": _LOANS_CURRENT,
    "loans_overdue": _LOANS_OVERDUE,
    "payments_readable": _PAYMENTS,
    "balances": _BALANCES,
    "circles_readable": _CIRCLES,
    "feeds_readable": _FEEDS,
    "entries_readable": _ENTRIES,
}
"""Each view but the two that explain, with its query."""


def create_views(database: SqliteUtilsDatabase) -> None:
    """Make every view; for a migration, in its transaction. Raises sqlite3.OperationalError."""
    for name, query in VIEWS.items():
        database.conn.execute(f"CREATE VIEW {name} AS {query.strip()}")
    _explain(database, "about_tables", TABLES)
    _explain(database, "about_columns", COLUMNS)


def drop_views(database: SqliteUtilsDatabase) -> None:
    """Remove every view there is, of whatever version, so that they can be made anew."""
    for name in database.view_names():
        database.conn.execute(f'DROP VIEW "{name}"')


def _explain(database: SqliteUtilsDatabase, view: str, words: dict[str, str]) -> None:
    rows = ",\n".join(f"  ({_quoted(name)}, {_quoted(says)})" for name, says in words.items())
    database.conn.execute(f"CREATE VIEW {view} (name, says) AS VALUES\n{rows}")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
