"""The circle proof: what is shared is found, what is not is hidden."""

import hmac
from hashlib import sha256
from random import Random

import pytest

from p2pshare.errors import SyncError
from p2pshare.limits import CIRCLE_TAGS_MAX
from p2pshare.log.certificate import closed_circle
from p2pshare.sync.circles import (
    DIALLER,
    LISTENER,
    circle_tag,
    circle_tags,
    other_role,
    proven_circles,
)

TRANSCRIPT = b"\x01" * 32


def secret(number: int) -> bytes:
    return sha256(bytes([number])).digest()


def test_the_tag_is_an_hmac_over_label_transcript_and_role() -> None:
    data = b"p2pshare circle proof v1\0" + TRANSCRIPT + b"dialler"
    expected = hmac.new(secret(1), data, "sha256").digest()[:16]
    assert circle_tag(secret(1), TRANSCRIPT, DIALLER) == expected


def test_only_common_circles_are_proven() -> None:
    ours = {closed_circle(secret(n)): secret(n) for n in (1, 2, 3)}
    tags = circle_tags([secret(n) for n in (2, 3, 4)], TRANSCRIPT, LISTENER, Random(1).randbytes)
    proven = proven_circles(ours, TRANSCRIPT, LISTENER, tags)
    assert proven == {closed_circle(secret(2)), closed_circle(secret(3))}


def test_a_tag_is_worth_nothing_on_another_link_or_in_the_other_direction() -> None:
    ours = {closed_circle(secret(1)): secret(1)}
    tags = circle_tags([secret(1)], TRANSCRIPT, LISTENER, Random(1).randbytes)
    assert proven_circles(ours, TRANSCRIPT, LISTENER, tags)
    assert not proven_circles(ours, TRANSCRIPT, DIALLER, tags), "reflected"
    assert not proven_circles(ours, b"\x02" * 32, LISTENER, tags), "replayed"


@pytest.mark.parametrize(("circles", "tags"), [(0, 16), (1, 16), (16, 16), (17, 32), (64, 64)])
def test_the_number_of_tags_is_a_multiple_of_sixteen(circles: int, tags: int) -> None:
    made = circle_tags(map(secret, range(circles)), TRANSCRIPT, DIALLER, Random(1).randbytes)
    assert len(made) == len(set(made)) == tags
    assert list(made) == sorted(made), "the order tells nothing"
    assert all(len(tag) == 16 for tag in made)


def test_more_circles_than_a_message_can_name_are_refused() -> None:
    with pytest.raises(SyncError):
        circle_tags(
            map(secret, range(CIRCLE_TAGS_MAX + 1)), TRANSCRIPT, DIALLER, Random(1).randbytes
        )


def test_roles_are_opposite() -> None:
    assert other_role(DIALLER) == LISTENER
    assert other_role(LISTENER) == DIALLER
