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
