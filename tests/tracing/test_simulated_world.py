"""Whole traces through the played first walk, held against its forwarding tables."""

from ipaddress import ip_address
from pathlib import Path

import pytest

from mxpath.lab.elements import Behaviour
from mxpath.lab.simulated import simulate, simulated_truth
from mxpath.lab.topology import World, read_world
from mxpath.lab.truth import Truth
from mxpath.model.trace import EndReason, Trace
from mxpath.tracing.tracer import trace

WORLD = Path(__file__).parents[2] / "data" / "topologies" / "first_walk.toml"


def port_of(trace: Trace) -> int:
    port = trace.flows[0].source_port
    assert port is not None
    return port


@pytest.fixture(scope="module")
def world() -> World:
    return read_world(WORLD)


@pytest.fixture(scope="module", params=[1, 2, 3])
def walked(world: World, request: pytest.FixtureRequest) -> tuple[dict[str, list[Trace]], Truth]:
    vantage = simulate(world, seed=request.param)
    hosts = [name for name, host in world.hosts.items() if host.smtp is not None]
    targets = [address for name in hosts for address in world.addresses_of(name)]
    traces = trace(targets, vantage)
    flows = [(each.target, port_of(each)) for each in traces]
    found = {name: [t for t in traces if t.target in world.addresses_of(name)] for name in hosts}
    return found, simulated_truth(world, flows, vantage)


def test_hops_and_distance_are_the_truth_of_the_flow(
    world: World, walked: tuple[dict[str, list[Trace]], Truth]
) -> None:
    found, truth = walked
    for name, traces in found.items():
        assert [each.target.version for each in traces] == [4, 6]
        smtp = world.hosts[name].smtp
        assert smtp is not None
        drops = smtp.behaviour is Behaviour.DROPPED
        for each in traces:
            path = truth.path(each.target, port_of(each))
            assert path is not None
            wanted = [hop.address for hop in path.hops]
            got = [hop.address for hop in each.hops]
            if drops:
                assert (each.end, each.distance) == (EndReason.GAVE_UP, None)
                assert got == [*wanted[:-1], *[None] * 6]
            else:
                assert (each.end, each.distance) == (EndReason.REACHED, len(path.hops))
                assert got == wanted


def test_round_trip_times_are_the_truth(walked: tuple[dict[str, list[Trace]], Truth]) -> None:
    found, truth = walked
    for each in (t for traces in found.values() for t in traces):
        path = truth.path(each.target, port_of(each))
        assert path is not None
        for hop, real in zip(each.hops, path.hops, strict=False):
            if hop.min_rtt_ms is not None:
                assert real.rtt_min_ms - 1e-3 <= hop.min_rtt_ms <= real.rtt_max_ms + 1e-3


def test_no_host_saw_more_than_six_syns(walked: tuple[dict[str, list[Trace]], Truth]) -> None:
    _, truth = walked
    assert truth.syns
    assert max(count.count for count in truth.syns) <= 6


def test_a_target_without_a_route_is_said_so(world: World) -> None:
    (found,) = trace([ip_address("203.0.113.7")], simulate(world))
    assert found.end is EndReason.UNREACHABLE
    assert found.distance is None
