"""Every behaviour of a mail host, played in memory and by the kernel, and told alike by the probe."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from mxpath.lab import control
from mxpath.lab.enclosure import RUN
from mxpath.lab.mail_words import keywords
from mxpath.lab.netns import Lab, kernel_lab_missing
from mxpath.lab.simulated import simulate, simulated_truth
from mxpath.lab.smtp_accuracy import SERVER_TOLERANCE_MS, smtp_fact
from mxpath.lab.topology import World, parse_world
from mxpath.lab.truth import Truth
from mxpath.model.address import IPAddress
from mxpath.model.codec import from_data
from mxpath.model.session import CertificateFault, Outcome, SmtpSession
from mxpath.smtp.probe import SmtpOptions, probe

OPTIONS = {
    "helo": "mailhost.example",
    "connect_timeout_s": 2.0,
    "greeting_timeout_s": 3.0,
    "command_timeout_s": 7.0,
}
HOSTS: dict[str, dict[str, object]] = {
    "fine": {},
    "slow": {"behaviour": "slow_greeting", "greeting_delay_s": 1.5},
    "reject": {"behaviour": "reject"},
    "busy": {"behaviour": "busy"},
    "listed": {"behaviour": "reject", "words": "5.7.1 your address is on a block list"},
    "tarpit": {"behaviour": "tarpit", "starttls": False},
    "limited": {"behaviour": "limited"},
    "crowded": {"behaviour": "limited", "connections_at_once": 0},
    "mute": {"behaviour": "mute"},
    "reset": {"behaviour": "reset"},
    "closed": {"behaviour": "closed"},
    "dropped": {"behaviour": "dropped"},
    "plain": {"starttls": False},
    "expired": {"certificate": "expired"},
    "own": {"certificate": "self_signed"},
    "other": {"certificate": "wrong_name"},
    "large": {"certificate": "large"},
    "older": {"tls_version": "1.2"},
    "slowtls": {"tls_delay_s": 1.5},
    "badtls": {"tls_fails": True},
    "notls": {"starttls_refused": True},
    "swallowed": {"certificate": "large"},
    "small": {},
    "told": {"certificate": "large"},
}
"""Host to the keys of its server."""

ROUTERS = {"swallowed": "c1", "small": "c1", "told": "d1"}
"""Behind links of a small MTU: c1's is hidden, d1's is told. All others are at b1."""


def toml(value: object) -> str:
    return json.dumps(value)


@cache
def world() -> World:
    hosts = "\n".join(
        f'[hosts.{name}]\nrouter = "{ROUTERS.get(name, "b1")}"\nsmtp = {{ name = "{name}.example"'
        + "".join(f", {key} = {toml(value)}" for key, value in keys.items())
        + " }"
        for name, keys in HOSTS.items()
    )
    return parse_world(f"""
name = "behaviours"
title = "One router and one mail host of every kind"
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
[networks.64498]
name = "Behind a tunnel that says nothing"
prefixes = ["198.18.64.0/20", "2001:db8:3000::/36"]
routers = ["c1"]
providers = [64496]
[networks.64499]
name = "Behind a tunnel"
prefixes = ["198.18.80.0/20", "2001:db8:4000::/36"]
routers = ["d1"]
providers = [64496]
[[links]]
ends = ["a1", "b1"]
delay_ms = 20.0
[[links]]
ends = ["a1", "c1"]
delay_ms = 20.0
mtu = 1400
mtu_hidden = true
[[links]]
ends = ["a1", "d1"]
delay_ms = 20.0
mtu = 1400
[hosts.mailhost]
router = "a1"
[hosts.ns]
router = "a1"
{hosts}
""")


Told = tuple[dict[str, SmtpSession], Truth]


def targets(family: int = 4) -> list[tuple[str, str, str]]:
    """Host, its DNS name and its address."""
    found = []
    for name in HOSTS:
        (address,) = (a for a in world().addresses_of(name) if a.version == family)
        found.append((name, f"{name}.example", str(address)))
    return found


def flows() -> list[tuple[IPAddress, int]]:
    return [(ip_address(address), 61_000) for _, _, address in targets()]


@pytest.fixture(scope="module")
def in_memory() -> Told:
    vantage = simulate(world())
    pairs = [(dns, ip_address(address)) for _, dns, address in targets()]
    sessions = probe(pairs, vantage, options=SmtpOptions(**OPTIONS))  # type: ignore[arg-type]
    told = dict(zip(HOSTS, sessions, strict=True))
    return told, simulated_truth(world(), flows(), vantage)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    missing = kernel_lab_missing()
    if missing is not None:
        pytest.skip(missing)
    with Lab.up(world()) as running:
        yield running


@pytest.fixture(scope="module")
def in_kernel(lab: Lab) -> Told:
    return probed(lab), lab.truth(flows())


def probed(lab: Lab, *names: str) -> dict[str, SmtpSession]:
    """What the probe says of hosts, from the sender's namespace."""
    script = str(Path(__file__).with_name("probing.py"))
    chosen = [row for row in targets() if not names or row[0] in names]
    asked = json.dumps([[dns, address] for _, dns, address in chosen])
    argv = [sys.executable, script, str(lab.trust_file), json.dumps(OPTIONS), asked]
    done = lab.run(lab.world.sender, argv, timeout_s=60)
    assert done.returncode == 0, done.stderr
    return {
        row[0]: from_data(SmtpSession, data)
        for row, data in zip(chosen, json.loads(done.stdout), strict=True)
    }


@pytest.fixture(params=["memory", pytest.param("kernel", marks=pytest.mark.lab)])
def told(request: pytest.FixtureRequest) -> Told:
    fixture: Told = request.getfixturevalue(f"in_{request.param}")
    return fixture


@pytest.mark.parametrize("host", HOSTS)
def test_the_probe_tells_every_host_as_it_is(told: Told, host: str) -> None:
    sessions, truth = told
    address = sessions[host].address
    right, words = smtp_fact(sessions[host], truth.smtp[address], truth.path(address, 61_000))
    assert right, words


def test_a_tarpit_is_charged_with_each_of_its_lines(told: Told) -> None:
    (host,) = (h.smtp for name, h in world().hosts.items() if name == "tarpit")
    assert host is not None
    lines = {"connect": 0, "greeting": 1, "ehlo": len(keywords(host, encrypted=False)), "quit": 1}
    phases = told[0]["tarpit"].phases
    assert [phase.name for phase in phases] == list(lines)
    for phase in phases:
        assert phase.server_ms == pytest.approx(lines[phase.name] * 1000, abs=SERVER_TOLERANCE_MS)
        assert 39 < phase.network_ms < 80


def test_silence_reset_and_refusal_are_told_apart(told: Told) -> None:
    sessions = told[0]
    assert [(sessions[h].outcome, sessions[h].was_reset) for h in ("mute", "reset", "closed")] == [
        (Outcome.SILENT, False),
        (Outcome.CLOSED, True),
        (Outcome.REFUSED, False),
    ]


@pytest.mark.parametrize(("host", "round_trips"), [("fine", 1), ("older", 2)])
def test_tls_costs_the_round_trips_of_its_version(told: Told, host: str, round_trips: int) -> None:
    phase = told[0][host].phase("tls")
    assert phase is not None
    assert phase.round_trips == round_trips
    assert phase.network_ms == pytest.approx(round_trips * 40.4, abs=6 * round_trips)
    assert phase.server_ms < SERVER_TOLERANCE_MS


def test_a_failed_handshake_ends_the_conversation(told: Told) -> None:
    session = told[0]["badtls"]
    assert session.tls is not None
    assert session.tls.problem == "TLS handshake failed: wrong version number"
    assert session.phases[-1].name == "tls"
    assert not session.phases[-1].complete
    assert session.second_look is None


def test_large_packets_that_vanish_are_found_by_small_ones(told: Told) -> None:
    sessions, truth = told
    assert {
        host: (path.mtu_back, path.mtu_hidden)
        for host in ("fine", "swallowed", "told")
        if (path := truth.path(sessions[host].address, 61_000)) is not None
    } == {"fine": (None, False), "swallowed": (1400, True), "told": (1400, False)}
    session = sessions["swallowed"]
    assert session.tls is not None
    assert (session.tls.timed_out, session.tls.is_established) == (True, False)
    look = session.second_look
    assert look is not None
    assert (look.max_segment, look.passed, look.reached, look.outcome) == (
        536, True, "quit", Outcome.ANSWERED,
    )  # fmt: skip
    assert all(sessions[h].second_look is None for h in HOSTS if h != "swallowed")


@pytest.mark.lab
def test_both_players_tell_the_same(in_memory: Told, in_kernel: Told) -> None:
    for host in HOSTS:
        memory, kernel = in_memory[0][host], in_kernel[0][host]
        assert said(memory) == said(kernel), host
        for phase in memory.phases:
            other = kernel.phase(phase.name)
            assert other is not None
            assert other.round_trips == phase.round_trips
            assert other.server_ms == pytest.approx(phase.server_ms, abs=SERVER_TOLERANCE_MS)
            assert other.network_ms == pytest.approx(phase.network_ms, abs=15)


@pytest.mark.lab
def test_a_running_host_changes_and_changes_back(lab: Lab, in_kernel: Told) -> None:
    """Everything that a host can become, and a good certificate again in the end."""
    services = f"/proc/{lab.state.holder_pid}/root{RUN}/services"
    outcomes = []
    for keys in (
        {"certificate": "expired"},
        {"behaviour": "busy"},
        {"behaviour": "dropped"},
        {"behaviour": "closed"},
        {"behaviour": "fine", "certificate": "valid"},
    ):
        request = {"ask": "change", "host": "fine", "smtp": keys}
        changed = control._exchange(services, request)["answer"]
        assert {key: changed[key] for key in keys} == keys
        session = probed(lab, "fine")["fine"]
        right, words = smtp_fact(session, lab.truth(()).smtp[session.address])
        assert right, words
        outcomes.append((session.outcome, session.tls.faults if session.tls else None))
    assert outcomes == [
        (Outcome.ANSWERED, (CertificateFault.EXPIRED,)),
        (Outcome.REJECTED, None),
        (Outcome.NO_CONNECTION, None),
        (Outcome.REFUSED, None),
        (Outcome.ANSWERED, ()),
    ]
    assert said(session) == said(in_kernel[0]["fine"])


@pytest.mark.lab
@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"ask": "change", "host": "nobody", "smtp": {}}, "no mail host 'nobody'"),
        ({"ask": "change", "host": "fine", "smtp": {"colour": "red"}}, "colour"),
        ({"ask": "change", "host": "fine", "smtp": {"behaviour": "angry"}}, "behaviour"),
        ({"ask": "change"}, "host"),
        ({"ask": "weather"}, "unknown question"),
        (["ask"], "object"),
    ],
)
def test_a_change_that_cannot_be_is_said(lab: Lab, request_: Any, words: str) -> None:
    services = f"/proc/{lab.state.holder_pid}/root{RUN}/services"
    assert words in control._exchange(services, request_)["error"]


def said(session: SmtpSession) -> dict[str, object]:
    """Everything that must not depend on the player; dates and digits of times may."""
    tls = session.tls
    if tls is not None:
        dated = CertificateFault.EXPIRED in tls.faults
        tls = replace(tls, handshake_ms=None, not_before=None, not_after=None)
        tls = replace(tls, problem="dated") if dated else tls
    reply = session.starttls_reply
    return {
        "outcome": (session.outcome, session.was_reset, session.detail, session.second_look),
        "greeting": session.greeting,
        "ehlo": session.capabilities,
        "starttls": (session.starttls_offered, reply and reply.code),
        "tls": tls,
        "phases": [(phase.name, phase.complete) for phase in session.phases],
    }
