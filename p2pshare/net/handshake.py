"""The link handshake of DESIGN section 8, sans-I/O: who is at the other end of this TLS channel?

    1 S->C  [1, ns(32), versions, features]     2 C->S  [2, nc(32), version, features]
    3 S->C  [3, server device, Sign(T("server"))]
    4 C->S  [4, client device, Sign(T("client"))]
    5 S->C  [5]                                 the welcome; no other byte before it

    T(r) = "p2pshare link v1\\0" + LP(r, b, message 1, message 2, server device, client device or 32
    zero bytes)

``b`` binds the proof to the TLS channel: a man in the middle shows the client another certificate
than the server's own, so a proof he relays fails. With the stolen key of ONE side he can pose as
that side, which nothing can prevent, but he cannot also be that side's peer for it: relaying
between two honest ends still fails.

The machines take and give message bytes and raise ``CodedLinkError``; time, sockets and frames are
``net.dialling`` and ``net.listener``. Neither machine says who it is to a peer that failed: the
client proves itself only after the server has (and after a pin matched).
"""

import hashlib
from dataclasses import dataclass
from enum import Enum
from typing import Final

import msgspec

from p2pshare.errors import KeyRefused
from p2pshare.limits import HANDSHAKE_BYTES_MAX, INTEGER_MAX
from p2pshare.log.keys import SigningKey, check_signing_key, verify
from p2pshare.net.link_errors import (
    BadProof,
    DeviceKeyRefused,
    MalformedMessage,
    MessageTooLarge,
    UnexpectedMessage,
    UnsupportedVersion,
    WrongDevice,
)

LINK_LABEL: Final = b"p2pshare link v1\0"
TRANSCRIPT_LABEL: Final = b"p2pshare link transcript v1\0"
VERSIONS: Final = (1,)
VERSIONS_LISTED_MAX: Final = 16
FEATURE_OPEN_CIRCLE: Final = 1
NONCE_BYTES: Final = 32
KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
NO_DEVICE: Final = bytes(KEY_BYTES)


class _ServerHello(msgspec.Struct, frozen=True, array_like=True):
    number: int
    nonce: bytes
    versions: list[int]
    features: int


class _ClientHello(msgspec.Struct, frozen=True, array_like=True):
    number: int
    nonce: bytes
    version: int
    features: int


class _Proof(msgspec.Struct, frozen=True, array_like=True):
    number: int
    device: bytes
    signature: bytes


class _Welcome(msgspec.Struct, frozen=True, array_like=True):
    number: int


_Message = _ServerHello | _ClientHello | _Proof | _Welcome
_SHAPES: Final[dict[int, tuple[msgspec.msgpack.Decoder[_Message], int]]] = {
    1: (msgspec.msgpack.Decoder(_ServerHello), 4),
    2: (msgspec.msgpack.Decoder(_ClientHello), 4),
    3: (msgspec.msgpack.Decoder(_Proof), 3),
    4: (msgspec.msgpack.Decoder(_Proof), 3),
    5: (msgspec.msgpack.Decoder(_Welcome), 1),
}
_encode = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True)
class Welcomed:
    """The other end is proven: its device key, the features both have, the version, the
    transcript's hash (32 bytes).

    ``transcript`` is the same at both ends and differs for every link; it covers ``b`` and messages
    1 to 4.
    """

    peer_device: bytes
    features: int
    version: int
    transcript: bytes


@dataclass(frozen=True)
class Step:
    """What a received message leads to: ``send`` these bytes, ``peer`` is proven, the link is
    ``welcomed``.

    ``peer`` is set as soon as the peer's proof was good, so that the caller can still refuse it
    before sending.
    """

    send: bytes | None = None
    peer: bytes | None = None
    welcomed: Welcomed | None = None


class _State(Enum):
    NOT_STARTED = "not started"
    AWAIT_SERVER_HELLO = "message 1 awaited"
    AWAIT_CLIENT_HELLO = "message 2 awaited"
    AWAIT_SERVER_PROOF = "message 3 awaited"
    AWAIT_CLIENT_PROOF = "message 4 awaited"
    AWAIT_WELCOME = "message 5 awaited"
    WELCOMED = "welcomed"
    FAILED = "failed"


def channel_binding(certificate_der: bytes) -> bytes:
    """``b``: SHA-256 over the DER of the server's certificate.

    The one place that a TLS exporter (RFC 9266) would replace, once the standard library offers
    one.
    """
    return hashlib.sha256(certificate_der).digest()


def length_prefixed(*fields: bytes) -> bytes:
    """LP: each field after its length in 4 bytes, big-endian."""
    return b"".join(len(field).to_bytes(4, "big") + field for field in fields)


def proof_text(
    role: str, binding: bytes, message_1: bytes, message_2: bytes, server: bytes, client: bytes
) -> bytes:
    """T(role): the bytes that a device key signs. ``client`` is NO_DEVICE in the server's proof."""
    return LINK_LABEL + length_prefixed(
        role.encode(), binding, message_1, message_2, server, client
    )


def transcript_hash(binding: bytes, *messages: bytes) -> bytes:
    """SHA-256 over ``b`` and messages 1 to 4, for MACs that belong to this one link (DESIGN section
    7).
    """
    return hashlib.sha256(TRANSCRIPT_LABEL + length_prefixed(binding, *messages)).digest()


def _decode(data: bytes, expected: int) -> _Message:
    """Message ``expected``, exactly in the one canonical encoding.

    The array header and the number are compared before anything is parsed: so what belongs
    elsewhere is told apart from what cannot be read, and the decoder never descends into nested
    input. Raises MessageTooLarge, UnexpectedMessage, MalformedMessage.
    """
    if len(data) > HANDSHAKE_BYTES_MAX:
        raise MessageTooLarge(f"{len(data)} bytes in the handshake")
    decoder, fields = _SHAPES[expected]
    if not data or not _is_container(data[0]):
        raise MalformedMessage("not a MessagePack array")
    if data[:2] != bytes((0x90 | fields, expected)):
        raise UnexpectedMessage(f"message {expected} was awaited")
    try:
        message = decoder.decode(data)
    except msgspec.MsgspecError as error:
        raise MalformedMessage(str(error)) from error
    if _encode(message) != data:
        raise MalformedMessage("not in the shortest form")
    return message


def _is_container(first_byte: int) -> bool:
    """Whether MessagePack data beginning so is an array or a map."""
    return 0x80 <= first_byte <= 0x9F or 0xDC <= first_byte <= 0xDF


def _check_hello(nonce: bytes, features: int) -> None:
    if len(nonce) != NONCE_BYTES:
        raise MalformedMessage(f"a nonce of {len(nonce)} bytes")
    if not 0 <= features <= INTEGER_MAX:
        raise MalformedMessage("features out of range")


def _check_proof(proof: _Proof, text: bytes, expected_device: bytes | None = None) -> None:
    """In this order: the shape, the key (before it is used), the pin, the signature.

    Raises MalformedMessage, DeviceKeyRefused, WrongDevice, BadProof.
    """
    if len(proof.device) != KEY_BYTES or len(proof.signature) != SIGNATURE_BYTES:
        raise MalformedMessage("a key or signature of the wrong length")
    try:
        check_signing_key(proof.device)
    except KeyRefused as error:
        raise DeviceKeyRefused(str(error)) from error
    if expected_device is not None and proof.device != expected_device:
        raise WrongDevice()
    if not verify(proof.device, proof.signature, text):
        raise BadProof()


class ServerHandshake:
    """The accepting end. ``start`` gives message 1; ``receive`` takes messages 2 and 4.

    ``nonce`` is 32 fresh random bytes, ``certificate_der`` the certificate this end shows.
    """

    def __init__(
        self,
        device_key: SigningKey,
        certificate_der: bytes,
        nonce: bytes,
        features: int = FEATURE_OPEN_CIRCLE,
        versions: tuple[int, ...] = VERSIONS,
    ) -> None:
        self._key = device_key
        self._binding = channel_binding(certificate_der)
        self._features = features
        self._versions = versions
        self._message_1 = _encode(_ServerHello(1, nonce, list(versions), features))
        self._message_2 = b""
        self._message_3 = b""
        self._client_hello = _ClientHello(2, b"", 0, 0)
        self._state = _State.NOT_STARTED

    def start(self) -> bytes:
        """Message 1."""
        if self._state is not _State.NOT_STARTED:
            raise RuntimeError(f"the handshake is {self._state.value}")
        self._state = _State.AWAIT_CLIENT_HELLO
        return self._message_1

    def receive(self, data: bytes) -> Step:
        """Take one message of the client.

        After message 4 the Step carries ``welcomed`` and the welcome to send. Raises a
        CodedLinkError, after which the machine takes nothing more.
        """
        state, self._state = self._state, _State.FAILED
        if state is _State.AWAIT_CLIENT_HELLO:
            step = self._receive_hello(data)
            self._state = _State.AWAIT_CLIENT_PROOF
        elif state is _State.AWAIT_CLIENT_PROOF:
            step = self._receive_proof(data)
            self._state = _State.WELCOMED
        else:
            raise UnexpectedMessage(state.value)
        return step

    def _receive_hello(self, data: bytes) -> Step:
        hello = _decode(data, 2)
        assert isinstance(hello, _ClientHello)
        _check_hello(hello.nonce, hello.features)
        if hello.version not in self._versions:
            raise UnsupportedVersion(f"version {hello.version} was chosen")
        self._client_hello = hello
        self._message_2 = data
        server = self._key.public
        text = proof_text("server", self._binding, self._message_1, data, server, NO_DEVICE)
        self._message_3 = _encode(_Proof(3, server, self._key.sign(text)))
        return Step(send=self._message_3)

    def _receive_proof(self, data: bytes) -> Step:
        proof = _decode(data, 4)
        assert isinstance(proof, _Proof)
        text = proof_text(
            "client",
            self._binding,
            self._message_1,
            self._message_2,
            self._key.public,
            proof.device,
        )
        _check_proof(proof, text)
        welcomed = Welcomed(
            peer_device=proof.device,
            features=self._features & self._client_hello.features,
            version=self._client_hello.version,
            transcript=transcript_hash(
                self._binding, self._message_1, self._message_2, self._message_3, data
            ),
        )
        return Step(send=_encode(_Welcome(5)), peer=proof.device, welcomed=welcomed)


class ClientHandshake:
    """The dialling end: ``receive`` takes messages 1, 3 and 5.

    ``expected_device`` is the pin where a known device was dialled, else None.
    """

    def __init__(
        self,
        device_key: SigningKey,
        certificate_der: bytes,
        nonce: bytes,
        features: int = FEATURE_OPEN_CIRCLE,
        expected_device: bytes | None = None,
        versions: tuple[int, ...] = VERSIONS,
    ) -> None:
        self._key = device_key
        self._binding = channel_binding(certificate_der)
        self._nonce = nonce
        self._features = features
        self._expected = expected_device
        self._versions = versions
        self._messages: list[bytes] = []
        self._server_features = 0
        self._version = 0
        self._server = b""
        self._state = _State.AWAIT_SERVER_HELLO

    def receive(self, data: bytes) -> Step:
        """Take one message of the server.

        After message 3 the Step carries ``peer`` and message 4; after message 5 ``welcomed``.
        Raises a CodedLinkError, after which the machine takes nothing more.
        """
        state, self._state = self._state, _State.FAILED
        if state is _State.AWAIT_SERVER_HELLO:
            step = self._receive_hello(data)
            self._state = _State.AWAIT_SERVER_PROOF
        elif state is _State.AWAIT_SERVER_PROOF:
            step = self._receive_proof(data)
            self._state = _State.AWAIT_WELCOME
        elif state is _State.AWAIT_WELCOME:
            step = self._receive_welcome(data)
            self._state = _State.WELCOMED
        else:
            raise UnexpectedMessage(state.value)
        return step

    def _receive_hello(self, data: bytes) -> Step:
        hello = _decode(data, 1)
        assert isinstance(hello, _ServerHello)
        _check_hello(hello.nonce, hello.features)
        listed = hello.versions
        if not 1 <= len(listed) <= VERSIONS_LISTED_MAX or listed != sorted(set(listed)):
            raise MalformedMessage("the versions are not an ascending list")
        common = set(listed) & set(self._versions)
        if not common:
            raise UnsupportedVersion(f"versions {listed} were offered")
        self._version = max(common)
        self._server_features = hello.features
        message_2 = _encode(_ClientHello(2, self._nonce, self._version, self._features))
        self._messages = [data, message_2]
        return Step(send=message_2)

    def _receive_proof(self, data: bytes) -> Step:
        proof = _decode(data, 3)
        assert isinstance(proof, _Proof)
        message_1, message_2 = self._messages
        server = proof.device
        text = proof_text("server", self._binding, message_1, message_2, server, NO_DEVICE)
        _check_proof(proof, text, self._expected)
        self._server = server
        text = proof_text("client", self._binding, message_1, message_2, server, self._key.public)
        message_4 = _encode(_Proof(4, self._key.public, self._key.sign(text)))
        self._messages += [data, message_4]
        return Step(send=message_4, peer=server)

    def _receive_welcome(self, data: bytes) -> Step:
        _decode(data, 5)
        welcomed = Welcomed(
            peer_device=self._server,
            features=self._features & self._server_features,
            version=self._version,
            transcript=transcript_hash(self._binding, *self._messages),
        )
        return Step(peer=self._server, welcomed=welcomed)
