"""The accuracy figure is an instrument: right answers leave it clean, wrong ones turn it red."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mxpath.bgp import propagation
from mxpath.demo import play
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.inference import bgp_paths, crossings, routes
from mxpath.inference.latency import differential
from mxpath.lab.accuracy import Accuracy, Tally, compare
from mxpath.mail.discover import discover
from mxpath.model.bgp import PathGrade
from mxpath.model.mail import MxHost
from mxpath.model.route import Differential, Route
from world import first_walk


def played(directory: Path) -> Accuracy:
    return compare(*play(first_walk(), directory, player="memory", say=lambda _step: None))


@pytest.fixture(scope="module")
def accuracy(tmp_path_factory: pytest.TempPathFactory) -> Accuracy:
    """The figure of the rules as they are."""
    return played(tmp_path_factory.mktemp("played"))


def test_all_is_right_in_memory(accuracy: Accuracy) -> None:
    assert accuracy.mistakes == ()
    assert accuracy.is_perfect
    assert accuracy.crossings.true_positive == 8
    assert accuracy.flows_per_trace_max == 1
    assert 1 <= accuracy.syns_at_target_max <= 6
    assert accuracy.bgp == {
        PathGrade.OWN: Tally(compared=16, wrong=0),
        PathGrade.PREDICTED: Tally(compared=16, wrong=0),
    }
    assert accuracy.rtt_error_ms.median == 0
    assert accuracy.rtt_error_ms.p95 == 0


def test_latency_figures_hold_the_truth(accuracy: Accuracy) -> None:
    segments = accuracy.segments
    assert segments.given >= 50
    assert segments.contain_truth >= 0.95 * segments.given


def an_exchange_port_is_taken_for_a_mere_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Gazetteer, "ixp_port", lambda _self, _address: None)


Break = Callable[[pytest.MonkeyPatch], None]


def no_crossing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crossings, "find_crossings", lambda *_a, **_k: ())
    monkeypatch.setattr(routes, "find_crossings", lambda *_a, **_k: (), raising=False)


def the_far_network_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = routes.infer_route

    def broken(*args: object, **kwargs: object) -> Route:
        route: Route = whole(*args, **kwargs)  # type: ignore[arg-type]
        return replace(route, as_path=route.as_path[:-1])

    monkeypatch.setattr("mxpath.pipeline.infer_route", broken)


def an_mx_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **kwargs: object) -> object:
        mail = discover(*args, **kwargs)  # type: ignore[arg-type]
        hosts: tuple[MxHost, ...] = mail.plan.hosts[:1]
        return replace(mail, plan=replace(mail.plan, hosts=hosts))

    monkeypatch.setattr("mxpath.measuring.discover", broken)


def test_a_broken_envelope_turns_the_segments_red(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def broken(*args: Any, **kwargs: Any) -> Differential:
        found = differential(*args, **kwargs)
        return replace(found, rtt_ms=None if found.rtt_ms is None else found.rtt_ms * 1.3)

    monkeypatch.setattr(routes, "differential", broken)
    accuracy = played(tmp_path)
    assert accuracy.segments.contain_truth < 0.95 * accuracy.segments.given
    assert len(accuracy.wrong_segments) == accuracy.segments.given - accuracy.segments.contain_truth


def test_broken_rules_of_bgp_paths_turn_their_figures_red(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = bgp_paths.networks_of
    monkeypatch.setattr(bgp_paths, "networks_of", lambda *args: whole(*args)[::-1])
    monkeypatch.setattr(propagation._Sweep, "across", lambda _self: None)
    accuracy = played(tmp_path)
    assert accuracy.bgp[PathGrade.OWN] == Tally(compared=16, wrong=16)
    assert accuracy.bgp[PathGrade.PREDICTED].wrong == 8
    assert not accuracy.is_perfect
    assert any("BGP path (a) (64503, 64497, 64496), truly" in said for said in accuracy.mistakes)
    # No router need heed a prediction: it is a figure, and no mistake.
    assert not any("BGP path (d)" in said for said in accuracy.mistakes)


@pytest.mark.parametrize(
    ("break_it", "figure"),
    [
        (no_crossing_is_found, "crossings"),
        (an_exchange_port_is_taken_for_a_mere_prefix, "crossings"),
        (the_far_network_is_lost, "as_paths"),
        (an_mx_is_forgotten, "mx"),
    ],
)
def test_a_broken_rule_turns_the_figure_red(
    break_it: Break, figure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_it(monkeypatch)
    accuracy = played(tmp_path)
    assert not accuracy.is_perfect
    assert accuracy.mistakes
    if figure == "crossings":
        assert accuracy.crossings.false_negative == 8
    else:
        assert getattr(accuracy, figure).wrong > 0
