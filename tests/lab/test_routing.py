from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings

from hierarchies import hierarchies, with_policies
from mxpath.errors import InputError
from mxpath.lab.routing import ControlPlane, Learnt, Route, origins
from mxpath.lab.steps import steps
from mxpath.lab.topology import World, parse_world

POTATO = """
name = "potato"
title = "Two networks that meet twice"
as_of = 2026-01-01
sender = "h"
resolver = "h"
links = [
  { ends = ["a1", "a2"], delay_ms = 1.0 },
  { ends = ["a2", "a3"], delay_ms = 1.0 },
  { ends = ["a3", "a4"], delay_ms = 1.0 },
  { ends = ["a1", "b1"], delay_ms = 1.0 },
  { ends = ["a4", "b1"], delay_ms = 1.0 },
]
[networks.64500]
name = "A"
prefixes = ["198.18.0.0/20", "2001:db8:1000::/36"]
routers = ["a1", "a2", "a3", "a4"]
providers = [64501]
[networks.64501]
name = "B"
prefixes = ["198.18.16.0/20", "2001:db8:2000::/36"]
routers = ["b1"]
[hosts.h]
router = "a1"
"""


def _relation(world: World, near: int, far: int) -> str:
    relation = world.relation(near, far)
    assert relation is not None
    return relation


def is_valley_free(world: World, path: tuple[int, ...]) -> bool:
    """Up any number of times, across at most once, then only down."""
    return climbs_then_falls(_relation(world, near, far) for near, far in pairwise(path))


def climbs_then_falls(relations: Iterable[str]) -> bool:
    climbing = True
    for relation in relations:
        # A customer or provider may be met over the exchange's LAN as well.
        if relation == "customer":
            climbing = False
        elif not climbing:
            return False
        elif relation == "peer":
            climbing = False
    return True


def _all_routes(world: World) -> list[tuple[str, Route]]:
    return [
        (router, route)
        for routes in ControlPlane(world).routes().values()
        for router, route in routes.items()
    ]


@settings(max_examples=25)
@given(hierarchies())
def test_any_hierarchy_settles_on_valley_free_paths_without_loops(world: World) -> None:
    for router, route in _all_routes(world):
        path = (world.asn_of[router], *route.path)
        assert len(set(path)) == len(path)
        assert is_valley_free(world, path)


@settings(max_examples=25)
@given(hierarchies())
def test_whoever_is_reached_reaches_back(world: World) -> None:
    """A valley-free path read backwards is valley-free."""
    routes = ControlPlane(world).routes()
    reached = {
        (world.asn_of[router], origin)
        for origin, network in world.networks.items()
        for router in routes[network.prefixes[0]]
    }
    assert reached == {(far, near) for near, far in reached}


@settings(max_examples=25)
@given(hierarchies())
def test_both_families_share_their_fate(world: World) -> None:
    routes = ControlPlane(world).routes()
    for network in world.networks.values():
        v4, v6 = network.prefixes
        assert routes[v4] == routes[v6]


@settings(max_examples=20)
@given(with_policies(prefer=False))
def test_houses_settle_in_one_way_whoever_is_first(world: World) -> None:
    """A house is like one network: valley-free when steps between siblings are not counted."""
    plane = ControlPlane(world)
    settled = plane.routes()
    for prefix, limits in origins(world).items():
        routes = settled[prefix]
        assert plane.settle(prefix.version, limits, world.routers[::-1]) == routes
        for router, route in routes.items():
            path = (world.asn_of[router], *route.path)
            assert len(set(path)) == len(path)
            pairs = [p for p in pairwise(path) if _relation(world, *p) != "sibling"]
            assert climbs_then_falls(_relation(world, *pair) for pair in pairs)


@settings(max_examples=20)
@given(with_policies(prefer=True))
def test_preferred_neighbours_never_make_loops(world: World) -> None:
    try:
        found = _all_routes(world)
    except InputError as error:
        assert "`prefer`" in str(error)  # noqa: PT017 - settled or refused in words
        return
    for router, route in found:
        path = (world.asn_of[router], *route.path)
        assert len(set(path)) == len(path)


def _oracle(world: World, origin: int) -> dict[int, tuple[int, ...]]:
    """AS paths by the three phases: up by rank, across once, down. Written apart from the plane."""
    relation = {
        (near, far): _relation(world, near, far)
        for near in world.networks
        for far in world.networks
        if near != far and world.relation(near, far) is not None
    }
    up = _spread({origin: ()}, {pair for pair, kind in relation.items() if kind == "customer"})
    across = dict(up)
    for (near, far), kind in relation.items():
        if kind == "peer" and far in up and near not in up:
            across[near] = min(
                across.get(near, (far, *up[far])), (far, *up[far]), key=lambda p: (len(p), p[:1])
            )
    return _spread(across, {pair for pair, kind in relation.items() if kind == "provider"})


def _spread(
    known: dict[int, tuple[int, ...]], heard_from: set[tuple[int, int]]
) -> dict[int, tuple[int, ...]]:
    """Let routes flow from far to near, shortest first, lowest neighbour on ties."""
    settled = dict(known)
    while True:
        offers = [
            (len(settled[far]) + 1, far, near, (far, *settled[far]))
            for near, far in heard_from
            if far in settled and near not in settled
        ]
        if not offers:
            return settled
        shortest = min(offers)[0]
        for length, _, near, path in sorted(offers):
            if length == shortest:
                settled.setdefault(near, path)


def _single_contract(world: World) -> World:
    """The exchange point off: its sessions make peers of customers, which the oracle has not."""
    links = tuple(link for link in world.links if "IX" not in link.ends)
    return replace(world, links=links)


@settings(max_examples=80, deadline=None)
@given(hierarchies(routers=1))
def test_routers_agree_with_three_phases(made: World) -> None:
    world = _single_contract(made)
    routes = ControlPlane(world).routes()
    for origin, network in world.networks.items():
        found = {world.asn_of[r]: route.path for r, route in routes[network.prefixes[0]].items()}
        assert found == _oracle(world, origin)


def test_a_circle_of_providers_is_refused_or_settles(world: World) -> None:
    """A world made without the file's checks cannot hang the control plane."""
    networks = dict(world.networks)
    networks[64510] = replace(networks[64510], providers=(64496,))
    networks[64496] = replace(networks[64496], providers=(64497,))
    circle = replace(world, networks=networks)
    try:
        routes = ControlPlane(circle).routes()
    except InputError as error:
        assert "do not settle" in str(error)  # noqa: PT017 - either end is right
    else:
        assert routes


@pytest.mark.parametrize(
    ("router", "prefix_of", "learnt", "path"),
    [
        ("nord1", 64503, Learnt.PROVIDER, (64497, 64503)),
        ("alpha1", 64503, Learnt.PEER, (64503,)),
        ("alpha1", 64504, Learnt.PROVIDER, (64510, 64504)),
        ("big1", 64496, Learnt.PEER, (64497, 64496)),
        ("boreal2a", 64496, Learnt.CUSTOMER, (64497, 64496)),
        ("far1", 64504, Learnt.OWN, ()),
    ],
)
def test_the_first_world_by_hand(
    world: World, router: str, prefix_of: int, learnt: Learnt, path: tuple[int, ...]
) -> None:
    for prefix in world.networks[prefix_of].prefixes:
        route = ControlPlane(world).routes()[prefix][router]
        assert (route.learnt, route.path) == (learnt, path)


def test_a_route_server_is_in_no_path(world: World) -> None:
    server = world.exchanges["FRA-LIX"].route_server_asn
    assert all(server not in route.path for _, route in _all_routes(world))


def test_a_peer_is_not_told_of_a_peer(world: World) -> None:
    """Boreal hears of Big from Big alone, though Alpha, its customer, peers with Big."""
    prefix = world.networks[64503].prefixes[0]
    assert ControlPlane(world).routes()[prefix]["boreal1"].path == (64503,)


def test_equal_hop_counts_share_the_load(world: World) -> None:
    interior = ControlPlane(world).interior
    assert {hop.node for hop in interior.towards("boreal1", "boreal3")} == {"boreal2a", "boreal2b"}
    assert interior.distance("boreal1", "boreal3") == 2
    assert interior.distance("boreal1", "far1") is None
    assert interior.towards("boreal1", "far1") == ()


def test_a_step_over_an_exchange_takes_both_wires(world: World) -> None:
    (step,) = [hop for hop in steps(world)["alpha2"] if hop.exchange is not None]
    assert (step.node, step.delay_ms) == ("big1", 1.0)
    assert step.ingress == world.members("FRA-LIX")[1]


def test_hot_potato_leaves_by_the_nearest_border() -> None:
    """Two borders hear the same network: each router takes the one it has fewer hops to."""
    world = parse_world(POTATO)
    routes = ControlPlane(world).routes()[world.networks[64501].prefixes[0]]
    assert {r: routes[r].border for r in ("a1", "a2", "a3", "a4")} == {
        "a1": "a1",
        "a2": "a1",
        "a3": "a4",
        "a4": "a4",
    }
