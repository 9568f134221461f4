"""log.nesting: depth is judged alike at any stack depth, and against a naive count."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.limits import PAYLOAD_NESTING_MAX
from p2pshare.log.nesting import nested_too_deep


@pytest.mark.parametrize("opener", [b"\x91", b"\xdc\x00\x01", b"\xdd\x00\x00\x00\x01"])
def test_arrays_on_both_sides_of_the_limit(opener: bytes) -> None:
    assert not nested_too_deep(opener * PAYLOAD_NESTING_MAX + b"\xc0")
    assert nested_too_deep(opener * (PAYLOAD_NESTING_MAX + 1) + b"\xc0")


@pytest.mark.parametrize("opener", [b"\x81", b"\xde\x00\x01", b"\xdf\x00\x00\x00\x01"])
def test_maps_on_both_sides_of_the_limit(opener: bytes) -> None:
    assert not nested_too_deep((opener + b"\xa1a") * PAYLOAD_NESTING_MAX + b"\xc0")
    assert nested_too_deep((opener + b"\xa1a") * (PAYLOAD_NESTING_MAX + 1) + b"\xc0")


def test_bytes_that_only_look_like_openers_are_no_depth() -> None:
    assert not nested_too_deep(msgspec.msgpack.encode({"note": b"\x91" * 10_000}))
    assert not nested_too_deep(msgspec.msgpack.encode({"note": "ё" * 1_000}))
    assert not nested_too_deep(msgspec.msgpack.encode([[0x9191919191919191]] * 1_000))
    assert not nested_too_deep(b"\x91" + msgspec.msgpack.encode("\u0451") * 200)


def test_a_hundred_siblings_are_no_depth() -> None:
    assert not nested_too_deep(msgspec.msgpack.encode([[[]]] * 100))


SCALARS = {
    "fixint": b"\x05",
    "negative fixint": b"\xe0",
    "nil": b"\xc0",
    **{
        f"bin{8 * size}": bytes([0xC3 + n]) + (9).to_bytes(size, "big") + b"\x91" * 9
        for n, size in ((1, 1), (2, 2), (3, 4))
    },
    **{
        f"ext{8 * size}": bytes([0xC6 + n]) + (9).to_bytes(size, "big") + b"\x91" * 10
        for n, size in ((1, 1), (2, 2), (3, 4))
    },
    **{
        f"str{8 * size}": bytes([0xD8 + n]) + (9).to_bytes(size, "big") + b"\x91" * 9
        for n, size in ((1, 1), (2, 2), (3, 4))
    },
    **{f"fixstr {size}": bytes([0xA0 + size]) + b"\x91" * size for size in range(32)},
    **{
        f"float{8 * size}": bytes([first]) + b"\x91" * size
        for first, size in ((0xCA, 4), (0xCB, 8))
    },
    **{
        f"uint{8 * size}": bytes([0xCC + n]) + b"\x91" * size for n, size in enumerate((1, 2, 4, 8))
    },
    **{f"int{8 * size}": bytes([0xD0 + n]) + b"\x91" * size for n, size in enumerate((1, 2, 4, 8))},
    **{
        f"fixext {size}": bytes([0xD4 + n]) + b"\x91" * (1 + size)
        for n, size in enumerate((1, 2, 4, 8, 16))
    },
}


@pytest.mark.parametrize("scalar", SCALARS.values(), ids=SCALARS.keys())
def test_every_form_of_a_scalar_is_stepped_over_exactly(scalar: bytes) -> None:
    """A step too short would take what is inside for arrays, one too long would miss an array."""
    assert not nested_too_deep(b"\xdc\x00\x29" + scalar * 40 + b"\xc0")
    nest = b"\x91" * (PAYLOAD_NESTING_MAX - 1)
    assert not nested_too_deep(b"\x92" + scalar + nest + b"\xc0")
    assert nested_too_deep(b"\x92" + scalar + nest + b"\x91\xc0")


def wrapped(inside: Any, depth: int) -> Any:
    for turn in range(depth):
        inside = [inside] if turn % 2 else {"key": inside}
    return inside


def naive_depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max((naive_depth(item) for item in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((naive_depth(item) for item in value), default=0)
    return 0


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=40)
    | st.binary(max_size=300)
    | st.builds(msgspec.msgpack.Ext, st.integers(0, 127), st.binary(max_size=40))
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=3), inner)
)


@given(VALUES, st.integers(25, 40), st.lists(LEAVES, max_size=3))
def test_equal_to_a_naive_count(value: Any, depth: int, before: list[Any]) -> None:
    whole = [*before, wrapped(value, depth)]
    expected = naive_depth(whole) > PAYLOAD_NESTING_MAX
    assert nested_too_deep(msgspec.msgpack.encode(whole)) == expected


@given(st.binary(max_size=200) | st.binary(max_size=30).map(lambda data: data * 50))
def test_any_bytes_give_an_answer(data: bytes) -> None:
    assert nested_too_deep(data) in (True, False)
