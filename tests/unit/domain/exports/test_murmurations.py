"""Murmurations profiles: by consent alone, in the schema's words, without where anybody lives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.domain.exports.export_kit import any_listings, listing

from p2pshare.domain.exports.murmurations import (
    GEOGRAPHIC_SCOPES,
    NO_CONSENT,
    SCHEMA,
    consent,
    profile,
    transaction_types,
)
from p2pshare.errors import DomainError

AGREED = consent(True, email="ada@example.org")
THEIR_TRANSACTION_TYPES = {"borrow-lend", "rent-lease", "buy-sell", "receive-donate"}
THEIR_PROPERTIES = {
    *("linked_schemas", "exchange_type", "item_type", "transaction_type", "tags", "title"),
    *("description", "geographic_scope", "contact_details", "expires_at"),
}


def test_a_profile_has_what_the_schema_asks_for() -> None:
    assert profile(listing(expires="2026-12-31"), AGREED, 60) == {
        "linked_schemas": ["offers_wants_schema-v0.1.0"],
        "exchange_type": "offer",
        "item_type": "good",
        "transaction_type": ["borrow-lend"],
        "tags": ["diy", "tools"],
        "title": "Drill",
        "description": "With a case",
        "geographic_scope": "local",
        "contact_details": {"email": "ada@example.org"},
        "expires_at": 1_798_757_999,
    }


@given(any_listings(), st.sampled_from(GEOGRAPHIC_SCOPES))
def test_any_listing_gives_a_profile_that_validates(view, scope) -> None:
    made = profile(view, consent(True, contact_form="https://x.org/a", scope=scope), 0)
    assert set(made) - {"expires_at"} == THEIR_PROPERTIES - {"expires_at"}
    assert made["linked_schemas"] == [SCHEMA]
    assert made["exchange_type"] in ("offer", "want")
    assert made["item_type"] in ("good", "service")
    assert set(made["transaction_type"]) <= THEIR_TRANSACTION_TYPES
    assert len(set(made["transaction_type"])) == len(made["transaction_type"])
    assert len(set(made["tags"])) == len(made["tags"])
    assert all(isinstance(tag, str) and tag for tag in made["tags"])
    assert isinstance(made["title"], str)
    assert made["description"] == (view.description or view.title)
    assert made["geographic_scope"] == scope
    assert made["contact_details"] == {"contact_form": "https://x.org/a"}
    assert ("expires_at" in made) == (view.expires is not None)
    assert isinstance(made.get("expires_at", 0), int)
    # Nothing that only the ledger should say: ids, names, photos, circles.
    assert not [
        value for value in made.values() if value in (view.person, view.circle, view.listing)
    ]


def test_hours_are_a_donation_with_a_tag() -> None:
    made = profile(listing(transaction_type=("hours",)), AGREED, 0)
    assert made["transaction_type"] == ["receive-donate"]
    assert made["tags"][-1] == "time-credits"
    assert "time-credits" not in profile(listing(), AGREED, 0)["tags"]


def test_words_are_translated_once_and_unknown_ones_left_out() -> None:
    assert transaction_types(["hours", "later-word", "borrow-lend", "receive-donate"]) == [
        "receive-donate",
        "borrow-lend",
    ]


def test_nothing_is_made_without_consent() -> None:
    with pytest.raises(DomainError) as refused:
        consent(False, email="ada@example.org")
    assert str(refused.value) == NO_CONSENT


@pytest.mark.parametrize(
    ("contact", "says"),
    [
        ({}, "how you can be reached"),
        ({"email": " "}, "how you can be reached"),
        *(
            ({"email": wrong}, "no e-mail address")
            for wrong in ("ada", "ada@", "@example.org", "ada@localhost", "a b@x.org", "a@x..org")
        ),
        ({"email": "a@" + "x" * 300 + ".org"}, "too long"),
        ({"email": "a\n@x.org"}, "cannot be used"),
        *(
            ({"contact_form": wrong}, "begins with https://")
            for wrong in (
                "example.org",
                "ftp://x.org",
                "javascript:alert(1)",
                "https://",
                "https:///a",
            )
        ),
        ({"contact_form": "https://x.org/a b"}, "begins with https://"),
        ({"email": "ada@example.org", "scope": "galactic"}, "the scope is one of local"),
    ],
)
def test_what_says_nothing_useful_is_refused(contact: dict[str, str], says: str) -> None:
    with pytest.raises(DomainError, match=says):
        consent(True, **contact)


@pytest.mark.parametrize(
    "contact",
    [
        {"email": "ada.l+tools@mail.example.org"},
        {"contact_form": "https://example.org"},
        {"contact_form": "http://example.org:8080/contact?to=ada#form"},
        {"email": "ada@example.org", "contact_form": "https://example.org/"},
    ],
)
def test_either_way_of_being_reached_is_enough(contact: dict[str, str]) -> None:
    assert profile(listing(), consent(True, **contact), 0)["contact_details"] == contact
