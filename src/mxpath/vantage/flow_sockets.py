"""Sockets of the unprivileged engine: how one is opened for a flow, and what comes out of it."""

import errno
import socket
import struct
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from mxpath.model.address import IPAddress
from mxpath.model.probe import ProbeSpec, Protocol, Reply, ReplyKind
from mxpath.vantage import linux
from mxpath.vantage.error_queue import ask_for_errors, queued_errors, stamp_and_ttl

_FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
_ICMP = {4: socket.IPPROTO_ICMP, 6: socket.IPPROTO_ICMPV6}
_ECHO_REQUEST, _ECHO_REPLY = {4: 8, 6: 128}, {4: 0, 6: 129}
_HEADERS = {4: 20, 6: 40}

FlowKey = tuple[IPAddress, int, int, Protocol]
"""Target, source port, destination port, protocol."""


def open_way(version: int, protocol: Protocol) -> socket.socket:
    """Open a socket that will be told of errors.

    Raises
    ------
    OSError
        When there is no such family or no error queue, or this user may not send echo requests
        (sysctl ``net.ipv4.ping_group_range``, for both families).
    """
    kind = socket.SOCK_STREAM if protocol is Protocol.TCP else socket.SOCK_DGRAM
    number = _ICMP[version] if protocol is Protocol.ICMP else 0
    way = socket.socket(_FAMILY[version], kind, number)
    try:
        way.setblocking(False)  # noqa: FBT003 - the method has no other signature
        ask_for_errors(way)
        if protocol is Protocol.TCP:
            way.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            way.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, 1)
        elif version == 4:
            way.setsockopt(socket.IPPROTO_IP, linux.IP_MTU_DISCOVER, linux.PMTUDISC_PROBE)
        else:
            way.setsockopt(socket.IPPROTO_IPV6, linux.IPV6_MTU_DISCOVER, linux.PMTUDISC_PROBE)
        if version == 6:
            way.setsockopt(socket.IPPROTO_IPV6, linux.IPV6_AUTOFLOWLABEL, 0)
    except OSError:
        way.close()
        raise
    return way


def set_ttl(way: socket.socket, ttl: int) -> None:
    """Set TTL or hop limit of what leaves from now on."""
    if way.family == socket.AF_INET:
        way.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
    else:
        way.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, ttl)


@dataclass(slots=True)
class Way:
    """A socket of one flow, with the latest probe that left by it."""

    socket: socket.socket
    spec: ProbeSpec
    sent_ns: int
    ends_s: float | None = None
    """Of TCP: when it is closed at the latest."""

    @property
    def flow(self) -> FlowKey:
        """Which one it is."""
        return flow_of(self.spec)


def flow_of(spec: ProbeSpec) -> FlowKey:
    """Return the flow of a probe."""
    return spec.target, spec.source_port, spec.destination_port, spec.protocol


def content_of(probe: ProbeSpec) -> bytes:
    """What is handed to the kernel: the number and its complement, so that sums stay the same."""
    number = struct.pack("!HH", probe.sequence, probe.sequence ^ 0xFFFF)
    version = probe.target.version
    if probe.protocol is Protocol.UDP:
        padding = (probe.size or 0) - _HEADERS[version] - 8 - len(number)
        return number + bytes(max(0, padding))
    head = struct.pack("!BBHH", _ECHO_REQUEST[version], 0, 0, probe.source_port)
    padding = (probe.size or 0) - _HEADERS[version] - len(head) - len(number)
    return head + number + bytes(max(0, padding))


def connection_answer(way: Way, code: int) -> Reply | None:
    """What became of a connection: an ICMP error, open, refused, or nothing of the network."""
    error = next(queued_errors(way.socket), None)
    if error is not None:
        return error.reply(way.spec, way.spec.sequence)
    if code == errno.ECONNREFUSED:
        return _own_answer(way, ReplyKind.RST, time.time_ns())
    if code:
        return None
    info = way.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, linux.TCP_INFO_RTT + 4)
    # The kernel has measured the handshake itself, without the time until we were woken.
    rtt_ns = int.from_bytes(info[linux.TCP_INFO_RTT :], sys.byteorder) * 1000
    now_ns = time.time_ns()
    received_ns = min(now_ns, way.sent_ns + rtt_ns) if rtt_ns else now_ns
    return _own_answer(way, ReplyKind.SYN_ACK, received_ns)


def _own_answer(way: Way, kind: ReplyKind, received_ns: int) -> Reply:
    """Return an answer of the target's own to the latest probe of a flow."""
    return Reply(
        kind=kind,
        responder=way.spec.target,
        target=way.spec.target,
        source_port=way.spec.source_port,
        destination_port=way.spec.destination_port,
        sequence=way.spec.sequence,
        received_ns=received_ns,
        protocol=way.spec.protocol,
    )


def datagram_errors(way: Way) -> Iterator[Reply]:
    """Take the ICMP errors about datagrams and echo requests; the quote names the probe."""
    at = 0 if way.spec.protocol is Protocol.UDP else 6  # an echo's number follows its identifier
    for error in queued_errors(way.socket):
        number = _number(error.quote, at)
        reply = None if number is None else error.reply(way.spec, number)
        if reply is not None:
            yield reply


def datagrams(way: Way) -> Iterator[Reply]:
    """Take what the target itself has sent: an echo's reply, or a datagram that echoes a probe."""
    spec = way.spec
    version = spec.target.version
    while True:
        try:
            content, ancillary, _, sender = way.socket.recvmsg(65535, 512)
        except OSError:
            return
        kind, at = ReplyKind.UDP_REPLY, 0
        if spec.protocol is Protocol.ICMP:
            if content[:2] != bytes((_ECHO_REPLY[version], 0)):
                continue
            kind, at = ReplyKind.ECHO_REPLY, 6
        number = _number(content, at)
        responder = ip_address(sender[0].partition("%")[0])
        if number is None or responder != spec.target:
            continue
        received_ns, reply_ttl = stamp_and_ttl(ancillary)
        yield Reply(
            kind=kind,
            responder=responder,
            target=spec.target,
            source_port=spec.source_port,
            destination_port=spec.destination_port,
            sequence=number,
            received_ns=received_ns,
            protocol=spec.protocol,
            reply_ttl=reply_ttl,
        )


def _number(data: bytes, at: int) -> int | None:
    """Return the probe's number, where its complement follows it; of a short quote, without."""
    if len(data) < at + 2:
        return None
    number = int.from_bytes(data[at : at + 2], "big")
    if len(data) >= at + 4 and int.from_bytes(data[at + 2 : at + 4], "big") ^ number != 0xFFFF:
        return None
    return number
