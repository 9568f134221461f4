"""What is asked of an export, and what it answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from p2pshare.domain.exports.murmurations import Consent

if TYPE_CHECKING:
    from p2pshare.node.ledger import Ledger

Progress = Callable[[int, int], None]
"""Is told how much of how much is done."""

PROGRESS_STEP: Final = 500
"""After so many it is told again."""


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """Whose and of which circle: the one ``person`` named, or everybody hosted here.

    ``table`` is which table of a spreadsheet; ``consent`` is what somebody agreed to publish;
    ``archive`` is whether single documents stand in a ZIP archive.
    """

    person: bytes | None = None
    circle: bytes | None = None
    table: str = "listings"
    consent: Consent | None = None
    archive: bool = False

    def persons(self, ledger: "Ledger") -> list[str]:
        """The hex ids of those whose agreements and listings are meant."""
        own = ledger.own_persons() if self.person is None else [self.person]
        return [person.hex() for person in own]

    @property
    def person_hex(self) -> str | None:
        """The one person named."""
        return None if self.person is None else self.person.hex()

    @property
    def circle_hex(self) -> str | None:
        """The one circle named."""
        return None if self.circle is None else self.circle.hex()


class Written(NamedTuple):
    """How many of what stand in the file; ``what`` is an English plural, ``loans``."""

    number: int
    what: str

    @property
    def words(self) -> str:
        """``1 entry``, ``2 loans``."""
        if self.number != 1:
            return f"{self.number} {self.what}"
        stem, ending = self.what[:-3], self.what[-3:]
        return f"1 {stem}{'y' if ending == 'ies' else ending[:-1]}"
