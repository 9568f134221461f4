"""Many nodes on one network: who dials whom, links that break, partitions, and what is equal."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sim.hostile import HostileNode
from sim.ledger import MemoryLedger
from sim.network import Clock, Network
from sim.node import SimNode

from p2pshare.log.certificate import OPEN_CIRCLE

MAINTAIN_SECONDS = 1.0
REDIAL_SECONDS = 1.0


@dataclass
class Dial:
    """One node that keeps a link to another; after each breach it waits longer."""

    dialler: SimNode
    listener: SimNode
    breaches: int = 0
    not_before: float = 0.0


class World:
    """``run_until_equal`` is what tests wait for; everything follows from the seed."""

    def __init__(self, seed: object, *, circle: bytes = OPEN_CIRCLE) -> None:
        self.seed = seed
        self.circle = circle
        self.rng = random.Random(repr((seed, "world")))
        self.clock = Clock()
        self.network = Network(self.clock, seed)
        self.nodes: list[SimNode] = []
        self.dials: list[Dial] = []
        self.break_chance = 0.0
        self.group: dict[bytes, int] = {}
        self._maintain()

    def add(self, name: str, kind: type[SimNode] = SimNode, **options: object) -> SimNode:
        node = kind(name, self.clock, self.circle, seed=self.seed, **options)  # type: ignore[arg-type]
        self.nodes.append(node)
        return node

    def link(self, dialler: SimNode, listener: SimNode) -> None:
        """Connect now, and keep a link from now on."""
        self.dials.append(Dial(dialler, listener))
        if self._may_link(dialler, listener):
            self.network.connect(dialler, listener)

    def restart(self, node: SimNode) -> SimNode:
        """The node's process ends, and another begins on what its ledger kept."""
        for end in list(self.network.ends.values()):
            if end.is_open and end.owner is node:
                end.close()
        again = type(node)(node.name, self.clock, self.circle, seed=self.seed, ledger=node.ledger)
        again.author = node.author
        self.nodes[self.nodes.index(node)] = again
        for dial in self.dials:
            dial.dialler = again if dial.dialler is node else dial.dialler
            dial.listener = again if dial.listener is node else dial.listener
        return again

    def link_at_random(self, node: SimNode, count: int) -> None:
        """Dial some of the others, and of the honest ones at least one."""
        others = [other for other in self.nodes if other is not node]
        chosen = self.rng.sample(others, min(count, len(others)))
        honest = [other for other in others if not other.hostile]
        if honest and all(other.hostile for other in chosen):
            chosen.append(self.rng.choice(honest))
        for other in chosen:
            if self.network.between(node, other) is None:
                self.link(node, other)

    def partition(self, *groups: Iterable[SimNode]) -> None:
        """Only nodes of the same group can link; no groups: everybody can."""
        self.group = {node.device: number for number, group in enumerate(groups) for node in group}
        for end in list(self.network.ends.values()):
            near, far = end.owner, end.other.owner
            if end.is_open and self.group.get(near.device) != self.group.get(far.device):
                end.close()

    def honest(self) -> list[SimNode]:
        return [node for node in self.nodes if not node.hostile]

    def digests(self) -> set[bytes]:
        return {node.frontier.digest() for node in self.honest()}

    def is_equal(self) -> bool:
        """All honest nodes hold the same entries with all bodies."""
        return len(self.digests()) == 1 and all(not node.ledger.owed() for node in self.honest())

    def run(self, seconds: float) -> None:
        self.clock.run(self.clock.now + seconds)

    def run_until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Run until ``condition`` holds, at most so many virtual seconds; whether it does."""
        end = self.clock.now + seconds
        while not condition():
            if self.clock.now >= end:
                return False
            self.run(0.25)
        return True

    def run_until_equal(self, seconds: float = 60.0) -> None:
        reached = self.run_until(self.is_equal, seconds)
        assert reached, self.differences()

    def differences(self) -> str:
        """What a failed test needs to know."""
        union: set[bytes] = set()
        for node in self.honest():
            if isinstance(node.ledger, MemoryLedger):
                union |= node.ledger.entries.keys()
        lines = [f"seed {self.seed!r} at {self.clock.now:.2f} s: {len(union)} entries in all"]
        for node in self.honest():
            if isinstance(node.ledger, MemoryLedger):
                lacks = len(union - node.ledger.entries.keys())
                if lacks or node.ledger.owed():
                    owed = len(node.ledger.owed())
                    lines.append(f"{node.name}: lacks {lacks}, owed {owed}, {node.reasons}")
        return "\n".join(lines)

    def _may_link(self, one: SimNode, other: SimNode) -> bool:
        return self.group.get(one.device) == self.group.get(other.device)

    def _maintain(self) -> None:
        """Break some links, redial what is gone, let the hostile do what they do."""
        for dial in self.dials:
            end = self.network.between(dial.dialler, dial.listener)
            if end is not None:
                if self.break_chance and self.rng.random() < self.break_chance:
                    end.close()
                    dial.not_before = self.clock.now + REDIAL_SECONDS * self.rng.random()
                continue
            breaches = sum(
                peer in (dial.dialler.device, dial.listener.device)
                for node in (dial.dialler, dial.listener)
                for peer, _ in node.closed
            )
            if breaches > dial.breaches:
                dial.breaches = breaches
                dial.not_before = self.clock.now + min(30.0, REDIAL_SECONDS * 2**breaches)
            if self.clock.now >= dial.not_before and self._may_link(dial.dialler, dial.listener):
                self.network.connect(dial.dialler, dial.listener)
        for node in self.nodes:
            if isinstance(node, HostileNode):
                node.mischief()
        self.clock.at(MAINTAIN_SECONDS, self._maintain)
