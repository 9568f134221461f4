"""What the rules hand out: bodies to sign, checked against what every other node will read.

Shared by ``domain.rules`` and the rules of each kind of agreement; holds no rule about who may do
what.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from p2pshare import limits
from p2pshare.domain.bodies import Body, encode_payload
from p2pshare.domain.text import clean_block, clean_line
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


def clean_words(words: Sequence[str], what: str, maximum: int) -> tuple[str, ...]:
    """Short lines as they may be signed, each once and none empty; ``what`` is one of them.

    Raises DomainError for one that is too long, and for more than ``maximum``.
    """
    cleaned = (clean_line(word, limits.TAG_CHARACTERS_MAX, f"a {what}") for word in words)
    kept = tuple(dict.fromkeys(word for word in cleaned if word))
    if len(kept) > maximum:
        raise DomainError(f"at most {maximum} {what}s are possible; leave some out")
    return kept
