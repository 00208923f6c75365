"""SYNs in, replies out: whole IP packets as bytes, pure functions without a socket.

The law
-------
1. A probe is a TCP SYN as a mail server would send it: DF set, an MSS option, checksums right.
   Everything that a load balancer may hash (addresses, ports, protocol, and in IPv6 the flow
   label) is the same for all probes of a flow; only TTL, sequence number and IP-ID differ.
2. The sequence number names the probe. Every ICMP error quotes it (RFC 792: the IP header and
   8 octets), and the target's own answer carries it plus one. The IPv4 identification repeats its
   upper half, a second opinion where a middlebox rewrites sequence numbers.
3. Decoding never raises. What is malformed, foreign or says nothing about a SYN is ``None``:
   a RST without ACK, for one, acknowledges no probe (RFC 9293 section 3.10.7).
4. Checksums of what came back are not looked at: the kernel has checked IP and ICMPv6, and TCP
   from this very machine may carry none yet (checksum offload).
"""

import struct
import zlib
from ipaddress import IPv4Address, IPv6Address

from mxpath.model.address import IPAddress
from mxpath.model.probe import ProbeSpec, Reply, ReplyKind

TCP = 6
ICMP = {4: 1, 6: 58}
_WINDOW = 64240
_MSS = {4: 1460, 6: 1440}
_FIN, _SYN, _RST, _ACK = 0x01, 0x02, 0x04, 0x10
_DONT_FRAGMENT = 0x4000
_OFFSET_4 = 0x1FFF
_MIN_QUOTE = 8
"""Octets of TCP that an ICMP error has to quote: the ports and the sequence number."""
_CHAIN_LIMIT = 8
"""IPv6 extension headers that are walked before a packet counts as malformed."""


def encode_syn(spec: ProbeSpec) -> bytes:
    """Build the whole IP packet of a probe, checksums included."""
    segment = _syn(spec)
    pseudo = _pseudo_header(spec, len(segment))
    segment = segment[:16] + struct.pack("!H", checksum(pseudo + segment)) + segment[18:]
    return (_header_4 if spec.target.version == 4 else _header_6)(spec, len(segment)) + segment


def flow_label(spec: ProbeSpec) -> int:
    """IPv6 flow label, 1 ... 2**20 - 1, from the addresses and ports alone (RFC 6437)."""
    ports = struct.pack("!HH", spec.source_port, spec.destination_port)
    mixed: int = zlib.crc32(spec.source.packed + spec.target.packed + ports)
    return mixed % 0xFFFFF + 1


def identification(spec: ProbeSpec) -> int:
    """IPv4 identification: the upper half of the sequence number."""
    return spec.sequence >> 16 & 0xFFFF


def checksum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071) of ``data``."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def _syn(spec: ProbeSpec) -> bytes:
    return struct.pack(
        "!HHIIBBHHHBBH",
        spec.source_port,
        spec.destination_port,
        spec.sequence,
        0,
        6 << 4,
        _SYN,
        _WINDOW,
        0,
        0,
        2,
        4,
        _MSS[spec.target.version],
    )


def _pseudo_header(spec: ProbeSpec, length: int) -> bytes:
    ends = spec.source.packed + spec.target.packed
    return ends + struct.pack("!HH" if spec.target.version == 4 else "!II", TCP, length)


def _header_4(spec: ProbeSpec, length: int) -> bytes:
    before = struct.pack(
        "!BBHHHBB", 0x45, 0, 20 + length, identification(spec), _DONT_FRAGMENT, spec.ttl, TCP
    )
    ends = spec.source.packed + spec.target.packed
    return before + struct.pack("!H", checksum(before + ends)) + ends


def _header_6(spec: ProbeSpec, length: int) -> bytes:
    start = struct.pack("!IHBB", 6 << 28 | flow_label(spec), length, TCP, spec.ttl)
    return start + spec.source.packed + spec.target.packed


def decode(packet: bytes, received_ns: int) -> Reply | None:
    """Decode a whole IP packet that came back.

    Parameters
    ----------
    packet
        From the first octet of the IP header.
    received_ns
        When it arrived, CLOCK_REALTIME.
    """
    found = _unwrap(packet)
    if found is None:
        return None
    protocol, ends, ttl, payload = found
    part = {TCP: decode_tcp, ICMP[ends[0].version]: decode_icmp}.get(protocol)
    return part and part(payload, ends[0], reply_ttl=ttl, received_ns=received_ns)


def decode_tcp(
    segment: bytes, source: IPAddress, *, reply_ttl: int | None, received_ns: int
) -> Reply | None:
    """Decode a TCP segment from ``source``: SYN/ACK, bare ACK or RST, else ``None``."""
    if len(segment) < 20:
        return None
    far, near, _, acknowledged, _, flags = struct.unpack_from("!HHIIBB", segment)
    kind = _tcp_kind(flags)
    if kind is None:
        return None
    return Reply(
        kind=kind,
        responder=source,
        target=source,
        source_port=near,
        destination_port=far,
        sequence=(acknowledged - 1) % 2**32,
        received_ns=received_ns,
        reply_ttl=reply_ttl,
    )


def _tcp_kind(flags: int) -> ReplyKind | None:
    if not flags & _ACK or flags & _FIN:
        return None
    if flags & _RST:
        return ReplyKind.RST
    return ReplyKind.SYN_ACK if flags & _SYN else ReplyKind.ACK


def decode_icmp(
    message: bytes, source: IPAddress, *, reply_ttl: int | None, received_ns: int
) -> Reply | None:
    """Decode an ICMP error (RFC 792, RFC 1191) or ICMPv6 error (RFC 4443) that quotes a TCP segment.

    The family is that of ``source``.
    """
    if len(message) < 8:
        return None
    icmp_type, code, _, mtu = struct.unpack_from("!BBHI", message)
    kinds = _KINDS[source.version]
    kind = kinds.get((icmp_type, code)) or kinds.get((icmp_type, None))
    quote = _unwrap(message[8:])
    if kind is None or quote is None:
        return None
    protocol, (near, far), quoted_ttl, segment = quote
    if protocol != TCP or len(segment) < _MIN_QUOTE or near.version != source.version:
        return None
    source_port, destination_port, sequence = struct.unpack_from("!HHI", segment)
    return Reply(
        kind=kind,
        responder=source,
        target=far,
        source_port=source_port,
        destination_port=destination_port,
        sequence=sequence,
        received_ns=received_ns,
        reply_ttl=reply_ttl,
        quoted_ttl=quoted_ttl,
        icmp_type=icmp_type,
        icmp_code=code,
        mtu=_mtu(kind, mtu, source.version),
    )


_KINDS: dict[int, dict[tuple[int, int | None], ReplyKind]] = {
    4: {
        (11, 0): ReplyKind.TIME_EXCEEDED,
        (3, 4): ReplyKind.PACKET_TOO_BIG,
        (3, None): ReplyKind.UNREACHABLE,
    },
    6: {
        (3, 0): ReplyKind.TIME_EXCEEDED,
        (2, None): ReplyKind.PACKET_TOO_BIG,
        (1, None): ReplyKind.UNREACHABLE,
    },
}
"""ICMP type and code; the code ``None`` stands for all others."""


def _mtu(kind: ReplyKind, field: int, version: int) -> int | None:
    """Next-hop MTU; IPv4 has it in the lower half, and 0 from routers older than RFC 1191."""
    if kind is not ReplyKind.PACKET_TOO_BIG:
        return None
    return (field & 0xFFFF if version == 4 else field) or None


_Unwrapped = tuple[int, tuple[IPAddress, IPAddress], int, bytes]
"""Protocol, (source, destination), TTL and payload of an IP packet."""


def _unwrap(packet: bytes) -> _Unwrapped | None:
    version = packet[0] >> 4 if packet else 0
    return {4: _unwrap_4, 6: _unwrap_6}.get(version, lambda _: None)(packet)


def _unwrap_4(packet: bytes) -> _Unwrapped | None:
    length = (packet[0] & 0xF) * 4
    if length < 20 or len(packet) < length:
        return None
    offset, ttl, protocol = struct.unpack_from("!HBB", packet, 6)
    if offset & _OFFSET_4:
        return None
    ends = IPv4Address(packet[12:16]), IPv4Address(packet[16:20])
    return protocol, ends, ttl, packet[length:]


def _unwrap_6(packet: bytes) -> _Unwrapped | None:
    if len(packet) < 40:
        return None
    ends = IPv6Address(packet[8:24]), IPv6Address(packet[24:40])
    protocol, at = packet[6], 40
    for _ in range(_CHAIN_LIMIT):
        if protocol not in _EXTENSIONS:
            return protocol, ends, packet[7], packet[at:]
        if len(packet) < at + 8 or (protocol == _FRAGMENT and _is_later_fragment(packet, at)):
            return None
        protocol, at = packet[at], at + _extension_length(protocol, packet[at + 1])
    return None


_HOP_BY_HOP, _ROUTING, _FRAGMENT, _AUTHENTICATION, _DESTINATION = 0, 43, 44, 51, 60
_EXTENSIONS = {_HOP_BY_HOP, _ROUTING, _FRAGMENT, _AUTHENTICATION, _DESTINATION}


def _extension_length(protocol: int, field: int) -> int:
    """Octets of an extension header (RFC 8200 section 4; RFC 4302 section 2.2)."""
    if protocol == _FRAGMENT:
        return 8
    return (field + 2) * 4 if protocol == _AUTHENTICATION else (field + 1) * 8


def _is_later_fragment(packet: bytes, at: int) -> bool:
    return bool(struct.unpack_from("!H", packet, at + 2)[0] & 0xFFF8)
