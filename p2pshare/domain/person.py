"""What a person is called: the fold of ``person.profile`` (docs/protocol.md section 5).

A person *is* a key; the name is what they say of themselves, and two may say the same. Showing it
safely is ``domain.text.shown``. This module must not judge names.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from p2pshare.domain.bodies import PersonProfile
from p2pshare.domain.ordering import FoldEntry, causal_order


@dataclass(frozen=True)
class PersonState:
    """A person (32 bytes) and the name of their last profile, signed in ``profile_entry``."""

    person: bytes
    name: str
    profile_entry: bytes


def fold_person(person: bytes, entries: Iterable[FoldEntry]) -> PersonState | None:
    """The profile of ``person`` from the counted entries of their subject, in any order.

    None while there is no ``person.profile`` of that person; what others wrote there is ignored.
    """
    ordered = causal_order(
        entries,
        say=lambda entry: entry.author == person and isinstance(entry.body, PersonProfile),
    )
    if not ordered:
        return None
    last = ordered[-1]
    if not isinstance(last.body, PersonProfile):
        return None
    return PersonState(person=person, name=last.body.name, profile_entry=last.entry_id)
