"""A street for weeks in the suite, and for two years by ``make street`` (P2PSHARE_STREET=whole)."""

import os
import time
from pathlib import Path
from unittest.mock import patch

import pytest
from sim import street_checks
from sim.street import Home, Size, Street, street_in
from sim.street_chance import chance_from
from sim.street_life import walk
from sim.street_report import report

from p2pshare.domain import loan_rules
from p2pshare.domain.commands import AddListing, MoveAgreement, RequestLoan
from p2pshare.domain.vocabulary import ExchangeType

WHOLE = os.environ.get("P2PSHARE_STREET") == "whole"
SIZE = Size(people=60, items=400, days=730) if WHOLE else Size(people=10, items=40, days=60)
SEEDS = [1] if WHOLE else [1, 2, 3]
AUDITED = 10
REBUILT = 4


@pytest.mark.parametrize("seed", SEEDS)
def test_a_street_ends_with_one_ledger_and_nothing_promised_twice(
    seed: int, tmp_path: Path
) -> None:
    begun = time.monotonic()
    conflicts: set[str] = set()

    def check(street: Street) -> None:
        street_checks.assert_one_ledger(street)
        street_checks.assert_one_story(street)
        street_checks.assert_hours_sum_to_zero(street)
        street_checks.assert_queues_are_told(street)
        conflicts.update(street_checks.assert_conflicts_are_seen(street))

    with chance_from(seed), street_in(tmp_path, seed, SIZE) as street:
        walk(street, check)
        assert street.statistics.events["two computers promised one thing"] > 0
        assert len(conflicts) > 1, "and it was seen"
        moved = street_checks.assert_hours_sum_to_zero(street)
        for home in street.homes:
            for person in home.people:
                assert street_checks.double_bookings(home, person) == [], home.name
        sample = _sample(street)
        audited = street_checks.assert_sound(sample)
        street_checks.assert_as_rebuilt(sample[:REBUILT])
        seconds = time.monotonic() - begun
        report(street, conflicts=conflicts, moved=moved, audited=audited, seconds=seconds)


def _sample(street: Street) -> list[Home]:
    """Some computers, those with the largest ledgers first."""
    by_size = sorted(street.homes, key=lambda home: home.size_bytes(), reverse=True)
    return by_size[:AUDITED]


def test_a_promise_made_twice_is_found_out(tmp_path: Path) -> None:
    """The check can fail: it does not depend on the rule that it checks."""
    with chance_from(1), street_in(tmp_path, 1, Size(people=6, items=4, days=1)) as street:
        assert _promised_twice(street) == []
        with patch.object(loan_rules, "check_free"):
            assert len(_promised_twice(street)) == 1


def _promised_twice(street: Street) -> list[str]:
    """The library lends one thing, for the same days, to two people who ask for it."""
    owner = street.library.key
    thing = AddListing(person=owner, exchange_type=ExchangeType.OFFER, title="drill")
    listing = street.attempt(street.desk, thing)
    assert listing is not None
    street.everybody_meets()
    for home in [home for home in street.homes if home.people][1:3]:
        loan = street.attempt(home, RequestLoan(person=home.people[0].key, listing=listing))
        assert loan is not None
        street.everybody_meets()
        accept = MoveAgreement(person=owner, agreement=loan, move="accept")
        street.attempt(street.desk, accept)
    return street_checks.double_bookings(street.desk, street.library)


def test_one_seed_is_one_life(tmp_path: Path) -> None:
    """Keys, salts and seals too: what fails fails again."""
    digests = set()
    for time_round in ("first", "second"):
        size = Size(people=6, items=12, days=20)
        with chance_from(1), street_in(tmp_path / time_round, 1, size) as street:
            walk(street, lambda _: None)
            digests.add(street.kiosk.ledger.frontier().digest())
    assert len(digests) == 1
