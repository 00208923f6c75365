"""The sender's own table: printed, read again, and true."""

import re
from pathlib import Path

import pytest

from lab.bird_tables import paths_in_kernel, paths_in_memory
from mxpath.datasets.birdc_routes import rib_entries
from mxpath.datasets.own_tables import open_table
from mxpath.inference.bgp_paths import Standpoint, Telling, told_paths
from mxpath.lab.netns import Lab
from mxpath.lab.own_table import played_paths, played_table, running_paths, sender_router
from mxpath.lab.topology import World
from mxpath.model.address import IPAddress, Prefix
from mxpath.model.bgp import PathGrade, RibEntry
from mxpath.model.network import Network
from mxpath.model.relations import AsRelations, Relation


def relations_of(world: World) -> AsRelations:
    """Who is what to whom, by the world's file."""
    rows = [(asn, p, Relation.PROVIDER) for asn, n in world.networks.items() for p in n.providers]
    rows += [(asn, p, Relation.PEER) for asn, n in world.networks.items() for p in n.peers]
    return AsRelations.of(rows)


def mail_hosts(world: World) -> tuple[IPAddress, ...]:
    return tuple(address for host in world.hosts for address in world.addresses_of(host))


@pytest.mark.lab
def test_a_collectors_dump_given_as_our_table_is_a_collectors(policies: Lab) -> None:
    """Its peers are not our neighbours, but one is our provider: grade (c), and true here."""
    world = policies.world
    targets = [a for host in ("part", "whole", "side") for a in world.addresses_of(host)]
    entries = open_table(policies.dump("rrc0")).entries(targets)
    here = Standpoint(home=Network(asn=world.asn_of[world.sender]), relations=relations_of(world))
    telling = Telling(source="rrc0", entries=entries, own=True)
    found = {t: told_paths(t, [telling], here) for t in targets}
    assert {claims[0].value.grade for claims in found.values()} == {PathGrade.UPSTREAM}
    truth = played_paths(world, targets)
    assert {t: claims[0].value.asns for t, claims in found.items()} == truth


@pytest.mark.lab
def test_an_mrt_dump_of_our_own_router_tells_the_route_in_use(
    policies: Lab, tmp_path: Path
) -> None:
    """It does not say which route that is: LOCAL_PREF and length must."""
    world, router = policies.world, sender_router(policies.world)
    dump = tmp_path / "own.mrt"
    command = f'mrt dump table "master*" to "{dump}"'
    policies.run(router, ["birdc", "-s", f"/run/lab/{router}.ctl", command], timeout_s=10)
    targets = [a for host in ("part", "whole", "side") for a in world.addresses_of(host)]
    table = open_table(dump)
    assert table.kind == "mrt"
    entries = table.entries(targets)
    assert {entry.best for entry in entries} == {None}
    assert len(entries) > len(targets)  # several routes to choose from
    here = Standpoint(home=Network(asn=world.asn_of[world.sender]))
    telling = Telling(source="own.mrt", entries=entries, own=True)
    found = {t: told_paths(t, [telling], here) for t in targets}
    assert {claims[0].value.grade for claims in found.values()} == {PathGrade.OWN}
    assert all(len(claims) == 1 for claims in found.values())
    truth = played_paths(world, targets)
    assert {t: claims[0].value.asns for t, claims in found.items()} == truth


def longest(entries: tuple[RibEntry, ...], target: IPAddress) -> tuple[int, ...] | None:
    around = [e for e in entries if e.best and target in e.prefix]
    return max(around, key=lambda e: e.prefix.prefixlen).path.asns if around else None


def test_a_played_table_is_read_as_birds_are(world: World) -> None:
    targets = mail_hosts(world)
    entries = rib_entries(played_table(world).encode(), targets, source="x")
    ours = world.asn_of[world.sender]
    assert all(entry.best for entry in entries)
    assert {t: (ours, *(longest(entries, t) or ())) for t in targets} == played_paths(
        world, targets
    )


@pytest.mark.lab
def test_a_running_router_says_what_its_table_says(policies: Lab) -> None:
    world, router = policies.world, sender_router(policies.world)
    targets = mail_hosts(world)
    text = policies.own_table()
    table = open_table(text)
    assert table.kind == "birdc"
    entries = table.entries(targets)
    told = {e.prefix: e.path.asns for e in entries if e.best and e.path.asns}
    running = paths_in_kernel(policies)[router]
    around: dict[Prefix, tuple[int, ...]] = {
        prefix: path for prefix, path in running.items() if any(t in prefix for t in targets)
    }
    assert told == around
    assert told
    assert {e.prefix for e in entries if e.best} == {e.prefix for e in entries}
    # What the truth is read from, and what the memory player holds, is the same.
    argv = ["birdc", "-s", f"/run/lab/{router}.ctl"]

    def ask(what: str) -> str:
        return re.sub(
            r"(?m)^", " ", policies.run(router, [*argv, *what.split()], timeout_s=10).stdout
        )

    truth = running_paths(world, targets, ask)
    ours = world.asn_of[world.sender]
    assert truth == {t: (ours, *(longest(entries, t) or ())) for t in targets if t in truth}
    assert truth == played_paths(world, targets)
    assert paths_in_memory(world)[router] == running
