"""Hours spent twice: payments signed on computers apart from each other, and past the limit only
together.

There is no bank, so nobody can keep a person from paying on the laptop at home and on the phone at
the market while neither knows of the other. Both payments count. What can be done is to tell it
from spending knowingly: each payment stands on those before it in its feed, and names the last ones
of its payer that its computer knew from elsewhere (``after``). So everybody can see what a payment
*knew*, and whether it was within the limit as far as its own computer could tell.

Pure, over the payments of one person in one circle. ``store.accounts`` reads them, ``node`` names
what ``latest`` gives. Only what a computer admits to have known is seen: see docs/security.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush

from p2pshare.limits import OVERSPENDING_LINES_MAX

_Knowledge = dict[int, int]
"""Of each line, how many of its payments are known: a vector clock."""


@dataclass(frozen=True, slots=True)
class SignedPayment:
    """A payment as its payer signed it: the entry (32 bytes), what it takes from the account.

    ``feed`` is the key that signed it. ``knew`` are entries of the same payer it comes after: the
    payment before it in its feed, and those its header names. ``minutes`` is 0 where the payment
    does not count: it still hands on what it knew.
    """

    entry_id: bytes
    feed: bytes
    minutes: int
    knew: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Overspent:
    """Payments that were each within the limit as far as their computer knew, and together past it.

    ``by`` is how many minutes past the ``limit`` (minutes below zero) they led. ``apart`` are those
    that not all the last ones among them knew of, by entry id: the ones that were signed apart.
    """

    by: int
    limit: int
    apart: tuple[SignedPayment, ...]


def latest(payments: Iterable[SignedPayment]) -> list[bytes]:
    """The payments that no other one knew of, by entry id: what the next one has to name."""
    known = {payment.entry_id for payment in payments}
    return sorted(known.difference(*(payment.knew for payment in payments)))


def find_overspent(
    received: int, payments: Sequence[SignedPayment], limit: int | None
) -> Overspent | None:
    """Whether somebody who ``received`` so many minutes went past ``limit`` by signing apart.

    Both are 0 or more. Whatever was received counts as known to every payment: nobody is blamed for
    a credit that arrived late. O(payments * lines); past OVERSPENDING_LINES_MAX lines no payment is
    taken to have known of another.
    """
    spent = sum(payment.minutes for payment in payments)
    if limit is None or received - spent >= -limit:
        return None
    room = received + limit
    history = _History(payments)
    within = [one for one in history.ordered if history.spent_as_known(one) <= room]
    together = sum(payment.minutes for payment in within)
    if together <= room:
        return None
    return Overspent(
        by=together - room,
        limit=limit,
        apart=tuple(
            sorted(
                (one for one in history.unshared(within) if one.minutes),
                key=lambda payment: payment.entry_id,
            )
        ),
    )


class _History:
    """What each payment knew, kept as how far it knew each of a few lines of payments.

    A line is a run of payments each of which knew the one before; one feed is one line, until it
    forks.
    """

    def __init__(self, payments: Sequence[SignedPayment]) -> None:
        self.ordered = _in_order(payments)
        self._known: dict[bytes, _Knowledge] = {}
        self._spent: list[list[int]] = []
        self._line_of: dict[bytes, tuple[int, int]] = {}
        for payment in self.ordered:
            self._take(payment)
            if len(self._spent) > OVERSPENDING_LINES_MAX:
                self._forget_what_was_known()
                break

    def spent_as_known(self, payment: SignedPayment) -> int:
        """The minutes of a payment and of all that it knew."""
        known = self._known[payment.entry_id]
        return sum(self._spent[line][count] for line, count in known.items())

    def unshared(self, payments: Sequence[SignedPayment]) -> list[SignedPayment]:
        """Those of ``payments`` that not all of their last ones knew of."""
        first, *others = latest(payments)
        shared = dict(self._known[first])
        for one in others:
            known = self._known[one]
            shared = {
                line: min(count, known[line]) for line, count in shared.items() if line in known
            }
        found = []
        for payment in payments:
            line, place = self._line_of[payment.entry_id]
            if place > shared.get(line, 0):
                found.append(payment)
        return found

    def _take(self, payment: SignedPayment) -> None:
        knowledge: _Knowledge = {}
        line = len(self._spent)
        for before in payment.knew:
            if before not in self._known:
                continue
            for other, count in self._known[before].items():
                knowledge[other] = max(count, knowledge.get(other, 0))
            its_line, place = self._line_of[before]
            if place == len(self._spent[its_line]) - 1:
                line = its_line
        if line == len(self._spent):
            self._spent.append([0])
        sums = self._spent[line]
        sums.append(sums[-1] + payment.minutes)
        knowledge[line] = len(sums) - 1
        self._known[payment.entry_id] = knowledge
        self._line_of[payment.entry_id] = line, len(sums) - 1

    def _forget_what_was_known(self) -> None:
        self.ordered = [replace(payment, knew=()) for payment in self.ordered]
        self._spent = [[0, payment.minutes] for payment in self.ordered]
        self._line_of = {one.entry_id: (line, 1) for line, one in enumerate(self.ordered)}
        self._known = {one.entry_id: {line: 1} for line, one in enumerate(self.ordered)}


def _in_order(payments: Sequence[SignedPayment]) -> list[SignedPayment]:
    """The payments, each after those it knew; those that could come next go by entry id."""
    by_id = {payment.entry_id: payment for payment in payments}
    followers: dict[bytes, list[bytes]] = defaultdict(list)
    waiting: dict[bytes, int] = {}
    for payment in by_id.values():
        before = {one for one in payment.knew if one in by_id}
        waiting[payment.entry_id] = len(before)
        for one in before:
            followers[one].append(payment.entry_id)
    ready = [entry_id for entry_id, count in waiting.items() if count == 0]
    heapify(ready)
    ordered = []
    while ready:
        entry_id = heappop(ready)
        ordered.append(by_id[entry_id])
        for follower in followers[entry_id]:
            waiting[follower] -= 1
            if waiting[follower] == 0:
                heappush(ready, follower)
    return ordered
