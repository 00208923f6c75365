from ipaddress import IPv4Interface, IPv6Interface, ip_address, ip_network
from itertools import combinations
from pathlib import Path

import pytest

from mxpath.errors import InputError, ParseError
from mxpath.lab.topology import World, parse_world, read_world, shipped_worlds

TEXT = shipped_worlds()["first_walk"].read_text()


@pytest.mark.parametrize("path", shipped_worlds().values(), ids=shipped_worlds().keys())
def test_every_shipped_world_is_read_and_named_like_its_file(path: Path) -> None:
    assert read_world(path).name == path.stem


@pytest.mark.parametrize(
    ("after", "line", "place"),
    [
        ('name = "first_walk"', "colour = 1", "colour"),
        ('name = "Nordmail"', "city = 1", "networks.64496.city"),
        ("[hosts.mailhost]", "speed = 1", "hosts.mailhost.speed"),
        ("delay_ms = 2.0\n", "colour = 1", "links.0.colour"),
        ("[dns]", "serial = 1", "dns.serial"),
        ("[exchanges.FRA-LIX]", "members = 1", "exchanges.FRA-LIX.members"),
    ],
)
def test_unknown_keys_are_refused_with_their_place(after: str, line: str, place: str) -> None:
    text = TEXT.replace(after, f"{after}\n{line}", 1)
    with pytest.raises(ParseError, match=place):
        parse_world(text)


def test_what_is_no_toml_is_refused() -> None:
    with pytest.raises(ParseError, match="here"):
        parse_world("name = ", source="here")


def test_a_file_of_bytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ParseError, match="UTF-8"):
        read_world(tmp_path / "w.toml")


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no world at"):
        read_world(tmp_path / "none.toml")


def _interfaces(world: World) -> list[IPv4Interface | IPv6Interface]:
    return [i for wire in world.wires for port in wire.ports for i in port.numbers]


def test_no_address_is_given_twice(world: World) -> None:
    addresses = [i.ip for i in _interfaces(world)]
    addresses += [i.ip for pair in world.router_ids.values() for i in pair]
    addresses += [i.ip for name in world.exchanges for i in world.route_server(name)]
    assert len(addresses) == len(set(addresses))


def test_subnets_overlap_only_on_a_common_wire(world: World) -> None:
    nets = [
        {number.network for port in wire.ports for number in port.numbers}
        for wire in world.wires
        if wire.exchange is None
    ]
    assert all(len(found) == 2 for found in nets)
    for one, other in combinations(nets, 2):
        assert not any(a.overlaps(b) for a in one for b in other if a.version == b.version)


def test_all_addresses_lie_in_space_that_reaches_nobody(world: World) -> None:
    assert all(any(i.ip in prefix for prefix in world.public) for i in _interfaces(world))


def test_a_link_is_numbered_from_the_providers_space(world: World) -> None:
    (wire,) = [w for w in world.wires if [p.node for p in w.ports] == ["nord1", "alpha1"]]
    near, far = wire.ports
    provider = world.networks[64497]
    v4, v6 = provider.prefixes
    assert near.address(4) in v4
    assert near.address(6) in v6
    assert (far.address(4), near.address(4)) == (v4[1], v4[2])


def test_a_link_between_peers_is_numbered_from_the_lower_number() -> None:
    text = TEXT.replace('routers = ["far1"]', 'routers = ["far1"]\npeers = [64503]')
    text += '\n[[links]]\nends = ["far1", "big1"]\ndelay_ms = 1.0\n'
    world = parse_world(text)
    port = world.wires[len(world.links) - 1].ports[0]
    assert port.address(4) in world.networks[64503].prefixes[0]


def test_hosts_get_a_lan_of_their_own(world: World) -> None:
    assert world.addresses_of("mx1") == (
        ip_address("198.18.33.25"),
        ip_address("2001:db8:3000:1000::25"),
    )
    assert world.addresses_of("slow")[0] == ip_address("198.18.34.25")


def test_members_are_numbered_from_eleven(world: World) -> None:
    ports = world.members("FRA-LIX")
    assert [str(port.v4) for port in ports] == ["198.19.240.11/24", "198.19.240.12/24"]
    assert [str(port.v6) for port in ports] == ["2001:db8:f000::11/64", "2001:db8:f000::12/64"]
    assert [port.node for port in ports] == ["alpha2", "big1"]


def test_router_ids_lie_in_the_last_24(world: World) -> None:
    assert world.router_ids["boreal2b"][0].ip == ip_address("198.18.79.3")
    assert world.router_ids["boreal2b"][0].ip in ip_network("198.18.79.0/24")


def test_relations_are_seen_from_both_sides(world: World) -> None:
    assert world.relation(64496, 64497) == "provider"
    assert world.relation(64497, 64496) == "customer"
    assert world.relation(64497, 64503) == world.relation(64503, 64497) == "peer"
    assert world.relation(64496, 64503) is None
