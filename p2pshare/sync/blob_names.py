"""By what name a blob is asked for, so that asking tells nobody what they do not know.

docs/protocol.md section 7. Photos of listings go by their SHA-256, which everybody can read in the
listing. The hash of one that only an agreement shows is known to its two parties; whoever knows it
may have the photo. So it never leaves: asked is by HMAC-SHA256(hash, label, link transcript, role
of the asking side), which only who knows the hash can make or understand, and which is worth
nothing on another link or in the other direction.
"""

import hmac
from typing import Final

SEALED_BLOB_LABEL: Final = b"p2pshare sealed blob v1\0"


def asking(transcript: bytes, role: bytes) -> bytes:
    """What names of sealed blobs are made with, on a link, by the side in ``role``."""
    return SEALED_BLOB_LABEL + transcript + role


def sealed_name(blob: bytes, asking: bytes) -> bytes:
    """The 32-byte name by which a blob (its SHA-256) is asked for there."""
    return hmac.digest(blob, asking, "sha256")
