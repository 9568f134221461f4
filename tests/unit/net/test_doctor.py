"""Each cause has its sentence, from what was observed."""

import pytest

from p2pshare.net.doctor import Cause, Observed, Reached, diagnose
from p2pshare.net.interfaces import InterfaceAddress
from p2pshare.net.transport import Endpoint

LO = InterfaceAddress("lo", 1, "127.0.0.1", 8)
LAN = InterfaceAddress("eth0", 2, "192.168.1.5", 24)
VPN = InterfaceAddress("wg0", 3, "10.8.0.2", 32, True)
ADA, BEN = Endpoint("192.168.1.7", 7), Endpoint("192.168.1.8", 7)


def observed(**changes):
    usual = {"present": (LO, LAN), "usable": (LAN,), "heard_own": True}
    return Observed(**{**usual, **changes})


@pytest.mark.parametrize(
    ("seen", "causes"),
    [
        (Observed((LO,), ()), [Cause.NO_INTERFACE]),
        (Observed((LO, VPN), ()), [Cause.ONLY_VPN]),
        (Observed((LO, LAN), (), ("192.168.9.9",)), [Cause.NAMED_INTERFACE_MISSING]),
        (observed(mdns_error="in use", heard_own=None), [Cause.MDNS_PORT_TAKEN]),
        (observed(heard_own=False), [Cause.NOT_HEARD]),
        (observed(reached=((ADA, Reached.REFUSED),)), [Cause.REFUSED]),
        (observed(reached=((ADA, Reached.TIMED_OUT),)), [Cause.TIMED_OUT]),
        (
            observed(heard_own=False, reached=((ADA, Reached.REFUSED), (BEN, Reached.TIMED_OUT))),
            [Cause.NOT_HEARD, Cause.REFUSED, Cause.TIMED_OUT],
        ),
        (observed(reached=((ADA, Reached.CONNECTED),)), [Cause.FINE]),
        (
            observed(reached=((ADA, Reached.CONNECTED), (BEN, Reached.REFUSED))),
            [Cause.REFUSED],
        ),
        (observed(), [Cause.NOBODY]),
    ],
)
def test_causes(seen, causes) -> None:
    findings = diagnose(seen)
    assert [finding.cause for finding in findings] == causes
    for finding in findings:
        assert finding.sentence.endswith(".")
        assert finding.advice.endswith(".")
        assert "\n" not in finding.sentence + finding.advice


def test_who_cannot_be_reached_is_named() -> None:
    (finding,) = diagnose(observed(reached=((ADA, Reached.TIMED_OUT), (BEN, Reached.TIMED_OUT))))
    assert "192.168.1.7:7, 192.168.1.8:7" in finding.sentence
