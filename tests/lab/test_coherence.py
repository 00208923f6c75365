import pytest

from mxpath.errors import ParseError
from mxpath.lab.topology import parse_world, shipped_worlds

TEXT = shipped_worlds()["first_walk"].read_text()


def _link(one: str, other: str, delay_ms: float = 1.0) -> str:
    return f'[[links]]\nends = ["{one}", "{other}"]\ndelay_ms = {delay_ms}\n'


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('routers = ["far1"]', 'routers = ["big1"]', "'big1' is used twice"),
        ("[hosts.mx1]", "[hosts.big1]", "'big1' is used twice"),
        ('router = "nord1"', 'router = "sud1"', "unknown router 'sud1'"),
        ('sender = "mailhost"', 'sender = "nord1"', "sender 'nord1' is no host"),
        ('resolver = "ns"', 'resolver = "dns"', "resolver 'dns' is no host"),
        ("providers = [64497]", "providers = [64499]", "unknown neighbour AS64499"),
        ("providers = [64497]", "providers = [64496]", "AS64496 is its own neighbour"),
        (
            "providers = [64497]",
            "providers = [64497]\npeers = [64497]",
            "both provider and peer",
        ),
        (
            'routers = ["boreal1"',
            'providers = [64496]\nrouters = ["boreal1"',
            "providers in a circle",
        ),
        ('"198.18.32.0/20"', '"198.18.32.0/22"', "198.18.32.0/22 is too small"),
        ('"2001:db8:3000::/36"', '"2001:db8:3000::/56"', "/56 is too small"),
        ('routers = ["far1"]', "routers = []", "unknown router 'far1'"),
        ('ends = ["nord1", "alpha1"]', 'ends = ["nord1", "omega1"]', "unknown node 'omega1'"),
        ('ends = ["nord1", "alpha1"]', 'ends = ["nord1", "mx1"]', "its router alone 'mx1'"),
        ('ends = ["nord1", "alpha1"]', 'ends = ["FRA-LIX", "FRA-LIX"]', "two exchange points"),
        ('ends = ["nord1", "alpha1"]', 'ends = ["nord1", "nord1"]', "both ends are one router"),
        ("delay_ms = 7.0", "delay_ms = -7.0", "negative delay"),
        ('"mx1.bigmail.example"', '"mx1.bigmail.test"', "lies outside the zone"),
        ('"implicit.example. 300', '"implicit.test. 300', "lies outside the zone"),
        ('servfail = ["broken.example"]', 'servfail = ["broken.test"]', "lies outside the zone"),
        ('zone = "example"', 'server = "nobody"', "dns.server 'nobody' is no host"),
        ('zone = "example"', 'server = "ns"', "dns.server 'ns' is the resolver"),
        ('zone = "example"', 'bogus = ["b.example"]', "dns.bogus needs dns.signed"),
        ('zone = "example"', 'unsigned = ["b.test"]', "lies outside the zone"),
        ("mx1 = [64496", "mx9 = [64496", "expected: 'mx9' is no host"),
    ],
)
def test_what_does_not_fit_is_said(old: str, new: str, says: str) -> None:
    assert old in TEXT
    with pytest.raises(ParseError, match=says):
        parse_world(TEXT.replace(old, new, 1))


def test_a_wire_between_networks_needs_a_contract() -> None:
    with pytest.raises(ParseError, match="AS64496 and AS64504 are neither"):
        parse_world(TEXT + _link("nord1", "far1"))


def test_sharing_an_exchange_point_is_no_contract_for_a_wire() -> None:
    with pytest.raises(ParseError, match="AS64497 and AS64503 are neither"):
        parse_world(TEXT + _link("alpha1", "big1"))


def test_too_many_links_of_one_network_are_refused() -> None:
    with pytest.raises(ParseError, match="its first /24 numbers 64"):
        parse_world(TEXT + _link("boreal1", "boreal3") * 65)
