"""One MX question, then each host's addresses once."""

import threading
from dataclasses import replace
from functools import cache

import pytest

from mxpath.errors import InputError
from mxpath.lab.elements import Domain
from mxpath.lab.simulated import simulate
from mxpath.lab.topology import World, read_world, shipped_worlds
from mxpath.mail.discover import discover
from mxpath.model.dns import DnsAnswer
from mxpath.model.mail import MailDomain, PlanKind
from mxpath.vantage.ports import Vantage


@cache
def first_walk() -> World:
    return read_world(shipped_worlds()["first_walk"])


class Listening:
    """A resolver that remembers what it was asked."""

    def __init__(self, inner: Vantage) -> None:
        self._inner = inner.resolver
        self._lock = threading.Lock()
        self.asked: list[tuple[str, str]] = []

    def ask(self, name: str, rdtype: str) -> DnsAnswer:
        with self._lock:
            self.asked.append((name, rdtype))
        return self._inner.ask(name, rdtype)


def found(domain: str, *records: str, mx: tuple[str, ...] = ()) -> MailDomain:
    """Discover ``domain`` in the first world, with further records in its zone."""
    base = first_walk()
    domains = base.domains | ({domain: Domain(mx=mx)} if mx else {})
    dns = replace(base.dns, records=(*base.dns.records, *records))
    return discover(domain, simulate(replace(base, domains=domains, dns=dns)))


def test_both_hosts_with_both_families() -> None:
    mail = discover("Fine.Example.", simulate(first_walk()))
    assert mail.domain == "fine.example"
    assert mail.plan.kind is PlanKind.MX
    assert [host.name for host in mail.plan.hosts] == ["mx1.bigmail.example", "mx.farmail.example"]
    assert [a.version for host in mail.plan.hosts for a in host.addresses] == [4, 6, 4, 6]
    assert mail.addresses[0] == first_walk().addresses_of("mx1")[0]


@pytest.mark.parametrize(
    ("domain", "kind"),
    [
        ("nomail.example", PlanKind.NULL),
        ("implicit.example", PlanKind.IMPLICIT),
        ("empty.example", PlanKind.NONE),
        ("nobody.example", PlanKind.NONE),
        ("broken.example", PlanKind.FAILED),
        ("loop.example", PlanKind.FAILED),
    ],
)
def test_what_the_dns_does_is_a_value(domain: str, kind: PlanKind) -> None:
    assert found(domain).plan.kind is kind


def test_an_alias_in_front_of_the_domain_is_followed() -> None:
    mail = found("alias.example", "alias.example. 60 CNAME fine.example.")
    assert mail.plan.kind is PlanKind.MX
    assert mail.mx_lookup.chain == ("fine.example",)


def test_an_alias_as_target_is_a_fault_and_followed() -> None:
    mail = found("m.example", "t.example. 60 CNAME mx1.bigmail.example.", mx=("10 t.example.",))
    (host,) = mail.plan.hosts
    assert "alias of mx1.bigmail.example" in host.faults[0]
    assert host.addresses == first_walk().addresses_of("mx1")


def test_only_the_families_asked_for_are_looked_up() -> None:
    vantage = simulate(first_walk())
    listening = Listening(vantage)
    mail = discover("fine.example", replace(vantage, resolver=listening), families=(6,))
    assert {rdtype for _, rdtype in listening.asked} == {"MX", "AAAA"}
    assert {address.version for address in mail.addresses} == {6}


@pytest.mark.parametrize("workers", [1, 8])
def test_each_name_is_asked_once(workers: int) -> None:
    base = first_walk()
    twice = {"twice.example": Domain(mx=("10 mx1.bigmail.example.", "20 MX1.bigmail.example."))}
    vantage = simulate(replace(base, domains=twice))
    listening = Listening(vantage)
    mail = discover("twice.example", replace(vantage, resolver=listening, workers=workers))
    assert sorted(listening.asked) == [
        ("mx1.bigmail.example", "A"),
        ("mx1.bigmail.example", "AAAA"),
        ("twice.example", "MX"),
    ]
    assert len(mail.lookups) == 3
    assert len(mail.plan.hosts) == 2


def test_answers_stay_in_order_however_many_ask() -> None:
    one = discover("fine.example", simulate(first_walk()))
    many = discover("fine.example", replace(simulate(first_walk()), workers=8))
    assert many.plan.addresses == one.plan.addresses
    assert [a.rdtype for a in many.lookups] == [a.rdtype for a in one.lookups]


@pytest.mark.parametrize("families", [(), (5,), (4, 7)])
def test_unknown_families_are_refused(families: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="4, 6 or both"):
        discover("fine.example", simulate(first_walk()), families=families)


def test_an_unknown_sender_is_refused_before_anything_is_asked() -> None:
    vantage = simulate(first_walk())
    listening = Listening(vantage)
    with pytest.raises(InputError, match="rfc5321"):
        discover("fine.example", replace(vantage, resolver=listening), sender="qmail")
    assert listening.asked == []
