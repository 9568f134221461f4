"""``p2pshare-cli node`` as programs and people see it: lines, links, signals, slow readers."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from integration.cli_kit import INSTANT, SCRIPT, Home, LiveNode, one_error, sign_listing

QUIET = "--no-discovery"


@pytest.fixture
def ada(tmp_path: Path) -> Home:
    Home(tmp_path / "ada", in_process=True).json("init", "--name", "Ada")
    return Home(tmp_path / "ada", in_process=True)


@pytest.fixture
def ben(tmp_path: Path) -> Home:
    home = Home(tmp_path / "ben", in_process=True)
    home.json("init", "--name", "Ben")
    return home


def address(node: LiveNode) -> str:
    return f"127.0.0.1:{node.first['port']}"


def test_lines_links_and_commands_beside_it(ada: Home, ben: Home) -> None:
    with LiveNode(ada, QUIET) as one:
        assert list(one.first) == ["device", "port"]
        assert one.first["device"] == ada.json("status")["device"]
        with LiveNode(ben, QUIET, "--peer", address(one)) as two:
            link = one.wait_event(event="link-up", device=two.first["device"])
            assert list(link)[:2] == ["event", "at"]
            assert INSTANT.fullmatch(link["at"])
            two.wait_event(event="link-up", device=one.first["device"])

            drill = ada.json("offer", "add", "Drill")["listing"]
            two.wait_event(event="changed", about="listing", id=drill)
            assert ben.json("listings")[0]["person_name"] == "Ada"
            loan = ben.json("loan", "request", drill)["loan"]
            one.wait_event(event="changed", about="agreement", id=loan)
            (linked,) = ben.json("status")["links"]
            assert linked == {"device": one.first["device"], "address": address(one)}

            assert two.end(signal.SIGTERM) == (0, "")
        one.wait_event(event="link-down", device=linked_device(link))
        assert one.end(signal.SIGINT) == (0, "")
    for line in one.lines[1:]:
        assert {"event", "at"} <= set(json.loads(line))
    assert ada.json("status")["links"] == []
    digests = {home.json("status")["circles"][0]["digest"] for home in (ada, ben)}
    assert len(digests) == 1


def linked_device(event: dict[str, str]) -> str:
    return event["device"]


def test_a_kiosk_needs_nobody(tmp_path: Path, ada: Home) -> None:
    kiosk = Home(tmp_path / "kiosk", in_process=True)
    listing = ada.json("offer", "add", "Drill")["listing"]
    with LiveNode(kiosk, QUIET) as middle:
        peer = address(middle)
        with LiveNode(ada, QUIET, "--peer", peer):
            middle.wait_event(event="changed", about="listing", id=listing)
        assert kiosk.json("status")["persons"] == []
        refused = kiosk.run("offer", "add", "Leaflets")
        assert refused.code == 1
        assert one_error(refused.err)


def test_people_read_sentences_that_are_harmless(ada: Home, ben: Home) -> None:
    with LiveNode(ada, QUIET, as_json=False) as one:
        said = one.wait_line(lambda line: "On the network" in line)
        port = said.split("port ")[1].split(",")[0]
        hostile = "[red]x[/red]\x1b[2J\u202ex\ny"
        sign_listing(ben, title=hostile)
        with LiveNode(ben, QUIET, "--peer", f"127.0.0.1:{port}"):
            one.wait_line(lambda line: "Connected to" in line)
            line = one.wait_line(lambda line: "offers" in line)
        assert "Ben offers [red]x[/red]\\u{1b}[2J\\u{202e}x\\u{a}y" in line
        one.wait_line(lambda line: "Met Ben." in line)


def test_one_node_a_folder(ada: Home) -> None:
    with LiveNode(ada, QUIET) as one:
        assert one.first["port"] > 0
        ran = Home(ada.folder).run("node", "--interface", "127.0.0.1", QUIET)
        assert (ran.code, ran.out) == (1, "")
        assert one_error(ran.err)
        assert "already running" in ran.err


def test_a_port_in_use_is_refused_in_one_line(ada: Home) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ran = Home(ada.folder).run("node", "--interface", "127.0.0.1", QUIET, "--port", port)
    assert (ran.code, ran.out) == (1, "")
    assert one_error(ran.err)
    assert "--port" in ran.err


def start_unread(home: Home) -> "subprocess.Popen[bytes]":
    """A node whose standard output nobody reads after the first line."""
    process = subprocess.Popen(
        [*(SCRIPT, "--data", home.folder, "--json", "node", "--interface", "127.0.0.1"), QUIET],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    )
    return process


def reap(process: "subprocess.Popen[bytes]") -> tuple[int, bytes]:
    with process:
        assert process.stderr is not None
        return process.wait(30), process.stderr.read()


def test_it_ends_when_its_reader_goes_away(ada: Home) -> None:
    process = start_unread(ada)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    ada.json("offer", "add", "Drill")
    assert reap(process) == (0, b"")


@pytest.mark.skipif(sys.platform != "linux", reason="the size of a pipe is set by Linux's fcntl")
def test_a_reader_that_sleeps_holds_nothing_up(ada: Home, ben: Home) -> None:
    import fcntl

    process = start_unread(ada)
    assert process.stdout is not None
    port = json.loads(process.stdout.readline())["port"]
    fcntl.fcntl(process.stdout.fileno(), fcntl.F_SETPIPE_SZ, 4096)
    with LiveNode(ben, QUIET, "--peer", f"127.0.0.1:{port}") as two:
        for number in range(60):
            sign_listing(ada, title=f"Thing {number}")
        last = ada.json("offer", "add", "The last one")["listing"]
        two.wait_event(event="changed", about="listing", id=last)
    process.send_signal(signal.SIGTERM)
    assert reap(process) == (0, b"")


def test_interfaces_of_the_environment_are_used(ada: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("P2PSHARE_INTERFACES", "127.0.0.1, ::1")
    process = subprocess.Popen(
        [SCRIPT, "--data", ada.folder, "--json", "node", QUIET],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    port = json.loads(process.stdout.readline())["port"]
    listening = [host for host in ("127.0.0.1", "::1") if can_connect(host, port)]
    process.send_signal(signal.SIGTERM)
    assert reap(process) == (0, b"")
    assert "127.0.0.1" in listening


def test_what_is_no_address_in_the_environment_is_refused(
    ada: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("P2PSHARE_INTERFACES", "127.0.0.1,eth0")
    ran = ada.run("node", QUIET)
    assert (ran.code, ran.out) == (1, "")
    assert one_error(ran.err)
    assert "P2PSHARE_INTERFACES: 'eth0' is not an address" in ran.err


def can_connect(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), 5).close()
    except OSError:
        return False
    return True
