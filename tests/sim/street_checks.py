"""What must be true of a street, computed here anew from the signed entries.

Nothing here calls the rules or the folds: bodies are opened and read as plain maps, so that the
code under test cannot agree with itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import msgspec
from sim.street import Home, Person, Street, lacking

from p2pshare.log.body import clear_payload, open_body
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.log.entry import decode_header
from p2pshare.store.audit import audit
from p2pshare.store.folded_tables import (
    AGREEMENT_MOVES,
    AGREEMENTS,
    BUSY_PERIODS,
    INDUCTIONS,
    LISTINGS,
    PAYMENTS,
    PERSONS,
    WAITING,
)

SHARED: Final = (PERSONS, LISTINGS, BUSY_PERIODS, WAITING, PAYMENTS, INDUCTIONS)
OWNER: Final = AGREEMENTS.columns.index("owner")
ASKER: Final = AGREEMENTS.columns.index("asker")
DAY_MINUTES: Final = 24 * 60
NEVER: Final = 10**12
EPOCH_MINUTES: Final = date(1970, 1, 1).toordinal() * DAY_MINUTES

# What moves and states mean for whether a thing can be promised, said here once more.
PROMISING: Final = ("loan.accept", "loan.grant", "gift.accept")
ENDS: Final = ("cancel", "decline", "take-back", "resolve", "settle")
CUSTODY: Final = ("hand-over", "receive")
FOR_GOOD: Final = ("gift", "repair")
PROMISED: Final = {
    *(("loan", state) for state in ("accepted", "checked_out", "returned", "lost")),
    *(("gift", state) for state in ("accepted", "given")),
    *(("repair", state) for state in ("assess", "parts", "repairing", "retired")),
}
ENDLESS: Final = {("loan", "lost"), *(one for one in PROMISED if one[0] in FOR_GOOD)}
NOT_BACK: Final = ("loan", "disputed")


@dataclass(frozen=True)
class Read:
    """An entry with its body as a plain map."""

    feed: bytes
    seq: int
    person: bytes
    subject: bytes
    kind: str
    time_ms: int
    received_ms: int
    body: dict[str, Any]


# --- all computers --------------------------------------------------------------------------------


def assert_one_ledger(street: Street) -> None:
    """Everybody holds the same entries, with all bodies that anybody has."""
    digests = {home.ledger.frontier().digest() for home in street.homes}
    assert len(digests) == 1, f"{len(digests)} digests"
    counts = {home.ledger.count() for home in street.homes}
    assert len(counts) == 1, f"different numbers of entries: {sorted(counts)}"
    missing = lacking([home.node for home in street.homes])
    assert not missing, f"{len(missing)} bodies are not everywhere"


def assert_one_story(street: Street) -> None:
    """What everybody may see is the same everywhere; an agreement only its parties see, alike."""
    for table in SHARED:
        rows = {home.name: _rows(home, table.name, table.columns) for home in street.homes}
        for name, found in rows.items():
            assert found == rows[street.kiosk.name], f"{table.name} at {name}"
    seen: dict[str, tuple[str, Any, Any]] = {}
    for home in street.homes:
        here = {person.key.hex() for person in home.people}
        moves: dict[str, list[Any]] = defaultdict(list)
        for move in _rows(home, AGREEMENT_MOVES.name, AGREEMENT_MOVES.columns):
            moves[move[0]].append(move)
        for row in _rows(home, AGREEMENTS.name, AGREEMENTS.columns):
            agreement, parties = row[0], {row[OWNER], row[ASKER]}
            assert parties & here, f"{home.name} reads what is none of its business: {row}"
            known = seen.setdefault(agreement, (home.name, row, moves[agreement]))
            assert known[1:] == (row, moves[agreement]), f"{agreement}: {known[0]}, {home.name}"


def _rows(home: Home, table: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    connection = home.ledger.database.connection
    named = ", ".join(f'"{column}"' for column in columns)
    return sorted(connection.execute(f"SELECT {named} FROM {table}").fetchall(), key=repr)


def assert_hours_sum_to_zero(street: Street) -> int:
    """Every computer knows every balance as the signed payments make it; the minutes moved."""
    accounts: dict[str, int] = defaultdict(int)
    moved = 0
    for payer, payee, minutes in _payments(street.kiosk):
        accounts[payer] -= minutes
        accounts[payee] += minutes
        moved += minutes
    for home in street.homes:
        queries = home.ledger.ledger.queries
        known = {
            person.key.hex(): queries.accounts.balance(person.key.hex(), OPEN_CIRCLE.hex()).minutes
            for person in street.people
        }
        assert sum(known.values()) == 0, f"hours at {home.name}: {known}"
        for person, minutes in known.items():
            assert minutes == accounts[person], f"{person[:8]} at {home.name}"
    return moved


def _payments(home: Home) -> Iterator[tuple[str, str, int]]:
    """(payer, payee, minutes) of what payers signed, and did not revoke with a lost computer."""
    revoked = {
        entry.body["feed"]: entry.body["last_seq"]
        for entry in _entries(home, "e.kind = 'person.revoke'", ())
    }
    for entry in _entries(home, "e.kind IN ('hours.pay', 'hours.split')", ()):
        if entry.seq > revoked.get(entry.feed, entry.seq):
            continue
        shares = entry.body.get("shares") or [(entry.body["payee"], entry.body["minutes"])]
        assert entry.body["payer"] == entry.person
        for payee, minutes in shares:
            assert minutes > 0
            assert payee != entry.person
            yield entry.person.hex(), payee.hex(), minutes


# --- promises -------------------------------------------------------------------------------------


@dataclass(eq=False)
class Promise:
    """A loan, gift or repair as one computer of the owner sees it at some moment, in minutes."""

    kind: str = ""
    listing: bytes = b""
    begin: int = 0
    end: int = 0
    quantity: int = 0
    holds: bool = False
    out: bool = False
    over: bool = False

    def begins_at(self, now: int) -> int:
        """What is out before its time is away already."""
        return min(self.begin, now) if self.out else self.begin

    def ends_at(self, now: int) -> int:
        """What is out beyond its time is away for who knows how long."""
        return NEVER if self.out and self.end <= now else self.end


def double_bookings(home: Home, owner: Person) -> list[str]:
    """The promises this computer signed for ``owner`` though it had promised the thing already.

    Follows the entries in the order in which they came to this computer.
    """
    own = {
        feed
        for (feed,) in home.ledger.database.connection.execute(
            "SELECT feed FROM own_feeds WHERE person = ?", (owner.key,)
        )
    }
    promises: dict[bytes, Promise] = defaultdict(Promise)
    quantities: dict[bytes, int] = {}
    found = []
    for entry in _of_owner(home, owner):
        here = entry.feed in own and entry.time_ms == entry.received_ms
        if entry.kind == "listing.put":
            quantities[entry.subject] = entry.body["quantity"]
        elif entry.kind.partition(".")[0] in ("loan", "gift", "repair"):
            promise = promises[entry.subject]
            _follow(promise, entry, here=here)
            if here and entry.kind in PROMISING:
                now = entry.time_ms // 60_000
                most = _most_at_once(promise, promises.values(), now)
                # Of a listing that was forgotten nobody can tell any more how many there were.
                if most > quantities.get(promise.listing, most):
                    found.append(f"{entry.kind} {entry.subject.hex()}: {most} at once")
    return found


def _follow(promise: Promise, entry: Read, *, here: bool) -> None:
    """Take in what an entry says of its agreement; ``here``: this computer signed it."""
    promise.kind, _, move = entry.kind.partition(".")
    body = entry.body
    match move:
        case "request" | "open":
            promise.listing, promise.quantity = body["listing"], body["quantity"]
            promise.begin = _minute(body, "from", 0)
            promise.end = _minute(body, "until", DAY_MINUTES)
            promise.holds = promise.kind == "repair" and here
        case "accept" if here:
            promise.holds = True
        case "grant":
            promise.end = _minute(body, "until", DAY_MINUTES)
    if promise.kind in FOR_GOOD or move == "lost":
        promise.end = NEVER
    promise.out = promise.out or move in CUSTODY
    promise.over = promise.over or move in ENDS


def _most_at_once(promise: Promise, promises: Iterable[Promise], now: int) -> int:
    """How many things are promised at once, at the worst moment that lies ahead of ``promise``."""
    begin, end = max(promise.begin, now), promise.ends_at(now)
    others = [
        one
        for one in promises
        if one is not promise
        and one.listing == promise.listing
        and one.holds
        and not one.over
        and one.begins_at(now) < end
        and begin < one.ends_at(now)
    ]
    moments = [begin, *(one.begin for one in others if one.begin > begin)]
    return promise.quantity + max(
        sum(one.quantity for one in others if one.begins_at(now) <= moment < one.ends_at(now))
        for moment in moments
    )


def assert_conflicts_are_seen(street: Street) -> set[str]:
    """Who is party to something that was promised beyond what there is sees so; the agreements."""
    expected: set[str] = set()
    for home in street.homes:
        for person in home.people:
            expected |= _overbooked(home, person)
    for home in street.homes:
        now_ms = home.ledger.clock.time_ms()
        for view in home.ledger.ledger.queries.agreements(now_ms):
            if view.kind in ("loan", "gift"):
                wanted = view.agreement in expected
                assert view.conflict == wanted, f"{view.agreement} at {home.name}: {view}"
    return expected


def _overbooked(home: Home, owner: Person) -> set[str]:
    """The agreements of this owner at a time for which more is promised than there is."""
    connection = home.ledger.database.connection
    quantities = dict(
        connection.execute(
            "SELECT listing, quantity FROM listings WHERE owner = ?", (owner.key.hex(),)
        )
    )
    taken: dict[str, list[tuple[str, int, int, int]]] = defaultdict(list)
    promised = set()
    for agreement, kind, listing, quantity, state, back, *times in connection.execute(
        "SELECT agreement, kind, listing, quantity, underlying_state, EXISTS (SELECT 1 FROM"
        " agreement_moves AS m WHERE m.agreement = a.agreement AND m.move = 'take-back'),"
        " from_day, from_minute, until_day, until_minute FROM agreements AS a WHERE owner = ?",
        (owner.key.hex(),),
    ):
        known = (kind, state)
        if listing in quantities and (known in PROMISED or (known == NOT_BACK and not back)):
            begin, end = _moment(*times[:2]), _moment(*times[2:])
            taken[listing].append((agreement, quantity, begin, NEVER if known in ENDLESS else end))
        if known in PROMISED:
            promised.add(agreement)
    found = set()
    for listing, periods in taken.items():
        for agreement, _, begin, end in periods:
            moments = [begin, *(one[2] for one in periods if begin < one[2] < end)]
            for moment in moments:
                most = sum(one[1] for one in periods if one[2] <= moment < one[3])
                if most > quantities[listing]:
                    found.add(agreement)
    return found & promised


def assert_queues_are_told(street: Street) -> None:
    """Everybody sees how many wait for a thing: each person once, and nobody who has left."""
    told: dict[str, list[str]] = defaultdict(list)
    for listing, token in street.kiosk.ledger.database.connection.execute(
        "SELECT w.listing, w.token FROM waiting AS w JOIN listings AS l ON l.listing = w.listing"
        " WHERE l.closed = 0 ORDER BY w.listing, w.place"
    ):
        told[listing].append(token)
    waiting: dict[str, dict[str, str]] = defaultdict(dict)
    for home in street.homes:
        for person in home.people:
            for listing, token, holder in home.ledger.database.connection.execute(
                "SELECT a.listing, a.queue_tag, a.asker FROM agreements AS a"
                " JOIN listings AS l ON l.listing = a.listing AND l.closed = 0"
                " WHERE a.kind = 'hold' AND a.owner = ?"
                " AND a.underlying_state IN ('waiting', 'offered')",
                (person.key.hex(),),
            ):
                waiting[listing][token] = holder
    for listing in told.keys() | waiting.keys():
        tokens = told[listing]
        holders = [waiting[listing].get(token) for token in tokens]
        assert None not in holders, f"{listing}: somebody is told of who does not wait"
        assert len(set(holders)) == len(holders), f"{listing}: somebody waits twice"
        assert set(holders) == set(waiting[listing].values()), f"{listing}: somebody is left out"


# --- files ----------------------------------------------------------------------------------------


def assert_sound(homes: Sequence[Home]) -> int:
    """The audit of these computers finds nothing; how many entries it read."""
    entries = 0
    for home in homes:
        ledger = home.ledger.ledger
        result = audit(ledger.folder / "ledger.db", ledger.reading_keys())
        assert result.faults == (), f"{home.name}: {result.faults[:3]}"
        entries += result.entries
    return entries


def assert_as_rebuilt(homes: Sequence[Home]) -> None:
    """What was folded day by day is what is folded from the log at once."""
    for home in homes:
        before = home.ledger.tables()
        home.ledger.ledger.rebuild()
        after = home.ledger.tables()
        for table, rows in before.items():
            assert rows == after[table], f"{table} at {home.name}"


# --- reading entries ------------------------------------------------------------------------------


def _of_owner(home: Home, owner: Person) -> Iterator[Read]:
    """The listings of an owner and the agreements they signed in, as they came to this computer."""
    return _entries(
        home,
        "(e.kind = 'listing.put' AND f.person = ?1) OR (e.kind LIKE 'sealed%' AND e.subject IN"
        " (SELECT o.subject FROM entries AS o JOIN feeds AS p ON p.number = o.feed"
        " WHERE p.person = ?1 AND o.kind LIKE 'sealed%'))",
        (owner.key,),
    )


def _entries(home: Home, where: str, values: Sequence[bytes]) -> Iterator[Read]:
    """The entries that this computer can read, in the order in which they came."""
    keys = home.ledger.ledger.reading_keys()
    rows = home.ledger.database.connection.execute(
        "SELECT e.header, e.subject, e.received_ms, b.body, f.person FROM entries AS e"
        " JOIN bodies AS b ON b.entry = e.number JOIN feeds AS f ON f.number = e.feed"
        f" WHERE {where} ORDER BY e.number",
        values,
    ).fetchall()
    for data, subject, received_ms, body, person in rows:
        header = decode_header(data)
        if header.sealed:
            where_sealed = {"circle": header.circle, "feed": header.feed}
            payload = open_body(body, keys, previous=header.previous, **where_sealed)
            if payload is None:
                continue
            kind, said = msgspec.msgpack.decode(payload)
        else:
            kind, said = header.kind, msgspec.msgpack.decode(clear_payload(body))
        yield Read(
            feed=header.feed,
            seq=header.seq,
            person=person,
            subject=subject,
            kind=kind,
            time_ms=header.time_ms,
            received_ms=received_ms,
            body=said,
        )


def _minute(body: dict[str, Any], end: str, usual: int) -> int:
    """The minute, since 1970, at which the days of a body begin or end."""
    return _moment(body[f"{end}_day"], body.get(f"{end}_minute", usual))


def _moment(day: str, minute: int) -> int:
    return date.fromisoformat(day).toordinal() * DAY_MINUTES + minute - EPOCH_MINUTES
