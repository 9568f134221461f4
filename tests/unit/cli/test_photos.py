"""photo, and --photo of offer, want and listing edit."""

from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from integration.cli_kit import Home, meet, one_error, sign_listing
from PIL import Image
from unit.node.photo_kit import SECRETS, encoded, halves, noise, png_claiming, talkative

from p2pshare.limits import PHOTOS_MAX


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Two photos as a camera makes them."""
    paths = [tmp_path / "one.jpg", tmp_path / "two.png"]
    paths[0].write_bytes(talkative("JPEG", noise(1500, 1000)))
    paths[1].write_bytes(encoded(halves(), "PNG"))
    return [str(path) for path in paths]


def photos(home: Home, listing: str) -> list[str]:
    return list(home.json("listing", "show", listing)["photos"])


def test_photos_come_with_an_offer_and_out_again(
    ada: Home, files: list[str], tmp_path: Path
) -> None:
    drill = ada.json("offer", "add", "Drill", "--photo", files[0], "--photo", files[1])["listing"]
    first, second = photos(ada, drill)
    out = tmp_path / "out.jpg"
    document = ada.json("photo", first[:10], "-o", str(out))
    data = out.read_bytes()
    assert document == {"photo": first, "bytes": len(data)}
    assert sha256(data).hexdigest() == first
    assert not any(secret in data for secret in SECRETS)
    with Image.open(BytesIO(data)) as image:
        assert (image.format, image.size) == ("JPEG", (1280, 853))
    said = ada.run("photo", second, "-o", str(out))
    assert (said.code, said.err) == (0, "")
    assert sha256(out.read_bytes()).hexdigest() == second
    assert first[:8] in ada.run("listing", "show", drill).out


def test_photos_of_a_listing_are_changed_and_removed(ada: Home, files: list[str]) -> None:
    want = ada.json("want", "add", "Drill", "--photo", files[0])["listing"]
    first = photos(ada, want)
    ada.json("listing", "edit", want, "--title", "A drill")
    assert photos(ada, want) == first
    ada.json("listing", "edit", want, "--photo", files[1])
    assert len(photos(ada, want)) == 1
    assert photos(ada, want) != first
    ada.json("listing", "edit", want, "--photo", "")
    assert photos(ada, want) == []
    assert one_error(ada.run("photo", first[0], "-o", "nowhere.jpg").err)


def test_what_is_no_photo_is_refused_in_one_line(ada: Home, tmp_path: Path) -> None:
    before = ada.dump()
    broken = tmp_path / "broken.jpg"
    for data in (b"PK\3\4 an archive", png_claiming(50_000, 50_000), encoded(noise(90, 90))[:900]):
        broken.write_bytes(data)
        refused = ada.run("--json", "offer", "add", "Drill", "--photo", str(broken))
        assert (refused.code, refused.out) == (1, "")
        assert one_error(refused.err)
    for path in (tmp_path, tmp_path / "missing.jpg"):
        refused = ada.run("--json", "offer", "add", "Drill", "--photo", str(path))
        assert (refused.code, refused.out) == (1, "")
        assert one_error(refused.err)
    assert ada.dump() == before


def test_as_many_photos_as_there_may_be(ada: Home, tmp_path: Path) -> None:
    options = []
    for number in range(PHOTOS_MAX + 1):
        path = tmp_path / f"{number}.png"
        path.write_bytes(encoded(Image.new("RGB", (number + 1, 9)), "PNG"))
        options += ["--photo", str(path)]
    refused = ada.run("offer", "add", "Drill", *options)
    assert refused.code == 1
    assert one_error(refused.err)
    drill = ada.json("offer", "add", "Drill", *options[2:])["listing"]
    assert len(photos(ada, drill)) == PHOTOS_MAX


def test_a_neighbours_photo_is_not_here_at_first(ada: Home, ben: Home, files: list[str]) -> None:
    drill = ada.json("offer", "add", "Drill", "--photo", files[0])["listing"]
    meet(ada, ben)
    (photo,) = photos(ben, drill)
    refused = ben.run("--json", "photo", photo, "-o", "nowhere.jpg")
    assert (refused.code, refused.out) == (1, "")
    assert one_error(refused.err)
    assert "p2pshare-cli node" in refused.err


def test_a_hash_that_nothing_shows(ada: Home) -> None:
    sign_listing(ada, title="Drill", photos=(b"\xab" * 32, b"\xac" * 32))
    for prefix in ("a", "ff", "../keys", ""):
        refused = ada.run("photo", prefix, "-o", "nowhere.jpg")
        assert refused.code == 1
        assert one_error(refused.err)
    assert ada.run("photo", "ab").code == 2
