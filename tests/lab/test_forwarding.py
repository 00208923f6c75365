from collections import Counter
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, settings

from hierarchies import hierarchies, host_of
from mxpath.lab.forwarding import DataPlane, FiveTuple
from mxpath.lab.routing import ControlPlane
from mxpath.lab.topology import World


def flow(world: World, host: str, version: int, port: int = 40_000) -> FiveTuple:
    family = 0 if version == 4 else 1
    return FiveTuple(
        source=world.addresses_of(world.sender)[family],
        target=world.addresses_of(host)[family],
        protocol=6,
        source_port=port,
        target_port=25,
    )


def nodes(plane: DataPlane, wanted: FiveTuple) -> list[str]:
    return [hop.node for hop in plane.walk(plane.world.sender, wanted)]


@settings(max_examples=30, deadline=None)
@given(hierarchies())
def test_packets_take_the_networks_that_routes_promise(world: World) -> None:
    plane, routes = DataPlane(world), ControlPlane(world).routes()
    first = world.hosts[world.sender].router
    others = {a: n for a, n in world.networks.items() if a != world.asn_of[first]}
    for asn, network in others.items():
        for version, prefix in ((4, network.prefixes[0]), (6, network.prefixes[1])):
            taken = nodes(plane, flow(world, host_of(asn), version))
            promised = routes[prefix].get(first)
            if promised is None:
                assert taken == [first]
                continue
            assert taken[-1] == host_of(asn)
            passed = dict.fromkeys(world.asn_of[node] for node in taken)
            assert tuple(passed) == (world.asn_of[first], *promised.path)


@settings(max_examples=30, deadline=None)
@given(hierarchies())
def test_a_flows_own_delay_lies_among_all_its_ways(world: World) -> None:
    plane = DataPlane(world)
    for asn in world.networks:
        wanted = flow(world, host_of(asn), 4)
        own = plane.delay_ms(world.sender, wanted)
        ways = plane.delays_ms(world.sender, wanted.target)
        if own is None:
            assert ways is None
        else:
            assert ways is not None
            assert ways[0] - 1e-9 <= own <= ways[1] + 1e-9


@pytest.mark.parametrize("version", [4, 6])
def test_many_source_ports_take_both_branches_about_alike(world: World, version: int) -> None:
    plane = DataPlane(world)
    third = Counter(nodes(plane, flow(world, "mxfar", version, port))[3] for port in range(1000))
    assert set(third) == {"boreal2a", "boreal2b"}
    assert min(third.values()) > 400


def test_one_flow_always_takes_one_way(world: World) -> None:
    one, other = DataPlane(world, seed=7), DataPlane(world, seed=7)
    for port in range(50):
        wanted = flow(world, "mxfar", 4, port)
        assert nodes(one, wanted) == nodes(other, wanted)


def test_another_seed_shuffles_the_flows(world: World) -> None:
    one, other = DataPlane(world, seed=1), DataPlane(world, seed=2)
    differing = sum(
        nodes(one, flow(world, "mxfar", 4, port)) != nodes(other, flow(world, "mxfar", 4, port))
        for port in range(200)
    )
    assert 60 < differing < 140


def test_delays_are_those_of_both_branches(world: World) -> None:
    plane = DataPlane(world)
    assert plane.delays_ms("mailhost", world.addresses_of("mxfar")[0]) == pytest.approx(
        (26.3, 28.3)
    )


def test_the_exchanges_lan_is_in_its_members_tables_alone(world: World) -> None:
    plane, member = DataPlane(world), world.members("FRA-LIX")[1].address(4)
    assert member is not None
    assert plane.tables["alpha2"].look_up(member)
    assert plane.tables["alpha1"].look_up(member) is None
    assert plane.tables["far1"].look_up(member) is None


def test_an_unused_address_of_a_network_leads_nowhere(world: World) -> None:
    plane = DataPlane(world)
    wanted = FiveTuple(
        source=world.addresses_of("mailhost")[0], target=ip_address("198.18.47.99"), protocol=6
    )
    assert nodes(plane, wanted) == ["nord1", "alpha1", "alpha2", "big1"]
    assert plane.tables["big1"].look_up(wanted.target) == ()
    assert plane.delay_ms("mailhost", wanted) is None


def test_the_longest_prefix_decides(world: World) -> None:
    table = DataPlane(world).tables["alpha1"]
    assert table.entries[ip_network("198.18.16.0/20")] == ()
    assert table.look_up(world.router_ids["alpha2"][0].ip)


def test_every_link_address_is_reached_from_the_sender(world: World) -> None:
    """But for the exchange's LAN, all infrastructure can be traced to."""
    plane = DataPlane(world)
    for wire in world.wires:
        for port in wire.ports if wire.exchange is None else ():
            for number in port.numbers:
                assert plane.delays_ms("mailhost", number.ip) is not None


def test_a_reversed_flow_reversed_is_the_flow(world: World) -> None:
    wanted = flow(world, "mx1", 6)
    assert wanted.reverse.reverse == wanted
    assert wanted.reverse.source == wanted.target
