"""Names of sealed blobs: known to who knows the hash, and to nobody else."""

import hmac
from hashlib import sha256

from p2pshare.sync.blob_names import asking, sealed_name
from p2pshare.sync.circles import DIALLER, LISTENER

BLOB = sha256(b"photo").digest()
TRANSCRIPT = bytes(range(64))


def test_it_is_as_the_protocol_says():
    label = b"p2pshare sealed blob v1\0"
    name = sealed_name(BLOB, asking(TRANSCRIPT, DIALLER))
    assert name == hmac.digest(BLOB, label + TRANSCRIPT + b"dialler", "sha256")
    assert len(name) == 32


def test_it_is_another_on_each_link_and_in_each_direction_and_for_each_blob():
    names = {
        sealed_name(blob, asking(transcript, role))
        for blob in (BLOB, bytes(32))
        for transcript in (TRANSCRIPT, bytes(64))
        for role in (DIALLER, LISTENER)
    }
    assert len(names) == 8
    assert BLOB not in names
