"""What the agreements of a made-up library came to: their kinds, how they ended, who signed what.

Data for ``made_agreements``, which writes the entries. The moves are those that the rules would
have let people make, in an order of theirs.
"""

import random
from dataclasses import dataclass
from typing import Any, Final, Literal

HISTORY_DAYS: Final = 730

#: How many of a hundred agreements are of each kind.
KINDS: Final = {"loan": 82, "gift": 5, "session": 8, "hold": 5}

#: How agreements that lie behind us ended, by hundredths.
ENDINGS: Final[dict[str, dict[str, int]]] = {
    "loan": {"closed": 88, "declined": 5, "cancelled": 5, "disputed": 2},
    "gift": {"given": 60, "declined": 30, "cancelled": 10},
    "session": {"done": 85, "declined": 10, "cancelled": 5},
    "hold": {"taken": 60, "dropped": 40},
}

#: How agreements that lie ahead of us stand.
AHEAD: Final[dict[str, tuple[str, ...]]] = {
    "loan": ("requested", "accepted", "accepted"),
    "gift": ("requested", "accepted"),
    "session": ("requested", "accepted", "accepted"),
    "hold": ("waiting", "waiting", "offered"),
}
OVERDUE_OF: Final = 150
"""One loan of so many that should be back by now is still out."""


@dataclass(frozen=True)
class Step:
    """One move: by whom, when, and what its owner tells of the listing's days afterwards."""

    by: Literal["library", "member"]
    move: str
    when: Literal["asked", "begin", "end", "later"]
    told: Literal["", "promised", "out", "free"] = ""


_ACCEPT: Final = Step("library", "accept", "asked", "promised")
_HAND_OVER: Final = Step("library", "hand-over", "begin", "out")
_DECLINE: Final = Step("library", "decline", "begin")
_CANCEL: Final = Step("member", "cancel", "begin", "free")
_GIVE_BACK: Final = Step("member", "give-back", "end")
_TAKE_BACK: Final = Step("library", "take-back", "end", "free")
_OFFER: Final = Step("library", "offer", "begin")

STEPS: Final[dict[tuple[str, str], tuple[Step, ...]]] = {
    ("loan", "requested"): (),
    ("loan", "accepted"): (_ACCEPT,),
    ("loan", "checked_out"): (_ACCEPT, _HAND_OVER),
    ("loan", "closed"): (_ACCEPT, _HAND_OVER, _GIVE_BACK, _TAKE_BACK),
    ("loan", "disputed"): (_ACCEPT, _HAND_OVER, _TAKE_BACK, Step("library", "dispute", "later")),
    ("loan", "declined"): (_DECLINE,),
    ("loan", "cancelled"): (_ACCEPT, _CANCEL),
    ("gift", "requested"): (),
    ("gift", "accepted"): (_ACCEPT,),
    ("gift", "given"): (_ACCEPT, _HAND_OVER, Step("member", "receive", "end")),
    ("gift", "declined"): (_DECLINE,),
    ("gift", "cancelled"): (_ACCEPT, _CANCEL),
    ("session", "requested"): (),
    ("session", "accepted"): (Step("library", "accept", "asked"),),
    ("session", "done"): (
        Step("library", "accept", "asked"),
        Step("library", "done", "end"),
        Step("member", "done", "end"),
    ),
    ("session", "declined"): (_DECLINE,),
    ("session", "cancelled"): (Step("member", "cancel", "begin"),),
    ("hold", "waiting"): (),
    ("hold", "offered"): (_OFFER,),
    ("hold", "taken"): (_OFFER, Step("member", "take", "begin")),
    ("hold", "dropped"): (Step("member", "drop", "end"),),
}


@dataclass(frozen=True)
class Story:
    """One agreement: days count from today; ``listing`` and ``member`` are numbers."""

    kind: str
    state: str
    listing: int
    member: int
    begin: int
    end: int

    @property
    def steps(self) -> tuple[Step, ...]:
        """The moves after the opening one."""
        return STEPS[self.kind, self.state]

    def day(self, step: Step) -> int:
        """When the step was made."""
        asked = min(self.begin, 0)
        return {"asked": asked, "begin": asked, "end": self.end, "later": self.end + 1}[step.when]


def drawn_story(drawn: random.Random, asked_on: int, listings: int, members: int) -> Story:
    """An agreement that was asked for on this day."""
    kind = _drawn(drawn, KINDS)
    begin = asked_on + drawn.choice((0, 0, 1, 3, 20))
    end = begin + drawn.choice((1, 3, 7, 14))
    if begin > 0:
        state = drawn.choice(AHEAD[kind])
    elif kind == "loan" and (end >= 0 or drawn.randrange(OVERDUE_OF) == 0):
        state = "checked_out"
    else:
        state = _drawn(drawn, ENDINGS[kind])
    # The square makes some things far more wanted than others: 600 loans of the first one.
    listing = int(listings * drawn.random() ** 2)
    return Story(kind, state, listing, drawn.randrange(members), begin, end)


def quantity_of(listing: int) -> int:
    """How many there are of a listing: the most wanted things are bought more than once."""
    return 50 if listing < 1_000 else 5


def _drawn(drawn: random.Random, weights: dict[str, Any]) -> str:
    (found,) = drawn.choices(list(weights), list(weights.values()))
    return found
