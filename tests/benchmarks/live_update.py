"""(b) An edit visible at the other node, from the facade's submit, as a ratio to the bare cost.

The bare cost, taken in the same run and in turn with the edits: one round trip of a bare websocket
over TLS between two processes, and one commit with synchronous=FULL.
"""

import asyncio
import contextlib
import datetime
import sqlite3
import ssl
import statistics
import tempfile
import time
from pathlib import Path

from children import Child
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from figures import Figure
from first_sync import fill
from made_feeds import made_feeds
from websockets.asyncio.client import ClientConnection, connect

from p2pshare.domain.commands import AddListing, AddPerson, EditListing
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.node.config import Config, NetworkConfig
from p2pshare.node.facade import Node

EDITS = 300
WARM_UP = 20
LISTINGS = 100
SYNC_EVERY = 100


def measure(*, loaded: bool = False) -> list[Figure]:
    """The figures; ``loaded``: while a third node takes its first sync of 11,000 entries."""
    what = "live edit under load" if loaded else "live edit"
    with tempfile.TemporaryDirectory(prefix="p2pshare-bench-") as name:
        edits, bare = asyncio.run(_measure(Path(name), loaded=loaded))
    figures = []
    for label, quantile in (("p50", 50), ("p99", 99)):
        edit, cost = _percentile(edits, quantile), _percentile(bare, quantile)
        figures += [
            Figure(f"{what}: {label}", edit * 1000, "ms"),
            Figure(f"{what}: {label} of a round trip and a FULL commit", cost * 1000, "ms"),
            Figure(f"{what}: {label} to that", edit / cost, "ratio"),
        ]
    return figures


async def _measure(folder: Path, *, loaded: bool) -> tuple[list[float], list[float]]:
    """Seconds of each edit, and of each bare round trip with its commit, taken in turn."""
    certificate = folder / "echo.pem"
    certificate.write_bytes(_certificate())
    network = NetworkConfig(interfaces=("127.0.0.1",), discovery=False)
    edits: list[float] = []
    bare: list[float] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if loaded:
        fill(folder / "one", list(made_feeds(500, 20)))
    with contextlib.ExitStack() as stack, Child("echo_bytes.py", [certificate]) as echo:
        echo_port = echo.line()["port"]
        database = _bare_database(folder)
        async with (
            Node(Config(folder / "one", network)) as node,
            connect(f"wss://127.0.0.1:{echo_port}", ssl=context, compression=None) as connection,
        ):
            ada = (await node.submit(AddPerson(name="Ada"))).subject
            shelf = [
                (await node.submit(_offer(ada, f"Drill {number}"))).subject
                for number in range(LISTINGS)
            ]
            with Child("watch_ledger.py", [folder / "two", node.port]) as watching:
                linked = await asyncio.to_thread(watching.line)
                assert "linked" in linked
                awaited = {listing.hex() for listing in shelf}
                while awaited:
                    line = await asyncio.to_thread(watching.line)
                    awaited.discard(line["listing"])
                for number in range(EDITS + WARM_UP):
                    if loaded and number % SYNC_EVERY == 0:
                        arguments = [folder / f"load-{number}", node.port, 10_000]
                        stack.enter_context(Child("receive_ledger.py", arguments))
                    listing = shelf[number % LISTINGS]
                    edit = EditListing(person=ada, listing=listing, title=f"Edited {number}")
                    start = time.monotonic()
                    await node.submit(edit)
                    line = await asyncio.to_thread(watching.line)
                    while line["listing"] != listing.hex() or line["at"] < start:
                        line = await asyncio.to_thread(watching.line)
                    edits.append(line["at"] - start)
                    bare.append(await _bare(connection, database))
        database.close()
    return edits[WARM_UP:], bare[WARM_UP:]


def _offer(person: bytes, title: str) -> AddListing:
    return AddListing(person=person, exchange_type=ExchangeType.OFFER, title=title)


def _bare_database(folder: Path) -> sqlite3.Connection:
    database = sqlite3.connect(folder / "bare.db", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE entries (number INTEGER PRIMARY KEY, body BLOB)")
    return database


async def _bare(connection: ClientConnection, database: sqlite3.Connection) -> float:
    body = bytes(600)
    start = time.monotonic()
    database.execute("BEGIN IMMEDIATE")
    database.execute("INSERT INTO entries (body) VALUES (?)", (body,))
    database.execute("COMMIT")
    await connection.send(body)
    await connection.recv()
    return time.monotonic() - start


def _percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]


def _certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "echo")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + certificate.public_bytes(Encoding.PEM)
