"""Linux tells an ordinary user of ICMP errors: the error queue of a socket (ip(7), recv(2)).

With IP_RECVERR or IPV6_RECVERR set, whatever ICMP error quotes a packet of this socket is kept for
it: who sent it, type, code, and the quote from its transport header on (of UDP from its payload
on). The same options that name TTL and time of ordinary datagrams name those of the error. The
quoted IP header is not handed out.
"""

import socket
import struct
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from mxpath.model.address import IPAddress
from mxpath.model.probe import ProbeSpec, Reply, ReplyKind
from mxpath.vantage import linux
from mxpath.vantage.answers import error_kind
from mxpath.vantage.icmp_extensions import interfaces, labels

_TIMESPEC = struct.Struct("@ll")
_EXTENDED_ERROR = struct.Struct("@IBBBBIHBB")
"""struct sock_extended_err, its last word read as struct sock_ee_data_rfc4884 (linux/errqueue.h)."""
_PACKET_OCTETS, _ANCILLARY_OCTETS = 65535, 512

Ancillary = list[tuple[int, int, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedError:
    """An ICMP error about a packet of ours."""

    responder: IPAddress
    icmp_type: int
    icmp_code: int
    info: int
    """The next hop's MTU, where the packet was too big."""
    quote: bytes
    """What it quotes, from where the kernel starts to show it."""
    extension_at: int | None
    """Where in the quote an extension structure begins (RFC 4884), checked by the kernel."""
    received_ns: int
    reply_ttl: int | None

    @property
    def kind(self) -> ReplyKind | None:
        """What it says; ``None`` for what says nothing of a path, a source quench for one."""
        return error_kind(self.responder.version, self.icmp_type, self.icmp_code)

    def reply(self, spec: ProbeSpec, sequence: int) -> Reply | None:
        """Return the answer that it is, to the probe of that number of the flow of ``spec``."""
        if self.kind is None:
            return None
        return Reply(
            kind=self.kind,
            responder=self.responder,
            target=spec.target,
            source_port=spec.source_port,
            destination_port=spec.destination_port,
            sequence=sequence,
            received_ns=self.received_ns,
            protocol=spec.protocol,
            reply_ttl=self.reply_ttl,
            icmp_type=self.icmp_type,
            icmp_code=self.icmp_code,
            mtu=(self.info or None) if self.kind is ReplyKind.PACKET_TOO_BIG else None,
            mpls=() if self.extension_at is None else labels(self.quote, self.extension_at),
            interfaces=()
            if self.extension_at is None
            else interfaces(self.quote, self.extension_at),
        )


def ask_for_errors(way: socket.socket) -> None:
    """Have errors kept for this socket, with their TTL, time and extensions.

    Raises
    ------
    OSError
        When the kernel has no error queue.
    """
    six = way.family == socket.AF_INET6
    level = socket.IPPROTO_IPV6 if six else socket.IPPROTO_IP
    way.setsockopt(level, linux.IPV6_RECVERR if six else linux.IP_RECVERR, 1)
    way.setsockopt(level, socket.IPV6_RECVHOPLIMIT if six else linux.IP_RECVTTL, 1)
    way.setsockopt(socket.SOL_SOCKET, linux.SO_TIMESTAMPNS, 1)
    try:
        way.setsockopt(level, linux.IPV6_RECVERR_RFC4884 if six else linux.IP_RECVERR_RFC4884, 1)
    except OSError:
        return  # a kernel before 5.9: errors come without


def queued_errors(way: socket.socket) -> Iterator[QueuedError]:
    """Take the ICMP errors that have come; those of this host itself are left out."""
    while True:
        try:
            quote, ancillary, _, _ = way.recvmsg(
                _PACKET_OCTETS, _ANCILLARY_OCTETS, linux.MSG_ERRQUEUE
            )
        except OSError:
            return
        found = read_error(quote, ancillary)
        if found is not None:
            yield found


def read_error(quote: bytes, ancillary: Ancillary) -> QueuedError | None:
    """Read one message of an error queue; ``None`` for what is no ICMP error."""
    received_ns, reply_ttl = stamp_and_ttl(ancillary)
    for level, kind, data in ancillary:
        if (level, kind) not in _ERROR_MESSAGES or len(data) < _EXTENDED_ERROR.size:
            continue
        _, origin, icmp_type, code, _, info, length, flags, _ = _EXTENDED_ERROR.unpack_from(data)
        responder = _offender(data[_EXTENDED_ERROR.size :])
        if responder is None or origin != _ORIGIN[responder.version]:
            continue
        return QueuedError(
            responder=responder,
            icmp_type=icmp_type,
            icmp_code=code,
            info=info,
            quote=quote,
            extension_at=length if 0 < length < len(quote) and not flags else None,
            received_ns=received_ns,
            reply_ttl=reply_ttl,
        )
    return None


_ERROR_MESSAGES = {
    (socket.IPPROTO_IP, linux.IP_RECVERR),
    (socket.IPPROTO_IPV6, linux.IPV6_RECVERR),
}
_ORIGIN = {4: linux.SO_EE_ORIGIN_ICMP, 6: linux.SO_EE_ORIGIN_ICMP6}


def _offender(address: bytes) -> IPAddress | None:
    """Read the struct sockaddr that follows the error: SO_EE_OFFENDER."""
    if len(address) < 8:
        return None
    family = int.from_bytes(address[:2], sys.byteorder)
    if family == socket.AF_INET:
        return IPv4Address(address[4:8])
    return IPv6Address(address[8:24]) if family == socket.AF_INET6 and len(address) >= 24 else None


def stamp_and_ttl(ancillary: Ancillary) -> tuple[int, int | None]:
    """Kernel's time stamp (CLOCK_REALTIME), or else the time now, and TTL or hop limit."""
    received_ns, ttl = time.time_ns(), None
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, linux.SCM_TIMESTAMPNS):
            seconds, nanoseconds = _TIMESPEC.unpack_from(data)
            received_ns = seconds * 1_000_000_000 + nanoseconds
        elif (level, kind) in _TTL_MESSAGES:
            ttl = int.from_bytes(data[:4], sys.byteorder)
    return received_ns, ttl


_TTL_MESSAGES = {
    (socket.IPPROTO_IP, socket.IP_TTL),
    (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT),
}
