"""The demo world from imported traces: no hop, path or crossing is wrong that was right from our own."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from mxpath.demo import flows_of
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.lab.accuracy import Accuracy, compare
from mxpath.lab.published import publish
from mxpath.lab.simulated import simulate, simulated_truth
from mxpath.lab.topology import World, read_world, shipped_worlds
from mxpath.lab.truth import Truth
from mxpath.model.study import Study
from mxpath.model.trace import Trace
from mxpath.pipeline import Options, analyze
from test_foreign_traces import by_statistics, by_text

pytestmark = pytest.mark.slow


@cache
def demo() -> World:
    return read_world(shipped_worlds()["demo"])


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Gazetteer:
    directory: Path = tmp_path_factory.mktemp("demo")
    publish(demo(), directory)
    return Gazetteer.open(directory)


@pytest.fixture(scope="module")
def played(published: Gazetteer) -> tuple[tuple[Study, ...], Truth]:
    vantage = simulate(demo())
    studies: tuple[Study, ...] = ()
    for domain in demo().domains:
        studies += (analyze(domain, vantage, published, known=studies),)
    return studies, simulated_truth(demo(), flows_of(studies), vantage)


def from_foreign(study: Study, gazetteer: Gazetteer, told: Callable[[Trace], Trace]) -> Study:
    foreign = tuple(map(told, study.traces))
    options = Options(foreign=foreign, conversing=False)
    again = analyze(study.domain, simulate(demo()), gazetteer, options=options)
    # A path is looked up by its flow, which foreign traces do not tell.
    ports = [trace.flows[0].source_port for trace in study.traces]
    traces = tuple(
        replace(trace, flows=(replace(trace.flows[0], source_port=port),))
        for trace, port in zip(again.traces, ports, strict=True)
    )
    return replace(again, traces=traces)


@pytest.mark.parametrize("told", [by_text, by_statistics])
def test_no_more_is_wrong_than_from_our_own_traces(
    told: Callable[[Trace], Trace], published: Gazetteer, played: tuple[tuple[Study, ...], Truth]
) -> None:
    studies, truth = played
    ours = compare(studies, truth)
    theirs: Accuracy = compare([from_foreign(s, published, told) for s in studies], truth)
    assert theirs.hops == ours.hops
    assert theirs.as_paths == ours.as_paths
    assert theirs.crossings == ours.crossings
    # Reply TTLs are not told: where ways back differ in length, nothing says so.
    assert theirs.segments.given >= ours.segments.given
    assert theirs.segments.contain_truth >= 0.98 * theirs.segments.given
