"""All chance of a street from one seed: keys, salts, tokens of holds, and what sealing draws.

Two runs with one seed then write the same entries, to the byte, and a failure comes again. Nothing
is left out or checked less: what is drawn is only drawn from elsewhere. HPKE draws a sender's key
for each box where nobody can reach it; ``unit.store.world_kit`` makes the same boxes with a key
that follows from the contents, which every reader opens with the real code.
"""

import random
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from unittest.mock import patch

from unit.store import world_kit

from p2pshare.limits import BODY_BYTES_MAX
from p2pshare.log import author
from p2pshare.log.keys import ReadingKey, SigningKey
from p2pshare.node import acts_holds, writing


@contextmanager
def chance_from(seed: object) -> Iterator[None]:
    """Within, everything that p2pshare draws comes from ``seed``."""
    drawn = random.Random(repr(("chance", seed)))

    def signing_key(_: type[SigningKey]) -> SigningKey:
        return SigningKey.from_bytes(drawn.randbytes(32))

    def reading_key(_: type[ReadingKey]) -> ReadingKey:
        return ReadingKey.from_bytes(drawn.randbytes(32))

    with ExitStack() as stack:
        for module in (writing, acts_holds):  # salts, and the tokens of those who wait
            drawing = SimpleNamespace(urandom=drawn.randbytes)
            stack.enter_context(patch.object(module, "os", drawing))
        stack.enter_context(patch.object(SigningKey, "generate", classmethod(signing_key)))
        stack.enter_context(patch.object(ReadingKey, "generate", classmethod(reading_key)))
        stack.enter_context(patch.object(author, "seal_body", _seal_body))
        yield


def _seal_body(
    salt: bytes,
    payload: bytes,
    readers: Iterable[bytes],
    *,
    circle: bytes,
    feed: bytes,
    previous: bytes,
) -> bytes:
    body = world_kit._sealed(salt + payload, list(readers), circle + feed + previous)
    assert len(body) <= BODY_BYTES_MAX
    return body
