"""One address at several places: who ends up where, in both players."""

from collections import Counter
from dataclasses import replace

import pytest

from mxpath.errors import ParseError
from mxpath.lab.forwarding import DataPlane, FiveTuple
from mxpath.lab.netns import Lab
from mxpath.lab.simulated import simulated_truth
from mxpath.lab.topology import World, parse_world
from mxpath.lab.zone import zones

# The mail network is two islands: c1 alone behind East, w1-w2-w3 behind West, where w1 has an
# instance on either side, equally near. The sender is a customer of both providers.
ANYCAST = """
name = "anycast"
title = "One address in three places"
as_of = 2026-06-17
sender = "mailhost"
resolver = "mailhost"
public = ["198.18.0.0/15", "2001:db8::/32"]
links = [
  { ends = ["s1", "east1"], delay_ms = 1.0 },
  { ends = ["far1", "west1"], delay_ms = 1.0 },
  { ends = ["east1", "west1"], delay_ms = 9.0 },
  { ends = ["east1", "c1"], delay_ms = 1.0 },
  { ends = ["west1", "w1"], delay_ms = 1.0 },
  { ends = ["w1", "w2"], delay_ms = 2.0 },
  { ends = ["w1", "w3"], delay_ms = 3.0 },
]
[networks.64496]
name = "Sender"
prefixes = ["198.18.0.0/20", "2001:db8:1000::/36"]
routers = ["s1"]
providers = [64500]
[networks.64497]
name = "Far sender"
prefixes = ["198.18.64.0/20", "2001:db8:5000::/36"]
routers = ["far1"]
providers = [64501]
[networks.64500]
name = "East"
prefixes = ["198.18.16.0/20", "2001:db8:2000::/36"]
routers = ["east1"]
peers = [64501]
[networks.64501]
name = "West"
prefixes = ["198.18.32.0/20", "2001:db8:3000::/36"]
routers = ["west1"]
[networks.64504]
name = "Mail everywhere"
prefixes = ["198.18.48.0/20", "2001:db8:4000::/36"]
routers = ["c1", "w1", "w2", "w3"]
providers = [64500, 64501]
[hosts.mailhost]
router = "s1"
[hosts.other]
router = "far1"
[hosts.mx]
router = "c1"
smtp = { name = "mx.anycast.example" }
[hosts.mx_w2]
router = "w2"
same_as = "mx"
[hosts.mx_w3]
router = "w3"
same_as = "mx"
[domains."anycast.example"]
mx = ["10 mx.anycast.example."]
"""
PORTS = range(41_000, 41_030)


@pytest.fixture(scope="module")
def world() -> World:
    return parse_world(ANYCAST)


def from_far(world: World) -> World:
    """The same world seen by the sender in the west."""
    return replace(world, sender="other", resolver="other")


def ends(world: World, version: int) -> Counter[str]:
    """Where flows of many source ports end."""
    plane, target = DataPlane(world), world.address_of("mx", version)
    source = world.address_of(world.sender, version)
    assert target is not None
    assert source is not None
    flows = [
        FiveTuple(source=source, target=target, protocol=6, source_port=port, target_port=25)
        for port in PORTS
    ]
    return Counter(list(plane.walk(world.sender, flow))[-1].node for flow in flows)


def test_instances_have_one_address_each_at_its_own_router(world: World) -> None:
    assert world.addresses_of("mx") == world.addresses_of("mx_w2") == world.addresses_of("mx_w3")
    assert world.hosts["mx_w2"].smtp == world.hosts["mx"].smtp


@pytest.mark.parametrize("version", [4, 6])
def test_each_sender_reaches_the_nearest_and_equally_near_ones_share(
    world: World, version: int
) -> None:
    assert set(ends(world, version)) == {"mx"}
    assert set(ends(from_far(world), version)) == {"mx_w2", "mx_w3"}


def test_the_truth_says_which_one_and_how_far(world: World) -> None:
    far, target = from_far(world), world.addresses_of("mx")[0]
    truth = simulated_truth(far, [(target, port) for port in PORTS])
    found = {(path.hops[-1].node, path.hops[-1].rtt_min_ms) for path in truth.paths}
    assert found == {("mx_w2", 8.4), ("mx_w3", 10.4)}
    assert {path.hops[-1].address for path in truth.paths} == {target}


def test_the_zone_says_each_address_once(world: World) -> None:
    lines = zones(world)[0].records
    assert len(lines) == len(set(lines))
    assert sum("mx.anycast.example. 300 IN A" in line for line in lines) == 2  # A and AAAA


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('same_as = "mx"', 'same_as = "nobody"', "must be a host that has no same_as"),
        ('router = "w2"', 'router = "far1"', "one address in two networks"),
        ('router = "w2"', 'router = "c1"', "one address at one router"),
        ('same_as = "mx"', 'same_as = "mx"\nfamilies = [4]', "must be the same"),
        ('sender = "mailhost"', 'sender = "mx"', "sender 'mx' must be one host alone"),
    ],
)
def test_what_is_no_anycast_is_said(old: str, new: str, says: str) -> None:
    with pytest.raises(ParseError, match=says):
        parse_world(ANYCAST.replace(old, new, 1))


@pytest.mark.lab
@pytest.mark.usefixtures("kernels")
def test_the_kernel_agrees(world: World) -> None:
    far = from_far(world)
    with Lab.up(far) as lab:
        for address in far.addresses_of("mx"):
            truth = lab.truth([(address, port) for port in PORTS])
            found = {(path.hops[-1].node, path.hops[-1].rtt_min_ms) for path in truth.paths}
            assert found == {("mx_w2", 8.4), ("mx_w3", 10.4)}
        # Who really answers, not only who is told to: both instances greet.
        script = "import socket,sys; socket.create_connection((sys.argv[1], 25), 5).recv(99)"
        for address in far.addresses_of("mx"):
            done = lab.run("other", ["python3", "-c", script, str(address)], timeout_s=10)
            assert done.returncode == 0, done.stderr
