"""The raw engine: probes and answers through Linux raw sockets (CAP_NET_RAW).

Two sockets send: IPv4 and IPv6 packets leave as we wrote them, header included. Six receive:
ICMP, TCP and UDP of both families, filtered in the kernel, stamped by the kernel with CLOCK_REALTIME
(the clock that the sending stamp is read from, right before the system call). Raw sockets get
copies: the kernel's own TCP sees the SYN/ACK too, knows no such connection and answers RST, which
closes what the probe half opened.

A family that this host does not have is left out; the other one works on.
"""

import errno
import select
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from ipaddress import IPv6Address

from mxpath.errors import PrivilegeError
from mxpath.model.address import IPAddress
from mxpath.model.probe import ProbeSpec, Reply
from mxpath.vantage import linux
from mxpath.vantage.bpf import Instruction, attachment, icmp_answers, tcp_answers, udp_answers
from mxpath.vantage.packets import (
    ICMP,
    TCP,
    UDP,
    decode,
    decode_icmp,
    decode_tcp,
    decode_udp,
    encode,
)
from mxpath.vantage.ports import EngineTraits, ProbeSocket, Sent
from mxpath.vantage.privilege import ADVICE
from mxpath.vantage.sources import SourceFinder, describe

LOWEST_PORT = 61000
"""Our source ports and ICMP identifiers start here, above the ports that Linux draws for its own
connections."""
_FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
_BUFFER_OCTETS = 1 << 20
_DRAIN_LIMIT = 256
"""Packets taken from one socket before the next one has its turn."""
_TIMESPEC = struct.Struct("@ll")
_NO_FAMILY = {errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT, errno.ENOPROTOOPT}


@contextmanager
def open_raw(source: tuple[IPAddress, ...] = ()) -> Iterator[ProbeSocket]:
    """Open the raw engine.

    Parameters
    ----------
    source
        Addresses of this host to send from, at most one for each family; the kernel chooses
        where there is none.

    Raises
    ------
    PrivilegeError
        When this user may not open raw sockets, or the system is not Linux.
    """
    if sys.platform != "linux":
        raise PrivilegeError("the raw engine needs Linux; choose the scapy engine here")
    with ExitStack() as stack:
        senders, receivers = {}, []
        for version in (4, 6):
            try:
                senders[version] = stack.enter_context(_open_sender(version))
                receivers += [
                    stack.enter_context(_Receiver(version, protocol))
                    for protocol in (ICMP[version], TCP, UDP)
                ]
            except PermissionError as error:
                raise PrivilegeError(f"this user may not open raw sockets: {ADVICE}") from error
            except OSError as error:
                if error.errno not in _NO_FAMILY:
                    raise
                senders.pop(version, None)
        yield RawSocket(senders, receivers, SourceFinder(source))


def _open_sender(version: int) -> socket.socket:
    sender = socket.socket(_FAMILY[version], socket.SOCK_RAW, socket.IPPROTO_RAW)
    try:
        if version == 4:
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_HDRINCL, 1)
        else:
            sender.setsockopt(socket.IPPROTO_IPV6, linux.IPV6_HDRINCL, 1)
        ignore_path_mtu(sender, version)
    except OSError:
        sender.close()
        raise
    return sender


def ignore_path_mtu(sender: socket.socket, version: int) -> None:
    """Let packets leave that are larger than what the kernel has heard of the path.

    Else the kernel would answer a large probe itself, out of its memory, and the router not at all.
    """
    if version == 4:
        sender.setsockopt(socket.IPPROTO_IP, linux.IP_MTU_DISCOVER, linux.PMTUDISC_PROBE)
    else:
        sender.setsockopt(socket.IPPROTO_IPV6, linux.IPV6_MTU_DISCOVER, linux.PMTUDISC_PROBE)


class _Receiver(socket.socket):
    """A raw socket that delivers possible answers only, each with the kernel's stamp."""

    def __init__(self, version: int, protocol: int) -> None:
        super().__init__(_FAMILY[version], socket.SOCK_RAW, protocol)
        self.version = version
        self.protocol = protocol
        program, self._part = _READING.get(protocol, (icmp_answers, decode_icmp))
        try:
            self._filter(program(version, LOWEST_PORT))
            self.setblocking(False)  # noqa: FBT003 - the method has no other signature
            self.setsockopt(socket.SOL_SOCKET, linux.SO_TIMESTAMPNS, 1)
            self.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_OCTETS)
            if version == 6:
                self.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
        except OSError:
            self.close()
            raise

    def _filter(self, program: list[Instruction]) -> None:
        packed, _memory = attachment(program)
        self.setsockopt(socket.SOL_SOCKET, linux.SO_ATTACH_FILTER, packed)

    def drain(self) -> Iterator[Reply]:
        """Take what has arrived; what is no answer is dropped."""
        for _ in range(_DRAIN_LIMIT):
            try:
                packet, ancillary, _, sender = self.recvmsg(65535, 256)
            except OSError:
                return  # nothing more, or an error of the network that is no answer
            reply = self._decode(packet, ancillary, sender[0])
            if reply is not None:
                yield reply

    def _decode(
        self, packet: bytes, ancillary: list[tuple[int, int, bytes]], sender: str
    ) -> Reply | None:
        received_ns, hop_limit = _read_ancillary(ancillary)
        if self.version == 4:
            return decode(packet, received_ns)
        source = _sender(sender)
        return self._part(packet, source, reply_ttl=hop_limit, received_ns=received_ns)


_Program = Callable[[int, int], list[Instruction]]
_READING: dict[int, tuple[_Program, Callable[..., Reply | None]]] = {
    TCP: (tcp_answers, decode_tcp),
    UDP: (udp_answers, decode_udp),
}
"""Protocol number to the kernel's filter, and who reads what comes through it."""


@lru_cache(maxsize=4096)
def _sender(text: str) -> IPv6Address:
    """Return the address in the kernel's words; parsing costs as much as all else of a packet."""
    return IPv6Address(text.partition("%")[0])


@lru_cache(maxsize=4096)
def _words(target: IPAddress) -> str:
    return str(target)


def _read_ancillary(ancillary: list[tuple[int, int, bytes]]) -> tuple[int, int | None]:
    """Kernel's time stamp, or else the time now, and the hop limit of IPv6."""
    received_ns, hop_limit = time.time_ns(), None
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, linux.SCM_TIMESTAMPNS):
            seconds, nanoseconds = _TIMESPEC.unpack_from(data)
            received_ns = seconds * 1_000_000_000 + nanoseconds
        elif (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT):
            hop_limit = int.from_bytes(data[:4], sys.byteorder)
    return received_ns, hop_limit


class RawSocket:
    """Sends and receives through raw sockets; satisfies :class:`mxpath.vantage.ports.ProbeSocket`."""

    def __init__(
        self,
        senders: dict[int, socket.socket],
        receivers: Sequence[_Receiver],
        sources: SourceFinder,
    ) -> None:
        self._senders = senders
        self._receivers = {receiver.fileno(): receiver for receiver in receivers}
        self._sources = sources
        self.traits = EngineTraits(name="raw")
        self._poll = select.poll()
        for descriptor in self._receivers:
            self._poll.register(descriptor, select.POLLIN)

    def source_for(self, target: IPAddress) -> IPAddress | None:
        """The address the kernel would use towards ``target``; ``None`` without a route."""
        return self._sources.find(target) if target.version in self._senders else None

    def send(self, probes: Sequence[ProbeSpec]) -> Sequence[Sent]:
        """Put probes on the wire; what the kernel refuses is said in the result."""
        return tuple(self._send(probe) for probe in probes)

    def _send(self, probe: ProbeSpec) -> Sent:
        packet = encode(probe)
        sent_ns = time.time_ns()
        try:
            self._senders[probe.target.version].sendto(packet, (_words(probe.target), 0))
        except OSError as error:
            return Sent(sent_ns=sent_ns, error=describe(error, probe.target))
        return Sent(sent_ns=sent_ns)

    def receive(self, until_s: float) -> Sequence[Reply]:
        """Wait for answers until ``until_s``; see the port."""
        while True:
            left_s = until_s - time.monotonic()
            ready = self._poll.poll(max(0.0, left_s) * 1e3)
            replies = [reply for fd, _ in ready for reply in self._receivers[fd].drain()]
            if replies or left_s <= 0:
                return tuple(replies)
