"""Limits are positive numbers, constant, and those DESIGN section 13 names have its values."""

import ast
from pathlib import Path

import pytest

from p2pshare import limits

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
