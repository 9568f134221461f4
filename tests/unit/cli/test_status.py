"""status: the links of a live node, and of none."""

from contextlib import closing

from integration.cli_kit import Home

from p2pshare.node.lock import NodeLock
from p2pshare.store import local


def test_links_count_only_while_a_node_runs(ada: Home) -> None:
    with closing(ada.ledger()) as ledger, ledger.database.transaction(durable=False) as connection:
        local.note_links(connection, [("ab" * 32, "192.168.1.7:4711")])
    assert ada.json("status")["links"] == []
    lock = NodeLock(ada.folder)
    try:
        assert ada.json("status")["links"] == [{"device": "ab" * 32, "address": "192.168.1.7:4711"}]
        assert "192.168.1.7:4711" in ada.run("status").out
    finally:
        lock.release()
    assert ada.json("status")["links"] == []


def test_status_in_words(ada: Home) -> None:
    said = ada.run("status").out
    for word in ("Ada", "Everyone nearby", "not connected", str(ada.folder)):
        assert word in said
