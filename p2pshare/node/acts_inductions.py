"""Inductions, written: the listing and what was stated of it are looked up, the rule asked.

A family of acts of ``node.authoring``; who may state what is decided in ``domain.induction``.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from p2pshare.domain import commands
from p2pshare.domain.induction import grant_induction
from p2pshare.node.acting import Act, Acting, Done
from p2pshare.store.inductions import Inductions


def _grant_induction(acting: Acting, command: commands.GrantInduction) -> Done:
    listing = acting.listing(command.listing)
    inductions = Inductions(acting.writing.connection)
    statements = inductions.statements(command.listing, acting.writing.circle)
    return Done(acting.writing.write(grant_induction(listing, command, statements)))


ACTS: Final[Mapping[type, Act]] = MappingProxyType({commands.GrantInduction: _grant_induction})
"""The acts of this family, by command."""
