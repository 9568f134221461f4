"""node.receipt_page: everything escaped, nothing fetched, the code holds the file's hash."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
import segno

from p2pshare.domain.agreement_bodies import CustodyMove
from p2pshare.log.verified_receipt import VerifiedReceipt, verify_receipt
from p2pshare.node.receipt_page import QR_LABEL, receipt_page, shown_instants

VECTOR = Path(__file__).parents[2] / "vectors" / "receipt.json"
HOSTILE = '<script>alert("1")</script>\u202e & <img src=x onerror=y>'


class Tags(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def verified():
    return verify_receipt(bytes.fromhex(msgspec.json.decode(VECTOR.read_bytes())["file"]))


def page_of(verified):
    return receipt_page(verified, {at: f"time {at}" for at in shown_instants(verified)})


def test_it_says_who_signed_what_and_when(verified):
    text = Tags(page_of(verified)).text
    for said in ("Drill", "accepted", "2025-10-11 to 2025-10-13", "Ada (lender)", "Gladly."):
        assert said in text
    for person in verified.state.parties:
        assert person.hex() in text
    for move in verified.moves:
        assert f"time {move.time_ms}" in text
    assert f"time {verified.state.due_at_ms}" in text
    assert verified.digest.hex() in text
    assert "cannot show" in text


def saying(verified, text):
    state = verified.state
    signatures = tuple(one._replace(note=text) for one in state.signatures)
    fields = {name: getattr(state, name) for name in state.__dataclass_fields__}
    fields |= {"title": text, "terms": (text,), "signatures": signatures}
    return VerifiedReceipt(
        state=type(state)(**fields),
        circle=verified.circle,
        names=dict.fromkeys(state.parties, text),
        entries=verified.entries,
        digest=verified.digest,
    )


def test_what_people_wrote_is_text_and_nothing_else(verified):
    page = page_of(saying(verified, HOSTILE))
    read = Tags(page)
    assert read.tags == Tags(page_of(saying(verified, "plain"))).tags
    assert "\u202e" not in page
    assert "\\u{202e}" in read.text
    assert read.text.count("<script>") >= 4


def test_nothing_is_run_or_fetched(verified):
    page = page_of(verified)
    read = Tags(page)
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(read.tags)
    names = {name for name, _ in read.attributes}
    assert not names & {"src", "href", "srcset", "action"}
    assert not any(name.startswith("on") for name in names)
    assert "default-src 'none'" in page
    assert not re.search(r"https?:|url\(|@import", page)


def test_the_code_holds_the_hash_of_the_file(verified):
    text = QR_LABEL + verified.digest.hex()
    drawn = segno.make(text, micro=False, error="m").svg_inline(scale=4, border=4)
    assert drawn in page_of(verified)


def test_who_signed_nothing_is_named(verified):
    state = verified.state
    fields = {name: getattr(state, name) for name in state.__dataclass_fields__}
    alone = VerifiedReceipt(
        state=type(state)(**(fields | {"signatures": state.signatures[:1]})),
        circle=verified.circle,
        names=verified.names,
        entries=1,
        digest=verified.digest,
    )
    assert "Ada signed nothing in this receipt." in Tags(page_of(alone)).text
    assert "signed nothing" not in Tags(page_of(verified)).text


def test_what_each_move_said_is_told_and_escaped(verified):
    state = verified.state
    body = CustodyMove(condition=HOSTILE, missing=(HOSTILE,), photos=(bytes(range(32)),))
    signatures = tuple(one._replace(body=body) for one in state.signatures)
    told = replace(verified, state=replace(state, signatures=signatures))
    page = page_of(told)
    text = Tags(page).text
    assert "condition: <script>alert" in text
    assert "missing: <script>alert" in text
    assert "photos: 00010203" in text
    assert "\u202e" not in page
    assert "<script>" not in page
    assert "img" not in Tags(page).tags


def test_times_are_told_where_it_is_not_by_the_day(verified):
    state = replace(verified.state, from_minute=540, until_minute=690)
    text = Tags(page_of(replace(verified, state=state))).text
    assert "2025-10-11 09:00 to 2025-10-13 11:30" in text
