"""The registry of a world: its documents, its behaviours, in memory and by real HTTP."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

import registries
from mxpath.errors import ParseError
from mxpath.lab import control
from mxpath.lab.elements import Fault, FaultKind
from mxpath.lab.http_elements import HttpBehaviour
from mxpath.lab.netns import Lab, LabError, kernel_lab_missing
from mxpath.lab.rdap import RdapServer, base_urls
from mxpath.lab.simulated import simulate
from mxpath.lab.topology import parse_world
from mxpath.model import codec
from mxpath.model.http import HttpFault, HttpQuestion
from mxpath.model.study import Study


def server(behaviour: HttpBehaviour = HttpBehaviour.FINE) -> RdapServer:
    return RdapServer(registries.world(behaviour))


def asked(path: str, behaviour: HttpBehaviour = HttpBehaviour.FINE) -> tuple[int, dict[str, Any]]:
    reply = server(behaviour).answer(path, 0.0)
    return reply.status, json.loads(reply.body)


@pytest.mark.parametrize(
    ("path", "status", "field", "value"),
    [
        ("/ip/198.18.33.25", 200, "startAddress", "198.18.32.0"),
        ("/ip/2001:db8:3000::1", 200, "endAddress", "2001:db8:3fff:ffff:ffff:ffff:ffff:ffff"),
        ("/autnum/64503", 200, "startAutnum", 64503),
        ("/autnum/1", 404, "errorCode", 404),
        ("/ip/203.0.113.1", 404, "errorCode", 404),
        ("/ip/x", 400, "errorCode", 400),
        ("/", 400, "errorCode", 400),
        ("/domain/x.example", 400, "errorCode", 400),
        ("/autnum/" + "9" * 40, 400, "errorCode", 400),
    ],
)
def test_objects_and_errors_are_those_of_rfc_9083(
    path: str, status: int, field: str, value: Any
) -> None:
    found, document = asked(path)
    assert (found, document[field]) == (status, value)
    assert document["rdapConformance"] == ["rdap_level_0"]


def test_a_liar_speaks_of_somebody_else() -> None:
    _, document = asked("/ip/198.18.33.25", HttpBehaviour.LYING)
    first, last = ip_address(document["startAddress"]), ip_address(document["endAddress"])
    assert not int(first) <= int(ip_address("198.18.33.25")) <= int(last)
    assert asked("/autnum/64503", HttpBehaviour.LYING)[1]["startAutnum"] != 64503


def test_a_limit_says_when_to_come_again_and_means_it() -> None:
    limiting = server(HttpBehaviour.LIMITING)
    assert [limiting.answer("/autnum/64503", t).status for t in (0.0, 10.0, 20.0)] == [
        200,
        200,
        429,
    ]
    reply = limiting.answer("/autnum/64503", 20.0)
    assert reply.retry_after_s is not None
    assert limiting.answer("/autnum/64503", 20.0 + reply.retry_after_s).status == 200


def test_a_world_without_its_registrys_host_is_no_world() -> None:
    text = registries.WORLD.replace("BEHAVIOUR", "fine").replace("DELAY", "1")
    with pytest.raises(ParseError, match="rdap: 'nobody' is no host"):
        parse_world(text.replace('host = "whois"', 'host = "nobody"'))


def test_a_played_question_takes_two_round_trips_and_the_servers_wait() -> None:
    world = registries.world(HttpBehaviour.SLOW, 3.0)
    vantage = simulate(world)
    url = f"{base_urls(world)[0]}autnum/64503"
    assert vantage.fetcher is not None
    answer = vantage.fetcher.fetch(HttpQuestion(url=url))
    # 0.1 + 5 + 0.1 ms each way.
    assert answer.status == 200
    assert answer.elapsed_ms == pytest.approx(3000 + 2 * 10.4)
    impatient = vantage.fetcher.fetch(HttpQuestion(url=url, timeout_s=1.0))
    assert (impatient.fault, impatient.elapsed_ms) == (HttpFault.TIMEOUT, 1000.0)
    nobody = vantage.fetcher.fetch(HttpQuestion(url="http://198.18.33.25/"))
    assert nobody.fault is HttpFault.REFUSED
    named = vantage.fetcher.fetch(HttpQuestion(url="https://rdap.example/"))
    assert named.fault is HttpFault.UNREACHABLE


def test_a_changed_world_changes_its_registry() -> None:
    fault = Fault(kind=FaultKind.RDAP_CHANGED, rdap=HttpBehaviour.DOWN)
    world = replace(registries.world(), faults={"down": fault})
    vantage = simulate(world, active=("down",))
    assert vantage.fetcher is not None
    url = f"{base_urls(world)[0]}autnum/64503"
    assert vantage.fetcher.fetch(HttpQuestion(url=url)).fault is HttpFault.REFUSED


# -- by the kernel -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    missing = kernel_lab_missing()
    if missing is not None:
        pytest.skip(missing)
    with Lab.up(registries.world()) as running:
        yield running


def change(lab: Lab, behaviour: str) -> None:
    control.ask(lab.state.directory, "rdap", rdap=behaviour)


def studied(lab: Lab, own: Path, *more: str) -> Study:
    """Analyze inside the sender's namespace, with budgets and caches of its own."""
    program = [sys.executable, "-m", "mxpath", "fine.example", "--json", "--quiet"]
    options = ["--gazetteer", str(lab.gazetteer), "--ca-file", str(lab.trust_file)]
    env = {"XDG_STATE_HOME": str(own / "state"), "XDG_CACHE_HOME": str(own / "cache")}
    options += ["--resolver", str(lab.resolver)]
    done = lab.run("mailhost", [*program, *options, *more], timeout_s=60, env=env)
    assert done.returncode == 0, done.stderr
    return codec.load(Study, done.stdout.encode())


def holders(study: Study) -> dict[str, str]:
    found = ((str(a), study.owners[a].registration) for a in study.mail.addresses)
    return {address: claim.value.holder_words for address, claim in found if claim is not None}


FAULTS = [
    # behaviour, seconds it may cost (two for a busy machine among them), what the note says,
    # and how many MX addresses keep a holder
    ("fine", 0.0, None, {6}),
    ("down", 2.0, "connection refused", {0}),
    ("slow", 5.0, None, {6}),
    # Two of four questions, asked side by side, are answered: any two of them.
    ("limiting", 2.0, "rate-limited", {2, 3, 4}),
    ("lying", 2.0, "which does not hold", {0}),
    ("malformed", 2.0, "answered with text/html", {0}),
]


@pytest.mark.lab
def test_a_broken_registry_costs_a_real_study_seconds_and_nothing_else(
    lab: Lab, tmp_path: Path
) -> None:
    whole = {
        "198.18.33.25": "BigMail (ORG-BIGMAIL), XX",
        "2001:db8:3000:1000::25": "BigMail (ORG-BIGMAIL), XX",
        "198.18.34.25": "BigMail (ORG-BIGMAIL), XX",
        "2001:db8:3000:1001::25": "BigMail (ORG-BIGMAIL), XX",
        "198.18.49.25": "FarMail (ORG-FARMAIL), XY",
        "2001:db8:4000:1000::25": "FarMail (ORG-FARMAIL), XY",
    }
    fine_s = 0.0
    for behaviour, most_s, words, known in FAULTS:
        change(lab, behaviour)
        study = studied(lab, tmp_path / behaviour)
        took_s = (study.ended_at - study.started_at).total_seconds()
        fine_s = fine_s or took_s
        assert took_s - fine_s <= most_s, behaviour
        found = holders(study)
        assert found.items() <= whole.items(), behaviour
        assert len(found) in known, behaviour
        notes = [note for note in study.notes if note.startswith("registered holder")]
        assert bool(notes) == (words is not None), (behaviour, notes)
        assert words is None or any(words in note for note in notes), notes
        assert [v.name for v in study.verdicts][:1] == ["nothing_wrong_seen"]
    change(lab, "down")
    cached = studied(lab, tmp_path / "fine", "--offline")
    assert holders(cached) == whole


@pytest.mark.lab
def test_what_cannot_be_changed_is_said(lab: Lab) -> None:
    with pytest.raises(LabError, match="no behaviour 'rude'"):
        change(lab, "rude")
