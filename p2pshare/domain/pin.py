"""PINs of people who sign at a desk: which are possible, and how long a wrong guess makes one wait.

A PIN keeps the others at the desk from signing for somebody. It is no protection against whoever
has the disk: docs/security.md says what that costs. Times are milliseconds; no clock is read here.
"""

import re
from collections.abc import Sequence
from typing import Final

from p2pshare.errors import DomainError
from p2pshare.limits import (
    PIN_DIGITS_MAX,
    PIN_DIGITS_MIN,
    PIN_TRIES_FREE,
    PIN_WAIT_FIRST_MS,
    PIN_WAIT_MAX_MS,
)

_DIGITS: Final = re.compile(rf"[0-9]{{{PIN_DIGITS_MIN},{PIN_DIGITS_MAX}}}")
_UPWARDS: Final = "01234567890"


def clean_pin(text: str) -> str:
    """``text`` as a PIN. Raises DomainError for other than digits, and for what is guessed first.

    That is one digit repeated, and digits in their order, upwards or downwards.
    """
    pin = text.strip()
    if not _DIGITS.fullmatch(pin):
        raise DomainError(f"a PIN has {PIN_DIGITS_MIN} to {PIN_DIGITS_MAX} digits and nothing else")
    if len(set(pin)) == 1 or pin in _UPWARDS or pin in _UPWARDS[::-1]:
        raise DomainError("that PIN is among the first that anybody would try; choose another")
    return pin


def wait_ms(wrong: int) -> int:
    """How long after the latest of so many ``wrong`` PINs in a row none is tried."""
    beyond = wrong - PIN_TRIES_FREE
    if beyond < 0:
        return 0
    doubled: int = PIN_WAIT_FIRST_MS << min(beyond, 32)
    return min(doubled, PIN_WAIT_MAX_MS)


def remaining_ms(wrong_at: Sequence[int], now_ms: int) -> int:
    """How long is still to be waited after wrong PINs at these times; 0 if one may be tried.

    A clock that was set back makes nobody wait longer than the whole of it.
    """
    whole = wait_ms(len(wrong_at))
    if not whole:
        return 0
    return max(0, min(whole, wrong_at[-1] + whole - now_ms))
