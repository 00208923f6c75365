from pathlib import Path

import dns.name
import dns.zone
import pytest

from lab.asking import at_sender
from mxpath.lab.knot import config
from mxpath.lab.netns import Lab
from mxpath.lab.topology import World
from mxpath.lab.zone import zones


def test_the_zone_holds_plans_hosts_and_further_records(world: World) -> None:
    zone = dns.zone.from_text(zones(world)[0].text, origin="example.", relativize=False)

    def records(name: str, kind: str) -> set[str]:
        found = zone.get_rdataset(dns.name.from_text(name), kind)
        return {row.to_text() for row in found} if found else set()

    assert records("nomail.example.", "MX") == {"0 ."}
    assert records("mx1.bigmail.example.", "A") == {"198.18.33.25"}
    assert records("mx1.bigmail.example.", "AAAA") == {"2001:db8:3000:1000::25"}
    assert records("loop.example.", "CNAME") == {"pool.example."}


def test_a_name_that_shall_fail_is_a_zone_without_a_file(world: World) -> None:
    text = config(world, Path("/run/x"))
    assert 'domain: "broken.example."\n    file: "none.txt"' in text


@pytest.mark.lab
@pytest.mark.parametrize(
    ("name", "kind", "answer"),
    [
        ("fine.example", "MX", ["10 mx1.bigmail.example.", "20 mx.farmail.example."]),
        ("mx1.bigmail.example", "A", ["198.18.33.25"]),
        ("mx1.bigmail.example", "AAAA", ["2001:db8:3000:1000::25"]),
        ("nomail.example", "MX", ["0 ."]),
        ("nobody.example", "MX", ["NXDOMAIN"]),
        ("empty.example", "A", ["NoAnswer"]),
        ("broken.example", "MX", ["NoNameservers"]),  # SERVFAIL, as dnspython words it
    ],
)
def test_the_running_server_answers(kernel: Lab, name: str, kind: str, answer: list[str]) -> None:
    for server in kernel.resolvers:
        assert at_sender(kernel, "ask", server, name, kind) == answer


@pytest.mark.lab
def test_the_world_s_resolver_is_the_configured_one(kernel: Lab) -> None:
    assert at_sender(kernel, "ask", "", "implicit.example", "A") == ["198.18.33.25"]


@pytest.mark.lab
def test_a_loop_of_aliases_is_shown_as_it_is(kernel: Lab) -> None:
    rows = at_sender(kernel, "aliases", kernel.resolver, "loop.example")
    assert set(rows) == {"loop.example. pool.example.", "pool.example. loop.example."}
