"""Rate and budget, seen from behind the wrapped ports."""

from dataclasses import replace
from ipaddress import IPv4Address, ip_network
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.errors import InputError, RefusedError
from mxpath.model.address import IPAddress
from mxpath.model.probe import Protocol
from mxpath.model.trace import EndReason
from mxpath.tracing.flows import draw_flows
from mxpath.tracing.tracer import TraceOptions, trace
from mxpath.vantage.clock import ManualClock
from mxpath.vantage.ledger import Ledger
from mxpath.vantage.limits import Budget
from mxpath.vantage.pace import Pace, PacedDialer, PacedProbeSocket, paced_probes
from mxpath.vantage.ports import Connection, Vantage
from scripted_path import SOURCE, TARGET, Script, ScriptedSocket, play

(FLOW,) = draw_flows([(TARGET, SOURCE)], 25, seed=1)
GENEROUS = {Budget.SYN: 10_000, Budget.SESSION: 10_000}


@given(st.lists(st.floats(0, 3), min_size=1, max_size=300), st.sampled_from([0.5, 1.0, 10.0, 50.0]))
def test_no_second_holds_more_than_the_burst_and_the_rate(
    pauses_s: list[float], rate_pps: float
) -> None:
    clock, pace, left = ManualClock(), Pace(rate_pps), []
    for pause_s in pauses_s:
        clock.sleep(pause_s / 100)
        pace.wait(clock)
        left.append(clock.monotonic_s())
    for first, at_s in enumerate(left):
        within = sum(1 for other in left[first:] if other <= at_s + 1.0)
        assert within <= max(1, rate_pps) + rate_pps + 1


def test_in_the_long_run_the_rate_holds() -> None:
    clock, pace = ManualClock(), Pace(50)
    for _ in range(1000):
        pace.wait(clock)
    assert clock.monotonic_s() == pytest.approx((1000 - 50) / 50, abs=0.03)


def test_a_burst_of_a_seconds_worth_does_not_wait() -> None:
    clock, pace = ManualClock(), Pace(50)
    for _ in range(50):
        pace.wait(clock)
    assert clock.monotonic_s() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("rate_pps", [0, -1])
def test_no_rate_is_no_pace(rate_pps: float) -> None:
    with pytest.raises(InputError):
        Pace(rate_pps)


def paced(script: Script, ledger: Ledger, pace: Pace) -> tuple[Vantage, ScriptedSocket]:
    vantage, socket = play(script)
    probes = paced_probes(vantage.probes, pace, ledger, vantage.clock)
    polite = Vantage(
        clock=vantage.clock,
        resolver=vantage.resolver,
        dialer=vantage.dialer,
        probes=probes,
        engine="scripted",
        seed=1,
    )
    return polite, socket


def test_pace_does_not_show_in_round_trip_times() -> None:
    vantage, socket = paced(Script(distance=9), Ledger(None, per_hour=GENEROUS), Pace(10))
    found = trace([TARGET + n for n in range(4)], vantage)
    assert socket.sent_s[-1] > 3
    for each in found:
        assert each.distance == 9
        rtts = [hop.min_rtt_ms for hop in each.hops]
        assert rtts == [pytest.approx(8 * ttl, abs=1e-3) for ttl in range(1, 10)]


def test_a_trace_ends_where_its_budget_does_and_says_when_again() -> None:
    ledger = Ledger(None)
    for number, sent in enumerate((18, 12, 0)):
        vantage, socket = paced(Script(distance=13), ledger, Pace(1000))
        (found,) = trace([TARGET], vantage)
        assert sum(not probe.spare for probe in socket.sent) == sent
        if number:
            assert found.end is EndReason.LOCAL_FAULT
            assert "budget: 30 SYNs an hour to 198.18.32.25 are used up" in found.notes[0]
            assert "the next is free at" in found.notes[0]
        assert len(found.hops) == min(sent, 13)


def test_spare_probes_neither_wait_nor_cost_the_target_anything() -> None:
    ledger, clock = Ledger(None), ManualClock()
    spare = replace(FLOW.probe(3, 1), spare=True)
    inner = ScriptedSocket(Script(distance=9), clock)
    probes = PacedProbeSocket(inner, Pace(50), ledger, clock)
    results = [probes.send([spare])[0] for _ in range(60)]
    assert clock.monotonic_s() == 0
    assert sum(not result.held for result in results) == len(inner.sent) == 40
    assert ledger.take(Budget.SYN, TARGET, now_ns=clock.now_ns(), count=30).count == 30
    assert not probes.send([FLOW.probe(1, 0)])[0].held


def test_where_there_is_no_place_now_a_probe_is_held_and_nothing_sleeps() -> None:
    clock = ManualClock()
    inner = ScriptedSocket(Script(distance=9), clock)
    probes = PacedProbeSocket(inner, Pace(5), Ledger(None), clock)
    results = probes.send([FLOW.probe(ttl, 0) for ttl in range(1, 9)])
    assert clock.monotonic_s() == 0
    assert [result.held for result in results] == [False] * 5 + [True] * 3
    assert [probe.ttl for probe in inner.sent] == [1, 2, 3, 4, 5]
    assert [result.free_s for result in results[5:]] == [pytest.approx(0.2)] * 3
    clock.sleep(0.2)
    results = probes.send([FLOW.probe(ttl, 0) for ttl in (6, 7)])
    assert [result.held for result in results] == [False, True]


def test_a_high_rate_has_a_burst_of_fifty_and_no_more() -> None:
    pace = Pace(1000)
    taken = [pace.take(0.0) for _ in range(60)]
    assert taken.count(None) == 50
    assert pace.take(0.0) == pytest.approx(0.001)


@pytest.mark.parametrize("protocol", [Protocol.UDP, Protocol.ICMP])
def test_the_budget_counts_syns_and_nothing_else(protocol: Protocol) -> None:
    ledger, clock = Ledger(None), ManualClock()
    inner = ScriptedSocket(Script(distance=9), clock)
    probes = PacedProbeSocket(inner, Pace(50), ledger, clock)
    probe = replace(FLOW.probe(3, 0), protocol=protocol)
    assert not any(result.error for result in probes.send([probe] * 40))
    assert ledger.take(Budget.SYN, TARGET, now_ns=clock.now_ns(), count=30).count == 30


@pytest.mark.parametrize("protocol", Protocol)
def test_an_excluded_target_gets_nothing(protocol: Protocol) -> None:
    ledger = Ledger(None, exclude=(ip_network("198.18.32.0/24"),))
    vantage, socket = paced(Script(distance=3), ledger, Pace())
    (found,) = trace([TARGET], vantage, options=TraceOptions(protocol=protocol))
    assert socket.sent == []
    assert found.notes[0].startswith("excluded: ")


class CountingDialer:
    def __init__(self) -> None:
        self.dialled: list[IPAddress] = []

    def dial(
        self, address: IPAddress, port: int, timeout_s: float, *, max_segment: int | None = None
    ) -> Connection:
        del port, timeout_s, max_segment
        self.dialled.append(address)
        return cast("Connection", None)


def test_a_third_connection_within_the_hour_is_refused() -> None:
    inner, clock = CountingDialer(), ManualClock()
    dialer = PacedDialer(inner, Pace(), Ledger(None), clock)
    other = IPv4Address("198.18.48.25")
    for address in (TARGET, TARGET, other):
        dialer.dial(address, 25, 5)
    with pytest.raises(RefusedError, match="budget: 2 SMTP connections"):
        dialer.dial(TARGET, 25, 5)
    assert inner.dialled == [TARGET, TARGET, other]
    clock.sleep(3600)
    dialer.dial(TARGET, 25, 5)
