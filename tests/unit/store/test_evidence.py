"""store.evidence: entries as they were signed, or a clear word that they are not here."""

from contextlib import closing

import pytest
from unit.node.computers import Computer

from p2pshare.errors import UnknownReference
from p2pshare.log.entry import entry_id
from p2pshare.store.evidence import entry_with_id, opening_of


def test_entries_are_given_as_they_were_signed(tmp_path):
    with closing(Computer(tmp_path)) as computer:
        computer.add("Ada")
        connection = computer.database.connection
        ((_, chain),) = computer.all_entries().items()
        for signed in chain:
            found, feed = entry_with_id(connection, entry_id(signed.header))
            assert found == signed
            assert opening_of(connection, feed) == chain[0]


def test_what_is_not_here_is_said(tmp_path):
    with closing(Computer(tmp_path)) as computer:
        connection = computer.database.connection
        with pytest.raises(UnknownReference):
            entry_with_id(connection, bytes(32))
        with pytest.raises(UnknownReference):
            opening_of(connection, 99)
