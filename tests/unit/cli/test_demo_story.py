"""The check at the end of the demo can fail."""

from typing import Any

import pytest

from p2pshare.cli.demo_cast import DemoFailed
from p2pshare.cli.demo_story import Ledgers, check


def ledgers(**changes: Any) -> Ledgers:
    loan = {"loan": "00", "state": "closed", "signed_by": [{"person": "a"}, {"person": "b"}]}
    told = Ledgers(
        loans={"Ada": [loan], "Ben": [loan]},
        minutes={"Ada": -60, "Ben": 60},
        audits={"Ada": {"ok": True}, "Ben": {"ok": True}, "Kiosk": {"ok": True}},
    )
    for name, value in changes.items():
        getattr(told, name).update(value)
    return told


def test_a_good_end() -> None:
    check(ledgers())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"loans": {"Ben": []}}, "do not agree"),
        ({"loans": {"Ada": [], "Ben": []}}, "do not agree"),
        (
            {"loans": {"Ada": [{"loan": "00", "state": "returned", "signed_by": []}]}},
            "do not agree",
        ),
        ({"minutes": {"Ben": 0}}, "hours"),
        ({"audits": {"Kiosk": {"ok": False, "faults": ["a hole"]}}}, "audit of Kiosk"),
    ],
)
def test_bad_ends(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(DemoFailed, match=reason):
        check(ledgers(**changes))
