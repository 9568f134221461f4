"""A node for pages: answers from frozen views, when the test says so, and notes what was asked.

Keeps ``p2pshare.ui.backend.Backend``. Nothing happens by itself: ``deliver`` answers what was asked
for, ``accept`` and ``refuse`` what was submitted, added or imported, ``tell`` hands out events.
``submitted`` is the one list, in order, of what people did.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from made_views import ADA, NOW_MS, TODAY
from p2pshare.ui.backend import (
    Answer,
    Answered,
    Backend,
    Identity,
    Listener,
    Locked,
    Progressed,
    ShownPhoto,
)

from p2pshare.domain.commands import Command
from p2pshare.domain.days import day_of
from p2pshare.domain.views import AgreementView, BalanceView, ListingView, PersonView
from p2pshare.node.events import NodeEvent


class FakeQueries:
    """What ``store.queries.Queries`` answers to the window, from lists."""

    def __init__(self) -> None:
        self.all_listings: list[ListingView] = []
        self.all_people: list[PersonView] = []
        self.all_loans: list[AgreementView] = []
        self.all_photos: dict[str, ShownPhoto] = {}
        self.hosted: list[Identity] = []
        self.minutes = 0
        self.searches: list[str | None] = []

    def _matching(
        self,
        search: str | None,
        exchange_type: str | None,
        item_type: str | None,
        owners: tuple[str, ...] | None,
    ) -> list[ListingView]:
        return [
            view
            for view in self.all_listings
            if (search is None or search.lower() in view.title.lower())
            and exchange_type in (None, view.exchange_type)
            and item_type in (None, view.item_type)
            and (owners is None or view.person in owners)
        ]

    def listings(
        self, today: str, *, limit: int, offset: int, search: str | None = None, **rest: Any
    ) -> list[ListingView]:
        return self._matching(search, **rest)[offset : offset + limit]

    def count_listings(self, today: str, *, search: str | None = None, **rest: Any) -> int:
        self.searches.append(search)
        return len(self._matching(search, **rest))

    def people(self) -> list[PersonView]:
        return list(self.all_people)

    def agreements(self, now_ms: int, *, kind: str, persons: list[str]) -> list[AgreementView]:
        return [
            one
            for one in self.all_loans
            if one.kind == kind and {one.owner, one.asker} & set(persons)
        ]

    @property
    def accounts(self) -> "FakeQueries":
        return self

    def balances(self, person: str) -> list[BalanceView]:
        return [BalanceView("c" * 64, person, self.minutes)]


class FakeBackend:
    """The node."""

    def __init__(self, identity: Identity | None = Identity(ADA, "Ada")) -> None:  # noqa: B008
        self.identity = identity
        self.queries = FakeQueries()
        self.submitted: list[Command] = []
        self.added: list[Path | bytes] = []
        self.imports: list[tuple[Path, str | None, bool]] = []
        self.progressed: list[Progressed] = []
        self.stopped = 0
        self.photos_asked: list[tuple[str, str, bool]] = []
        self.passphrases: list[tuple[int, str | None]] = []
        self.asker: Callable[[Locked], None] | None = None
        self.clock_ms = NOW_MS
        self._answers: list[Answered] = []
        self._asked: list[tuple[Callable[[Any], Any], Answered]] = []
        self._listeners: list[Listener] = []

    def submit(self, command: Command, answered: Answered) -> None:
        self.submitted.append(command)
        self._answers.append(answered)

    def ask(self, read: Callable[[Any], Any], answered: Answered) -> None:
        self._asked.append((read, answered))

    def act_as(self, identity: Identity) -> None:
        self.identity = identity

    def persons(self, answered: Answered) -> None:
        self._asked.append((lambda queries: tuple(queries.hosted), answered))

    def on_locked(self, asker: Callable[[Locked], None]) -> None:
        self.asker = asker

    def give_passphrase(self, number: int, passphrase: str | None) -> None:
        self.passphrases.append((number, passphrase))

    def photo(self, circle: str, photo: str, thumbnail: bool, answered: Answered) -> None:
        self.photos_asked.append((circle, photo, thumbnail))
        self._asked.append((lambda queries: queries.all_photos.get(photo), answered))

    def add_photo(self, photo: Path | bytes, answered: Answered) -> None:
        self.added.append(photo)
        self._answers.append(answered)

    def import_list(
        self,
        file: Path,
        form: str | None,
        dry_run: bool,
        progressed: Progressed,
        answered: Answered,
    ) -> Callable[[], None]:
        self.imports.append((file, form, dry_run))
        self.progressed.append(progressed)
        self._answers.append(answered)

        def stop() -> None:
            self.stopped += 1

        return stop

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def today(self) -> str:
        return TODAY

    def now_ms(self) -> int:
        return self.clock_ms

    def day(self, time_ms: int) -> str:
        return day_of(time_ms, 0)

    # --- for tests ----------------------------------------------------------------------------

    @property
    def asked(self) -> int:
        """How many readings wait for their answer."""
        return len(self._asked)

    def deliver(self, error: str | None = None) -> None:
        """Answer all that was asked for, and what is asked for in consequence."""
        while self._asked:
            read, answered = self._asked.pop(0)
            answered(Answer(error=error) if error else Answer(read(self.queries)))

    def accept(self, value: object = None) -> None:
        """The oldest command that waits was performed."""
        self._answers.pop(0)(Answer(value))

    def refuse(self, error: str) -> None:
        """The oldest command that waits was refused."""
        self._answers.pop(0)(Answer(error=error))

    def tell(self, *events: NodeEvent) -> None:
        """Something happened."""
        for listener in self._listeners:
            listener(events)


def keeps_the_protocol(backend: FakeBackend) -> Backend:
    """Says to a type checker what the tests rely on."""
    return backend
