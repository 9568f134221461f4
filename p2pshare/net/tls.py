"""TLS 1.3 for links: a fresh self-signed certificate at each start, and contexts for both ends.

TLS gives secrecy and a channel to bind to; who is at the other end is the handshake's question
(``net.handshake``), so the client verifies no certificate here. The certificate holds nothing of
the person, the computer or the time: a constant subject, constant dates, a random serial number.
"""

import os
import secrets
import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from p2pshare.net.link_errors import CodedLinkError, NotTls, TlsTooOld

_SUBJECT: Final = "p2pshare"
_NOT_BEFORE: Final = datetime(2000, 1, 1, tzinfo=UTC)
_NOT_AFTER: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # RFC 5280 section 4.1.2.5
_VERSION_REFUSED: Final = frozenset(
    {"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "VERSION_TOO_LOW"}
)


@dataclass(frozen=True)
class ServerTls:
    """What the accepting end shows: its context, and the DER bytes of the certificate in it."""

    context: ssl.SSLContext
    certificate_der: bytes


def make_server_tls() -> ServerTls:
    """A context with a new P-256 key and certificate, TLS 1.3 only, without session tickets.

    Does file I/O (the standard library loads keys from files only), so call it off the event loop.
    The key touches the disk encrypted with a passphrase that never leaves this function.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _SUBJECT)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_NOT_BEFORE)
        .not_valid_after(_NOT_AFTER)
        .sign(key, hashes.SHA256())
    )
    passphrase = secrets.token_hex(32).encode()
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase),
    ) + certificate.public_bytes(serialization.Encoding.PEM)
    context = _tls_1_3(ssl.PROTOCOL_TLS_SERVER)
    context.num_tickets = 0
    handle, name_of_file = tempfile.mkstemp(prefix="p2pshare-link-")  # readable by its owner only
    path = Path(name_of_file)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
        context.load_cert_chain(path, password=passphrase)
    finally:
        path.unlink()
    return ServerTls(context, certificate.public_bytes(serialization.Encoding.DER))


def make_client_context() -> ssl.SSLContext:
    """A context that speaks TLS 1.3 only and trusts nobody: the proof comes inside."""
    context = _tls_1_3(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _tls_1_3(side: int) -> ssl.SSLContext:
    context = ssl.SSLContext(side)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.maximum_version = ssl.TLSVersion.TLSv1_3
    return context


def tls_failure(error: OSError) -> CodedLinkError:
    """The reason that stands for an error met while the encrypted channel was being set up."""
    if isinstance(error, ssl.SSLError):
        if error.reason in _VERSION_REFUSED:
            return TlsTooOld()
        return NotTls((error.reason or "unknown").lower().replace("_", " "))
    return NotTls("the connection broke off")
