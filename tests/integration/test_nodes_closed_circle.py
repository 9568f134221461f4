"""A closed circle between live nodes: all to those who have its secret, nothing to anybody else."""

from pathlib import Path

from integration.nodes_kit import (
    bytes_on_disk,
    dial,
    digests,
    equal,
    has_listing,
    linked,
    node_of,
    offer,
    person,
    sees,
    titles,
)

from p2pshare.log.certificate import closed_circle
from p2pshare.node.effects import Effects
from p2pshare.sync.messages import decode_message

SECRET = bytes(range(32))


async def test_a_closed_circle_is_shared_by_those_who_have_its_secret(tmp_path: Path) -> None:
    async with (
        node_of(tmp_path / "a") as a,
        node_of(tmp_path / "b", a) as b,
        node_of(tmp_path / "c", a, b) as c,
    ):
        await linked(a, b, c)
        ada = await person(a, "Ada")
        for node in (a, b):  # while the links are up
            await node.with_ledger(lambda ledger: ledger.add_closed_circle("Allotments", SECRET))
        circle = closed_circle(SECRET)
        rake = await offer(a, ada, "Hidden rake", circle=circle)
        drill = await offer(a, ada, "Open drill")
        await has_listing(b, rake)
        await has_listing(c, drill)
        await sees(b, titles, ["Hidden rake", "Open drill"])
        assert await c.query(titles) == ["Open drill"]
        assert set(await digests(c)) < set(await digests(a))
        held = bytes_on_disk(tmp_path / "c")
        assert b"Hidden rake" not in held
        assert circle not in held
        assert b"Hidden rake" in bytes_on_disk(tmp_path / "b")
    async with node_of(tmp_path / "a") as a, node_of(tmp_path / "b", a) as b:  # and from the start
        await linked(a, b)
        await offer(a, ada, "Hidden spade", circle=circle)
        await sees(b, titles, ["Hidden rake", "Hidden spade", "Open drill"])
        await equal(a, b)


async def test_a_third_cannot_tell_whether_there_is_a_closed_circle(tmp_path: Path) -> None:
    """What is sent to who has no secret has the same shape with and without closed circles."""
    shapes = []
    for number, secrets in enumerate(((), (SECRET,), (SECRET, bytes(32)))):
        folder = tmp_path / str(number)
        async with node_of(folder / "a") as a, node_of(folder / "c") as c:
            for secret in secrets:
                await a.with_ledger(
                    lambda ledger, secret=secret: ledger.add_closed_circle("Hidden", secret)
                )
            heard = overheard(c)
            await dial(c, a)
            ada = await person(a, "Ada")
            await has_listing(c, await offer(a, ada))
            shapes.append([(type(decode_message(one)).__name__, len(one)) for one in heard][:3])
            for secret in secrets:
                assert not any(closed_circle(secret) in one for one in heard)
    assert shapes[0] == shapes[1] == shapes[2]
    assert len(shapes[0]) == 3


def overheard(node: object) -> list[bytes]:
    """Every message that the node receives from now on."""
    effects = node._effects  # type: ignore[attr-defined]
    assert isinstance(effects, Effects)
    heard: list[bytes] = []
    arrived = effects.arrived

    def listen(link: int, data: bytes) -> None:
        heard.append(data)
        arrived(link, data)

    effects.arrived = listen  # type: ignore[method-assign]
    return heard
