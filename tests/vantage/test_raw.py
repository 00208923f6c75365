"""The raw engine where the kernel says no; on loopback where it says yes."""

import errno
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from ipaddress import ip_address
from typing import Any, cast

import pytest

from mxpath.errors import PrivilegeError
from mxpath.model.probe import Protocol, ReplyKind
from mxpath.model.trace import EndReason
from mxpath.tracing.tracer import TraceOptions, trace
from mxpath.vantage.clock import SystemClock
from mxpath.vantage.portable import open_portable
from mxpath.vantage.ports import ProbeSocket, Vantage
from mxpath.vantage.raw import open_raw
from mxpath.vantage.sources import SourceFinder, describe

LOOPBACK = (ip_address("127.0.0.1"), ip_address("::1"))
ENGINES = {"raw": open_raw, "scapy": open_portable}


def test_without_privilege_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> socket.socket:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("mxpath.vantage.raw._open_sender", refuse)
    with pytest.raises(PrivilegeError, match="setcap cap_net_raw"), open_raw():
        pass


def test_elsewhere_the_message_names_the_other_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(PrivilegeError, match="scapy engine"), open_raw():
        pass


def test_the_source_is_the_kernels_choice_and_asking_sends_nothing() -> None:
    finder = SourceFinder()
    assert finder.find(LOOPBACK[0]) == LOOPBACK[0]
    wanted = ip_address("127.0.0.9")
    assert SourceFinder((wanted,)).find(LOOPBACK[0]) == wanted
    assert SourceFinder((ip_address("198.18.0.99"),)).find(LOOPBACK[0]) is None


def test_a_forbidden_packet_is_laid_at_the_firewalls_door() -> None:
    said = describe(PermissionError(errno.EPERM, "Operation not permitted"), LOOPBACK[0])
    assert said == (
        "cannot send to 127.0.0.1: Operation not permitted (a firewall of this host forbids it)"
    )


def vantage(open_probes: Callable[[], AbstractContextManager[ProbeSocket]]) -> Vantage:
    unused = cast("Any", None)
    return Vantage(clock=SystemClock(), resolver=unused, dialer=unused, probes=open_probes)


@pytest.fixture(params=list(ENGINES))
def here(request: pytest.FixtureRequest) -> Vantage:
    try:
        with ENGINES[request.param]():
            return vantage(ENGINES[request.param])
    except PrivilegeError:
        pytest.skip("needs the right to open raw sockets")


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port on which nothing listens, held by a bound socket so that it stays so."""
    with socket.socket(socket.AF_INET6) as held:
        held.bind(("::", 0))
        yield held.getsockname()[1]


@pytest.mark.lab
def test_a_closed_port_on_loopback_is_one_hop_away(here: Vantage, free_port: int) -> None:
    for found in trace(LOOPBACK, here, options=TraceOptions(port=free_port)):
        assert (found.end, found.distance, found.source) == (EndReason.REACHED, 1, found.target)
        (probe,) = found.hops[0].probes
        assert probe.reply is not None
        assert (probe.reply.kind, probe.reply.reply_ttl) == (ReplyKind.RST, 64)
        assert probe.rtt_ms is not None
        assert 0 < probe.rtt_ms < 50
        assert found.packets_sent == 6


@pytest.mark.lab
def test_an_open_port_on_loopback_answers_syn_ack(here: Vantage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        options = TraceOptions(port=server.getsockname()[1])
        (found,) = trace(LOOPBACK[:1], here, options=options)
    assert (found.end, found.distance) == (EndReason.REACHED, 1)
    reply = found.hops[0].probes[0].reply
    assert reply is not None
    assert reply.kind is ReplyKind.SYN_ACK


@pytest.mark.lab
@pytest.mark.parametrize("protocol", [Protocol.UDP, Protocol.ICMP])
def test_loopback_answers_datagrams_and_echoes(here: Vantage, protocol: Protocol) -> None:
    answer = ReplyKind.ECHO_REPLY if protocol is Protocol.ICMP else ReplyKind.UNREACHABLE
    for found in trace(LOOPBACK, here, options=TraceOptions(protocol=protocol)):
        assert (found.end, found.distance) == (EndReason.REACHED, 1)
        reply = found.hops[0].probes[0].reply
        assert reply is not None
        assert (reply.kind, reply.protocol, reply.reply_ttl) == (answer, protocol, 64)
