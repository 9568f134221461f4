"""Issue 2, section 2: any order, any cut, any doubles, bodies late: the same digest and tables.

Over random worlds of several persons with several feeds each: forks, two openings of one key,
revocations, erasures, limited certificates, clocks wrong by ten years, owed bodies.
"""

from hypothesis import given
from hypothesis import strategies as st
from unit.store.random_worlds import PERSONS, worlds
from unit.store.world_kit import Reader, deliver

from p2pshare.store.rebuild import rebuild

READERS = st.sampled_from([(), *((person,) for person in PERSONS)])
ORDERS = st.tuples(st.integers(0, 2**16), st.integers(0, 2**16))


@given(data=st.data(), world=worlds(), readers=READERS, orders=ORDERS)
def test_any_order_gives_the_same_ledger(data, world, readers, orders):
    lost = data.draw(st.lists(st.sampled_from(range(len(world.entries))), max_size=3))
    never = [world.entries[index] for index in lost]
    with Reader(*readers) as first, Reader(*readers) as second:
        deliver(world, first, orders[0], never)
        deliver(world, second, orders[1], never, strip=0.0)
        assert first.digest() == second.digest()
        assert first.folded() == second.folded()
        assert first.derived() == second.derived()
        before = first.folded(), first.derived()
        rebuild(first.database, first.keys)
        assert (first.folded(), first.derived()) == before
