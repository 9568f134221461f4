"""What people do about the queue of a thing: wait for it, leave, take the turn that was offered.

What the owner's computer writes about it is ``node.entailing``'s. Any other move of a hold, as the
owner's ``remove``, is made as those of all agreements (``node.acts_agreements``).
"""

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from p2pshare.domain import commands
from p2pshare.domain.agreement import AgreementState
from p2pshare.domain.hold import OPEN
from p2pshare.domain.hold_rules import add_hold, drop_hold, open_holds, take_turn, turn_of
from p2pshare.limits import PROMISE_TAG_BYTES
from p2pshare.node.acting import Act, Acting, Done
from p2pshare.store.lookup import listing_header
from p2pshare.store.turns import holds_of


def _add_hold(acting: Acting, command: commands.AddHold) -> Done:
    listing = acting.listing(command.listing)
    draft = add_hold(
        listing,
        listing_header(acting.writing.connection, command.listing),
        command,
        acting.today(),
        os.urandom(PROMISE_TAG_BYTES),
        _holds(acting, command.listing),
        len(acting.writing.states.queue(acting.writing.circle, command.listing)),
    )
    return Done(acting.writing.write_sealed(draft, (command.person, listing.owner)))


def _drop_hold(acting: Acting, command: commands.DropHold) -> Done:
    holds = open_holds(_holds(acting, command.listing), command.person)
    for hold in holds:
        acting.writing.write_sealed(drop_hold(), hold.parties, subject=hold.agreement)
    return Done(holds[0].agreement)


def take_turn_of(acting: Acting, listing: bytes) -> None:
    """Take the turn that was offered to the acting person, who asks for the listing, if one was."""
    hold = turn_of(_holds(acting, listing), acting.person, acting.now_ms())
    if hold is not None:
        acting.writing.write_sealed(take_turn(), hold.parties, subject=hold.agreement)


def _holds(acting: Acting, listing: bytes) -> list[AgreementState]:
    """The places in its queue that the acting person has."""
    found = holds_of(acting.writing.connection, listing, (acting.person,), OPEN)
    return [acting.agreement(hold) for hold in found]


ACTS: Final[Mapping[type, Act]] = MappingProxyType(
    {commands.AddHold: _add_hold, commands.DropHold: _drop_hold}
)
"""The acts of this family, by command."""
