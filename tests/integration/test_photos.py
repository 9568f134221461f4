"""A photo from file to file, between two real processes on the network."""

import json
from hashlib import sha256
from pathlib import Path

from integration.cli_kit import Home, LiveNode, one_error
from unit.node.photo_kit import noise, talkative


def test_a_photo_reaches_a_neighbour_who_asks_for_it(tmp_path: Path) -> None:
    ada, ben = Home(tmp_path / "ada"), Home(tmp_path / "ben")
    chosen, out = tmp_path / "drill.jpg", tmp_path / "out.jpg"
    chosen.write_bytes(talkative("JPEG", noise(1500, 1000)))
    for home, name in ((ada, "Ada"), (ben, "Ben")):
        home.json("init", "--name", name)
    with LiveNode(ada, "--no-discovery") as first:
        peer = f"127.0.0.1:{first.first['port']}"
        with LiveNode(ben, "--no-discovery", "--peer", peer) as second:
            drill = ada.json("offer", "add", "Drill", "--photo", str(chosen))["listing"]
            second.wait_event(event="changed", id=drill)
            (photo,) = ben.json("listing", "show", drill)["photos"]
            asked = ben.run("photo", photo, "-o", str(out))
            assert asked.code == 1
            assert one_error(asked.err)
            assert "asks for it" in asked.err
            second.wait_event(event="photo-arrived", photo=photo)
            document = ben.json("photo", photo, "-o", str(out))
            assert document == {"photo": photo, "bytes": out.stat().st_size}
            assert sha256(out.read_bytes()).hexdigest() == photo
            ada.json("forget", drill)
            second.wait_line(lambda line: json.loads(line).get("removed") is True)
            assert ben.run("photo", photo, "-o", str(out)).code == 1
    assert out.read_bytes()[100:140] not in (tmp_path / "ben" / "ledger.db").read_bytes()


def changed(node: LiveNode, agreement: str, *, times: int) -> None:
    """Wait until a node has told so often that an agreement changed."""
    telling = f'"id": "{agreement}"'
    node.wait_line(lambda _line: sum(telling in line for line in node.lines) >= times)


def test_how_it_came_back_is_shown_to_the_lender(tmp_path: Path) -> None:
    ada, ben = Home(tmp_path / "ada"), Home(tmp_path / "ben")
    chosen, out = tmp_path / "broken.jpg", tmp_path / "out.jpg"
    chosen.write_bytes(talkative("JPEG", noise(900, 600)))
    for home, name in ((ada, "Ada"), (ben, "Ben")):
        home.json("init", "--name", name)
    with LiveNode(ada, "--no-discovery") as first:
        peer = f"127.0.0.1:{first.first['port']}"
        with LiveNode(ben, "--no-discovery", "--peer", peer) as second:
            drill = ada.json("offer", "add", "Drill")["listing"]
            second.wait_event(event="changed", id=drill)
            loan = ben.json("loan", "request", drill)["loan"]
            changed(first, loan, times=1)
            ada.json("loan", "accept", loan)
            ada.json("loan", "hand-over", loan)
            give_back = ("--condition", "damaged", "--photo", str(chosen), "--note", "Sorry")
            changed(second, loan, times=3)
            ben.json("loan", "give-back", loan, *give_back)
            (photo,) = ben.json("loan", "show", loan)["photos"]
            changed(first, loan, times=4)
            asked = ada.run("photo", photo[:8], "-o", str(out))
            assert (asked.code, one_error(asked.err)) == (1, True)
            first.wait_event(event="photo-arrived", photo=photo)
            assert ada.json("photo", photo[:8], "-o", str(out))["photo"] == photo
            assert sha256(out.read_bytes()).hexdigest() == photo
            shown = ada.run("loan", "show", loan).out
            for words in ("condition: damaged", f"photos: {photo[:8]}", "“Sorry”"):
                assert words in shown
