"""Packets as bytes for the worlds of wires: reading probes, writing what answers them.

Written apart from ``mxpath.vantage.packets`` on purpose, as is the lab's wire: a field that one
side gets wrong the other side does not understand. Formats: RFC 791, RFC 8200, RFC 9293, RFC 768,
RFC 792, RFC 4443, RFC 4884, RFC 4950, RFC 1071.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from mxpath.model.address import IPAddress

TCP, UDP = 6, 17
ICMP = {4: 1, 6: 58}
SYN, RST, ACK = 0x02, 0x04, 0x10
_ECHO = {4: 8, 6: 128}
_ECHO_REPLY = {4: 0, 6: 129}
_ROUTER_ALERT = b"\x94\x04\0\0"
"""An IPv4 option (RFC 2113): the header gets a sixth word."""
_EXTENSIONS = {
    "hop-by-hop": (0, b"\0\x05\x02\0\0\x01\0"),
    "destination": (60, b"\0\x01\x04\0\0\0\0"),
    "fragment": (44, b"\0\0\0\0\0\0\x07"),
    "routing": (43, b"\0\xfd\0\0\0\0\0"),
    "authentication": (51, b"\x04" + bytes(22)),
}
"""IPv6 extension headers by name: number, and what follows the octet that names the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A probe as those on its way see it."""

    packet: bytes
    source: IPAddress
    target: IPAddress
    ttl: int
    protocol: int
    tos: int
    label: int
    """IPv6 flow label; 0 in IPv4."""
    body: bytes
    """Transport header and payload."""

    @property
    def version(self) -> int:
        return self.source.version

    @property
    def ports(self) -> tuple[int, int]:
        """Source and destination port; of ICMP: the identifier, and 0."""
        near, far = struct.unpack_from("!HH", self.body, 0 if self.protocol in (TCP, UDP) else 4)
        return near, far if self.protocol in (TCP, UDP) else 0

    @property
    def sequence(self) -> int:
        """What tells a probe from others of its flow.

        TCP sequence number; sequence number of an echo request; identification and payload of a
        datagram.
        """
        if self.protocol == UDP:
            return int.from_bytes(self.packet[4:6] * (self.version == 4) + self.body[8:], "big")
        at, form = (4, "!I") if self.protocol == TCP else (6, "!H")
        number: int = struct.unpack_from(form, self.body, at)[0]
        return number

    @property
    def number(self) -> int:
        """What the tracer calls the probe: its sequence number, or that of the datagram."""
        if self.protocol != UDP:
            return self.sequence
        number: int = struct.unpack_from("!H", self.body, 8)[0]
        return number

    @property
    def hashed(self) -> tuple[object, ...]:
        """All that a load balancer may hash: it makes the flow."""
        first = self.body[:4] if self.protocol in (TCP, UDP) else self.body[:6]
        return self.source, self.target, self.protocol, self.tos, self.label, first


def checksum(data: bytes) -> int:
    """The Internet checksum: words are summed modulo 0xFFFF."""
    return -int.from_bytes(data + b"\0" * (len(data) % 2), "big") % 0xFFFF


def read_probe(packet: bytes) -> Seen:
    """Read a probe, and insist on every length and checksum."""
    if packet[0] >> 4 == 4:
        assert packet[0] == 0x45
        assert struct.unpack_from("!H", packet, 2)[0] == len(packet)
        assert checksum(packet[:20]) == 0
        ends, start = (packet[12:16], packet[16:20]), 20
        ttl, protocol, tos, label = packet[8], packet[9], packet[1], 0
    else:
        assert struct.unpack_from("!H", packet, 4)[0] == len(packet) - 40
        ends, start = (packet[8:24], packet[24:40]), 40
        first = struct.unpack_from("!I", packet)[0]
        ttl, protocol, tos, label = packet[7], packet[6], first >> 20 & 0xFF, first & 0xFFFFF
    seen = Seen(
        packet=packet,
        source=ip_address(ends[0]),
        target=ip_address(ends[1]),
        ttl=ttl,
        protocol=protocol,
        tos=tos,
        label=label,
        body=packet[start:],
    )
    assert _is_sound(seen)
    return seen


def _is_sound(seen: Seen) -> bool:
    if checksum(_pseudo(seen.source, seen.target, seen.protocol, seen.body) + seen.body):
        return False
    if seen.protocol == TCP:
        return seen.body[13] == SYN and len(seen.body) >= 20
    if seen.protocol == UDP:
        return bool(struct.unpack_from("!H", seen.body, 4)[0] == len(seen.body))
    return seen.protocol == ICMP[seen.version] and seen.body[0] == _ECHO[seen.version]


def _pseudo(source: IPAddress, target: IPAddress, protocol: int, body: bytes) -> bytes:
    if protocol == ICMP[4]:
        return b""
    return source.packed + target.packed + struct.pack("!HH", protocol, len(body))


_CHECKSUM_AT = {TCP: 16, UDP: 6, ICMP[4]: 2, ICMP[6]: 2}


def summed(source: IPAddress, target: IPAddress, protocol: int, body: bytes) -> bytes:
    """Return a transport packet with its checksum put right."""
    at = _CHECKSUM_AT[protocol]
    blank = body[:at] + b"\0\0" + body[at + 2 :]
    right = checksum(_pseudo(source, target, protocol, blank) + blank)
    return body[:at] + struct.pack("!H", right or 0xFFFF * (protocol == UDP)) + body[at + 2 :]


def ip_packet(
    source: IPAddress,
    target: IPAddress,
    protocol: int,
    body: bytes,
    *,
    ttl: int = 64,
    extensions: Sequence[str] = (),
) -> bytes:
    """Write an IP packet around a transport packet, whose checksum is put right."""
    body = summed(source, target, protocol, body)
    ends = source.packed + target.packed
    if source.version == 6:
        packet = struct.pack("!IHBB", 6 << 28, len(body), protocol, ttl) + ends + body
        return with_extensions(packet, extensions)
    front = struct.pack("!BBHHHBB", 0x45, 0, 20 + len(body), 0, 0, ttl, protocol)
    return front + struct.pack("!H", checksum(front + b"\0\0" + ends)) + ends + body


def tcp_answer(seen: Seen, flags: int, *, acknowledged: int, sequence: int = 7_000_000) -> bytes:
    """Write what a TCP endpoint says to a SYN."""
    near, far = seen.ports
    window = 0 if flags & RST else 64240
    number = 0 if flags & RST else sequence
    return struct.pack(
        "!HHIIBBHHH", far, near, number, acknowledged % 2**32, 5 << 4, flags, window, 0, 0
    )


def echo_reply(seen: Seen) -> bytes:
    """Write the reply to an echo request."""
    return bytes([_ECHO_REPLY[seen.version]]) + seen.body[1:]


def udp_answer(seen: Seen, payload: bytes) -> bytes:
    """Write a datagram from the port that was probed."""
    near, far = seen.ports
    return struct.pack("!HHHH", far, near, 8 + len(payload), 0) + payload


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteStyle:
    """How a router quotes the packet that died."""

    octets: int | None = None
    """Of the transport packet; ``None`` for all of it."""
    router_alert: bool = False
    """The IPv4 header had an option when it arrived."""
    extensions: tuple[str, ...] = ()
    """Names of IPv6 extension headers that it had."""
    mpls: tuple[tuple[int, int, int], ...] = ()
    """Label, traffic class and TTL of each entry of the stack."""


def icmp_error(
    kind: tuple[int, int], packet: bytes, *, style: QuoteStyle, mtu: int = 0, version: int
) -> bytes:
    """Write an ICMP error, checksum still 0."""
    quote = _quote(packet, style)
    if not style.mpls:
        return struct.pack("!BBHI", *kind, 0, mtu) + quote
    quote = quote.ljust(128, b"\0")  # RFC 4884 section 5.1
    words = len(quote) // 4 << 16 if version == 4 else len(quote) // 8 << 24
    return struct.pack("!BBHI", *kind, 0, words | mtu) + quote + _mpls(style.mpls)


def _mpls(stack: Sequence[tuple[int, int, int]]) -> bytes:
    last = len(stack) - 1
    entries = b"".join(
        struct.pack("!I", label << 12 | traffic << 9 | (at == last) << 8 | ttl)
        for at, (label, traffic, ttl) in enumerate(stack)
    )
    objects = struct.pack("!HBB", 4 + len(entries), 1, 1) + entries
    return struct.pack("!BBH", 0x20, 0, checksum(b"\x20\0\0\0" + objects)) + objects


def _quote(packet: bytes, style: QuoteStyle) -> bytes:
    start = 20 if packet[0] >> 4 == 4 else 40
    octets = len(packet) - start if style.octets is None else style.octets
    cut = packet[: start + octets]
    if style.router_alert:
        header = b"\x46" + cut[1:10] + b"\0\0" + cut[12:20] + _ROUTER_ALERT
        cut = header[:10] + struct.pack("!H", checksum(header)) + header[12:] + cut[20:]
    return with_extensions(cut, style.extensions)


def with_extensions(packet: bytes, names: Sequence[str]) -> bytes:
    """Put IPv6 extension headers between the header and what follows it."""
    following, chain = packet[6], b""
    for name in reversed(names):
        number, rest = _EXTENSIONS[name]
        following, chain = number, bytes([following]) + rest + chain
    if not names:
        return packet
    length = struct.pack("!H", len(packet) - 40 + len(chain))
    return packet[:4] + length + bytes([following]) + packet[7:40] + chain + packet[40:]


def with_ttl(packet: bytes, ttl: int) -> bytes:
    """Return a packet with another TTL, header checksum kept right."""
    if packet[0] >> 4 == 6:
        return packet[:7] + bytes([ttl]) + packet[8:]
    header = packet[:8] + bytes([ttl]) + packet[9:10] + b"\0\0" + packet[12:20]
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + packet[20:]


def rewritten(
    packet: bytes,
    *,
    source: IPAddress | None = None,
    target: IPAddress | None = None,
    source_port: int | None = None,
    sequence_add: int = 0,
    identification: int | None = None,
    tos: int | None = None,
) -> bytes:
    """Return a packet as a middlebox leaves it behind, checksums right."""
    seen = read_probe(packet)
    source, target, body = source or seen.source, target or seen.target, seen.body
    if source_port is not None:
        at = 0 if seen.protocol in (TCP, UDP) else 4
        body = body[:at] + struct.pack("!H", source_port) + body[at + 2 :]
    if sequence_add and seen.protocol == TCP:
        body = body[:4] + struct.pack("!I", (seen.sequence + sequence_add) % 2**32) + body[8:]
    body = summed(source, target, seen.protocol, body)
    ends = source.packed + target.packed
    if seen.version == 6:
        first = 6 << 28 | (seen.tos if tos is None else tos) << 20 | seen.label
        return struct.pack("!I", first) + packet[4:8] + ends + body
    number = packet[4:6] if identification is None else struct.pack("!H", identification)
    tos_octet = packet[1:2] if tos is None else bytes([tos])
    header = packet[:1] + tos_octet + packet[2:4] + number + packet[6:10] + b"\0\0" + ends
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + body


def with_checksum_of(other: bytes, packet: bytes) -> bytes:
    """Return a packet with the transport checksum of another one of the same protocol."""
    start, protocol = (20, packet[9]) if packet[0] >> 4 == 4 else (40, packet[6])
    at = start + _CHECKSUM_AT[protocol]
    return packet[:at] + other[at : at + 2] + packet[at + 2 :]


def numbered(seen: Seen, number: int) -> bytes:
    """Return the probe as it would be under another number: same flow, same checksum."""
    if seen.protocol == TCP:
        return rewritten(
            seen.packet, sequence_add=number - seen.sequence, identification=number >> 16 & 0xFFFF
        )
    at = 8 if seen.protocol == UDP else 6
    body = seen.body[:at] + struct.pack("!HH", number, number ^ 0xFFFF) + seen.body[at + 4 :]
    start = len(seen.packet) - len(seen.body)
    renumbered = seen.packet[:start] + body
    return renumbered if seen.version == 6 else rewritten(renumbered, identification=number)
