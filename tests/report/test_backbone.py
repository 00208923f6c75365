"""How the backbone share reads: on the screen, in the report, and when asked why."""

from dataclasses import replace
from datetime import date

import pytest

import studies
from mxpath.model.evidence import Claim, Evidence
from mxpath.model.network import Network
from mxpath.model.route import Differential, Segment
from mxpath.model.study import Study
from mxpath.model.transit_free import TransitFree
from mxpath.report import html
from mxpath.report.backbone import backbone_rows, backbone_words
from mxpath.report.explain import asked_for
from mxpath.report.words import influence_words


def stated(network: Network) -> Claim[TransitFree]:
    row = TransitFree(
        asn=network.asn,
        name=network.name,
        families=(4, 6),
        stated_on=date(2026, 4, 24),
        source="https://backbone.example/",
        note="paid by some",
    )
    reason = Evidence(
        source="transit-free",
        rule="stated",
        as_of=row.stated_on,
        detail="https://backbone.example/",
    )
    return Claim(value=row, evidence=(reason,))


def with_backbone(study: Study, *networks: Network) -> Study:
    return replace(study, transit_free=tuple(map(stated, networks)))


def test_a_route_without_any_says_so_and_where_there_is_one() -> None:
    study = with_backbone(studies.fine(), studies.BOREAL)
    assert influence_words(study).endswith(
        "no transit-free network on it, but on 2 of 4 routes seen: Boreal Backbone,"
        " 80\u00a0% of that to 198.18.49.25 (observed)"
    )


def doubted(study: Study) -> Study:
    """Every figure may be wrong by 0.7 ms."""

    def widened(claim: Claim[Segment]) -> Claim[Segment]:
        figure = replace(claim.value.differential, plus_minus_ms=0.7)
        return replace(claim, value=replace(claim.value, differential=figure))

    routes = (replace(r, segments=tuple(map(widened, r.segments))) for r in study.routes)
    return replace(study, routes=tuple(routes))


def test_the_share_of_a_route_stands_beside_its_doubt() -> None:
    study = with_backbone(doubted(studies.fine()), studies.BOREAL)
    words = backbone_words(study, study.routes[2].target)
    assert words == (
        "inside transit-free networks (Boreal Backbone) 80\u00a0±1\u00a0% of it,"
        " such ones on 2 of 4 routes seen"
    )


def test_without_an_arrival_there_are_milliseconds() -> None:
    study = with_backbone(doubted(studies.fine()), studies.BOREAL)
    route = replace(study.routes[2], complete=False)
    words = backbone_words(replace(study, routes=(route,)))
    assert words == "inside transit-free networks (Boreal Backbone) 42 ±0.7 ms of it"


def test_what_is_not_resolvable_has_no_figure() -> None:
    study = with_backbone(studies.fine(), studies.BOREAL)
    route = study.routes[2]
    blurred = tuple(
        replace(
            claim,
            value=replace(
                claim.value, differential=Differential(rtt_ms=None, plus_minus_ms=1, reason="noise")
            ),
        )
        for claim in route.segments
    )
    study = replace(study, routes=(replace(route, segments=blurred),))
    assert backbone_words(study) == (
        "inside transit-free networks (Boreal Backbone) for a part of it that is not resolvable"
    )
    (row,) = backbone_rows(study)
    assert (row["share"], row["adds"], row["reason"]) == ("?", "?", "Boreal Backbone: noise")


def test_where_no_list_is_known_nothing_is_said() -> None:
    study = replace(studies.fine(), transit_free=None)
    assert backbone_words(study) == ""
    assert list(backbone_rows(study)) == []
    assert "ransit-free" not in influence_words(study)


@pytest.mark.usefixtures("undrawn")
def test_the_report_has_a_row_a_route_and_escapes_strangers_names() -> None:
    nasty = replace(studies.BOREAL, name="<i>\x1b[31mBoreal")
    study = with_backbone(doubted(studies.fine()), studies.BOREAL)
    route = study.routes[2]
    path = tuple(nasty if n == studies.BOREAL else n for n in route.as_path)
    study = replace(
        study, routes=(*study.routes[:2], replace(route, as_path=path), *study.routes[3:])
    )
    page = html.render_report(study)
    assert page.count("1 of 4</td>") == 2
    assert "80\u00a0±1\u00a0%" in page
    assert "<i>" not in page
    assert "\x1b" not in page
    assert [row["count"] for row in backbone_rows(study)] == [
        "0 of 3",
        "0 of 3",
        "1 of 4",
        "1 of 4",
    ]


def test_one_may_ask_who_says_so() -> None:
    study = with_backbone(studies.fine(), studies.BOREAL)
    (claim,) = asked_for(study, "transit-free:64510")
    assert claim.sentence == (
        "AS64510 Boreal Backbone buys transit from nobody over IPv4 and IPv6, by a public statement."
    )
    assert claim.evidence[0].detail == "https://backbone.example/"
