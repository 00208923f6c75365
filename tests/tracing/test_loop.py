"""The loop of many targets: turns, pace, several flows, and what a call may cost."""

import heapq
import tracemalloc
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address
from typing import Any, cast

import pytest

from mxpath.errors import InputError
from mxpath.model.address import IPAddress
from mxpath.model.probe import ProbeSpec, Protocol, Reply, ReplyKind
from mxpath.model.trace import EndReason, Trace
from mxpath.tracing.course import Place, Shot, Strand
from mxpath.tracing.options import TraceOptions
from mxpath.tracing.plan import Plan
from mxpath.tracing.tracer import drive, trace
from mxpath.vantage.clock import ManualClock
from mxpath.vantage.ledger import Ledger
from mxpath.vantage.pace import Pace, paced_probes
from mxpath.vantage.ports import EngineTraits, ProbeSocket, Sent, Vantage
from scripted_path import SOURCE, TARGET, Script, answer, play

ONCE = TraceOptions(queries=1)


@dataclass
class Fields:
    """Straight paths to any number of targets; all answer, all routers are their own."""

    clock: ManualClock
    coming: list[tuple[int, int, Reply]] = field(default_factory=list)
    sent_s: list[float] = field(default_factory=list)
    seen: set[IPAddress] = field(default_factory=set)
    traits: EngineTraits = field(default_factory=lambda: EngineTraits(name="fields"))

    def source_for(self, _target: IPAddress) -> IPAddress:
        return SOURCE

    def send(self, probes: Sequence[ProbeSpec]) -> Sequence[Sent]:
        return tuple(map(self._send, probes))

    def _send(self, probe: ProbeSpec) -> Sent:
        now_ns = self.clock.now_ns()
        self.sent_s.append(self.clock.monotonic_s())
        number = int(probe.target) - int(TARGET)
        distance = 5 + number % 11
        at_ns = now_ns + 2_000_000 * min(probe.ttl, distance) + number * 1_000
        if probe.ttl < distance:
            where = IPv4Address(0x0A000000 + (number << 8) + probe.ttl)
            reply = answer(probe, ReplyKind.TIME_EXCEEDED, where, at_ns)
        elif probe.target in self.seen:
            return Sent(sent_ns=now_ns)
        else:
            self.seen.add(probe.target)
            reply = answer(probe, ReplyKind.SYN_ACK, probe.target, at_ns)
        heapq.heappush(self.coming, (at_ns, len(self.sent_s), reply))
        return Sent(sent_ns=now_ns)

    def receive(self, until_s: float) -> Sequence[Reply]:
        until_ns = self.clock.instant_ns(until_s)
        self.clock.advance_to(min([until_ns, *(at_ns for at_ns, _, _ in self.coming[:1])]))
        found = []
        while self.coming and self.coming[0][0] <= self.clock.now_ns():
            found.append(heapq.heappop(self.coming)[2])
        return found


def fields(rate_pps: float) -> tuple[Vantage, Fields]:
    clock = ManualClock()
    socket = Fields(clock)

    @contextmanager
    def open_probes() -> Iterator[ProbeSocket]:
        yield socket

    unused = cast("Any", None)
    vantage = Vantage(
        clock=clock,
        resolver=unused,
        dialer=unused,
        probes=paced_probes(open_probes, Pace(rate_pps), Ledger(None), clock),
        engine="fields",
        seed=1,
    )
    return vantage, socket


def expected(found: Trace) -> bool:
    number = int(found.target) - int(TARGET)
    routers = [IPv4Address(0x0A000000 + (number << 8) + t) for t in range(1, 5 + number % 11)]
    return [hop.address for hop in found.hops] == [*routers, found.target]


def test_many_targets_keep_to_the_rate_and_every_answer_finds_its_probe() -> None:
    vantage, socket = fields(1000)
    targets = [TARGET + n for n in range(200)]
    found = trace(targets, vantage, options=ONCE)
    assert all(each.end is EndReason.REACHED and expected(each) for each in found)
    kept = [probe for each in found for hop in each.hops for probe in hop.probes]
    beyond = [probe for each in found for probe in each.flows[0].beyond]
    assert len(socket.sent_s) == len(kept) + len(beyond)
    assert all(probe.reply is not None for probe in kept)
    length_s = socket.sent_s[-1] - socket.sent_s[0]
    assert len(socket.sent_s) / length_s == pytest.approx(1000, rel=0.05)
    for at_s in socket.sent_s[::50]:
        within = bisect_left(socket.sent_s, at_s + 1) - bisect_left(socket.sent_s, at_s)
        assert within <= 1050


@pytest.mark.slow
def test_a_thousand_targets_at_a_thousand_packets_a_second() -> None:
    vantage, socket = fields(1000)
    tracemalloc.start()
    found = trace([TARGET + n for n in range(1000)], vantage, options=ONCE)
    _, peak_octets = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert all(expected(each) for each in found)
    length_s = socket.sent_s[-1] - socket.sent_s[0]
    assert len(socket.sent_s) / length_s == pytest.approx(1000, rel=0.05)
    assert peak_octets < 64e6


def test_every_target_has_its_turn_when_places_are_few() -> None:
    vantage, socket = play(Script(distance=9))
    paced = replace(
        vantage, probes=paced_probes(vantage.probes, Pace(20), Ledger(None), vantage.clock)
    )
    trace([TARGET + n for n in range(40)], paced, options=ONCE)
    first = {probe.target: n for n, probe in reversed(list(enumerate(socket.sent)))}
    assert max(first.values()) <= 40 + 20


class TwoFlows(Plan):
    """Sends each shot of a plan in a second flow too."""

    def __init__(self) -> None:
        super().__init__(ONCE)
        self.second: list[Place] = []
        self.heard: list[Place] = []

    def due(self, now_s: float) -> tuple[Shot, ...]:
        pairs = (
            (shot, replace(shot, flow=1))
            for shot in super().due(now_s)
            if Place(1, shot.ttl, shot.attempt) not in self.second
        )
        return tuple(shot for pair in pairs for shot in reversed(pair))

    def sent(self, shot: Shot, *, sequence: int, at_s: float, at_ns: int) -> None:
        if shot.flow:
            self.second.append(shot.place)
        else:
            super().sent(shot, sequence=sequence, at_s=at_s, at_ns=at_ns)

    def answered(self, place: Place, reply: Reply) -> None:
        if place.flow:
            self.heard.append(place)
        else:
            super().answered(place, reply)

    def strand(self, flow: int) -> Strand:
        return super().strand(flow) if flow == 0 else Strand(())


def test_flows_of_one_target_are_drawn_when_named_and_told_apart() -> None:
    vantage, socket = play(Script(distance=6))
    course = TwoFlows()
    (found,) = drive([TARGET], vantage, lambda _: course, options=ONCE)
    ports = dict.fromkeys(probe.source_port for probe in socket.sent)
    assert len(ports) == 2
    assert [flow.source_port for flow in found.flows] == list(reversed(ports))
    assert [place.ttl for place in course.heard] == [1, 2, 3, 4, 5, 6]
    assert found.distance in (6, None)


def test_an_engine_that_cannot_send_a_protocol_is_said_so() -> None:
    vantage, socket = play(Script(distance=6))
    socket.traits = EngineTraits(name="scripted", protocols=frozenset({Protocol.TCP}))
    with pytest.raises(InputError, match="the scripted engine cannot send icmp"):
        trace([TARGET], vantage, options=TraceOptions(protocol=Protocol.ICMP))
    assert socket.sent == []


@pytest.mark.parametrize("protocol", Protocol)
def test_every_protocol_is_traced_by_the_same_law(protocol: Protocol) -> None:
    kinds = {Protocol.TCP: ReplyKind.RST, Protocol.ICMP: ReplyKind.ECHO_REPLY}
    vantage, socket = play(Script(distance=9, target=kinds.get(protocol, ReplyKind.UDP_REPLY)))
    (found,) = trace([TARGET], vantage, options=TraceOptions(protocol=protocol, queries=1))
    assert (found.distance, found.protocol, len(socket.sent)) == (9, protocol, 14)
    assert {probe.protocol for probe in socket.sent} == {protocol}
    assert len({(probe.source_port, probe.destination_port) for probe in socket.sent}) == 1


def rewriting(from_hop: int, *, shift: int = 12345, keeps_id: bool = True) -> Script:
    """A middlebox that shifts sequence numbers, and translates answers of the target back."""

    def rewrite(probe: ProbeSpec, reply: Reply) -> Reply:
        if reply.kind is not ReplyKind.TIME_EXCEEDED:
            return reply
        number = probe.sequence >> 16 if keeps_id else 0
        sequence = probe.sequence + (shift if probe.ttl >= from_hop else 0)
        return replace(reply, quoted_id=number, sequence=sequence & 0xFFFFFFFF)

    return Script(distance=9, alters=rewrite)


def test_behind_a_box_that_rewrites_sequence_numbers_the_identification_tells() -> None:
    vantage, _ = play(rewriting(5))
    (found,) = trace([TARGET], vantage, options=ONCE)
    assert all(hop.address is not None for hop in found.hops)
    assert "sequence numbers are rewritten" in found.notes[0]
    told = [probe.sequence == probe.reply.sequence for probe in answered(found)]
    assert told == [True] * 4 + [False] * 4 + [True]


def answered(found: Trace) -> list[Any]:
    return [probe for hop in found.hops for probe in hop.probes if probe.reply is not None]


def test_where_the_identification_is_gone_too_those_hops_are_silent() -> None:
    vantage, _ = play(rewriting(5, keeps_id=False))
    (found,) = trace([TARGET], vantage, options=ONCE)
    silent = [hop.ttl for hop in found.hops if hop.address is None]
    assert (silent, found.notes) == ([5, 6, 7, 8], ())
