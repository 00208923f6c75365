"""Probes out, replies in: whole IP packets as bytes, pure functions without a socket.

The law
-------
1. A TCP probe is a SYN as a mail server would send it: DF set, an MSS option, checksums right.
   A UDP one is a datagram, an ICMP one an echo request. Everything that a load balancer may hash
   (addresses, ports, protocol, the first four octets of ICMP, and in IPv6 the flow label) is the
   same for all probes of a flow; only TTL, number and IP-ID differ.
2. The sequence number names the probe. Every ICMP error quotes that of TCP and of an echo request
   (RFC 792: the IP header and 8 octets), and the target's own answer carries it too, of TCP plus
   one. The IPv4 identification repeats it, of TCP its upper half.
3. UDP has no such field: its number is the IPv4 identification, and in both families the first
   word of the payload. An IPv6 quote must reach so far; RFC 4443 has routers quote all that they
   can.
4. UDP and ICMP carry the number's ones' complement behind it. The two add up to nothing, so that
   the checksum is the same for all probes of a flow, and a datagram or an echo in which they do
   not is not ours.
5. Decoding never raises. What is malformed, foreign or says nothing about a probe is ``None``:
   a RST without ACK, for one, acknowledges no probe (RFC 9293 section 3.10.7).
6. Of what came back the checksum of ICMP for IPv4 is looked at: raw sockets get their copies before
   the kernel has judged it. The kernel has checked IPv4's header and ICMPv6, and TCP and UDP from
   this very machine may carry no checksum yet (checksum offload).
"""

import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache

from mxpath.model.address import IPAddress
from mxpath.model.probe import ProbeSpec, Protocol
from mxpath.vantage.answers import decode, decode_icmp, decode_tcp, decode_udp
from mxpath.vantage.ip_headers import DONT_FRAGMENT, ICMP, TCP, UDP, checksum, fold, words

__all__ = [
    "ICMP",
    "TCP",
    "UDP",
    "checksum",
    "decode",
    "decode_icmp",
    "decode_tcp",
    "decode_udp",
    "encode",
    "flow_label",
    "identification",
    "transport_checksum",
]

_WINDOW = 64240
_MSS = {4: 1460, 6: 1440}
_SYN = 0x02
_ECHO_REQUEST = {4: 8, 6: 128}
_FRONT_4 = struct.Struct("!4sHHBBH")
_TCP_REST = struct.Struct("!I8sH6s")
_NUMBER = struct.Struct("!HH")


def encode(spec: ProbeSpec) -> bytes:
    """Build the whole IP packet of a probe, checksums included."""
    mould = _mould_of(spec)
    sequence = spec.sequence
    if mould.numbered:
        body = mould.ahead + _NUMBER.pack(sequence, sequence ^ 0xFFFF) + mould.behind
    else:
        total = mould.segment_words + (sequence >> 16) + (sequence & 0xFFFF)
        body = mould.ahead + _TCP_REST.pack(sequence, _AFTER_SEQUENCE, fold(total), mould.behind)
    if mould.version == 6:
        return mould.front + bytes((spec.ttl,)) + body
    number = sequence if mould.numbered else sequence >> 16
    header = fold(mould.header_words + number + (spec.ttl << 8))
    front = _FRONT_4.pack(
        mould.front, number, DONT_FRAGMENT, spec.ttl, mould.number_of_protocol, header
    )
    return front + body


def flow_label(spec: ProbeSpec) -> int:
    """IPv6 flow label, 1 ... 2**20 - 1, from addresses, ports and protocol alone (RFC 6437)."""
    end = struct.pack("!HHB", spec.source_port, spec.destination_port, _number_of(spec))
    mixed: int = zlib.crc32(spec.source.packed + spec.target.packed + end)
    return mixed % 0xFFFFF + 1


def identification(spec: ProbeSpec) -> int:
    """IPv4 identification: the probe's number, of TCP the upper half of it."""
    return spec.sequence >> 16 & 0xFFFF if spec.protocol is Protocol.TCP else spec.sequence


def transport_checksum(spec: ProbeSpec) -> int:
    """Checksum of the probe's segment, datagram or echo request, as it leaves."""
    start = 20 if spec.target.version == 4 else 40
    offset = {Protocol.TCP: 16, Protocol.UDP: 6, Protocol.ICMP: 2}[spec.protocol]
    found: int = struct.unpack_from("!H", encode(spec), start + offset)[0]
    return found


def _number_of(spec: ProbeSpec) -> int:
    if spec.protocol is Protocol.ICMP:
        return ICMP[spec.target.version]
    return TCP if spec.protocol is Protocol.TCP else UDP


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mould:
    """What all probes of a flow have in common."""

    version: int
    number_of_protocol: int
    numbered: bool
    """UDP and ICMP: a number and its complement stand between ``ahead`` and ``behind``."""
    front: bytes
    """IPv4: up to the identification; IPv6: up to the hop limit."""
    ahead: bytes
    """From the addresses on, up to the probe's number."""
    behind: bytes
    """What comes after the number, or of TCP after the checksum."""
    header_words: int
    """Sum of the IPv4 header without identification and TTL."""
    segment_words: int
    """Sum of the SYN and its pseudo header without the sequence number."""


_AFTER_SEQUENCE = struct.pack("!IBBH", 0, 6 << 4, _SYN, _WINDOW)


_Key = tuple[IPAddress, IPAddress, int, int, str, int | None]
"""Target, source, source port, destination port, protocol and size."""


def _mould_of(spec: ProbeSpec) -> _Mould:
    flow = spec.target, spec.source, spec.source_port, spec.destination_port
    return _mould((*flow, spec.protocol.value, spec.size))


@lru_cache(maxsize=4096)
def _mould(key: _Key) -> _Mould:
    target, source, source_port, destination_port, protocol, size = key
    spec = ProbeSpec(
        target=target,
        source=source,
        source_port=source_port,
        destination_port=destination_port,
        ttl=0,
        sequence=0,
        protocol=Protocol(protocol),
        size=size,
    )
    ends = source.packed + target.packed
    ahead, behind, length, total = _PARTS[spec.protocol](spec, ends)
    front, header_words = _front(spec, ends, length)
    return _Mould(
        version=target.version,
        number_of_protocol=_number_of(spec),
        numbered=spec.protocol is not Protocol.TCP,
        front=front,
        ahead=ends + ahead,
        behind=behind,
        header_words=header_words,
        segment_words=total,
    )


def _front(spec: ProbeSpec, ends: bytes, length: int) -> tuple[bytes, int]:
    """Begin of the IP header, and the sum of the IPv4 header's constant words."""
    protocol = _number_of(spec)
    if spec.target.version == 6:
        return struct.pack("!IHB", 6 << 28 | flow_label(spec), length, protocol), 0
    front = struct.pack("!BBH", 0x45, 0, 20 + length)
    return front, words(front + ends) + DONT_FRAGMENT + protocol


_Parts = tuple[bytes, bytes, int, int]
"""Before the number, behind it, length of the whole segment, sum of its constant words."""


def _syn(spec: ProbeSpec, ends: bytes) -> _Parts:
    ports = struct.pack("!HH", spec.source_port, spec.destination_port)
    urgent_and_mss = struct.pack("!HBBH", 0, 2, 4, _MSS[spec.target.version])
    total = words(ends + ports + _AFTER_SEQUENCE + urgent_and_mss) + TCP + 24
    return ports, urgent_and_mss, 24, total


def _datagram(spec: ProbeSpec, ends: bytes) -> _Parts:
    behind = bytes(_padding(spec, 12))
    length = 12 + len(behind)
    header = struct.pack("!HHH", spec.source_port, spec.destination_port, length)
    # The number and its complement add up to 0xFFFF, which is nothing.
    total = words(ends + header) + UDP + length
    return header + struct.pack("!H", fold(total) or 0xFFFF), behind, length, 0


def _echo(spec: ProbeSpec, ends: bytes) -> _Parts:
    behind = bytes(_padding(spec, 10))
    length = 10 + len(behind)
    kind = _ECHO_REQUEST[spec.target.version]
    total = (kind << 8) + spec.source_port
    if spec.target.version == 6:
        total += words(ends) + ICMP[6] + length
    return struct.pack("!BBHH", kind, 0, fold(total), spec.source_port), behind, length, 0


_PARTS = {Protocol.TCP: _syn, Protocol.UDP: _datagram, Protocol.ICMP: _echo}


def _padding(spec: ProbeSpec, length: int) -> int:
    """Octets that make the packet as large as it shall be; no packet gets smaller than it must."""
    least = length + (20 if spec.target.version == 4 else 40)
    return max(0, (spec.size or 0) - least)
