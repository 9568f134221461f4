"""Scripts of events and effects: an engine with a hand-written shell around it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

import pytest
from sim.authors import Author, seeded

from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.log.entry import SignedEntry, entry_id
from p2pshare.log.frontier import Frontier, Tips
from p2pshare.sync.engine import Engine
from p2pshare.sync.events import (
    CircleOpened,
    CloseLink,
    Effect,
    Event,
    LinkOpened,
    MessageArrived,
    SendMessage,
)
from p2pshare.sync.messages import Circles, Message, decode_message, encode_message


@dataclass
class Script:
    """``tell`` an event and look at the effects; messages are decoded for reading."""

    engine: Engine
    frontier: Frontier
    now: float = 0.0
    last_link: int = 0
    effects: list[Effect] = field(default_factory=list)

    def tell(self, event: Event) -> list[Effect]:
        self.effects = self.engine.handle(event, self.now)
        return self.effects

    def hear(self, link: int, *messages: Message) -> list[Effect]:
        """Messages of the peer arrive; all effects."""
        effects: list[Effect] = []
        for message in messages:
            effects += self.tell(MessageArrived(link, encode_message(message)))
        self.effects = effects
        return effects

    def link(self, *, dialled: bool = False, tags: tuple[bytes, ...] = ()) -> int:
        """A link whose peer has said its circles."""
        self.last_link += 1
        link = self.last_link
        transcript = seeded("transcript", link)
        opening = self.tell(LinkOpened(link, dialled, seeded("peer", link), transcript, True))
        self.hear(link, Circles(bytes(16), tags))
        self.effects = opening + self.effects
        return link

    def said(self, link: int | None = None) -> list[Message]:
        """The messages among the last effects."""
        return messages_of(self.effects, link)

    def closed(self) -> list[str]:
        """The reasons of links closed among the last effects."""
        return [one.reason for one in self.effects if isinstance(one, CloseLink)]

    def made(self, kind: type) -> list:
        """The effects of one kind among the last effects."""
        return [one for one in self.effects if isinstance(one, kind)]


def messages_of(effects: Iterable[Effect], link: int | None = None) -> list[Message]:
    messages = [
        decode_message(one.data)
        for one in effects
        if isinstance(one, SendMessage) and link in (None, one.link)
    ]
    return [message for message in messages if message is not None]


def tips_of(*entries: SignedEntry, seqs: tuple[int, ...]) -> Tips:
    return tuple(
        sorted((seq, entry_id(entry.header)) for seq, entry in zip(seqs, entries, strict=True))
    )


@pytest.fixture
def make_script() -> Callable[..., Script]:
    """An engine in the open circle, standing at the given heads."""

    def make(
        heads: dict[bytes, Tips] | None = None, owed: frozenset[bytes] = frozenset()
    ) -> Script:
        engine = Engine(seeded("me"), seeded("run")[:16], Random(1).randbytes)
        frontier = Frontier(heads)
        script = Script(engine, frontier)
        script.tell(CircleOpened(OPEN_CIRCLE, None, frontier, owed))
        return script

    return make


@pytest.fixture
def script(make_script: Callable[..., Script]) -> Script:
    return make_script()


@pytest.fixture
def author() -> Author:
    return Author("author", OPEN_CIRCLE)


@pytest.fixture
def stand() -> Callable[..., Tips]:
    return tips_of
