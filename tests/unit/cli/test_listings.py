"""offer, want, listing, listings."""

from integration.cli_kit import INSTANT, LISTING_KEYS, Home, is_id, meet, today

from p2pshare.domain.days import add_days
from p2pshare.log.certificate import OPEN_CIRCLE


def test_offers_and_wants(ada: Home) -> None:
    last_day = add_days(today(), 30)
    offer = ada.json(
        *("offer", "add", "Hammer drill", "--description", "With bits\nand a case"),
        *("--category", "tools", "--tag", "drill", "--tag", "power", "--quantity", "2"),
        *("--transaction-type", "borrow-lend", "--transaction-type", "receive-donate"),
        *("--expires", last_day),
    )
    want = ada.json("want", "add", "Radio repair", "--item-type", "service")
    assert set(offer) == set(want) == {"listing"}
    assert is_id(offer["listing"], 16)

    shown = ada.json("listing", "show", offer["listing"][:6].upper())
    assert {key: shown[key] for key in LISTING_KEYS} == {
        "listing": offer["listing"],
        "exchange_type": "offer",
        "item_type": "good",
        "transaction_type": ["borrow-lend", "receive-donate"],
        "title": "Hammer drill",
        "description": "With bits\nand a case",
        "category": "tools",
        "tags": ["drill", "power"],
        "quantity": 2,
        "available": 2,
        "photos": [],
        "person": ada.json("status")["persons"][0]["person"],
        "person_name": "Ada",
        "circle": OPEN_CIRCLE.hex(),
        "updated": shown["updated"],
    }
    assert INSTANT.fullmatch(shown["updated"])
    assert (shown["expires"], shown["closed"], shown["busy"]) == (last_day, False, [])

    listings = ada.json("listings")
    assert [list(one) for one in listings] == [LISTING_KEYS] * 2
    assert listings[1] == {key: shown[key] for key in LISTING_KEYS}
    assert listings[0]["transaction_type"] == ["hours"]


def test_listings_are_found_and_filtered(ada: Home, ben: Home) -> None:
    drill = ada.json("offer", "add", "Hammer drill")["listing"]
    lesson = ada.json("offer", "add", "Drilling lesson", "--item-type", "service")["listing"]
    ladder = ben.json("want", "add", "Ladder")["listing"]
    meet(ada, ben)

    def found(*options: str) -> set[str]:
        return {one["listing"] for one in ada.json("listings", *options)}

    assert found() == {drill, lesson, ladder}
    assert found("--search", "drill") == {drill, lesson}
    assert found("--search", 'dr"ill* OR (') == set()
    assert found("--search", "?!") == set()
    assert found("--exchange-type", "want") == {ladder}
    assert found("--item-type", "service") == {lesson}
    assert found("--mine") == {drill, lesson}
    assert len(found("--limit", "2")) == 2
    assert found("--mine", "--search", "hammer", "--limit", "5") == {drill}


def test_edit_and_close(ada: Home) -> None:
    listing = ada.json("offer", "add", "Drill", "--tag", "a", "--expires", today())["listing"]
    edited = ada.json(
        *("listing", "edit", listing, "--title", "Drill, 800 W"),
        *("--tag", "", "--expires", "never", "--quantity", "3"),
    )
    assert edited == {"listing": listing}
    shown = ada.json("listing", "show", listing)
    assert (shown["title"], shown["tags"], shown["expires"]) == ("Drill, 800 W", [], None)
    assert shown["available"] == 3
    assert ada.json("listing", "close", listing[:8]) == {"listing": listing}
    assert ada.json("listings") == []
    assert ada.json("listing", "show", listing)["closed"] is True


def test_a_listing_in_words(ada: Home) -> None:
    added = ada.run("offer", "add", "Hammer drill", "--tag", "power", "--description", "With bits")
    assert "You offer Hammer drill" in added.out
    assert "You look for Ladder" in ada.run("want", "add", "Ladder").out
    listing = ada.json("listings", "--search", "drill")[0]["listing"]
    said = ada.run("listing", "show", listing[:5]).out
    for word in ("Hammer drill", "Ada", "power", "With bits", "1 of 1", listing):
        assert word in said
    assert "Closed." in ada.run("listing", "close", listing).out
    assert "closed" in ada.run("listing", "show", listing).out
