"""domain.bodies: what is written is read back; what is not exactly that is absent."""

import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare import limits
from p2pshare.domain import bodies, history
from p2pshare.domain.agreement_bodies import (
    CustodyMove,
    GiftMove,
    GiftRequest,
    GiveBack,
    HoldAdd,
    HoldMove,
    HoldOffer,
    LoanAccept,
    LoanGrant,
    LoanMove,
    LoanRefuse,
    LoanRenew,
    LoanReport,
    LoanRequest,
    RepairMove,
    RepairOpen,
    SessionDone,
    SessionMove,
    SessionRequest,
)
from p2pshare.domain.bodies import (
    KINDS,
    BusyPeriod,
    EntryErase,
    FeedOpen,
    HoursConfirm,
    HoursPay,
    HoursSplit,
    InductionGrant,
    KindSpec,
    ListingBusy,
    ListingClose,
    ListingPut,
    LoanPolicy,
    PersonProfile,
    PersonRevoke,
    Share,
    decode_payload,
    decode_sealed_payload,
    encode_payload,
    encode_sealed_payload,
    register_kind,
    unregister_kind,
)
from p2pshare.domain.vocabulary import ExchangeType, ItemType
from p2pshare.errors import DomainError

KEY = b"k" * 32
CLEAR = {
    "feed.open": FeedOpen(
        person=KEY,
        reading_key=KEY,
        kinds=("hours.pay", "listing.put"),
        listings=(b"a" * 16, b"b" * 16),
        expires_ms=limits.INTEGER_MAX,
        last_seq=0,
        signature=b"s" * 64,
    ),
    "person.profile": PersonProfile(name="Ada"),
    "person.revoke": PersonRevoke(
        person=KEY, feed=KEY, last_seq=3, last_entry=b"e" * 32, signature=b"s" * 64
    ),
    "listing.put": ListingPut(
        exchange_type=ExchangeType.OFFER,
        item_type=ItemType.GOOD,
        transaction_types=("borrow-lend", "a-later-word"),
        title="Drill",
        description="Ünïcode 🛠",
        category="tools",
        tags=("diy",),
        quantity=2,
        expires="2026-12-31",
        photos=(b"p" * 32,),
        terms=("clean",),
        parts=("battery", "case"),
        policy=LoanPolicy(
            longest_days=14,
            renewals=0,
            automatic=True,
            notice="Eyes!",
            deposit="20 euro",
            buffer_minutes=30,
            by_hour=True,
            hold_hours=24,
        ),
        induction=True,
        witnesses=(KEY,),
    ),
    "listing.close": ListingClose(),
    "listing.busy": ListingBusy(
        periods=(
            BusyPeriod("2026-11-23", None, 1, True, b"promise1"),
            BusyPeriod("2026-11-23", "2026-11-24", 2, False, b"promise2", 540, 1440),
        ),
        queue=(b"token--1", b"token--2"),
    ),
    "entry.erase": EntryErase(entries=(b"e" * 32,)),
    "hours.pay": HoursPay(
        payer=KEY, payee=b"l" * 32, minutes=90, gift=True, corrects=b"p" * 16, desk=True
    ),
    "hours.split": HoursSplit(
        payer=KEY, shares=(Share(b"l" * 32, 60), Share(b"m" * 32, 30)), gift=True, desk=True
    ),
    "hours.confirm": HoursConfirm(desk=True),
    "induction.grant": InductionGrant(listing=b"l" * 16, person=KEY, desk=True),
}
ABOUT = {
    "listing": b"l" * 16,
    "listing_header": b"h" * 200,
    "title": "Drill",
    "terms": ("clean",),
    "quantity": 1,
    "from_day": "2026-11-23",
    "until_day": "2026-11-28",
    "from_minute": 540,
    "until_minute": 1080,
    "note": "Saturday?",
    "desk": True,
}
CHANGED_HANDS = {
    "condition": "worn",
    "checked": ("cable",),
    "missing": ("case",),
    "photos": (KEY,),
}
SEALED = {
    "loan.request": LoanRequest(**ABOUT),
    "loan.accept": LoanAccept(due_at_ms=1_700_000_000_000, note="sure", terms=("clean",)),
    "loan.decline": LoanMove(note="sorry", desk=True),
    "loan.hand-over": CustodyMove(**CHANGED_HANDS),
    "loan.give-back": GiveBack(instead="bought", **CHANGED_HANDS),
    "loan.renew": LoanRenew(until_day="2026-12-05", until_minute=600),
    "loan.grant": LoanGrant(due_at_ms=5, until_day="2026-12-05", until_minute=600),
    "loan.refuse": LoanRefuse(note="I need it"),
    "loan.report": LoanReport(what="missing-part", part="case", photos=(KEY,)),
    "gift.request": GiftRequest(**ABOUT),
    "gift.accept": GiftMove(),
    "gift.receive": CustodyMove(**CHANGED_HANDS),
    "session.request": SessionRequest(**ABOUT, minutes=90),
    "session.accept": SessionMove(),
    "session.done": SessionDone(minutes=80),
    "hold.add": HoldAdd(**ABOUT, token=b"token--1"),
    "hold.offer": HoldOffer(offered_until_ms=5),
    "hold.drop": HoldMove(),
    "repair.open": RepairOpen(**ABOUT, want=b"w" * 16),
    "repair.resolve": RepairMove(),
}


@pytest.mark.parametrize("kind", CLEAR)
def test_clear_payloads_come_back(kind):
    assert decode_payload(kind, encode_payload(CLEAR[kind])) == CLEAR[kind]


@pytest.mark.parametrize("kind", SEALED)
def test_sealed_payloads_come_back_with_their_kind(kind):
    payload = encode_sealed_payload(kind, SEALED[kind])
    assert decode_sealed_payload(payload) == (kind, SEALED[kind])
    assert msgspec.msgpack.decode(payload)[0] == kind


def test_every_kind_of_the_protocol_is_there():
    table = {kind: (spec.sealed, spec.erasable) for kind, spec in KINDS.items()}
    moves = {
        "loan": (
            *("request", "accept", "decline", "cancel", "hand-over", "receive", "renew"),
            *("grant", "refuse", "report", "give-back", "take-back", "lost", "dispute", "settle"),
        ),
        "gift": ("request", "accept", "decline", "cancel", "hand-over", "receive"),
        "session": ("request", "accept", "decline", "cancel", "done", "dispute", "settle"),
        "hold": ("add", "offer", "take", "drop", "remove", "lapse"),
    }
    repairs = ("open", "assess", "await-parts", "repair", "resolve", "retire")
    assert table == {
        "feed.open": (False, "never"),
        "person.profile": (False, "own"),
        "person.revoke": (False, "never"),
        "listing.put": (False, "own"),
        "listing.close": (False, "own"),
        "listing.busy": (False, "own"),
        "entry.erase": (False, "never"),
        "hours.pay": (False, "never"),
        "hours.split": (False, "never"),
        "hours.confirm": (False, "never"),
        "induction.grant": (False, "own"),
        **{
            f"{kind}.{move}": (True, "both")
            for kind, its_moves in moves.items()
            for move in its_moves
        },
        **{f"repair.{move}": (True, "own") for move in repairs},
        **dict.fromkeys(
            (history.LOANS_KIND, history.MEMBERS_KIND, history.HOURS_KIND), (True, "own")
        ),
    }


def test_what_is_empty_is_left_out_and_read_all_the_same():
    least = ListingPut(exchange_type=ExchangeType.OFFER, item_type=ItemType.GOOD, quantity=1)
    written = msgspec.msgpack.decode(encode_payload(least))
    assert written == {"exchange_type": "offer", "item_type": "good", "quantity": 1}
    spelt_out = {
        **{"transaction_types": [], "title": "", "description": "", "category": "", "tags": []},
        **{"expires": None, "photos": [], "terms": [], "parts": [], "policy": {}},
        **{"induction": False, "witnesses": []},
        **written,
    }
    assert decode_payload("listing.put", msgspec.msgpack.encode(spelt_out)) == least


def test_a_seal_makes_no_clear_kind_and_no_seal_no_sealed_one():
    for kind, body in CLEAR.items():
        assert decode_sealed_payload(encode_sealed_payload(kind, body)) is None
    for kind, body in SEALED.items():
        assert decode_payload(kind, encode_payload(body)) is None


def test_unknown_kinds_are_absent():
    assert decode_payload("weather.report", encode_payload(ListingClose())) is None
    assert decode_sealed_payload(encode_sealed_payload("weather.ask", ListingClose())) is None


def test_fields_of_later_versions_are_ignored():
    payload = msgspec.msgpack.encode({"name": "Ada", "colour": [{"a": 1}]})
    assert decode_payload("person.profile", payload) == PersonProfile(name="Ada")


def test_absent_texts_are_empty_and_absent_numbers_and_words_are_not_guessed():
    least = {"exchange_type": "offer", "item_type": "good", "quantity": 1}
    put = decode_payload("listing.put", msgspec.msgpack.encode(least))
    assert put == ListingPut(exchange_type=ExchangeType.OFFER, item_type=ItemType.GOOD, quantity=1)
    for field in least:
        lacking = {name: value for name, value in least.items() if name != field}
        assert decode_payload("listing.put", msgspec.msgpack.encode(lacking)) is None


def changed(kind, field, value):
    """The payload of the example of ``kind`` with one field replaced by any value."""
    body = CLEAR.get(kind) or SEALED[kind]
    fields = {**msgspec.to_builtins(body, builtin_types=(bytes,)), field: value}
    if kind in CLEAR:
        return decode_payload(kind, msgspec.msgpack.encode(fields))
    return decode_sealed_payload(msgspec.msgpack.encode([kind, fields]))


BOTH_SIDES_OF_LIMITS = [
    ("person.profile", "name", "é" * limits.PERSON_NAME_CHARACTERS_MAX, "é"),
    ("listing.put", "title", "🛠" * limits.TITLE_CHARACTERS_MAX, "🛠"),
    ("listing.put", "description", "d" * limits.DESCRIPTION_CHARACTERS_MAX, "d"),
    ("listing.put", "category", "c" * limits.CATEGORY_CHARACTERS_MAX, "c"),
    ("listing.put", "tags", ["t"] * limits.TAGS_MAX, ["t"]),
    ("listing.put", "terms", ["t"] * limits.TERMS_MAX, ["t"]),
    ("listing.put", "photos", [KEY] * limits.PHOTOS_MAX, [KEY]),
    ("listing.put", "transaction_types", ["t"] * limits.TRANSACTION_TYPES_MAX, ["t"]),
    ("listing.put", "quantity", limits.QUANTITY_MAX, 1),
    (
        "listing.busy",
        "periods",
        [["2026-11-23", None, 1, True, b"promise1"]] * limits.BUSY_PERIODS_MAX,
        [["2026-11-23", None, 1, True, b"promise1"]],
    ),
    ("listing.busy", "queue", [b"token--1"] * limits.HOLDS_MAX, [b"token--1"]),
    ("listing.put", "parts", ["p"] * limits.PARTS_MAX, ["p"]),
    ("listing.put", "witnesses", [KEY] * limits.WITNESSES_MAX, [KEY]),
    ("hours.split", "shares", [[KEY, 1]] * limits.SHARES_MAX, [[KEY, 1]]),
    ("session.request", "from_minute", limits.DAY_MINUTES, 1),
    ("session.request", "minutes", limits.MINUTES_PER_PAYMENT_MAX, 1),
    ("loan.give-back", "missing", ["p"] * limits.PARTS_MAX, ["p"]),
    ("loan.report", "photos", [KEY] * limits.PHOTOS_MAX, [KEY]),
    ("hold.add", "token", b"token--1", b"x"),
    ("entry.erase", "entries", [KEY] * limits.ERASED_ENTRIES_PER_BODY_MAX, [KEY]),
    ("hours.pay", "minutes", limits.INTEGER_MAX, 1),
    ("hours.pay", "payee", KEY, b"x"),
    ("feed.open", "kinds", [f"k{n:02}" for n in range(limits.SCOPE_ITEMS_MAX)], ["z"]),
    ("loan.request", "listing_header", b"h" * limits.HEADER_BYTES_MAX, b"h"),
    ("loan.request", "note", "n" * limits.NOTE_CHARACTERS_MAX, "n"),
    ("loan.accept", "due_at_ms", limits.INTEGER_MAX, 1),
]


@pytest.mark.parametrize(
    ("kind", "field", "most", "one_more"),
    BOTH_SIDES_OF_LIMITS,
    ids=[f"{kind} {field}" for kind, field, _, _ in BOTH_SIDES_OF_LIMITS],
)
def test_each_limit_has_two_sides(kind, field, most, one_more):
    assert changed(kind, field, most) is not None
    assert changed(kind, field, most + one_more) is None


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("listing.put", "exchange_type", "swap"),
        ("listing.put", "item_type", "idea"),
        ("listing.put", "tags", ["t" * (limits.TAG_CHARACTERS_MAX + 1)]),
        ("listing.put", "quantity", 0),
        ("listing.put", "quantity", True),
        ("listing.put", "quantity", 1.0),
        ("listing.put", "expires", "2026-02-29"),
        ("listing.put", "expires", "2026-11-23\n"),
        ("listing.put", "title", b"Drill"),
        ("listing.put", "title", None),
        ("listing.put", "photos", [b"short"]),
        ("listing.busy", "periods", [["2026-11-23", None, 0, True, b"promise1"]]),
        ("listing.busy", "periods", [["2026-11-23", None, 1, True]]),
        ("listing.busy", "periods", [["2026-11-23", None, 1, True, b"promise"]]),
        ("listing.busy", "periods", [["2026-11-23", None, 1, True, b"promise12"]]),
        ("listing.busy", "periods", [["2026-11-23", None, 1, b"promise1"]]),
        ("listing.busy", "periods", [["2026-11-31", None, 1, True, b"promise1"]]),
        ("listing.busy", "periods", [["2026-11-23", "never", 1, True, b"promise1"]]),
        ("listing.busy", "periods", [["2026-11-23", None, 1, True, b"promise1", 1441, 1440]]),
        ("listing.busy", "periods", [["2026-11-23", None, 1, True, b"promise1", 0, -1]]),
        ("listing.busy", "queue", [b"token"]),
        ("listing.put", "policy", {"longest_days": 0}),
        ("listing.put", "policy", {"longest_days": limits.LOAN_DAYS_MAX + 1}),
        ("listing.put", "policy", {"renewals": limits.RENEWALS_MAX + 1}),
        ("listing.put", "policy", {"buffer_minutes": limits.BUFFER_MINUTES_MAX + 1}),
        ("listing.put", "policy", {"hold_hours": 0}),
        ("listing.put", "policy", {"hold_hours": limits.HOLD_HOURS_MAX + 1}),
        ("listing.put", "policy", None),
        ("hours.pay", "minutes", -1),
        ("hours.pay", "corrects", b"p" * 17),
        ("loan.renew", "until_day", "2026-11-31"),
        ("loan.grant", "until_minute", 1441),
        ("hold.offer", "offered_until_ms", -1),
        ("session.done", "minutes", limits.MINUTES_PER_PAYMENT_MAX + 1),
        ("repair.open", "want", b"w"),
        ("feed.open", "kinds", ["b", "a"]),
        ("feed.open", "listings", [b"a" * 16, b"a" * 16]),
        ("feed.open", "signature", b"s" * 63),
        ("person.revoke", "last_seq", limits.INTEGER_MAX + 1),
        ("loan.request", "listing", b"l" * 17),
        ("loan.request", "listing_header", b""),
        ("loan.request", "from_day", "1969-12-31"),
        ("loan.request", "until_day", None),
        ("loan.request", "quantity", 0),
    ],
)
def test_other_types_and_values_are_absent(kind, field, value):
    assert changed(kind, field, value) is None


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x80\x80",
        b"\x90",
        b"\xc0",
        b"\xdf\xff\xff\xff\xff",
        b"\x81\xa4name\xa2\xff\xff",
        b"\x81\xa4name\xa3\xed\xa0\x80",
        b"\x81\x01\x02",
        b"\x81\xa1z" + b"\x91" * 16_000,
    ],
)
def test_broken_bytes_are_absent(payload):
    assert decode_payload("person.profile", payload) is None
    assert decode_sealed_payload(payload) is None


@pytest.mark.parametrize("more", [0, 1])
def test_nesting_is_absent_beyond_the_limit_and_only_there(more):
    inner = b"\x91" * (limits.PAYLOAD_NESTING_MAX - 1 + more) + b"\xc0"
    decoded = decode_payload("person.profile", b"\x81\xa1z" + inner)
    assert (decoded is None) == bool(more)


def test_nesting_is_judged_alike_however_deep_the_caller_stands():
    payload = b"\x81\xa1z" + b"\x91" * (limits.PAYLOAD_NESTING_MAX - 1) + b"\xc0"

    def from_deep(frames):
        return from_deep(frames - 1) if frames else decode_payload("person.profile", payload)

    frame, used = sys._getframe(), 0
    while frame is not None:
        frame, used = frame.f_back, used + 1
    assert from_deep(sys.getrecursionlimit() - used - 60) == PersonProfile(name="")


@given(st.binary(max_size=300), st.sampled_from([*CLEAR, *SEALED, "other"]))
def test_no_bytes_make_decoding_raise(payload, kind):
    decode_payload(kind, payload)
    decode_sealed_payload(payload)


@given(st.data())
def test_no_change_of_good_bytes_makes_decoding_raise(data):
    kind = data.draw(st.sampled_from([*CLEAR, *SEALED]))
    good = (
        encode_payload(CLEAR[kind]) if kind in CLEAR else encode_sealed_payload(kind, SEALED[kind])
    )
    bad = bytearray(good)
    for place in data.draw(st.lists(st.integers(0, len(bad) - 1), min_size=1, max_size=4)):
        bad[place] = data.draw(st.integers(0, 255))
    cut = bytes(bad[: data.draw(st.integers(0, len(bad)))])
    for payload in (bytes(bad), cut):
        clear, sealed = decode_payload(kind, payload), decode_sealed_payload(payload)
        if clear is not None:
            assert decode_payload(kind, encode_payload(clear)) == clear
        if sealed is not None:
            assert decode_sealed_payload(encode_sealed_payload(*sealed)) == sealed


def test_nothing_is_written_that_others_would_not_read():
    too_long = PersonProfile(name="x" * (limits.PERSON_NAME_CHARACTERS_MAX + 1))
    with pytest.raises(DomainError, match="cannot be written"):
        encode_payload(too_long)
    with pytest.raises(DomainError, match="cannot be written"):
        encode_sealed_payload("loan.hand-over", LoanMove(note="n" * 1001))
    with pytest.raises(DomainError, match="cannot be written"):
        encode_payload(PersonProfile(name="\ud800"))
    with pytest.raises(DomainError, match="cannot be written"):
        encode_payload(HoursPay(payer=KEY, payee=KEY, minutes=2**64))


def test_a_kind_is_registered_once_and_can_go():
    spec = KindSpec("toy.kind", ListingClose, sealed=False, erasable="own")
    register_kind(spec)
    try:
        register_kind(spec)
        assert decode_payload("toy.kind", b"\x80") == ListingClose()
        with pytest.raises(ValueError, match="registered already"):
            register_kind(KindSpec("toy.kind", ListingClose, sealed=True, erasable="own"))
        assert not bodies.KINDS["toy.kind"].sealed
    finally:
        unregister_kind("toy.kind")
    assert decode_payload("toy.kind", b"\x80") is None
