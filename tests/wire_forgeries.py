"""Packets that strangers and faults put on the wire while a trace runs, made from one of its probes.

``STRANGERS`` name no probe that was sent. ``DAMAGES`` make damaged copies of true answers. Neither may
change what a trace finds.
"""

import struct
from collections.abc import Callable
from ipaddress import ip_address
from random import Random

from mxpath.model.address import IPAddress
from wire_bytes import (
    ACK,
    ICMP,
    RST,
    SYN,
    TCP,
    UDP,
    QuoteStyle,
    Seen,
    checksum,
    echo_reply,
    icmp_error,
    ip_packet,
    numbered,
    read_probe,
    rewritten,
    summed,
    tcp_answer,
    udp_answer,
)
from wire_world import TARGET, Address

Trick = Callable[..., bytes]
"""Makes a packet out of a probe that has left, and ``random``."""
_STRANGER: dict[int, Address] = {4: TARGET[4] + 7, 6: TARGET[6] + 7}
_ERRORS = {4: ((11, 0), (3, 0), (3, 3), (3, 13), (3, 4)), 6: ((3, 0), (1, 0), (1, 4), (2, 0))}
_COOKIE_BITS = {TCP: 20, UDP: 4, ICMP[4]: 4, ICMP[6]: 4}
_ATTEMPT_BITS = 6


def noise(_seen: Seen, random: Random) -> bytes:
    """Any octets at all."""
    return random.randbytes(random.randrange(120))


def noise_in_ip(seen: Seen, random: Random) -> bytes:
    """A sound IP header, and any octets behind it."""
    body = random.randbytes(20 + random.randrange(80))
    protocol = random.choice((TCP, UDP, ICMP[seen.version]))
    return ip_packet(random.choice((seen.target, _router(seen))), seen.source, protocol, body)


def noise_in_quote(seen: Seen, random: Random) -> bytes:
    """An ICMP error whose quote is any octets."""
    kind = random.choice(_ERRORS[seen.version])
    body = struct.pack("!BBHI", *kind, 0, random.getrandbits(32)) + random.randbytes(
        random.randrange(160)
    )
    return ip_packet(_router(seen), seen.source, ICMP[seen.version], body)


def wrong_cookie(seen: Seen, random: Random) -> bytes:
    """An answer to a former probe of the same ports: all is right but the cookie."""
    bits = _COOKIE_BITS[seen.protocol]
    return _answer(_with(seen, seen.number ^ random.randrange(1, 1 << bits)), random)


def wrong_place(seen: Seen, random: Random) -> bytes:
    """The right cookie, and a TTL or an attempt that never left."""
    bits = _COOKIE_BITS[seen.protocol]
    cookie = seen.number & (1 << bits) - 1
    ttl, attempt = random.choice(((0, 0), (60, 0), (63, 63), (1, 50), (seen.ttl, 40)))
    return _answer(_with(seen, (ttl << _ATTEMPT_BITS | attempt) << bits | cookie), random)


def wrong_ports(seen: Seen, random: Random) -> bytes:
    """Answers to somebody else's flow."""
    port = (seen.ports[0] + random.randrange(1, 1000)) % 2**16
    return _answer(read_probe(rewritten(seen.packet, source_port=port)), random)


def wrong_target(seen: Seen, random: Random) -> bytes:
    """The target complains of a probe to somebody else, or somebody else answers for it."""
    other = read_probe(rewritten(seen.packet, target=_STRANGER[seen.version]))
    if random.random() < 0.5:
        return _complaint(other, random, seen.target)
    return _own_answer(other, random)


def later_fragment(seen: Seen, random: Random) -> bytes:
    """A later fragment that begins as an answer does."""
    packet = _answer(seen, random)
    if seen.version == 6:
        return packet[:6] + b"\x2c" + packet[7:40] + packet[6:7] + b"\0\0\x08\0\0\0\1" + packet[40:]
    header = packet[:6] + struct.pack("!H", random.randrange(1, 0x2000)) + packet[8:10] + b"\0\0"
    header += packet[12:20]
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + packet[20:]


def quoted_fragment(seen: Seen, random: Random) -> bytes:
    """An error that quotes a later fragment, which begins as the probe does."""
    kind, packet = random.choice(_ERRORS[seen.version]), seen.packet
    if seen.version == 6:
        quote = (
            packet[:6] + b"\x2c" + packet[7:40] + packet[6:7] + b"\0\0\x08\0\0\0\1" + packet[40:]
        )
    else:
        quote = packet[:6] + struct.pack("!H", random.randrange(1, 0x2000)) + packet[8:]
    body = struct.pack("!BBHI", *kind, 0, 0) + quote
    return ip_packet(_router(seen), seen.source, ICMP[seen.version], body)


def cut_short(seen: Seen, random: Random) -> bytes:
    """An answer that ends before it has named its probe."""
    least = 20 if seen.version == 4 else 40
    return _answer(seen, random)[: random.randrange(least + 7)]


def wrong_length(seen: Seen, random: Random) -> bytes:
    """A header that says it is longer than the packet."""
    packet = _answer(seen, random)
    if seen.version == 4:
        return b"\x4f" + packet[1:59]
    return packet[:6] + b"\0" + packet[7:40] + bytes([packet[6], 255]) + packet[40:]


def other_protocol(seen: Seen, random: Random) -> bytes:
    """An error that quotes the octets of the probe under another protocol's number."""
    wrong = random.choice([number for number in (TCP, UDP, 47, 132) if number != seen.protocol])
    at, start = (9, 20) if seen.version == 4 else (6, 40)
    quote = seen.packet[:at] + bytes([wrong]) + seen.packet[at + 1 : start] + seen.body
    body = struct.pack("!BBHI", *random.choice(_ERRORS[seen.version]), 0, 0) + quote
    return ip_packet(_router(seen), seen.source, ICMP[seen.version], body)


def foreign_payload(seen: Seen, random: Random) -> bytes:
    """An error about a datagram of somebody else's on our very ports; else a wrong cookie."""
    if seen.protocol != UDP:
        return wrong_cookie(seen, random)
    body = seen.body[:8] + random.randbytes(3) + b"\1" + seen.body[12:]
    start = len(seen.packet) - len(seen.body)
    other = rewritten(seen.packet[:start] + summed(seen.source, seen.target, UDP, body))
    return _complaint(read_probe(other), random, _router(seen))


STRANGERS: tuple[Trick, ...] = (
    noise,
    noise_in_ip,
    noise_in_quote,
    wrong_cookie,
    wrong_place,
    wrong_ports,
    wrong_target,
    later_fragment,
    quoted_fragment,
    cut_short,
    wrong_length,
    other_protocol,
    foreign_payload,
)


def flipped(packet: bytes, random: Random) -> bytes | None:
    """One bit turned over in an ICMP message of IPv4.

    The kernel looks at the checksums of IPv4's header and of ICMPv6 before a raw socket gets a copy.
    Those of TCP and UDP nobody can judge here: a link of this very machine may leave them to fill in.
    """
    if packet[0] != 0x45 or packet[9] != ICMP[4]:
        return None
    damaged = bytearray(packet)
    damaged[random.randrange(20, len(packet))] ^= 1 << random.randrange(8)
    return bytes(damaged)


def mistyped(packet: bytes, random: Random) -> bytes | None:
    """Time Exceeded of IPv4 with one bit of its type turned over: Destination Unreachable (3), say."""
    if packet[0] != 0x45 or packet[9] != ICMP[4]:
        return None
    damaged = bytearray(packet)
    damaged[20] ^= 1 << random.choice((3, 3, 0, 2))
    return bytes(damaged)


def misnumbered(packet: bytes, random: Random) -> bytes | None:
    """One bit turned over among those that tell the TTL of a probe, in a quote of IPv4."""
    if packet[0] != 0x45 or packet[9] != ICMP[4] or packet[20] == 0:
        return None
    number_at = {TCP: 52, UDP: 56, ICMP[4]: 54}[packet[37]]
    damaged = bytearray(packet)
    damaged[number_at] ^= random.choice((0x10, 0x10, 0x20, 0x04))
    return bytes(damaged)


def overlong_extensions(packet: bytes, random: Random) -> bytes | None:
    """Extensions that lie about their lengths (RFC 4884) behind an error's quote."""
    opened = _error(packet)
    if opened is None:
        return None
    version, source, target, body = opened
    words = random.choice((128 // 4, 128 // 8, 0, 255, 1))
    octet = bytes([words])
    front = body[:5] + octet + body[6:8] if version == 4 else body[:4] + octet + body[5:8]
    objects = struct.pack(
        "!IHBB", 2 << 28, random.choice((0, 1, 3, 4, 8, 4096, 65535)), random.randrange(4), 1
    )
    longer = front + body[8:].ljust(128, b"\0") + objects + random.randbytes(random.randrange(60))
    return ip_packet(source, target, ICMP[version], longer, ttl=_ttl(packet))


def with_tail(packet: bytes, random: Random) -> bytes | None:
    """Octets behind an error's quote that belong to nothing."""
    opened = _error(packet)
    if opened is None:
        return None
    version, source, target, body = opened
    longer = body + random.randbytes(random.randrange(200))
    return ip_packet(source, target, ICMP[version], longer, ttl=_ttl(packet))


Damage = Callable[..., bytes | None]
"""Makes a damaged copy of a true answer, out of its octets and ``random``."""
DAMAGES: tuple[Damage, ...] = (flipped, mistyped, misnumbered, overlong_extensions, with_tail)


def _ttl(packet: bytes) -> int:
    return packet[8] if packet[0] >> 4 == 4 else packet[7]


def _error(packet: bytes) -> tuple[int, IPAddress, IPAddress, bytes] | None:
    """Version, source, destination and body of an ICMP error without extension headers."""
    version = packet[0] >> 4
    at, start = (9, 20) if version == 4 else (6, 40)
    if packet[at] != ICMP[version] or packet[start] in (0, 129):
        return None
    middle = start - (start - (12 if version == 4 else 8)) // 2
    near, far = packet[12 if version == 4 else 8 : middle], packet[middle:start]
    return version, ip_address(near), ip_address(far), packet[start:]


def _router(seen: Seen) -> IPAddress:
    return TARGET[seen.version] - 20


def _with(seen: Seen, number: int) -> Seen:
    return read_probe(numbered(seen, number))


def _answer(seen: Seen, random: Random) -> bytes:
    if random.random() < 0.5:
        return _own_answer(seen, random)
    return _complaint(seen, random, random.choice((seen.target, _router(seen))))


def _complaint(seen: Seen, random: Random, responder: IPAddress) -> bytes:
    kind = random.choice(_ERRORS[seen.version])
    body = icmp_error(kind, seen.packet, style=QuoteStyle(), mtu=1280, version=seen.version)
    return ip_packet(responder, seen.source, ICMP[seen.version], body)


def _own_answer(seen: Seen, random: Random) -> bytes:
    if seen.protocol == TCP:
        flags = random.choice((SYN | ACK, ACK, RST | ACK, RST | SYN | ACK))
        body = tcp_answer(seen, flags, acknowledged=seen.sequence + 1)
    else:
        body = udp_answer(seen, seen.body[8:]) if seen.protocol == UDP else echo_reply(seen)
    return ip_packet(seen.target, seen.source, seen.protocol, body)
