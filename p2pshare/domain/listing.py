"""What a listing is: the folds of an offer or want, and of the days on which it is promised.

The owner alone has a say: entries of others are ignored. ``fold_listing``, ``periods_of`` and
``queue_of`` follow docs/protocol.md section 5; ``available`` and ``conflicts`` are the arithmetic
behind "the drill is out until Saturday", used by queries, the rules of agreements and views.

This module must not know who holds a thing: of promises only days and quantities come here.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from p2pshare.domain import days
from p2pshare.domain.bodies import (
    NO_POLICY,
    BusyPeriod,
    ListingBusy,
    ListingClose,
    ListingPut,
    LoanPolicy,
)
from p2pshare.domain.days import Span
from p2pshare.domain.ordering import FoldEntry, causal_order, heads
from p2pshare.domain.vocabulary import (
    ExchangeType,
    ItemType,
    TransactionType,
    default_transaction_type,
)
from p2pshare.limits import DAY_MINUTES

__all__ = [
    "ExchangeType",
    "ItemType",
    "ListingState",
    "TransactionType",
    "as_it_stands",
    "available",
    "conflicts",
    "default_transaction_type",
    "fold_listing",
    "latest_told",
    "periods_of",
    "queue_of",
]


@dataclass(frozen=True)
class ListingState:
    """A listing as it stands.

    ``listing`` is its id (16 bytes), ``owner`` a person (32 bytes), ``put_entry`` the entry that
    gave the fields. ``transaction_types`` may hold words of later versions. ``expires`` is the last
    day it stands, or None; whether that has passed is for whoever knows today. The rest is as in
    ``bodies.ListingPut``.
    """

    listing: bytes
    owner: bytes
    exchange_type: ExchangeType
    item_type: ItemType
    transaction_types: tuple[str, ...]
    title: str
    description: str
    category: str
    tags: tuple[str, ...]
    quantity: int
    expires: str | None
    photos: tuple[bytes, ...]
    terms: tuple[str, ...]
    closed: bool
    put_entry: bytes
    parts: tuple[str, ...] = ()
    policy: LoanPolicy = NO_POLICY
    induction: bool = False
    witnesses: tuple[bytes, ...] = ()

    def expired(self, today: str) -> bool:
        """Whether its last day is before ``today``."""
        return self.expires is not None and self.expires < today


def fold_listing(listing: bytes, entries: Iterable[FoldEntry]) -> ListingState | None:
    """The state of ``listing`` (its id) from the counted entries that name it, in any order.

    None while the creating ``listing.put`` is not among them with its body. A ``listing.close``
    wins over a concurrent edit (rank 1); an edit made in knowledge of it opens the listing again.
    """
    known = list(entries)
    creating = _creating(listing, known)
    if creating is None or not isinstance(creating.body, ListingPut):
        return None
    owner = creating.author
    fields, put_entry, closed = creating.body, creating.entry_id, False
    ordered = causal_order(
        known,
        rank=lambda entry: 1 if isinstance(entry.body, ListingClose) else 0,
        say=lambda entry: (
            entry.author == owner and isinstance(entry.body, ListingPut | ListingClose)
        ),
    )
    for entry in ordered:
        if isinstance(entry.body, ListingPut):
            fields, put_entry, closed = entry.body, entry.entry_id, False
        else:
            closed = True
    return ListingState(
        listing=listing,
        owner=owner,
        exchange_type=fields.exchange_type,
        item_type=fields.item_type,
        transaction_types=fields.transaction_types,
        title=fields.title,
        description=fields.description,
        category=fields.category,
        tags=fields.tags,
        quantity=fields.quantity,
        expires=fields.expires,
        photos=fields.photos,
        terms=fields.terms,
        closed=closed,
        put_entry=put_entry,
        parts=fields.parts,
        policy=fields.policy,
        induction=fields.induction,
        witnesses=fields.witnesses,
    )


def periods_of(told: Iterable[ListingBusy]) -> tuple[BusyPeriod, ...]:
    """The promised periods of a listing, from what ``latest_told`` says of it.

    Two computers of one owner that had not met each list the promises they knew. A promise on both
    lists has one tag and is one; two promises of the same days have two, so that a double promise
    shows.
    """
    return merged(period for one in told for period in one.periods)


def queue_of(told: Iterable[ListingBusy]) -> tuple[bytes, ...]:
    """The tokens of those who wait, in the order the owner keeps, from what ``latest_told`` says.

    Of two computers of the owner that had not met, the one's list is followed by what only the
    other knew.
    """
    return tuple(dict.fromkeys(token for one in told for token in one.queue))


def latest_told(owner: bytes, entries: Iterable[FoldEntry]) -> list[ListingBusy]:
    """What the ``listing.busy`` entries of ``owner`` say that no other one of them comes after."""
    latest = heads(
        entries,
        say=lambda entry: entry.author == owner and isinstance(entry.body, ListingBusy),
    )
    return [entry.body for entry in latest if isinstance(entry.body, ListingBusy)]


def merged(periods: Iterable[BusyPeriod]) -> tuple[BusyPeriod, ...]:
    """``periods`` in order of days, one for each tag: of several, the one that takes most."""
    by_tag: dict[bytes, BusyPeriod] = {}
    for period in periods:
        known = by_tag.get(period.tag)
        if known is None or _reach(period) > _reach(known):
            by_tag[period.tag] = period
    return tuple(
        sorted(
            by_tag.values(),
            key=lambda one: (
                *(one.from_day, one.from_minute, _until(one), one.out, one.quantity, one.tag),
            ),
        )
    )


def available(quantity: int, periods: Iterable[BusyPeriod], day: str) -> int:
    """How many of ``quantity`` things are free on ``day``; never below 0.

    A period takes its quantity on its days, and, while the things are out, on every other day too:
    they may have gone early, and nobody knows when they will be back.
    """
    taken = sum(
        period.quantity
        for period in periods
        if period.out or days.covers(period.from_day, period.until_day, day)
    )
    return max(0, quantity - taken)


def conflicts(quantity: int, periods: Sequence[BusyPeriod], buffer_minutes: int = 0) -> list[Span]:
    """The spans in which ``periods`` together take more than ``quantity``.

    Ascending, apart from each other; open-ended where the last one has no end. Periods that end
    before they begin take nothing. After each period the thing rests for ``buffer_minutes``; after
    one that lasts until the end of a day only whole days of them count, for else a rest of an hour
    would take the next day.
    """
    changes: dict[int, int] = defaultdict(int)  # minute -> change of what is taken
    for period in periods:
        start, end = days.span_minutes(span_of(period))
        if end is not None and end <= start:
            continue
        changes[start] += period.quantity
        if end is not None:
            changes[end + rest_minutes(period.until_minute, buffer_minutes)] -= period.quantity
    found: list[Span] = []
    taken, since = 0, None
    for minute in sorted(changes):
        taken += changes[minute]
        if taken > quantity and since is None:
            since = minute
        elif taken <= quantity and since is not None:
            found.append(days.span_of_minutes(since, minute))
            since = None
    if since is not None:
        found.append(days.span_of_minutes(since, None))
    return found


def rest_minutes(until_minute: int, buffer_minutes: int) -> int:
    """How long a thing rests after a loan that ends at ``until_minute`` of a day."""
    if until_minute == DAY_MINUTES:
        return buffer_minutes // DAY_MINUTES * DAY_MINUTES
    return buffer_minutes


def as_it_stands(period: BusyPeriod, day: str, minute: int) -> BusyPeriod:
    """``period`` as it is at ``minute`` of ``day``, if the thing is out of the house.

    It is told with the days that were promised. But what was handed over before its first day is
    away already, and of what is late nobody knows when it comes back.
    """
    if not period.out:
        return period
    until_day, until_minute = period.until_day, period.until_minute
    if until_day is not None and (until_day, until_minute) < (day, minute):
        until_day, until_minute = None, DAY_MINUTES
    from_day, from_minute = min((period.from_day, period.from_minute), (day, minute))
    return BusyPeriod(
        from_day, until_day, period.quantity, True, period.tag, from_minute, until_minute
    )


def span_of(period: BusyPeriod) -> Span:
    """The span that ``period`` takes."""
    return Span(period.from_day, period.until_day, period.from_minute, period.until_minute)


def _creating(listing: bytes, entries: Iterable[FoldEntry]) -> FoldEntry | None:
    """The entry that made the subject: the id of a subject begins its creating entry's id."""
    creating = [entry for entry in entries if entry.entry_id.startswith(listing)]
    return min(creating, key=lambda entry: entry.entry_id, default=None)


def _until(period: BusyPeriod) -> tuple[str, bool, int]:
    """The last day, for comparing: an open end is the latest."""
    return (period.until_day or days.LAST_DAY, period.until_day is None, period.until_minute)


def _reach(period: BusyPeriod) -> tuple[bool, tuple[str, bool, int], int, str, int]:
    """How much a period takes: the greater hides the smaller of the same promise."""
    return (period.out, _until(period), period.quantity, period.from_day, -period.from_minute)
