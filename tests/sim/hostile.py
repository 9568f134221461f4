"""Nodes that take part and lie: each kind does one thing that DESIGN section 7 must survive.

All are honest engines underneath, so that they know the protocol, the circles and real feeds.
"""

from sim.authors import seeded
from sim.node import SimNode

from p2pshare.limits import MESSAGE_BYTES_MAX
from p2pshare.log.entry import SignedEntry, decode_header, entry_id
from p2pshare.sync.events import Effect, Event, FeedRead, ReadStretches, StretchesRead
from p2pshare.sync.messages import (
    EntriesFound,
    Head,
    Heads,
    HeadsKind,
    Range,
    Ranges,
    ServedStatus,
    Stretch,
    Stretches,
    decode_message,
    encode_message,
)


class HostileNode(SimNode):
    """``mischief`` is called about once a second while the world runs."""

    hostile = True

    def mischief(self) -> None:
        """Nothing by itself."""

    def everybody(self, data: bytes) -> None:
        for link in list(self.links):
            self.send(link, data, False)


class Inventor(HostileNode):
    """Invents heads: of feeds nobody has, and far ahead in feeds that exist."""

    def mischief(self) -> None:
        heads = []
        for number in range(40):
            feed = seeded(self.name, self.clock.now, number)
            heads.append(Head(feed, ((number, seeded(feed)),)))
        for feed in list(self.frontier)[:40]:
            tip = (10_000 + self.rng.randrange(1000), self.rng.randbytes(32))
            heads.append(Head(feed, (tip,)))
        self.everybody(encode_message(Heads(self.circle, HeadsKind.NOTICE, "", tuple(heads))))
        lie = Range("", 5000, self.rng.randbytes(32))
        self.everybody(encode_message(Ranges(self.circle, (lie,), ())))


class Forker(HostileNode):
    """Signs two entries after the same one, and gives each neighbour another branch."""

    def mischief(self) -> None:
        if self.author.written > 12 or len(self.links) < 2:
            return
        if not self.author.place.seq:
            self.publish()
        place = self.author.place
        for link in list(self.links):
            branch = []
            self.author.place = place
            for number in range(1 + self.rng.randrange(2)):
                branch.append(self.author.write(f"{link} {number}"))
            stretch = tuple(branch)
            self.ledger.store_stretches([stretch])
            self.send(link, encode_message(Stretches(self.circle, (stretch,))), False)


class Stripper(HostileNode):
    """Sends headers without their bodies, and never has a body when asked."""

    def send(self, link: int, data: bytes, tracked: bool) -> None:
        message = decode_message(data)
        if isinstance(message, Stretches):
            data = encode_message(
                Stretches(message.circle, tuple(map(stripped, message.stretches)))
            )
        elif isinstance(message, EntriesFound):
            ids = map(identifier_of, message.entries)
            data = encode_message(EntriesFound(message.circle, (), (*ids, *message.missing)))
        super().send(link, data, tracked)


class Withholder(HostileNode):
    """Has everything, claims it, and gives nothing of it: no answer to a want, no push."""

    def result(self, effect: Effect) -> Event:
        if isinstance(effect, ReadStretches):
            ended = tuple(FeedRead(one.feed, ServedStatus.COMPLETE) for one in effect.wants)
            return StretchesRead(effect.request, (), ended)
        return super().result(effect)

    def send(self, link: int, data: bytes, tracked: bool) -> None:
        if not isinstance(decode_message(data), Stretches):
            super().send(link, data, tracked)


class Replayer(HostileNode):
    """Says again what it heard and said before, to whoever is there."""

    def mischief(self) -> None:
        heard = [data for _, to, data in self.network_sent() if to is self]
        for _ in range(5):
            if heard:
                self.everybody(self.rng.choice(heard))

    def network_sent(self) -> list[tuple[object, object, bytes]]:
        for end in self.links.values():
            return list(end.network.sent)
        return []


class Babbler(HostileNode):
    """Garbage, halves of messages, oversized ones, strange circles, broken entries."""

    def mischief(self) -> None:
        good = encode_message(Ranges(self.circle, (Range("", 1, bytes(32)),), ()))
        entry = self.author.write()
        bad = SignedEntry(entry.header, bytes(64), entry.body)
        choices = [
            self.rng.randbytes(200),
            good[:-5],
            bytes(MESSAGE_BYTES_MAX + 1),
            encode_message(Ranges(bytes(32), (), ())),
            encode_message(Stretches(self.circle, ((bad,),))),
            bytes([0x92, 0x70, 0x01]),
        ]
        for link in list(self.links):
            self.send(link, self.rng.choice(choices), False)


class Corrupter(HostileNode):
    """Sends false signatures everywhere but at the ends of stretches."""

    def send(self, link: int, data: bytes, tracked: bool) -> None:
        message = decode_message(data)
        if isinstance(message, Stretches):
            stretches = tuple(map(corrupted, message.stretches))
            data = encode_message(Stretches(message.circle, stretches))
        super().send(link, data, tracked)


def identifier_of(entry: SignedEntry) -> bytes:
    return entry_id(entry.header)


def stripped(stretch: Stretch) -> Stretch:
    first = decode_header(stretch[0].header).seq
    return tuple(
        SignedEntry(one.header, one.signature, one.body if first + at == 0 else None)
        for at, one in enumerate(stretch)
    )


def corrupted(stretch: Stretch) -> Stretch:
    inner = tuple(SignedEntry(one.header, bytes(64), one.body) for one in stretch[:-1])
    return (*inner, stretch[-1])


KINDS: tuple[type[HostileNode], ...] = (
    Inventor,
    Forker,
    Stripper,
    Withholder,
    Replayer,
    Babbler,
    Corrupter,
)
