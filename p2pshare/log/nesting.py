"""How deep MessagePack from a stranger is nested, found without recursion.

msgspec skips fields it does not know by recursion, and raises RecursionError at a depth that
depends on the caller's stack. So one node could accept what another refuses, for the same bytes;
this bound is the same everywhere. It judges nothing but depth: broken bytes are the decoder's.
"""

from typing import Final

from p2pshare.limits import PAYLOAD_NESTING_MAX

_FIXED_OPENERS: Final = frozenset(range(0x80, 0xA0))
_OPENERS: Final = _FIXED_OPENERS | frozenset({0xDC, 0xDD, 0xDE, 0xDF})
_OTHER_BYTES: Final = bytes(byte for byte in range(256) if byte not in _OPENERS)

# MessagePack's first bytes: those followed by a length (of how many bytes, plus what else follows)
# and those followed by a fixed number of bytes. All others stand alone.
_LENGTH_BYTES: Final = {
    0xC4: (1, 0),
    0xC5: (2, 0),
    0xC6: (4, 0),
    0xC7: (1, 1),
    0xC8: (2, 1),
    0xC9: (4, 1),
    0xD9: (1, 0),
    0xDA: (2, 0),
    0xDB: (4, 0),
}
_FOLLOWING_BYTES: Final = {
    **{0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8},
    **{0xD4: 2, 0xD5: 3, 0xD6: 5, 0xD7: 9, 0xD8: 17},
    **{first: first & 0x1F for first in range(0xA0, 0xC0)},
}


def nested_too_deep(data: bytes) -> bool:
    """Whether arrays and maps in ``data`` stand more than PAYLOAD_NESTING_MAX inside each other.

    Bytes that are not MessagePack are not too deep. Takes a step per value, and a glance where
    ``data`` has too few bytes that could begin an array or map.
    """
    if len(data.translate(None, _OTHER_BYTES)) <= PAYLOAD_NESTING_MAX:
        return False
    open_items = [1]  # how many values each array or map that is open still waits for
    at = 0
    while open_items and at < len(data):
        open_items[-1] -= 1
        first = data[at]
        at += 1
        if first in _OPENERS:
            if first in _FIXED_OPENERS:
                items = first & 0x0F
                is_map = first < 0x90
            else:
                size = 2 if first in (0xDC, 0xDE) else 4
                items = int.from_bytes(data[at : at + size], "big")
                at += size
                is_map = first >= 0xDE
            open_items.append(items * 2 if is_map else items)
            if len(open_items) - 1 > PAYLOAD_NESTING_MAX:
                return True
        elif first in _LENGTH_BYTES:
            size, extra = _LENGTH_BYTES[first]
            at += size + extra + int.from_bytes(data[at : at + size], "big")
        else:
            at += _FOLLOWING_BYTES.get(first, 0)
        while open_items and open_items[-1] == 0:
            open_items.pop()
    return False
