"""What tests of the rules share."""

from collections.abc import Callable
from typing import Any

import pytest

from p2pshare.errors import DomainError


def refused(reason: str, rule: Callable[..., object], *arguments: Any) -> None:
    """The rule refuses these arguments in one line that says so."""
    with pytest.raises(DomainError, match=reason) as refusal:
        rule(*arguments)
    assert "\n" not in str(refusal.value)
