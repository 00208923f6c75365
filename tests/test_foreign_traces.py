"""Traces of other tools in place of our own: the study tells the same of the path, and says whose they are."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from ipaddress import ip_address

import pytest

from mxpath import pipeline
from mxpath.demo import flows_of
from mxpath.formats import READERS, WRITERS
from mxpath.graph.build import build_graph
from mxpath.lab.accuracy import compare
from mxpath.lab.simulated import simulate, simulated_truth
from mxpath.model.address import IPAddress
from mxpath.model.evidence import Grade
from mxpath.model.probe import Protocol
from mxpath.model.statistics import HopStatistics
from mxpath.model.study import Study
from mxpath.model.trace import Hop, Imported, Trace
from mxpath.pipeline import Options, analyze
from mxpath.report.text import screen
from traceroute_text import as_text
from world import analyzed, first_walk, gazetteer

DOMAIN = "slowbank.example"
Told = Callable[[Trace], Trace]


@cache
def live() -> Study:
    return analyzed(DOMAIN)


def by_native(trace: Trace) -> Trace:
    (again,) = READERS["mxpath"].read(WRITERS["mxpath"]((trace,)), source="ours.json")
    return replace(again, imported=Imported(tool="mxpath", source="ours.json"))


def by_text(trace: Trace) -> Trace:
    (again,) = READERS["traceroute"].read(as_text(trace), source="traceroute.txt")
    return again


def by_statistics(trace: Trace) -> Trace:
    """As mtr would tell it: no probes, figures of each hop."""
    hops = tuple(map(_told, trace.hops))
    assert trace.flow is not None
    return replace(
        trace,
        flows=(replace(trace.flow, hops=hops, beyond=()),),
        protocol=None,
        port=None,
        source=None,
        imported=Imported(tool="mtr", source="mtr.json"),
    )


def _told(hop: Hop) -> Hop:
    times = hop.rtts_ms
    told = HopStatistics(
        sent=len(hop.probes),
        received=len(times),
        best_ms=min(times, default=None),
        average_ms=sum(times) / len(times) if times else None,
    )
    return replace(hop, probes=(), told=told, told_responders=hop.responders)


def study_of(told: Told, **options: object) -> Study:
    foreign = tuple(map(told, live().traces))
    return analyzed(DOMAIN, options=Options(foreign=foreign, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize("told", [by_native, by_text, by_statistics])
def test_the_same_path_is_told_and_no_probe_is_sent(told: Told) -> None:
    study = study_of(told)
    assert len(study.routes) == len(live().routes) > 1
    for route, other in zip(study.routes, live().routes, strict=True):
        assert route.as_path == other.as_path
        assert route.crossings == other.crossings
        assert [c.value.addresses for c in route.segments] == [
            c.value.addresses for c in other.segments
        ]
        assert route.envelope_ms == pytest.approx(other.envelope_ms, abs=0.001)
        assert route.complete
    assert study.provenance.packets_sent == 0
    assert study.provenance.engine is None
    assert len(study.sessions) == len(live().sessions)


@pytest.mark.parametrize("told", [by_native, by_text, by_statistics])
def test_the_accuracy_is_that_of_our_own_traces(told: Told) -> None:
    study = study_of(told)
    truth = simulated_truth(first_walk(), flows_of([live()]), simulate(first_walk()))
    # A path is looked up by its flow, which text does not tell.
    flows = [
        replace(t, flows=(replace(t.flows[0], source_port=o.flows[0].source_port),))
        for t, o in zip(study.traces, live().traces, strict=True)
    ]
    wanted = replace(study, traces=tuple(flows))
    ours, theirs = compare([live()], truth), compare([wanted], truth)
    assert theirs.crossings == ours.crossings
    assert theirs.as_paths == ours.as_paths
    assert theirs.segments.contain_truth == theirs.segments.given > 0


def test_only_what_has_no_trace_is_traced() -> None:
    first, *others = live().traces
    study = analyzed(DOMAIN, options=Options(foreign=(by_text(first),)))
    assert [t.imported is not None for t in study.traces] == [True, *(False for _ in others)]
    assert study.provenance.packets_sent == sum(t.packets_sent or 0 for t in study.traces[1:])


def test_with_tracing_off_imported_traces_are_all() -> None:
    first, *_ = live().traces
    study = analyzed(DOMAIN, options=Options(foreign=(by_text(first),), tracing=False))
    assert [t.target for t in study.traces] == [first.target]
    assert study.provenance.packets_sent == 0


def test_a_trace_to_somebody_else_is_named_and_left_out() -> None:
    stray = replace(by_text(live().traces[0]), target=ip_address("203.0.113.9"))
    study = analyzed(DOMAIN, options=Options(foreign=(stray,), tracing=False, conversing=False))
    assert study.traces == ()
    assert "not used, as they lead to no address of the plan: 203.0.113.9" in study.notes


def test_the_best_of_several_is_the_way_of_mail() -> None:
    first = live().traces[0]
    several = (by_text(first), by_native(first), by_statistics(first))
    study = analyzed(DOMAIN, options=Options(foreign=several, tracing=False, conversing=False))
    (trace,) = study.traces
    assert trace.is_mail_flow
    assert any(note.endswith("the best of 3") for note in study.notes)


@pytest.mark.slow
def test_the_report_says_whose_traces_they_are() -> None:
    from mxpath.report.html import render_report  # noqa: PLC0415 - loads matplotlib

    report = render_report(study_of(by_statistics))
    assert "traced by mtr, from mtr.json, on 20" in report
    assert "by unknown probes: not the mail flow" in report


def test_the_screen_says_whose_traces_they_are() -> None:
    study = study_of(by_text)
    printed = " ".join(screen(study).replace("\u00a0", " ").split())
    assert (
        "traced by traceroute, from traceroute.txt, by unknown probes: not the mail flow" in printed
    )
    assert "from where is not told, taken as from here" in printed


def test_what_was_measured_elsewhere_refutes_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Trace] = []

    def hear(traces: Iterable[Trace], _sessions: object) -> dict[IPAddress, float]:
        heard.extend(traces)
        return {}

    monkeypatch.setattr(pipeline, "smallest_rtts", hear)
    study_of(lambda trace: replace(by_native(trace), source=ip_address("198.18.49.1")))
    assert not [trace for trace in heard if trace.imported is not None]
    study_of(by_native)
    assert [trace for trace in heard if trace.imported is not None]


def test_a_trace_from_elsewhere_says_so_and_begins_elsewhere() -> None:
    elsewhere = ip_address("198.18.49.1")

    def moved(trace: Trace) -> Trace:
        return replace(by_native(trace), source=elsewhere)

    study = analyzed(
        DOMAIN, options=Options(foreign=(moved(live().traces[0]),), tracing=False, conversing=False)
    )
    assert study.seen_from.network == live().seen_from.network
    assert any("from 198.18.49.1, not from here" in note for note in study.notes)
    edges = build_graph([study]).edges(data=True)
    begins = {tail for tail, _, facts in edges if facts["kind"] == "hop" and facts["ttl"] == 1}
    assert begins == {f"vantage:{elsewhere}"}
    owner = study.owners[elsewhere]
    assert study.routes[0].as_path[0] == owner.network != study.seen_from.network


def test_what_rests_on_foreign_traces_is_possible_and_no_more() -> None:
    def lossy(trace: Trace) -> Trace:
        hops = list(by_statistics(trace).hops)
        for index, hop in enumerate(hops[2:-1], 2):
            assert hop.told is not None
            if hop.told.received:
                hops[index] = replace(hop, told=replace(hop.told, sent=100, received=70))
            hops[0] = replace(hops[0], told=HopStatistics(sent=100, received=100, best_ms=0.2))
            hops[1] = replace(hops[1], told=HopStatistics(sent=100, received=100, best_ms=4.2))
        last = hops[-1]
        assert last.told is not None
        hops[-1] = replace(last, told=replace(last.told, sent=100, received=70))
        told = by_statistics(trace)
        return replace(told, flows=(replace(told.flows[0], hops=tuple(hops)),))

    found = {verdict.name: verdict for verdict in study_of(lossy).verdicts}
    assert "loss_at_border" in found
    assert found["loss_at_border"].grade is Grade.POSSIBLE
    doubts = [e.detail for e in found["loss_at_border"].counter_evidence if e.rule == "imported"]
    assert doubts
    assert all("traced by mtr, from mtr.json" in doubt for doubt in doubts)


def test_a_router_that_answers_seldom_is_no_loss_where_later_ones_answer_always() -> None:
    def seldom(trace: Trace) -> Trace:
        told = by_statistics(trace)
        hops = [
            replace(h, told=replace(h.told, sent=100, received=20 if h.ttl == 2 else 100))
            for h in told.hops
            if h.told is not None
        ]
        return replace(told, flows=(replace(told.flows[0], hops=tuple(hops)),))

    assert "loss_at_border" not in {verdict.name for verdict in study_of(seldom).verdicts}


def test_silence_of_foreign_traces_is_no_egress_filter() -> None:
    def silent(trace: Trace) -> Trace:
        told = by_native(trace)
        return replace(told, protocol=Protocol.UDP, distance=None)

    assert all(v.name != "egress25_blocked" for v in study_of(silent).verdicts)


def test_a_study_is_the_same_whatever_the_order_of_the_files() -> None:
    foreign = tuple(map(by_text, live().traces))
    vantage = simulate(first_walk())
    one, two = (
        analyze(DOMAIN, vantage, gazetteer(), options=Options(foreign=each, conversing=False))
        for each in (foreign, foreign[::-1])
    )
    assert one.routes == two.routes
