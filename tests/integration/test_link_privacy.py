"""What somebody on the network sees of a link: every byte on the wire, every open port."""

import asyncio
import contextlib
import getpass
import socket

import pytest
from integration.link_kit import CLIENT_CONTEXT, echo_once, host, raw_client, raw_server

from p2pshare.log.keys import SigningKey
from p2pshare.net.dialling import dial
from p2pshare.net.link_errors import LinkClosed, NotAWebsocket
from p2pshare.net.tls import make_server_tls
from p2pshare.net.transport import Endpoint, LocalDevice


@contextlib.asynccontextmanager
async def wiretap(port):
    """A cable that passes on what it carries and keeps a copy; yields its port and the copies."""
    copies = {"client": b"", "server": b""}

    async def carry(name, reader, writer):
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                copies[name] += data
                writer.write(data)
        writer.close()

    async def connect(reader, writer):
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(
            carry("client", reader, there_writer), carry("server", there_reader, writer)
        )

    async with await asyncio.start_server(connect, "127.0.0.1", 0) as cable:
        yield cable.sockets[0].getsockname()[1], copies


async def test_the_wire_shows_no_key_no_name_no_program_and_no_certificate(monkeypatch) -> None:
    # Distinctive ones, for the real ones may be short and stand in random bytes by chance.
    monkeypatch.setattr(socket, "gethostname", lambda: "adas-own-computer")
    monkeypatch.setenv("LOGNAME", "adas-own-login")
    key = SigningKey.generate()
    async with host() as server:
        async with wiretap(server.port) as (port, copies):
            link = await dial(Endpoint("127.0.0.1", port), LocalDevice(key), CLIENT_CONTEXT)
            await echo_once(link, b"a title that nobody else may read")
            await link.close()
            await server.log.line_with("it was done")
        assert all(len(copy) > 500 for copy in copies.values())
        wire = copies["client"] + copies["server"]
        revealing = {
            "the server's device": server.key.public,
            "the client's device": key.public,
            "the certificate": server.tls.certificate_der[-64:],
            "the subject": b"p2pshare",
            "a message": b"title",
            "the host": socket.gethostname().encode(),
            "the user": getpass.getuser().encode(),
            "the upgrade": b"HTTP/1.1",
        }
        for what, secret in revealing.items():
            assert secret not in wire, what
            assert secret.hex().encode() not in wire, what


async def test_two_links_of_one_client_have_nothing_long_in_common() -> None:
    """No ticket and no session id by which a listener could tell that it is the same computer."""
    key = SigningKey.generate()
    hellos = []
    async with host() as server:
        for _ in range(2):
            async with wiretap(server.port) as (port, copies):
                link = await dial(Endpoint("127.0.0.1", port), LocalDevice(key), CLIENT_CONTEXT)
                await echo_once(link, b"hello")
                await link.close()
            hellos.append(copies["client"])
    first_record = hellos[0][5 : 5 + int.from_bytes(hellos[0][3:5], "big")]
    assert first_record[0] == 1  # ClientHello, RFC 8446 section 4.1.2
    random_and_session = first_record[6 : 6 + 32 + 1 + 32]
    assert random_and_session not in hellos[1]
    assert random_and_session[:32] not in hellos[1]
    assert random_and_session[33:] not in hellos[1]


async def test_http_names_neither_program_nor_computer() -> None:
    """Seen only by who ends TLS, which anybody may: so it must say nothing either."""
    tls = await asyncio.to_thread(make_server_tls)
    seen = []

    async def look(connection):
        seen.append(dict(connection.request.headers.raw_items()))
        await connection.close(NotAWebsocket.code)

    async with raw_server(look, tls) as port:
        with pytest.raises(LinkClosed):
            await dial(
                Endpoint("127.0.0.1", port), LocalDevice(SigningKey.generate()), CLIENT_CONTEXT
            )
    async with host() as server, raw_client(server.port) as client:
        seen.append(dict(client.response.headers.raw_items()))
        await client.close()
    assert seen[0].pop("Host") == "p2pshare"
    websocket = {"Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"}
    assert set(seen[0]) == websocket
    assert set(seen[1]) <= {"Date", "Upgrade", "Connection", "Sec-WebSocket-Accept"}


async def test_only_the_chosen_address_listens() -> None:
    async with host() as server:
        for elsewhere in ("127.0.0.2", "::1"):
            family = socket.AF_INET6 if ":" in elsewhere else socket.AF_INET
            with socket.socket(family) as trying:
                assert trying.connect_ex((elsewhere, server.port)) != 0
