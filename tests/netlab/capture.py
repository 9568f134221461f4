"""Writes every frame on this namespace's cables to a file, until SIGTERM.

A program for the switch's namespace: ``python capture.py FILE``. It prints ``ready``, and at the
end how many frames it kept and how many the kernel dropped. Each frame is written as four bytes of
length, big-endian, and its bytes. ``streams`` and ``datagrams`` read such a file.
"""

import contextlib
import signal
import socket
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ETHERTYPE_ALL = 3  # linux/if_ether.h: ETH_P_ALL
SOL_PACKET, PACKET_STATISTICS = 263, 6  # linux/if_packet.h
RECEIVE_BYTES = 8 * 1024 * 1024
TCP, UDP = 6, 17


class Stopped(Exception):
    """SIGTERM came."""


def main(file: Path) -> None:
    """Capture until SIGTERM."""

    def stop(number: int, frame: object) -> None:
        raise Stopped

    signal.signal(signal.SIGTERM, stop)
    kept = 0
    with (
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE_ALL)) as cables,
        file.open("wb") as out,
    ):
        cables.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        print("ready", flush=True)
        with contextlib.suppress(Stopped):
            while True:
                data = cables.recv(65536)
                out.write(struct.pack(">I", len(data)) + data)
                kept += 1
        counts = cables.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8)
        dropped = struct.unpack("II", counts)[1]
    print(f"kept {kept} dropped {dropped}", flush=True)


@dataclass(frozen=True)
class Packet:
    """The payload of TCP or UDP, and where it went. ``sequence`` is TCP's."""

    protocol: int
    source: tuple[bytes, int]
    target: tuple[bytes, int]
    sequence: int
    payload: bytes


def frames(file: Path) -> Iterator[bytes]:
    """Every captured frame."""
    data, place = file.read_bytes(), 0
    while place < len(data):
        (size,) = struct.unpack_from(">I", data, place)
        yield data[place + 4 : place + 4 + size]
        place += 4 + size


def packets(file: Path) -> Iterator[Packet]:
    """Every TCP and UDP packet over IPv4 (RFC 791) or IPv6 without extensions (RFC 8200)."""
    for frame in frames(file):
        ethertype = int.from_bytes(frame[12:14], "big")
        if ethertype == 0x0800:
            start, protocol = 14 + 4 * (frame[14] & 15), frame[23]
            source, target = frame[26:30], frame[30:34]
            end = 14 + int.from_bytes(frame[16:18], "big")
        elif ethertype == 0x86DD:
            start, protocol = 54, frame[20]
            source, target = frame[22:38], frame[38:54]
            end = 54 + int.from_bytes(frame[18:20], "big")
        else:
            continue
        if protocol not in (TCP, UDP):
            continue
        source_port, target_port, sequence = struct.unpack_from(">HHI", frame, start)
        header = 4 * (frame[start + 12] >> 4) if protocol == TCP else 8
        payload = frame[start + header : end]
        yield Packet(protocol, (source, source_port), (target, target_port), sequence, payload)


def streams(file: Path) -> dict[tuple[tuple[bytes, int], tuple[bytes, int]], bytes]:
    """What each direction of each TCP connection carried, put together in order."""
    pieces: dict[tuple[tuple[bytes, int], tuple[bytes, int]], dict[int, bytes]] = {}
    for packet in packets(file):
        if packet.protocol == TCP and packet.payload:
            flow = pieces.setdefault((packet.source, packet.target), {})
            flow[packet.sequence] = max(flow.get(packet.sequence, b""), packet.payload, key=len)
    return {
        flow: b"".join(by_sequence[place] for place in sorted(by_sequence))
        for flow, by_sequence in pieces.items()
    }


def datagrams(file: Path) -> list[bytes]:
    """What each UDP packet carried."""
    return [packet.payload for packet in packets(file) if packet.protocol == UDP]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
