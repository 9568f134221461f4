"""What must be true of a street, computed here anew from the signed entries.

Nothing here calls the rules or the folds: bodies are opened and read as plain maps, so that the
code under test cannot agree with itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

import msgspec
from sim.street import Home, Person, Street, lacking

from p2pshare.log.body import clear_payload, open_body
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.log.entry import decode_header
from p2pshare.store.audit import audit

DAY_MINUTES: Final = 24 * 60
NEVER: Final = 10**12
ENDS: Final = ("cancel", "decline", "take-back", "lost", "dispute")
CUSTODY: Final = ("hand-over", "receive", "give-back")
PROMISED: Final = ("accepted", "checked_out", "returned")


# --- all computers --------------------------------------------------------------------------------


def assert_one_ledger(street: Street) -> None:
    """Everybody holds the same entries, with all bodies that anybody has."""
    digests = {home.ledger.frontier().digest() for home in street.homes}
    assert len(digests) == 1, f"{len(digests)} digests"
    counts = {home.ledger.count() for home in street.homes}
    assert len(counts) == 1, f"different numbers of entries: {sorted(counts)}"
    missing = lacking([home.node for home in street.homes])
    assert not missing, f"{len(missing)} bodies are not everywhere"


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
            person.key.hex(): queries.balance(person.key.hex(), OPEN_CIRCLE.hex()).minutes
            for person in street.people
        }
        assert sum(known.values()) == 0, f"hours at {home.name}: {known}"
        for person, minutes in known.items():
            assert minutes == accounts[person], f"{person[:8]} at {home.name}"
    return moved


def _payments(home: Home) -> Iterator[tuple[str, str, int]]:
    """(payer, payee, minutes) of what payers signed."""
    for entry in _entries(home, "e.kind = 'hours.pay'", ()):
        payer, payee = entry.body["payer"], entry.body["payee"]
        if payer == entry.person and payee != payer and entry.body["minutes"] > 0:
            yield payer.hex(), payee.hex(), entry.body["minutes"]


# --- promises -------------------------------------------------------------------------------------


@dataclass(eq=False)
class Promise:
    """A loan as one computer of its owner sees it at some moment: times in minutes."""

    listing: bytes = b""
    begin: int = 0
    end: int = 0
    quantity: int = 0
    accepted_here: bool = False
    out: bool = False
    over: bool = False

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
        kind, _, move = entry.kind.partition(".")
        if entry.kind == "listing.put":
            quantities[entry.subject] = entry.body["quantity"]
        if kind != "loan":
            continue
        promise = promises[entry.subject]
        here = entry.feed in own and entry.time_ms == entry.received_ms
        match move:
            case "request":
                promise.listing = entry.body["listing"]
                promise.quantity = entry.body["quantity"]
                promise.begin = _minute(entry.body, "from", 0)
                promise.end = _minute(entry.body, "until", DAY_MINUTES)
            case "accept" if here:
                promise.accepted_here = True
            case "grant":
                promise.end = _minute(entry.body, "until", DAY_MINUTES)
        promise.out = promise.out or move in CUSTODY
        promise.over = promise.over or move in ENDS
        if here and move in ("accept", "grant"):
            now = entry.time_ms // 60_000
            most = _most_at_once(promise, promises.values(), now)
            if most > quantities[promise.listing]:
                found.append(f"{entry.subject.hex()}: {most} of {quantities[promise.listing]}")
    return found


def _most_at_once(promise: Promise, promises: Iterable[Promise], now: int) -> int:
    """How many things are promised at once, at the worst moment that lies ahead of ``promise``."""
    begin, end = max(promise.begin, now // DAY_MINUTES * DAY_MINUTES), promise.ends_at(now)
    others = [
        one
        for one in promises
        if one is not promise
        and one.listing == promise.listing
        and one.accepted_here
        and not one.over
        and one.begin < end
        and begin < one.ends_at(now)
    ]
    moments = [begin, *(one.begin for one in others if one.begin > begin)]
    return promise.quantity + max(
        sum(one.quantity for one in others if one.begin <= moment < one.ends_at(now))
        for moment in moments
    )


def assert_conflicts_are_seen(street: Street) -> set[str]:
    """Who is party to a loan that was promised beyond what there is sees so; the loans."""
    expected: set[str] = set()
    for home in street.homes:
        for person in home.people:
            expected |= _overbooked(home, person)
    for home in street.homes:
        now_ms = home.ledger.clock.time_ms()
        for view in home.ledger.ledger.queries.agreements(now_ms):
            if view.kind == "loan":
                wanted = view.agreement in expected
                assert view.conflict == wanted, f"{view.agreement} at {home.name}: {view}"
    return expected


def _overbooked(home: Home, owner: Person) -> set[str]:
    """The loans of this owner that lie on a day on which more is promised than there is."""
    connection = home.ledger.database.connection
    quantities = dict(
        connection.execute(
            "SELECT listing, quantity FROM listings WHERE owner = ?", (owner.key.hex(),)
        )
    )
    rows: dict[str, list[tuple[str, int, int, int]]] = defaultdict(list)
    for agreement, listing, quantity, from_day, until_day, state in connection.execute(
        "SELECT agreement, listing, quantity, from_day, until_day, underlying_state"
        " FROM agreements WHERE kind = 'loan' AND owner = ?",
        (owner.key.hex(),),
    ):
        if state in PROMISED and listing in quantities:
            begin, end = (date.fromisoformat(day).toordinal() for day in (from_day, until_day))
            rows[listing].append((agreement, quantity, begin, end))
    found = set()
    for listing, loans in rows.items():
        for agreement, _, begin, end in loans:
            for day in range(begin, end + 1):
                taken = sum(one[1] for one in loans if one[2] <= day <= one[3])
                if taken > quantities[listing]:
                    found.add(agreement)
    return found


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


@dataclass(frozen=True)
class Read:
    """An entry with its body as a plain map."""

    feed: bytes
    person: bytes
    subject: bytes
    kind: str
    time_ms: int
    received_ms: int
    body: dict[str, Any]


def _of_owner(home: Home, owner: Person) -> Iterator[Read]:
    """The listings of an owner and the agreements they signed in, as they came to this computer."""
    return _entries(
        home,
        "(e.kind = 'listing.put' AND f.person = ?1) OR (e.kind = 'sealed' AND e.subject IN"
        " (SELECT o.subject FROM entries AS o JOIN feeds AS p ON p.number = o.feed"
        " WHERE p.person = ?1 AND o.kind = 'sealed'))",
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
        yield Read(header.feed, person, subject, kind, header.time_ms, received_ms, said)


def _minute(body: dict[str, Any], end: str, usual: int) -> int:
    """The minute, since 1970, at which the days of a body begin or end."""
    day = datetime.fromisoformat(body[f"{end}_day"]).replace(tzinfo=UTC)
    return int(day.timestamp()) // 60 + int(body.get(f"{end}_minute", usual))
