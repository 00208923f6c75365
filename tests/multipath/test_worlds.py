"""Multipath tracing in worlds played in memory, whose truth is known."""

from itertools import pairwise
from pathlib import Path

import pytest

from multipath_truth import flows, met, possible
from mxpath.lab.simulated import SimulatedVantage, simulate, simulated_truth
from mxpath.lab.topology import World, read_world, shipped_worlds
from mxpath.model import codec
from mxpath.model.multipath import Balancing
from mxpath.model.probe import Protocol
from mxpath.model.trace import Trace
from mxpath.multipath.explore import explore
from mxpath.multipath.options import MultipathOptions
from mxpath.tracing.options import TraceOptions

WIDE = Path(__file__).parents[1] / "topologies" / "wide_diamond.toml"
SURE = MultipathOptions(confidence=0.99)
Played = tuple[SimulatedVantage, tuple[Trace, ...]]


def played(
    world: World,
    host: str,
    *families: int,
    paths: MultipathOptions = SURE,
    options: TraceOptions | None = None,
) -> Played:
    vantage = simulate(world)
    targets = [a for a in world.addresses_of(host) if a.version in families]
    return vantage, explore(targets, vantage, options=options, paths=paths)


def further(vantage: SimulatedVantage, found: tuple[Trace, ...]) -> list[int]:
    """SYNs that arrived at the target, by flow, without those of first flows."""
    first = {each.target: each.flows[0].source_port for each in found}
    counts = vantage.network.syns
    return [count for (target, port), count in counts.items() if port != first[target]]


@pytest.fixture(scope="module")
def world() -> World:
    return read_world(WIDE)


@pytest.fixture(scope="module")
def wide(world: World) -> Played:
    return played(world, "mx", 4, 6)


def check(vantage: SimulatedVantage, found: Trace, protocol: Protocol) -> None:
    world = vantage.network.world
    truth = simulated_truth(world, flows(found.target, protocol), vantage)
    assert met(found) == possible(truth)
    assert found.multipath is not None
    assert found.multipath.whole
    assert found.multipath.lowest is not None
    assert found.multipath.lowest >= 0.99
    (fork,) = found.multipath.branching
    assert fork.balancing is Balancing.PER_FLOW


def test_all_branches_of_the_wide_diamond_are_found_in_both_families(wide: Played) -> None:
    vantage, traces = wide
    assert [each.target.version for each in traces] == [4, 6]
    for each in traces:
        check(vantage, each, Protocol.TCP)
        assert len(met(each)[3]) == 4


def test_no_syn_of_a_further_flow_comes_to_the_target(wide: Played) -> None:
    vantage, traces = wide
    assert further(vantage, traces) == []
    assert vantage.network.syns.total() <= 12


@pytest.mark.parametrize("protocol", [Protocol.UDP])
def test_all_branches_are_found_by_datagrams_too(world: World, protocol: Protocol) -> None:
    options = TraceOptions(protocol=protocol)
    vantage, traces = played(world, "mx", 6, options=options)
    for each in traces:
        check(vantage, each, protocol)


def test_echo_requests_show_one_way_where_addresses_are_hashed_and_it_is_said(world: World) -> None:
    options = TraceOptions(protocol=Protocol.ICMP)
    _, (found,) = played(world, "mx", 4, options=options)
    assert found.multipath is not None
    assert found.multipath.branching == ()
    assert any("hashes addresses" in words for words in found.multipath.left_out)


def test_the_demo_worlds_three_ways_are_found() -> None:
    demo = read_world(shipped_worlds()["demo"])
    vantage, (found,) = played(demo, "mx1", 4)
    check(vantage, found, Protocol.TCP)
    assert len(met(found)[4]) == 3


def test_when_asked_sixteen_syns_of_sixteen_flows_come_to_the_target_at_most(world: World) -> None:
    wanted = MultipathOptions(confidence=0.99, branchings=20, to_target=True)
    vantage, (found,) = played(world, "mx", 4, paths=wanted)
    arrived = further(vantage, (found,))
    assert set(arrived) == {1}
    assert found.multipath is not None
    assert 8 <= len(arrived) == found.multipath.arrived <= 16


def test_source_ports_are_drawn_and_not_counted_up(wide: Played) -> None:
    found = wide[1][0]
    ports = [flow.source_port for flow in found.flows if flow.source_port is not None]
    assert len(set(ports)) == len(ports) == len(found.flows)
    assert {flow.destination_port for flow in found.flows} == {25}
    assert len({b - a for a, b in pairwise(ports)}) > len(ports) / 2


def test_a_graph_comes_through_the_codec_as_it_was(wide: Played) -> None:
    found = wide[1][0]
    assert codec.load(Trace, codec.dump(found)) == found
