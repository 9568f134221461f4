"""log.receipt: one label, one encoding, bounds before anything is parsed."""

import json
from pathlib import Path

import msgspec
import pytest

from p2pshare.errors import ReceiptRefused
from p2pshare.limits import RECEIPT_BYTES_MAX, RECEIPT_MOVES_MAX, RECEIPT_OPENINGS_MAX
from p2pshare.log.receipt import RECEIPT_LABEL, decode_receipt, encode_receipt, make_receipt

VECTOR = json.loads((Path(__file__).parents[2] / "vectors" / "receipt.json").read_text("utf-8"))
DATA = bytes.fromhex(VECTOR["file"])


def test_what_was_read_is_written_to_the_same_bytes():
    assert encode_receipt(decode_receipt(DATA)) == DATA


def test_entries_are_put_into_their_order():
    receipt = decode_receipt(DATA)
    again = make_receipt(
        reversed(receipt.moves), receipt.listing, receipt.names, reversed(receipt.openings)
    )
    assert again == receipt


def test_a_file_that_is_too_large_is_not_parsed():
    full = RECEIPT_LABEL + bytes(RECEIPT_BYTES_MAX - len(RECEIPT_LABEL))
    with pytest.raises(ReceiptRefused, match="cut short or damaged"):
        decode_receipt(full)
    with pytest.raises(ReceiptRefused, match="at most 4194304 bytes"):
        decode_receipt(full + b"\0")


@pytest.mark.parametrize(
    ("field", "maximum"), [("moves", RECEIPT_MOVES_MAX), ("openings", RECEIPT_OPENINGS_MAX)]
)
def test_a_list_has_room_for_so_many_entries(field, maximum):
    receipt = decode_receipt(DATA)
    one = getattr(receipt, field)[0]

    def read(count):
        changed = msgspec.structs.replace(receipt, **{field: (one,) * count})
        decode_receipt(RECEIPT_LABEL + msgspec.msgpack.encode(changed))

    with pytest.raises(ReceiptRefused, match="doubled"):
        read(maximum)
    with pytest.raises(ReceiptRefused, match="length"):
        read(maximum + 1)


@pytest.mark.parametrize("size", [0, 1, len(RECEIPT_LABEL), len(RECEIPT_LABEL) + 1, len(DATA) - 1])
def test_what_was_cut_short_is_refused(size):
    with pytest.raises(ReceiptRefused):
        decode_receipt(DATA[:size])


def test_nothing_nested_deep_overflows_the_reader():
    with pytest.raises(ReceiptRefused):
        decode_receipt(RECEIPT_LABEL + b"\x91" * 100_000)


def test_another_version_is_named():
    with pytest.raises(ReceiptRefused, match="later version"):
        decode_receipt(DATA.replace(b"receipt v1", b"receipt v2", 1))
