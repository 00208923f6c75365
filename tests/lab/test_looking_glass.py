"""The looking glass of a world: its documents, and that it tells what the peers chose."""

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

import collected
from lab.bird_tables import Paths, paths_in_kernel, paths_in_memory
from mxpath.errors import ParseError
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.lab import control
from mxpath.lab.elements import Fault, FaultKind
from mxpath.lab.http_elements import HttpBehaviour
from mxpath.lab.looking_glass import LookingGlassServer, heard_in_memory, service_url
from mxpath.lab.netns import Lab, LabError
from mxpath.lab.simulated import simulate
from mxpath.lab.topology import World, parse_world, read_world, shipped_worlds
from mxpath.model import codec
from mxpath.model.address import IPAddress
from mxpath.model.bgp import RoutingAnswer, RoutingFate, RoutingQuestion
from mxpath.model.study import Study

BIG = ip_address("198.18.33.25")


def server(behaviour: HttpBehaviour = HttpBehaviour.FINE) -> LookingGlassServer:
    world = collected.world(behaviour)
    moment = datetime(2026, 6, 17, 1, 2, 3, tzinfo=UTC)
    return LookingGlassServer(world, partial(heard_in_memory, world), lambda: moment)


def asked(question: str) -> tuple[int, Any]:
    reply = server().answer(f"/0123abcd/data/{question}", 0.0)
    return reply.status, json.loads(reply.body)


def test_both_questions_tell_the_same_in_their_own_forms() -> None:
    _, glass = asked(f"looking-glass/data.json?resource={BIG}&sourceapp=mxpath")
    (collector,) = glass["data"]["rrcs"]
    assert (collector["rrc"], collector["location"]) == ("RRC00", "here")
    assert collector["peers"][1] == {
        "asn_origin": "64503",
        "as_path": "64496 64510 64503",
        "community": "",
        "prefix": "198.18.32.0/20",
        "peer": "198.18.15.1",
        "origin": "IGP",
        "next_hop": "198.18.15.1",
    }
    assert glass["data"]["latest_time"] == "2026-06-17T01:02:03"
    _, state = asked(f"bgp-state/data.json?resource={BIG}")
    assert state["data"]["bgp_state"][1] == {
        "target_prefix": "198.18.32.0/20",
        "source_id": "00-198.18.15.1",
        "path": [64496, 64510, 64503],
        "community": [],
    }
    assert state["data"]["nr_routes"] == len(collector["peers"]) == 3


@pytest.mark.parametrize(
    ("question", "status"),
    [
        ("looking-glass/data.json?resource=x", 400),
        ("looking-glass/data.json", 400),
        (f"whois/data.json?resource={BIG}", 404),
    ],
)
def test_other_questions_are_errors(question: str, status: int) -> None:
    found, document = asked(question)
    assert (found, document["status_code"]) == (status, status)


def test_nobody_has_a_route_to_what_is_not_announced() -> None:
    assert asked("looking-glass/data.json?resource=203.0.113.1")[1]["data"]["rrcs"] == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('[looking_glass]\nhost = "whois"', '[looking_glass]\nhost = "x"', "'x' is no host"),
        ("limit_per_minute = 2", "limit_per_minute = 0", "limit_per_minute be 1 or more"),
        ("[looking_glass]", '[rdap]\nhost = "whois"\n[looking_glass]', "a host of its own"),
        (collected.WORLD[collected.WORLD.index("[coll") :].split("\n\n")[0], "", "no collector"),
    ],
)
def test_what_is_no_looking_glass_is_said(old: str, new: str, says: str) -> None:
    text = collected.WORLD.replace("BEHAVIOUR", "fine").replace("DELAY", "1")
    assert old in text
    with pytest.raises(ParseError, match=says):
        parse_world(text.replace(old, new))


# -- what it tells is what the peers chose ------------------------------------------------------


def told(answers: list[RoutingAnswer]) -> dict[tuple[str, str, int], tuple[int, ...]]:
    """Collector, prefix and peer's AS to the AS path."""
    return {
        (entry.collector, str(entry.prefix), entry.peer_asn or 0): entry.path.asns
        for answer in answers
        for entry in answer.entries
    }


def chosen(
    world: World, tables: Paths, addresses: list[IPAddress]
) -> dict[tuple[str, str, int], tuple[int, ...]]:
    """The most specific routes of the collectors' peers, out of the routers' own tables."""
    found = {}
    for number, collector in enumerate(world.collectors.values()):
        for router in collector.peers:
            asn = world.asn_of[router]
            table = {prefix: (asn, *path) for prefix, path in tables[router].items()}
            table |= dict.fromkeys(world.networks[asn].prefixes, (asn,))
            for address in addresses:
                around = [prefix for prefix in table if address in prefix]
                if around:
                    best = max(around, key=lambda prefix: prefix.prefixlen)
                    found[f"rrc{number:02d}", str(best), asn] = table[best]
    return found


def mail_addresses(world: World) -> list[IPAddress]:
    hosts = [name for name, host in world.hosts.items() if host.smtp is not None]
    return [address for name in hosts for address in world.addresses_of(name)]


def test_in_memory_every_mail_host_of_the_demo_has_its_peers_paths(tmp_path: Path) -> None:
    world = read_world(shipped_worlds()["demo"])
    service, vantage = collected.gazetteer(tmp_path, world).routing, simulate(world)
    assert service == service_url(world)
    assert vantage.routing is not None
    addresses = list(dict.fromkeys(mail_addresses(world)))
    answers = [
        vantage.routing.routes(RoutingQuestion(address=address, service=service))
        for address in addresses
    ]
    found = told(answers)
    assert found == chosen(world, paths_in_memory(world), addresses)
    assert len(found) > 30


def test_a_changed_world_changes_what_is_told() -> None:
    moved = Fault(kind=FaultKind.MORE_SPECIFIC, network=64504, prefix=ip_network("198.18.33.0/24"))
    world = replace(collected.world(), faults={"hijack": moved})
    answers = []
    for active in ((), ("hijack",)):
        vantage = simulate(world, active=active)
        assert vantage.routing is not None
        question = RoutingQuestion(address=BIG, service=service_url(world))
        answers.append(vantage.routing.routes(question))
    assert [answer.origins for answer in answers] == [(64503,), (64504,)]
    assert [str(answer.prefix) for answer in answers] == ["198.18.32.0/20", "198.18.33.0/24"]


@pytest.mark.parametrize(
    ("neighbours", "tell"),
    [("64510", {64510, 64496}), ("64510, 64999", {64510, 64496, 64503})],
)
def test_a_part_of_its_own_a_peer_tells_a_collector_that_it_names(
    neighbours: str, tell: set[int]
) -> None:
    part = f'[networks.64503.announce]\n"198.18.33.0/24" = [{neighbours}]\n\n'
    text = collected.WORLD.replace("BEHAVIOUR", "fine").replace("DELAY", "1")
    world = parse_world(text.replace("[networks.64504]", f"{part}[networks.64504]"))
    heard = [route for route in heard_in_memory(world, BIG) if route.prefix.prefixlen == 24]
    assert {route.path[0] for route in heard} == tell


# -- by the kernel -----------------------------------------------------------------------------

ASK = """
import sys
from ipaddress import ip_address, ip_network
from mxpath.model import codec
from mxpath.model.bgp import RoutingQuestion
from mxpath.vantage.live import live
routing = live(engine="none").routing
for address in sys.argv[2:]:
    question = RoutingQuestion(address=ip_address(address), service=sys.argv[1], timeout_s=10)
    sys.stdout.buffer.write(codec.dump(routing.routes(question)).replace(b"\\n", b"") + b"\\n")
"""


def env_of(own: Path) -> dict[str, str]:
    """Budgets and caches of its own."""
    return {"XDG_STATE_HOME": str(own / "state"), "XDG_CACHE_HOME": str(own / "cache")}


def change(lab: Lab, behaviour: str) -> None:
    control.ask(lab.state.directory, "looking_glass", looking_glass=behaviour)


@pytest.mark.lab
def test_over_real_http_the_running_collectors_routes_are_told(
    policies: Lab, tmp_path: Path
) -> None:
    world, service = policies.world, Gazetteer.open(policies.gazetteer).routing
    addresses = mail_addresses(world)
    argv = [sys.executable, "-c", ASK, service, *map(str, addresses)]
    done = policies.run(world.sender, argv, timeout_s=60, env=env_of(tmp_path))
    assert done.returncode == 0, done.stderr
    answers = [codec.load(RoutingAnswer, line.encode()) for line in done.stdout.splitlines()]
    found = told(answers)
    assert found == chosen(world, paths_in_kernel(policies), addresses)
    # In memory the same is told.
    memory = simulate(world).routing
    assert memory is not None
    again = [memory.routes(RoutingQuestion(address=a, service=service)) for a in addresses]
    assert found == told(again)
    assert len({path[-1] for path in found.values()}) > 1


@pytest.mark.lab
def test_a_broken_looking_glass_costs_a_real_study_its_paths_and_nothing_else(
    policies: Lab, tmp_path: Path
) -> None:
    faults = [
        # behaviour, and what the notes say
        ("fine", ""),
        ("down", "connection refused"),
        ("lying", "which does not hold"),
        ("malformed", "answered with text/html"),
        ("limiting", "rate-limited"),
    ]
    try:
        for behaviour, words in faults:
            change(policies, behaviour)
            study = studied(policies, tmp_path / behaviour)
            notes = [note for note in study.notes if note.startswith("routes of collectors")]
            assert bool(notes) == bool(words), (behaviour, notes)
            assert not words or any(words in note for note in notes), notes
            if behaviour == "fine":
                assert {answer.fate for answer in study.routing} == {RoutingFate.FOUND}
                assert study.provenance.routing_questions == len(study.routing) == 2
        change(policies, "down")
        kept = studied(policies, tmp_path / "fine", "--offline")
        assert [len(answer.entries) for answer in kept.routing] == [3, 3]
        assert kept.provenance.routing_questions == 0
    finally:
        change(policies, "fine")


@pytest.mark.lab
def test_what_cannot_be_changed_is_said(policies: Lab) -> None:
    with pytest.raises(LabError, match="no behaviour 'rude'"):
        change(policies, "rude")


def studied(lab: Lab, own: Path, *more: str) -> Study:
    """Analyze inside the sender's namespace."""
    program = [sys.executable, "-m", "mxpath", "policies.example", "--json", "--quiet"]
    options = ["--gazetteer", str(lab.gazetteer), "--resolver", str(lab.resolver), "--no-trace"]
    argv = [*program, *options, "--no-smtp", *more]
    done = lab.run("mailhost", argv, timeout_s=60, env=env_of(own))
    assert done.returncode == 0, done.stderr
    return codec.load(Study, done.stdout.encode())
