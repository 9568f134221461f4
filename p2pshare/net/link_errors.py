"""Why a link was not made or not kept: one class and one websocket close code for each reason.

    LinkError (p2pshare.errors)
    ├── CodedLinkError              this side decided; the code goes to the peer where a frame can
    still be sent │   ├── MalformedMessage        4001
    │   ├── UnexpectedMessage       4002  also: data before the welcome
    │   ├── MessageTooLarge         4003
    │   ├── HandshakeTimedOut       4004
    │   ├── GaveWay                 4005  too many connections before the welcome
    │   ├── UnsupportedVersion      4006
    │   ├── DeviceKeyRefused        4007
    │   ├── WrongDevice             4008  the pin
    │   ├── BadProof                4009
    │   ├── DuplicateLink           4010
    │   ├── TooManyLinks            4011
    │   ├── ProtocolBreach          4012  the sync protocol
    │   ├── ShuttingDown            4013
    │   ├── NotAWebsocket           4014
    │   ├── NotTls                  4015
    │   ├── TlsTooOld               4016
    │   ├── WebsocketBreach         4017
    │   ├── Unreachable             4018
    │   ├── LinkLost                4019
    │   └── MetOurselves            4020
    └── LinkClosed                  the peer decided; carries the code it gave

The codes are part of the protocol (docs/protocol.md, section 6; RFC 6455 section 7.4.2 leaves 4000
to 4999 to applications). A peer is told the code and the constant reason; details stay in this
computer's log. Text that a peer sends with a close frame is never shown: only its number is looked
up here.
"""

from typing import ClassVar, Final

from p2pshare.errors import LinkError


class CodedLinkError(LinkError):
    """The connection to the other computer was refused here.

    ``code`` is the websocket close code, ``reason`` the constant text sent with it, ``detail`` what
    only the local log and user see, ``device`` the peer's public device key where it was already
    known.
    """

    code: ClassVar[int] = 4000
    reason: ClassVar[str] = "link refused"

    def __init__(self, detail: str = "", device: bytes | None = None) -> None:
        super().__init__(f"{self.reason}: {detail}" if detail else self.reason)
        self.detail = detail
        self.device = device


class MalformedMessage(CodedLinkError):
    """The other computer sent a message that cannot be read."""

    code = 4001
    reason = "malformed message"


class UnexpectedMessage(CodedLinkError):
    """The other computer sent something before it was its turn."""

    code = 4002
    reason = "unexpected message"


class MessageTooLarge(CodedLinkError):
    """The other computer sent a message larger than allowed."""

    code = 4003
    reason = "message too large"


class HandshakeTimedOut(CodedLinkError):
    """The other computer took too long to introduce itself."""

    code = 4004
    reason = "timed out before the welcome"


class GaveWay(CodedLinkError):
    """Too many computers were connecting at once; please try again."""

    code = 4005
    reason = "gave way to a newer connection"


class UnsupportedVersion(CodedLinkError):
    """The two computers speak no common version; please update p2pshare."""

    code = 4006
    reason = "no common version"


class DeviceKeyRefused(CodedLinkError):
    """The other computer showed a key that must not be used."""

    code = 4007
    reason = "device key refused"


class WrongDevice(CodedLinkError):
    """A different computer answered than the one that was expected."""

    code = 4008
    reason = "not the expected device"


class BadProof(CodedLinkError):
    """The other computer could not prove who it is; somebody may be in between."""

    code = 4009
    reason = "proof of identity failed"


class DuplicateLink(CodedLinkError):
    """The two computers are already connected."""

    code = 4010
    reason = "already linked"


class TooManyLinks(CodedLinkError):
    """The other computer cannot take more connections now."""

    code = 4011
    reason = "no room for another link"


class ProtocolBreach(CodedLinkError):
    """The other computer did not keep to the protocol."""

    code = 4012
    reason = "sync protocol not kept"


class ShuttingDown(CodedLinkError):
    """p2pshare is being closed."""

    code = 4013
    reason = "shutting down"


class NotAWebsocket(CodedLinkError):
    """What answers there is not p2pshare."""

    code = 4014
    reason = "not a websocket"


class NotTls(CodedLinkError):
    """The encrypted connection could not be set up."""

    code = 4015
    reason = "TLS failed"


class TlsTooOld(CodedLinkError):
    """The other computer's encryption is too old: TLS 1.3 is needed."""

    code = 4016
    reason = "TLS 1.3 is needed"


class WebsocketBreach(CodedLinkError):
    """The other computer sent a broken frame."""

    code = 4017
    reason = "broken websocket frame"


class Unreachable(CodedLinkError):
    """Nothing answers at that address."""

    code = 4018
    reason = "cannot be reached"


class LinkLost(CodedLinkError):
    """The connection broke off."""

    code = 4019
    reason = "connection lost"


class MetOurselves(CodedLinkError):
    """That address leads back to this computer."""

    code = 4020
    reason = "this is the same computer"


CODED_LINK_ERRORS: Final[dict[int, type[CodedLinkError]]] = {
    error.code: error for error in CodedLinkError.__subclasses__()
}
NORMAL_CLOSURE: Final = 1000  # RFC 6455 section 7.4.1


class LinkClosed(LinkError):
    """The other computer ended the connection.

    ``code`` is the number it gave (1000 for a normal end), ``cause`` the class that number stands
    for, or None.
    """

    def __init__(self, code: int) -> None:
        cause = CODED_LINK_ERRORS.get(code)
        if code == NORMAL_CLOSURE:
            told = "it was done"
        elif cause is not None:
            told = cause.reason
        else:
            told = f"code {code}"
        super().__init__(f"closed by the other computer: {told}")
        self.code = code
        self.cause = cause
