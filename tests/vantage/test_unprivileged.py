"""The unprivileged engine on loopback; routers come in ``tests/lab``."""

import resource
import socket
import struct
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.errors import PrivilegeError
from mxpath.model.address import IPAddress
from mxpath.model.probe import ProbeSpec, Protocol, Reply, ReplyKind
from mxpath.vantage import linux
from mxpath.vantage.error_queue import read_error, stamp_and_ttl
from mxpath.vantage.ip_headers import checksum
from mxpath.vantage.ports import ProbeSocket
from mxpath.vantage.unprivileged import SYN_LIFE_S, open_unprivileged

LOOPBACK = (ip_address("127.0.0.1"), ip_address("::1"))
ancillaries = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 41]),
        st.sampled_from([linux.IP_RECVERR, linux.IPV6_RECVERR, 2, 52]),
        st.binary(min_size=4, max_size=60),
    ),
    max_size=4,
)


@pytest.fixture
def probes() -> Iterator[ProbeSocket]:
    with open_unprivileged() as opened:
        yield opened


@pytest.fixture(params=LOOPBACK, ids=["v4", "v6"])
def target(request: pytest.FixtureRequest) -> IPAddress:
    found: IPAddress = request.param
    return found


def listening(target: IPAddress) -> socket.socket:
    family = socket.AF_INET if target.version == 4 else socket.AF_INET6
    return socket.create_server((str(target), 0), family=family)


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port on which nothing listens, held by a bound socket so that it stays so."""
    with (
        socket.socket(socket.AF_INET6) as held,
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as other,
    ):
        held.bind(("::", 0))
        port: int = held.getsockname()[1]
        other.bind(("::", 0))
        yield port


def spec(target: IPAddress, protocol: Protocol, port: int, *, sequence: int = 0x1234) -> ProbeSpec:
    with socket.socket(socket.AF_INET6 if target.version == 6 else socket.AF_INET) as drawn:
        drawn.bind((str(target), 0))
        source_port = drawn.getsockname()[1]
    return ProbeSpec(
        target=target,
        source=target,
        source_port=source_port,
        destination_port=port,
        ttl=3,
        sequence=sequence,
        protocol=protocol,
    )


def answer(probes: ProbeSocket, probe: ProbeSpec) -> Reply:
    """Send one probe, and take the one answer."""
    (sent,) = probes.send([probe])
    assert sent.error is None
    (reply,) = probes.receive(time.monotonic() + 2)
    assert reply.received_ns is not None
    assert 0 <= reply.received_ns - sent.sent_ns < 2e9
    assert (reply.responder, reply.target, reply.sequence, reply.protocol) == (
        probe.target,
        probe.target,
        probe.sequence,
        probe.protocol,
    )
    assert (reply.source_port, reply.destination_port) == (
        probe.source_port,
        probe.destination_port,
    )
    return reply


def test_a_closed_port_is_a_reset(probes: ProbeSocket, target: IPAddress, free_port: int) -> None:
    reply = answer(probes, spec(target, Protocol.TCP, free_port))
    assert (reply.kind, reply.icmp_type) == (ReplyKind.RST, None)


def test_an_open_port_is_a_connection_that_is_reset_at_once(
    probes: ProbeSocket, target: IPAddress
) -> None:
    with listening(target) as server:
        probe = spec(target, Protocol.TCP, server.getsockname()[1])
        assert answer(probes, probe).kind is ReplyKind.SYN_ACK
        guest, _ = server.accept()
        with guest, pytest.raises(ConnectionResetError):
            guest.recv(1)
        # The same flow may be asked again: its 5-tuple is free.
        again = replace(probe, sequence=0x777)
        assert answer(probes, again).kind is ReplyKind.SYN_ACK


def test_nobody_at_a_udp_port_is_port_unreachable(
    probes: ProbeSocket, target: IPAddress, free_port: int
) -> None:
    reply = answer(probes, spec(target, Protocol.UDP, free_port))
    assert (reply.kind, reply.reply_ttl) == (ReplyKind.UNREACHABLE, 64)
    assert reply.is_from_target


def test_a_datagram_that_echoes_a_probe_answers_it(probes: ProbeSocket) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(2)
        probe = replace(spec(LOOPBACK[0], Protocol.UDP, server.getsockname()[1]), size=100)
        probes.send([probe])
        content, sender = server.recvfrom(2048)
        assert len(content) == 100 - 28
        assert sender[1] == probe.source_port
        server.sendto(b"who are you?", sender)  # says nothing of which probe it answers
        server.sendto(content, sender)
        (reply,) = probes.receive(time.monotonic() + 2)
    assert (reply.kind, reply.sequence) == (ReplyKind.UDP_REPLY, probe.sequence)


def test_errors_of_earlier_datagrams_do_not_keep_the_next_one(
    probes: ProbeSocket, target: IPAddress, free_port: int
) -> None:
    probe = spec(target, Protocol.UDP, free_port)
    several = [replace(probe, sequence=number) for number in range(1, 6)]
    assert [sent.error for sent in probes.send(several)] == [None] * 5
    found: set[int | None] = set()
    until_s = time.monotonic() + 2
    while len(found) < 5 and time.monotonic() < until_s:
        found |= {reply.sequence for reply in probes.receive(until_s)}
    assert found == {1, 2, 3, 4, 5}


def test_an_echo_is_answered_where_this_user_may_send_one(
    probes: ProbeSocket, target: IPAddress
) -> None:
    if Protocol.ICMP not in probes.traits.protocols:
        pytest.skip("net.ipv4.ping_group_range leaves this user out")
    reply = answer(probes, spec(target, Protocol.ICMP, 0))
    assert reply.kind is ReplyKind.ECHO_REPLY


def test_a_further_probe_of_a_flow_ends_the_wait_for_the_one_before(probes: ProbeSocket) -> None:
    """Also where the kernel still works on it: the listener's queue is full, so it keeps silent."""
    with socket.socket() as server, socket.socket() as guest, socket.socket() as other:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for filling in (guest, other):
            filling.settimeout(0)
            filling.connect_ex(server.getsockname())
        probe = spec(LOOPBACK[0], Protocol.TCP, server.getsockname()[1])
        sent = probes.send([probe, replace(probe, sequence=5), replace(probe, sequence=6)])
        assert [one.error for one in sent] == [None] * 3
        assert probes.receive(time.monotonic() + 0.05) == ()


def test_a_silent_syn_is_given_up_before_the_kernel_would_send_it_again() -> None:
    assert SYN_LIFE_S < 1.0  # RFC 6298 section 2.1


def test_what_the_kernel_refuses_is_said(probes: ProbeSocket) -> None:
    foreign = replace(spec(LOOPBACK[0], Protocol.TCP, 25), source=ip_address("198.18.0.99"))
    (sent,) = probes.send([foreign])
    assert sent.error == "cannot send to 127.0.0.1: Cannot assign requested address"


def test_more_targets_than_a_process_may_have_files_open(probes: ProbeSocket) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = spec(LOOPBACK[0], Protocol.UDP, 9)
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (len(list(Path("/proc/self/fd").iterdir())) + 2, hard)
    )
    try:
        sent = probes.send([replace(few, source_port=port) for port in range(61000, 61010)])
        assert [one.error for one in sent] == [None] * 10
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_it_says_what_it_cannot_do(probes: ProbeSocket) -> None:
    traits = probes.traits
    assert traits.name == "unprivileged"
    assert traits.serial == traits.completes == {Protocol.TCP}
    assert any("bare ACK" in words for words in traits.unseen)


def test_elsewhere_the_message_names_the_other_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(PrivilegeError, match="system engine"), open_unprivileged():
        pass


@given(st.binary(max_size=200), ancillaries)
def test_odd_messages_of_the_queue_never_raise(
    quote: bytes, ancillary: list[tuple[int, int, bytes]]
) -> None:
    error = read_error(quote, ancillary)
    if error is not None:
        error.reply(spec(LOOPBACK[0], Protocol.UDP, 9), 1)
    assert stamp_and_ttl([])[1] is None


def time_exceeded(probe: ProbeSpec, said: bytes) -> bytes:
    """An ICMP error about a datagram with a label stack behind it (RFC 4884, RFC 4950)."""
    quote = bytes.fromhex("4500002000004000011100007f0000017f000001")
    quote += struct.pack("!HHHH", probe.source_port, probe.destination_port, 12, 0)
    quote = (quote + said).ljust(128, b"\0")
    added = bytes((0x20, 0, 0, 0)) + struct.pack("!HBBI", 8, 1, 1, 24001 << 12 | 1 << 8 | 7)
    added = added[:2] + struct.pack("!H", checksum(added)) + added[4:]
    message = bytes((11, 0, 0, 0, 0, 32, 0, 0)) + quote + added
    return message[:2] + struct.pack("!H", checksum(message)) + message[4:]


@pytest.mark.lab
def test_a_routers_label_stack_is_seen(probes: ProbeSocket) -> None:
    """Played on loopback by a raw socket: routers of the lab have no labels."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent,
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as router,
    ):
        silent.bind(("127.0.0.1", 0))
        router.bind(("127.0.0.9", 0))
        probe = spec(LOOPBACK[0], Protocol.UDP, silent.getsockname()[1])
        probes.send([probe])
        router.sendto(time_exceeded(probe, silent.recv(64)), ("127.0.0.1", 0))
        (reply,) = probes.receive(time.monotonic() + 2)
    assert (reply.kind, reply.responder) == (ReplyKind.TIME_EXCEEDED, ip_address("127.0.0.9"))
    assert (reply.sequence, reply.reply_ttl) == (probe.sequence, 64)
    assert [(label.label, label.ttl, label.bottom) for label in reply.mpls] == [(24001, 7, True)]
