"""A tool library's desk after two years: 100,000 agreements with its members, folded and ready.

Real keys, real signatures, real seals and the real ingest; only the rules are not asked, since that
would take longer than everything that is measured. The library's own entries go in as
``node.writing`` puts them in, the members' as a peer's do. What is drawn is the same in each run;
keys and salts are not.
"""

import hmac
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
from made_feeds import made_listing
from made_stories import HISTORY_DAYS, Step, Story, drawn_story, quantity_of

from p2pshare.clock import ManualClock
from p2pshare.domain import bodies
from p2pshare.domain.agreement import AGREEMENTS
from p2pshare.domain.agreement_bodies import AgreementOpening, SetsDue, SetsMinutes, SetsOffer
from p2pshare.domain.bodies import Body, BusyPeriod, encode_payload, encode_sealed_payload
from p2pshare.domain.commands import AddPerson, MoveAgreement
from p2pshare.domain.days import DAY_MS, day_of, end_of_day_ms
from p2pshare.domain.loan import LOAN
from p2pshare.limits import PROMISE_TAG_BYTES, STRETCH_ENTRIES_MAX
from p2pshare.log.author import Place, write_entry, write_feed_open
from p2pshare.log.body import SALT_BYTES
from p2pshare.log.certificate import OPEN_CIRCLE, issue_certificate, person_subject
from p2pshare.log.entry import SUBJECT_BYTES, SignedEntry, entry_id
from p2pshare.log.keys import ReadingKey, SigningKey
from p2pshare.node.ingest import Arrival
from p2pshare.node.ledger import Ledger
from p2pshare.store import local
from p2pshare.store.append import Outcome, Quota
from p2pshare.store.feeds import circle_numbers, tips_of

NOW_MS: Final = 1_790_000_000_000
BATCH: Final = 1_000

#: A library signs far more than the 20,000 entries that are kept of one person by default.
QUOTA: Final = Quota(entries=10**7, bytes=10**11, folder_bytes=10**12)


@dataclass
class Feed:
    """A feed that is written here; ``waiting`` are its entries that the ledger lacks."""

    person: bytes
    reading: bytes
    key: SigningKey
    place: Place
    waiting: list[SignedEntry] = field(default_factory=list)

    def write(
        self,
        kind: str,
        body: Body,
        time_ms: int,
        subject: bytes = b"",
        after: Sequence[bytes] = (),
        readers: Sequence[bytes] | None = None,
    ) -> bytes:
        """Sign the next entry; its id."""
        encoded = encode_payload(body) if readers is None else encode_sealed_payload(kind, body)
        entry = write_entry(
            self.key,
            OPEN_CIRCLE,
            self.place,
            time_ms=time_ms,
            kind=kind,
            payload=encoded,
            salt=os.urandom(SALT_BYTES),
            subject=subject,
            after=after,
            readers=readers,
        )
        identifier = entry_id(entry.header)
        self.place = Place(self.place.seq + 1, identifier)
        self.waiting.append(entry)
        return identifier


class Desk:
    """The ledger of a library in ``folder``, filled by ``fill``."""

    def __init__(self, folder: Path, *, agreements: int, listings: int, members: int) -> None:
        self.clock = ManualClock(NOW_MS)
        self.ledger = Ledger(folder, clock=self.clock, zone=lambda: 0, quota=QUOTA)
        self.drawn = random.Random("desk")
        self.counts = (agreements, listings, members)
        self.library = self._hosted(self.ledger.perform(AddPerson(name="Library"))[0].subject)
        self.members: list[Feed] = []
        self.listings: list[SignedEntry] = []

    def fill(self) -> None:
        """Everything that has happened."""
        agreements, listings, members = self.counts
        for number in range(members):
            self.members.append(_new_member(number))
        for number in range(listings):
            body = msgspec.structs.replace(made_listing(0, number), quantity=quantity_of(number))
            self.library.write("listing.put", body, self._time(-HISTORY_DAYS))
            self.listings.append(self.library.waiting[-1])
            if number % BATCH == BATCH - 1:
                self._ingest()
        for number in range(agreements):
            asked_on = self._day_of(number)
            self._agree(drawn_story(self.drawn, asked_on, listings, members))
            if number % 5 == 0:
                self._pay(self._day_of(number))
            if number % BATCH == BATCH - 1:
                self._ingest()
        self._ingest()
        # What is promised now is told as it is in life, so that the next move tells one change.
        self.ledger.entail()

    def _tag(self, agreement: bytes) -> bytes:
        """As ``node.authoring`` names a promise."""
        secret = self.ledger.keys.reading_key(self.library.person).secret_bytes()
        named = hmac.digest(secret, b"p2pshare busy period v1\0" + agreement, "sha256")
        return named[:PROMISE_TAG_BYTES]

    # --- what happens next --------------------------------------------------------------------

    def late_signatures(self, count: int) -> Iterator[Arrival]:
        """Members sign ``receive`` of loans that the library alone has signed, one at a time."""
        by_person = {feed.person.hex(): feed for feed in self.members}
        for agreement, asker, last in self._loans("checked_out", count):
            member = by_person[asker]
            readers = [self.library.reading, member.reading]
            body = LOAN.body_of("receive")()
            member.write("loan.receive", body, self._time(0), agreement, (last,), readers)
            stretch, member.waiting = member.waiting, []
            yield Arrival(OPEN_CIRCLE, stretch)

    def hand_overs(self, count: int) -> Iterator[MoveAgreement]:
        """The library hands over what it promised."""
        person = self.library.person
        for agreement, _, _ in self._loans("accepted", count):
            yield MoveAgreement(person=person, agreement=agreement, move="hand-over")

    def _loans(self, state: str, count: int) -> list[tuple[bytes, str, bytes]]:
        """(agreement, borrower, last entry) of loans in this state, spread over all of them."""
        rows = self.ledger.database.connection.execute(
            "SELECT a.agreement, a.asker, m.entry FROM agreements AS a"
            " JOIN agreement_moves AS m ON m.agreement = a.agreement"
            " WHERE a.kind = 'loan' AND a.underlying_state = ?"
            " GROUP BY a.agreement HAVING m.place = max(m.place) ORDER BY a.agreement LIMIT ?",
            (state, count),
        ).fetchall()
        return [
            (bytes.fromhex(agreement), asker, bytes.fromhex(entry))
            for agreement, asker, entry in rows
        ]

    # --- entries ------------------------------------------------------------------------------

    def _hosted(self, person: bytes) -> Feed:
        connection, keys = self.ledger.database.connection, self.ledger.keys
        feed = local.current_feed(connection, OPEN_CIRCLE, person)
        if feed is None:
            raise RuntimeError("the library has no feed")
        ((seq, last),) = tips_of(connection, feed, circle_numbers(connection)[OPEN_CIRCLE])
        reading = keys.reading_key(person).public
        return Feed(person, reading, keys.feed_key(feed, person), Place(seq + 1, last))

    def _ingest(self) -> None:
        """One transaction with all that waits."""
        with self.ledger.ingest.batch(durable=False) as batch:
            for feed in (self.library, *self.members):
                for start in range(0, len(feed.waiting), STRETCH_ENTRIES_MAX):
                    stretch = feed.waiting[start : start + STRETCH_ENTRIES_MAX]
                    result = batch.append(OPEN_CIRCLE, stretch, own=feed is self.library)
                    if result.outcome is not Outcome.STORED:
                        raise RuntimeError(f"a stretch was not taken: {result}")
                feed.waiting = []
            report = batch.finish(by_peer=False)
        self.ledger.ingest.settle(report)

    # --- what has happened -----------------------------------------------------------------------

    def _day_of(self, number: int) -> int:
        return number * HISTORY_DAYS // self.counts[0] - HISTORY_DAYS

    def _agree(self, story: Story) -> None:
        """All entries of one agreement, as the rules would have written them."""
        library, member = self.library, self.members[story.member]
        feeds = {"library": library, "member": member}
        table = AGREEMENTS[story.kind]
        header = self.listings[story.listing].header
        listing = entry_id(header)[:SUBJECT_BYTES]
        readers = [library.reading, member.reading]
        opening = self._opening(story, listing, header)
        kind = table.kind_of(table.opening.move)
        last = member.write(kind, opening, self._time(min(story.begin, 0)), readers=readers)
        agreement = last[:SUBJECT_BYTES]
        for step in story.steps:
            body = self._said(story, step, table.body_of(step.move))
            time_ms = self._time(story.day(step))
            kind = table.kind_of(step.move)
            last = feeds[step.by].write(kind, body, time_ms, agreement, (last,), readers)
            if step.told:
                out = step.told == "out"
                period = BusyPeriod(
                    opening.from_day, opening.until_day, 1, out, self._tag(agreement)
                )
                told = bodies.ListingBusy(periods=() if step.told == "free" else (period,))
                library.write("listing.busy", told, time_ms, listing)

    def _opening(self, story: Story, listing: bytes, header: bytes) -> AgreementOpening:
        more: dict[str, Any] = {}
        if story.kind == "hold":
            more["token"] = os.urandom(PROMISE_TAG_BYTES)
        made = AGREEMENTS[story.kind].opening.body(
            listing=listing,
            listing_header=header,
            title=made_listing(0, story.listing).title,
            quantity=1,
            from_day=self._day(story.begin),
            until_day=self._day(story.end),
            note="Could I have it for the weekend?" if story.end - story.begin < 5 else "",
            **more,
        )
        if not isinstance(made, AgreementOpening):
            raise TypeError(f"{story.kind} is opened by {type(made)}")
        return made

    def _said(self, story: Story, step: Step, body: type[Body]) -> Body:
        """The body of a move, with what it has to say."""
        said: dict[str, Any] = {"note": "It is being repaired." if step.move == "decline" else ""}
        if issubclass(body, SetsDue):
            said["due_at_ms"] = end_of_day_ms(self._day(story.end), 0)
        if issubclass(body, SetsOffer):
            said["offered_until_ms"] = self._time(story.end)
        if issubclass(body, SetsMinutes):
            said["minutes"] = 60
        return body(**said)

    def _pay(self, day: int) -> None:
        payer, payee = self.drawn.sample([self.library, *self.members], 2)
        body = bodies.HoursPay(
            payer=payer.person, payee=payee.person, minutes=self.drawn.randrange(15, 240, 15)
        )
        payer.write("hours.pay", body, self._time(day))

    def _day(self, day: int) -> str:
        return day_of(self._time(day), 0)

    def _time(self, day: int) -> int:
        return NOW_MS + day * DAY_MS


def _new_member(number: int) -> Feed:
    person, reading, key = SigningKey.generate(), ReadingKey.generate(), SigningKey.generate()
    certificate = issue_certificate(person, reading.public, OPEN_CIRCLE, key.public)
    time_ms = NOW_MS - HISTORY_DAYS * DAY_MS
    salt = os.urandom(SALT_BYTES)
    opening = write_feed_open(key, OPEN_CIRCLE, certificate, time_ms=time_ms, salt=salt)
    place = Place(1, entry_id(opening.header))
    feed = Feed(person.public, reading.public, key, place, [opening])
    profile = bodies.PersonProfile(name=f"Member {number}")
    feed.write("person.profile", profile, time_ms, person_subject(person.public))
    return feed
