"""Hours as people and programs are shown them: accounts, statements, hours spent apart.

Made by ``store.accounts``; the words of ``domain.views`` hold: ids are hex text, times are
milliseconds and min(signed time, time received), amounts are whole minutes.
"""

from dataclasses import dataclass

from p2pshare.domain.hour_rules import Flag


@dataclass(frozen=True, slots=True)
class MemberView:
    """Somebody's account in a circle, and whether it is at a limit of this computer."""

    circle: str
    person: str
    name: str
    minutes: int
    flag: Flag


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One payment from or to the person of a statement; ``balance`` is theirs after it.

    A split has a line for each payee, told apart by ``place``. ``corrects`` is the payment that
    this one sets right.
    """

    payment: str
    place: int
    payer: str
    payer_name: str
    payee: str
    payee_name: str
    minutes: int
    at_ms: int
    gift: bool
    corrects: str | None
    confirmed: bool
    desk: bool
    balance: int


@dataclass(frozen=True, slots=True)
class OverspentPayment:
    """A payment, or the part of a split, that was signed apart from others of its payer.

    ``feed`` is the one it was signed in: one for each computer, unless its folder was copied.
    """

    payment: str
    payee: str
    payee_name: str
    minutes: int
    at_ms: int
    feed: str


@dataclass(frozen=True, slots=True)
class OverspentView:
    """Somebody who went past the hard limit by signing on computers apart from each other.

    Each payment was within the ``limit`` (minutes below zero) as far as its computer knew;
    together they lead ``minutes`` past it. ``payments`` are those that were signed apart, the
    oldest first.
    """

    circle: str
    person: str
    name: str
    minutes: int
    limit: int
    balance: int
    payments: tuple[OverspentPayment, ...]

    def concerns(self, person: str) -> bool:
        """Whether somebody paid or was paid by one of these payments."""
        return person == self.person or any(one.payee == person for one in self.payments)
