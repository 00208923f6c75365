"""Holders by the registry's word, in a world played in memory."""

from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

import pytest

import registries
from mxpath.attribution.attribute import attribute
from mxpath.attribution.registry import MOST_QUESTIONS, RegistryOptions, enrich
from mxpath.graph.build import build_graph
from mxpath.graph.sightings import owner_name
from mxpath.lab.http_elements import HttpBehaviour
from mxpath.lab.rdap import base_urls
from mxpath.lab.simulated import Faults, SimulatedVantage, simulate
from mxpath.lab.simulated_http import PlayedFetcher
from mxpath.model.evidence import Grade
from mxpath.model.registry import RegistryAnswer, RegistryQuestion
from mxpath.model.study import Study
from mxpath.pipeline import INTERRUPTED, Options, analyze
from mxpath.vantage.ports import Registry


def studied(
    directory: Path,
    behaviour: HttpBehaviour = HttpBehaviour.FINE,
    *,
    delay_s: float = 3.0,
    offline: bool = False,
) -> tuple[Study, SimulatedVantage]:
    world = registries.world(behaviour, delay_s)
    vantage = simulate(world)
    gazetteer = registries.gazetteer(directory, world)
    options = Options(registry=RegistryOptions(offline=offline))
    return analyze("fine.example", vantage, gazetteer, options=options), vantage


ASKING_ALONE = Options(tracing=False, conversing=False)
"""For what neither traces nor conversations change."""


def holders(study: Study) -> dict[str, str | None]:
    return {
        str(address): claim.value.holder_words if claim is not None else None
        for address in study.mail.addresses
        for claim in (study.owners[address].registration,)
    }


def test_a_study_says_who_holds_the_mail_hosts_and_why(fine: Study) -> None:
    study = fine
    assert holders(study) == {
        "198.18.33.25": "BigMail (ORG-BIGMAIL), XX",
        "2001:db8:3000:1000::25": "BigMail (ORG-BIGMAIL), XX",
        "198.18.34.25": "BigMail (ORG-BIGMAIL), XX",
        "2001:db8:3000:1001::25": "BigMail (ORG-BIGMAIL), XX",
        "198.18.49.25": "FarMail (ORG-FARMAIL), XY",
        "2001:db8:4000:1000::25": "FarMail (ORG-FARMAIL), XY",
    }
    claim = study.owners[study.mail.addresses[0]].registration
    assert claim is not None
    assert claim.grade is Grade.CERTAIN
    (reason,) = claim.evidence
    assert (reason.source, str(reason.as_of)) == ("rdap", "2026-06-17")
    assert "/ip/198.18.33.25: 198.18.32.0 - 198.18.47.255 is held by BigMail" in reason.detail


def test_one_question_serves_a_range_and_says_so(tmp_path: Path) -> None:
    study, vantage = studied(tmp_path)
    assert vantage.rdap is not None
    assert vantage.rdap.asked == [
        "/ip/198.18.33.25",
        "/ip/2001:db8:3000:1000::25",
        "/ip/198.18.49.25",
        "/ip/2001:db8:4000:1000::25",
    ]
    assert study.provenance.registry_questions == 4
    second = study.owners[study.mail.addresses[2]].registration
    assert second is not None
    assert second.grade is Grade.LIKELY
    assert second.evidence[0].rule == "registered-range-of-a-neighbour"


def test_offline_asks_nothing_and_says_what_is_missing(tmp_path: Path) -> None:
    study, vantage = studied(tmp_path, offline=True)
    assert vantage.rdap is not None
    assert vantage.rdap.asked == []
    assert set(holders(study).values()) == {None}
    assert any("unknown: offline" in note for note in study.notes)


def test_a_network_without_a_name_is_asked_about_by_its_number(tmp_path: Path) -> None:
    world = registries.world()
    vantage = simulate(world)
    gazetteer = registries.gazetteer(tmp_path, world, without=("asnames", "peeringdb"))
    study = analyze("fine.example", vantage, gazetteer, options=ASKING_ALONE)
    owner = study.owners[study.mail.addresses[0]]
    assert owner.network is not None
    assert owner.network.name is None
    assert owner.operator is not None
    assert owner.operator.value.holder_words == "BigMail (ORG-BIGMAIL), XX"
    assert owner.operator.value.covers(64503)
    assert vantage.rdap is not None
    assert [path for path in vantage.rdap.asked if "autnum" in path] == [
        "/autnum/64503",
        "/autnum/64504",
    ]
    assert owner_name(study, owner.address) == "AS64503 BigMail (ORG-BIGMAIL), XX"


def test_hops_of_no_known_network_are_asked_about(tmp_path: Path) -> None:
    world = registries.world()
    gazetteer = registries.gazetteer(tmp_path, world, silent_on=64510)
    study = analyze("fine.example", simulate(world), gazetteer)
    unknown = [owner for owner in study.owners.values() if owner.origin is None]
    assert unknown
    for owner in unknown:
        assert owner.registration is not None
        assert owner.registration.value.holder_words == "Boreal Backbone (ORG-BOREALBACKBONE), XE"
        assert owner.network is None  # who holds a range is not who announces it


class Without:
    """A registry whose ranges have no abuse mailbox; its AS numbers have one."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def holder(self, question: RegistryQuestion) -> RegistryAnswer:
        answer = self.registry.holder(question)
        claim = answer.registration
        if claim is None or claim.value.first is None:
            return answer
        return replace(answer, registration=replace(claim, value=replace(claim.value, abuse=None)))


@pytest.mark.parametrize("with_abuse", [False, True])
def test_where_the_range_has_no_abuse_mailbox_the_network_is_asked(
    tmp_path: Path, *, with_abuse: bool
) -> None:
    world = registries.world()
    vantage = simulate(world)
    gazetteer = registries.gazetteer(tmp_path, world)
    assert vantage.registry is not None
    asking = replace(vantage, registry=Without(vantage.registry))
    addresses = [ip_address("198.18.33.25"), ip_address("198.18.34.25")]
    found = enrich(
        attribute(addresses, gazetteer),
        asking,
        gazetteer,
        first=addresses,
        options=RegistryOptions(with_abuse=with_abuse),
    )
    assert vantage.rdap is not None
    numbers = [path for path in vantage.rdap.asked if "autnum" in path]
    assert numbers == (["/autnum/64503"] if with_abuse else [])
    operators = [owner.operator for owner in found.owners.values()]
    mailboxes = [claim.value.abuse if claim else None for claim in operators]
    assert mailboxes == (["abuse@as64503.example"] * 2 if with_abuse else [None, None])


def test_what_nobody_registers_is_not_asked_about(tmp_path: Path) -> None:
    world = registries.world()
    vantage = simulate(world)
    gazetteer = registries.gazetteer(tmp_path, world)
    odd = [ip_address(text) for text in ("10.0.0.1", "127.0.0.1", "fe80::1", "192.0.2.1")]
    found = enrich(attribute(odd, gazetteer), vantage, gazetteer, first=odd)
    assert (found.questions, found.notes) == (0, ())
    assert found.owners == attribute(odd, gazetteer)


def test_there_is_a_most_of_questions_and_the_rest_is_said(tmp_path: Path) -> None:
    world = registries.world()
    vantage = simulate(world)
    gazetteer = registries.gazetteer(tmp_path, world)
    # Nobody's addresses: "no such range" serves that address alone.
    many = [ip_address("198.18.128.0") + n for n in range(40)]
    asking = replace(vantage, registry=ToTheServer(vantage, f"{base_urls(world)[0]}"))
    found = enrich(attribute(many, gazetteer), asking, gazetteer, first=many)
    assert vantage.rdap is not None
    assert found.questions == len(vantage.rdap.asked) == MOST_QUESTIONS
    assert any("and 25 more unknown: not asked (12 questions" in note for note in found.notes)
    more = RegistryOptions(most_questions=30)
    again = enrich(attribute(many, gazetteer), asking, gazetteer, first=many, options=more)
    assert again.questions == 40 - MOST_QUESTIONS


class ToTheServer:
    """Sends every question to one server, whatever the data sets say."""

    def __init__(self, vantage: SimulatedVantage, server: str) -> None:
        assert vantage.registry is not None
        self.registry, self.server = vantage.registry, server

    def holder(self, question: RegistryQuestion) -> RegistryAnswer:
        return self.registry.holder(replace(question, servers=(self.server,)))


def test_ctrl_c_among_the_questions_keeps_the_answers_before_it(tmp_path: Path) -> None:
    world = registries.world()
    gazetteer = registries.gazetteer(tmp_path, world)
    calm = simulate(world)
    whole = analyze("fine.example", calm, gazetteer)
    assert isinstance(calm.fetcher, PlayedFetcher)
    packets = calm.fetcher._uplink.packets
    # The last four are the questions to the registry: Ctrl-C when two of them have gone out.
    vantage = simulate(world, faults=Faults(interrupt_after_packets=packets - 2))
    study = analyze("fine.example", vantage, gazetteer)
    assert INTERRUPTED in study.notes
    assert len(study.sessions) == len(whole.sessions)
    known = {a: h for a, h in holders(study).items() if h is not None}
    assert 0 < len(known) < len(holders(whole))
    assert known.items() <= holders(whole).items()


@pytest.mark.parametrize("family", [4, 6])
def test_a_broken_address_family_is_gone_round(tmp_path: Path, family: int) -> None:
    world = registries.world()
    vantage = simulate(world, faults=Faults(no_route=(family,)))
    gazetteer = registries.gazetteer(tmp_path, world)
    study = analyze("fine.example", vantage, gazetteer, options=ASKING_ALONE)
    assert None not in holders(study).values()


@pytest.fixture(scope="module")
def fine(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return studied(tmp_path_factory.mktemp("fine"))[0]


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return studied(tmp_path_factory.mktemp("without"), offline=True)[0]


class Broken(NamedTuple):
    behaviour: HttpBehaviour
    delay_s: float
    most_s: float
    """Seconds that it may cost a study."""
    words: str | None
    """In the note; ``None`` where nothing is missing."""
    known: int
    """MX addresses, of six, whose holder is known all the same."""


FAULTS = [
    Broken(HttpBehaviour.DOWN, 0.0, 0.1, "connection refused", 0),
    Broken(HttpBehaviour.SLOW, 3.0, 3.1, None, 6),
    Broken(HttpBehaviour.SLOW, 10.0, 6.1, "no answer in time", 0),
    Broken(HttpBehaviour.LIMITING, 0.0, 0.2, "rate-limited", 4),
    Broken(HttpBehaviour.LYING, 0.0, 0.2, "which does not hold", 0),
    Broken(HttpBehaviour.MALFORMED, 0.0, 0.2, "answered with text/html", 0),
]


@pytest.mark.parametrize("broken", FAULTS, ids=lambda b: f"{b.behaviour}-{b.delay_s:g}")
def test_a_broken_registry_costs_seconds_and_nothing_else(
    tmp_path: Path, broken: Broken, fine: Study, without: Study
) -> None:
    study, vantage = studied(tmp_path, broken.behaviour, delay_s=broken.delay_s)
    assert _duration_s(study) - _duration_s(without) <= broken.most_s
    notes = [note for note in study.notes if note.startswith("registered holder of")]
    assert bool(notes) == (broken.words is not None)
    assert broken.words is None or any(broken.words in note for note in notes)
    # Nothing false is claimed: what is said is what a sound registry says.
    told = {a: h for a, h in holders(study).items() if h is not None}
    assert told.items() <= holders(fine).items()
    assert len(told) == broken.known
    assert [v.name for v in study.verdicts] == [v.name for v in fine.verdicts]
    assert study.routes == fine.routes
    assert vantage.rdap is not None
    assert len(vantage.rdap.asked) <= 4


def _duration_s(study: Study) -> float:
    return (study.ended_at - study.started_at).total_seconds()


def test_the_graph_knows_whose_the_addresses_are(fine: Study) -> None:
    graph = build_graph([fine])
    held = {
        (tail, graph.nodes[head]["name"], data["dataset"], data["grade"])
        for tail, head, data in graph.edges(data=True)
        if data["kind"] == "operated_by"
    }
    assert ("address:198.18.33.25", "BigMail", "rdap", "certain") in held
    assert ("address:198.18.34.25", "BigMail", "rdap", "likely") in held
    assert len(held) == len(fine.mail.addresses)
    nodes = [n for n, data in graph.nodes(data=True) if data["kind"] == "organisation"]
    assert len(nodes) == 2
