from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.errors import ParseError
from mxpath.lab.elements import Dns
from mxpath.lab.simulated import Faults, SimulatedVantage, simulate
from mxpath.lab.simulated_dns import PlayedResolver, PlayedServer
from mxpath.lab.simulated_faults import Uplink
from mxpath.lab.simulated_zones import PlayedZones
from mxpath.lab.topology import World, read_world, shipped_worlds
from mxpath.model.dns import DnsStatus
from mxpath.vantage.clock import ManualClock

WORLD = read_world(shipped_worlds()["first_walk"])


def zone_with(*records: str) -> PlayedZones:
    return PlayedZones(replace(WORLD, dns=Dns(records=records)))


@pytest.mark.parametrize(
    ("name", "rdtype", "status", "records"),
    [
        ("nomail.example", "MX", DnsStatus.NOERROR, ("0 .",)),
        ("strict.example", "MX", DnsStatus.NOERROR, ("10 strict.farmail.example.",)),
        ("mx1.bigmail.example", "A", DnsStatus.NOERROR, ("198.18.33.25",)),
        ("mx1.bigmail.example", "AAAA", DnsStatus.NOERROR, ("2001:db8:3000:1000::25",)),
        ("MX1.BigMail.Example.", "A", DnsStatus.NOERROR, ("198.18.33.25",)),
        ("implicit.example", "A", DnsStatus.NOERROR, ("198.18.33.25",)),
        ("implicit.example", "MX", DnsStatus.NOERROR, ()),
        ("bigmail.example", "A", DnsStatus.NOERROR, ()),
        ("empty.example", "AAAA", DnsStatus.NOERROR, ()),
        ("no-such-name.example", "MX", DnsStatus.NXDOMAIN, ()),
        ("below.mx1.bigmail.example", "A", DnsStatus.NXDOMAIN, ()),
        ("broken.example", "MX", DnsStatus.SERVFAIL, ()),
        ("www.broken.example", "A", DnsStatus.SERVFAIL, ()),
        ("loop.example", "A", DnsStatus.CNAME_LOOP, ()),
        ("example.org", "A", DnsStatus.REFUSED, ()),
        (".", "NS", DnsStatus.REFUSED, ()),
        ("a..example", "A", DnsStatus.MALFORMED, ()),
        ("x" * 64 + ".example", "A", DnsStatus.MALFORMED, ()),
        ("fine.example", "NONSENSE", DnsStatus.MALFORMED, ()),
    ],
)
def test_the_zone_answers(
    name: str, rdtype: str, status: DnsStatus, records: tuple[str, ...]
) -> None:
    answer = PlayedZones(WORLD).answer(name, rdtype)
    assert (answer.status, answer.records) == (status, records)


def test_all_mx_rows_come_in_one_answer() -> None:
    answer = PlayedZones(WORLD).answer("fine.example", "MX")
    assert set(answer.records) == {"10 mx1.bigmail.example.", "20 mx.farmail.example."}
    assert answer.ttl_s == 300


def test_an_alias_is_followed_and_told() -> None:
    zone = zone_with(
        "a.example. 60 CNAME b.example.",
        "b.example. 90 CNAME c.example.",
        "c.example. 30 A 198.18.1.1",
    )
    answer = zone.answer("a.example", "A")
    assert answer.records == ("198.18.1.1",)
    assert answer.chain == ("b.example", "c.example")
    assert answer.ttl_s == 30
    assert zone.answer("a.example", "CNAME").records == ("b.example.",)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("gone.example.", DnsStatus.NXDOMAIN),
        ("elsewhere.test.", DnsStatus.NOERROR),
        ("a.example.", DnsStatus.CNAME_LOOP),
    ],
)
def test_where_an_alias_may_lead(target: str, status: DnsStatus) -> None:
    answer = zone_with(f"a.example. 60 CNAME {target}").answer("a.example", "A")
    assert (answer.status, answer.records) == (status, ())


@pytest.mark.parametrize(
    ("length", "status"), [(16, DnsStatus.NOERROR), (17, DnsStatus.CNAME_LOOP)]
)
def test_a_chain_has_an_end(length: int, status: DnsStatus) -> None:
    links = [f"n{n}.example. 60 CNAME n{n + 1}.example." for n in range(length)]
    zone = zone_with(*links, f"n{length}.example. 60 A 198.18.1.1")
    assert zone.answer("n0.example", "A").status is status


def test_a_wildcard_matches_what_does_not_exist() -> None:
    zone = zone_with("*.wild.example. 60 A 198.18.1.1", "known.wild.example. 60 TXT x")
    assert zone.answer("any.wild.example", "A").records == ("198.18.1.1",)
    assert zone.answer("two.down.wild.example", "A").records == ("198.18.1.1",)
    assert zone.answer("known.wild.example", "A").records == ()
    assert zone.answer("below.known.wild.example", "A").status is DnsStatus.NXDOMAIN


@given(st.text(max_size=300), st.sampled_from(["A", "MX", "TXT", "bad", ""]))
def test_no_question_raises(name: str, rdtype: str) -> None:
    assert PlayedZones(WORLD).answer(name, rdtype).status in DnsStatus


def test_bad_records_are_a_bad_world() -> None:
    with pytest.raises(ParseError, match=r"dns\.records"):
        zone_with("bad.example. 60 A not-an-address")


def test_a_question_costs_a_round_trip(vantage: SimulatedVantage) -> None:
    before_s = vantage.clock.monotonic_s()
    answer = vantage.resolver.ask("fine.example", "MX")
    assert answer.elapsed_ms == pytest.approx(0.4)
    assert vantage.clock.monotonic_s() - before_s == pytest.approx(0.0004)
    assert answer.server == vantage.resolver_address == "198.18.2.25"


def test_a_dead_resolver_costs_its_time_out(world: World) -> None:
    vantage = simulate(world, faults=Faults(resolver_down=True))
    answer = vantage.resolver.ask("Fine.Example.", "MX")
    assert (answer.name, answer.status, answer.records) == (
        "fine.example",
        DnsStatus.TIMEOUT,
        (),
    )
    assert answer.elapsed_ms == vantage.clock.monotonic_s() * 1e3 == 10_000
    assert answer.silent == ("198.18.2.25", "2001:db8:1000:1001::25")


@pytest.mark.parametrize(
    "faults", [Faults(no_route=(4, 6)), Faults(interface_down_after_packets=0)]
)
def test_without_a_way_the_resolver_is_unreachable(world: World, faults: Faults) -> None:
    vantage = simulate(world, faults=faults)
    assert vantage.resolver.ask("fine.example", "MX").status is DnsStatus.UNREACHABLE


def test_with_a_way_in_one_family_the_other_address_answers(world: World) -> None:
    answer = simulate(world, faults=Faults(no_route=(4,))).resolver.ask("fine.example", "MX")
    assert (answer.status, answer.server) == (DnsStatus.NOERROR, "2001:db8:1000:1001::25")
    assert answer.silent == ("198.18.2.25",)


def test_a_half_dead_resolver_costs_a_second_once(world: World) -> None:
    clock = ManualClock()
    servers = [
        PlayedServer(address="198.18.2.25", round_trip_ms=lambda: None),
        PlayedServer(address="198.18.2.26", round_trip_ms=lambda: 4.0),
    ]
    resolver = PlayedResolver(PlayedZones(world), clock, Uplink(Faults()), servers=servers)
    first, again = (resolver.ask("fine.example", "MX") for _ in range(2))
    assert (first.status, first.server, first.silent) == (
        DnsStatus.NOERROR,
        "198.18.2.26",
        ("198.18.2.25",),
    )
    assert first.elapsed_ms == pytest.approx(1004)
    assert again.elapsed_ms == pytest.approx(4)
    assert again.silent == ()
