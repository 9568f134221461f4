"""Fixtures for the domain's tests: entries as the store would hand them to a fold."""

import hashlib
import itertools
from dataclasses import replace

import pytest

from p2pshare.domain.agreement_bodies import LoanAccept, LoanRequest
from p2pshare.domain.bodies import ListingPut
from p2pshare.domain.listing import fold_listing
from p2pshare.domain.loan import LOAN
from p2pshare.domain.ordering import FoldEntry
from p2pshare.domain.vocabulary import ExchangeType, ItemType

#: What moves must say beside a note.
MORE_THAN_A_NOTE = {
    "renew": {"until_day": "2026-12-24"},
    "grant": {"until_day": "2026-12-24", "due_at_ms": 50_000},
    "report": {"what": "damage"},
    "done": {"minutes": 60},
    "add": {"token": b"token--1"},
    "offer": {"offered_until_ms": 5000},
}


class Make:
    """Builds persons, fold entries and bodies; ids are hashes of a label or of a counter."""

    def __init__(self):
        self._counter = itertools.count()

    def person(self, name):
        return hashlib.sha256(f"person {name}".encode()).digest()

    def entry(self, author, kind, body, *, after=(), own=(), time_ms=1000, label=None):
        label = label if label is not None else f"entry {next(self._counter)}"
        return FoldEntry(
            entry_id=hashlib.sha256(str(label).encode()).digest(),
            author=author,
            feed=author,
            kind=kind,
            body=body,
            time_ms=time_ms,
            after=tuple(sorted(before.entry_id for before in after)),
            own_previous=tuple(before.entry_id for before in own),
        )

    def put(self, **fields):
        return ListingPut(
            **{
                "exchange_type": ExchangeType.OFFER,
                "item_type": ItemType.GOOD,
                "transaction_types": ("borrow-lend",),
                "title": "Drill",
                "quantity": 1,
                **fields,
            }
        )

    def request(self, **fields):
        return LoanRequest(
            **{
                "listing": b"L" * 16,
                "listing_header": b"header",
                "title": "Drill",
                "quantity": 1,
                "from_day": "2026-11-23",
                "until_day": "2026-11-28",
                **fields,
            }
        )

    def loan_body(self, move, *, due_at_ms=5000, note=""):
        if move == "request":
            return self.request(note=note)
        if move == "accept":
            return LoanAccept(due_at_ms=due_at_ms, note=note)
        said = {"note": note, **MORE_THAN_A_NOTE.get(move, {})}
        return LOAN.body_of(move)(**said)

    def loan(self, borrower, lender, moves, *, times=None, request=None):
        """The entries of a loan whose moves follow each other: ``[("borrower", "cancel"), ...]``.

        ``times`` gives the time_ms of a move by its name; 1000 otherwise.
        """
        authors = {"borrower": borrower, "lender": lender}
        entries = [self.entry(borrower, "loan.request", request or self.request())]
        for role, move in moves:
            entries.append(
                self.entry(
                    authors[role],
                    f"loan.{move}",
                    self.loan_body(move),
                    after=entries[-1:],
                    time_ms=(times or {}).get(move, 1000),
                )
            )
        return entries

    def agreement(self, table, asker, owner, moves, *, times=None, **opening):
        """The entries of an agreement of any kind whose moves follow each other.

        ``moves`` are names, or (role, name) where several roles may make one; ``times`` gives the
        time_ms of a move by its name, 1000 otherwise; ``opening`` are fields of the first one.
        """
        times = times or {}
        authors = dict(zip(table.roles, (asker, owner), strict=True))
        asked = table.opening.move
        about = {
            "listing": b"L" * 16,
            "listing_header": b"header",
            "title": "Drill",
            "quantity": 1,
            "from_day": "2026-11-23",
            "until_day": "2026-11-28",
            **MORE_THAN_A_NOTE.get(asked, {}),
            **opening,
        }
        body = table.opening.body(**about)
        kind = table.kind_of(asked)
        entries = [self.entry(asker, kind, body, time_ms=times.get(asked, 1000))]
        for step in moves:
            role, move = (None, step) if isinstance(step, str) else step
            if role is None:
                role = next(row.roles[0] for row in table.rows if row.move == move)
            entries.append(
                self.entry(
                    authors[role],
                    table.kind_of(move),
                    table.body_of(move)(**MORE_THAN_A_NOTE.get(move, {})),
                    after=entries[-1:],
                    time_ms=times.get(move, 1000),
                )
            )
        return entries


@pytest.fixture(scope="session")
def make():
    return Make()


@pytest.fixture(scope="session")
def ada(make):
    return make.person("Ada")


@pytest.fixture(scope="session")
def ben(make):
    return make.person("Ben")


@pytest.fixture(scope="session")
def drill(make, ada):
    """Ada's offer of one drill, as folded, under the id that ``Make.request`` asks for."""
    entry = make.entry(ada, "listing.put", make.put(terms=("clean",)))
    return replace(fold_listing(entry.entry_id[:16], [entry]), listing=b"L" * 16)
