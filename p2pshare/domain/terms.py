"""Standard sharing terms: short codes with a version, a sentence and a machine form.

What Creative Commons is to copyright: an owner picks codes, a listing carries them and an agreement
signs them as ``CODE/VERSION`` (``BORROW-7D/1``), the *signed text*. What one version means never
changes: ``Term.digest`` covers its sentences and machine form, docs/protocol.md lists the digests
and a test pins them. A new meaning is a new version beside the old one. The sentences are in
``domain.term_texts``, the pictures in resources/icons/terms.

Peers may send codes of later versions, or anything else: it is kept, shown as it is and has no
machine form here. Used by ``domain.rules`` (what a listing may carry), the rules of loans (what it
means for the days asked for) and whoever shows terms. This module must not judge what peers signed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import reduce
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from p2pshare import limits
from p2pshare.domain import days
from p2pshare.domain.alike import bare
from p2pshare.domain.categories import LANGUAGES
from p2pshare.domain.term_texts import SENTENCES
from p2pshare.domain.text import clean_line
from p2pshare.errors import DomainError

#: The language whose sentence is what a term means.
FALLBACK_LANGUAGE: Final = "en"

_DIGEST_LABEL: Final = b"p2pshare terms v1\0"
_NOT_KNOWN: Final = "Not among the standard terms known here."


@dataclass(frozen=True, slots=True)
class MachineForm:
    """What terms mean to a program; the empty one means nothing.

    ``longest_days`` is the most days from the first day of a loan to its last, None without a
    limit; ``notice_days`` by how many days at least a request comes before its first day.
    ``checklist`` are items to be looked at when the thing comes back, ``promises`` words for what a
    program can only remind people of; both ascend. ``training_needed``: an induction is demanded
    (``domain.induction``).
    """

    longest_days: int | None = None
    notice_days: int = 0
    checklist: tuple[str, ...] = ()
    adults_only: bool = False
    training_needed: bool = False
    promises: tuple[str, ...] = ()

    def stricter(self, other: "MachineForm") -> "MachineForm":
        """Both at once: of each field what is asked more of the borrower."""
        lengths = [one.longest_days for one in (self, other) if one.longest_days is not None]
        return MachineForm(
            longest_days=min(lengths, default=None),
            notice_days=max(self.notice_days, other.notice_days),
            checklist=tuple(sorted({*self.checklist, *other.checklist})),
            adults_only=self.adults_only or other.adults_only,
            training_needed=self.training_needed or other.training_needed,
            promises=tuple(sorted({*self.promises, *other.promises})),
        )

    def to_dict(self) -> dict[str, int | bool | list[str]]:
        """The fields that say something, for JSON and for the digest."""
        said: dict[str, int | bool | list[str]] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                said[field.name] = list(value) if isinstance(value, tuple) else value
        return said


@dataclass(frozen=True, slots=True)
class Term:
    """One version of a standard term; ``icon`` is a file of resources/icons/terms, less ``.svg``.

    Terms of one ``question`` answer the same one and contradict each other.
    """

    code: str
    version: int
    icon: str
    machine: MachineForm
    question: str = ""

    @property
    def signed(self) -> str:
        """What a listing carries and an agreement signs."""
        return f"{self.code}/{self.version}"

    def sentence(self, language: str) -> str:
        """What it asks, in a language ("de", "de_AT.UTF-8"), else in English."""
        return SENTENCES[self.signed][language_of(language)]

    def digest(self) -> str:
        """Hex SHA-256 of what this version means, as docs/protocol.md (sharing terms) says."""
        lines = [self.signed]
        lines.extend(f"{language} {self.sentence(language)}" for language in LANGUAGES)
        for name, value in sorted(self.machine.to_dict().items()):
            items = value if isinstance(value, list) else [value]
            lines.extend(f"{name} {str(item).lower()}" for item in items)
        return sha256(_DIGEST_LABEL + "\n".join(lines).encode()).hexdigest()


_LENGTH: Final = "how long a loan is"

#: Every version that ever landed, in the order to show.
TERMS: Final = (
    Term("BORROW-7D", 1, "calendar", MachineForm(longest_days=7), _LENGTH),
    Term("BORROW-14D", 1, "calendar", MachineForm(longest_days=14), _LENGTH),
    Term("BORROW-28D", 1, "calendar", MachineForm(longest_days=28), _LENGTH),
    Term("ASK-A-DAY-BEFORE", 1, "ask-before", MachineForm(notice_days=1)),
    Term("CLEAN-RETURN", 1, "clean", MachineForm(checklist=("clean",))),
    Term("REFILL", 1, "refill", MachineForm(checklist=("refilled",))),
    Term("REPORT-DAMAGE", 1, "report", MachineForm(promises=("report-damage",))),
    Term("REPLACE-IF-LOST", 1, "replace", MachineForm(promises=("replace-if-lost",))),
    Term("NO-LENDING-ON", 1, "no-lending-on", MachineForm(promises=("no-lending-on",))),
    Term("ADULTS-ONLY", 1, "adults", MachineForm(adults_only=True)),
    Term("TRAINING-NEEDED", 1, "training", MachineForm(training_needed=True)),
    Term("NO-RESALE", 1, "no-resale", MachineForm(promises=("no-resale",))),
    Term("PAY-IT-FORWARD", 1, "forward", MachineForm(promises=("pay-it-forward",))),
)

_BY_SIGNED: Final[Mapping[str, Term]] = MappingProxyType({one.signed: one for one in TERMS})
_NEWEST: Final[Mapping[str, Term]] = MappingProxyType(
    {one.code: one for one in sorted(TERMS, key=lambda one: one.version)}
)
#: A code as people may type it: in any case, with or without its hyphens.
_BY_TYPED: Final[Mapping[str, str]] = MappingProxyType(
    {bare(code).replace(" ", ""): code for code in _NEWEST}
)


def newest_terms() -> tuple[Term, ...]:
    """The terms to choose from: of each code its newest version, in the order to show."""
    return tuple(_NEWEST.values())


def find_term(signed: str) -> Term | None:
    """The term of this signed text, or None for what a later version or somebody else made up."""
    return _BY_SIGNED.get(signed)


def parse_term(typed: str) -> Term:
    """The term that a person means by ``borrow-7d``, ``Borrow 7D`` or ``BORROW-7D/1``.

    Without a version the newest one. Raises DomainError, in one line that names what comes near.
    """
    text = clean_line(typed, limits.TAG_CHARACTERS_MAX, "a terms code", required=True)
    name, _, version = text.partition("/")
    code = _BY_TYPED.get(bare(name).replace(" ", ""))
    if code is None:
        raise DomainError(f"there are no terms called '{text}'; {_near(name)}")
    if not version.strip():
        return _NEWEST[code]
    found = _BY_SIGNED.get(f"{code}/{version.strip()}")
    if found is None:
        raise DomainError(
            f"{code} has no version '{version.strip()}' here; choose {_NEWEST[code].signed}"
        )
    return found


def canonical_terms(typed: Iterable[str], kept: Collection[str] = ()) -> tuple[str, ...]:
    """What a listing may carry for the codes that a person typed: signed texts, each once.

    Blank ones are passed over. What is in ``kept`` (a listing's present terms) is taken as it is,
    so that an edit here does not lose codes that only a newer program knows. Raises DomainError for
    unknown codes, for terms that contradict each other, and for more than TERMS_MAX.
    """
    signed = tuple(
        dict.fromkeys(
            one if one in kept else parse_term(one).signed for one in typed if one.strip()
        )
    )
    if len(signed) > limits.TERMS_MAX:
        raise DomainError(f"at most {limits.TERMS_MAX} terms codes are possible; leave some out")
    clash = contradiction(signed)
    if clash is not None:
        raise DomainError(f"{clash[0]} and {clash[1]} contradict each other; keep one of them")
    return signed


def contradiction(signed: Iterable[str]) -> tuple[str, str] | None:
    """Two of these signed texts that cannot both hold: of one question, or two versions of a code.

    None if there are none, or none that this version knows.
    """
    answered: dict[str, Term] = {}
    for term in filter(None, map(find_term, signed)):
        first = answered.setdefault(term.question or term.code, term)
        if first is not term:
            return first.signed, term.signed
    return None


def machine_form(signed: Iterable[str]) -> MachineForm:
    """What these signed texts mean together: the strictest wins, in any order.

    Codes not known here mean nothing to a program.
    """
    known = (term.machine for term in map(find_term, signed) if term is not None)
    return reduce(MachineForm.stricter, known, MachineForm())


def check_days(form: MachineForm, from_day: str, until_day: str, today: str) -> None:
    """Raise DomainError if the terms do not allow to ask ``today`` for these days.

    All are local days; ``until_day`` is inclusive and not before ``from_day``.
    """
    if form.notice_days and days.days_between(today, from_day) < form.notice_days:
        earliest = days.add_days(today, form.notice_days)
        raise DomainError(f"by its terms it is asked for before; choose {earliest} or later")
    longest = form.longest_days
    if longest is not None and days.days_between(from_day, until_day) > longest:
        latest = days.add_days(from_day, longest)
        raise DomainError(
            f"by its terms it is lent for at most {longest} days; choose {latest} or earlier"
        )


def language_of(locale: str) -> str:
    """Which of our languages a language or locale means ("fr", "fr_CA.UTF-8"); else English."""
    language = locale[:2].lower()
    return language if language in LANGUAGES else FALLBACK_LANGUAGE


def line_of(signed: str, language: str) -> str:
    """A signed text with what it asks: ``Give it back clean. (CLEAN-RETURN/1)``.

    A peer may have made the text up, so that ``domain.text.shown`` has to make it safe.
    """
    term = find_term(signed)
    return f"{_NOT_KNOWN if term is None else term.sentence(language)} ({signed})"


def _near(name: str) -> str:
    """What somebody may have meant by a code that there is not."""
    wanted = bare(name).replace(" ", "")
    near: Sequence[str] = [_BY_TYPED[one] for one in get_close_matches(wanted, _BY_TYPED)]
    if near:
        return f"near it: {', '.join(near)}"
    return f"there are {', '.join(_NEWEST)}"
