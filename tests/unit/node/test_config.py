"""node.config: where the folder, the interfaces and the peers come from."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from p2pshare.errors import NodeError
from p2pshare.limits import FOLDER_BYTES_MAX, PERSON_BYTES_MAX, PERSON_ENTRIES_MAX
from p2pshare.node import config


def test_the_environment_names_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("P2PSHARE_DATA", str(tmp_path))
    assert config.default_folder() == tmp_path


def test_without_it_the_platforms_place_is_used(monkeypatch):
    monkeypatch.delenv("P2PSHARE_DATA", raising=False)
    folder = config.default_folder()
    assert folder.name == "p2pshare"
    assert folder.is_absolute()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("127.0.0.1", ("127.0.0.1",)),
        (" 127.0.0.1 , ::1,", ("127.0.0.1", "::1")),
    ],
)
def test_interfaces_are_separated_by_commas(monkeypatch, text, expected):
    monkeypatch.setenv("P2PSHARE_INTERFACES", text)
    assert config.interfaces_from_environment() == expected


@pytest.mark.parametrize("text", ["nonsense", "127.0.0.1,eth0", "127.0.0.1:80", "127.0.0.1 ::1"])
def test_what_is_no_address_is_refused_and_not_left_out(monkeypatch, text):
    monkeypatch.setenv("P2PSHARE_INTERFACES", text)
    with pytest.raises(NodeError, match=r"P2PSHARE_INTERFACES: '.*' is not an address such as"):
        config.interfaces_from_environment()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.168.1.20:4711", ("192.168.1.20", 4711)),
        ("ada.local:1", ("ada.local", 1)),
        ("[fe80::1%eth0]:65535", ("fe80::1%eth0", 65535)),
    ],
)
def test_a_peer_is_a_host_and_a_port(text, expected):
    assert config.parse_peer(text) == expected


@pytest.mark.parametrize("text", ["", "host", "host:", ":4711", "host:0", "host:65536", "host:x"])
def test_anything_else_is_refused_with_an_example(text):
    with pytest.raises(NodeError, match="not HOST:PORT, for example"):
        config.parse_peer(text)


def test_the_defaults_are_those_of_the_limits():
    quota = config.Config(Path("folder")).quota
    assert (quota.entries, quota.bytes, quota.folder_bytes) == (
        PERSON_ENTRIES_MAX,
        PERSON_BYTES_MAX,
        FOLDER_BYTES_MAX,
    )


def test_the_local_zone_has_an_offset():
    offset = datetime.now(config.local_zone()).utcoffset()
    assert offset is not None
    assert timedelta(hours=-24) < offset < timedelta(hours=24)
