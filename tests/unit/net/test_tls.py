"""Certificates that tell nothing, and contexts that speak TLS 1.3 only."""

import getpass
import socket
import ssl
import tempfile
from pathlib import Path

from cryptography import x509

from p2pshare.net.link_errors import NotTls, TlsTooOld
from p2pshare.net.tls import make_client_context, make_server_tls, tls_failure


def test_the_certificate_tells_nothing_and_is_another_each_time(monkeypatch) -> None:
    # Distinctive ones, for the real ones may be short and stand in random bytes by chance.
    monkeypatch.setattr(socket, "gethostname", lambda: "adas-own-computer")
    monkeypatch.setenv("LOGNAME", "adas-own-login")
    first, second = make_server_tls(), make_server_tls()
    assert first.certificate_der != second.certificate_der
    for tls in (first, second):
        certificate = x509.load_der_x509_certificate(tls.certificate_der)
        assert certificate.subject == certificate.issuer
        assert certificate.subject.rfc4514_string() == "CN=p2pshare"
        assert list(certificate.extensions) == []
        assert certificate.not_valid_before_utc.year == 2000
        for personal in (socket.gethostname(), getpass.getuser()):
            assert personal.encode() not in tls.certificate_der


def test_nothing_is_left_on_the_disk() -> None:
    before = set(Path(tempfile.gettempdir()).glob("p2pshare-link-*"))
    make_server_tls()
    assert set(Path(tempfile.gettempdir()).glob("p2pshare-link-*")) == before


def test_only_tls_1_3_and_no_tickets() -> None:
    server = make_server_tls().context
    for context in (server, make_client_context()):
        assert context.minimum_version is ssl.TLSVersion.TLSv1_3
    assert server.num_tickets == 0


def test_failures_have_their_reason() -> None:
    old = ssl.SSLError(1, "x")
    old.reason = "UNSUPPORTED_PROTOCOL"
    garbage = ssl.SSLError(1, "x")
    garbage.reason = "WRONG_VERSION_NUMBER"
    assert isinstance(tls_failure(old), TlsTooOld)
    assert isinstance(tls_failure(garbage), NotTls)
    assert "wrong version number" in str(tls_failure(garbage))
    assert isinstance(tls_failure(ConnectionResetError()), NotTls)
