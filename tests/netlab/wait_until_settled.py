"""Prints ``settled`` once the browsers of each group of hosts have asked their first questions.

A program for the switch's namespace: ``python wait_until_settled.py PAUSE a,b c,d``. A browser asks
at once, after 1, 4 and 9 s, and then not for an hour (python-zeroconf; RFC 6762 section 5.2). So a
group has settled with the mDNS packet that comes first after a pause of 8 s.
"""

import socket
import sys
import time

ETHERTYPE_ALL = 3  # linux/if_ether.h: ETH_P_ALL
MDNS_PORT_BYTES = (5353).to_bytes(2, "big")


def main(pause: float, groups: list[set[str]]) -> None:
    """Listen to all cables; ``groups`` are names of ports."""
    last = [time.monotonic()] * len(groups)
    waiting = set(range(len(groups)))
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE_ALL)) as cables:
        while waiting:
            frame, (port, *_) = cables.recvfrom(65536)
            if MDNS_PORT_BYTES not in frame[34:58]:  # the ports of UDP over IPv4 or IPv6
                continue
            now = time.monotonic()
            for group, ports in enumerate(groups):
                if port in ports:
                    if now - last[group] >= pause:
                        waiting.discard(group)
                    last[group] = now
    print("settled", flush=True)


main(float(sys.argv[1]), [{f"port-{one}" for one in group.split(",")} for group in sys.argv[2:]])
