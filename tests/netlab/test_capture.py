"""What somebody who hears everything on the network learns of a whole story: who is near, not who
they are.
"""

import asyncio
import base64
import getpass
import hashlib
import socket
import sys
from pathlib import Path

import pytest
from netlab.capture import datagrams, frames, streams
from netlab.laboratory import Lab, until_equal

pytestmark = pytest.mark.netlab

LINK_SECONDS = 30.0
SYNC_SECONDS = 8.0
CAPTURE = Path(__file__).with_name("capture.py")
TITLE = "Percussion drill Zyxwvut"
NAMES = ("Ada Quillfeather", "Ben Ossington", "Kiosk Vanterpool")


async def test_a_capture_of_a_whole_story_names_nobody_and_nothing(lab: Lab, tmp_path) -> None:
    file = tmp_path / "frames"
    capture = await lab.spawn("capture", lab.switch, sys.executable, str(CAPTURE), str(file))
    await capture.line_matching("^ready$", SYNC_SECONDS)
    hosts = [lab.add_host(letter, f"10.77.0.{place}/24") for place, letter in enumerate("abc", 1)]
    ada, ben, _ = hosts
    made = await asyncio.gather(
        *(host.cli("init", "--name", name) for host, name in zip(hosts, NAMES, strict=True))
    )
    listing = (await ada.cli("offer", "add", TITLE, "--description", "in my cellar"))["listing"]
    await asyncio.gather(*(host.start() for host in hosts))
    await ben.until_titles({TITLE}, LINK_SECONDS)
    loan = (await ben.cli("loan", "request", listing, "--note", "for the bookshelf"))["loan"]
    await ada.until("changed", SYNC_SECONDS, where=lambda line: line["about"] == "agreement")
    await ada.cli("loan", "accept", loan)
    await ada.cli("loan", "hand-over", loan)
    await until_equal(*hosts, seconds=SYNC_SECONDS, entries=10)
    (seen,) = await ben.cli("loans")
    assert seen["state"] == "checked_out"
    await asyncio.gather(*(host.stop() for host in hosts))
    await capture.end()
    assert capture.lines[-1].endswith(" dropped 0"), capture.lines

    udp, tcp = datagrams(file), streams(file)
    assert any(b"_p2pshare\x04_tcp" in one for one in udp), "discovery was not captured"
    assert sum(len(one) > 2000 for one in tcp.values()) >= 4, "links were not captured"
    heard = b"".join([*frames(file), *udp, *tcp.values()])
    found = [what for what, needle in secrets(made).items() if needle in heard.lower()]
    assert not found, found


def secrets(made: list[dict[str, str]]) -> dict[str, bytes]:
    """What must not be heard, in lower case, by what it is."""
    needles = {
        TITLE: TITLE.encode(),
        "a word of the title": b"zyxwvut",
        "the description": b"in my cellar",
        "the note": b"for the bookshelf",
        "a host name": b"kitchen-computer",
        "a kind": b"loan.",
        "the program": b"python",
    }
    for what, name in {"this machine": socket.gethostname(), "the user": getpass.getuser()}.items():
        if len(name) > 4:  # a shorter one is in any two hundred kilobytes of noise now and then
            needles[what] = name.encode()
    for name in NAMES:
        needles |= {part: part.encode() for part in name.split()[1:]} | {name: name.encode()}
    for one in made:
        for what in ("person", "device"):
            raw = bytes.fromhex(one[what])
            for form, value in forms(raw).items():
                needles[f"{what} {one[what][:8]} as {form}"] = value
            fingerprint = hashlib.sha256(raw).digest()
            for form, value in forms(fingerprint).items():
                needles[f"fingerprint of {what} {one[what][:8]} as {form}"] = value
    return {what: needle.lower() for what, needle in needles.items()}


def forms(raw: bytes) -> dict[str, bytes]:
    """How 32 bytes may be written, cut to what makes a hit certain."""
    return {
        "bytes": raw[:8],
        "last bytes": raw[-8:],
        "hex": raw.hex()[:12].encode(),
        "base32": base64.b32encode(raw)[:12],
        "base64": base64.b64encode(raw)[:12],
    }


def test_the_needles_are_found_where_they_stand() -> None:
    """A search that finds nothing proves something only if it would have found it."""
    one = {"person": "ab" * 32, "device": "CDEF" * 16}
    needles = secrets([one])
    wire = (
        f"..{TITLE}.. ".encode() + bytes.fromhex(one["person"]) + one["device"].encode()
    ).lower()
    found = {what for what, needle in needles.items() if needle in wire}
    assert {TITLE, "person abababab as bytes", "device CDEFCDEF as hex"} <= found
