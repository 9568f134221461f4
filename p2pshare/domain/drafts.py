"""What the rules hand out: bodies to sign, checked against what every other node will read.

Shared by ``domain.rules`` and ``domain.loan_rules``; holds no rule about who may do what.
"""

from typing import Final, NamedTuple

from p2pshare import limits
from p2pshare.domain.bodies import Body, encode_payload
from p2pshare.domain.text import clean_block
from p2pshare.errors import DomainError

_SALT_BYTES: Final = 16


class Draft(NamedTuple):
    """A body to sign, with its true kind."""

    kind: str
    body: Body


def checked(draft: Draft) -> Draft:
    """``draft``, if it can be read back and its body fits into an entry."""
    if len(encode_payload(draft.body)) + _SALT_BYTES > limits.BODY_BYTES_MAX:
        raise DomainError("that is too much text for one entry; please shorten it")
    return draft


def clean_note(text: str) -> str:
    """``text`` as it may be signed with a move: a block, possibly empty; raises DomainError."""
    return clean_block(text, limits.NOTE_CHARACTERS_MAX, "the note")


def check_quantity(quantity: int) -> int:
    """``quantity``, if there can be that many of a thing; raises DomainError."""
    if not 1 <= quantity <= limits.QUANTITY_MAX:
        raise DomainError(f"the quantity must be 1 to {limits.QUANTITY_MAX}")
    return quantity
