"""The scapy engine: the same port by scapy's own sockets, slower and easier to read.

scapy's layers build every probe and dissect every answer, so this engine is a second opinion on
``packets.py`` and ``raw.py``. ICMP extensions and the extension headers of IPv6 quotes are read by our
own modules: scapy looks for the former at 128 octets alone and does not check their sum, and loses its
way in some of the latter. On Linux it sends through the kernel's routing table; elsewhere
scapy's own sockets choose the interface. It sees every IP packet of the machine and dissects
them in Python: on a busy server take the raw engine.

Only this module imports scapy, and whoever does not choose this engine never loads it.
"""

import select
import socket
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from ipaddress import ip_address

from scapy.config import conf
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPerror
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    ICMPv6EchoReply,
    ICMPv6EchoRequest,
    ICMPv6PacketTooBig,
    ICMPv6TimeExceeded,
    IPerror6,
    IPv6,
)
from scapy.packet import Packet, Raw
from scapy.supersocket import SuperSocket

from mxpath.errors import PrivilegeError
from mxpath.model.address import IPAddress
from mxpath.model.probe import ProbeSpec, Protocol, Reply, ReplyKind
from mxpath.vantage.icmp_extensions import extensions_at, interfaces, labels
from mxpath.vantage.ip_headers import unwrap
from mxpath.vantage.packets import checksum, flow_label, identification
from mxpath.vantage.ports import EngineTraits, ProbeSocket, Sent
from mxpath.vantage.privilege import ADVICE
from mxpath.vantage.raw import ignore_path_mtu
from mxpath.vantage.sources import SourceFinder, describe

_TURN_S = 0.05
"""Longest time in which packets of other programs are dissected without a look at the clock."""


@contextmanager
def open_portable(source: tuple[IPAddress, ...] = ()) -> Iterator[ProbeSocket]:
    """Open the scapy engine.

    Parameters
    ----------
    source
        Addresses of this host to send from, at most one for each family.

    Raises
    ------
    PrivilegeError
        When this user may not open raw sockets.
    """
    with ExitStack() as stack:
        try:
            sockets = {v: stack.enter_context(closing(_open(v))) for v in _versions()}
        except PermissionError as error:
            raise PrivilegeError(
                f"this user may not open the sockets that scapy needs: {ADVICE}"
            ) from error
        yield PortableSocket(sockets, SourceFinder(source))


def _versions() -> tuple[int, ...]:
    return (4, 6) if socket.has_ipv6 else (4,)


def _open(version: int) -> SuperSocket:
    if sys.platform == "linux":
        from scapy.supersocket import L3RawSocket, L3RawSocket6  # noqa: PLC0415 - Linux only

        way = L3RawSocket() if version == 4 else L3RawSocket6()
        if way.outs is not None:
            ignore_path_mtu(way.outs, version)
        return way
    return conf.L3socket() if version == 4 else conf.L3socket6()


def build(spec: ProbeSpec) -> Packet:
    """Build a probe from scapy's layers; byte for byte what ``encode`` writes."""
    src, dst = str(spec.source), str(spec.target)
    inner = _INNER[spec.protocol](spec)
    outer: Packet
    if spec.target.version == 4:
        outer = IP(src=src, dst=dst, ttl=spec.ttl, id=identification(spec), flags="DF")
    else:
        outer = IPv6(src=src, dst=dst, hlim=spec.ttl, fl=flow_label(spec))
    packet = outer / inner
    if spec.size is not None and spec.protocol is not Protocol.TCP:
        packet.lastlayer().load += bytes(max(0, spec.size - len(packet)))
    return packet


def _syn(spec: ProbeSpec) -> Packet:
    return TCP(
        sport=spec.source_port,
        dport=spec.destination_port,
        seq=spec.sequence,
        flags="S",
        window=64240,
        options=[("MSS", 1460 if spec.target.version == 4 else 1440)],
    )


def _datagram(spec: ProbeSpec) -> Packet:
    number = struct.pack("!HH", spec.sequence, 0xFFFF - spec.sequence)
    return UDP(sport=spec.source_port, dport=spec.destination_port) / Raw(number)


def _echo(spec: ProbeSpec) -> Packet:
    kind = ICMP if spec.target.version == 4 else ICMPv6EchoRequest
    complement = struct.pack("!H", 0xFFFF - spec.sequence)
    return kind(id=spec.source_port, seq=spec.sequence) / Raw(complement)


_INNER = {Protocol.TCP: _syn, Protocol.UDP: _datagram, Protocol.ICMP: _echo}


def dissect(packet: Packet, received_ns: int) -> Reply | None:
    """Read an answer from scapy's layers; ``None`` for whatever is none."""
    if not isinstance(packet, IP | IPv6):
        return None
    if isinstance(packet.payload, ICMP) and checksum(packet.payload.original):
        return None
    kind = _error_kind(packet)
    if kind is not None:
        return _read_error(packet, kind, received_ns)
    for layer, reader in _OWN_ANSWERS.items():
        answer = packet.getlayer(layer)
        if answer is not None:
            return reader(packet, answer, received_ns)
    return None


def _read_segment(packet: Packet, segment: Packet, received_ns: int) -> Reply | None:
    kind = _segment_kind(str(segment.flags))
    if kind is None:
        return None
    source = ip_address(packet.src)
    return Reply(
        kind=kind,
        responder=source,
        target=source,
        source_port=segment.dport,
        destination_port=segment.sport,
        sequence=(segment.ack - 1) % 2**32,
        received_ns=received_ns,
        reply_ttl=_ttl(packet),
    )


def _read_datagram(packet: Packet, datagram: Packet, received_ns: int) -> Reply | None:
    if not 8 <= datagram.len <= len(datagram.original):
        return None
    source = ip_address(packet.src)
    return Reply(
        kind=ReplyKind.UDP_REPLY,
        responder=source,
        target=source,
        source_port=datagram.dport,
        destination_port=datagram.sport,
        sequence=_number(datagram.original[8:]),
        received_ns=received_ns,
        protocol=Protocol.UDP,
        reply_ttl=_ttl(packet),
    )


def _read_echo(packet: Packet, message: Packet, received_ns: int) -> Reply | None:
    sequence = _number(message.original[6:])
    if (message.type, message.code) not in {(0, 0), (129, 0)} or sequence is None:
        return None
    source = ip_address(packet.src)
    return Reply(
        kind=ReplyKind.ECHO_REPLY,
        responder=source,
        target=source,
        source_port=message.id,
        destination_port=0,
        sequence=sequence,
        received_ns=received_ns,
        protocol=Protocol.ICMP,
        reply_ttl=_ttl(packet),
        icmp_type=message.type,
        icmp_code=message.code,
    )


_OWN_ANSWERS = {
    TCP: _read_segment,
    UDP: _read_datagram,
    ICMP: _read_echo,
    ICMPv6EchoReply: _read_echo,
}


def _number(data: bytes) -> int | None:
    """A probe's number, where its complement follows it."""
    number, complement = data[:2], data[2:4]
    whole = len(complement) == 2 and all(
        a ^ b == 0xFF for a, b in zip(number, complement, strict=True)
    )
    return int.from_bytes(number, "big") if whole else None


def _segment_kind(flags: str) -> ReplyKind | None:
    if "A" not in flags or "F" in flags:
        return None
    if "R" in flags:
        return ReplyKind.RST
    return ReplyKind.SYN_ACK if "S" in flags else ReplyKind.ACK


def _error_kind(packet: Packet) -> ReplyKind | None:
    if packet.haslayer(ICMPv6PacketTooBig):
        return ReplyKind.PACKET_TOO_BIG
    if packet.haslayer(ICMPv6DestUnreach):
        return ReplyKind.UNREACHABLE
    if packet.haslayer(ICMPv6TimeExceeded):
        return ReplyKind.TIME_EXCEEDED if packet[ICMPv6TimeExceeded].code == 0 else None
    if not packet.haslayer(ICMP):
        return None
    kind = {(11, 0): ReplyKind.TIME_EXCEEDED, (3, 4): ReplyKind.PACKET_TOO_BIG}
    message = packet[ICMP]
    other = ReplyKind.UNREACHABLE if message.type == 3 else None
    return kind.get((message.type, message.code), other)


def _read_error(packet: Packet, kind: ReplyKind, received_ns: int) -> Reply | None:
    quote = packet.getlayer(IPerror) or packet.getlayer(IPerror6)
    if quote is None or quote.underlayer is None or quote.version != packet.version:
        return None
    message, is_v4 = quote.underlayer, isinstance(quote, IPerror)
    added_at = extensions_at(message.original, 4 if is_v4 else 6)
    named = _name(quote, *_carried(quote, message.original[8:added_at]))
    if named is None:
        return None
    protocol, source_port, destination_port, sequence, quoted_checksum = named
    return Reply(
        kind=kind,
        responder=ip_address(packet.src),
        target=ip_address(quote.dst),
        source_port=source_port,
        destination_port=destination_port,
        sequence=sequence,
        received_ns=received_ns,
        protocol=protocol,
        reply_ttl=_ttl(packet),
        quoted_ttl=_ttl(quote),
        quoted_id=quote.id if is_v4 else None,
        quoted_tos=quote.tos if is_v4 else quote.tc,
        quoted_checksum=quoted_checksum,
        icmp_type=message.type,
        icmp_code=message.code,
        mtu=_mtu(message) if kind is ReplyKind.PACKET_TOO_BIG else None,
        mpls=() if added_at is None else labels(message.original, added_at),
        interfaces=() if added_at is None else interfaces(message.original, added_at),
    )


_Name = tuple[Protocol, int, int, int, int | None]


def _carried(quote: Packet, content: bytes) -> tuple[int | None, bytes]:
    """Protocol number and octets of what a quoted packet carries; a later fragment tells neither."""
    if isinstance(quote, IPerror):
        # Routers may quote no more than eight octets, which scapy does not take for TCP.
        return (None, b"") if quote.frag else (quote.proto, bytes(quote.payload))
    found = unwrap(content)
    return (None, b"") if found is None else (found.protocol, found.payload)


def _name(quote: Packet, protocol: int | None, body: bytes) -> _Name | None:
    """Protocol, ports, number and transport checksum of the probe that an error quotes."""
    if protocol is None or len(body) < 8:
        return None
    one, two, three, four = struct.unpack_from("!HHHH", body)
    if protocol == socket.IPPROTO_TCP:
        whole = len(body) >= 18 and body[12]  # else it is padding
        quoted = int.from_bytes(body[16:18], "big") if whole else None
        return Protocol.TCP, one, two, three << 16 | four, quoted
    if protocol == socket.IPPROTO_UDP:
        number, foreign = _number(body[8:]), _is_foreign(body[8:])
        if number is None and isinstance(quote, IPerror) and not foreign:
            number = quote.id
        return None if number is None else (Protocol.UDP, one, two, number, four)
    request = {socket.IPPROTO_ICMP: 0x0800, socket.IPPROTO_ICMPV6: 0x8000}.get(protocol)
    foreign = _is_foreign(body[6:])
    right = isinstance(quote, IPerror) == (protocol == socket.IPPROTO_ICMP)
    if one != request or not right or foreign:
        return None
    return Protocol.ICMP, three, 0, four, two


def _is_foreign(data: bytes) -> bool:
    """Whether something else than a number's complement, or padding, is there."""
    whole = len(data) >= 4 and data[2:4] != b"\0\0"
    return whole and _number(data) is None


def _ttl(packet: Packet) -> int:
    ttl: int = packet.ttl if isinstance(packet, IP) else packet.hlim
    return ttl


def _mtu(message: Packet) -> int | None:
    return (message.nexthopmtu if isinstance(message, ICMP) else message.mtu) or None


class PortableSocket:
    """Sends and receives by scapy; satisfies :class:`mxpath.vantage.ports.ProbeSocket`."""

    def __init__(self, sockets: dict[int, SuperSocket], sources: SourceFinder) -> None:
        self._sockets = sockets
        self._sources = sources
        self.traits = EngineTraits(name="scapy")

    def source_for(self, target: IPAddress) -> IPAddress | None:
        """The address the kernel would use towards ``target``; ``None`` without a route."""
        return self._sources.find(target) if target.version in self._sockets else None

    def send(self, probes: Sequence[ProbeSpec]) -> Sequence[Sent]:
        """Put probes on the wire; what the kernel refuses is said in the result."""
        return tuple(self._send(probe) for probe in probes)

    def _send(self, probe: ProbeSpec) -> Sent:
        packet, way = build(probe), self._sockets[probe.target.version]
        content = bytes(packet)
        sent_ns = time.time_ns()
        try:
            if way.outs is not None and sys.platform == "linux":
                # scapy's own send would log an error of the kernel and go on without it.
                way.outs.sendto(content, (str(probe.target), 0))
            else:
                way.send(packet)
        except OSError as error:
            return Sent(sent_ns=sent_ns, error=describe(error, probe.target))
        return Sent(sent_ns=sent_ns)

    def receive(self, until_s: float) -> Sequence[Reply]:
        """Wait for answers until ``until_s``; see the port."""
        while True:
            left_s = until_s - time.monotonic()
            ready, _, _ = select.select(list(self._sockets.values()), (), (), max(0.0, left_s))
            replies = [reply for way in ready for reply in _drain(way)]
            if replies or left_s <= 0:
                return tuple(replies)


def _drain(way: SuperSocket) -> Iterator[Reply]:
    """Take what has arrived."""
    end_s = time.monotonic() + _TURN_S
    while time.monotonic() < end_s and select.select([way], (), (), 0)[0]:
        packet = way.recv()
        if packet is None:
            continue
        inner = packet if isinstance(packet, IP | IPv6) else packet.payload
        reply = dissect(inner, int(packet.time * 10**9))
        if reply is not None:
            yield reply
