"""Limits are positive numbers, constant, and those DESIGN section 13 names have its values."""

import ast
import inspect
import re
from collections.abc import Callable
from math import prod
from pathlib import Path

import pytest

from p2pshare import limits
from p2pshare.net.dialer import Dialer
from p2pshare.net.dialling import dial
from p2pshare.net.gate import Gate
from p2pshare.net.listener import Listener
from p2pshare.net.peers import PeerBook
from p2pshare.store.append import Quota
from p2pshare.store.blobs import add_fetched_photo

PROTOCOL = Path(__file__).parents[2] / "docs" / "protocol.md"

NAMES = [name for name in vars(limits) if name.isupper()]


@pytest.mark.parametrize("name", NAMES)
def test_limit_is_a_positive_number(name: str) -> None:
    assert isinstance(getattr(limits, name), (int, float))
    assert getattr(limits, name) > 0


def test_each_limit_is_final_and_given_once() -> None:
    tree = ast.parse(Path(limits.__spec__.origin or "").read_text())
    declared = [node for node in tree.body if isinstance(node, ast.AnnAssign)]
    assert [ast.unparse(node.target) for node in declared] == NAMES
    assert {ast.unparse(node.annotation) for node in declared} == {"Final"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BODY_BYTES_MAX", 16 * 1024),
        ("STRETCH_ENTRIES_MAX", 512),
        ("MESSAGE_BYTES_MAX", 1024 * 1024),
        ("HEADS_PER_MESSAGE_MAX", 4096),
        ("BLOB_BYTES_MAX", 512 * 1024),
        ("TITLE_CHARACTERS_MAX", 120),
        ("DESCRIPTION_CHARACTERS_MAX", 4000),
        ("TAGS_MAX", 12),
        ("PHOTOS_MAX", 8),
        ("DIALLED_LINKS_MAX", 8),
        ("ACCEPTED_LINKS_MAX", 32),
        ("PERSON_ENTRIES_MAX", 20_000),
        ("PERSON_BYTES_MAX", 32 * 2**20),
        ("FOLDER_BYTES_MAX", 4 * 2**30),
        ("INTEGER_MAX", 2**53),
        ("AFTER_ENTRIES_MAX", 4),
        ("HANDSHAKE_SECONDS_MAX", 5),
        ("HANDSHAKE_BYTES_MAX", 4096),
        ("UNWELCOMED_SOCKETS_MAX", 32),
        ("UNWELCOMED_SOCKETS_PER_ADDRESS_MAX", 4),
        ("FEEDS_IN_FLIGHT_MAX", 64),
        ("WANT_SECONDS_MAX", 5),
    ],
)
def test_value_of_the_design(name: str, value: float) -> None:
    assert getattr(limits, name) == value


@pytest.mark.parametrize(
    ("made", "argument", "name"),
    [
        (Listener, "links_max", "ACCEPTED_LINKS_MAX"),
        (Listener, "seconds", "HANDSHAKE_SECONDS_MAX"),
        (Dialer, "dialled_max", "DIALLED_LINKS_MAX"),
        (Dialer, "seconds", "HANDSHAKE_SECONDS_MAX"),
        (PeerBook, "dialled_max", "DIALLED_LINKS_MAX"),
        (dial, "seconds", "HANDSHAKE_SECONDS_MAX"),
        (Gate, "sockets_max", "UNWELCOMED_SOCKETS_MAX"),
        (Gate, "sockets_per_address_max", "UNWELCOMED_SOCKETS_PER_ADDRESS_MAX"),
        (Quota, "entries", "PERSON_ENTRIES_MAX"),
        (Quota, "bytes", "PERSON_BYTES_MAX"),
        (Quota, "folder_bytes", "FOLDER_BYTES_MAX"),
        (add_fetched_photo, "room", "OTHERS_PHOTOS_BYTES_MAX"),
    ],
)
def test_what_tests_make_smaller_is_the_limit_elsewhere(
    made: Callable[..., object], argument: str, name: str
) -> None:
    """Both sides of these are tested with small numbers; this is what everybody else gets."""
    assert inspect.signature(made).parameters[argument].default == getattr(limits, name)


def test_the_protocol_gives_the_value_of_every_limit_it_names() -> None:
    document = PROTOCOL.read_text()
    table = document.split("<!-- table: limits -->")[1].split("<!-- end table -->")[0]
    given = {
        name: prod(float(factor.replace(" ", "")) for factor in value.split("*"))
        for name, value in re.findall(r"^\| ([A-Z_]+) \| ([0-9 *.]+) \|$", table, re.MULTILINE)
    }
    named = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", document))
    assert {name: getattr(limits, name) for name in given} == given
    assert named == set(given)
