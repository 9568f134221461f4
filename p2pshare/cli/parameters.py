"""Types of arguments that several commands share.

Only what click must decide (exit 2): is it text, a number, one of these words. Whether it can be
done is the domain's affair (exit 1).
"""

import unicodedata

import click


def text(value: str) -> str:
    """Text as somebody typed it, in NFC; a usage error for bytes that are no UTF-8."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise click.BadParameter("that is not valid text (UTF-8)") from None
    return unicodedata.normalize("NFC", value)
