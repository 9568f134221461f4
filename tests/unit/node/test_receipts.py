"""node.receipts: a receipt from the ledger of a party, which says what the ledger says."""

from contextlib import closing

import pytest
from unit.node.computers import Computer, meet

from p2pshare.domain.commands import (
    Forget,
    MoveAgreement,
    OpenRepair,
    RequestGift,
    RequestSession,
    RevokeFeed,
)
from p2pshare.domain.vocabulary import ItemType, TransactionType
from p2pshare.errors import DomainError, NodeError, ReceiptRefused, UnknownReference
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.log.receipt import decode_receipt
from p2pshare.log.verified_receipt import verify_receipt
from p2pshare.node.receipts import receipt_of

MOVES = ("accept", "hand-over", "receive", "give-back", "take-back")


@pytest.fixture
def lent(tmp_path):
    """Ada has lent Ben her drill and has it back; Eve met them both."""
    with (
        closing(Computer(tmp_path / "a")) as a,
        closing(Computer(tmp_path / "b")) as b,
        closing(Computer(tmp_path / "e")) as e,
    ):
        a.ada, b.ben, e.eve = a.add("Ada"), b.add("Ben"), e.add("Eve")
        drill = a.offer(a.ada)
        a.offer(a.ada, title="Ladder of Ada")
        meet(a, b, e)
        a.loan_id = b.ask(b.ben, drill, note="For the shelf.")
        meet(a, b, e)
        for move in MOVES:
            by, person = (a, a.ada) if move in MOVES[:2] or move == MOVES[4] else (b, b.ben)
            by.move(person, a.loan_id, move, note=f"{move}, said {person.hex()[:4]}")
            meet(a, b, e)
        yield a, b, e


def test_both_make_the_same_receipt_and_it_says_what_the_ledger_says(lent):
    a, b, _ = lent
    made = receipt_of(a, a.loan_id, a.ada)
    assert receipt_of(b, a.loan_id, b.ben).data == made.data
    verified = verify_receipt(made.data)
    view = a.loan(a.loan_id)
    assert (verified.state.state, verified.state.title) == (view.state, view.title)
    assert [(one.move, one.person.hex(), one.note) for one in verified.moves] == [
        (one.move, one.person, one.note) for one in view.signed_by
    ]
    assert [one.name for one in verified.moves] == ["Ben", "Ada", "Ada", "Ben", "Ben", "Ada"]
    assert verified.both_signed == (("hand-over", "receive"), ("give-back", "take-back"))


def test_it_holds_nothing_of_anybody_or_anything_else(lent):
    a, b, e = lent
    made = receipt_of(a, a.loan_id, a.ada)
    receipt = decode_receipt(made.data)
    assert (len(receipt.moves), len(receipt.names), len(receipt.openings)) == (6, 2, 2)
    assert e.eve not in made.data
    assert b"Ladder" not in made.data
    for computer, person in ((a, a.ada), (b, b.ben)):
        secret = computer.keys.reading_key(person).secret_bytes()
        assert secret not in made.data


def test_only_a_party_can_make_one(lent):
    a, _, e = lent
    with pytest.raises(UnknownReference, match="only the two"):
        receipt_of(e, a.loan_id, e.eve)
    with pytest.raises(NodeError):
        receipt_of(e, a.loan_id, a.ada)
    cid = a.add("Cid")
    with pytest.raises(UnknownReference, match="only the two"):
        receipt_of(a, a.loan_id, cid)
    with pytest.raises(UnknownReference, match="no such agreement"):
        receipt_of(a, bytes(16), a.ada)


def test_a_request_alone_says_who_is_silent(lent):
    a, b, _ = lent
    drill = bytes.fromhex(a.loan(a.loan_id).listing)
    asked = b.ask(b.ben, drill, from_day="2027-05-01", until_day="2027-05-02")
    verified = receipt_of(b, asked, b.ben).verified
    assert (verified.state.state, verified.silent) == ("requested", (a.ada,))


def test_of_what_both_have_erased_there_is_none(lent):
    a, b, _ = lent
    a.perform(Forget(person=a.ada, subject=a.loan_id))
    b.perform(Forget(person=b.ben, subject=a.loan_id))
    meet(a, b)
    with pytest.raises(UnknownReference):
        receipt_of(a, a.loan_id, a.ada)


def test_a_signature_that_does_not_verify_by_itself_makes_no_receipt(lent):
    a, _, _ = lent
    a.database.connection.execute(
        "UPDATE entries SET signature = zeroblob(64) WHERE subject = ? AND seq ="
        " (SELECT max(seq) FROM entries WHERE subject = ?)",
        (a.loan_id, a.loan_id),
    )
    with pytest.raises(DomainError, match=r"no receipt can be made of this: move \d"):
        receipt_of(a, a.loan_id, a.ada)


def test_a_receipt_of_an_earlier_day_still_holds(lent):
    a, b, _ = lent
    drill = bytes.fromhex(a.loan(a.loan_id).listing)
    asked = b.ask(b.ben, drill, from_day="2027-05-01", until_day="2027-05-02")
    early = receipt_of(b, asked, b.ben).data
    meet(a, b)
    a.move(a.ada, asked, "accept")
    meet(a, b)
    assert verify_receipt(early).state.state == "requested"
    assert verify_receipt(receipt_of(b, asked, b.ben).data).state.state == "accepted"
    with pytest.raises(ReceiptRefused):
        verify_receipt(early[:-1])


def test_the_circle_is_that_of_the_loan(lent):
    a, _, _ = lent
    assert receipt_of(a, a.loan_id, a.ada).verified.circle == OPEN_CIRCLE


def test_of_what_a_revocation_took_there_is_none(lent):
    a, b, _ = lent
    listed, feed = a.database.connection.execute(
        "SELECT e.id, f.feed FROM entries AS e JOIN feeds AS f ON f.number = e.feed"
        " WHERE e.kind = 'listing.put' ORDER BY e.number LIMIT 1"
    ).fetchone()
    a.perform(RevokeFeed(person=a.ada, feed=feed, last_entry=listed))
    meet(a, b)
    assert b.loan(a.loan_id).denied
    with pytest.raises(DomainError, match="revoked key"):
        receipt_of(b, a.loan_id, b.ben)


def test_a_feed_revoked_after_all_of_it_leaves_the_receipt_as_it_was(lent):
    a, b, _ = lent
    before = receipt_of(b, a.loan_id, b.ben).data
    (feed,) = a.database.connection.execute(
        "SELECT feed FROM feeds WHERE person = ?", (a.ada,)
    ).fetchone()
    a.perform(RevokeFeed(person=a.ada, feed=feed))
    meet(a, b)
    assert receipt_of(b, a.loan_id, b.ben).data == before


# --- of gifts, sessions and repairs -----------------------------------------------------------


@pytest.fixture
def given(lent):
    """Ada has given Ben a sofa."""
    a, b, e = lent
    sofa = a.offer(a.ada, "Sofa", transaction_types=(TransactionType.RECEIVE_DONATE,))
    meet(a, b, e)
    gift = b.perform(RequestGift(person=b.ben, listing=sofa))[0].subject
    meet(a, b)
    a.move(a.ada, gift, "accept")
    said = {"condition": "worn", "missing": ("leg",), "note": "Mind the stairs"}
    a.perform(MoveAgreement(person=a.ada, agreement=gift, move="hand-over", **said))
    meet(a, b)
    return a, b, gift


@pytest.fixture
def taught(lent):
    """Ada has taught Ben the guitar."""
    a, b, e = lent
    skill = {"item_type": ItemType.SERVICE, "transaction_types": (TransactionType.HOURS,)}
    lesson = a.offer(a.ada, "Guitar", **skill)
    meet(a, b, e)
    asked = RequestSession(person=b.ben, listing=lesson, at="2026-12-24T14:30", minutes=60)
    session = b.perform(asked)[0].subject
    meet(a, b)
    a.move(a.ada, session, "accept")
    for computer, person in ((a, a.ada), (b, b.ben)):
        meet(a, b)
        done = MoveAgreement(person=person, agreement=session, move="done", minutes=75)
        computer.perform(done)
    meet(a, b)
    return a, b, session


def test_a_receipt_of_a_gift_tells_how_it_was(given):
    a, b, gift = given
    made = receipt_of(b, gift, b.ben)
    assert receipt_of(a, gift, a.ada).data == made.data
    verified = verify_receipt(made.data)
    assert (verified.kind, verified.state.state) == ("gift", "given")
    assert [(one.move, one.role, one.said) for one in verified.moves] == [
        ("request", "recipient", ()),
        ("accept", "giver", ()),
        ("hand-over", "giver", ("condition: worn", "missing: leg")),
    ]
    assert verified.both_signed == ()


def test_a_receipt_of_a_session_tells_how_long_it_took(taught):
    a, b, session = taught
    made = receipt_of(a, session, a.ada)
    assert receipt_of(b, session, b.ben).data == made.data
    verified = verify_receipt(made.data)
    assert (verified.kind, verified.state.state, verified.state.minutes) == ("session", "done", 75)
    assert verified.period == "2026-12-24 14:30 to 2026-12-24 15:30"
    assert [(one.move, one.said) for one in verified.moves] == [
        ("request", ("for 1 h",)),
        ("accept", ()),
        ("done", ("for 1 h 15 min",)),
        ("done", ("for 1 h 15 min",)),
    ]
    assert verified.both_signed == (("done", "done"),)


@pytest.mark.parametrize("which", ["given", "taught"])
def test_any_changed_byte_of_these_fails_with_the_reason(which, request):
    a, _, agreement = request.getfixturevalue(which)
    data = receipt_of(a, agreement, a.ada).data
    for at in range(0, len(data), 5):
        changed = bytearray(data)
        changed[at] ^= 1 << (at % 8)
        with pytest.raises(ReceiptRefused) as refused:
            verify_receipt(bytes(changed))
        assert str(refused.value)
        assert "\n" not in str(refused.value)


def test_there_is_none_of_a_repair(lent):
    a, _, _ = lent
    drill = bytes.fromhex(a.loan(a.loan_id).listing)
    ticket = a.perform(OpenRepair(person=a.ada, listing=drill))[0].subject
    with pytest.raises(DomainError, match="yours alone"):
        receipt_of(a, ticket, a.ada)
