"""Packets of the played network as bytes: reading probes, writing answers.

Written apart from ``vantage.packets`` on purpose: what one side encodes wrongly
the other side refuses, so every simulated trace tests the wire format too.
Formats: RFC 791, RFC 8200, RFC 9293, RFC 792, RFC 4443, RFC 1071.
"""

import struct
from dataclasses import dataclass
from enum import IntFlag
from ipaddress import ip_address

from mxpath.model.address import IPAddress

TCP = 6
UDP = 17
ICMP_PROTOCOL = {4: 1, 6: 58}
_START_TTL = 64
_ECHO_REQUEST, _ECHO_REPLY = {4: 8, 6: 128}, {4: 0, 6: 129}
_LARGEST_ERROR = {4: 576, 6: 1280}
"""Octets of a packet with an ICMP error (RFC 1812 section 4.3.2.3; RFC 4443 section 2.4)."""


class TcpFlag(IntFlag):
    """Flags of a TCP segment (RFC 9293 section 3.1)."""

    SYN = 0x02
    RST = 0x04
    ACK = 0x10


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A SYN, a datagram or an echo request, as a router or a host sees it."""

    packet: bytes
    source: IPAddress
    target: IPAddress
    protocol: int
    ttl: int
    body: bytes
    """What follows the IP header."""
    source_port: int = 0
    """ICMP has no ports."""
    target_port: int = 0
    sequence: int = 0
    """Of TCP."""


_QUOTED_BEFORE_MORE = 128
"""Octets of quote before extensions (RFC 4884 section 4.1)."""


def checksum(data: bytes) -> int:
    """Return the Internet checksum: 16-bit words are summed modulo 0xFFFF (RFC 1071)."""
    even = data + b"\0" * (len(data) % 2)
    return -int.from_bytes(even, "big") % 0xFFFF


def read_probe(packet: bytes) -> Seen | None:
    """Read an IP packet that carries a probe; ``None`` for anything else or a wrong checksum."""
    if len(packet) < 28:
        return None
    if packet[0] == 0x45:
        sound = checksum(packet[:20]) == 0 and struct.unpack_from("!H", packet, 2)[0] == len(packet)
        ttl, protocol, source, target, start = (
            packet[8],
            packet[9],
            packet[12:16],
            packet[16:20],
            20,
        )
    elif packet[0] >> 4 == 6 and len(packet) >= 48:
        sound = struct.unpack_from("!H", packet, 4)[0] == len(packet) - 40
        ttl, protocol, source, target, start = packet[7], packet[6], packet[8:24], packet[24:40], 40
    else:
        return None
    body = packet[start:]
    if not sound or not _is_probe(protocol, body, len(source)):
        return None
    pseudo = b"" if protocol == 1 else _pseudo_header(source, target, protocol, len(body))
    if checksum(pseudo + body) != 0:
        return None
    has_ports = protocol in (TCP, UDP)
    source_port, target_port = struct.unpack_from("!HH", body) if has_ports else (0, 0)
    return Seen(
        packet=packet,
        source=ip_address(source),
        target=ip_address(target),
        protocol=protocol,
        ttl=ttl,
        body=body,
        source_port=source_port,
        target_port=target_port,
        sequence=struct.unpack_from("!I", body, 4)[0] if protocol == TCP else 0,
    )


def _is_probe(protocol: int, body: bytes, octets: int) -> bool:
    """Whether it is a SYN, a datagram with a checksum, or an echo request of that family."""
    if protocol == TCP:
        return len(body) >= 20 and body[13] == TcpFlag.SYN
    if protocol == UDP:
        return struct.unpack_from("!H", body, 4)[0] == len(body) and body[6:8] != b"\0\0"
    version = 4 if octets == 4 else 6
    return protocol == ICMP_PROTOCOL[version] and body[:2] == bytes((_ECHO_REQUEST[version], 0))


def tcp_answer(
    seen: Seen, flags: TcpFlag, *, sequence: int, acknowledged: int, steps: int
) -> bytes:
    """Write the answer of a TCP endpoint after it was forwarded by ``steps`` routers."""
    ports = struct.pack("!HH", seen.target_port, seen.source_port)
    numbers = struct.pack("!II", sequence, acknowledged)
    rest = struct.pack("!BBHHH", 5 << 4, flags, 0 if flags & TcpFlag.RST else 64240, 0, 0)
    segment = ports + numbers + rest
    pseudo = _pseudo_header(seen.target.packed, seen.source.packed, TCP, len(segment))
    segment = segment[:16] + struct.pack("!H", checksum(pseudo + segment)) + segment[18:]
    return _ip(seen.target, seen.source, TCP, segment, steps)


def echo_answer(seen: Seen, *, steps: int) -> bytes:
    """Write the answer to an echo request: all that it carried (RFC 792, RFC 4443)."""
    version = seen.source.version
    message = bytes((_ECHO_REPLY[version], 0, 0, 0)) + seen.body[4:]
    return _icmp(seen.target, seen.source, message, steps)


def icmp_error(  # noqa: PLR0913 - what a router knows when it answers
    seen: Seen,
    responder: IPAddress,
    kind: tuple[int, int],
    *,
    quoted_ttl: int,
    steps: int,
    field: int = 0,
    octets: int | None = None,
    added: bytes = b"",
    length_said: bool = True,
) -> bytes:
    """Write an ICMP error of ``kind`` (type, code) that quotes a probe as it arrived.

    Parameters
    ----------
    seen, responder, kind
        The probe, who answers, and what.
    quoted_ttl
        TTL with which the probe arrived.
    steps
        How many routers forward the answer.
    field
        The word behind the checksum: the MTU of a next hop.
    octets
        What is quoted beyond the IP header; ``None`` for all that fits.
    added
        Extensions, which follow 128 octets of quote.
    length_said
        Whether the message says where they begin (RFC 4884).
    """
    version = seen.source.version
    space = _LARGEST_ERROR[version] - (28 if version == 4 else 48)
    if octets is not None:
        space = octets + (20 if version == 4 else 40)
    quote = _with_ttl(seen.packet, quoted_ttl)[:space]
    if added:
        quote = quote[:_QUOTED_BEFORE_MORE].ljust(_QUOTED_BEFORE_MORE, b"\0") + added
        # In words of four octets, at the second place; of eight, at the first.
        field |= length_said * (32 << 16 if version == 4 else 16 << 24)
    return _icmp(responder, seen.source, struct.pack("!BBHI", *kind, 0, field) + quote, steps)


def _icmp(source: IPAddress, target: IPAddress, message: bytes, steps: int) -> bytes:
    protocol = ICMP_PROTOCOL[source.version]
    pseudo = b""
    if source.version == 6:
        pseudo = _pseudo_header(source.packed, target.packed, protocol, len(message))
    message = message[:2] + struct.pack("!H", checksum(pseudo + message)) + message[4:]
    return _ip(source, target, protocol, message, steps)


def _with_ttl(packet: bytes, ttl: int) -> bytes:
    """Return the packet with the TTL it had when it arrived, header checksum kept right."""
    if packet[0] >> 4 == 6:
        return packet[:7] + bytes([ttl]) + packet[8:]
    header = packet[:8] + bytes([ttl]) + packet[9:10] + b"\0\0" + packet[12:20]
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + packet[20:]


def _pseudo_header(source: bytes, target: bytes, protocol: int, length: int) -> bytes:
    numbers = struct.pack("!HH" if len(source) == 4 else "!II", protocol, length)
    # Protocol and length lie in the low octets of their fields in both families.
    return source + target + numbers


def _ip(source: IPAddress, target: IPAddress, protocol: int, payload: bytes, steps: int) -> bytes:
    ttl, ends = _START_TTL - steps, source.packed + target.packed
    if source.version == 6:
        return struct.pack("!IHBB", 6 << 28, len(payload), protocol, ttl) + ends + payload
    front = struct.pack("!BBHHHBB", 0x45, 0, 20 + len(payload), 0, 0x4000, ttl, protocol)
    return front + struct.pack("!H", checksum(front + b"\0\0" + ends)) + ends + payload
