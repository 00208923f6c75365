from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path

from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.lab.published import publish
from mxpath.lab.topology import World
from world import first_walk


def published(world: World, directory: Path) -> Gazetteer:
    publish(world, directory)
    return Gazetteer.open(directory, as_of=world.as_of)


def test_what_a_world_publishes_is_the_world(tmp_path: Path) -> None:
    world = first_walk()
    gazetteer = published(world, tmp_path)
    assert gazetteer.public == world.public
    for asn, network in world.networks.items():
        assert gazetteer.network(asn).name == network.name
        for prefix in network.prefixes:
            found = gazetteer.origin(prefix[25])
            assert found is not None
            assert found[0].prefix == prefix
            assert [each.asn for each in found[0].networks] == [asn]
        for other in world.networks:
            if other != asn:
                relation = gazetteer.relations.between(asn, other)
                assert (relation and relation.value) == world.relation(asn, other)


def test_exchange_points_have_their_ports_and_lans(tmp_path: Path) -> None:
    world = first_walk()
    gazetteer = published(world, tmp_path)
    for name, point in world.exchanges.items():
        members = {world.asn_of[port.node] for port in world.members(name)}
        assert gazetteer.members(point.id) == members
        for port in world.members(name):
            for address in (number.ip for number in port.numbers):
                found = gazetteer.ixp_port(address)
                assert found is not None
                assert (found[0].ix_id, found[0].member.asn) == (point.id, world.asn_of[port.node])
        for server in world.route_server(name):
            assert gazetteer.ixp_port(server.ip) is None
            assert gazetteer.ixp_lan(server.ip) is not None


def test_the_lan_is_in_no_routing_table(tmp_path: Path) -> None:
    gazetteer = published(first_walk(), tmp_path)
    assert gazetteer.origin(ip_address("198.19.240.12")) is None
    assert ip_network("198.18.0.0/15") in gazetteer.public


def test_equal_worlds_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        publish(first_walk(), tmp_path / name)
    one = {p.relative_to(tmp_path / "one"): p.read_bytes() for p in files(tmp_path / "one")}
    other = {p.relative_to(tmp_path / "other"): p.read_bytes() for p in files(tmp_path / "other")}
    assert one == other
    assert len(one) == 10


def test_transit_free_is_who_sells_transit_and_buys_none(tmp_path: Path) -> None:
    """Not the leaf that buys none, and not who buys over an exchange point's LAN alone."""
    world = first_walk()
    rows, _ = published(world, tmp_path / "one").transit_free or ({}, None)
    assert [row.name for row in rows.values()] == ["Boreal Backbone"]
    (boreal,) = rows
    links = [
        replace(link, buys=(64497,))
        if any(world.asn_of.get(end) == boreal for end in link.ends)
        else link
        for link in world.links
    ]
    buying = replace(world, links=tuple(links))
    rows, _ = published(buying, tmp_path / "other").transit_free or ({}, None)
    assert rows == {}


def files(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]
