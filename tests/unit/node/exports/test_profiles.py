"""Murmurations profiles: own open listings, by consent, as a list or in an archive."""

import io
import json
from zipfile import ZipFile

import pytest
from unit.node.computers import Computer
from unit.node.exports.ledger_to_export import exported

from p2pshare.domain.exports.murmurations import consent
from p2pshare.errors import DomainError, UnknownReference

AGREED = consent(True, email="ada@example.org")


def test_own_listings_are_a_list_of_profiles(ada: Computer) -> None:
    data, number = exported(ada, "murmurations", consent=AGREED)
    profiles = json.loads(data)
    assert number == len(profiles) == 4
    assert {one["title"] for one in profiles} == {
        *("Drill", "Chair", "Guitar lessons", "Help with the garden"),
    }
    assert all(one["contact_details"] == {"email": "ada@example.org"} for one in profiles)
    assert [one["expires_at"] for one in profiles if "expires_at" in one] == [1_798_761_599]


def test_nothing_of_others_is_published(ada: Computer) -> None:
    cleo = ada.add("Cleo")
    assert exported(ada, "murmurations", consent=AGREED, person=cleo) == (b"[]\n", 0)
    ada.offer(cleo, "Cello")
    with pytest.raises(UnknownReference, match="several persons share this computer"):
        exported(ada, "murmurations", consent=AGREED)
    data, _ = exported(ada, "murmurations", consent=AGREED, person=cleo)
    assert [one["title"] for one in json.loads(data)] == ["Cello"]


def test_what_a_closed_circle_was_told_stays_there(ada: Computer) -> None:
    street = ada.add_closed_circle("Street", bytes(31) + b"\1")
    (person, *_) = ada.own_persons()
    ada.offer(person, "Key to the cellar", circle=street)
    _, number = exported(ada, "murmurations", consent=AGREED)
    assert number == 4
    named, _ = exported(ada, "murmurations", consent=AGREED, circle=street)
    assert [one["title"] for one in json.loads(named)] == ["Key to the cellar"]


def test_nothing_is_written_without_consent(ada: Computer) -> None:
    with pytest.raises(DomainError, match="read by everybody"):
        exported(ada, "murmurations")


def test_an_archive_has_a_document_for_each(ada: Computer) -> None:
    data, number = exported(ada, "murmurations", consent=AGREED, archive=True)
    again, _ = exported(ada, "murmurations", consent=AGREED, archive=True)
    listings = {view.listing for view in ada.queries.listings(ada.today())}
    assert again == data, "the same listings give the same bytes"
    with ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert {name.removesuffix(".json") for name in archive.namelist()} == listings
        titles = {json.loads(archive.read(name))["title"] for name in archive.namelist()}
    assert len(titles) == number == 4
