"""JSON lines: the signed log, one entry a line, in the order in which it was received.

Each line has the exact bytes, so that anybody can check it without p2pshare (docs/protocol.md
sections 2 and 3), and beside them what they say where this computer can read it.
"""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

import msgspec

from p2pshare.domain.bodies import decode_payload, decode_sealed_payload
from p2pshare.domain.instants import iso
from p2pshare.log.body import clear_payload, open_body
from p2pshare.log.entry import SUBJECT_BYTES, Header, decode_header
from p2pshare.node.exports.request import PROGRESS_STEP, ExportRequest, Progress, Written

if TYPE_CHECKING:
    from p2pshare.node.ledger import Ledger


def write_entries(
    ledger: "Ledger", stream: TextIO, progress: Progress, request: ExportRequest
) -> Written:
    """Write every entry, of one circle if it is named. Raises StoreError."""
    read = _payload_reader(ledger)
    circle = request.circle
    written = 0
    with ledger.database.snapshot() as connection:
        total = connection.execute("SELECT count(*) FROM entries").fetchone()[0]
        for identifier, person, header_bytes, signature, body in connection.execute(
            "SELECT e.id, f.person, e.header, e.signature, b.body FROM entries AS e"
            " JOIN feeds AS f ON f.number = e.feed JOIN circles AS c ON c.number = f.circle"
            " LEFT JOIN bodies AS b ON b.entry = e.number"
            " WHERE ?1 IS NULL OR c.circle = ?1 ORDER BY e.number",
            (circle,),
        ):
            header = decode_header(header_bytes)
            kind, payload = read(header, body)
            document = {
                "entry": identifier.hex(),
                "circle": header.circle.hex(),
                "feed": header.feed.hex(),
                "person": person.hex(),
                "seq": header.seq,
                "previous": header.previous.hex(),
                "time": iso(header.time_ms),
                "subject": (header.subject or identifier[:SUBJECT_BYTES]).hex(),
                "kind": kind,
                "sealed": header.sealed,
                "payload": payload,
                "header": header_bytes.hex(),
                "signature": signature.hex(),
                "body": None if body is None else body.hex(),
            }
            stream.write(json.dumps(document, ensure_ascii=True) + "\n")
            written += 1
            if written % PROGRESS_STEP == 0:
                progress(written, total)
    return Written(written, "entries")


def _payload_reader(ledger: "Ledger") -> Callable[[Header, bytes | None], tuple[str, Any]]:
    """Gives the true kind of an entry and its payload as plain values, None if unreadable."""
    keys = ledger.reading_keys()

    def read(header: Header, body: bytes | None) -> tuple[str, Any]:
        if body is None:
            return header.kind, None
        if not header.sealed:
            decoded = decode_payload(header.kind, clear_payload(body))
            kind = header.kind
        else:
            payload = open_body(
                body, keys, circle=header.circle, feed=header.feed, previous=header.previous
            )
            opened = None if payload is None else decode_sealed_payload(payload)
            if opened is None:
                return header.kind, None
            kind, decoded = opened
        return kind, None if decoded is None else _plain(
            msgspec.to_builtins(decoded, builtin_types=(bytes,))
        )

    return read


def _plain(value: Any) -> Any:
    """``value`` with bytes as hex, as everywhere in what this program prints."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
