"""Random worlds for the property tests: whatever several persons might write, and thieves too.

A world is drawn as a list of small steps; what a step means depends on what there is by then, so
that any list is a world and hypothesis can leave steps out when it looks for the smallest one.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from hypothesis import strategies as st
from unit.store.world_kit import (
    DAY,
    START_MS,
    YEAR_MS,
    Feed,
    Person,
    World,
    Written,
    person_of,
    seeded,
)

from p2pshare.domain.agreement import AGREEMENTS
from p2pshare.domain.bodies import (
    Body,
    BusyPeriod,
    HoursConfirm,
    HoursPay,
    HoursSplit,
    Share,
)
from p2pshare.log.entry import SEALED_KINDS

PERSONS = tuple(person_of(number) for number in range(4))
OTHERS = ("gift", "session", "hold", "repair")
MOVES = ("accept", "hand-over", "receive", "give-back", "take-back", "cancel", "decline", "lost")
_Item = TypeVar("_Item")


class Step:
    """The choices of one step, all drawn from its one number."""

    def __init__(self, seed: int) -> None:
        self._drawn = random.Random(seed)

    def number(self) -> int:
        return self._drawn.getrandbits(16)

    def of(self, items: Sequence[_Item]) -> _Item:
        return self._drawn.choice(items)

    def one_in(self, count: int) -> bool:
        return self._drawn.randrange(count) == 0


@dataclass
class RandomWorld:
    """A world as it grows from steps."""

    world: World

    def __post_init__(self) -> None:
        self.listings: list[Written] = []
        self.loans: list[Written] = []
        self.others: list[Written] = []
        self.payments: list[Written] = []

    def feed(self, step: Step) -> Feed:
        return step.of(self.world.feeds)

    def feed_of(self, person: Person, step: Step) -> Feed:
        """A feed of this person mostly, of anybody now and then."""
        own = [feed for feed in self.world.feeds if feed.author is person]
        return self.feed(step) if not own or step.one_in(5) else step.of(own)

    def place(self, step: Step, feed: Feed, subject: bytes) -> dict[str, Any]:
        """Where an entry stands: after what of its subject, a fork or not, and by which clock."""
        place: dict[str, Any] = {}
        seen = [entry for entry in self.world.entries if entry.subject == subject and subject]
        if seen:
            place["after"] = [seen[-1], step.of(seen)][: step.number() % 3]
        if step.one_in(6):
            below = [entry for entry in self.world.entries if entry.key is feed.key]
            own = [entry for entry in below if entry.author is feed.author]
            place["follow"] = step.of(own)
        if step.one_in(4):
            place["time_ms"] = START_MS + (step.number() % 21 - 10) * YEAR_MS
        return place

    # --- steps ----------------------------------------------------------------------------

    def open_feed(self, step: Step) -> None:
        person = step.of(PERSONS)
        scope: dict[str, Any] = {}
        if step.one_in(3):
            scope["kinds"] = step.of(
                [("loan.hand-over",), ("listing.put", "listing.close"), ("entry.erase",)]
            )
        if step.one_in(4) and self.listings:
            scope["listings"] = (step.of(self.listings).subject,)
        if step.one_in(5):
            scope["expires_ms"] = START_MS + step.number() % 40
        if step.one_in(5):
            scope["last_seq"] = step.number() % 5
        key = step.of(self.world.feeds).key if step.one_in(5) else None
        self.world.open_feed(person, key=key, **scope)

    def put(self, step: Step) -> None:
        feed = self.feed(step)
        self.listings.append(
            self.world.put(feed, f"thing {len(self.listings)}", **self.place(step, feed, b""))
        )

    def edit(self, step: Step) -> None:
        if not self.listings:
            return self.put(step)
        listing = step.of(self.listings)
        feed = self.feed_of(listing.author, step)
        place = self.place(step, feed, listing.subject)
        title = f"edit {len(self.world.entries)}"
        match step.number() % 4:
            case 0 | 1:
                self.world.put(feed, title, listing.subject, **place)
            case 2:
                self.world.close(feed, listing.subject, **place)
            case _:
                periods = [
                    BusyPeriod(DAY, step.of(["2026-11-25", "2026-11-30", None]), 1, bool(tag), tag8)
                    for tag in range(step.number() % 3)
                    for tag8 in [seeded("tag", step.number() % 3)[:8]]
                ]
                self.world.busy(feed, listing.subject, periods, **place)

    def request(self, step: Step) -> None:
        if not self.listings:
            return self.put(step)
        listing = step.of(self.listings)
        feed = self.feed(step)
        place = self.place(step, feed, b"")
        self.loans.append(self.world.request(feed, listing, f"ask {len(self.loans)}", **place))

    def move(self, step: Step) -> None:
        if not self.loans:
            return self.request(step)
        loan = step.of(self.loans)
        move = step.of(MOVES)
        borrower, lender = self.world.parties(loan)
        lends = move in ("accept", "hand-over", "take-back", "decline", "lost")
        feed = self.feed_of(lender if lends else borrower, step)
        note = f"note {len(self.world.entries)}"
        self.world.move(feed, loan, move, note, **self.place(step, feed, loan.subject))

    def agree(self, step: Step) -> None:
        """A loan as it mostly goes, each move after the one before it."""
        if not self.loans:
            return self.request(step)
        loan = step.of(self.loans)
        for person, move in zip(self.world.parties(loan)[::-1] * 2, MOVES[:4], strict=False):
            own = [feed for feed in self.world.feeds if feed.author is person]
            last = [entry for entry in self.world.entries if entry.subject == loan.subject][-1]
            self.world.move(step.of(own), loan, move, after=[last])

    def ask(self, step: Step) -> None:
        """Something else than a loan: by anybody, a repair mostly by whose thing it is."""
        if not self.listings:
            return self.put(step)
        listing = step.of(self.listings)
        table = AGREEMENTS[step.of(OTHERS)]
        feed = self.feed_of(listing.author, step) if table.alone else self.feed(step)
        place = {**self.place(step, feed, b""), **self.seal(step)}
        note = f"ask {len(self.others)}"
        self.others.append(self.world.ask(feed, table, listing, note, **place))

    def go_on(self, step: Step) -> None:
        if not self.others:
            return self.ask(step)
        first = step.of(self.others)
        table = AGREEMENTS[first.kind.partition(".")[0]]
        feed = self.feed_of(step.of(self.world.parties(first)), step)
        place = {**self.place(step, feed, first.subject), **self.seal(step)}
        note = step.of(["note one", "note two"])
        self.world.go_on(feed, first, step.of(table.moves[1:]), note, **place)

    def seal(self, step: Step) -> dict[str, Any]:
        """Now and then a kind in the header that is not the right one."""
        return {"shown": step.of(SEALED_KINDS)} if step.one_in(8) else {}

    def pay(self, step: Step) -> None:
        feed = self.feed(step)
        payer = step.of(PERSONS) if step.one_in(5) else feed.author
        place = self.place(step, feed, b"")
        if self.payments and step.one_in(2):
            # As a second computer does that has met the first: what it knew came before.
            place["after"] = [step.of(self.payments)]
        match step.number() % 3:
            case 0:
                body: Body = HoursSplit(
                    payer=payer.id,
                    shares=tuple(
                        Share(step.of(PERSONS).id, step.number() % 200)
                        for _ in range(1 + step.number() % 3)
                    ),
                )
                paid = self.world.write(feed, "hours.split", body, **place)
            case 1 if self.payments:
                corrects = step.of(self.payments).subject
                payee, minutes = step.of(PERSONS).id, step.number() % 200
                body = HoursPay(payer=payer.id, payee=payee, minutes=minutes, corrects=corrects)
                paid = self.world.write(feed, "hours.pay", body, **place)
            case _:
                paid = self.world.pay(feed, payer, step.of(PERSONS), step.number() % 200, **place)
        self.payments.append(paid)

    def confirm(self, step: Step) -> None:
        if not self.payments:
            return self.pay(step)
        payment = step.of(self.payments)
        feed = self.feed(step)
        place = self.place(step, feed, payment.subject)
        self.world.write(feed, "hours.confirm", HoursConfirm(), subject=payment.subject, **place)

    def profile(self, step: Step) -> None:
        feed = self.feed(step)
        place = self.place(step, feed, feed.opening.subject)
        self.world.profile(feed, f"name {len(self.world.entries)}", **place)

    def revoke(self, step: Step) -> None:
        feed = self.feed(step)
        below = [entry for entry in self.world.entries if entry.key is feed.key]
        person = step.of(PERSONS) if step.one_in(4) else feed.author
        carrier = self.feed(step)
        place = self.place(step, carrier, b"")
        self.world.revoke(carrier, person, step.of(below), **place)

    def erase(self, step: Step) -> None:
        """Erase some entries of a subject, or any; by one person or by all who know of it."""
        target = step.of(self.world.entries)
        targets = [target, *(step.of(self.world.entries) for _ in range(step.number() % 2))]
        if step.one_in(2):
            targets += [one for one in self.world.entries if one.subject == target.subject]
        erasers: list[Person] = [target.author]
        agreements = (*self.loans, *self.others)
        loan = next((one for one in agreements if one.subject == target.subject), None)
        if loan is not None and step.number() % 3:
            erasers = list(self.world.parties(loan))
        if step.one_in(5):
            erasers = [step.of(PERSONS), *erasers]
        for person in dict.fromkeys(erasers):
            own = [feed for feed in self.world.feeds if feed.author is person]
            if own:
                feed = step.of(own)
                self.world.erase(feed, targets, **self.place(step, feed, b""))

    def unknown(self, step: Step) -> None:
        feed = self.feed(step)
        subject = step.of(self.world.entries).subject if step.one_in(2) else b""
        place = self.place(step, feed, subject)
        self.world.write(feed, "later.kind", b"\x81\xa1x\x01", subject=subject, **place)

    def take(self, step: Step) -> None:
        """What a step may be; what stands here more often happens more often."""
        loans = [self.request, self.request, self.agree, self.agree, *[self.move] * 4]
        others = [self.ask, self.ask, *[self.go_on] * 4]
        trouble = [self.revoke, self.erase, self.erase, self.unknown]
        lists = [self.put, *[self.edit] * 4, self.profile]
        hours = [self.pay, self.pay, self.confirm]
        step.of([*loans, *others, *trouble, *lists, *hours, self.open_feed, self.open_feed])(step)


def random_world(steps: Sequence[int]) -> World:
    """The world that these numbers make: every person with a feed, two of them with another."""
    grown = RandomWorld(World())
    for person in (*PERSONS, *PERSONS[:2]):
        grown.world.open_feed(person)
    for seed in steps:
        grown.take(Step(seed))
    return grown.world


def worlds(steps_max: int = 30) -> st.SearchStrategy[World]:
    """Worlds of up to ``steps_max`` steps (a step may write several entries)."""
    steps = st.lists(st.integers(0, 2**20), min_size=steps_max // 2, max_size=steps_max)
    return steps.map(random_world)
