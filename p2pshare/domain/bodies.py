"""What entries say: one frozen struct per payload of docs/protocol.md sections 3 and 4.

A payload is the part of a body that carries meaning: a MessagePack map for a clear entry, the array
``[true kind, map]`` for a sealed one. Salts, hashes, boxes and headers belong to ``log``.

Reading is total: ``decode_payload`` and ``decode_sealed_payload`` answer None for any bytes that
are not exactly a payload of that kind, and the fold then treats the entry as absent. Whether they
answer None depends on the bytes alone (types, limits of ``p2pshare.limits``, nesting), never on the
machine. Writing is strict: nothing leaves here that every other node would not read back.

Texts, lists and days that may be missing take their empty value when a map leaves them out;
numbers, ids and the words of ``domain.vocabulary`` have none and must be there.

Agreements say theirs in ``domain.agreement_bodies``; ``domain.agreement`` registers those kinds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from p2pshare import limits
from p2pshare.domain import days
from p2pshare.domain.nesting import nested_too_deep
from p2pshare.domain.vocabulary import ExchangeType, ItemType
from p2pshare.errors import DomainError

Key = Annotated[bytes, Meta(min_length=32, max_length=32)]
EntryId = Annotated[bytes, Meta(min_length=32, max_length=32)]
BlobHash = Annotated[bytes, Meta(min_length=32, max_length=32)]
SignatureBytes = Annotated[bytes, Meta(min_length=64, max_length=64)]
SubjectId = Annotated[bytes, Meta(min_length=16, max_length=16)]
PromiseTag = Annotated[
    bytes, Meta(min_length=limits.PROMISE_TAG_BYTES, max_length=limits.PROMISE_TAG_BYTES)
]
HeaderBytes = Annotated[bytes, Meta(min_length=1, max_length=limits.HEADER_BYTES_MAX)]
Whole = Annotated[int, Meta(ge=0, le=limits.INTEGER_MAX)]
Quantity = Annotated[int, Meta(ge=1, le=limits.QUANTITY_MAX)]
Title = Annotated[str, Meta(max_length=limits.TITLE_CHARACTERS_MAX)]
Note = Annotated[str, Meta(max_length=limits.NOTE_CHARACTERS_MAX)]
Tag = Annotated[str, Meta(max_length=limits.TAG_CHARACTERS_MAX)]
KindName = Annotated[str, Meta(min_length=1, max_length=limits.KIND_CHARACTERS_MAX)]
ScopeKind = Annotated[str, Meta(max_length=limits.KIND_CHARACTERS_MAX)]
Terms = Annotated[tuple[Tag, ...], Meta(max_length=limits.TERMS_MAX)]
Parts = Annotated[tuple[Tag, ...], Meta(max_length=limits.PARTS_MAX)]
Photos = Annotated[tuple[BlobHash, ...], Meta(max_length=limits.PHOTOS_MAX)]
Minute = Annotated[int, Meta(ge=0, le=limits.DAY_MINUTES)]
PaidMinutes = Annotated[int, Meta(ge=0, le=limits.MINUTES_PER_PAYMENT_MAX)]

Erasable = Literal["own", "both", "never"]


class Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The root of all payloads; maps on the wire, unknown fields ignored, empty ones left out."""


class FeedOpen(Body, frozen=True, kw_only=True):
    """``feed.open``: the certificate of a person key over a feed (protocol section 3)."""

    person: Key
    reading_key: Key
    kinds: Annotated[tuple[ScopeKind, ...], Meta(max_length=limits.SCOPE_ITEMS_MAX)] = ()
    listings: Annotated[tuple[SubjectId, ...], Meta(max_length=limits.SCOPE_ITEMS_MAX)] = ()
    expires_ms: Whole | None = None
    last_seq: Whole | None = None
    signature: SignatureBytes

    def __post_init__(self) -> None:
        in_order = list(self.kinds) == sorted(set(self.kinds))
        if not in_order or list(self.listings) != sorted(set(self.listings)):
            raise ValueError("a scope lists each item once, ascending")


class PersonProfile(Body, frozen=True, kw_only=True):
    """``person.profile``: what a person wants to be called."""

    name: Annotated[str, Meta(max_length=limits.PERSON_NAME_CHARACTERS_MAX)] = ""


class PersonRevoke(Body, frozen=True, kw_only=True):
    """``person.revoke``: from where on a feed no longer counts (protocol section 3)."""

    person: Key
    feed: Key
    last_seq: Whole
    last_entry: EntryId
    signature: SignatureBytes


class LoanPolicy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """On what conditions a listing is lent; a map on the wire.

    ``longest_days`` and ``renewals`` are None where there is no such bound. ``automatic``: the
    owner's computer says yes by itself. ``notice`` is shown at the hand-over, ``deposit`` is a
    plain note. ``buffer_minutes`` lie between two loans, ``by_hour`` lends for hours of a day, and
    ``hold_hours`` is how long an offered turn stands.
    """

    longest_days: Annotated[int, Meta(ge=1, le=limits.LOAN_DAYS_MAX)] | None = None
    renewals: Annotated[int, Meta(ge=0, le=limits.RENEWALS_MAX)] | None = None
    automatic: bool = False
    notice: Note = ""
    deposit: Annotated[str, Meta(max_length=limits.TITLE_CHARACTERS_MAX)] = ""
    buffer_minutes: Annotated[int, Meta(ge=0, le=limits.BUFFER_MINUTES_MAX)] = 0
    by_hour: bool = False
    hold_hours: Annotated[int, Meta(ge=1, le=limits.HOLD_HOURS_MAX)] = limits.HOLD_HOURS_DEFAULT


NO_POLICY: Final = LoanPolicy()
"""What holds for a listing that says nothing about it."""


class ListingPut(Body, frozen=True, kw_only=True):
    """``listing.put``: all fields of a listing, as its owner wants them from now on.

    ``transaction_types`` are words of ``vocabulary.TransactionType``; words of later versions are
    kept. ``quantity`` is how many alike things there are; ``expires`` the last day it stands.
    ``parts`` are what a kit consists of. ``induction``: only who was shown how may borrow it, by
    the owner or one of the ``witnesses`` (persons).
    """

    exchange_type: ExchangeType
    item_type: ItemType
    transaction_types: Annotated[
        tuple[KindName, ...], Meta(max_length=limits.TRANSACTION_TYPES_MAX)
    ] = ()
    title: Title = ""
    description: Annotated[str, Meta(max_length=limits.DESCRIPTION_CHARACTERS_MAX)] = ""
    category: Annotated[str, Meta(max_length=limits.CATEGORY_CHARACTERS_MAX)] = ""
    tags: Annotated[tuple[Tag, ...], Meta(max_length=limits.TAGS_MAX)] = ()
    quantity: Quantity
    expires: str | None = None
    photos: Photos = ()
    terms: Terms = ()
    parts: Parts = ()
    policy: LoanPolicy = NO_POLICY
    induction: bool = False
    witnesses: Annotated[tuple[Key, ...], Meta(max_length=limits.WITNESSES_MAX)] = ()

    def __post_init__(self) -> None:
        if self.expires is not None:
            check_day(self.expires)


class ListingClose(Body, frozen=True, kw_only=True):
    """``listing.close``: it is no longer offered or wanted."""


class BusyPeriod(msgspec.Struct, frozen=True, array_like=True):
    """``[from day, until day or nil, quantity, out, tag]``: days on which things are promised.

    ``out`` means that they are out of the house and count as away until they are back, however
    late it gets. ``tag`` tells promises apart without naming the agreement: the owner's computers
    give one promise the same tag, and two promises different ones. Two more elements may follow:
    the minute of the first day at which it begins and that of the last at which it ends.
    """

    from_day: str
    until_day: str | None
    quantity: Quantity
    out: bool
    tag: PromiseTag
    from_minute: Minute = 0
    until_minute: Minute = limits.DAY_MINUTES

    def __post_init__(self) -> None:
        check_day(self.from_day)
        if self.until_day is not None:
            check_day(self.until_day)


class ListingBusy(Body, frozen=True, kw_only=True):
    """``listing.busy``: when a listing is promised, and to nobody's name.

    ``queue`` has a tag for each hold, in their order: everybody sees how many wait, whoever waits
    finds their own (``hold.queue_tag``), and nobody else can tell whose they are, or take them.
    """

    periods: Annotated[tuple[BusyPeriod, ...], Meta(max_length=limits.BUSY_PERIODS_MAX)] = ()
    queue: Annotated[tuple[PromiseTag, ...], Meta(max_length=limits.HOLDS_MAX)] = ()


class EntryErase(Body, frozen=True, kw_only=True):
    """``entry.erase``: the entries whose bodies shall be forgotten."""

    entries: Annotated[
        tuple[EntryId, ...], Meta(max_length=limits.ERASED_ENTRIES_PER_BODY_MAX)
    ] = ()


class HoursPay(Body, frozen=True, kw_only=True):
    """``hours.pay``: minutes from one account to another, without words.

    ``corrects`` names an earlier payment that was wrong by these minutes; ``gift`` says that
    nothing was done for it, ``desk`` that it was signed at the desk of a library.
    """

    payer: Key
    payee: Key
    minutes: Whole
    gift: bool = False
    corrects: Annotated[bytes, Meta(max_length=16)] = b""
    desk: bool = False


class Share(msgspec.Struct, frozen=True, array_like=True):
    """``[payee, minutes]``: one person's part of a payment that is split."""

    payee: Key
    minutes: Whole


class HoursSplit(Body, frozen=True, kw_only=True):
    """``hours.split``: minutes from one account to several others, at once."""

    payer: Key
    shares: Annotated[tuple[Share, ...], Meta(max_length=limits.SHARES_MAX)]
    gift: bool = False
    desk: bool = False


class HoursConfirm(Body, frozen=True, kw_only=True):
    """``hours.confirm``: who was paid agrees with it; its subject is the payment."""

    desk: bool = False


class InductionGrant(Body, frozen=True, kw_only=True):
    """``induction.grant``: its author has shown ``person`` how to use what ``listing`` offers."""

    listing: SubjectId
    person: Key
    desk: bool = False


@dataclass(frozen=True)
class KindSpec:
    """What the protocol says of one kind: its payload, whether it is sealed, who may erase it."""

    kind: str
    body: type[Body]
    sealed: bool
    erasable: Erasable


_CLEAR_KINDS: Final = (
    KindSpec("feed.open", FeedOpen, sealed=False, erasable="never"),
    KindSpec("person.profile", PersonProfile, sealed=False, erasable="own"),
    KindSpec("person.revoke", PersonRevoke, sealed=False, erasable="never"),
    KindSpec("listing.put", ListingPut, sealed=False, erasable="own"),
    KindSpec("listing.close", ListingClose, sealed=False, erasable="own"),
    KindSpec("listing.busy", ListingBusy, sealed=False, erasable="own"),
    KindSpec("entry.erase", EntryErase, sealed=False, erasable="never"),
    KindSpec("hours.pay", HoursPay, sealed=False, erasable="never"),
    KindSpec("hours.split", HoursSplit, sealed=False, erasable="never"),
    KindSpec("hours.confirm", HoursConfirm, sealed=False, erasable="never"),
    KindSpec("induction.grant", InductionGrant, sealed=False, erasable="own"),
)
_specs: dict[str, KindSpec] = {}
_decoders: dict[str, msgspec.msgpack.Decoder[Body]] = {}
_sealed_decoder = msgspec.msgpack.Decoder(tuple[KindName, msgspec.Raw])
_encoder = msgspec.msgpack.Encoder()

#: Every kind this version folds, by its true name. Grows by ``register_kind`` only.
KINDS: Final[Mapping[str, KindSpec]] = MappingProxyType(_specs)


def register_kind(spec: KindSpec) -> None:
    """Add a kind; saying the same thing twice is harmless.

    Raises ValueError if the name already means something else.
    """
    known = _specs.setdefault(spec.kind, spec)
    if known != spec:
        raise ValueError(f"the kind {spec.kind} is registered already")
    _decoders[spec.kind] = msgspec.msgpack.Decoder(spec.body)


def unregister_kind(kind: str) -> None:
    """Take a kind out again, so that its entries are kept and not folded; KeyError if unknown."""
    del _specs[kind]
    del _decoders[kind]


def encode_payload(body: Body) -> bytes:
    """The payload of a clear entry: a MessagePack map.

    Raises DomainError if another node would not read it back (a limit is exceeded).
    """
    try:
        encoded = _encoder.encode(body)
        msgspec.msgpack.decode(encoded, type=type(body))
    except (ValueError, OverflowError) as error:
        raise DomainError(f"that cannot be written as an entry: {error}") from None
    return encoded


def encode_sealed_payload(kind: str, body: Body) -> bytes:
    """The payload of a sealed entry: the MessagePack array ``[kind, map]``.

    Raises DomainError if another node would not read it back.
    """
    return _encoder.encode((kind, msgspec.Raw(encode_payload(body))))


def decode_payload(kind: str, payload: bytes) -> Body | None:
    """The body of a clear entry of ``kind``, or None if it is to be treated as absent.

    None for an unknown kind, a kind that must be sealed, bytes that are no such map, and any limit
    exceeded. Never raises, whatever the bytes.
    """
    spec = _specs.get(kind)
    if spec is None or spec.sealed:
        return None
    return _decode(kind, payload)


def decode_sealed_payload(payload: bytes) -> tuple[str, Body] | None:
    """The true kind and the body of a sealed entry, or None if it is to be treated as absent.

    A kind that must be clear counts for nothing inside a seal: its readers would fold what nobody
    else can see. Never raises, whatever the bytes.
    """
    if nested_too_deep(payload):
        return None
    try:
        kind, inner = _sealed_decoder.decode(payload)
    except ValueError:
        return None
    spec = _specs.get(kind)
    if spec is None or not spec.sealed:
        return None
    body = _decode(kind, bytes(inner))
    return None if body is None else (kind, body)


def _decode(kind: str, payload: bytes) -> Body | None:
    if nested_too_deep(payload):
        return None
    try:
        return _decoders[kind].decode(payload)
    except ValueError:  # msgspec's errors, bad UTF-8 and the checks of __post_init__ all are
        return None


def check_day(text: str) -> None:
    """Raise ValueError, as msgspec wants it, unless ``text`` is a calendar day."""
    if not days.is_day(text):
        raise ValueError("not a calendar day")


for _spec in _CLEAR_KINDS:
    register_kind(_spec)
