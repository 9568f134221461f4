"""Who may wait for a welcome, on both sides of each limit."""

from hypothesis import given
from hypothesis import strategies as st

from p2pshare.net.gate import Gate


def test_the_fifth_of_an_address_pushes_out_its_oldest() -> None:
    gate = Gate(32, 4)
    for number in range(4):
        assert gate.enter(number, "a") == []
    assert gate.enter("other", "b") == []
    assert gate.enter(4, "a") == [0]
    assert gate.enter(5, "a") == [1]
    assert len(gate) == 5


def test_the_thirty_third_pushes_out_the_oldest_of_all() -> None:
    gate = Gate(32, 4)
    for number in range(32):
        assert gate.enter(number, str(number)) == []
    assert gate.enter(32, "new") == [0]
    assert len(gate) == 32


def test_who_left_makes_room() -> None:
    gate = Gate(2, 2)
    gate.enter("a", "x")
    gate.enter("b", "y")
    gate.leave("a")
    gate.leave("unknown")
    assert gate.enter("c", "z") == []
    assert gate.waiting() == ["b", "c"]


@given(st.lists(st.integers(0, 9), max_size=200), st.integers(1, 9), st.integers(1, 4))
def test_never_more_than_allowed_and_the_newcomer_is_always_in(
    addresses, most, per_address
) -> None:
    gate = Gate(most, per_address)
    inside = {}
    for number, address in enumerate(addresses):
        for one in gate.enter(number, str(address)):
            del inside[one]
        inside[number] = address
        assert gate.waiting() == list(inside)
        assert len(inside) <= most
        assert list(inside.values()).count(address) <= per_address
