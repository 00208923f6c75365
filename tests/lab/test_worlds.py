"""Every world of the family, played by the kernel and analyzed from its sender as a user would.

What the analysis says is held against the truth of the running kernels and
daemons, and that truth against the memory player's: two players, one world.

A lab shares nothing with another: neither networks nor budgets nor files. Most of an analysis is
waiting, so two worlds are played at a time.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lab.collected import Collected
from mxpath.demo import analyze_in, flows_of
from mxpath.graph.verdicts import judge
from mxpath.lab.accuracy import compare
from mxpath.lab.faults import apply, named
from mxpath.lab.netns import Lab
from mxpath.lab.published import publish
from mxpath.lab.segment_accuracy import SegmentTally
from mxpath.lab.simulated import simulated_truth
from mxpath.lab.topology import World, read_world, shipped_worlds
from mxpath.lab.truth import SmtpTruth, Truth
from mxpath.model import codec
from mxpath.model.address import IPAddress
from mxpath.model.study import Study

pytestmark = pytest.mark.lab

FAMILY = {
    path.stem: path for path in sorted(Path(__file__).parents[1].glob("topologies/*.toml"))
} | {"demo": shipped_worlds()["demo"]}
DICE = {"shaky_links"}
"""Worlds whose verdicts are about loss. In others a lossy link may be, and no verdict hangs on it."""
AT_ONCE = 2
SEGMENTS: dict[str, SegmentTally] = {}
"""Latency figures of every world that was played here."""


@dataclass(frozen=True, kw_only=True)
class InKernel:
    """A world that the kernel played, and what an analysis of each of its domains found there."""

    world: World
    studies: dict[str, Study]
    truth: Truth
    under: dict[str, dict[str, str]]
    """Fault to domain to the first verdict while it lasted."""
    collected: tuple[Collected, ...]
    """What its route collectors wrote down."""


Plays = dict[str, Future[InKernel]]


@pytest.fixture(scope="module")
def plays(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Plays]:
    """Every world that is wanted, played ahead of its turn; the last takes longest, so it begins."""
    request.getfixturevalue("kernels")
    calls = (getattr(item, "callspec", None) for item in request.session.items)
    wanted = {call.params.get("kernel") for call in calls if call is not None} - DICE
    names = [name for name in reversed(FAMILY) if name in wanted]
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        yield {name: pool.submit(_played, name, tmp_path_factory.mktemp(name)) for name in names}
        pool.shutdown(cancel_futures=True)


@pytest.fixture(scope="module", params=FAMILY)
def kernel(request: pytest.FixtureRequest, plays: Plays) -> InKernel:
    if request.param in DICE:
        pytest.skip("real links drop packets by dice that no seed holds: played in memory alone")
    return plays[request.param].result()


def _played(name: str, directory: Path) -> InKernel:
    world = read_world(FAMILY[name])
    expected = world.expected
    domains = tuple(dict.fromkeys((*world.domains, *expected.verdicts, *expected.also)))
    with Lab.up(world) as lab:
        done = analyze_in(lab, world, domains, directory)
        assert done.returncode in (0, 1), done.stderr
        studies = {d: codec.read_file(Study, directory / f"{d}.json") for d in domains}
        truth = lab.truth(flows_of(studies.values()))
        collected = tuple(Collected.of(lab, name, directory) for name in world.collectors)
        under = {fault: _under(lab, fault, studies, directory) for fault in expected.under}
    return InKernel(world=world, studies=studies, truth=truth, under=under, collected=collected)


def _under(lab: Lab, fault: str, before: Mapping[str, Study], directory: Path) -> dict[str, str]:
    """First verdicts while a fault lasts, by one who has seen the world before it."""
    world = lab.world
    domains = tuple(world.expected.under[fault])
    lab.fault(fault)
    publish(apply(world, named(world, [fault])), lab.gazetteer)
    try:
        analyze_in(lab, world, domains, directory)
        studies = {d: codec.read_file(Study, directory / f"{d}.json") for d in domains}
    finally:
        lab.mend(fault)
        publish(world, lab.gazetteer)
    return {d: judge(study, before=before[d])[0].name for d, study in studies.items()}


def test_every_fact_is_right(kernel: InKernel) -> None:
    known = [study for domain, study in kernel.studies.items() if domain in kernel.truth.mx]
    accuracy = compare(known, kernel.truth)
    SEGMENTS[kernel.world.name] = accuracy.segments
    assert accuracy.mistakes == ()
    assert accuracy.flows_per_trace_max <= 1
    assert accuracy.syns_at_target_max <= 6


def test_the_verdicts_are_those_that_the_world_expects(kernel: InKernel) -> None:
    expected = kernel.world.expected
    found = {domain: study.verdicts for domain, study in kernel.studies.items()}
    assert {d: found[d][0].name for d in expected.verdicts} == expected.verdicts
    for domain, others in expected.also.items():
        assert {v.name for v in found[domain][1:]} >= set(others), domain


def test_what_a_collector_wrote_down_becomes_a_gazetteer_that_is_right(
    kernel: InKernel, tmp_path: Path
) -> None:
    for collected in kernel.collected:
        collected.check(collected.gazetteer(tmp_path))


def test_under_each_fault_the_first_verdict_is_the_right_one(kernel: InKernel) -> None:
    assert kernel.under == kernel.world.expected.under


def hosts_by_address(world: World) -> Iterator[tuple[IPAddress, str]]:
    for host in world.hosts:
        for address in world.addresses_of(host):
            yield address, host


def test_the_truth_is_what_the_world_expects(kernel: InKernel) -> None:
    """A world whose file is wrong about itself would judge the analyzer wrongly."""
    expected, hosts = kernel.world.expected, dict(hosts_by_address(kernel.world))
    for path in kernel.truth.paths:
        host = hosts[path.target]
        if host in expected.as_paths:
            assert path.as_path == expected.as_paths[host], host
        if host in expected.crossings:
            assert path.crossings == expected.crossings[host], host


def undated(hosts: Mapping[IPAddress, SmtpTruth]) -> dict[IPAddress, SmtpTruth]:
    """Without the certificates' dates: the kernel's servers live today, the world on its own day."""
    return {a: replace(smtp, not_before=None, not_after=None) for a, smtp in hosts.items()}


def test_the_memory_player_has_the_same_truth(kernel: InKernel) -> None:
    """Which of equal branches a flow takes is each kernel's own hash, so one of many must agree."""
    known = simulated_truth(kernel.world, ())
    assert known.mx == {d: rows for d, rows in kernel.truth.mx.items() if d in known.mx}
    assert undated(known.smtp) == undated(kernel.truth.smtp)
    for path in kernel.truth.paths:
        flows = [(path.target, port) for port in range(40_000, 40_064)]
        others = {
            replace(o, source_port=path.source_port)
            for o in simulated_truth(kernel.world, flows).paths
        }
        assert path in others


def test_latency_figures_hold_the_truth() -> None:
    """Over all worlds together: a figure that is given is right in 95 of 100 cases."""
    if not SEGMENTS:
        pytest.skip("no world was played")
    given = sum(tally.given for tally in SEGMENTS.values())
    right = sum(tally.contain_truth for tally in SEGMENTS.values())
    refused = sum(tally.refused for tally in SEGMENTS.values())
    assert right >= 0.95 * given, SEGMENTS
    assert given > 4 * refused, "a tool that refuses everything is never wrong"
