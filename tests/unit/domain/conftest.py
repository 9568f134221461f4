"""Fixtures for the domain's tests: entries as the store would hand them to a fold."""

import hashlib
import itertools
from dataclasses import replace

import pytest

from p2pshare.domain.bodies import ListingPut, LoanAccept, LoanMove, LoanRequest
from p2pshare.domain.listing import fold_listing
from p2pshare.domain.ordering import FoldEntry
from p2pshare.domain.vocabulary import ExchangeType, ItemType


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
        return LoanMove(note=note)

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
