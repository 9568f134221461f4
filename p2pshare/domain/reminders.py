"""Who is to be reminded of what, and when: derived from how things stand, for one person.

``plan`` needs no clock. From what is so now it says every reminder that is or will be due, each
with the instant at which it begins to matter (``due_ms``) and the one at which it no longer does
(``until_ms``). Nothing has to be cancelled: when the thing is back, the plan is another. All that
is kept are the keys of what was told (``store.reminders``), so that it is told once
(``node.reminding``).

What falls into quiet hours is due when they end, and left out if it no longer matters by then.
Which occasions there are is ``domain.reminder_reasons``'s; what is said, ``reminder_texts``'s. This
module must not read a clock.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace

from p2pshare.domain.days import Zone
from p2pshare.domain.quiet_hours import QuietHours
from p2pshare.domain.reminder_reasons import occasions
from p2pshare.domain.reminder_views import FIRST_MS, LAST_MS, Reminder, Situation


def plan(situation: Situation, zone: Zone, quiet: QuietHours) -> tuple[Reminder, ...]:
    """Every reminder that follows from how things stand, in the order in which they are due."""
    found: list[Reminder] = []
    for reminder in occasions(situation, zone):
        if reminder.due_ms <= LAST_MS:
            due_ms = quiet.over_ms(max(FIRST_MS, reminder.due_ms), zone)
            if due_ms < reminder.until_ms:
                found.append(replace(reminder, due_ms=due_ms))
    return tuple(sorted(found, key=lambda one: (one.due_ms, one.key)))


def in_force(planned: Iterable[Reminder], now_ms: int) -> list[Reminder]:
    """Those of a plan that are due and still matter."""
    return [one for one in planned if one.due_ms <= now_ms < one.until_ms]


def to_tell(
    planned: Iterable[Reminder],
    told: Collection[str],
    now_ms: int,
    zone: Zone,
    quiet: QuietHours,
) -> list[Reminder]:
    """Those in force whose keys were not told yet; none while it is quiet."""
    if quiet.covers(now_ms, zone):
        return []
    return [one for one in in_force(planned, now_ms) if one.key not in told]


def next_ms(
    planned: Iterable[Reminder],
    told: Collection[str],
    now_ms: int,
    zone: Zone,
    quiet: QuietHours,
) -> int | None:
    """When there may next be something to tell: ``now_ms`` if there is now, None if never."""
    over_ms = quiet.over_ms(now_ms, zone)
    waits = (
        max(one.due_ms, over_ms)
        for one in planned
        if one.key not in told and one.until_ms > over_ms
    )
    return min(waits, default=None)
