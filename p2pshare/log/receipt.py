"""The file of a receipt: what both people signed about one agreement, as bytes (.p2preceipt).

docs/protocol.md section 11. One label, then one MessagePack array in its only encoding, so that no
byte can be another without being noticed. ``log.receipt_proof`` checks what is signed in it;
``node.receipts`` makes receipts and says what they mean. This module only reads and writes bytes.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from p2pshare.errors import ReceiptRefused
from p2pshare.limits import (
    BODY_BYTES_MAX,
    HEADER_BYTES_MAX,
    RECEIPT_BYTES_MAX,
    RECEIPT_MOVES_MAX,
    RECEIPT_OPENINGS_MAX,
)
from p2pshare.log.entry import entry_id
from p2pshare.log.keys import SIGNATURE_BYTES

RECEIPT_LABEL: Final = b"p2pshare receipt v1\0"
PARTIES: Final = 2

_HeaderBytes = Annotated[bytes, Meta(min_length=1, max_length=HEADER_BYTES_MAX)]
_Signature = Annotated[bytes, Meta(min_length=SIGNATURE_BYTES, max_length=SIGNATURE_BYTES)]
_BodyBytes = Annotated[bytes, Meta(max_length=BODY_BYTES_MAX)]


class BareEntry(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """An entry of which only the header and the signature over it are shown."""

    header: _HeaderBytes
    signature: _Signature


class ClearEntry(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """An entry with its clear body, as everybody in the circle may have it."""

    header: _HeaderBytes
    signature: _Signature
    body: _BodyBytes


class OpenedEntry(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A sealed entry with its body, boxes included, and the ``salt || payload`` they hold."""

    header: _HeaderBytes
    signature: _Signature
    body: _BodyBytes
    plain: _BodyBytes


class Receipt(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One agreement with what proves it.

    ``moves`` are the parties' entries of the agreement, the one that creates it among them;
    ``listing`` is the entry that created the listing, which says who its owner is; ``names`` are
    the profiles of the parties, as far as they are at hand; ``openings`` the ``feed.open`` of each
    feed that wrote any of these. Each list ascends by entry id.
    """

    moves: Annotated[tuple[OpenedEntry, ...], Meta(min_length=1, max_length=RECEIPT_MOVES_MAX)]
    listing: BareEntry
    names: Annotated[tuple[ClearEntry, ...], Meta(max_length=PARTIES)]
    openings: Annotated[tuple[ClearEntry, ...], Meta(min_length=1, max_length=RECEIPT_OPENINGS_MAX)]


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(Receipt)


def make_receipt(
    moves: Iterable[OpenedEntry],
    listing: BareEntry,
    names: Iterable[ClearEntry],
    openings: Iterable[ClearEntry],
) -> Receipt:
    """A receipt of these entries, in the order that its encoding asks for."""
    return Receipt(
        moves=tuple(sorted(moves, key=_identifier)),
        listing=listing,
        names=tuple(sorted(names, key=_identifier)),
        openings=tuple(sorted(openings, key=_identifier)),
    )


def encode_receipt(receipt: Receipt) -> bytes:
    """The bytes of the file. Raises ReceiptRefused where they would not be read back."""
    data = RECEIPT_LABEL + _encoder.encode(receipt)
    decode_receipt(data)
    return data


def decode_receipt(data: bytes) -> Receipt:
    """What the file holds, in its one encoding; nothing in it is verified yet.

    Raises ReceiptRefused with the reason.
    """
    if len(data) > RECEIPT_BYTES_MAX:
        raise ReceiptRefused(
            f"a receipt has at most {RECEIPT_BYTES_MAX} bytes, this file has {len(data)}"
        )
    if not data.startswith(RECEIPT_LABEL):
        raise ReceiptRefused("this file is no receipt of p2pshare, or one of a later version")
    content = data[len(RECEIPT_LABEL) :]
    try:
        receipt = _decoder.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ReceiptRefused(f"the receipt is cut short or damaged: {error}") from error
    if _encoder.encode(receipt) != content:
        raise ReceiptRefused("the receipt is not in its one encoding: somebody changed it")
    lists: tuple[tuple[OpenedEntry | ClearEntry, ...], ...] = (
        receipt.moves,
        receipt.names,
        receipt.openings,
    )
    for entries in lists:
        if any(_identifier(one) >= _identifier(two) for one, two in pairwise(entries)):
            raise ReceiptRefused("the entries of the receipt are doubled or not in order")
    return receipt


def _identifier(entry: OpenedEntry | ClearEntry) -> bytes:
    return entry_id(entry.header)
