"""terms: the standard sharing terms, in one's own language.

Needs no ledger: they come with the program. Listings show theirs by ``sentences_of``.
"""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import click

from p2pshare.cli.output import one_line, plain
from p2pshare.cli.parameters import text
from p2pshare.cli.session import Session, pass_session

if TYPE_CHECKING:
    from p2pshare.domain.terms import Term

#: Which variable says the language of what is shown: the first that is set (POSIX, 8.2).
_LOCALE_VARIABLES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")


@click.command("terms")
@click.argument("code", required=False, type=text)
@click.option("--lang", "locale", type=text, metavar="L", help="en, de, fr or es; else your own.")
@pass_session
def terms_command(session: Session, code: str | None, locale: str | None) -> None:
    """What you can ask of those who borrow, as short codes that mean the same to everybody.

    With CODE, that one alone. Give them to an offer with --terms.
    """
    from p2pshare.domain.terms import language_of, newest_terms, parse_term

    terms = newest_terms() if code is None else (parse_term(code),)
    language = language_of(own_locale() if locale is None else locale)
    if session.output.json:
        session.output.document([term_document(term, language) for term in terms])
        return
    session.output.table(
        ("code", "what it asks"),
        [(plain(term.code, "bold"), term.sentence(language)) for term in terms],
    )


def own_locale() -> str:
    """The locale that the environment names ("de_AT.UTF-8"), or empty text."""
    set_ones = (os.environ.get(name, "") for name in _LOCALE_VARIABLES)
    return next(filter(None, set_ones), "")


def sentences_of(signed: Iterable[str]) -> list[str]:
    """What terms ask, a harmless line each in one's own language, with what is signed after it."""
    from p2pshare.domain.terms import line_of

    return [one_line(line_of(one, own_locale())) for one in signed]


def term_document(term: "Term", language: str) -> dict[str, Any]:
    """A term as programs get it; ``machine`` has what its ``MachineForm`` says."""
    return {
        "code": term.code,
        "version": term.version,
        "sentence": term.sentence(language),
        "language": language,
        "icon": term.icon,
        "machine": term.machine.to_dict(),
    }
