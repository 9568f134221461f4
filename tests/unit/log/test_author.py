"""log.author: what is written is what log.stretch reads, clear and sealed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.errors import EncodingError, KeyRefused, TooLarge
from p2pshare.limits import AFTER_ENTRIES_MAX, BODY_BYTES_MAX
from p2pshare.log.author import FIRST_PLACE, Place, write_entry, write_feed_open
from p2pshare.log.body import clear_payload, open_body
from p2pshare.log.certificate import issue_certificate, person_subject
from p2pshare.log.entry import SignedEntry, decode_header
from p2pshare.log.keys import ReadingKey
from p2pshare.log.stretch import check_end, read_certificate, read_entry

SALT = b"s" * 16
BEN = ReadingKey.from_bytes(b"\x0b" * 32)
PLACE = Place(7, b"p" * 32)


def write(ada: Any, **changed: Any) -> SignedEntry:
    arguments = {
        "time_ms": 1_760_000_000_000,
        "kind": "listing.put",
        "payload": b"\x80",
        "salt": SALT,
        **changed,
    }
    return write_entry(ada.feed, ada.circle, arguments.pop("place", PLACE), **arguments)


@given(
    st.binary(max_size=200),
    st.integers(1, 2**53),
    st.integers(0, 2**53),
    st.sets(st.binary(min_size=32, max_size=32), max_size=AFTER_ENTRIES_MAX),
    st.just(b"") | st.binary(min_size=16, max_size=16),
)
def test_what_is_written_is_read(
    ada: Any, payload: bytes, seq: int, time_ms: int, after: set[bytes], subject: bytes
) -> None:
    place = Place(seq, b"p" * 32)
    entry = read_entry(
        write(ada, place=place, payload=payload, time_ms=time_ms, after=after, subject=subject)
    )
    check_end([entry])
    header = entry.header
    assert (header.version, header.circle, header.feed) == (1, ada.circle, ada.feed.public)
    assert (header.seq, header.previous) == (seq, b"p" * 32)
    assert (header.time_ms, header.subject, header.kind) == (time_ms, subject, "listing.put")
    assert header.after == tuple(sorted(after))
    assert not header.sealed
    assert entry.signed.body is not None
    assert clear_payload(entry.signed.body) == payload


def test_the_same_words_at_the_same_place_are_the_same_bytes(ada: Any) -> None:
    assert write(ada) == write(ada)
    assert write(ada, salt=b"t" * 16).header != write(ada).header


def test_doubles_in_after_are_dropped(ada: Any) -> None:
    entry = write(ada, after=[b"b" * 32, b"a" * 32, b"b" * 32])
    assert decode_header(entry.header).after == (b"a" * 32, b"b" * 32)


def test_after_on_both_sides_of_the_limit(ada: Any) -> None:
    ids = [bytes([number]) * 32 for number in range(AFTER_ENTRIES_MAX + 1)]
    assert len(decode_header(write(ada, after=ids[:AFTER_ENTRIES_MAX]).header).after) == 4
    with pytest.raises(TooLarge):
        write(ada, after=ids)


def test_the_body_on_both_sides_of_the_limit(ada: Any) -> None:
    largest = write(ada, payload=bytes(BODY_BYTES_MAX - 16))
    assert decode_header(largest.header).body_size == BODY_BYTES_MAX
    with pytest.raises(TooLarge):
        write(ada, payload=bytes(BODY_BYTES_MAX - 15))


def test_a_sealed_entry_hides_its_kind_and_opens_for_its_readers(ada: Any) -> None:
    entry = write(ada, kind="loan.request", readers=[ada.reading.public, BEN.public])
    header = read_entry(entry).header
    assert (header.kind, header.sealed) == ("sealed", True)
    assert b"loan.request" not in entry.header
    assert entry.body is not None
    place = {"circle": header.circle, "feed": header.feed, "previous": header.previous}
    for reader in (ada.reading, BEN):
        assert open_body(entry.body, [reader], **place) == b"\x80"
    assert open_body(entry.body, [ReadingKey.generate()], **place) is None


def test_what_is_sealed_to_its_author_alone_says_so(ada: Any) -> None:
    entry = write(ada, kind="sealed.own", readers=[ada.reading.public])
    header = read_entry(entry).header
    assert (header.kind, header.sealed) == ("sealed.own", True)
    with pytest.raises(EncodingError):
        write(ada, kind="sealed.own")


def test_an_entry_that_could_not_be_read_is_not_written(ada: Any) -> None:
    with pytest.raises(EncodingError):
        write(ada, kind="Listing")
    with pytest.raises(EncodingError):
        write(ada, kind="sealed")
    with pytest.raises(EncodingError):
        write(ada, place=Place(7, bytes(32)))
    with pytest.raises(EncodingError):
        write(ada, time_ms=2**53 + 1)
    with pytest.raises(KeyRefused):
        write(ada, readers=[bytes(32)])
    with pytest.raises(TooLarge):
        write(ada, readers=[])


def test_feed_open(ada: Any) -> None:
    certificate = issue_certificate(
        ada.person, ada.reading.public, ada.circle, ada.feed.public, last_seq=9
    )
    entry = read_entry(write_feed_open(ada.feed, ada.circle, certificate, time_ms=5, salt=SALT))
    check_end([entry])
    assert read_certificate(entry) == certificate
    assert (entry.header.seq, entry.header.previous) == (FIRST_PLACE.seq, bytes(32))
    assert entry.header.subject == person_subject(ada.person.public)
    assert entry.header.kind == "feed.open"
