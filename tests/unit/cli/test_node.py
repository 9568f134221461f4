"""The lines of a live node; tests/integration/test_cli_node.py runs it."""

import asyncio
import json
import os

import click
import pytest

from p2pshare.cli.node import LinePrinter, event_line, interface, peer
from p2pshare.node.events import LinkUp, RowChanged


def test_an_event_is_one_line_of_ascii() -> None:
    line = event_line(LinkUp("ab" * 32, "[fe80::1]:4711"), 1_795_392_375_999)
    assert list(json.loads(line).items()) == [
        ("event", "link-up"),
        ("at", "2026-11-23T00:06:15Z"),
        ("device", "ab" * 32),
        ("address", "[fe80::1]:4711"),
    ]
    odd = event_line(RowChanged("listing", "\u202e\n", added=True, removed=False), 0)
    assert odd.isascii()
    assert "\n" not in odd


async def test_lines_come_out_whole_and_in_order() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as reader:
        with LinePrinter(writing) as printer:
            await printer.write("first")
            await printer.write("zweite \u00e4 \udcff")
        os.close(writing)
        assert reader.read() == "first\nzweite \u00e4 \\udcff\n".encode()


async def test_a_reader_that_has_gone_is_told() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with LinePrinter(writing) as printer, pytest.raises(BrokenPipeError):
        await printer.write("nobody reads this")
    os.close(writing)


async def test_whoever_waits_for_a_full_pipe_can_be_cancelled() -> None:
    reading, writing = os.pipe()
    with LinePrinter(writing) as printer:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await printer.write("x" * 1_000_000)
        os.close(reading)  # lets the thread go
    os.close(writing)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "fe80::1"])
def test_interfaces_are_addresses(address: str) -> None:
    assert interface(address) == address


@pytest.mark.parametrize("address", ["eth0", "", "127.0.0.1:80", "1.2.3"])
def test_other_interfaces_are_not_understood(address: str) -> None:
    with pytest.raises(click.BadParameter, match="not an address"):
        interface(address)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("host:1", ("host", 1)),
        ("[::1]:65535", ("::1", 65535)),
        ("10.0.0.7:4711", ("10.0.0.7", 4711)),
    ],
)
def test_peers(text: str, found: tuple[str, int]) -> None:
    assert peer(text) == found


@pytest.mark.parametrize("text", ["host", "host:", "host:0", "host:65536", "host:x", ":"])
def test_other_peers_are_not_understood(text: str) -> None:
    with pytest.raises(click.BadParameter, match="HOST:PORT"):
        peer(text)
