"""A receipt as one HTML page, to print or to keep: words, a QR code, nothing from elsewhere.

Everything that people wrote is escaped, control characters are shown, and the page's own policy
forbids scripts and anything fetched. The QR code holds the SHA-256 of the receipt file: a receipt
has some 6 KB, and no QR code holds more than 2,953 bytes. The page proves nothing by itself, and
says so. This module must not read a ledger.
"""

from html import escape
from typing import Final

import segno

from p2pshare.domain.terms import FALLBACK_LANGUAGE, line_of
from p2pshare.domain.text import shown
from p2pshare.log.verified_receipt import VerifiedReceipt

QR_LABEL: Final = "p2pshare receipt sha256 "

_STYLE: Final = """
body { font: 11pt/1.4 sans-serif; color: #111; background: #fff; max-width: 44em;
  margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.4em; } h2 { font-size: 1.1em; margin-top: 1.5em; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3em .6em .3em 0;
  border-bottom: 1px solid #bbb; overflow-wrap: anywhere; }
code { font-size: .85em; overflow-wrap: anywhere; }
.note { white-space: pre-wrap; font-style: italic; }
.code { display: flex; gap: 1.5em; align-items: center; break-inside: avoid; }
.code svg { flex: none; } tr { break-inside: avoid; }
@media print { body { margin: 0; max-width: none; } }
"""


def receipt_page(verified: VerifiedReceipt, times: dict[int, str]) -> str:
    """The page; ``times`` has the text of each instant (milliseconds) that it shows."""
    state = verified.state
    title = _text(state.title or "without a title")
    parties = "".join(
        f"<tr><th>{_text(role)}</th><td>{_name(verified, person)}</td>"
        f"<td><code>{person.hex()}</code></td></tr>"
        for role, person in zip(state.roles, state.parties, strict=True)
    )
    moves = "".join(
        f"<tr><td>{_text(move.label)}</td><td>{_name(verified, move.person)}"
        f" ({_text(move.role_and_place)})</td><td>{_text(times[move.time_ms])}</td>"
        f'<td><div class="note">{_text(move.note, newlines=True)}</div>'
        f"{''.join(f'<div>{_text(line)}</div>' for line in move.said)}</td></tr>"
        for move in verified.moves
    )
    facts = [
        ("State", state.state.replace("_", " ")),
        ("How many", str(state.quantity)),
        ("When", verified.period),
    ]
    if state.due_at_ms is not None:
        facts.append(("Back by", times[state.due_at_ms]))
    facts.extend(("Terms", line_of(one, FALLBACK_LANGUAGE)) for one in state.terms)
    about = "".join(
        f"<tr><th>{_text(name)}</th><td>{_text(said)}</td></tr>" for name, said in facts
    )
    silent = "".join(
        f"<p><strong>{_name(verified, person)} signed nothing in this receipt.</strong></p>"
        for person in verified.silent
    )
    limits = "".join(f"<li>{_text(line)}</li>" for line in verified.cannot_show)
    digest = verified.digest.hex()
    code = segno.make(QR_LABEL + digest, micro=False, error="m").svg_inline(scale=4, border=4)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy"'
        " content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width">'
        f"<title>Receipt: {title}</title><style>{_STYLE}</style></head><body>"
        f"<h1>Receipt of a {_text(state.kind)}: {title}</h1>"
        f"<table>{about}</table>"
        f"<h2>Between</h2><table>{parties}</table>{silent}"
        "<h2>What was signed</h2>"
        f"<table><tr><th>What</th><th>By</th><th>When</th><th>Words</th></tr>{moves}</table>"
        "<h2>How to check it</h2>"
        f'<div class="code">{code}<div><p>This page is to be read. What proves it is the receipt'
        " file, on any computer with p2pshare:</p><p><code>p2pshare-cli verify FILE</code></p>"
        "<p>The code holds the SHA-256 of that file, so that page and file can be matched:</p>"
        f"<p><code>{digest}</code></p></div></div>"
        f"<h2>What a receipt cannot show</h2><ul>{limits}</ul>"
        "</body></html>\n"
    )


def shown_instants(verified: VerifiedReceipt) -> set[int]:
    """The instants, in milliseconds, that the page needs the text of."""
    due = verified.state.due_at_ms
    return {move.time_ms for move in verified.moves} | (set() if due is None else {due})


def _text(text: str, *, newlines: bool = False) -> str:
    return escape(shown(text, newlines=newlines))


def _name(verified: VerifiedReceipt, person: bytes) -> str:
    return _text(verified.names.get(person, "")) or f"<code>{person.hex()[:8]}</code>"
