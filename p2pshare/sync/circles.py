"""The circle proof: which closed circles two devices share, without naming the others.

docs/protocol.md section 7. For each closed circle a side sends HMAC-SHA256(secret, label, link
transcript, role), cut to 16 bytes (RFC 2104 section 5), among random tags. A tag is worth nothing
on another link or in the other direction. The open circle needs no proof: it is a feature bit.
"""

import hmac
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from p2pshare.errors import SyncError
from p2pshare.limits import CIRCLE_TAGS_MAX, CIRCLE_TAGS_MULTIPLE

CIRCLE_PROOF_LABEL: Final = b"p2pshare circle proof v1\0"
CIRCLE_TAG_BYTES: Final = 16
DIALLER: Final = b"dialler"
LISTENER: Final = b"listener"

RandomBytes = Callable[[int], bytes]
"""Random bytes, as many as asked for: the only randomness that sync is given."""


def circle_tag(secret: bytes, transcript: bytes, role: bytes) -> bytes:
    """The 16-byte tag by which the side in ``role`` proves the circle with ``secret``."""
    data = CIRCLE_PROOF_LABEL + transcript + role
    return hmac.digest(secret, data, "sha256")[:CIRCLE_TAG_BYTES]


def circle_tags(
    secrets: Iterable[bytes], transcript: bytes, role: bytes, random_bytes: RandomBytes
) -> tuple[bytes, ...]:
    """The tags for these circles and random ones, a positive multiple of 16 in all.

    They are sorted: tags look random, so their order says nothing of which are real. Raises
    SyncError for more circles than a message has room for.
    """
    tags = {circle_tag(secret, transcript, role) for secret in secrets}
    if len(tags) > CIRCLE_TAGS_MAX:
        raise SyncError(f"at most {CIRCLE_TAGS_MAX} closed circles can be synced")
    blocks = max(1, -(-len(tags) // CIRCLE_TAGS_MULTIPLE))
    while len(tags) < blocks * CIRCLE_TAGS_MULTIPLE:
        tags.add(random_bytes(CIRCLE_TAG_BYTES))
    return tuple(sorted(tags))


def proven_circles(
    secrets: Mapping[bytes, bytes], transcript: bytes, peer_role: bytes, tags: Iterable[bytes]
) -> set[bytes]:
    """Of ``secrets`` (circle id -> secret) the ids that ``tags`` of a peer in its role prove."""
    shown = set(tags)
    return {
        circle
        for circle, secret in secrets.items()
        if circle_tag(secret, transcript, peer_role) in shown
    }


def other_role(role: bytes) -> bytes:
    """The role of the other side."""
    return LISTENER if role == DIALLER else DIALLER
