"""Several processes on one folder (DESIGN section 10): they start, write, read and lock at once.

The processes are forked by ``process_kit``, which waits for their words and never for time.
"""

from pathlib import Path
from typing import Any

import pytest
from integration.fork_kit import run_warm
from integration.process_kit import LISTINGS, PROCESSES

SECONDS = 60.0
TOO_NEW = "the ledger was written by a newer p2pshare; update this one to write to it"
BUSY = "another program is using the ledger; try again"


def _see(scenario: str, folder: Path) -> dict[str, Any]:
    seen: dict[str, Any] = run_warm("process_kit", scenario, str(folder), seconds=SECONDS)
    if "feeds" in seen:
        for entries, places, end, tips, retired in seen["feeds"]:
            assert entries == places == end, "a gap, or a place used twice"
            assert (tips, retired) == (1, 0)
        assert seen["forks"] == 0
        assert seen["faults"] == []
    return seen


def test_eight_start_on_an_empty_folder_and_write_at_once(tmp_path: Path) -> None:
    """One feed of Ada's in each circle, though eight could have opened the closed circle's."""
    seen = _see("writers", tmp_path)
    assert seen["persons"] == ["Ada"]
    assert len(seen["feeds"]) == 2
    assert seen["titles"] == sorted(
        f"Thing {number}-{index}" for number in range(PROCESSES) for index in range(LISTINGS)
    )
    written = sum(entries for entries, *_ in seen["feeds"])
    assert written == PROCESSES * LISTINGS + 2 + 1  # a feed.open in each circle, a profile
    assert seen["keys"] == ["feed", "feed", "person", "reading"]


def test_eight_persons_are_added_at_once(tmp_path: Path) -> None:
    seen = _see("inits", tmp_path)
    assert sorted(seen["persons"]) == [f"Person {number}" for number in range(PROCESSES)]
    assert len(seen["feeds"]) == PROCESSES
    assert seen["keys"] == ["device.pem"] + [
        kind for kind in ("feed", "person", "reading") for _ in range(PROCESSES)
    ]


def test_writers_killed_among_writers_lose_nothing_and_hold_nobody_up(tmp_path: Path) -> None:
    seen = _see("killed_writers", tmp_path)
    assert seen["killed"] == 3
    assert set(seen["acknowledged"]) <= set(seen["titles"])
    assert len(seen["titles"]) - len(seen["acknowledged"]) <= 3, "one each, killed before it said"
    assert {f"Thing-0-{index}" for index in range(LISTINGS * 5)} <= set(seen["titles"])
    assert len(seen["feeds"]) == 1


def test_others_write_while_one_is_on_the_network_and_a_killed_one_frees_the_lock(
    tmp_path: Path,
) -> None:
    seen = _see("node_lock", tmp_path)
    assert seen["refused"] == [
        "AlreadyRunning",
        f"p2pshare is already running on {tmp_path}; close it, or use another --data folder",
    ]
    assert seen["killed"]
    assert seen["written"] == 5


def test_a_long_read_holds_up_no_writer_and_keeps_erased_words_no_longer_than_it_lasts(
    tmp_path: Path,
) -> None:
    seen = _see("long_reader", tmp_path)
    told = seen["told"]
    assert told["reading"] == told["again"], "a snapshot is of one moment"
    assert float(told["wrote"][0]) < 10.0
    assert told["forgot"] == ["1", "True"], "the reader still sees what it began with"
    assert told["left"] == ["False"], "the next write sweeps up"
    assert len(seen["titles"]) == LISTINGS + 1


@pytest.mark.parametrize(("scenario", "what"), [("busy", "opening"), ("busy_midlife", "busy")])
def test_a_lock_held_too_long_is_one_clear_error(scenario: str, what: str, tmp_path: Path) -> None:
    seen = _see(scenario, tmp_path)
    assert (seen[what][0], " ".join(seen[what][1:])) == ("StoreBusy", BUSY)
    assert seen["titles"] == ["Afterwards"], "the refused write left something"
    if scenario == "busy":
        assert seen["readable"] == ["2"]


def test_a_process_that_meets_a_newer_ledger_stops_writing(tmp_path: Path) -> None:
    """By schema version, then by fold version; what it has it still shows."""
    seen = _see("newer", tmp_path)
    ready, *lines = seen["lines"]
    assert ready == ["ready"]
    assert len(lines) == 12
    for kind, *words in lines:
        if kind == "readable":
            assert words == ["1"]
        elif kind != "done":
            assert (words[0], " ".join(words[1:])) == ("StoreTooNew", TOO_NEW), kind
    assert seen["entries"] == 3  # feed.open, the profile, and what was written before
