"""Three hosts find each other by real multicast, link, sync and relay."""

import asyncio
import time
from itertools import permutations

import pytest
from netlab.laboratory import Host, Lab, until_equal

pytestmark = pytest.mark.netlab

LINK_SECONDS = 15.0
SYNC_SECONDS = 5.0


async def everybody_linked(*hosts: Host) -> None:
    """Wait until each two of the hosts are linked."""
    for host, other in permutations(hosts, 2):
        await host.until_linked(other, LINK_SECONDS)


async def offers_reach_everybody(*hosts: Host) -> float:
    """Each host offers something while all run; the seconds until all have all of it."""
    began = time.monotonic()
    titles = {host: f"A ladder of {host.letter}" for host in hosts}
    await asyncio.gather(*(host.offer(title) for host, title in titles.items()))
    await asyncio.gather(*(host.until_titles(set(titles.values()), SYNC_SECONDS) for host in hosts))
    await until_equal(*hosts, seconds=SYNC_SECONDS)
    return time.monotonic() - began


async def test_three_hosts_find_each_other_link_and_sync(lab: Lab) -> None:
    hosts = [lab.add_host(letter, f"10.77.0.{place}/24") for place, letter in enumerate("abc", 1)]
    await asyncio.gather(*(host.add_person(f"Neighbour {host.letter}") for host in hosts))
    began = time.monotonic()
    await asyncio.gather(*(host.start() for host in hosts))
    started = time.monotonic()
    await everybody_linked(*hosts)
    print(f"start {started - began:.1f} s, linked {time.monotonic() - started:.1f} s later")
    print(f"offers everywhere after {await offers_reach_everybody(*hosts):.2f} s")
    await asyncio.gather(*(host.stop() for host in hosts))


async def test_without_ipv4_link_local_addresses_are_enough(lab: Lab) -> None:
    """No address was given by anybody, as at a meetup around a switch; nodes start at once, while
    the addresses may still be tentative (RFC 4862 section 5.4)."""
    hosts = [lab.add_host(letter) for letter in "ab"]
    await asyncio.gather(*(host.add_person(f"Neighbour {host.letter}") for host in hosts))
    for host in hosts:
        host.renew_link_local_address()
    await asyncio.gather(*(host.start() for host in hosts))
    began = time.monotonic()
    await everybody_linked(*hosts)
    print(f"linked {time.monotonic() - began:.1f} s later")
    links = [one.line for one in hosts[0].happenings if one.is_("link-up")]
    assert all(line["address"].startswith("[fe80::") for line in links), links
    await offers_reach_everybody(*hosts)


async def test_an_offer_reaches_a_host_that_never_met_its_author(lab: Lab) -> None:
    ada, ben, cleo = (
        lab.add_host(letter, f"10.77.0.{place}/24") for place, letter in enumerate("abc", 1)
    )
    await asyncio.gather(ada.add_person("Ada"), ben.add_person("Ben"), cleo.add_person("Cleo"))
    await ada.offer("Hammer drill")
    await asyncio.gather(ada.start(), ben.start())
    await ben.until_titles({"Hammer drill"}, LINK_SECONDS)
    author = ada.device
    await ada.stop()
    await ben.until_unlinked(author, SYNC_SECONDS)
    await cleo.start()
    await cleo.until_titles({"Hammer drill"}, LINK_SECONDS)
    assert await cleo.titles() == {"Hammer drill": "Ada"}
    met = {one.line["device"] for one in cleo.happenings if one.is_("link-up")}
    assert met == {ben.device}
    await until_equal(ben, cleo, seconds=SYNC_SECONDS, entries=7)
