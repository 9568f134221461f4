"""What the acts of all families share: a person acting, in one transaction, and what they can ask.

A family (``node.acts_listings``, ``acts_agreements``, ``acts_hours``, ...) has a function for each
command: it reads the states the rules judge, asks the rules, and writes what they hand out.
``node.authoring`` opens the transaction and finds the function. This module must not decide
anything.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

from p2pshare.clock import Clock
from p2pshare.domain.agreement import AGREEMENTS, AgreementState
from p2pshare.domain.agreement_rules import Shelf, takes
from p2pshare.domain.bodies import BusyPeriod
from p2pshare.domain.commands import PersonCommand
from p2pshare.domain.days import Zone, day_of
from p2pshare.domain.induction import missing_induction
from p2pshare.domain.listing import ListingState
from p2pshare.errors import DomainError, UnknownReference
from p2pshare.limits import PROMISE_TAG_BYTES
from p2pshare.node.keystore import KeyStore
from p2pshare.node.writing import Writing
from p2pshare.store.blobs import is_held
from p2pshare.store.inductions import Inductions
from p2pshare.store.lookup import agreements_about, agreements_in_promise, sealed_subjects

_BUSY_LABEL: Final = b"p2pshare busy period v1\0"


class Done(NamedTuple):
    """What an act wrote about: the ``subject`` (16 bytes; for a person 32), and how many entries it
    erased.
    """

    subject: bytes
    erased: int = 0


@dataclass(frozen=True, slots=True)
class Acting:
    """A person who acts, within one write transaction."""

    writing: Writing
    keys: KeyStore
    clock: Clock
    zone: Zone
    person: bytes

    def now_ms(self) -> int:
        """The time, in ms."""
        return self.clock.time_ms()

    def today(self) -> str:
        """The local day."""
        return day_of(self.clock.time_ms(), self.zone)

    def listing(self, listing: bytes) -> ListingState:
        """A listing (16 bytes). Raises UnknownReference."""
        state = self.writing.states.listing(self.writing.circle, listing)
        if state is None:
            raise UnknownReference("there is no such listing here")
        return state

    def agreement(self, agreement: bytes) -> AgreementState:
        """An agreement (16 bytes) that the person can read. Raises UnknownReference."""
        state = self.writing.states.agreement(self.writing.circle, agreement)
        if state is None:
            raise UnknownReference("there is no such agreement of yours here")
        return state

    def check_photos(self, photos: tuple[bytes, ...]) -> None:
        """Raise DomainError unless these blobs are in hand."""
        if not all(is_held(self.writing.connection, photo) for photo in photos):
            raise DomainError("a photo is not on this computer; add it first")

    def shelf(self, listing: bytes, asker: bytes) -> Shelf:
        """What the rules have to know of a listing that ``asker`` would like to use."""
        state = self.writing.states.listing(self.writing.circle, listing)
        return Shelf(
            listing=state,
            agreements=tuple(self.promised(listing)),
            elsewhere=tuple(self.elsewhere(listing)),
            missing=None if state is None else self.missing(state, asker),
        )

    def missing(self, listing: ListingState, asker: bytes) -> str | None:
        """What keeps ``asker`` from using a listing, in plain words, or None."""
        inductions = Inductions(self.writing.connection)
        statements = inductions.statements(listing.listing, self.writing.circle)
        return missing_induction(listing, asker, statements, inductions.witness_names(listing))

    def promised(self, listing: bytes) -> list[AgreementState]:
        """The agreements that take something of a listing, as far as this computer knows."""
        states = {
            state for table in AGREEMENTS.values() for state in table.promises | table.unsettled
        }
        today = self.today()
        found = []
        for agreement in agreements_in_promise(self.writing.connection, listing, states):
            state = self.writing.states.agreement(self.writing.circle, agreement)
            if state is not None and takes(state, today) is not None:
                found.append(state)
        return found

    def elsewhere(self, listing: bytes) -> list[BusyPeriod]:
        """Published periods of agreements that have not arrived here: made on another computer.

        Of an agreement whose first entry is here, forgotten or not, this computer knows better.
        """
        tag = self.busy_tag()
        connection = self.writing.connection
        unknown = {one.tag: one for one in self.writing.states.busy(self.writing.circle, listing)}
        if not unknown:
            return []
        for agreement in agreements_about(connection, listing):
            unknown.pop(tag(agreement), None)
        if unknown:
            for agreement in sealed_subjects(connection):
                unknown.pop(tag(agreement), None)
        return list(unknown.values())

    def busy_tag(self) -> Callable[[bytes], bytes]:
        """A name for a promise that only its owner's computers can link to the agreement."""
        secret = self.keys.reading_key(self.person).secret_bytes()
        return lambda agreement: hmac.digest(secret, _BUSY_LABEL + agreement, "sha256")[
            :PROMISE_TAG_BYTES
        ]


Act: TypeAlias = Callable[[Acting, Any], Done]
"""What a command does; the second argument is of the type that it is registered for."""


def subject_of(command: PersonCommand) -> bytes | None:
    """The subject that a command is about, whose circle it then concerns; None for a new one."""
    for name in ("agreement", "listing", "payment", "subject"):
        found = getattr(command, name, None)
        if isinstance(found, bytes):
            return found
    return None
