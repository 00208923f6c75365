"""The backbone share: how much of a route runs inside transit-free networks."""

from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import studies
from backbone_accuracy import counted
from generated import KINDS, draw_world
from mxpath.demo import flows_of, play
from mxpath.graph import influence
from mxpath.graph.influence import BackboneShare, backbone_shares
from mxpath.lab.simulated import simulate, simulated_truth
from mxpath.model.evidence import Claim
from mxpath.model.network import Network
from mxpath.model.route import Differential
from mxpath.model.study import Study
from mxpath.model.transit_free import TransitFree
from mxpath.pipeline import analyze
from world import first_walk, gazetteer


def stated(
    *networks: Network, families: tuple[int, ...] = (4, 6)
) -> tuple[Claim[TransitFree], ...]:
    return tuple(
        Claim(
            value=TransitFree(
                asn=network.asn,
                name=network.name,
                families=families,
                stated_on=date(2026, 4, 24),
                source="https://backbone.example/",
            ),
            evidence=(),
        )
        for network in networks
    )


def with_backbone(*networks: Network, families: tuple[int, ...] = (4, 6)) -> Study:
    return replace(studies.fine(), transit_free=stated(*networks, families=families))


def shares(study: Study) -> tuple[BackboneShare, ...]:
    return backbone_shares(study)


def test_the_share_is_that_of_the_station_and_so_is_its_uncertainty() -> None:
    (near, _, far, _) = shares(with_backbone(studies.BOREAL))
    assert (near.networks, near.rtt_ms, near.share, near.whole) == ((), 0.0, 0.0, True)
    assert [n.name for n in far.networks] == ["Boreal Backbone"]
    # Envelope 46.6 ms at its last hop, 4.2 ms at the last hop before it, 53.2 ms at the target.
    assert far.rtt_ms == pytest.approx(42.4)
    assert far.share == pytest.approx(42.4 / 53.2)
    assert (far.on_path, far.network_share) == (4, 0.25)
    assert far.plus_minus_ms > 0


def test_what_several_add_is_the_sum_of_both_figures_and_both_doubts() -> None:
    alone = [shares(with_backbone(n))[2] for n in (studies.ALPHA, studies.BOREAL)]
    both = shares(with_backbone(studies.ALPHA, studies.BOREAL))[2]
    assert both.rtt_ms == pytest.approx(sum(s.rtt_ms or 0 for s in alone))
    assert both.plus_minus_ms == pytest.approx(sum(s.plus_minus_ms for s in alone))
    assert both.network_share == 0.5


def test_all_networks_together_have_the_whole_of_the_time() -> None:
    everybody = (studies.NORD, studies.ALPHA, studies.BOREAL, studies.FAR)
    assert shares(with_backbone(*everybody))[2].share == pytest.approx(1)


def test_a_statement_for_one_family_says_nothing_of_the_other() -> None:
    found = shares(with_backbone(studies.BOREAL, families=(6,)))
    assert [len(share.networks) for share in found] == [0, 0, 0, 1]
    assert [bool(share.rtt_ms) for share in found] == [False, False, False, True]


def test_one_station_without_a_figure_leaves_none_for_the_sum() -> None:
    study = with_backbone(studies.ALPHA, studies.BOREAL)
    route = study.routes[2]
    blurred = tuple(
        replace(
            claim,
            value=replace(
                claim.value,
                differential=Differential(rtt_ms=None, plus_minus_ms=5, reason="ways back differ"),
            ),
        )
        if claim.value.network == studies.ALPHA
        else claim
        for claim in route.segments
    )
    routes = (*study.routes[:2], replace(route, segments=blurred), *study.routes[3:])
    share = shares(replace(study, routes=routes))[2]
    assert (share.rtt_ms, share.share) == (None, None)
    assert share.reason == "Alpha Transit: ways back differ"
    assert len(share.networks) == 2


def test_a_network_that_was_concluded_without_a_hop_leaves_no_figure() -> None:
    study = with_backbone(studies.ALPHA, studies.BOREAL)
    route = study.routes[2]
    others = tuple(c for c in route.segments if c.value.network != studies.ALPHA)
    assert len(others) < len(route.segments)
    routes = (*study.routes[:2], replace(route, segments=others), *study.routes[3:])
    share = shares(replace(study, routes=routes))[2]
    assert (len(share.networks), share.rtt_ms) == (2, None)
    assert share.reason == "Alpha Transit: no hop of its own answered"


def test_without_an_arrival_there_is_a_time_and_no_share() -> None:
    study = with_backbone(studies.BOREAL)
    cut = tuple(replace(route, complete=False) for route in study.routes)
    share = shares(replace(study, routes=cut))[2]
    assert share.rtt_ms == pytest.approx(42.4)
    assert (share.share, share.whole) == (None, False)


def test_without_a_list_nothing_is_said() -> None:
    assert shares(replace(studies.fine(), transit_free=None)) == ()
    assert shares(replace(studies.null_mx(), transit_free=())) == ()


def test_in_a_world_the_figures_hold_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    world = first_walk()
    vantage = simulate(world)
    found = (analyze("fine.example", vantage, gazetteer()),)
    truth = simulated_truth(world, flows_of(found), vantage)
    backbone = {asn for asn, n in world.networks.items() if n.name == "Boreal Backbone"}
    assert {claim.value.asn for claim in found[0].transit_free or ()} == backbone
    assert counted(found, truth) == {"right": 2}
    # It can turn red: a sum that forgets a station.
    monkeypatch.setattr(influence, "_sum_of", lambda _inside: (0.0, 0.0, ""))
    assert counted(found, truth) == {"wrong": 2}


@pytest.mark.slow
def test_in_worlds_drawn_by_chance_they_hold_it_too(tmp_path: Path) -> None:
    """But for networks that hand over where it is nearest for them: most of those are refused."""
    counts: Counter[str] = Counter()
    for kind in KINDS:
        found = play(draw_world(kind, 0), tmp_path, player="memory", say=lambda _step: None)
        counts.update({f"{kind} {what}": n for what, n in counted(*found).items()})
    wrong = {name for name in counts if name.endswith("wrong")}
    assert wrong <= {"hot potato wrong"}
    assert counts["symmetric right"] == 2
    assert counts["hot potato refused"] >= counts["hot potato wrong"]
