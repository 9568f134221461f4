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


def test_a_street_without_the_rule_promises_things_twice_and_is_found_out(tmp_path: Path) -> None:
    """The check can fail: it does not depend on the rule that it checks."""
    few_things = Size(people=8, items=10, days=30)
    found = []
    with chance_from(1), street_in(tmp_path, 1, few_things) as street:
        with patch.object(loan_rules, "check_free"):
            walk(street, street_checks.assert_conflicts_are_seen)
        for home in street.homes:
            for person in home.people:
                found += street_checks.double_bookings(home, person)
    assert found


def test_one_seed_is_one_life(tmp_path: Path) -> None:
    """Keys, salts and seals too: what fails fails again."""
    digests = set()
    for time_round in ("first", "second"):
        size = Size(people=6, items=12, days=20)
        with chance_from(1), street_in(tmp_path / time_round, 1, size) as street:
            walk(street, lambda _: None)
            digests.add(street.kiosk.ledger.frontier().digest())
    assert len(digests) == 1
