"""What is written is read again, and has the names and types that the tools' own files have."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.drawn_traces import draw_trace
from formats.samples import ALL, SAMPLES, Sample
from mxpath.formats import READERS, WRITERS, atlas, guessing, scamper
from mxpath.formats.assembling import NO_CONSTANT_FLOW
from mxpath.model.address import IPAddress
from mxpath.model.probe import ReplyKind
from mxpath.model.statistics import HopStatistics
from mxpath.model.trace import EndReason, Flow, Hop, Trace

NO_FLOW = Flow(source_port=None, destination_port=None, hops=())
EMPTY = Trace(
    target=ip_address("192.0.2.1"),
    source=None,
    protocol=None,
    port=None,
    engine="raw",
    flows=(),
    distance=None,
    end=EndReason.NO_ROUTE,
    started_at=datetime(2026, 6, 17, tzinfo=UTC),
    ended_at=None,
    packets_sent=0,
)
TRACES = st.integers(0, 2**32).map(draw_trace)
FOREIGN = pytest.mark.parametrize("name", ["atlas", "scamper"])
Answers = list[tuple[int, int, IPAddress, float | None]]


def answers(flow: Flow) -> Answers:
    """Who answered which probe, and how fast."""
    return [
        (hop.ttl, probe.attempt, probe.reply.responder, probe.rtt_ms)
        for hop in flow.hops
        for probe in hop.probes
        if probe.reply is not None
    ]


def labels(flow: Flow) -> list[Any]:
    replies = [p.reply for hop in flow.hops for p in hop.probes]
    return [(r.mpls, r.reply_ttl, r.quoted_ttl) for r in replies if r is not None]


@FOREIGN
@settings(max_examples=40)
@given(trace=TRACES)
def test_every_flow_is_read_again(name: str, trace: Trace) -> None:
    found = READERS[name].read(WRITERS[name]((trace,)), source="x")
    assert [answers(each.flows[0]) for each in found] == [answers(flow) for flow in trace.flows]
    for each, flow in zip(found, trace.flows, strict=True):
        assert (each.target, each.source, each.protocol) == (
            trace.target, trace.source, trace.protocol,
        )  # fmt: skip
        assert [hop.ttl for hop in each.hops] == [hop.ttl for hop in flow.hops]
        assert (each.distance, each.end is EndReason.REACHED) == (
            trace.distance, trace.end is EndReason.REACHED,
        )  # fmt: skip
        assert each.target_rtt_ms == replace(trace, flows=(flow,)).target_rtt_ms


@settings(max_examples=25)
@given(trace=TRACES)
def test_scamper_keeps_kinds_ports_and_moments(trace: Trace) -> None:
    for each, flow in zip(
        scamper.read(WRITERS["scamper"]((trace,)), source="x"), trace.flows, strict=True
    ):
        assert labels(each.flows[0]) == labels(flow)
        assert each.started_at == trace.started_at
        if trace.port is not None:
            assert (each.flows[0].source_port, each.port) == (flow.source_port, trace.port)
        kinds = [[p.reply and p.reply.kind for p in h.probes if p.reply] for h in flow.hops]
        again = [[p.reply and p.reply.kind for p in h.probes if p.reply] for h in each.hops]
        assert again == kinds


@FOREIGN
def test_a_traces_file_is_guessed(name: str) -> None:
    assert guessing.guess(WRITERS[name]((EMPTY,))) == name


@FOREIGN
@pytest.mark.parametrize("sample", ALL, ids=str)
def test_whatever_was_read_can_be_written(name: str, sample: Sample) -> None:
    found = READERS[sample.name].read(sample.content, source=sample.path.name)
    again = READERS[name].read(WRITERS[name](found), source="x")
    flows = [flow for trace in found for flow in trace.flows or (NO_FLOW,)]
    assert len(again) == len(flows)
    for each, flow in zip(again, flows, strict=True):
        heard = {(hop.ttl, hop.address) for hop in flow.hops if hop.address is not None}
        assert {(hop.ttl, hop.address) for hop in each.hops if hop.address is not None} == heard


def types(value: Any, place: str = "") -> dict[str, set[str]]:
    """Names of all fields of a document, with the types of their values."""
    found: dict[str, set[str]] = {}
    if isinstance(value, dict):
        for name, inner in value.items():
            found.setdefault(f"{place}.{name}", set()).add(type(inner).__name__)
            for key, kinds in types(inner, f"{place}.{name}").items():
                found.setdefault(key, set()).update(kinds)
    for inner in value if isinstance(value, list) else []:
        for key, kinds in types(inner, place).items():
            found.setdefault(key, set()).update(kinds)
    return found


@pytest.mark.parametrize(
    ("name", "file", "not_ours"),
    [
        # what only the controller knows
        ("atlas", "atlas/icmp_ip4.jsonl", {".group_id", ".stored_timestamp"}),
        # the checksum that keeps ICMP's flow is not kept
        ("scamper", "scamper/mlab_icmp_ip6.jsonl", {".icmp_sum"}),
        ("scamper", "scamper/lab_tcp_ip6.jsonl", set()),
    ],
)
def test_names_and_types_are_those_of_real_files(name: str, file: str, not_ours: set[str]) -> None:
    content = (SAMPLES / file).read_bytes()
    real: dict[str, set[str]] = {}
    for line in content.splitlines():
        if b'"result":' in line or b'"type":"trace"' in line or b'"cycle' in line:
            real = {k: real.get(k, set()) | v for k, v in (real | types(json.loads(line))).items()}
    written = WRITERS[name](READERS[name].read(content, source="x"))
    ours: dict[str, set[str]] = {}
    for line in written.splitlines():
        for key, kinds in types(json.loads(line)).items():
            ours.setdefault(key, set()).update(kinds)
    assert real.keys() - ours.keys() == not_ours
    assert ours.keys() <= real.keys()
    assert {key: kinds for key, kinds in ours.items() if not kinds <= real[key]} == {}


def test_why_nothing_was_sent_is_kept() -> None:
    for name, end in (("atlas", EndReason.NO_ROUTE), ("scamper", EndReason.LOCAL_FAULT)):
        (found,) = READERS[name].read(WRITERS[name]((EMPTY,)), source="x")
        assert (found.end, found.hops) == (end, ())


def test_statistics_leave_who_answered_and_the_best_time() -> None:
    told = HopStatistics(sent=10, received=9, best_ms=1.25, average_ms=3.0)
    hop = Hop(ttl=1, probes=(), told=told, told_responders=(ip_address("192.0.2.7"),))
    silent = Hop(ttl=2, probes=(), told=HopStatistics(sent=10, received=0))
    flow = Flow(source_port=None, destination_port=None, hops=(hop, silent))
    for name in ("atlas", "scamper"):
        content = WRITERS[name]((replace(EMPTY, flows=(flow,), end=EndReason.GAVE_UP),))
        (found,) = READERS[name].read(content, source="x")
        assert answers(found.flows[0]) == [(1, 0, ip_address("192.0.2.7"), 1.25)]


def test_a_trace_that_kept_no_constant_flow_says_so_there_too() -> None:
    one = replace(EMPTY, flows=(NO_FLOW,), notes=(NO_CONSTANT_FLOW,))
    assert json.loads(WRITERS["atlas"]((one,)))["paris_id"] == 0
    assert json.loads(WRITERS["atlas"]((replace(one, notes=()),)))["paris_id"] == 1


def test_kinds_that_atlas_tells_are_kept() -> None:
    content = (SAMPLES / "scamper" / "lab_ping_and_traces.jsonl").read_bytes()
    refused = scamper.read(content, source="x")[0]
    (found,) = atlas.read(WRITERS["atlas"]((refused,)), source="x")
    reply = found.hops[-1].probes[0].reply
    assert reply is not None
    assert (reply.kind, reply.icmp_type, reply.icmp_code) == (ReplyKind.UNREACHABLE, 3, 1)
    assert found.end is EndReason.UNREACHABLE
