"""What people do with their saved searches: kept on this computer, and nothing is signed.

A family of acts of ``node.authoring``. It needs nobody's key.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from p2pshare.domain import searches
from p2pshare.domain.commands import DropSearch, SaveSearch
from p2pshare.errors import UnknownReference
from p2pshare.node.acting import Act, Acting, Done
from p2pshare.store.notes import ERASED_IN_LOG, leave_note
from p2pshare.store.saved_searches import drop_search, read_searches, save_search


def _save_search(acting: Acting, command: SaveSearch) -> Done:
    connection = acting.writing.connection
    saved = read_searches(connection, [command.person.hex()])
    search = searches.save_search(command, saved)
    number = save_search(connection, command.person, search.text, search.category, acting.now_ms())
    return Done(number.to_bytes(searches.NUMBER_BYTES, "big"))


def _drop_search(acting: Acting, command: DropSearch) -> Done:
    """What somebody looked for may be private, so its words leave the file too."""
    if not drop_search(acting.writing.connection, command.person, command.number):
        raise UnknownReference(f"you have no saved search {command.number}")
    leave_note(acting.writing.connection, ERASED_IN_LOG)
    return Done(command.number.to_bytes(searches.NUMBER_BYTES, "big"))


ACTS: Final[Mapping[type, Act]] = MappingProxyType(
    {SaveSearch: _save_search, DropSearch: _drop_search}
)
"""The acts of this family, by command."""
