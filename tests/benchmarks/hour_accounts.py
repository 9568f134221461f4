"""Accounts of hours: 100,000 payments among 60 people over two years, folded and asked about."""

import random
import statistics
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

from figures import Figure
from first_sync import fill
from made_feeds import TIME_MS

from p2pshare.domain.bodies import HoursPay, encode_payload
from p2pshare.domain.days import DAY_MS
from p2pshare.domain.hour_rules import Flag
from p2pshare.limits import HOURS_HARD_LIMIT_MINUTES_DEFAULT
from p2pshare.log.author import Place, write_entry, write_feed_open
from p2pshare.log.certificate import OPEN_CIRCLE, issue_certificate
from p2pshare.log.entry import SignedEntry, entry_id
from p2pshare.log.keys import ReadingKey, SigningKey
from p2pshare.node.ledger import Ledger

PERSONS, PAYMENTS = 60, 100_000
TWO_COMPUTERS_OF: Final = 6
"""One person of so many pays from a second computer too."""
HISTORY_DAYS: Final = 730
HARD_MINUTES: Final = HOURS_HARD_LIMIT_MINUTES_DEFAULT
ROUNDS: Final = 4
MS_AT_MOST: Final = 20
BOUNDED: Final = ("balance", "balance with its flag", "statement of a month")


def measure() -> list[Figure]:
    """The figures."""
    with tempfile.TemporaryDirectory(prefix="p2pshare-bench-") as name:
        folder = Path(name) / "ledger"
        made = MadeFeeds()
        persons = [key.public for key in made.keys]
        fill(folder, [tuple(feed) for feed in made.feeds])
        ledger = Ledger(folder)
        try:
            return _measure(ledger, [person.hex() for person in persons])
        finally:
            ledger.close()


class MadeFeeds:
    """The feeds of people who pay each other as far as the limit lets them, and who know of what
    they paid elsewhere; but for one, who pays all they have on two computers apart.
    """

    def __init__(self) -> None:
        self._drawn = random.Random(60)
        self.keys = [SigningKey.from_bytes(_seed("person", number)) for number in range(PERSONS)]
        self.feeds: list[list[SignedEntry]] = []
        self._writers: list[tuple[int, SigningKey]] = []
        self._minutes = [0] * PERSONS
        self._elsewhere: dict[int, bytes] = {}
        for number, key in enumerate(self.keys):
            for computer in range(1 + (number % TWO_COMPUTERS_OF == 0)):
                self._open(number, key, computer)
        while self._count() < PAYMENTS:
            place = self._drawn.randrange(len(self.feeds))
            minutes = self._drawn.randrange(5, 120)
            if self._minutes[self._writers[place][0]] - minutes >= -HARD_MINUTES:
                self._pay(place, minutes, knowing=True)
        room = self._minutes[0] + HARD_MINUTES
        for place in (0, 1):
            self._pay(place, room, knowing=False)

    def _count(self) -> int:
        return sum(map(len, self.feeds)) - len(self.feeds)

    def _open(self, number: int, key: SigningKey, computer: int) -> None:
        feed_key = SigningKey.from_bytes(_seed("feed", number, computer))
        reading = ReadingKey.from_bytes(_seed("reading", number)).public
        certificate = issue_certificate(key, reading, OPEN_CIRCLE, feed_key.public)
        salt = _seed("salt", number, computer)[:16]
        self.feeds.append(
            [write_feed_open(feed_key, OPEN_CIRCLE, certificate, time_ms=TIME_MS, salt=salt)]
        )
        self._writers.append((number, feed_key))

    def _pay(self, place: int, minutes: int, *, knowing: bool) -> None:
        payer, feed_key = self._writers[place]
        payee = (payer + self._drawn.randrange(1, PERSONS)) % PERSONS
        body = HoursPay(
            payer=self.keys[payer].public, payee=self.keys[payee].public, minutes=minutes
        )
        number, feed = self._count(), self.feeds[place]
        known = self._elsewhere.pop(place, None) if knowing else None
        entry = write_entry(
            feed_key,
            OPEN_CIRCLE,
            Place(len(feed), entry_id(feed[-1].header)),
            time_ms=TIME_MS - (PAYMENTS - number) * HISTORY_DAYS * DAY_MS // PAYMENTS,
            kind="hours.pay",
            payload=encode_payload(body),
            salt=_seed("salt", number)[:16],
            after=() if known is None else (known,),
        )
        feed.append(entry)
        for other in (place - 1, place + 1):
            if 0 <= other < len(self._writers) and self._writers[other][0] == payer:
                self._elsewhere[other] = entry_id(entry.header)
        self._minutes[payer] -= minutes
        self._minutes[payee] += minutes


def _measure(ledger: Ledger, persons: list[str]) -> list[Figure]:
    accounts, circle = ledger.queries.accounts, OPEN_CIRCLE.hex()
    month_ms = TIME_MS - 30 * DAY_MS
    members = accounts.members(circle)
    if len(members) < PERSONS or sum(one.minutes for one in members):
        raise RuntimeError("the accounts are not as they were made")
    if [one.flag for one in members].count(Flag.OVERSPENT) != 1:
        raise RuntimeError("one of them has paid on two computers apart")

    def statement_of_a_month(person: str) -> None:
        if not accounts.statement(person, circle, from_ms=month_ms):
            raise RuntimeError("a month without payments")

    asked: dict[str, Callable[[str], object]] = {
        "balance": lambda person: accounts.balance(person, circle),
        "balance with its flag": lambda person: accounts.member(person, circle),
        "statement of a month": statement_of_a_month,
        "statement of two years": lambda person: accounts.statement(person, circle),
        "everybody's balance and flag": lambda _person: accounts.members(circle),
        "hours spent apart, of those who concern one": lambda person: accounts.overspent(
            circle, concerning=person
        ),
    }
    return [
        Figure(
            f"{what}, {PAYMENTS:,} payments: p95",
            _p95(ask, persons),
            "ms",
            MS_AT_MOST if what in BOUNDED else None,
        )
        for what, ask in asked.items()
    ]


def _p95(ask: Callable[[str], object], persons: list[str]) -> float:
    taken = []
    for person in persons * ROUNDS:
        start = time.perf_counter()
        ask(person)
        taken.append(time.perf_counter() - start)
    return statistics.quantiles(taken, n=20)[18] * 1000


def _seed(*parts: object) -> bytes:
    return sha256(repr(parts).encode()).digest()
