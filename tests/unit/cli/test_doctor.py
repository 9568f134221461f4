import json

import pytest

from p2pshare.cli.app import main
from p2pshare.net import doctor
from p2pshare.net.doctor import Cause, Finding


@pytest.fixture
def found(monkeypatch):
    """What the doctor finds, and the addresses it was allowed to use."""
    findings: list[Finding] = []
    allowed: list[tuple[str, ...]] = []

    async def examine(only=()):
        allowed.append(tuple(only))
        return findings

    monkeypatch.setattr(doctor, "examine", examine)
    return findings, allowed


def test_a_cause_is_named_and_the_exit_code_says_so(found, capsys):
    findings, allowed = found
    findings.append(Finding(Cause.NOT_HEARD, "Nothing is heard.", "Open UDP port 5353."))
    assert main(["doctor", "--interface", "127.0.0.1"]) == 1
    said = capsys.readouterr().out
    assert "Nothing is heard." in said
    assert "Open UDP port 5353." in said
    assert allowed == [("127.0.0.1",)]


def test_json_is_one_document(found, capsys):
    findings, allowed = found
    findings.append(Finding(Cause.FINE, "All is well.", ""))
    assert main(["--json", "doctor"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"cause": "fine", "sentence": "All is well.", "advice": ""}
    ]
    assert allowed == [("127.0.0.1",)], "P2PSHARE_INTERFACES is obeyed"


@pytest.mark.usefixtures("found")
def test_an_interface_is_an_address(capsys):
    assert main(["doctor", "--interface", "eth0"]) == 2
    assert "eth0" in capsys.readouterr().err
