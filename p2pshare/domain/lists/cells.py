"""Single values as other programs and people write them into cells, in four languages.

Each function takes the text of a cell and the name of its column, and raises DomainError, in words
for whoever made the list, where it is no such value.
"""

import re
from typing import Final

from p2pshare.domain.alike import bare
from p2pshare.domain.vocabulary import ExchangeType, ItemType, TransactionType
from p2pshare.errors import DomainError
from p2pshare.limits import QUANTITY_MAX

_WHOLE: Final = re.compile(r"[+-]?\d{1,18}(?:[.,]0{1,2})?")
_SHOWN_CHARACTERS: Final = 40
#: How programs written in Go say that there is no date.
_NO_DATE: Final = "0001-01-01"

_YES: Final = frozenset(
    ["1", "true", "yes", "y", "ja", "j", "oui", "o", "si", "x", "wahr", "vrai", "verdadero"]
)
_NO: Final = frozenset(["0", "false", "no", "n", "nein", "non", "falsch", "faux", "falso"])

_EXCHANGE_WORDS: Final = {
    ExchangeType.OFFER: "offer offers offered biete angebot angebote offre oferta ofrezco",
    ExchangeType.WANT: "want wants wanted request inquiry suche gesuch gesuche wunsch demande"
    " recherche demanda busco peticion",
}
_ITEM_WORDS: Final = {
    ItemType.GOOD: "good goods thing object item tool gegenstand ding sache werkzeug objet bien"
    " chose outil objeto cosa herramienta",
    ItemType.SERVICE: "service services skill skills dienst dienstleistung fahigkeit kenntnis kurs"
    " competence savoir cours servicio habilidad clase",
}
_TRANSACTION_WORDS: Final = {
    TransactionType.BORROW_LEND: "borrow lend|lend|lending|loan|verleihen|leihen|ausleihe|preter"
    "|pret|prestar|prestamo",
    TransactionType.RECEIVE_DONATE: "receive donate|give|gift|donate|verschenken|geschenk|donner"
    "|don|regalar|regalo|donar",
    TransactionType.HOURS: "hours|time|stunden|zeit|heures|temps|horas|tiempo",
}


def _by_word(words: dict[ItemType, str] | dict[ExchangeType, str]) -> dict[str, str]:
    return {word: kind.value for kind, listed in words.items() for word in listed.split()}


_EXCHANGES: Final = _by_word(_EXCHANGE_WORDS)
_ITEMS: Final = _by_word(_ITEM_WORDS)
_TRANSACTIONS: Final = {
    word: kind for kind, listed in _TRANSACTION_WORDS.items() for word in listed.split("|")
}


def quantity(cell: str, column: str) -> int:
    """How many there are; an empty cell is one."""
    text = cell.strip().replace("\u00a0", "")
    if not text:
        return 1
    if not _WHOLE.fullmatch(text) or not text.isascii():
        raise DomainError(f"{column}: '{short(text)}' is not a whole number")
    number = int(re.split(r"[.,]", text)[0])
    if not 1 <= number <= QUANTITY_MAX:
        raise DomainError(f"{column}: {number} is not a quantity from 1 to {QUANTITY_MAX}")
    return number


def yes_or_no(cell: str, column: str) -> bool | None:
    """Whether it is so; None if the cell is empty."""
    word = bare(cell)
    if not word:
        return None
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise DomainError(f"{column}: '{short(cell)}' is neither yes nor no")


def is_said(cell: str) -> bool:
    """Whether a cell says something other than nought or no: a name, a date, a price."""
    if bare(cell) in _NO or cell.strip().startswith(_NO_DATE):
        return False
    return re.search(r"[^\s0.,:/-]", cell) is not None


def exchange_type(cell: str) -> ExchangeType | None:
    """Whether it is offered or wanted; None if these words do not say."""
    found = _EXCHANGES.get(bare(cell))
    return None if found is None else ExchangeType(found)


def item_type(cell: str) -> ItemType | None:
    """Whether it is a thing or a skill; None if these words do not say."""
    found = _ITEMS.get(bare(cell))
    return None if found is None else ItemType(found)


def transaction_types(cell: str, column: str) -> tuple[TransactionType, ...]:
    """On what terms, several apart by a semicolon, comma or bar."""
    found = []
    for word in split(cell, ";,|"):
        kind = _TRANSACTIONS.get(bare(word))
        if kind is None:
            raise DomainError(f"{column}: '{short(word)}' is not possible here")
        found.append(kind)
    return tuple(dict.fromkeys(found))


def split(cell: str, separators: str) -> tuple[str, ...]:
    """The words of a cell, each once: apart by the first of the separators that is in it."""
    for separator in separators:
        if separator in cell:
            break
    else:
        separator = "\n"
    words = (line(word) for word in cell.split(separator))
    return tuple(dict.fromkeys(word for word in words if word))


def line(cell: str) -> str:
    """A cell as one line: line breaks and runs of spaces become one space."""
    return " ".join(cell.split())


def shortened(text: str, maximum: int) -> str:
    """``text``, or its first words and an ellipsis where it is too long."""
    return text if len(text) <= maximum else f"{text[: maximum - 1].rstrip()}…"


def short(text: str) -> str:
    """The beginning of a cell, for a refusal that quotes it."""
    return shortened(line(text), _SHOWN_CHARACTERS)


def must_be(cell: str, column: str) -> DomainError:
    """The refusal of a word that a column cannot hold."""
    return DomainError(f"{column}: '{short(cell)}' is not known here")
