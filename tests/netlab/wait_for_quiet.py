"""Prints ``quiet`` once no mDNS packet has passed this namespace's cables for N seconds.

A program for the switch's namespace: ``python wait_for_quiet.py N``.
"""

import socket
import sys
import time

ETHERTYPE_ALL = 3  # linux/if_ether.h: ETH_P_ALL
MDNS_PORT_BYTES = (5353).to_bytes(2, "big")


def main(seconds: float) -> None:
    """Listen to all cables."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE_ALL)) as cables:
        last = time.monotonic()
        while (left := last + seconds - time.monotonic()) > 0:
            cables.settimeout(left)
            try:
                frame = cables.recv(65536)
            except TimeoutError:
                break
            if MDNS_PORT_BYTES in frame[34:58]:  # the ports of UDP over IPv4 or IPv6
                last = time.monotonic()
    print("quiet", flush=True)


main(float(sys.argv[1]))
