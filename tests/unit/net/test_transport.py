"""Endpoints as text, as socket names, and as the system reports them."""

import socket

import pytest

from p2pshare.net.transport import Endpoint, endpoint_of, socket_name


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("192.168.1.5:7000", Endpoint("192.168.1.5", 7000)),
        ("10.0.0.1:1", Endpoint("10.0.0.1", 1)),
        ("[fe80::1%3]:65535", Endpoint("fe80::1%3", 65535)),
        ("[::1]:7", Endpoint("::1", 7)),
    ],
)
def test_an_endpoint_is_shown_as_people_type_it(text, endpoint) -> None:
    assert str(endpoint) == text


def test_names_for_connect() -> None:
    assert socket_name(Endpoint("10.0.0.1", 7)) == (socket.AF_INET, ("10.0.0.1", 7))
    assert socket_name(Endpoint("::1", 7)) == (socket.AF_INET6, ("::1", 7, 0, 0))
    assert socket_name(Endpoint("fe80::1%3", 7)) == (socket.AF_INET6, ("fe80::1", 7, 0, 3))
    assert socket_name(Endpoint("fe80::1%lo", 7))[1][3] == socket.if_nametoindex("lo")
    with pytest.raises(ValueError, match="localhost"):
        socket_name(Endpoint("localhost", 7))


def test_names_that_the_system_reports() -> None:
    assert endpoint_of(("10.0.0.1", 7)) == Endpoint("10.0.0.1", 7)
    assert endpoint_of(("::ffff:10.0.0.1", 7, 0, 0)) == Endpoint("10.0.0.1", 7)
    assert endpoint_of(("fe80::1", 7, 0, 3)) == Endpoint("fe80::1%3", 7)
    assert endpoint_of(("fe80::1%eth0", 7, 0, 3)) == Endpoint("fe80::1%3", 7)
    assert endpoint_of(("fd00::1", 7, 0, 0)) == Endpoint("fd00::1", 7)
