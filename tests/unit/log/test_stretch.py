"""log.stretch: chains, one signature at the end, certificates, tampered bytes."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.errors import (
    CertificateRefused,
    ChainBroken,
    EncodingError,
    KeyRefused,
    LogError,
    SignatureRefused,
    TooLarge,
)
from p2pshare.limits import STRETCH_ENTRIES_MAX
from p2pshare.log.author import FIRST_PLACE, Place, write_entry
from p2pshare.log.body import body_hash, clear_body
from p2pshare.log.certificate import decode_certificate, encode_certificate, issue_certificate
from p2pshare.log.entry import (
    SignedEntry,
    decode_header,
    encode_header,
    entry_id,
    sign_entry,
)
from p2pshare.log.keys import SigningKey
from p2pshare.log.stretch import ReadEntry, check_end, read_certificate, read_entry, read_stretch

SALT = b"s" * 16


def accept(stretch: Sequence[SignedEntry]) -> list[ReadEntry]:
    entries = read_stretch(stretch)
    check_end(entries)
    return entries


def rewritten(ada: Any, entry: SignedEntry, **changed: Any) -> SignedEntry:
    """The entry with other header fields, truly signed by its feed: what an author could send."""
    header = msgspec.msgpack.encode(msgspec.structs.replace(decode_header(entry.header), **changed))
    return SignedEntry(header, sign_entry(ada.feed, entry_id(header)), entry.body)


def replace(entry: SignedEntry, **changed: Any) -> SignedEntry:
    return msgspec.structs.replace(entry, **changed)


def test_a_chain_is_read_in_any_cut(ada: Any) -> None:
    chain = ada.chain(9)
    whole = accept(chain)
    assert [entry.header.seq for entry in whole] == list(range(9))
    assert [entry.identifier for entry in whole] == [entry_id(one.header) for one in chain]
    assert [entry.signed for entry in whole] == chain
    for cut in range(1, 9):
        assert accept(chain[:cut]) + accept(chain[cut:]) == whole


def test_stretch_length_on_both_sides_of_the_limit(ada: Any) -> None:
    assert STRETCH_ENTRIES_MAX == 512
    chain = ada.chain(513)
    assert len(accept(chain[:512])) == 512
    assert len(accept(chain[1:])) == 512
    with pytest.raises(TooLarge):
        read_stretch(chain)
    with pytest.raises(EncodingError):
        read_stretch([])


def test_only_the_last_signature_is_needed(ada: Any) -> None:
    """An ancestor of an authentic entry is authentic (DESIGN section 5)."""
    chain = ada.chain(4)
    unsigned = [replace(entry, signature=bytes(64)) for entry in chain[:-1]]
    assert len(accept([*unsigned, chain[-1]])) == 4
    with pytest.raises(SignatureRefused):
        accept([*chain[:-1], replace(chain[-1], signature=bytes(64))])
    with pytest.raises(SignatureRefused):
        accept([*chain[:-1], replace(chain[-1], signature=chain[-2].signature)])


@pytest.mark.parametrize("length", [0, 63, 65])
def test_every_signature_has_64_bytes(ada: Any, length: int) -> None:
    chain = ada.chain(3)
    for at in range(3):
        odd = [*chain]
        odd[at] = replace(chain[at], signature=bytes(length))
        with pytest.raises(EncodingError, match="64"):
            read_stretch(odd)


def test_entries_that_do_not_follow_are_refused(ada: Any) -> None:
    chain = ada.chain(5)
    other_branch = ada.after(chain[1], 2, b"\x81\xa1a\x01")
    for wrong in (
        [chain[1], chain[3]],
        [chain[2], chain[1]],
        [chain[1], chain[1]],
        [*chain[:2], other_branch, chain[3]],
        [chain[1], rewritten(ada, chain[2], seq=3)],
        [chain[1], rewritten(ada, chain[2], circle=b"x" * 32)],
        [chain[1], rewritten(ada, chain[2], feed=ada.person.public)],
        [chain[1], rewritten(ada, chain[2], previous=b"x" * 32)],
    ):
        with pytest.raises(ChainBroken):
            read_stretch(wrong)
    assert len(accept([*chain[:2], other_branch])) == 3


def test_feed_open_begins_a_feed_and_nothing_else_does(ada: Any) -> None:
    opening, second = ada.chain(2)
    with pytest.raises(ChainBroken):
        read_entry(rewritten(ada, opening, kind="listing.put"))
    with pytest.raises(ChainBroken):
        read_entry(rewritten(ada, second, kind="feed.open"))


def test_a_body_must_be_the_one_of_its_header_or_be_absent(ada: Any) -> None:
    chain = ada.chain(3)
    bare = [chain[0], replace(chain[1], body=None), chain[2]]
    assert accept(bare)[1].signed.body is None
    for body in (b"", chain[2].body, chain[1].body + b"\0", chain[1].body[:-1], bytes(17)):
        with pytest.raises(EncodingError, match="body"):
            read_stretch([chain[0], replace(chain[1], body=body), chain[2]])


def test_a_stretch_signed_by_another_feed_is_refused(ada: Any) -> None:
    chain = ada.chain(2)
    forged = sign_entry(ada.person, entry_id(chain[-1].header))
    with pytest.raises(SignatureRefused):
        accept([chain[0], replace(chain[1], signature=forged)])


@given(
    st.integers(0, 3),
    st.sampled_from(["header", "signature", "body"]),
    st.sampled_from(["change", "insert", "remove", "cut", "double"]),
    st.integers(0, 10_000),
    st.integers(0, 255),
)
def test_a_mutated_stretch_only_raises_log_errors(
    ada: Any,
    mutate: Callable[[bytes, str, int, int], bytes],
    entry: int,
    part: str,
    how: str,
    where: int,
    value: int,
) -> None:
    """Whatever changes a header or body is refused; a changed signature only before the end is not,
    because nothing depends on it."""
    chain = ada.chain(4)
    mutated = mutate(getattr(chain[entry], part), how, where, value)
    stretch = [*chain[:entry], replace(chain[entry], **{part: mutated}), *chain[entry + 1 :]]
    if stretch == chain or (part == "signature" and entry < 3 and len(mutated) == 64):
        assert [one.identifier for one in accept(stretch)] == [
            one.identifier for one in accept(chain)
        ]
    else:
        with pytest.raises(LogError):
            accept(stretch)


@given(st.lists(st.tuples(st.binary(max_size=80), st.binary(max_size=70), st.binary()), max_size=4))
def test_garbage_only_raises_log_errors(parts: list[tuple[bytes, bytes, bytes]]) -> None:
    with pytest.raises(LogError):
        read_stretch([SignedEntry(*part) for part in parts])


def opening_with(ada: Any, payload: bytes) -> SignedEntry:
    """``feed.open`` with any payload, truly signed by the feed key."""
    body = clear_body(SALT, payload)
    opening = rewritten(ada, ada.open(), body_hash=body_hash(body), body_size=len(body))
    return replace(opening, body=body)


def test_the_certificate_of_a_feed(ada: Any) -> None:
    opening = read_entry(ada.open())
    certificate = read_certificate(opening)
    assert certificate.person == ada.person.public
    assert certificate.reading_key == ada.reading.public
    assert opening.signed.body is not None
    assert decode_certificate(opening.signed.body[16:], ada.circle, ada.feed.public) == certificate


def test_feed_open_without_its_body_is_refused(ada: Any) -> None:
    with pytest.raises(EncodingError, match="body"):
        read_certificate(read_entry(replace(ada.open(), body=None)))


@pytest.mark.parametrize(
    "changed", [{"subject": b"x" * 16}, {"subject": b""}, {"after": (b"a" * 32,)}], ids=str
)
def test_feed_open_is_about_its_person_and_after_nothing(ada: Any, changed: dict[str, Any]) -> None:
    with pytest.raises(EncodingError, match="about its person"):
        read_certificate(read_entry(rewritten(ada, ada.open(), **changed)))


def test_a_certificate_for_another_feed_or_circle_opens_nothing(ada: Any) -> None:
    for circle, feed in ((ada.circle, ada.person.public), (b"x" * 32, ada.feed.public)):
        certificate = issue_certificate(ada.person, ada.reading.public, circle, feed)
        with pytest.raises(CertificateRefused):
            read_certificate(read_entry(opening_with(ada, encode_certificate(certificate))))


@pytest.mark.parametrize("feed", [b"\x01" + bytes(31), bytes(32), b"\xed" + b"\xff" * 31])
def test_a_feed_key_that_must_not_be_used_is_refused(ada: Any, feed: bytes) -> None:
    certificate = issue_certificate(ada.person, ada.reading.public, ada.circle, feed)
    opening = opening_with(ada, encode_certificate(certificate))
    with pytest.raises(KeyRefused):
        read_certificate(read_entry(rewritten(ada, opening, feed=feed)))


def test_a_feed_under_the_identity_would_be_signed_by_anybody(ada: Any) -> None:
    """The fixed signature passes ``check_end``; ``read_certificate`` refuses the key."""
    identity = b"\x01" + bytes(31)
    header = encode_header(msgspec.structs.replace(decode_header(ada.open().header), feed=identity))
    entries = accept([SignedEntry(header, identity + bytes(32), ada.open().body)])
    with pytest.raises(KeyRefused):
        read_certificate(entries[0])


@given(
    st.sampled_from(["change", "insert", "remove", "cut", "double"]),
    st.integers(0, 10_000),
    st.integers(0, 255),
)
def test_a_mutated_certificate_is_refused_or_says_the_same(
    ada: Any, mutate: Callable[[bytes, str, int, int], bytes], how: str, where: int, value: int
) -> None:
    opening = ada.open()
    expected = read_certificate(read_entry(opening))
    mutated = opening_with(ada, mutate(opening.body[16:], how, where, value))
    (entry,) = accept([mutated])
    try:
        certificate = read_certificate(entry)
    except LogError:
        return
    assert certificate == expected


def test_an_entry_written_for_one_place_fits_no_other(ada: Any) -> None:
    first, second, third = ada.chain(3)
    stranger = write_entry(
        SigningKey.from_bytes(b"\x09" * 32),
        ada.circle,
        Place(2, entry_id(second.header)),
        time_ms=0,
        kind="listing.put",
        payload=b"\x80",
        salt=SALT,
    )
    with pytest.raises(ChainBroken):
        read_stretch([first, second, stranger])
    assert decode_header(third.header).previous == entry_id(second.header)
    assert decode_header(first.header).previous == FIRST_PLACE.previous
