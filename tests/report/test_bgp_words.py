"""What is said of BGP paths: called by that name only where somebody's table is ours."""

from dataclasses import replace
from ipaddress import ip_address

import pytest

import studies
from bgp_made import told, with_path
from mxpath.model.bgp import PathGrade
from mxpath.model.bgp_path import BgpView
from mxpath.model.network import Network
from mxpath.report.bgp_words import bgp_facts, likeness_words, path_words, untold_words
from mxpath.report.explain import asked_for
from mxpath.report.html import render_report

FIRST = ip_address(studies.MX1.v4)
NORD, ALPHA, BIG = studies.NORD, studies.ALPHA, studies.BIG
OTHER = Network(asn=64498, name="Beta <Transit>")


def view(*paths: tuple[Network, ...], grade: PathGrade = PathGrade.OWN) -> BgpView:
    study = studies.fine()
    claims = (told(path, FIRST, grade=grade) for path in paths)
    found = with_path(study, FIRST, *claims).bgp_to(FIRST)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("grade", "name"),
    [
        (PathGrade.OWN, "BGP path (a)"),
        (PathGrade.OUR_NETWORK, "BGP path (b)"),
        (PathGrade.UPSTREAM, "BGP path of our upstream AS64497 (c)"),
        (PathGrade.PREDICTED, "predicted path (d)"),
    ],
)
def test_only_a_and_b_are_the_bgp_path(grade: PathGrade, name: str) -> None:
    assert likeness_words(view((NORD, ALPHA, BIG), grade=grade)) == f"trace = {name}"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ((NORD, ALPHA, OTHER, BIG), "trace = BGP path (a) without AS64498"),
        ((NORD, BIG), "trace = BGP path (a) and AS64497"),
        ((NORD, OTHER, BIG), "trace leaves the BGP path (a) at AS64496"),
    ],
)
def test_differences_in_a_few_words(path: tuple[Network, ...], words: str) -> None:
    assert likeness_words(view(path)) == words


def test_nothing_known_is_said_too() -> None:
    assert likeness_words(None) == "no BGP path known"
    unknown = BgpView(target=FIRST, missing="ask --rib", notes=("x.txt has no route to it",))
    assert likeness_words(unknown) == "no BGP path known"
    other = replace(unknown, target=ip_address("198.18.1.1"))
    assert list(untold_words([unknown, other])) == [
        f"none known: ask --rib (to {FIRST}, 198.18.1.1)",
        f"x.txt has no route to it (to {FIRST}, 198.18.1.1)",
    ]
    assert dict(bgp_facts(unknown))["BGP path"] == "no BGP path known: ask --rib"


def test_the_report_names_networks_and_several_origins() -> None:
    found = view((NORD, ALPHA, OTHER))
    assert found.path is not None
    path = replace(found.path.value, origins=(64498, 64503))
    several = replace(found, path=replace(found.path, value=path))
    line = dict(bgp_facts(several))["BGP path (a)"]
    assert line.endswith(f"{ALPHA} ─ AS64498 Beta <Transit> ─ {{AS64498,AS64503}}")


def test_who_disagrees_is_told() -> None:
    found = view((NORD, ALPHA, BIG), (NORD, OTHER, BIG), grade=PathGrade.OUR_NETWORK)
    assert path_words(found) == (
        "(b) 1 of 2 peers: AS64496 ─ AS64497 ─ AS64503; 1 of 2 peers: AS64496 ─ AS64498 ─ AS64503"
    )


def test_explain_names_the_route_that_says_so() -> None:
    study = studies.off_path()
    (first, second, compared) = (
        c for c in asked_for(study, str(FIRST)) if c.key.startswith(("bgp", "agreement"))
    )
    assert [first.key, second.key] == [f"bgp:{FIRST}:1", f"bgp:{FIRST}:2"]
    assert first.evidence[0].rule == "own-table"
    assert first.sentence == (
        f"The BGP path (a) to {FIRST} is AS64496 ─ AS64498 ─ AS4200000001 ─ AS64503."
    )
    assert "divergent at AS64496 Nordmail; only on the path AS64498" in compared.sentence
    assert {e.source for e in compared.evidence} == {"trace", "rrc0"}


@pytest.mark.usefixtures("undrawn")
def test_the_report_tells_the_path_and_escapes_names() -> None:
    study = with_path(studies.fine(), FIRST, told((NORD, OTHER, BIG), FIRST, grade=PathGrade.OWN))
    page = render_report(studies.judged(study))
    assert "BGP path (a)" in page
    assert "Beta &lt;Transit&gt;" in page
    assert "Beta <Transit>" not in page
    assert "divergent at AS64496 Nordmail" in page
