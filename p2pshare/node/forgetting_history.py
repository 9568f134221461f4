"""Forgetting history: all that a person brought along, what is from one program, or one member.

Entries are erased whole. What they say of others is signed anew in the same transaction, where it
is what is shown now, so that nothing else is lost by it.
"""

from collections import defaultdict
from collections.abc import Iterable

from p2pshare.domain import rules
from p2pshare.domain.alike import bare
from p2pshare.domain.history import (
    HistoryLoan,
    HistoryMember,
    HistoryRow,
    HistoryTransfer,
    member_text,
    split_member_text,
)
from p2pshare.domain.lists.cells import line
from p2pshare.errors import DomainError, UnknownReference
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.node.importing_history import packing_for, write_packed
from p2pshare.node.ledger import Ledger
from p2pshare.node.writing import Writing
from p2pshare.store import local
from p2pshare.store.history import HistoryQueries, Kept


def forget_history(
    ledger: Ledger,
    person: bytes,
    *,
    circle: bytes | None = None,
    source: str | None = None,
    member: str | None = None,
) -> int:
    """Erase what a person brought along: all of it, all from one source, or all about one member.

    A member is named by number, address or name. Entries are erased whole, so that what they say of
    others is signed anew in the same transaction. How many rows are gone. Raises DomainError if
    there is nothing such or two members have that name, UnknownReference, KeyLocked, or another
    StoreError or NodeError.
    """
    where = OPEN_CIRCLE if circle is None else circle
    with ledger.ingest.batch(durable=True) as batch:
        if person not in local.own_persons(batch.connection):
            raise UnknownReference("that person is not hosted on this computer")
        writing = Writing(batch, ledger.keys, person, where, ledger.clock)
        queries = ledger.queries.history
        kept = queries.kept(person.hex(), where.hex())
        if source is not None:
            kept = [one for one in kept if bare(one.source) == bare(source)]
        gone = kept if member is None else _all_about(member, kept)
        if not gone:
            raise DomainError("there is no such history of yours here")
        touched = {one.history for one in gone}
        _sign_anew(writing, queries, person, kept, gone, touched, ledger.clock.time_ms())
        entries = [
            entry
            for history in sorted(touched)
            for entry in writing.states.erasable(where, history, person)[1]
        ]
        for draft in rules.forget(entries):
            writing.write(draft)
        report = batch.finish(by_peer=False)
    ledger.ingest.settle(report, own=True)
    return len({_key(one) for one in gone})


def _sign_anew(
    writing: Writing,
    queries: HistoryQueries,
    person: bytes,
    kept: list[Kept],
    gone: list[Kept],
    touched: set[bytes],
    now_ms: int,
) -> None:
    """Keep what the entries that are to be erased say of others, where it is what is shown now."""
    forgotten = {id(one) for one in gone}
    staying: dict[tuple[str, str], list[HistoryRow]] = defaultdict(list)
    for one in _latest(kept).values():
        if one.history in touched and id(one) not in forgotten:
            staying[one.kind, one.source].append(one.row)
    for (kind, source), rows in staying.items():
        packing = packing_for(writing, queries, person, kind, source, now_ms)
        for row in rows:
            packing.add(row)
        write_packed(writing, person, packing)


def _all_about(member: str, kept: list[Kept]) -> list[Kept]:
    """What is said of a member now, with all that was said in its place before; and what was said
    of them before, whoever is named in its place now.
    """
    names = _names_of(member, kept)
    now = {key for key, one in _latest(kept).items() if _is_about(one, names)}
    return [one for one in kept if _key(one) in now or _is_about(one, names)]


def _latest(kept: Iterable[Kept]) -> dict[tuple[str, str, str], Kept]:
    """Of each row what the latest import says, which is what is shown."""
    return {_key(one): one for one in kept}


def _key(one: Kept) -> tuple[str, str, str]:
    return one.kind, one.source, one.row.ref


def _names_of(member: str, kept: Iterable[Kept]) -> set[tuple[str, str]]:
    """(source, what it calls this member), all of them and nobody else's.

    Raises DomainError if two members are called ``member``.
    """
    called: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    wanted = _form(member)
    names = set()
    for one in kept:
        names.add((one.source, wanted))
        match one.row:
            case HistoryMember() as row:
                # An address is the same person in every list, a number only in its own.
                who = ("", _form(row.email)) if row.email else (one.source, _form(row.ref))
                texts = {row.ref, row.name, row.email, member_text(row.name, row.email)}
            case HistoryLoan() as row if split_member_text(row.member)[1]:
                name, email = split_member_text(row.member)
                who, texts = ("", _form(email)), {row.member, name, email}
            case _:
                continue
        called[who].update((one.source, _form(text)) for text in texts if text)
    meant = [who for who, said in called.items() if any(name == wanted for _, name in said)]
    if len(meant) > 1:
        raise DomainError("several members are called so; say the number or the address")
    for who in meant:
        others = {name for other, said in called.items() if other != who for name in said}
        names.update(called[who] - others)
    return names


def _is_about(one: Kept, names: set[tuple[str, str]]) -> bool:
    match one.row:
        case HistoryMember() as row:
            said = (row.ref, row.name, row.email)
        case HistoryTransfer() as row:
            said = (row.member, row.receiver, "")
        case HistoryLoan() as row:
            said = (row.member, "", "")
    return any((one.source, _form(name)) in names for name in said if name)


def _form(name: str) -> str:
    """How names are compared where it matters whose they are: letter by letter, in any case."""
    return line(name).casefold()
