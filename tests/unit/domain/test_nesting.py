"""domain.nesting: depth is judged from the bytes alone."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.nesting import nested_too_deep
from p2pshare.limits import BODY_BYTES_MAX, PAYLOAD_NESTING_MAX

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text()
    | st.binary(max_size=300),
    lambda inner: (
        st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=3), inner, max_size=20)
    ),
    max_leaves=60,
)


def depth(value):
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


@given(VALUES)
def test_it_finds_the_real_depth(value):
    data = msgspec.msgpack.encode(value)
    deepest = depth(value)
    assert not nested_too_deep(data, deepest)
    assert deepest == 0 or nested_too_deep(data, deepest - 1)


@pytest.mark.parametrize(
    "opener", [b"\x91", b"\x81\x00", b"\xdc\x00\x01", b"\xdf\x00\x00\x00\x01\x00"]
)
def test_both_sides_of_the_limit(opener):
    assert not nested_too_deep(opener * PAYLOAD_NESTING_MAX + b"\x00")
    assert nested_too_deep(opener * (PAYLOAD_NESTING_MAX + 1) + b"\x00")


def test_a_value_of_every_family_is_stepped_over():
    extensions = [msgspec.msgpack.Ext(1, bytes(size)) for size in (1, 2, 4, 8, 16, 3, 300, 70_000)]
    strings = ["\x91" * size for size in (0, 40, 300, 70_000)]
    binaries = [b"\x91" * size for size in (0, 40, 300, 70_000)]
    data = msgspec.msgpack.encode([*extensions, *strings, *binaries, list(range(70_000))])
    assert not nested_too_deep(data, 2)
    assert nested_too_deep(data, 1)


@given(st.binary(max_size=400))
def test_it_never_raises(data):
    nested_too_deep(data, 3)


def test_the_largest_hostile_body_is_judged_without_recursion():
    assert nested_too_deep(b"\x91" * BODY_BYTES_MAX)
    assert nested_too_deep(b"\xdd\xff\xff\xff\xff" * 3000)
