"""init, person, people, and status: who is here."""

from pathlib import Path

from integration.cli_kit import INSTANT, Home, is_id

from p2pshare.log.certificate import OPEN_CIRCLE


def test_init_person_add_people_and_status(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", in_process=True)
    first = home.json("init", "--name", "Ada")
    second = home.json("person", "add", "Mia")
    assert set(first) == set(second) == {"person", "device"}
    assert first["device"] == second["device"]
    assert first["person"] != second["person"]
    assert all(is_id(value, 32) for value in (*first.values(), second["person"]))

    people = home.json("people")
    assert [set(one) for one in people] == [{"person", "name", "last_seen"}] * 2
    assert [one["name"] for one in people] == ["Ada", "Mia"]
    assert all(INSTANT.fullmatch(one["last_seen"]) for one in people)

    status = home.json("status")
    assert set(status) == {"device", "persons", "circles", "links"}
    assert status["device"] == first["device"]
    assert status["persons"] == [
        {"person": first["person"], "name": "Ada"},
        {"person": second["person"], "name": "Mia"},
    ]
    (circle,) = status["circles"]
    assert set(circle) == {"circle", "name", "entries", "feeds", "digest"}
    assert circle["circle"] == OPEN_CIRCLE.hex()
    assert (circle["name"], circle["entries"], circle["feeds"]) == ("Everyone nearby", 4, 2)
    assert is_id(circle["digest"], 32)
    assert status["links"] == []


def test_several_persons_share_a_computer(ada: Home) -> None:
    mia = ada.json("person", "add", "Mia")["person"]
    refused = ada.run("offer", "add", "Drill")
    assert refused.code == 1
    assert "--as" in refused.err
    ada.json("--as", "mia", "offer", "add", "Doll")
    ada.json("--as", mia[:10], "offer", "add", "Ball")
    ada.json("--as", "Ada", "offer", "add", "Drill")
    assert {one["title"] for one in ada.json("--as", "Mia", "listings", "--mine")} == {
        "Doll",
        "Ball",
    }
    assert len(ada.json("listings", "--mine")) == 3
    assert ada.json("--as", "Mia", "person", "rename", "Amelia") == {
        "person": mia,
        "name": "Amelia",
    }
    assert {one["person_name"] for one in ada.json("listings")} == {"Ada", "Amelia"}


def test_people_are_greeted_and_told_what_comes_next(tmp_path: Path) -> None:
    home = Home(tmp_path, in_process=True)
    assert "Hello Ada" in home.run("init", "--name", "Ada").out
    assert '--as "Mia"' in home.run("person", "add", "Mia").out
    assert "here" in home.run("people").out
    assert "Amelia" in home.run("--as", "Mia", "person", "rename", "Amelia").out


def test_a_lost_computers_feed_is_revoked_from_an_entry_on(ada: Home) -> None:
    ada.json("offer", "add", "Ladder")
    (feed,) = ada.json("person", "feeds")
    assert set(feed) == {"feed", "circle", "entries", "last_entries", "here", "revoked", "last"}
    assert (feed["here"], feed["revoked"], feed["entries"]) == (True, False, 3)
    ada.json("offer", "add", "Not mine")
    revoked = ada.json(
        *("person", "revoke", feed["feed"][:12], "--last-entry", feed["last_entries"][0])
    )
    assert revoked == {"revoked": feed["feed"]}
    assert [one["title"] for one in ada.json("listings")] == ["Ladder"]
    feeds = ada.json("person", "feeds")
    assert [(one["here"], one["revoked"]) for one in feeds] == [(False, True), (True, False)]
    for unknown in ("ffff", "Ada", "f" * 70):
        ran = ada.run("person", "revoke", unknown)
        assert ran.code == 1
        assert "begin" in ran.err


def test_a_backup_is_restored_on_another_computer(ada: Home, tmp_path: Path) -> None:
    file = tmp_path / "ada.backup"
    made = ada.json("person", "backup", "-o", str(file))
    assert made == {"person": ada.json("status")["persons"][0]["person"], "backup": str(file)}
    assert file.stat().st_mode & 0o777 == 0o600
    new = Home(tmp_path / "new", in_process=True)
    restored = new.json("person", "restore", str(file))
    assert set(restored) == {"person", "device"}
    assert restored["person"] == made["person"]
    new.json("offer", "add", "Ladder")
    again = new.run("person", "restore", str(file))
    assert (again.code, again.err.count("\n")) == (1, 1)
    missing = new.run("person", "restore", str(tmp_path / "none"))
    assert (missing.code, missing.err.count("\n")) == (1, 1)
