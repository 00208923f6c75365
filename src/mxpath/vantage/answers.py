"""What came back, read from bytes: the decoding half of ``packets``, which has the law."""

import struct
from collections.abc import Callable

from mxpath.model.address import IPAddress
from mxpath.model.probe import Protocol, Reply, ReplyKind
from mxpath.vantage.icmp_extensions import extensions_at, interfaces, labels
from mxpath.vantage.ip_headers import ICMP, TCP, UDP, Unwrapped, checksum, unwrap

_FIN, _SYN, _RST, _ACK = 0x01, 0x02, 0x04, 0x10
_ECHO_REQUEST, _ECHO_REPLY = {4: 8, 6: 128}, {4: 0, 6: 129}
_TCP_FRONT = struct.Struct("!HHIIBB")
_ICMP_FRONT = struct.Struct("!BBHI")
_FOUR_WORDS = struct.Struct("!HHHH")
_TWO_WORDS = struct.Struct("!HH")
_ONE_WORD = struct.Struct("!H")
_PORTS_AND_SEQUENCE = struct.Struct("!HHI")
_MIN_QUOTE = 8
"""Octets beyond the IP header that an ICMP error has to quote (RFC 792)."""


def decode(packet: bytes, received_ns: int) -> Reply | None:
    """Decode a whole IP packet that came back.

    Parameters
    ----------
    packet
        From the first octet of the IP header.
    received_ns
        When it arrived, CLOCK_REALTIME.
    """
    found = unwrap(packet)
    if found is None:
        return None
    source = found.source
    part = _READERS.get((source.version, found.protocol))
    return part and part(found.payload, source, reply_ttl=found.ttl, received_ns=received_ns)


def decode_tcp(
    segment: bytes, source: IPAddress, *, reply_ttl: int | None, received_ns: int
) -> Reply | None:
    """Decode a TCP segment from ``source``: SYN/ACK, bare ACK or RST, else ``None``."""
    if len(segment) < 20:
        return None
    far, near, _, acknowledged, _, flags = _TCP_FRONT.unpack_from(segment)
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


def decode_udp(
    datagram: bytes, source: IPAddress, *, reply_ttl: int | None, received_ns: int
) -> Reply | None:
    """Decode a UDP datagram from ``source``; its ``sequence`` is known where it echoes a probe's payload."""
    if len(datagram) < 8:
        return None
    far, near, length, _ = _FOUR_WORDS.unpack_from(datagram)
    if not 8 <= length <= len(datagram):
        return None
    return Reply(
        kind=ReplyKind.UDP_REPLY,
        responder=source,
        target=source,
        source_port=near,
        destination_port=far,
        sequence=_number(datagram, 8),
        received_ns=received_ns,
        protocol=Protocol.UDP,
        reply_ttl=reply_ttl,
    )


def _number(data: bytes, at: int) -> int | None:
    """A probe's number, where its complement follows it."""
    if len(data) < at + 4:
        return None
    number, complement = _TWO_WORDS.unpack_from(data, at)
    return number if number ^ complement == 0xFFFF else None


def decode_icmp(
    message: bytes, source: IPAddress, *, reply_ttl: int | None, received_ns: int
) -> Reply | None:
    """Decode an echo reply, or an ICMP error that quotes a probe.

    Errors: RFC 792, RFC 1191, RFC 4443, and what ``icmp_extensions`` reads. The family is that of ``source``.
    """
    version = source.version
    # A raw socket gets its copy of IPv4's before the kernel looks at the checksum.
    if len(message) < 8 or (version == 4 and checksum(message)):
        return None
    icmp_type, code, _, field = _ICMP_FRONT.unpack_from(message)
    if icmp_type == _ECHO_REPLY[version]:
        return _echo_reply(message, source, reply_ttl=reply_ttl, received_ns=received_ns)
    kind = error_kind(version, icmp_type, code)
    if kind is None:
        return None
    added_at = extensions_at(message, version)
    quote = unwrap(message[8:added_at])
    if quote is None or quote.source.version != version:
        return None
    named = _name(quote)
    if named is None:
        return None
    protocol, source_port, destination_port, sequence, quoted_checksum = named
    return Reply(
        kind=kind,
        responder=source,
        target=quote.target,
        source_port=source_port,
        destination_port=destination_port,
        sequence=sequence,
        received_ns=received_ns,
        protocol=protocol,
        reply_ttl=reply_ttl,
        quoted_ttl=quote.ttl,
        quoted_id=quote.identification,
        quoted_tos=quote.tos,
        quoted_checksum=quoted_checksum,
        icmp_type=icmp_type,
        icmp_code=code,
        mtu=_mtu(kind, field, version),
        mpls=() if added_at is None else labels(message, added_at),
        interfaces=() if added_at is None else interfaces(message, added_at),
    )


def error_kind(version: int, icmp_type: int, code: int) -> ReplyKind | None:
    """Return what an ICMP error says; ``None`` for what says nothing of a path."""
    kinds = _KINDS[version]
    return kinds.get((icmp_type, code)) or kinds.get((icmp_type, None))


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


def _echo_reply(
    message: bytes, source: IPAddress, *, reply_ttl: int | None, received_ns: int
) -> Reply | None:
    """An echo reply gives back all that it was sent (RFC 792)."""
    sequence = _number(message, 6)
    if message[1] or sequence is None:
        return None
    return Reply(
        kind=ReplyKind.ECHO_REPLY,
        responder=source,
        target=source,
        source_port=_ONE_WORD.unpack_from(message, 4)[0],
        destination_port=0,
        sequence=sequence,
        received_ns=received_ns,
        protocol=Protocol.ICMP,
        reply_ttl=reply_ttl,
        icmp_type=message[0],
        icmp_code=0,
    )


_READERS = {
    (version, protocol): reader
    for version in (4, 6)
    for protocol, reader in ((ICMP[version], decode_icmp), (TCP, decode_tcp), (UDP, decode_udp))
}
"""IP version and protocol number to who reads what follows the IP header."""

_Name = tuple[Protocol, int, int, int, int | None]
"""Protocol, source port, destination port, number and transport checksum of a quoted probe."""


def _name(quote: Unwrapped) -> _Name | None:
    """Name the probe that an error quotes; ``None`` for what is none of ours."""
    if len(quote.payload) < _MIN_QUOTE:
        return None
    reader = _QUOTED.get(quote.protocol)
    return reader and reader(quote)


def _quoted_tcp(quote: Unwrapped) -> _Name | None:
    segment = quote.payload
    source_port, destination_port, sequence = _PORTS_AND_SEQUENCE.unpack_from(segment)
    # A header whose length is 0 is none: a router has quoted little and padded it (RFC 4884).
    whole = len(segment) >= 18 and segment[12]
    quoted = _ONE_WORD.unpack_from(segment, 16)[0] if whole else None
    return Protocol.TCP, source_port, destination_port, sequence, quoted


def _quoted_udp(quote: Unwrapped) -> _Name | None:
    source_port, destination_port, _, quoted = _FOUR_WORDS.unpack_from(quote.payload)
    number = _number(quote.payload, 8)
    if number is None:  # a short quote leaves the identification
        number = None if _is_foreign(quote.payload, 8) else quote.identification
    if number is None:
        return None
    return Protocol.UDP, source_port, destination_port, number, quoted


def _quoted_echo(quote: Unwrapped) -> _Name | None:
    message = quote.payload
    version = quote.source.version
    if message[0] != _ECHO_REQUEST[version] or message[1] or quote.protocol != ICMP[version]:
        return None
    if _number(message, 6) is None and _is_foreign(message, 6):
        return None
    _, quoted, identifier, sequence = _FOUR_WORDS.unpack_from(message)
    return Protocol.ICMP, identifier, 0, sequence, quoted


def _is_foreign(data: bytes, at: int) -> bool:
    """Whether a quote reaches as far as a number's complement, and something else is there.

    Nothing but zeros is there where a router has quoted little and padded it (RFC 4884).
    """
    return len(data) >= at + 4 and data[at + 2 : at + 4] != b"\0\0"


_QUOTED: dict[int, Callable[[Unwrapped], _Name | None]] = {
    TCP: _quoted_tcp,
    UDP: _quoted_udp,
    ICMP[4]: _quoted_echo,
    ICMP[6]: _quoted_echo,
}
