"""Equal routes: both players choose the same one of them."""

import pytest

from mxpath.lab.netns import Lab
from mxpath.lab.simulated import simulated_truth
from mxpath.lab.topology import World, parse_world

# Two providers, one hop each to the destination. By router id (the first one's prefix is lower)
# 64502 would win, by the lowest neighbour number 64501 does.
TIE = """
name = "tie"
title = "Two equal ways"
as_of = 2026-06-17
sender = "mailhost"
resolver = "mailhost"
public = ["198.18.0.0/15", "2001:db8::/32"]

[networks.64496]
name = "Sender"
prefixes = ["198.18.0.0/20", "2001:db8:1000::/36"]
routers = ["s1"]
providers = [64502, 64501]

[networks.64502]
name = "Lower router id"
prefixes = ["198.18.16.0/20", "2001:db8:2000::/36"]
routers = ["p2"]

[networks.64501]
name = "Lower number"
prefixes = ["198.18.32.0/20", "2001:db8:3000::/36"]
routers = ["p1"]

[networks.64503]
name = "Destination"
prefixes = ["198.18.48.0/20", "2001:db8:4000::/36"]
routers = ["d1"]
providers = [64502, 64501]

[[links]]
ends = ["s1", "p2"]
delay_ms = 1.0

[[links]]
ends = ["s1", "p1"]
delay_ms = 1.0

[[links]]
ends = ["p2", "d1"]
delay_ms = 1.0

[[links]]
ends = ["p1", "d1"]
delay_ms = 1.0

[hosts.mailhost]
router = "s1"

[hosts.mx]
router = "d1"
smtp = { name = "mx.tie.example" }

[domains."tie.example"]
mx = ["10 mx.tie.example."]
"""


@pytest.fixture
def world() -> World:
    return parse_world(TIE)


def test_memory_takes_the_lowest_neighbour(world: World) -> None:
    truth = simulated_truth(world, [(a, 61000) for a in world.addresses_of("mx")])
    assert [path.as_path for path in truth.paths] == [(64496, 64501, 64503)] * 2


@pytest.mark.lab
@pytest.mark.usefixtures("kernels")
def test_the_kernel_takes_it_too(world: World) -> None:
    with Lab.up(world) as lab:
        truth = lab.truth([(a, 61000) for a in world.addresses_of("mx")])
    assert [path.as_path for path in truth.paths] == [(64496, 64501, 64503)] * 2
