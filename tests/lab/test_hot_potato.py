"""Two networks that meet twice: each throws packets out at its nearest border, so that the way
back is another one. Both players give the same hops and round trips."""

import pytest

from mxpath.lab.netns import Lab
from mxpath.lab.simulated import simulated_truth
from mxpath.lab.topology import World, parse_world

# The sender sits at West's western end, the mail host at East's eastern end. Out: over the
# western meeting point at once, then 40 ms through East. Back: over the eastern one at once,
# then 10 ms through West.
POTATO = """
name = "potato"
title = "Two networks that meet twice"
as_of = 2026-06-17
sender = "mailhost"
resolver = "mailhost"
public = ["198.18.0.0/15", "2001:db8::/32"]
links = [
  { ends = ["w1", "w2"], delay_ms = 10.0 },
  { ends = ["e1", "e2"], delay_ms = 40.0 },
  { ends = ["w1", "e1"], delay_ms = 1.0 },
  { ends = ["w2", "e2"], delay_ms = 2.0 },
]
[networks.64500]
name = "West"
prefixes = ["198.18.0.0/20", "2001:db8:1000::/36"]
routers = ["w1", "w2"]
peers = [64501]
[networks.64501]
name = "East"
prefixes = ["198.18.16.0/20", "2001:db8:2000::/36"]
routers = ["e1", "e2"]
[hosts.mailhost]
router = "w1"
[hosts.mx]
router = "e2"
smtp = { name = "mx.potato.example" }
[domains."potato.example"]
mx = ["10 mx.potato.example."]
"""
# There: 0.1 + 1 + 40 + 0.1. Back from e1: 1 + 0.1; from e2 and mx over w2: 2 + 10 + 0.1 (+ 0.1).
EXPECTED = [("w1", 0.2), ("e1", 2.2), ("e2", 53.2), ("mx", 53.4)]


@pytest.fixture(scope="module")
def world() -> World:
    return parse_world(POTATO)


def test_the_way_back_leaves_elsewhere(world: World) -> None:
    for path in simulated_truth(world, [(a, 61000) for a in world.addresses_of("mx")]).paths:
        assert [(hop.node, hop.rtt_min_ms) for hop in path.hops] == EXPECTED
        assert all(hop.rtt_min_ms == hop.rtt_max_ms for hop in path.hops)


@pytest.mark.lab
@pytest.mark.usefixtures("kernels")
def test_the_kernels_agree(world: World) -> None:
    asked = [(address, 61000) for address in world.addresses_of("mx")]
    with Lab.up(world) as lab:
        assert list(lab.truth(asked).paths) == list(simulated_truth(world, asked).paths)
