"""Which connections may wait for their welcome: at most so many, so many per address, the oldest
gives way.

Sans-I/O, so that the rule of DESIGN section 8 can be tested by itself. A newcomer is always let in:
a flood of silent connections then pushes out its own, while an honest handshake takes a few
milliseconds.
"""

from typing import Generic, TypeVar

from p2pshare.limits import UNWELCOMED_SOCKETS_MAX, UNWELCOMED_SOCKETS_PER_ADDRESS_MAX

Waiting = TypeVar("Waiting")


class Gate(Generic[Waiting]):
    """The connections that are not welcomed yet, oldest first, with the address each came from."""

    def __init__(
        self,
        sockets_max: int = UNWELCOMED_SOCKETS_MAX,
        sockets_per_address_max: int = UNWELCOMED_SOCKETS_PER_ADDRESS_MAX,
    ) -> None:
        self._sockets_max = sockets_max
        self._per_address_max = sockets_per_address_max
        self._waiting: dict[Waiting, str] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def waiting(self) -> list[Waiting]:
        """Those inside, oldest first."""
        return list(self._waiting)

    def enter(self, newcomer: Waiting, address: str) -> list[Waiting]:
        """Let ``newcomer`` in; returns those that give way and are no longer counted."""
        giving_way = []
        same_address = [one for one, its in self._waiting.items() if its == address]
        if len(same_address) >= self._per_address_max:
            giving_way.append(same_address[0])
        elif len(self._waiting) >= self._sockets_max:
            giving_way.append(next(iter(self._waiting)))
        for one in giving_way:
            del self._waiting[one]
        self._waiting[newcomer] = address
        return giving_way

    def leave(self, one: Waiting) -> None:
        """``one`` was welcomed or has ended; unknown ones are ignored."""
        self._waiting.pop(one, None)
