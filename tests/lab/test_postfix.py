"""A real Postfix sends through the lab: what it makes of odd MX records."""

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from mxpath.errors import InputError
from mxpath.lab import postfix
from mxpath.lab.maillog import Delivery
from mxpath.lab.namespaces import LabError
from mxpath.lab.netns import Lab, kernel_lab_missing
from mxpath.lab.sending import send
from mxpath.lab.simulated import simulate
from mxpath.lab.topology import World, parse_world
from mxpath.mail.discover import discover
from mxpath.model.address import parse_address
from mxpath.model.mail import MxPlan

ROUND_TRIP_S = 0.0404
"""Two links of 0.1 ms and one of 20 ms, there and back."""

DOMAINS = {
    "plain": ["10 mx1"],
    "equal": ["10 mx1", "10 mx2"],
    "null": ["0 ."],
    "halfnull": ["10 ."],
    "mixed": ["0 .", "10 mx1"],
    "alias": ["10 also"],
    "literal": ["10 198.18.33.25."],
    "gone": ["10 nowhere"],
    "nolisting": ["10 shut1", "20 mx2"],
    "twice": ["10 shut1", "20 shut1"],
    "loop": ["10 shut1", "20 mailhost", "30 mx2"],
    "long": ["10 shut1", "20 shut2", "30 shut3", "40 mx2"],
    "locked": ["10 fussy", "20 mx2"],
    "later": ["10 later"],
}


@cache
def world() -> World:
    domains = "\n".join(
        f'[domains."{name}.example"]\nmx = '
        + str([row if row.endswith(".") else f"{row}.example." for row in rows])
        for name, rows in DOMAINS.items()
    )
    hosts = "\n".join(
        f'[hosts.{name}]\nrouter = "b1"\nsmtp = {{ name = "{name}.example", {keys} }}'
        for name, keys in {
            "mx1": "takes_mail = true",
            "mx2": 'takes_mail = true, certificate = "self_signed"',
            "shut1": 'behaviour = "closed"',
            "shut2": 'behaviour = "closed"',
            "shut3": 'behaviour = "closed"',
            "fussy": 'behaviour = "reject"',
            "later": 'behaviour = "busy"',
        }.items()
    )
    return parse_world(f"""
name = "postfix"
title = "One sender with Postfix, and receivers of all sorts"
as_of = 2026-06-17
sender = "mailhost"
resolver = "ns"
[networks.64496]
name = "Sender"
prefixes = ["198.18.0.0/20", "2001:db8:1000::/36"]
routers = ["a1"]
[networks.64497]
name = "Receiver"
prefixes = ["198.18.32.0/19", "2001:db8:2000::/36"]
routers = ["b1"]
providers = [64496]
[[links]]
ends = ["a1", "b1"]
delay_ms = 20.0
[hosts.mailhost]
router = "a1"
postfix = true
[hosts.ns]
router = "a1"
{hosts}
{domains}
[dns]
records = [
  "also.example. 300 CNAME mx1.example.",
  "implicit.example. 300 A 198.18.33.25",
  "mailhost.example. 300 A 198.18.1.25",
]
""")


def unable() -> str | None:
    return kernel_lab_missing() or postfix.problem()


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    missing = unable()
    if missing is not None:
        pytest.skip(missing)
    with Lab.up(world()) as running:
        yield running


def sent(lab: Lab, domain: str, **options: int) -> Delivery:
    return send(lab, "mailhost", f"someone@{domain}.example", **options)


def log(lab: Lab) -> str:
    return postfix.log_file(lab.state.directory, "mailhost").read_text()


def tried(lab: Lab, domain: str) -> tuple[Delivery, list[str]]:
    """A delivery, and the addresses that refused it before."""
    before = len(log(lab)) if postfix.log_file(lab.state.directory, "mailhost").exists() else 0
    found = sent(lab, domain)
    # The line with the status repeats the last complaint.
    complaints = [line for line in log(lab)[before:].splitlines() if "status=" not in line]
    refused = [refusal for line in complaints if (refusal := _REFUSAL.search(line))]
    return found, [f"{refusal['host']}[{refusal['address']}" for refusal in refused]


_REFUSAL = re.compile(
    r"(?:connect to|host) (?P<host>\S+)\[(?P<address>[^\]]+)\](?::25: Connection)? refused"
)


@pytest.mark.lab
class TestDelivery:
    def test_the_first_of_the_plan_gets_it_and_the_connection_takes_its_round_trips(
        self, lab: Lab
    ) -> None:
        found = sent(lab, "plain", size_bytes=20_000)
        assert (found.status, found.relay, found.port) == ("sent", first("plain"), 25)
        assert found.address in lab.world.addresses_of("mx1")
        # TCP, greeting, EHLO, STARTTLS, TLS 1.3, EHLO again.
        assert 6 * ROUND_TRIP_S * 0.98 <= found.delays.connecting_s < 6 * ROUND_TRIP_S + 0.5
        # MAIL, RCPT and DATA in one, and the final dot.
        assert 2 * ROUND_TRIP_S * 0.98 <= found.delays.sending_s < 2 * ROUND_TRIP_S + 0.5
        assert "Trusted TLS connection established to mx1.example" in log(lab)

    def test_a_nolisting_pair_delivers_to_the_second(self, lab: Lab) -> None:
        found, refusals = tried(lab, "nolisting")
        assert (found.status, found.relay) == ("sent", "mx2.example")
        assert {refusal.split("[")[0] for refusal in refusals} == {"shut1.example"}
        assert "Untrusted TLS connection established to mx2.example" in log(lab)

    def test_a_refusing_greeting_sends_it_to_the_next(self, lab: Lab) -> None:
        assert sent(lab, "locked").relay == "mx2.example"

    def test_a_busy_server_defers_it_and_nothing_is_left_in_the_queue(self, lab: Lab) -> None:
        found = sent(lab, "later")
        assert (found.status, found.dsn, found.is_final) == ("deferred", "4.3.2", False)
        left = lab.run("mailhost", ["postqueue", "-p"], timeout_s=10)
        assert "Mail queue is empty" in left.stdout


@pytest.mark.lab
class TestMxRecords:
    def test_equal_preferences_are_shuffled_over_hosts_and_families(self, lab: Lab) -> None:
        seen = set()
        for _ in range(24):  # four addresses: that one is missed 24 times is one run in 250
            found = sent(lab, "equal")
            seen.add((found.relay, found.address.version if found.address else None))
            if len(seen) == 4:
                break
        assert {relay for relay, _ in seen} == {"mx1.example", "mx2.example"}
        assert {version for _, version in seen} == {4, 6}

    def test_a_domain_without_mx_is_its_own_host(self, lab: Lab) -> None:
        found = sent(lab, "implicit")
        assert (found.status, found.relay) == ("sent", first("implicit"))

    @pytest.mark.parametrize("domain", ["null", "halfnull", "mixed"])
    def test_a_null_mx_bounces_wherever_it_stands(self, lab: Lab, domain: str) -> None:
        found = sent(lab, domain)
        assert (found.status, found.relay) == ("bounced", None)
        assert "nullMX" in found.detail

    def test_an_alias_is_followed(self, lab: Lab) -> None:
        found = sent(lab, "alias")
        assert found.status == "sent"
        assert found.address in lab.world.addresses_of("mx1")

    def test_an_address_literal_is_connected_to_with_a_warning(self, lab: Lab) -> None:
        found = sent(lab, "literal")
        assert (found.status, str(found.address)) == ("sent", "198.18.33.25")
        assert "numeric domain name" in log(lab)

    def test_a_target_that_is_not_there_bounces_without_fallback(self, lab: Lab) -> None:
        found = sent(lab, "gone")
        assert (found.status, found.relay) == ("bounced", None)
        assert "Host not found" in found.detail

    def test_the_same_host_listed_twice_is_tried_twice(self, lab: Lab) -> None:
        found, refusals = tried(lab, "twice")
        assert found.status == "deferred"
        assert len(refusals) == 4
        assert len(set(refusals)) == 2

    def test_the_sender_drops_itself_and_what_is_worse(self, lab: Lab) -> None:
        found, refusals = tried(lab, "loop")
        assert found.status == "deferred"
        assert {refusal.split("[")[0] for refusal in refusals} == {"shut1.example"}

    def test_five_addresses_are_tried_and_no_more(self, lab: Lab) -> None:
        found, refusals = tried(lab, "long")
        assert found.status == "deferred"
        assert len(refusals) == 5


def plan(domain: str) -> MxPlan:
    """The plan that ``mxpath mx --sender postfix`` shows."""
    return discover(f"{domain}.example", simulate(world()), sender="postfix").plan


def first(domain: str) -> str:
    return plan(domain).hosts[0].name


@pytest.mark.lab
@pytest.mark.parametrize("domain", [*DOMAINS, "implicit"])
def test_postfix_does_what_its_plan_says(lab: Lab, domain: str) -> None:
    """Group by group, each in any order, until somebody takes it, says no or five were tried."""
    made = plan(domain)
    found, refusals = tried(lab, domain)
    if not made.attempts:
        assert (found.status, refusals) == ("bounced", [])
        return
    order = [parse_address(refusal.split("[")[1]) for refusal in refusals]
    if found.status == "sent" and found.address is not None:
        order.append(found.address)
    for group in made.attempts:
        now, order = order[: len(group)], order[len(group) :]
        assert set(now) <= set(group)
        if order:
            assert set(now) == set(group)
    assert order == []


@pytest.mark.lab
def test_the_machine_s_own_postfix_is_left_alone(lab: Lab) -> None:
    places = [Path(p) for p in ("/etc/postfix", "/var/spool/postfix", "/var/lib/postfix")]

    def look() -> list[tuple[str, float]]:
        found = [p for place in places if place.exists() for p in (place, *place.rglob("*"))]
        return sorted((str(p), p.lstat().st_mtime) for p in found)

    before = look()
    assert sent(lab, "plain").status == "sent"
    # A node without Postfix of its own has none at all.
    done = lab.run("ns", ["sendmail", "x@plain.example"], timeout_s=10)
    assert done.returncode != 0
    assert look() == before


@pytest.mark.lab
@pytest.mark.parametrize(
    ("host", "recipient", "words"),
    [
        ("ns", "x@plain.example", "no Postfix on 'ns'"),
        ("mailhost", "x@plain.test", "no address of the lab"),
        ("mailhost", "x@plainexample", "no address of the lab"),
        ("mailhost", "plain.example", "no mail address"),
        ("mailhost", "x y@plain.example", "no mail address"),
        ("mailhost", "x\n@plain.example", "no mail address"),
    ],
)
def test_what_will_not_do_is_said(lab: Lab, host: str, recipient: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        send(lab, host, recipient)


def test_a_lab_without_root_says_that_postfix_cannot_run() -> None:
    code = "from mxpath.lab.postfix import problem; print(problem())"
    argv = ["unshare", "-Ur", sys.executable, "-c", code]
    tried = subprocess.run(argv, capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"no user namespaces here: {tried.stderr.strip()}")
    assert "Postfix" in tried.stdout


@pytest.mark.lab
def test_a_silent_log_ends_in_an_error_that_names_it(lab: Lab) -> None:
    with pytest.raises(LabError, match=r"mailhost\.maillog"):
        send(lab, "mailhost", "x@plain.example", timeout_s=0)
