"""log.verified_receipt: what the recorded receipt says, and that no byte of it can be another."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from p2pshare.errors import ReceiptRefused
from p2pshare.log.verified_receipt import verify_receipt

VECTOR = json.loads((Path(__file__).parents[2] / "vectors" / "receipt.json").read_text("utf-8"))
DATA = bytes.fromhex(VECTOR["file"])


def test_it_says_what_the_vector_says():
    verified = verify_receipt(DATA)
    assert verified.kind == VECTOR["kind"]
    assert verified.state.agreement.hex() == VECTOR["agreement"]
    assert [person.hex() for person in verified.state.parties] == VECTOR["parties"]
    assert {person.hex(): name for person, name in verified.names.items()} == VECTOR["names"]
    assert verified.state.state == VECTOR["state"]
    assert [
        {"move": one.move, "by": one.person.hex(), "time_ms": one.time_ms} for one in verified.moves
    ] == VECTOR["moves"]
    assert [(one.role, one.name, one.note) for one in verified.moves] == [
        ("borrower", "", "For the shelf."),
        ("lender", "Ada", "Gladly."),
    ]
    assert (verified.entries, verified.without_effect, verified.silent) == (2, 0, ())
    assert verified.both_signed == ()
    assert verified.digest == sha256(DATA).digest()


@pytest.mark.parametrize("vector", VECTOR["refused"], ids=lambda vector: vector["name"])
def test_what_the_vectors_refuse_is_refused(vector):
    with pytest.raises(ReceiptRefused):
        verify_receipt(bytes.fromhex(vector["file"]))


@pytest.mark.parametrize("part", range(8))
def test_any_changed_byte_is_refused_with_a_reason(part):
    for at in range(part, len(DATA), 8):
        changed = bytearray(DATA)
        changed[at] ^= 1 << (at // 8 % 8)
        with pytest.raises(ReceiptRefused) as refused:
            verify_receipt(bytes(changed))
        assert str(refused.value)


def test_bytes_put_in_taken_out_or_doubled_are_refused(mutate):
    for how in ("insert", "remove", "cut", "double"):
        for at in range(1, len(DATA), 37):
            changed = mutate(DATA, how, at, 7)
            if changed != DATA:
                with pytest.raises(ReceiptRefused):
                    verify_receipt(changed)
