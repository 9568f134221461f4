"""Issue 2, section 2: any order, any cut, any doubles, bodies late: the same digest and tables.

Over random worlds of several persons with several feeds each: forks, two openings of one key,
revocations, erasures, limited certificates, clocks wrong by ten years, owed bodies. What counts
is judged a second time here, by a naive reading of docs/protocol.md section 3.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from unit.store.random_worlds import PERSONS, worlds
from unit.store.world_kit import Person, Reader, World, Written, ancestors, deliver, person_of

from p2pshare.domain.agreement import AGREEMENTS
from p2pshare.domain.agreement_bodies import AgreementOpening, LoanRequest
from p2pshare.log.body import clear_payload
from p2pshare.log.certificate import OPEN_CIRCLE, decode_certificate, decode_revocation
from p2pshare.store.rebuild import rebuild

READERS = st.sampled_from([(), *((person,) for person in PERSONS)])
ORDER = st.integers(0, 2**16)
few = settings(max_examples=max(20, settings().max_examples // 5))
LOST = st.lists(st.integers(0, 40), max_size=3)


def some_of(world: World, places: list[int]) -> list[Written]:
    return [world.entries[place] for place in places if place < len(world.entries)]


# --- any order ------------------------------------------------------------------------------------


@given(world=worlds(), readers=READERS, first_order=ORDER, second_order=ORDER, lost=LOST)
def test_any_order_gives_the_same_ledger(world, readers, first_order, second_order, lost):
    never = some_of(world, lost)
    with Reader(*readers) as first, Reader(*readers) as second:
        deliver(world, first, first_order, never)
        deliver(world, second, second_order, never, strip=0.0)
        assert first.digest() == second.digest()
        assert first.folded() == second.folded()
        assert first.derived() == second.derived()
        before = first.folded(), first.derived()
        rebuild(first.database, first.keys)
        assert (first.folded(), first.derived()) == before


@given(world=worlds(), order=ORDER)
def test_a_second_round_of_everything_changes_nothing(world, order):
    with Reader(PERSONS[1]) as reader:
        deliver(world, reader, order)
        before = reader.folded(), reader.derived()
        reports = [reader.take(ancestors(entry)) for entry in world.entries]
        assert not [change for report in reports for change in report.changes]
        assert (reader.folded(), reader.derived()) == before


# --- who has a say --------------------------------------------------------------------------------


@given(world=worlds(), readers=READERS, first_order=ORDER, second_order=ORDER)
def test_people_without_a_say_change_no_row(world, readers, first_order, second_order):
    """A stranger writes about every subject there is, revokes every feed, erases every entry."""
    told = world.part(world.entries)
    stranger = person_of(99)
    feed = world.open_feed(stranger)
    subjects = {entry.subject: entry for entry in told.entries}
    for subject, last in subjects.items():
        world.put(feed, "stolen title", subject, after=[last])
        world.close(feed, subject, after=[last])
        world.profile(feed, "stolen name")
    for first in [entry for entry in told.entries if isinstance(entry.body, AgreementOpening)]:
        if isinstance(first.body, LoanRequest):
            for move in ("accept", "hand-over", "receive", "cancel"):
                world.move(feed, first, move, "stolen", after=[first])
        else:
            for move in AGREEMENTS[first.kind.partition(".")[0]].moves[1:]:
                world.go_on(feed, first, move, "stolen", after=[first])
    for victim in world.feeds[:-1]:
        world.revoke(feed, stranger, victim.opening)
    world.erase(feed, told.entries)
    with Reader(*readers) as before, Reader(*readers) as after:
        deliver(told, before, first_order)
        deliver(world, after, second_order)
        rows = after.folded()
        rows["persons"] = [row for row in rows["persons"] if row["person"] != stranger.id.hex()]
        assert rows == before.folded()


class Judge:
    """Which entries count, by the words of docs/protocol.md and a walk over every parent."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.revocations = [
            revocation
            for entry in world.entries
            if entry.kind == "person.revoke"
            and (revocation := decode_revocation(payload_of(entry), OPEN_CIRCLE)) is not None
        ]

    def is_revoked(self, entry: Written) -> bool:
        return entry.header.seq > 0 and any(
            entry not in ancestors(self.world.by_id[one.last_entry])
            for one in self.revocations
            if one.feed == entry.header.feed and one.person == entry.author.id
        )

    def is_certified(self, entry: Written, listing: bytes | None) -> bool:
        opening = ancestors(entry)[0]
        scope = decode_certificate(payload_of(opening), OPEN_CIRCLE, opening.header.feed)
        return (
            (scope.last_seq is None or entry.header.seq <= scope.last_seq)
            and (scope.expires_ms is None or entry.header.time_ms <= scope.expires_ms)
            and (not scope.kinds or entry.kind in scope.kinds)
            and (not scope.listings or listing in scope.listings)
        )

    def counts(self, identifier: str, listing: bytes | None = None) -> bool:
        entry = self.world.by_id[bytes.fromhex(identifier)]
        return self.is_certified(entry, listing) and not self.is_revoked(entry)


def payload_of(entry: Written) -> bytes:
    assert entry.signed.body is not None
    return clear_payload(entry.signed.body)


@given(world=worlds(), reader=st.sampled_from(PERSONS), order=ORDER)
def test_every_row_derives_from_what_counts_by_who_has_a_say(world, reader, order):
    judge = Judge(world)
    with Reader(reader) as node:
        deliver(world, node, order)
        for row in node.rows("listings"):
            listing = bytes.fromhex(row["listing"])
            assert judge.counts(row["updated_entry"], listing)
            assert world.by_id[bytes.fromhex(row["updated_entry"])].author.id.hex() == row["owner"]
        for row in node.rows("payments"):
            assert judge.counts(row["entry"])
        loans = {row["agreement"]: row for row in node.rows("agreements")}
        for row in node.rows("agreement_moves"):
            loan = loans[row["agreement"]]
            entry = world.by_id[bytes.fromhex(row["entry"])]
            listing = bytes.fromhex(loan["listing"])
            assert entry.author.id.hex() in (loan["owner"], loan["asker"])
            assert judge.is_certified(entry, listing)
            if judge.is_revoked(entry):
                # Only the opening may, of what the other party had agreed to; and it is named.
                assert row["move"] == AGREEMENTS[loan["kind"]].opening.move
                assert row["entry"] in loan["denied"]
                assert loan["state"] == "disputed"


# --- who may read ---------------------------------------------------------------------------------


@few
@given(world=worlds(), order=ORDER)
def test_agreements_show_to_their_parties_and_to_nobody_else(world, order):
    first = [entry for entry in world.entries if isinstance(entry.body, AgreementOpening)]
    parties = {one.subject.hex(): {who.id for who in world.parties(one)} for one in first}
    seen = {}
    for person in PERSONS:
        with Reader(person) as node, Reader(person) as second_computer:
            deliver(world, node, order)
            deliver(world, second_computer, order + 1)
            rows = node.rows("agreements")
            assert all(person.id in parties[row["agreement"]] for row in rows)
            assert node.folded() == second_computer.folded()
            for row in rows:
                seen.setdefault(row["agreement"], []).append(row)
    for agreement, rows in seen.items():
        both = [rows[0]] * len(parties[agreement])
        assert rows == both
    with Reader() as relay:
        deliver(world, relay, order)
        assert relay.rows("agreements") == relay.rows("agreement_moves") == []
        content = relay.database.connection.serialize()
        assert not [word for word in (b"ask ", b"note ", b"seen") if word in content]


# --- hours ----------------------------------------------------------------------------------------


@few
@given(world=worlds(), order=ORDER)
def test_hours_sum_to_zero_at_every_moment(world, order):
    def check(node: Reader) -> None:
        balances = [balance_of(node, person) for person in PERSONS]
        assert sum(balances) == 0

    with Reader() as node:
        deliver(world, node, order, observe=check)
        for row in node.rows("payments"):
            payment = world.by_id[bytes.fromhex(row["entry"])]
            assert payment.author.id.hex() == row["payer"] != row["payee"]
            assert row["minutes"] > 0


def balance_of(node: Reader, person: Person) -> int:
    return node.queries.accounts.balance(person.id.hex(), OPEN_CIRCLE.hex()).minutes
