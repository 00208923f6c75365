"""Worlds where not everybody speaks both IP versions, in both players."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mxpath.errors import ParseError
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.lab.bird import router_config
from mxpath.lab.netns import Lab
from mxpath.lab.published import publish
from mxpath.lab.simulated import simulate, simulated_truth
from mxpath.lab.topology import World, parse_world
from mxpath.lab.truth import PathTruth

# Everybody can be reached in one family or in both; the exchange point has an IPv6 LAN alone,
# so that the two families take different ways to the same host.
MIXED = """
name = "mixed"
title = "One family here, the other there"
as_of = 2026-06-17
sender = "mailhost"
resolver = "mailhost"
public = ["198.18.0.0/15", "2001:db8::/32"]
links = [
  { ends = ["s1", "p1"], delay_ms = 1.0 },
  { ends = ["p1", "both1"], delay_ms = 1.0 },
  { ends = ["p1", "four1"], delay_ms = 1.0 },
  { ends = ["p1", "six1"], delay_ms = 1.0 },
  { ends = ["s1", "IX"], delay_ms = 0.5 },
  { ends = ["both1", "IX"], delay_ms = 0.5 },
]
[exchanges.IX]
id = 7
lan_v6 = "2001:db8:f000::/64"
route_server_asn = 64511
[networks.64496]
name = "Sender"
prefixes = ["198.18.0.0/20", "2001:db8:1000::/36"]
routers = ["s1"]
providers = [64500]
[networks.64500]
name = "Provider"
prefixes = ["198.18.16.0/20", "2001:db8:2000::/36"]
routers = ["p1"]
[networks.64501]
name = "Both"
prefixes = ["198.18.32.0/20", "2001:db8:3000::/36"]
routers = ["both1"]
providers = [64500]
[networks.64504]
name = "Four"
prefixes = ["198.18.48.0/20"]
routers = ["four1"]
providers = [64500]
[networks.64506]
name = "Six"
prefixes = ["2001:db8:4000::/36"]
routers = ["six1"]
providers = [64500]
[hosts.mailhost]
router = "s1"
[hosts.both]
router = "both1"
smtp = { name = "both.mixed.example" }
[hosts.six_of_both]
router = "both1"
families = [6]
smtp = { name = "six-of-both.mixed.example" }
[hosts.four]
router = "four1"
smtp = { name = "four.mixed.example" }
[hosts.six]
router = "six1"
smtp = { name = "six.mixed.example" }
[domains."mixed.example"]
mx = ["10 both.mixed.example.", "20 six-of-both.mixed.example.", "30 four.mixed.example.",
      "40 six.mixed.example."]
"""
HOSTS = ("both", "six_of_both", "four", "six")


@pytest.fixture(scope="module")
def world() -> World:
    return parse_world(MIXED)


def six_only() -> World:
    """The same world in which nobody has IPv4."""
    return parse_world(
        re.sub(r"\"198[^\"]*\", (?=\"2001)", "", MIXED).replace(
            '["198.18.48.0/20"]', '["2001:db8:5000::/36"]'
        )
    )


def flows(world: World) -> list[tuple[str, PathTruth]]:
    """Every path of the memory player, with the host it leads to."""
    asked = [(host, address) for host in HOSTS for address in world.addresses_of(host)]
    truth = simulated_truth(world, [(address, 61000) for _, address in asked])
    return [(host, path) for (host, _), path in zip(asked, truth.paths, strict=True)]


EXPECTED = {
    ("both", 4): (64496, 64500, 64501),
    ("both", 6): (64496, 64501),
    ("six_of_both", 6): (64496, 64501),
    ("four", 4): (64496, 64500, 64504),
    ("six", 6): (64496, 64500, 64506),
}


def test_each_family_takes_its_own_way(world: World) -> None:
    found = flows(world)
    assert {(host, path.target.version): path.as_path for host, path in found} == EXPECTED
    assert all(path.hops[-1].node == host for host, path in found)
    assert [path.crossings for host, path in found if host == "both"] == [
        (),
        ((7, 64496, 64501),),
    ]


def test_nobody_has_an_address_that_its_network_lacks(world: World) -> None:
    for node, ports in world.interfaces.items():
        families = set(world.networks[world.asn_of[node]].families)
        assert all({number.version for number in port.numbers} <= families for port in ports)
        assert all(port.numbers for port in ports)
    assert [n.version for n in world.members("IX")[0].numbers] == [6]
    assert [n.version for n in world.route_server("IX")] == [6]


def test_a_world_without_ipv4_plays(tmp_path: Path) -> None:
    world = six_only()
    assert {path.as_path for _, path in flows(world)} > {(64496, 64501), (64496, 64500, 64506)}
    vantage = simulate(world)
    assert vantage.origin.address_v4 is None
    assert vantage.resolver.ask("mixed.example", "MX").records
    assert "2001:db8:" in str(vantage.resolver_address)
    publish(world, tmp_path)
    assert Gazetteer.open(tmp_path).origin(world.addresses_of("six")[0]) is not None


def test_router_ids_of_a_world_without_ipv4_are_numbers_of_their_own() -> None:
    world = six_only()
    ids = [
        found[1]
        for router in world.routers
        if (found := re.search(r"router id (\S+);", router_config(world, router)))
    ]
    assert len(set(ids)) == len(world.routers)
    assert not any("ipv4" in router_config(world, router) for router in world.routers)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('prefixes = ["198.18.48.0/20"]', "prefixes = []", "AS64504 has no prefix"),
        ("families = [6]", "families = [5]", "families are 4 and 6"),
        (
            '[hosts.four]\nrouter = "four1"',
            '[hosts.four]\nrouter = "four1"\nfamilies = [6]',
            "speaks no IP version",
        ),
        ('lan_v6 = "2001:db8:f000::/64"\n', "", "'IX' has no LAN"),
        ('["s1", "IX"]', '["four1", "IX"]', "no IP version in common"),
        (
            '[hosts.mailhost]\nrouter = "s1"',
            '[hosts.mailhost]\nrouter = "s1"\nfamilies = []',
            "speaks no",
        ),
    ],
)
def test_what_cannot_meet_is_said(old: str, new: str, says: str) -> None:
    assert old in MIXED
    with pytest.raises(ParseError, match=says):
        parse_world(MIXED.replace(old, new, 1))


@pytest.mark.lab
@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("make", [lambda: parse_world(MIXED), six_only], ids=["mixed", "six only"])
def test_the_kernel_agrees(make: Callable[[], World]) -> None:
    world = make()
    expected = [path for _, path in flows(world)]
    with Lab.up(world) as lab:
        truth = lab.truth([(path.target, path.source_port) for path in expected])
    assert list(truth.paths) == expected
