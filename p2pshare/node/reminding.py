"""Reminds the people who use this computer: each of everything once, while the node lives.

What there is to remind of follows from the ledger (``domain.reminders``). A live node looks when
something has changed and when the next reminder is due; it notes what it tells before it tells it,
so that neither a restart nor a crash tells anything twice. Who asks instead (the command line's
``reminders``) sees all that is in force, whether it was told or not.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from p2pshare.clock import Clock
from p2pshare.domain.days import DAY_MS, Zone, day_of
from p2pshare.domain.quiet_hours import QuietHours
from p2pshare.domain.reminder_reasons import STATES
from p2pshare.domain.reminder_views import Reminder, Situation
from p2pshare.domain.reminders import next_ms, plan, to_tell
from p2pshare.errors import DomainError, StoreError
from p2pshare.node.events import NodeEvent, ReminderDue, RowChanged
from p2pshare.node.journal import Journal
from p2pshare.node.reading import Reading
from p2pshare.node.worker import Worker
from p2pshare.store.queries import Queries
from p2pshare.store.reminders import forget_told, mark_told

logger: Final = logging.getLogger("p2pshare.node.reminding")

LOOK_SECONDS: Final = 300.0
"""The longest time between two looks: somebody may have set the clock or the quiet hours."""

CALM_SECONDS: Final = 2.0
"""How long a change is followed by more of them: one look is enough for all."""

TOLD_KEPT_MS: Final = 90 * DAY_MS
"""How long it is remembered that something was told which there is no occasion for any more."""


@dataclass(frozen=True, slots=True)
class _Outlook:
    """What there is to remind a person (hex) of, and which keys of it were told."""

    person: str
    planned: tuple[Reminder, ...]
    told: frozenset[str]
    quiet: QuietHours


def situation_of(queries: Queries, person: str, now_ms: int, zone: Zone) -> Situation:
    """How things stand for a person (hex) hosted here. Raises DomainError for an odd clock."""
    agreements = [
        view
        for kind, states in STATES.items()
        for view in queries.agreements(now_ms, kind=kind, persons=[person], states=states)
    ]
    listings = sorted({view.listing for view in agreements if view.asker == person})
    return Situation(
        person=person,
        agreements=agreements,
        listings=queries.reminders.listing_days(listings),
        matches=queries.matching.matches([person], day_of(now_ms, zone)),
        overspent=[
            view
            for circle in queries.reminders.circles()
            for view in queries.accounts.overspent(circle, concerning=person)
        ],
    )


def plan_for(queries: Queries, person: str, now_ms: int, zone: Zone) -> tuple[Reminder, ...]:
    """All that a person (hex) hosted here is or will be reminded of, as things stand."""
    quiet = queries.reminders.quiet_hours()
    return plan(situation_of(queries, person, now_ms, zone), zone, quiet)


class Reminding:
    """Tells reminders as ReminderDue events."""

    def __init__(
        self,
        writer: Worker,
        reading: Reading,
        journal: Callable[[], Journal],
        clock: Clock,
        tell: Callable[[NodeEvent], None],
    ) -> None:
        self._writer = writer
        self._reading = reading
        self._journal = journal
        self._clock = clock
        self._tell = tell
        self._changed = asyncio.Event()

    def notice(self, event: NodeEvent) -> None:
        """Something has happened: look again soon if there may be something else to tell."""
        if isinstance(event, RowChanged):
            self._changed.set()

    def look_again(self) -> None:
        """When to be quiet was changed: look again soon."""
        self._changed.set()

    async def run(self) -> None:
        """Tell what is due, until cancelled."""
        while True:
            try:
                following_ms = await self.look()
            except (DomainError, StoreError) as error:
                logger.error("reminders could not be looked at: %s", error)
                following_ms = None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._seconds_until(following_ms)):
                    await self._changed.wait()
                await asyncio.sleep(CALM_SECONDS)
            self._changed.clear()

    async def look(self) -> int | None:
        """Tell what is due now and was not told; when there may be more (ms), None if never.

        Raises StoreError, and DomainError for a clock outside the calendar.
        """
        now_ms = self._clock.time_ms()
        zone = self._journal().ledger.zone()
        outlooks = await self._reading.query(lambda queries: _outlooks(queries, now_ms, zone))
        following = []
        for outlook in outlooks:
            telling = to_tell(outlook.planned, outlook.told, now_ms, zone, outlook.quiet)
            for one in await self._noted(outlook, telling, now_ms) if telling else ():
                self._tell(_event(outlook.person, one))
            told = outlook.told.union(one.key for one in telling)
            next_one = next_ms(outlook.planned, told, now_ms, zone, outlook.quiet)
            if next_one is not None:
                following.append(next_one)
        return min(following, default=None)

    async def _noted(
        self, outlook: _Outlook, telling: Iterable[Reminder], now_ms: int
    ) -> list[Reminder]:
        """Note what is being told, and forget what there is no occasion for; what is news of it."""
        database = self._journal().ledger.database
        by_key = {one.key: one for one in telling}
        ahead = {one.key for one in outlook.planned}

        def note() -> list[str]:
            with database.transaction(durable=True) as connection:
                forget_told(connection, outlook.person, ahead, now_ms - TOLD_KEPT_MS)
                return mark_told(connection, outlook.person, by_key, now_ms)

        return [by_key[key] for key in await self._writer.run(note)]

    def _seconds_until(self, following_ms: int | None) -> float:
        if following_ms is None:
            return LOOK_SECONDS
        return min(LOOK_SECONDS, max(0.0, (following_ms - self._clock.time_ms()) / 1000))


def _outlooks(queries: Queries, now_ms: int, zone: Zone) -> list[_Outlook]:
    quiet = queries.reminders.quiet_hours()
    return [
        _Outlook(
            person,
            plan(situation_of(queries, person, now_ms, zone), zone, quiet),
            queries.reminders.told(person),
            quiet,
        )
        for person in queries.reminders.hosted()
    ]


def _event(person: str, reminder: Reminder) -> ReminderDue:
    return ReminderDue(
        person=person,
        reason=reminder.reason.value,
        about=reminder.about,
        due_ms=reminder.due_ms,
        text=reminder.text,
    )
