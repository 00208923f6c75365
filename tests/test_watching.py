"""Watching a played world whose links fail and come back."""

from dataclasses import replace
from functools import cache
from ipaddress import ip_address
from itertools import pairwise

import pytest

from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.lab.published import publish
from mxpath.lab.simulated import SimulatedVantage, simulate
from mxpath.lab.topology import World, read_world, shipped_worlds
from mxpath.model.probe import Protocol
from mxpath.model.watch import ChangeKind, Round, RoundKind
from mxpath.report.watching import change_line, round_line
from mxpath.tracing.options import TraceOptions
from mxpath.tracing.rounds import WatchOptions, watch
from mxpath.watching import Watcher

MX1 = ip_address("198.18.97.25")


@cache
def demo() -> World:
    return read_world(shipped_worlds()["demo"])


@pytest.fixture(scope="module")
def gazetteer(tmp_path_factory: pytest.TempPathFactory) -> Gazetteer:
    directory = tmp_path_factory.mktemp("world")
    publish(demo(), directory)
    return Gazetteer.open(directory)


def failing(name: str, *, at_s: float, until_s: float | None = None) -> SimulatedVantage:
    """The demo world, in which one of its faults comes by itself."""
    fault = replace(demo().faults[name], at_s=at_s, until_s=until_s)
    return simulate(replace(demo(), faults={name: fault}))


def look(
    vantage: SimulatedVantage, gazetteer: Gazetteer, *, rounds: int, protocol: Protocol
) -> tuple[list[Round], Watcher]:
    watcher = Watcher(gazetteer, vantage.origin)
    options = TraceOptions(protocol=protocol)
    watching = WatchOptions(rounds=rounds, tcp_every_s=60)
    found = []
    for each in watch([MX1], vantage, options=options, watching=watching):
        watcher.see(each)
        found.append(each)
    return found, watcher


def test_tcp_once_a_minute_and_icmp_between(gazetteer: Gazetteer) -> None:
    vantage = simulate(demo())
    found, watcher = look(vantage, gazetteer, rounds=14, protocol=Protocol.TCP)
    asked = [(each.protocol, each.kind) for each in found]
    tcp = [n for n, (protocol, _) in enumerate(asked) if protocol is Protocol.TCP]
    assert tcp == [0, 6, 12]
    assert [asked[n][1] for n in tcp] == [RoundKind.PATH, RoundKind.CHECK, RoundKind.CHECK]
    assert {protocol for n, (protocol, _) in enumerate(asked) if n not in tcp} == {Protocol.ICMP}
    assert watcher.changes == []
    starts = [each.started_at for each in found]
    assert {(b - a).total_seconds() for a, b in pairwise(starts)} == {10.0}


def test_a_check_is_one_syn(gazetteer: Gazetteer) -> None:
    vantage = simulate(demo())
    found, _ = look(vantage, gazetteer, rounds=7, protocol=Protocol.TCP)
    check = found[6]
    assert check.kind is RoundKind.CHECK
    (trace,) = check.traces
    assert sum(len(hop.probes) for hop in trace.hops) == 1
    assert trace.distance == found[0].traces[0].distance
    assert "hops away as before" in round_line(check, trace, None)


def test_all_rounds_of_a_protocol_are_one_flow_and_no_two_share_a_cookie(
    gazetteer: Gazetteer,
) -> None:
    found, _ = look(simulate(demo()), gazetteer, rounds=14, protocol=Protocol.TCP)
    for protocol in (Protocol.TCP, Protocol.ICMP):
        traces = [each.traces[0] for each in found if each.protocol is protocol]
        assert len({trace.flows[0].source_port for trace in traces}) == 1
        mask = 0xFFFFF if protocol is Protocol.TCP else 0xF
        cookies = [
            {probe.sequence & mask for hop in t.hops for probe in hop.probes if probe.sequence}
            for t in traces
        ]
        assert all(len(each) == 1 for each in cookies)
        assert len(set().union(*cookies)) == len(traces)


def test_a_cut_link_is_told_by_networks(gazetteer: Gazetteer) -> None:
    vantage = failing("alpha-down", at_s=25)
    _, watcher = look(vantage, gazetteer, rounds=6, protocol=Protocol.ICMP)
    (change,) = watcher.changes
    assert change.kind is ChangeKind.NETWORKS
    assert "Alpha Transit" in change.gone
    assert change.behind == "Nordmail"
    assert "Alpha Transit" in change_line(change)


def test_a_fault_that_passes_is_two_changes_and_no_loss(gazetteer: Gazetteer) -> None:
    vantage = failing("alpha-down", at_s=25, until_s=45)
    _, watcher = look(vantage, gazetteer, rounds=8, protocol=Protocol.ICMP)
    first, second = watcher.changes
    assert first.gone == second.come
    (path,) = watcher.paths
    answering = [hop for hop in path.hops if hop.address is not None]
    assert all(hop.statistics.loss_share == 0 for hop in answering)
    target = answering[-1]
    assert target.address == MX1
    assert target.statistics.sent == 8, "it answered from two distances, and is one row"


def test_tcp_looks_again_when_icmp_saw_another_path(gazetteer: Gazetteer) -> None:
    vantage = failing("alpha-down", at_s=25)
    found, watcher = look(vantage, gazetteer, rounds=14, protocol=Protocol.TCP)
    whole = [
        each.number
        for each in found
        if each.protocol is Protocol.TCP and each.kind is RoundKind.PATH
    ]
    assert whole == [1, 7], "once at first, and as soon as the minute was over"
    assert {change.protocol for change in watcher.changes} == {Protocol.TCP, Protocol.ICMP}


def test_equal_rounds_of_a_balanced_path_are_no_changes(gazetteer: Gazetteer) -> None:
    """The demo world has diamonds: a fresh flow each round would wander over their branches."""
    for seed in (1, 2, 3):
        vantage = simulate(demo(), seed=seed)
        _, watcher = look(vantage, gazetteer, rounds=5, protocol=Protocol.ICMP)
        assert watcher.changes == []
