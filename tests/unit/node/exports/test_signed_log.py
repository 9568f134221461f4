"""JSON lines: every entry whole, checkable by itself, and readable where it can be read."""

import json

from unit.node.computers import Computer
from unit.node.exports.ledger_to_export import exported

from p2pshare.log.entry import decode_header, entry_id, signature_verifies


def lines_of(home, **asked) -> list[dict]:
    data, number = exported(home, "jsonl", **asked)
    lines = [json.loads(line) for line in data.decode("ascii").splitlines()]
    assert len(lines) == number
    return lines


def test_every_entry_is_there_whole_and_says_what_it_is(ada: Computer) -> None:
    lines = lines_of(ada)
    assert len(lines) == ada.count()
    for line in lines:
        header = bytes.fromhex(line["header"])
        assert entry_id(header).hex() == line["entry"]
        assert signature_verifies(
            decode_header(header).feed, bytes.fromhex(line["signature"]), entry_id(header)
        )
        assert line["body"] is not None
        assert line["payload"] is not None, f"{line['kind']} is one of ours, and to be read here"
    assert {line["kind"] for line in lines} >= {
        *("loan.request", "loan.accept", "loan.hand-over", "loan.give-back", "gift.receive"),
        *("session.request", "session.done", "repair.open", "hours.pay", "hours.split"),
        *("hours.confirm", "listing.put", "listing.busy", "person.profile"),
    }
    given_back = next(line for line in lines if line["kind"] == "loan.give-back")
    assert given_back["sealed"] is True
    assert given_back["payload"]["condition"] == "worn"
    assert given_back["payload"]["instead"] == "bought"


def test_a_circle_that_is_named_is_all_there_is(ada: Computer) -> None:
    whole = lines_of(ada)
    other = ada.add_closed_circle("Street", bytes(31) + b"\1")
    assert lines_of(ada, circle=other) == []
    assert lines_of(ada, circle=bytes.fromhex(whole[0]["circle"])) == whole
