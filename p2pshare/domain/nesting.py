"""How deeply MessagePack bytes nest, decided before they are decoded.

A decoder that recurses gives up at a depth that depends on the interpreter and on how deep its
caller already stands; whether an entry counts must depend on its bytes alone. So the depth is
bounded here, iteratively, to a number that every decoder can follow (the MessagePack specification
sets none). Used by ``domain.bodies``; nothing else about the bytes is judged here.
"""

from typing import Final

from p2pshare.limits import PAYLOAD_NESTING_MAX

# First bytes of containers: fixmap, fixarray, array 16, array 32, map 16, map 32.
_CONTAINER_BYTES: Final = bytes([*range(0x80, 0xA0), 0xDC, 0xDD, 0xDE, 0xDF])
_OTHER_BYTES: Final = bytes(sorted(set(range(256)) - set(_CONTAINER_BYTES)))
# Bytes that follow the first one, for the types of a fixed size (0xc0 to 0xd8, then by length).
_FIXED_SIZES: Final = {
    **{0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8},
    **{0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8},
    **{0xD4: 2, 0xD5: 3, 0xD6: 5, 0xD7: 9, 0xD8: 17},
}
# First byte -> (bytes of the length field, bytes beside the payload): bin, ext and str families.
_LENGTH_FIELDS: Final = {
    **{0xC4: (1, 0), 0xC5: (2, 0), 0xC6: (4, 0)},
    **{0xC7: (1, 1), 0xC8: (2, 1), 0xC9: (4, 1)},
    **{0xD9: (1, 0), 0xDA: (2, 0), 0xDB: (4, 0)},
}


def nested_too_deep(data: bytes, maximum: int = PAYLOAD_NESTING_MAX) -> bool:
    """Whether an array or map of ``data`` stands at a depth above ``maximum``; the outermost is 1.

    Bytes that end too early are judged as far as they go; the decoder refuses them afterwards.
    """
    # Nothing can nest deeper than it has bytes that begin a container: true for nearly every
    # honest entry, and counted in C instead of value by value.
    if len(data.translate(None, _OTHER_BYTES)) <= maximum:
        return False
    return _scan(data, maximum)


def _scan(data: bytes, maximum: int) -> bool:
    open_items: list[int] = []  # items still to come in each open container, outermost first
    position, end = 0, len(data)
    while position < end:
        first = data[position]
        position += 1
        items = -1
        if 0x80 <= first <= 0x8F:
            items = 2 * (first & 0x0F)
        elif 0x90 <= first <= 0x9F:
            items = first & 0x0F
        elif 0xA0 <= first <= 0xBF:
            position += first & 0x1F
        elif 0xDC <= first <= 0xDF:
            width = 2 if first in (0xDC, 0xDE) else 4
            items = int.from_bytes(data[position : position + width], "big")
            items *= 2 if first >= 0xDE else 1
            position += width
        elif first in _FIXED_SIZES:
            position += _FIXED_SIZES[first]
        elif first in _LENGTH_FIELDS:
            width, beside = _LENGTH_FIELDS[first]
            length = int.from_bytes(data[position : position + width], "big")
            position += width + beside + length
        if open_items:
            open_items[-1] -= 1
        if items >= 0:
            open_items.append(items)
            if len(open_items) > maximum:
                return True
        while open_items and open_items[-1] == 0:
            open_items.pop()
        if not open_items:
            return False  # one whole value; what trails it is the decoder's to refuse
    return False
