"""Siblings, preferred neighbours and announcements to some: both players choose alike."""

import time
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from lab.bird_tables import paths_in_kernel, paths_in_memory
from lab.policies import POLICIES
from mxpath.errors import InputError, ParseError
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.lab.bird import ask, router_config
from mxpath.lab.netns import Lab
from mxpath.lab.published import publish
from mxpath.lab.routing import ControlPlane
from mxpath.lab.simulated import simulated_truth
from mxpath.lab.topology import World, parse_world

HOSTS = ("part", "at_side", "whole", "over", "side")


@pytest.fixture(scope="module")
def world() -> World:
    return parse_world(POLICIES)


def route(world: World, prefix: str, router: str) -> tuple[int, ...] | None:
    found = ControlPlane(world).routes()[ip_network(prefix)].get(router)
    return None if found is None else found.path


def test_a_sibling_tells_what_a_peer_would_not(world: World) -> None:
    """House two hears its sibling's provider, and tells it of its own peer."""
    assert route(world, "198.18.64.0/20", "house2") == (64510, 64500, 64502)
    assert route(world, "198.18.32.0/20", "house1") == (64511, 64501)


def test_a_route_of_the_house_stays_what_it_was_when_it_came(world: World) -> None:
    """What the house learnt from its provider is not told to its peer, its customers are."""
    links = tuple(link for link in world.links if link.ends != ("top1", "rich1"))
    alone = replace(world, links=links)  # Rich hears of Side from the house or not at all
    assert route(alone, "198.18.64.0/20", "rich1") is None
    assert route(alone, "198.18.80.0/20", "rich1") == (64511, 64510)
    assert route(world, "198.18.0.0/20", "top1") == (64510, 64511, 64496)


def test_a_preferred_provider_beats_a_peer(world: World) -> None:
    assert route(world, "198.18.64.0/20", "s1") == (64511, 64510, 64500, 64502)
    networks = dict(world.networks)
    networks[64496] = replace(networks[64496], prefer=())
    assert route(replace(world, networks=networks), "198.18.64.0/20", "s1") == (64502,)


def test_a_part_is_heard_where_it_is_told(world: World) -> None:
    part, at_side = "198.18.49.0/24", "198.18.50.0/24"
    assert route(world, part, "rich1") == (64503,)
    assert route(world, part, "top1") == (64501, 64503)  # not from Dest itself
    assert route(world, at_side, "side1") == (64503,)
    assert all(route(world, at_side, router) is None for router in ("s1", "top1", "rich1"))
    over = ControlPlane(world).routes()[ip_network("198.18.52.0/25")]
    assert {router for router, found in over.items() if found.path} == {"s1", "side1"}


def test_what_is_published_has_the_parts_and_no_siblings(world: World, tmp_path: Path) -> None:
    publish(world, tmp_path)
    gazetteer = Gazetteer.open(tmp_path)
    found = gazetteer.origin(world.addresses_of("part")[0])
    assert found is not None
    assert str(found[0].prefix) == "198.18.49.0/24"
    assert [network.asn for network in found[0].networks] == [64503]
    assert gazetteer.relations.between(64510, 64511) is None
    assert gazetteer.relations.between(64510, 64500) is not None


def untold(world: World) -> World:
    """One part is told to nobody, another has a second origin."""
    networks = dict(world.networks)
    announce = networks[64503].announce | {ip_network("198.18.49.0/24"): ()}
    networks[64503] = replace(networks[64503], announce=announce)
    prefixes = (*networks[64502].prefixes, ip_network("198.18.50.0/24"))
    networks[64502] = replace(networks[64502], prefixes=prefixes)
    return replace(world, networks=networks)


def test_several_origins_and_none_are_published_as_they_are(world: World, tmp_path: Path) -> None:
    publish(untold(world), tmp_path)
    rows = (tmp_path / "pfx2as.txt").read_text().splitlines()
    assert [row for row in rows if row.startswith(("198.18.49.", "198.18.50."))] == [
        "198.18.50.0\t24\t64502_64503"
    ]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("prefer = [64511]", "prefer = [64500]", "prefer AS64500, which is no neighbour"),
        ('"198.18.49.0/24" =', '"198.18.99.0/24" =', "which is no part of its prefixes"),
        ('["IX"]', '["DE"]', "'DE', which is neither a neighbour nor an exchange point"),
        ("siblings = [64511]", "siblings = [64510]", "AS64510 is its own neighbour"),
        ("siblings = [64511]", "siblings = [64500]", "AS64500 is both provider and sibling"),
        (
            'routers = ["top1"]',
            'routers = ["top1"]\nproviders = [64511]',
            "providers in a circle, or below one, siblings counted as one",
        ),
    ],
)
def test_what_is_no_policy_is_said(old: str, new: str, says: str) -> None:
    assert old in POLICIES
    with pytest.raises(ParseError, match=says):
        parse_world(POLICIES.replace(old, new, 1))


# Griffin, Shepherd and Wilfong, "The stable paths problem and interdomain routing", 2002.
GADGET = """
name = "gadget"
title = "Each likes the way round"
as_of = 2026-06-17
sender = "h"
resolver = "h"
links = [{links}]
[networks.64500]
name = "Zero"
prefixes = ["198.18.0.0/20"]
routers = ["r0"]
providers = [64501, 64502, 64503]
{networks}
[hosts.h]
router = "r0"
"""


def gadget(likes: dict[int, int]) -> World:
    """A customer of all, who are peers of each other and each prefer one of them."""
    pairs = [(0, n - 64500) for n in likes] + [(n - 64500, m - 64500) for n, m in likes.items()]
    links = {frozenset(pair) for pair in pairs}
    text = ", ".join(
        f'{{ ends = ["r{min(link)}", "r{max(link)}"], delay_ms = 1.0 }}'
        for link in sorted(links, key=sorted)
    )
    networks = "\n".join(
        f'[networks.{asn}]\nname = "{asn}"\nprefixes = ["198.18.{16 * (asn - 64500)}.0/20"]\n'
        f'routers = ["r{asn - 64500}"]\npeers = [{liked}]\nprefer = [{liked}]'
        for asn, liked in likes.items()
    )
    made = GADGET.replace("{links}", text).replace("{networks}", networks)
    return parse_world(
        made.replace("providers = [64501, 64502, 64503]", f"providers = {list(likes)}")
    )


def test_what_never_settles_is_said_in_words() -> None:
    bad = gadget({64501: 64502, 64502: 64503, 64503: 64501})
    with pytest.raises(InputError, match=r"routes to AS64500 do not settle.*`prefer`"):
        ControlPlane(bad).routes()


@pytest.mark.lab
@pytest.mark.usefixtures("kernels")
def test_the_kernel_is_not_even_asked_to_play_it() -> None:
    with pytest.raises(InputError, match="do not settle"):
        Lab.up(gadget({64501: 64502, 64502: 64503, 64503: 64501}))


def test_what_settles_in_two_ways_is_said_in_words() -> None:
    with pytest.raises(InputError, match=r"can settle in more than one way.*`prefer`"):
        ControlPlane(gadget({64501: 64502, 64502: 64501})).routes()


@pytest.mark.lab
def test_the_kernel_chooses_alike_at_every_router(policies: Lab) -> None:
    world = policies.world
    asked = [(address, 61000) for host in HOSTS for address in world.addresses_of(host)]
    assert paths_in_kernel(policies) == paths_in_memory(world)
    assert list(policies.truth(asked).paths) == list(simulated_truth(world, asked).paths)


def play(lab: Lab, world: World) -> None:
    """Let the running BIRDs read the configurations of a changed world."""
    run = Path(f"/proc/{lab.state.holder_pid}/root/run/lab")
    for router in world.routers:
        (run / f"{router}.conf").write_text(router_config(world, router))
        assert "Reconfigur" in ask(run / f"{router}.ctl", "configure")


def settles(lab: Lab, world: World, *, limit_s: float = 10.0) -> bool:
    """Whether every BIRD comes to choose as the memory player does in this world."""
    expected, end = paths_in_memory(world), time.monotonic() + limit_s
    while time.monotonic() < end:
        if paths_in_kernel(lab) == expected:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.lab
def test_routes_move_when_the_running_daemons_read_a_changed_world(policies: Lab) -> None:
    world = policies.world
    changed = untold(world)
    networks = dict(changed.networks)
    networks[64496] = replace(networks[64496], prefer=())
    changed = replace(changed, networks=networks)
    assert paths_in_memory(changed) != paths_in_memory(world)
    try:
        play(policies, changed)
        assert settles(policies, changed)
        (path,) = policies.truth([(world.addresses_of("side")[0], 61000)]).paths
        assert path.as_path == (64496, 64502)
    finally:
        play(policies, world)
    assert settles(policies, world)
