"""IP headers as bytes: what both families have in common, and the Internet checksum."""

import struct
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

from mxpath.model.address import IPAddress

TCP, UDP = 6, 17
ICMP = {4: 1, 6: 58}
"""IP version to the protocol number of its ICMP."""
DONT_FRAGMENT = 0x4000
_OFFSET_4 = 0x1FFF
_CHAIN_LIMIT = 8
"""IPv6 extension headers that are walked before a packet counts as malformed."""
_AFTER_LENGTH = struct.Struct("!HHBB")


class Unwrapped(NamedTuple):
    """An IP packet, taken apart."""

    protocol: int
    source: IPAddress
    target: IPAddress
    ttl: int
    tos: int
    """DSCP and ECN: the TOS octet of IPv4, the traffic class of IPv6."""
    identification: int | None
    """Of IPv4."""
    payload: bytes


def checksum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071) of ``data``."""
    return fold(words(data))


def words(data: bytes) -> int:
    """Return the sum of the 16-bit words of ``data``, for :func:`fold`."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    return total


def fold(total: int) -> int:
    """Make a checksum of a sum of words, of fewer than 65,537 of them."""
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def unwrap(packet: bytes) -> Unwrapped | None:
    """Take an IP packet apart; ``None`` for a malformed one, and for a fragment but the first."""
    version = packet[0] >> 4 if packet else 0
    if version == 4:
        return _unwrap_4(packet)
    return _unwrap_6(packet) if version == 6 else None


@lru_cache(maxsize=4096)
def address(packed: bytes) -> IPAddress:
    """Return the address of 4 or 16 octets; the same ones come again and again."""
    return IPv4Address(packed) if len(packed) == 4 else IPv6Address(packed)


def _unwrap_4(packet: bytes) -> Unwrapped | None:
    length = (packet[0] & 0xF) * 4
    if length < 20 or len(packet) < length:
        return None
    identification, offset, ttl, protocol = _AFTER_LENGTH.unpack_from(packet, 4)
    if offset & _OFFSET_4:
        return None
    source, target = address(packet[12:16]), address(packet[16:20])
    return Unwrapped(protocol, source, target, ttl, packet[1], identification, packet[length:])


def _unwrap_6(packet: bytes) -> Unwrapped | None:
    if len(packet) < 40:
        return None
    protocol, at = packet[6], 40
    for _ in range(_CHAIN_LIMIT):
        if protocol not in _EXTENSIONS:
            source, target = address(packet[8:24]), address(packet[24:40])
            tos = (packet[0] & 0xF) << 4 | packet[1] >> 4
            return Unwrapped(protocol, source, target, packet[7], tos, None, packet[at:])
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
