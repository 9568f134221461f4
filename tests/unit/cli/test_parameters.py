"""Text as somebody typed it."""

import click
import pytest

from p2pshare.cli.parameters import text


def test_text_is_composed() -> None:
    assert text("a\u0308") == "\u00e4"


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(click.BadParameter, match="UTF-8"):
        text("a\udcff")
