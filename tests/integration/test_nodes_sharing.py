"""Two and three live nodes over real sockets: what a person does at one is seen at the others."""

from pathlib import Path

from integration.nodes_kit import (
    TODAY,
    bytes_on_disk,
    digests,
    equal,
    folded,
    has_listing,
    linked,
    listings,
    loan_of,
    moved,
    node_of,
    offer,
    person,
    refused,
    request,
    sees,
    titles,
    until,
)

from p2pshare.domain.commands import (
    CloseListing,
    EditListing,
    Forget,
    MoveAgreement,
    PayHours,
    SetName,
)
from p2pshare.errors import DomainError
from p2pshare.log.certificate import OPEN_CIRCLE


async def test_an_offer_is_seen_changed_and_gone_at_the_neighbour(tmp_path: Path) -> None:
    async with node_of(tmp_path / "a") as a:
        ada = await person(a, "Ada")
        drill = await offer(a, ada, "Drill", quantity=2, tags=("tools",))
        async with node_of(tmp_path / "b", a) as b:
            await linked(a, b)
            await has_listing(b, drill)
            (seen,) = await b.query(listings)
            (own,) = await a.query(listings)
            assert (seen.title, seen.quantity, seen.tags) == ("Drill", 2, ("tools",))
            assert (seen.person_name, seen.own, own.own) == ("Ada", False, True)
            await a.submit(EditListing(person=ada, listing=drill, title="Hammer drill"))
            await sees(b, titles, ["Hammer drill"])
            await a.submit(SetName(person=ada, name="Ada Lovelace"))
            await sees(b, lambda queries: listings(queries)[0].person_name, "Ada Lovelace")
            await a.submit(CloseListing(person=ada, listing=drill))
            await sees(b, titles, [])
            await equal(a, b)
            assert await a.query(folded) == await b.query(folded)


async def test_nodes_that_never_met_find_each_other_by_mdns(tmp_path: Path) -> None:
    # Whatever else announces itself on this computer may be met, too.
    async with (
        node_of(tmp_path / "a", discovery=True) as a,
        node_of(tmp_path / "b", discovery=True) as b,
    ):
        ada, ben = await person(a, "Ada"), await person(b, "Ben")
        await linked(a, b)
        await has_listing(b, await offer(a, ada, "Drill"))
        await has_listing(a, await offer(b, ben, "Ladder"))


async def test_a_loan_from_the_request_to_the_shelf_and_an_hour_paid(tmp_path: Path) -> None:
    async with node_of(tmp_path / "a") as a, node_of(tmp_path / "b", a) as b:
        ada, ben = await person(a, "Ada"), await person(b, "Ben")
        drill = await offer(a, ada)
        loan = await request(b, ben, drill, note="for the shelf")
        await sees(
            a, lambda queries: [one.note for one in queries.agreements(0)], ["for the shelf"]
        )
        await moved(a, ada, loan, "accept", "accepted", b)
        await sees(b, lambda queries: len(queries.busy_periods(drill.hex())), 1)
        await moved(a, ada, loan, "hand-over", "checked_out", b)
        await b.submit(MoveAgreement(person=ben, agreement=loan, move="receive"))
        await moved(b, ben, loan, "give-back", "returned", a)
        await moved(a, ada, loan, "take-back", "closed", b)
        await sees(b, lambda queries: queries.busy_periods(drill.hex()), [])
        await b.submit(PayHours(person=ben, payee=ada, minutes=60))
        await sees(
            a, lambda queries: queries.accounts.balance(ada.hex(), OPEN_CIRCLE.hex()).minutes, 60
        )
        await equal(a, b)
        assert await a.query(folded) == await b.query(folded)
        loan_here, loan_there = await a.query(loan_of(loan)), await b.query(loan_of(loan))
        signed = [(one.move, one.person) for one in loan_here.signed_by]
        assert signed == [(one.move, one.person) for one in loan_there.signed_by]
        assert [move for move, _ in signed] == [
            "request", "accept", "hand-over", "receive", "give-back", "take-back",
        ]  # fmt: skip
        paid = await b.query(lambda queries: queries.accounts.balance(ben.hex(), OPEN_CIRCLE.hex()))
        assert paid.minutes == -60
        again = MoveAgreement(person=ada, agreement=loan, move="lost")
        assert "closed" in await refused(a, again, DomainError)


async def test_who_is_no_party_sees_that_the_drill_is_out_and_not_who_has_it(
    tmp_path: Path,
) -> None:
    async with (
        node_of(tmp_path / "a") as a,
        node_of(tmp_path / "b", a) as b,
        node_of(tmp_path / "c", a) as c,
    ):
        ada, ben, _ = await person(a, "Ada"), await person(b, "Ben"), await person(c, "Cleo")
        drill = await offer(a, ada)
        loan = await request(b, ben, drill, note="a private word")
        await moved(a, ada, loan, "accept", "accepted", b)
        await moved(a, ada, loan, "hand-over", "checked_out", b)
        await sees(
            c, lambda queries: [one.out for one in queries.busy_periods(drill.hex())], [True]
        )
        await equal(a, b, c)
        assert await c.query(lambda queries: queries.agreements(0)) == []
        assert b"a private word" not in bytes_on_disk(tmp_path / "c")
        assert b"a private word" in bytes_on_disk(tmp_path / "a")


async def test_what_is_forgotten_leaves_the_files_of_the_neighbour(tmp_path: Path) -> None:
    async with node_of(tmp_path / "a") as a, node_of(tmp_path / "b", a) as b:
        ada = await person(a, "Ada")
        drill = await offer(a, ada, "Unmistakable drill", description="Regrettable words")
        await has_listing(b, drill)
        for folder in ("a", "b"):
            assert b"Regrettable words" in bytes_on_disk(tmp_path / folder)
        assert (await a.submit(Forget(person=ada, subject=drill))).erased == 1
        await sees(b, titles, [])
        await equal(a, b)

        async def words_are_gone() -> bool:
            found = [bytes_on_disk(tmp_path / folder) for folder in ("a", "b")]
            return not any(
                word in one for one in found for word in (b"Regrettable", b"Unmistakabl")
            )

        await until(words_are_gone, a, b)
        assert await b.query(lambda queries: queries.listings(TODAY, search="regrettable")) == []


async def test_a_loan_is_forgotten_when_both_have(tmp_path: Path) -> None:
    async with node_of(tmp_path / "a") as a, node_of(tmp_path / "b", a) as b:
        ada, ben = await person(a, "Ada"), await person(b, "Ben")
        loan = await request(b, ben, await offer(a, ada), note="a word between us")
        await moved(a, ada, loan, "decline", "declined", b)
        await b.submit(Forget(person=ben, subject=loan))
        await equal(a, b)
        assert await a.query(lambda queries: len(queries.agreements(0))) == 1
        await a.submit(Forget(person=ada, subject=loan))
        for node in (a, b):
            await sees(node, lambda queries: queries.agreements(0), [])
        await equal(a, b)


async def test_entries_reach_through_a_third_who_kept_them(tmp_path: Path) -> None:
    async with node_of(tmp_path / "kiosk") as kiosk:
        async with node_of(tmp_path / "a", kiosk) as a:
            ada = await person(a, "Ada")
            drill = await offer(a, ada)
            await equal(a, kiosk)
        async with node_of(tmp_path / "b", kiosk) as b:
            ben = await person(b, "Ben")
            loan = await request(b, ben, drill)
            await equal(b, kiosk)
            assert await kiosk.query(lambda queries: queries.agreements(0)) == []
        async with node_of(tmp_path / "a", kiosk) as a:
            await moved(a, ada, loan, "accept", "accepted")
            await equal(a, kiosk)
        async with node_of(tmp_path / "b", kiosk) as b:
            await sees(b, lambda queries: queries.agreements(0)[0].state, "accepted")
            assert await b.query(lambda queries: queries.busy_periods(drill.hex())) != []
            assert await digests(b) == await digests(kiosk)
