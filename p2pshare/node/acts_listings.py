"""What people do with their name, their listings and what they wrote: from commands to entries."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from p2pshare.domain import commands, rules
from p2pshare.errors import DomainError
from p2pshare.log.certificate import REVOKE_KIND, person_subject, revocation_payload
from p2pshare.node.acting import Act, Acting, Done
from p2pshare.store import local
from p2pshare.store.lookup import last_entry_of


def _set_name(acting: Acting, command: commands.SetName) -> Done:
    draft = rules.set_name(command.name)
    clean = rules.clean_name(command.name)
    local.rename_own_person(acting.writing.connection, command.person, clean)
    acting.writing.write(draft, subject=person_subject(command.person))
    return Done(command.person)


def _add_listing(acting: Acting, command: commands.AddListing) -> Done:
    acting.check_photos(command.photos)
    return Done(acting.writing.write(rules.put_listing(command, acting.today())))


def _edit_listing(acting: Acting, command: commands.EditListing) -> Done:
    listing = acting.listing(command.listing)
    if command.photos is not commands.UNCHANGED:
        acting.check_photos(tuple(set(command.photos).difference(listing.photos)))
    draft = rules.edit_listing(listing, command, acting.today())
    return Done(acting.writing.write(draft, subject=command.listing))


def _close_listing(acting: Acting, command: commands.CloseListing) -> Done:
    draft = rules.close_listing(acting.listing(command.listing), command)
    return Done(acting.writing.write(draft, subject=command.listing))


def _forget(acting: Acting, command: commands.Forget) -> Done:
    writing = acting.writing
    mine, named = writing.states.erasable(writing.circle, command.subject, command.person)
    if not named:
        raise DomainError("there is nothing of yours to forget there")
    for draft in rules.forget(named):
        writing.write(draft)
    return Done(command.subject, len(mine))


def _revoke_feed(acting: Acting, command: commands.RevokeFeed) -> Done:
    """Revoke a feed of the person; one that is written here is retired before."""
    writing = acting.writing
    last = last_entry_of(
        writing.connection, writing.circle, command.feed, command.person, command.last_entry
    )
    person_key = acting.keys.person_key(command.person)
    local.retire_feed(writing.connection, command.feed)
    payload = revocation_payload(person_key, writing.circle, command.feed, *last)
    writing.write_statement(REVOKE_KIND, payload, person_subject(command.person))
    return Done(command.feed)


ACTS: Final[Mapping[type, Act]] = MappingProxyType(
    {
        commands.SetName: _set_name,
        commands.AddListing: _add_listing,
        commands.EditListing: _edit_listing,
        commands.CloseListing: _close_listing,
        commands.Forget: _forget,
        commands.RevokeFeed: _revoke_feed,
    }
)
"""The acts of this family, by command."""
