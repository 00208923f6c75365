"""Names of addresses: who says so, and who does not say it in time."""

from dataclasses import replace
from ipaddress import ip_address

import pytest

from lab.signed_world import signed_world
from mxpath.attribution.names import MAX_NAMES, name_addresses
from mxpath.lab.simulated import simulate
from mxpath.model.address import IPAddress
from mxpath.model.dns import DnsAnswer, DnsStatus
from mxpath.model.evidence import Grade
from mxpath.vantage.clock import ManualClock
from mxpath.vantage.ports import Vantage

WORLD = signed_world()
HOP = WORLD.interfaces["nord1"][0].numbers[0].ip
LIAR = ip_address("198.18.20.7")


class Scripted:
    """Answers from a table; other names are slow and do not exist."""

    def __init__(self, clock: ManualClock, table: dict[tuple[str, str], tuple[str, ...]]) -> None:
        self.clock, self.table = clock, table
        self.asked: list[tuple[str, str]] = []

    def ask(self, name: str, rdtype: str) -> DnsAnswer:
        self.asked.append((name, rdtype))
        records = self.table.get((name, rdtype))
        self.clock.sleep(0.01 if records else 10.0)
        status = DnsStatus.NOERROR if records else DnsStatus.TIMEOUT
        return DnsAnswer(name=name, rdtype=rdtype, status=status, records=records or ())


def vantage(table: dict[tuple[str, str], tuple[str, ...]]) -> tuple[Vantage, Scripted]:
    clock = ManualClock()
    resolver = Scripted(clock, table)
    return replace(simulate(WORLD), clock=clock, resolver=resolver), resolver


def reverse(address: IPAddress) -> tuple[str, str]:
    return address.reverse_pointer, "PTR"


def test_a_name_that_leads_back_is_certain() -> None:
    found = name_addresses([HOP, HOP], simulate(WORLD))
    assert found[HOP].value == "eth0.nord1.nordmail.example"
    assert found[HOP].grade is Grade.CERTAIN
    assert [e.rule for e in found[HOP].evidence] == ["ptr", "forward-confirmed"]


def test_a_name_that_does_not_lead_back_is_possible() -> None:
    found = name_addresses([LIAR], simulate(WORLD))
    assert (found[LIAR].value, found[LIAR].grade) == ("liar.example", Grade.POSSIBLE)


def test_what_has_no_name_is_not_there() -> None:
    assert name_addresses([ip_address("198.18.9.9")], simulate(WORLD)) == {}
    assert name_addresses([], simulate(WORLD)) == {}


def test_one_deadline_holds_for_all() -> None:
    good = ip_address("192.0.2.1")
    slow = [ip_address(f"192.0.2.{n}") for n in range(2, 100)]
    place, resolver = vantage({reverse(good): ("Good.Example.",)})
    found = name_addresses([*slow, good], place, deadline_s=3.0)
    assert found == {}  # it came after a slow one in a worker's line
    assert place.clock.monotonic_s() == pytest.approx(3.0)
    place, resolver = vantage({reverse(good): ("Good.Example.",)})
    found = name_addresses([good, *slow], place, deadline_s=3.0)
    assert {a: c.value for a, c in found.items()} == {good: "good.example"}
    assert found[good].grade is Grade.POSSIBLE
    assert ("good.example", "A") in resolver.asked
    assert place.clock.monotonic_s() == pytest.approx(3.0)


def test_of_several_names_one_counts_whatever_their_order() -> None:
    here = ip_address("2001:db8::1")
    for records in (("b.example.", "a.example.", "."), (".", "a.example.", "b.example.")):
        place, _ = vantage({reverse(here): records, ("a.example", "AAAA"): ("2001:db8::1",)})
        found = name_addresses([here], place)
        assert (found[here].value, found[here].grade) == ("a.example", Grade.CERTAIN)


def test_nobody_is_asked_about_more_than_the_limit() -> None:
    place, resolver = vantage({})
    many = [ip_address(number) for number in range(1, MAX_NAMES + 50)]
    assert name_addresses(many, place) == {}
    assert len(resolver.asked) <= MAX_NAMES
