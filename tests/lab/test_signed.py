"""Signed zones and a validating resolver, in memory and by Knot and Unbound."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lab.signed_world import ALIASES, LONG, QUESTIONS, signed_world
from mxpath.lab.netns import Lab, kernel_lab_missing
from mxpath.lab.simulated import SimulatedVantage, simulate
from mxpath.lab.topology import World
from mxpath.lab.zone import names_of, zones
from mxpath.model.codec import from_data
from mxpath.model.dns import DnsAnswer, DnsStatus

WORLD = signed_world()


@pytest.fixture(scope="module")
def signed() -> Iterator[Lab]:
    missing = kernel_lab_missing()
    if missing is not None:
        pytest.skip(missing)
    with Lab.up(WORLD) as lab:
        yield lab


def asked(lab: Lab, *questions: tuple[str, str]) -> list[DnsAnswer]:
    """Ask inside a running lab, with the stub that the analyzer has."""
    script = str(Path(__file__).with_name("questions.py"))
    words = [word for pair in questions for word in pair]
    done = lab.run(WORLD.sender, [sys.executable, script, *words], timeout_s=60)
    assert done.returncode == 0, done.stderr
    return from_data(list[DnsAnswer], json.loads(done.stdout))


def told(answer: DnsAnswer) -> DnsAnswer:
    """What both players have to agree on: all but times, wording and the order of records."""
    return replace(
        answer,
        records=tuple(sorted(answer.records)),
        ttl_s=None,
        extended=(),
        unchecked=None,
        elapsed_ms=0.0,
        detail="",
    )


@pytest.fixture
def played() -> SimulatedVantage:
    return simulate(WORLD)


@pytest.mark.parametrize(
    ("name", "status", "authenticated", "bogus"),
    [
        ("fine.example", DnsStatus.NOERROR, True, False),
        ("nobody.example", DnsStatus.NXDOMAIN, True, False),
        ("plain.example", DnsStatus.NOERROR, False, False),
        ("into-plain.example", DnsStatus.NOERROR, False, False),
        ("bogus.example", DnsStatus.SERVFAIL, False, True),
        ("into-bogus.example", DnsStatus.SERVFAIL, False, True),
        ("broken.example", DnsStatus.SERVFAIL, False, False),
        ("n0.example", DnsStatus.SERVFAIL, False, False),
        (f"n{ALIASES - 11}.example", DnsStatus.NOERROR, True, False),
        ("loop.example", DnsStatus.SERVFAIL, False, False),
        ("example.org", DnsStatus.NXDOMAIN, True, False),
    ],
)
def test_a_played_resolver_validates(
    played: SimulatedVantage, name: str, status: DnsStatus, *, authenticated: bool, bogus: bool
) -> None:
    answer = played.resolver.ask(name, "MX")
    assert (answer.status, answer.authenticated, answer.is_bogus) == (status, authenticated, bogus)
    assert answer.trusted


def test_nobody_validates_where_nothing_is_signed() -> None:
    dns = replace(WORLD.dns, signed=False, bogus=())
    resolver = simulate(replace(WORLD, dns=dns)).resolver
    for name in ("fine.example", "plain.example", "nobody.example"):
        assert not resolver.ask(name, "MX").authenticated


def test_a_played_resolver_keeps_what_it_has_fetched(played: SimulatedVantage) -> None:
    first = played.resolver.ask("fine.example", "MX")
    again = played.resolver.ask("fine.example", "MX")
    assert first.elapsed_ms == pytest.approx(10.8)
    assert again.elapsed_ms == pytest.approx(0.4)
    played.clock.sleep(100)
    assert played.resolver.ask("fine.example", "MX").ttl_s == 200
    played.clock.sleep(201)
    assert played.resolver.ask("fine.example", "MX").elapsed_ms == pytest.approx(10.8)


def test_every_address_has_a_name_that_has_the_address(played: SimulatedVantage) -> None:
    named = names_of(WORLD)
    ports = [port for node in WORLD.interfaces for port in WORLD.interfaces[node]]
    assert {number.ip for port in ports for number in port.numbers} <= set(named)
    for address, name in named.items():
        kind = "A" if address.version == 4 else "AAAA"
        assert str(address) in played.resolver.ask(name, kind).records
        assert played.resolver.ask(address.reverse_pointer, "PTR").records == (name,)
    assert "eth0.nord1.nordmail.example." in named.values()
    assert "mx1.bigmail.example." in named.values()


def test_reverse_zones_are_few_and_cover_every_prefix() -> None:
    assert [zone.name for zone in zones(WORLD)] == [
        ".",
        "example.",
        "bogus.example.",
        "plain.example.",
        "18.198.in-addr.arpa.",
        "8.b.d.0.1.0.0.2.ip6.arpa.",
        "168.192.in-addr.arpa.",
    ]


@pytest.mark.lab
def test_both_players_answer_alike(signed: Lab, played: SimulatedVantage) -> None:
    heard = [told(answer) for answer in asked(signed, *QUESTIONS)]
    expected = [told(played.resolver.ask(*question)) for question in QUESTIONS]
    assert heard == expected


@pytest.mark.lab
def test_both_players_keep_answers_as_long(signed: Lab, played: SimulatedVantage) -> None:
    names = ("fine.example", "short.example", "nobody.example", "plain.example", "bigmail.example")
    for answer in asked(signed, *((name, "MX") for name in names)):
        ttl_s = played.resolver.ask(answer.name, "MX").ttl_s
        assert ttl_s is not None
        assert answer.ttl_s is not None
        assert ttl_s - 30 < answer.ttl_s <= ttl_s


@pytest.mark.lab
def test_a_half_dead_resolver_answers_all_the_same(signed: Lab) -> None:
    v4, v6 = signed.resolvers
    port = WORLD.interfaces["ns"][0]
    place = [str(port.v4), "dev", port.name]
    try:
        assert signed.run("ns", ["ip", "address", "del", *place], timeout_s=5).returncode == 0
        first, again = asked(signed, ("fine.example", "MX"), ("fine.example", "A"))
    finally:
        signed.run("ns", ["ip", "address", "add", *place], timeout_s=5)
        signed.run("ns", ["ip", "route", "add", "default", "via", "198.18.2.1"], timeout_s=5)
    assert (first.server, first.silent, first.authenticated) == (str(v6), (str(v4),), True)
    assert 1000 <= first.elapsed_ms < 2000
    assert (again.server, again.silent) == (str(v6), ())
    assert again.elapsed_ms < 500


@pytest.mark.lab
def test_signing_costs_little(signed: Lab) -> None:
    assert signed.state.bring_up_s["dns"] < 1.0


@pytest.mark.lab
def test_unbound_says_why_it_withholds_an_answer(signed: Lab) -> None:
    first, again, broken = asked(
        signed, ("www.bogus.example", "TXT"), ("www.bogus.example", "TXT"), ("broken.example", "MX")
    )
    assert first.is_bogus
    assert again.is_bogus
    assert {error.code for answer in (first, again) for error in answer.extended} <= {6, 9}
    assert broken.status is DnsStatus.SERVFAIL
    assert broken.unchecked is DnsStatus.SERVFAIL


@pytest.mark.lab
def test_a_long_answer_comes_whole(signed: Lab) -> None:
    (answer,) = asked(signed, ("many.example", "MX"))
    assert len(answer.records) == LONG
    assert answer.authenticated


@pytest.mark.lab
def test_the_truth_of_mail_is_read_from_the_running_server(signed: Lab) -> None:
    mx = signed.truth([]).mx
    assert mx["fine.example"] == mx["plain.example"]
    assert [row.host for row in mx["fine.example"] or ()][:1] == ["mx1.bigmail.example"]
    assert mx["bogus.example"] is None  # false signatures: a validating resolver has no answer


def test_a_world_without_a_recursive_resolver_has_no_root(world: World) -> None:
    assert not [z for z in zones(world) if z.name == "."]
