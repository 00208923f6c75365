"""Packets of the played network as bytes: reading SYNs, writing answers.

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


class TcpFlag(IntFlag):
    """Flags of a TCP segment (RFC 9293 section 3.1)."""

    SYN = 0x02
    RST = 0x04
    ACK = 0x10


@dataclass(frozen=True, slots=True, kw_only=True)
class Syn:
    """A SYN as a router or a server sees it."""

    packet: bytes
    source: IPAddress
    target: IPAddress
    source_port: int
    target_port: int
    ttl: int
    sequence: int


def checksum(data: bytes) -> int:
    """Return the Internet checksum: 16-bit words are summed modulo 0xFFFF (RFC 1071)."""
    even = data + b"\0" * (len(data) % 2)
    return -int.from_bytes(even, "big") % 0xFFFF


def read_syn(packet: bytes) -> Syn | None:
    """Read an IP packet that carries a SYN; ``None`` for anything else or a wrong checksum."""
    if len(packet) < 40:
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
    elif packet[0] >> 4 == 6:
        sound = struct.unpack_from("!H", packet, 4)[0] == len(packet) - 40
        ttl, protocol, source, target, start = packet[7], packet[6], packet[8:24], packet[24:40], 40
    else:
        return None
    segment = packet[start:]
    if not sound or protocol != TCP or len(segment) < 20 or segment[13] != TcpFlag.SYN:
        return None
    if checksum(_pseudo_header(source, target, TCP, len(segment)) + segment) != 0:
        return None
    source_port, target_port, sequence = struct.unpack_from("!HHI", segment)
    return Syn(
        packet=packet,
        source=ip_address(source),
        target=ip_address(target),
        source_port=source_port,
        target_port=target_port,
        ttl=ttl,
        sequence=sequence,
    )


def tcp_answer(syn: Syn, flags: TcpFlag, *, sequence: int, acknowledged: int, steps: int) -> bytes:
    """Write the answer of a TCP endpoint after it was forwarded by ``steps`` routers."""
    ports = struct.pack("!HH", syn.target_port, syn.source_port)
    numbers = struct.pack("!II", sequence, acknowledged)
    rest = struct.pack("!BBHHH", 5 << 4, flags, 0 if flags & TcpFlag.RST else 64240, 0, 0)
    segment = ports + numbers + rest
    pseudo = _pseudo_header(syn.target.packed, syn.source.packed, TCP, len(segment))
    segment = segment[:16] + struct.pack("!H", checksum(pseudo + segment)) + segment[18:]
    return _ip(syn.target, syn.source, TCP, segment, steps)


def icmp_error(
    syn: Syn, responder: IPAddress, kind: tuple[int, int], *, quoted_ttl: int, steps: int
) -> bytes:
    """Write an ICMP error of ``kind`` (type, code) that quotes the SYN as it arrived."""
    version = syn.source.version
    message = struct.pack("!BBHI", *kind, 0, 0) + _with_ttl(syn.packet, quoted_ttl)
    pseudo = b""
    if version == 6:
        pseudo = _pseudo_header(
            responder.packed, syn.source.packed, ICMP_PROTOCOL[version], len(message)
        )
    message = message[:2] + struct.pack("!H", checksum(pseudo + message)) + message[4:]
    return _ip(responder, syn.source, ICMP_PROTOCOL[version], message, steps)


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
