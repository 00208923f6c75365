"""One more look by another protocol, where port 25 dies near here, and only there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from mxpath.fallback import NOT_THE_MAIL_FLOW, look_beside
from mxpath.lab.simulated import simulate
from mxpath.lab.topology import World, parse_world, read_world
from mxpath.model.address import IPAddress
from mxpath.model.egress import EgressState
from mxpath.model.evidence import Grade
from mxpath.model.probe import Protocol
from mxpath.model.trace import Trace
from mxpath.reading.egress import judge_egress
from mxpath.tracing.tracer import TraceOptions, trace
from mxpath.vantage.ports import ProbeSocket

WORLDS = Path(__file__).parent / "topologies"
TEXT = (WORLDS / "filtered_25.toml").read_text()
MAIL = TraceOptions()


def targets(world: World, *versions: int) -> list[IPAddress]:
    found = [world.address_of(host, v) for v in versions for host in ("mxshop", "mxelse")]
    return [address for address in found if address is not None]


def looked(world: World, *versions: int) -> tuple[tuple[Trace, ...], tuple[Trace, ...]]:
    vantage = simulate(world)
    traces = trace(targets(world, *versions), vantage, options=MAIL)
    return traces, look_beside(traces, vantage, options=MAIL)


@pytest.mark.parametrize("version", [4, 6])
def test_icmp_passes_where_port_25_does_not_and_that_makes_it_certain(version: int) -> None:
    """The world's filter stands on the link behind home1, hop 1."""
    traces, beside = looked(read_world(WORLDS / "filtered_25.toml"), version)
    assert [t.protocol for t in beside] == [Protocol.ICMP] * 2
    assert all(NOT_THE_MAIL_FLOW in t.notes for t in beside)
    (egress,) = judge_egress(traces, beside)
    assert (egress.state, egress.grade) == (EgressState.BLOCKED, Grade.CERTAIN)
    assert (egress.ttl, egress.passes) == (1, ("icmp",))


def test_two_targets_of_each_family_are_looked_at_and_no_more() -> None:
    _, beside = looked(read_world(WORLDS / "filtered_25.toml"), 4, 6)
    assert sorted(t.target.version for t in beside) == [4, 4, 6, 6]


def test_where_icmp_is_stopped_too_port_443_is_tried() -> None:
    world = parse_world(TEXT.replace('["tcp/25"]', '["tcp/25", "icmp"]'))
    traces, beside = looked(world, 4)
    assert [(t.protocol, t.port) for t in beside[2:]] == [(Protocol.TCP, 443)] * 2
    (egress,) = judge_egress(traces, beside)
    assert egress.state is EgressState.BLOCKED
    assert egress.passes == ("tcp/443",)


def test_where_the_port_gets_out_nothing_more_is_asked() -> None:
    world = parse_world(TEXT.replace('blocks = ["tcp/25"]\n', ""))
    assert looked(world, 4)[1] == ()


def test_an_engine_without_icmp_looks_by_port_443() -> None:
    vantage = simulate(read_world(WORLDS / "filtered_25.toml"))
    traces = trace(targets(read_world(WORLDS / "filtered_25.toml"), 4), vantage, options=MAIL)

    @contextmanager
    def tcp_alone() -> Iterator[ProbeSocket]:
        with vantage.probes() as probes:
            yield _TcpAlone(probes)

    beside = look_beside(traces, replace(vantage, probes=tcp_alone), options=MAIL)
    assert {(t.protocol, t.port) for t in beside} == {(Protocol.TCP, 443)}


class _TcpAlone:
    """A socket that cannot send anything else."""

    def __init__(self, probes: ProbeSocket) -> None:
        self.traits = replace(probes.traits, protocols=frozenset({Protocol.TCP}))
        self.source_for, self.send, self.receive = probes.source_for, probes.send, probes.receive
