"""The unprivileged engine: probes as an ordinary user of Linux may send them.

The law
-------
1. A TCP probe is a ``connect()`` that does not wait, from the flow's own source port, with a TTL.
   The kernel writes the SYN: options and sequence number are its own, and a reply names its probe
   by the socket it came on. There is one connection of one 5-tuple at a time: a further probe of
   a flow ends the wait for the one before.
2. The kernel sends a SYN again after a second (RFC 6298 section 2.1), and nobody would know which
   of the two was answered: the socket is closed before.
3. The probe that reaches the target completes a connection, which is reset at once (SO_LINGER
   with 0 s). A reset leaves nothing behind: no greeting is sent to nobody, the server keeps no
   state, and the flow's 5-tuple is free for its next probe; after a FIN it would be in TIME-WAIT
   for a minute. It is what the kernel does to the half-open connections of the raw engine too.
   The price: where the reset overtakes ``accept()`` the server's log has no name for its guest.
4. UDP and ICMP have one socket a flow, and any number of probes under way: the quote of an error,
   and the payload of an echo, bring back the number. Of ICMP the kernel writes the checksum, and
   the identifier is the one to which the socket is bound.
5. The IPv6 flow label is 0: the kernel's own is drawn anew for every connection, and a balancer
   that looks at it would send the probes of one flow different ways.
"""

import errno
import os
import select
import socket
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address

from mxpath.errors import PrivilegeError
from mxpath.model.address import IPAddress
from mxpath.model.probe import ProbeSpec, Protocol, Reply, ReplyKind
from mxpath.vantage import linux
from mxpath.vantage.error_queue import ask_for_errors, queued_errors, stamp_and_ttl
from mxpath.vantage.ports import EngineTraits, ProbeSocket, Sent
from mxpath.vantage.sources import SourceFinder, describe

SYN_LIFE_S = 0.9
"""How long a SYN is waited for: law 2."""
UNSEEN = (
    "TTL, DSCP and IP-ID of a probe as it arrived where it died",
    "tcp: the TTL of the target's own answer, bare ACKs, duplicates, answers later than"
    f" {SYN_LIFE_S:g} s",
)
_FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
_ICMP = {4: socket.IPPROTO_ICMP, 6: socket.IPPROTO_ICMPV6}
_ECHO_REQUEST, _ECHO_REPLY = {4: 8, 6: 128}, {4: 0, 6: 129}
_HEADERS = {4: 20, 6: 40}
_NOW_RESET = struct.pack("@ii", 1, 0)  # struct linger: on, 0 s
_TRIES = 4
"""Pending errors of earlier probes that may stand between a datagram and its way out."""
_PENDING = {
    errno.ECONNREFUSED,
    errno.EHOSTUNREACH,
    errno.ENETUNREACH,
    errno.EMSGSIZE,
    errno.EACCES,
    errno.EPROTO,
    errno.ENOPROTOOPT,
    errno.EHOSTDOWN,
    errno.EOPNOTSUPP,
}

_Flow = tuple[IPAddress, int, int, Protocol]


@contextmanager
def open_unprivileged(source: tuple[IPAddress, ...] = ()) -> Iterator[ProbeSocket]:
    """Open the unprivileged engine.

    Parameters
    ----------
    source
        Addresses of this host to send from, at most one for each family.

    Raises
    ------
    PrivilegeError
        When the system is not Linux, or its sockets have no error queue.
    """
    if sys.platform != "linux":
        raise PrivilegeError(
            "the unprivileged engine needs the error queue of Linux's sockets, which this system"
            " does not have: choose the system engine, or the scapy engine as root"
        )
    allowed = {
        (version, protocol)
        for version in (4, 6)
        for protocol in Protocol
        if _may_open(version, protocol)
    }
    if not allowed:
        raise PrivilegeError("the sockets of this system have no error queue")
    probes = UnprivilegedSocket(allowed, SourceFinder(source))
    try:
        yield probes
    finally:
        probes.rest()


def _may_open(version: int, protocol: Protocol) -> bool:
    try:
        _open(version, protocol).close()
    except OSError:
        return False
    return True


def _open(version: int, protocol: Protocol) -> socket.socket:
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
        way.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if protocol is Protocol.TCP:
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


def _set_ttl(way: socket.socket, ttl: int) -> None:
    if way.family == socket.AF_INET:
        way.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
    else:
        way.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, ttl)


@dataclass(slots=True)
class _Way:
    """A socket of one flow, with the latest probe that left by it."""

    socket: socket.socket
    spec: ProbeSpec
    sent_ns: int
    ends_s: float | None = None
    """Of TCP: when it is closed at the latest."""

    @property
    def flow(self) -> _Flow:
        return _flow_of(self.spec)


def _flow_of(spec: ProbeSpec) -> _Flow:
    return spec.target, spec.source_port, spec.destination_port, spec.protocol


class UnprivilegedSocket:
    """Probes of an ordinary user; satisfies :class:`mxpath.vantage.ports.ProbeSocket`.

    Parameters
    ----------
    allowed
        IP versions and protocols for which this user may open sockets.
    sources
        Chooses our own addresses.
    """

    def __init__(self, allowed: set[tuple[int, Protocol]], sources: SourceFinder) -> None:
        self._sources = sources
        self._versions = {version for version, _ in allowed}
        self._ways: dict[_Flow, _Way] = {}
        self._by_descriptor: dict[int, _Way] = {}
        self._poll = select.poll()
        self._early: list[Reply] = []
        self.traits = EngineTraits(
            name="unprivileged",
            protocols=frozenset(protocol for _, protocol in allowed),
            serial=frozenset({Protocol.TCP}),
            completes=frozenset({Protocol.TCP}),
            unseen=UNSEEN,
        )

    def source_for(self, target: IPAddress) -> IPAddress | None:
        """The address the kernel would use towards ``target``; ``None`` without a route."""
        return self._sources.find(target) if target.version in self._versions else None

    def send(self, probes: Sequence[ProbeSpec]) -> Sequence[Sent]:
        """Put probes on the wire; what the kernel refuses is said in the result."""
        return tuple(self._send(probe) for probe in probes)

    def _send(self, probe: ProbeSpec) -> Sent:
        self._end_old()
        try:
            if probe.protocol is Protocol.TCP:
                sent_ns = self._connect(probe)
            else:
                sent_ns = self._tell(probe)
        except OSError as error:
            return Sent(sent_ns=time.time_ns(), error=describe(error, probe.target))
        return Sent(sent_ns=sent_ns)

    # TCP: a connection a probe.

    def _connect(self, probe: ProbeSpec) -> int:
        self._close(self._ways.get(_flow_of(probe)))
        way = self._bound(probe)
        sent_ns = way.sent_ns = time.time_ns()
        way.ends_s = time.monotonic() + SYN_LIFE_S
        code = way.socket.connect_ex((str(probe.target), probe.destination_port))
        if code in (0, errno.EINPROGRESS):
            self._poll.register(way.socket, select.POLLOUT | select.POLLERR)
            return sent_ns
        reply = _tcp_answer(way, code)  # this very host answers before the call is over
        self._close(way)
        if reply is None:
            raise OSError(code, os.strerror(code))
        self._early.append(reply)
        return sent_ns

    def _end_old(self) -> None:
        """Close connections before their SYN would be sent again."""
        now_s = time.monotonic()
        for way in list(self._ways.values()):
            if way.ends_s is not None and way.ends_s <= now_s:
                self._close(way)

    # UDP and ICMP: a socket a flow.

    def _tell(self, probe: ProbeSpec) -> int:
        way = self._ways.get(_flow_of(probe))
        if way is None:
            way = self._bound(probe)
            way.socket.connect((str(probe.target), probe.destination_port))
            self._poll.register(way.socket, select.POLLIN | select.POLLERR)
        way.spec = probe
        _set_ttl(way.socket, probe.ttl)
        content = _content(probe)
        for left in reversed(range(_TRIES)):
            sent_ns = time.time_ns()
            try:
                way.socket.send(content)
            except OSError as error:
                # What became of an earlier probe is told here too, once, instead of sending.
                if not left or error.errno not in _PENDING:
                    raise
            else:
                break
        return sent_ns

    # Both.

    def _bound(self, probe: ProbeSpec) -> _Way:
        opened = _open(probe.target.version, probe.protocol)
        way = _Way(opened, probe, time.time_ns())
        try:
            _set_ttl(opened, probe.ttl)
            opened.bind((str(probe.source), probe.source_port))
        except OSError:
            opened.close()
            raise
        self._ways[way.flow] = self._by_descriptor[opened.fileno()] = way
        return way

    def _close(self, way: _Way | None) -> None:
        if way is None:
            return
        descriptor = way.socket.fileno()
        with suppress(KeyError):
            self._poll.unregister(descriptor)
        del self._by_descriptor[descriptor], self._ways[way.flow]
        if way.spec.protocol is Protocol.TCP:
            with suppress(OSError):
                way.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NOW_RESET)
        way.socket.close()

    def rest(self) -> None:
        """Close what the probes of a finished trace have left open."""
        for way in list(self._ways.values()):
            self._close(way)
        self._early.clear()

    def receive(self, until_s: float) -> Sequence[Reply]:
        """Wait for answers until ``until_s``; see the port."""
        while True:
            self._end_old()
            ends = [way.ends_s for way in self._ways.values() if way.ends_s is not None]
            now_s = time.monotonic()
            wake_s = now_s if self._early else min((until_s, *ends))
            ready = self._poll.poll(max(0.0, wake_s - now_s) * 1e3)
            replies, self._early = self._early, []
            for descriptor, _ in ready:
                replies += self._hear(self._by_descriptor[descriptor])
            if replies or time.monotonic() >= until_s:
                return tuple(replies)

    def _hear(self, way: _Way) -> list[Reply]:
        if way.spec.protocol is not Protocol.TCP:
            return [*_errors(way), *_datagrams(way)]
        reply = _tcp_answer(way, way.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
        self._close(way)
        return [] if reply is None else [reply]


def _content(probe: ProbeSpec) -> bytes:
    """What is handed to the kernel: the number and its complement, so that sums stay the same."""
    number = struct.pack("!HH", probe.sequence, probe.sequence ^ 0xFFFF)
    version = probe.target.version
    if probe.protocol is Protocol.UDP:
        padding = (probe.size or 0) - _HEADERS[version] - 8 - len(number)
        return number + bytes(max(0, padding))
    head = struct.pack("!BBHH", _ECHO_REQUEST[version], 0, 0, probe.source_port)
    padding = (probe.size or 0) - _HEADERS[version] - len(head) - len(number)
    return head + number + bytes(max(0, padding))


def _tcp_answer(way: _Way, code: int) -> Reply | None:
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


def _own_answer(way: _Way, kind: ReplyKind, received_ns: int) -> Reply:
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


def _errors(way: _Way) -> Iterator[Reply]:
    at = 0 if way.spec.protocol is Protocol.UDP else 6  # an echo's number follows its identifier
    for error in queued_errors(way.socket):
        number = _number(error.quote, at)
        reply = None if number is None else error.reply(way.spec, number)
        if reply is not None:
            yield reply


def _datagrams(way: _Way) -> Iterator[Reply]:
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
