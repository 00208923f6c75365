"""What is said of holders and places, on screen, in the report, in the graph and when asked back."""

from dataclasses import replace
from datetime import date
from ipaddress import ip_address, ip_network

import pytest

import studies
from mxpath.graph.build import build_graph
from mxpath.graph.redundancy import RoofKind, roofs
from mxpath.inference.places import refute
from mxpath.model.attribution import Delegation
from mxpath.model.evidence import Claim, Evidence, Grade
from mxpath.model.mail import MailProvider
from mxpath.model.place import Place
from mxpath.model.registry import Organisation
from mxpath.model.rpki import OriginValidity, RouteValidity, RpkiReason, RpkiState
from mxpath.model.study import Study
from mxpath.report.explain import asked_for
from mxpath.report.exports import GRAPH_FORMATS
from mxpath.report.html import render_report
from mxpath.report.text import screen

OSLO = Place(country="NO", city="Oslo", latitude=59.91, longitude=10.75)
PERTH = Place(country="AU", city="Perth\x1b[2J", latitude=-31.95, longitude=115.86)
MX1 = studies.address(studies.MX1, 4)


def because(source: str) -> tuple[Evidence, ...]:
    return (Evidence(source=source, rule="told", as_of=studies.AS_OF),)


@pytest.fixture(scope="module")
def study() -> Study:
    """Everything is said of the first MX, which one organisation runs with the second."""
    fine = studies.fine()
    house = Organisation(name="Big <b>House", handle="ORG-BIG", country="IE")
    organisation = Claim(value=house, evidence=because("as2org"), grade=Grade.LIKELY)
    block = Delegation(
        registry="ripencc",
        status="reserved",
        since=date(2001, 1, 1),
        first=ip_address("198.18.32.0"),
        last=ip_address("198.18.47.255"),
    )
    owners = {a: replace(o, organisation=organisation) for a, o in fine.owners.items()}
    owners[MX1] = replace(
        owners[MX1],
        delegation=Claim(value=block, evidence=because("delegated")),
        country=Claim(value="IE", evidence=because("delegated")),
        places=tuple(
            Claim(value=place, evidence=because("geofeed"), grade=Grade.LIKELY)
            for place in (PERTH, OSLO)
        ),
    )
    here = Claim(value=OSLO, evidence=because("configuration"), grade=Grade.CERTAIN)
    provider = MailProvider(name="big", title="Big Mail Service")
    return studies.judged(
        replace(
            fine,
            owners=refute(owners, {MX1: 20.0}, here),
            seen_from=replace(fine.seen_from, place=here),
            providers={
                studies.MX1_NAME: Claim(
                    value=provider, evidence=because("providers"), grade=Grade.LIKELY
                )
            },
        )
    )


def test_the_screen_says_what_each_is(study: Study) -> None:
    printed = " ".join(screen(study).split())
    for words in (
        "whose mx1: Big Mail Service by its name · Big <b>House · IPv4 registered in IE ·",
        "said to be in Oslo, NO (likely) ·",
        "not in Perth␛[2J, AU as was said (answers in 20.0 ms, light needs 138.1 ms)",
        "announced although nobody holds it (bogon)",
    ):
        assert words in printed
    assert all(len(line) <= 100 for line in screen(study).splitlines())


def test_a_study_without_such_facts_has_no_such_line() -> None:
    assert "\nwhose" not in screen(studies.judged(studies.fine()))


@pytest.mark.usefixtures("undrawn")
def test_the_report_escapes_and_tells_them(study: Study) -> None:
    page = render_report(study)
    for words in ("Big &lt;b&gt;House", "Said to be in", "Not there", "Registered in", "a bogon"):
        assert words in page
    assert "\x1b" not in page


@pytest.mark.usefixtures("undrawn")
def test_the_report_tells_the_rpki_state(study: Study) -> None:
    bad = OriginValidity(asn=64503, state=RpkiState.INVALID, reason=RpkiReason.TOO_SPECIFIC)
    route = RouteValidity(prefix=ip_network("198.18.32.0/20"), origins=(bad,))
    state = Claim(value=route, evidence=because("vrps"), grade=Grade.CERTAIN)
    owner = replace(study.owners[MX1], rpki=state)
    page = render_report(replace(study, owners={**study.owners, MX1: owner}))
    assert page.count("invalid (too specific) (certain)") == 1


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        (
            "delegation",
            "is delegated to nobody: RIPE NCC lists it as reserved, and it is announced",
        ),
        ("organisation", "is run by Big <b>House (ORG-BIG)"),
        ("country", "is registered in IE: no proof of place"),
        ("place", "is said to be in Oslo, NO"),
        ("refuted", "is not in Perth"),
    ],
)
def test_each_can_be_asked_back(study: Study, key: str, sentence: str) -> None:
    (claim,) = asked_for(study, f"{key}:{MX1}")
    assert sentence in claim.sentence
    assert claim.evidence
    assert bool(claim.counter_evidence) == (key == "refuted")


def test_the_provider_is_asked_by_host(study: Study) -> None:
    (claim,) = asked_for(study, f"provider:{studies.MX1_NAME}")
    assert "is run by Big Mail Service" in claim.sentence


def test_the_graph_has_places_and_who_runs_what(study: Study) -> None:
    graph = build_graph([study])
    kinds = {data["kind"] for _, data in graph.nodes(data=True)}
    assert {"organisation", "place"} <= kinds
    assert [n for n in graph if n.startswith("place:")] == ["place:Oslo, NO"]
    edges = {
        (tail.partition(":")[0], data["kind"], head.partition(":")[0], data.get("grade"))
        for tail, head, data in graph.edges(data=True)
    }
    assert ("as", "operated_by", "organisation", "likely") in edges
    assert ("address", "at", "place", "likely") in edges
    assert ("vantage", "at", "place", "certain") in edges
    assert graph.nodes[f"mx:{studies.MX1_NAME}"]["provider"] == "Big Mail Service"
    for writer in GRAPH_FORMATS.values():
        assert b"Oslo" in writer(graph)


def test_two_networks_of_one_organisation_are_one_roof(study: Study) -> None:
    kinds = [roof.kind for roof in roofs(study)]
    assert RoofKind.NETWORK not in kinds
    assert RoofKind.ORGANISATION in kinds
