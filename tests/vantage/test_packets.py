"""The bytes of probes and replies, against scapy's and against nonsense."""

import struct
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    ICMPv6EchoReply,
    ICMPv6EchoRequest,
    ICMPv6PacketTooBig,
    ICMPv6TimeExceeded,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
)
from scapy.packet import Packet

from mxpath.model.address import IPAddress
from mxpath.model.probe import ProbeSpec, Protocol, Reply, ReplyKind
from mxpath.vantage.packets import (
    checksum,
    decode,
    decode_icmp,
    decode_tcp,
    decode_udp,
    encode,
    flow_label,
    identification,
    transport_checksum,
)
from vantage.wires import QUICK, shortest_quote, specs

TCP_SPECS = specs(Protocol.TCP)
ROUTER: dict[int, IPAddress] = {4: IPv4Address("198.18.9.9"), 6: IPv6Address("2001:db8:9::9")}


def by_scapy(spec: ProbeSpec) -> bytes:
    outer = header(spec.source, spec.target, spec.ttl)
    if spec.target.version == 4:
        outer.id, outer.flags = identification(spec), "DF"
    else:
        outer.fl = flow_label(spec)
    packet = bytes(outer / INSIDE[spec.protocol](spec))
    if spec.size is None or spec.size <= len(packet):
        return packet
    return bytes(outer / INSIDE[spec.protocol](spec) / bytes(spec.size - len(packet)))


def syn(spec: ProbeSpec) -> Packet:
    mss = 1460 if spec.target.version == 4 else 1440
    return TCP(
        sport=spec.source_port,
        dport=spec.destination_port,
        seq=spec.sequence,
        flags="S",
        window=64240,
        options=[("MSS", mss)],
    )


def datagram(spec: ProbeSpec) -> Packet:
    number = struct.pack("!HH", spec.sequence, 0xFFFF - spec.sequence)
    return UDP(sport=spec.source_port, dport=spec.destination_port) / number


def echo(spec: ProbeSpec) -> Packet:
    kind = ICMP if spec.target.version == 4 else ICMPv6EchoRequest
    complement = struct.pack("!H", 0xFFFF - spec.sequence)
    return kind(id=spec.source_port, seq=spec.sequence) / complement


INSIDE = {Protocol.TCP: syn, Protocol.UDP: datagram, Protocol.ICMP: echo}


def header(source: IPAddress, target: IPAddress, ttl: int = 55) -> Packet:
    src, dst = str(source), str(target)
    return (
        IP(src=src, dst=dst, ttl=ttl) if source.version == 4 else IPv6(src=src, dst=dst, hlim=ttl)
    )


@QUICK
@given(specs())
def test_a_probe_is_byte_for_byte_what_scapy_builds(spec: ProbeSpec) -> None:
    assert encode(spec) == by_scapy(spec)


@QUICK
@given(specs(), st.integers(1, 63), st.integers(0, 2**16 - 1))
def test_all_that_is_hashed_is_the_same_for_all_probes_of_a_flow(
    spec: ProbeSpec, ttl: int, sequence: int
) -> None:
    other = replace(spec, ttl=ttl, sequence=sequence)
    start, one, two = 20 if spec.target.version == 4 else 40, encode(spec), encode(other)
    assert flow_label(other) == flow_label(spec)
    assert 0 < flow_label(spec) < 2**20
    assert len(one) == len(two)
    assert one[:4] == two[:4]  # the flow label among it
    assert one[start : start + 4] == two[start : start + 4]  # ports, or type, code and checksum
    if spec.protocol is not Protocol.TCP:
        assert transport_checksum(spec) == transport_checksum(other)
        # Ports, length and checksum; identifier. Nothing but the number and its complement differ.
        differing = {n for n in range(start, len(one)) if one[n] != two[n]}
        place = start + (8 if spec.protocol is Protocol.UDP else 6)
        assert differing <= set(range(place, place + 4))


@QUICK
@given(specs())
def test_a_checksum_is_there_and_the_right_one(spec: ProbeSpec) -> None:
    start, offset = (20 if spec.target.version == 4 else 40), {"tcp": 16, "udp": 6, "icmp": 2}
    at = start + offset[spec.protocol]
    assert encode(spec)[at : at + 2] == struct.pack("!H", transport_checksum(spec))
    if spec.protocol is Protocol.UDP:
        assert transport_checksum(spec) != 0  # which would stand for none


@QUICK
@given(specs())
def test_padding_makes_a_packet_as_large_as_asked_for(spec: ProbeSpec) -> None:
    least = len(encode(replace(spec, size=None)))
    assert len(encode(spec)) == max(least, spec.size or 0)
    assert spec.target.version == 6 or encode(spec)[6:8] == b"\x40\x00"  # DF


def test_checksum_of_the_example_in_rfc_1071() -> None:
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2


ERRORS = {
    4: (
        (ICMP(type=11, code=0), ReplyKind.TIME_EXCEEDED, None),
        (ICMP(type=3, code=1), ReplyKind.UNREACHABLE, None),
        (ICMP(type=3, code=13), ReplyKind.UNREACHABLE, None),
        (ICMP(type=3, code=4, nexthopmtu=1280), ReplyKind.PACKET_TOO_BIG, 1280),
        (ICMP(type=3, code=4, nexthopmtu=0), ReplyKind.PACKET_TOO_BIG, None),
    ),
    6: (
        (ICMPv6TimeExceeded(code=0), ReplyKind.TIME_EXCEEDED, None),
        (ICMPv6DestUnreach(code=0), ReplyKind.UNREACHABLE, None),
        (ICMPv6DestUnreach(code=4), ReplyKind.UNREACHABLE, None),
        (ICMPv6PacketTooBig(mtu=1300), ReplyKind.PACKET_TOO_BIG, 1300),
    ),
}


@QUICK
@given(specs(), st.integers(0, 4), st.integers(8, 24))
def test_an_error_gives_back_the_probe_it_quotes(spec: ProbeSpec, which: int, octets: int) -> None:
    version = spec.target.version
    octets = max(octets, shortest_quote(spec))
    error, kind, mtu = ERRORS[version][which % len(ERRORS[version])]
    quote = encode(spec)[: (20 if version == 4 else 40) + octets]
    packet = bytes(header(ROUTER[version], spec.source) / error / quote)
    told = spec.protocol is not Protocol.TCP or octets >= 18
    assert decode(packet, 7) == Reply(
        kind=kind,
        responder=ROUTER[version],
        target=spec.target,
        source_port=spec.source_port,
        destination_port=spec.destination_port,
        sequence=spec.sequence,
        received_ns=7,
        protocol=spec.protocol,
        reply_ttl=55,
        quoted_ttl=spec.ttl,
        quoted_id=identification(spec) if version == 4 else None,
        quoted_tos=0,
        quoted_checksum=transport_checksum(spec) if told else None,
        icmp_type=packet[20 if version == 4 else 40],
        icmp_code=packet[21 if version == 4 else 41],
        mtu=mtu,
    )


@QUICK
@given(specs(), st.integers(0, 11))
def test_a_quote_that_is_too_short_names_no_probe(spec: ProbeSpec, octets: int) -> None:
    version = spec.target.version
    quote = encode(spec)[: (20 if version == 4 else 40) + min(octets, shortest_quote(spec) - 1)]
    packet = bytes(header(ROUTER[version], spec.source) / ERRORS[version][0][0] / quote)
    assert decode(packet, 0) is None


@QUICK
@given(specs(), st.integers(0, 255))
def test_the_traffic_class_of_the_quote_is_told(spec: ProbeSpec, tos: int) -> None:
    version, quote = spec.target.version, bytearray(encode(spec))
    if version == 4:
        quote[1] = tos
    else:
        quote[0], quote[1] = 0x60 | tos >> 4, (tos & 0xF) << 4 | quote[1] & 0xF
    reply = decode(
        bytes(header(ROUTER[version], spec.source) / ERRORS[version][0][0] / bytes(quote)), 0
    )
    assert reply is not None
    assert reply.quoted_tos == tos


@QUICK
@given(specs(Protocol.UDP, Protocol.ICMP), st.binary(min_size=4))
def test_datagrams_and_echoes_of_others_are_no_probes(spec: ProbeSpec, theirs: bytes) -> None:
    version = spec.target.version
    start = (20 if version == 4 else 40) + (8 if spec.protocol is Protocol.UDP else 6)
    quote = encode(spec)[:start] + theirs
    number, complement = struct.unpack_from("!HH", theirs)
    foreign = number ^ complement != 0xFFFF and complement
    for packet in (header(ROUTER[version], spec.source) / ERRORS[version][0][0] / quote,):
        found = decode(bytes(packet), 0)
        assert (found is None) or not foreign


@QUICK
@given(specs())
def test_a_short_quote_padded_with_zeros_is_read_all_the_same(spec: ProbeSpec) -> None:
    version = spec.target.version
    quote = encode(spec)[: (20 if version == 4 else 40) + shortest_quote(spec)]
    outer = header(ROUTER[version], spec.source) / ERRORS[version][0][0]
    reply = decode(bytes(outer / (quote + bytes(128 - len(quote)))), 0)
    assert reply is not None
    assert reply.sequence == spec.sequence


@QUICK
@given(specs(Protocol.ICMP))
def test_an_echo_reply_gives_back_the_probe(spec: ProbeSpec) -> None:
    kind = ICMP(type=0) if spec.target.version == 4 else ICMPv6EchoReply()
    kind.id, kind.seq = spec.source_port, spec.sequence
    data = encode(spec)[(28 if spec.target.version == 4 else 48) :]
    outer = header(spec.target, spec.source) / kind
    assert decode(bytes(outer / data), 7) == Reply(
        kind=ReplyKind.ECHO_REPLY,
        responder=spec.target,
        target=spec.target,
        source_port=spec.source_port,
        destination_port=0,
        sequence=spec.sequence,
        received_ns=7,
        protocol=Protocol.ICMP,
        reply_ttl=55,
        icmp_type=0 if spec.target.version == 4 else 129,
        icmp_code=0,
    )
    assert decode(bytes(outer / b"abcdefgh"), 7) is None or spec.sequence == 0xFFFF - 0x6162
    assert decode(bytes(outer), 7) is None


@QUICK
@given(specs(Protocol.UDP))
def test_a_datagram_from_the_probed_port_is_an_answer(spec: ProbeSpec) -> None:
    outer = header(spec.target, spec.source) / UDP(
        sport=spec.destination_port, dport=spec.source_port
    )
    reply = decode(bytes(outer / b"hello"), 7)
    assert reply == Reply(
        kind=ReplyKind.UDP_REPLY,
        responder=spec.target,
        target=spec.target,
        source_port=spec.source_port,
        destination_port=spec.destination_port,
        sequence=None,
        received_ns=7,
        protocol=Protocol.UDP,
        reply_ttl=55,
    )
    echoed = encode(spec)[(28 if spec.target.version == 4 else 48) :]
    assert decode(bytes(outer / echoed), 7) == replace(reply, sequence=spec.sequence)


@QUICK
@given(specs(Protocol.UDP))
def test_a_targets_port_unreachable_is_its_own_answer(spec: ProbeSpec) -> None:
    error = ICMP(type=3, code=3) if spec.target.version == 4 else ICMPv6DestUnreach(code=4)
    reply = decode(bytes(header(spec.target, spec.source) / error / encode(spec)), 0)
    assert reply is not None
    assert reply.kind is ReplyKind.UNREACHABLE
    assert reply.is_from_target


@QUICK
@given(TCP_SPECS, st.sampled_from([("SA", "syn-ack"), ("A", "ack"), ("RA", "rst")]))
def test_the_targets_own_answer_gives_back_the_probe(
    spec: ProbeSpec, answer: tuple[str, str]
) -> None:
    flags, kind = answer
    segment = TCP(
        sport=spec.destination_port,
        dport=spec.source_port,
        flags=flags,
        seq=99,
        ack=(spec.sequence + 1) % 2**32,
    )
    reply = decode(bytes(header(spec.target, spec.source) / segment), 7)
    assert reply == Reply(
        kind=ReplyKind(kind),
        responder=spec.target,
        target=spec.target,
        source_port=spec.source_port,
        destination_port=spec.destination_port,
        sequence=spec.sequence,
        received_ns=7,
        reply_ttl=55,
    )


@pytest.mark.parametrize("flags", ["S", "R", "FA", "SR", "F", ""])
def test_segments_that_acknowledge_no_syn_are_foreign(flags: str) -> None:
    packet = IP(src="198.18.0.1", dst="198.18.0.2") / TCP(flags=flags, ack=5)
    assert decode(bytes(packet), 0) is None


@pytest.mark.parametrize(
    "extension",
    [
        IPv6ExtHdrHopByHop(),
        IPv6ExtHdrDestOpt(),
        IPv6ExtHdrRouting(addresses=["2001:db8::5"]),
        IPv6ExtHdrFragment(offset=0, m=1),
        IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt(),
    ],
)
def test_extension_headers_are_walked(extension: Packet) -> None:
    source, target = IPv6Address("2001:db8::1"), IPv6Address("2001:db8::2")
    syn = TCP(sport=61000, dport=25, seq=77, flags="S")
    outer = header(ROUTER[6], source) / extension / ICMPv6TimeExceeded()
    reply = decode(bytes(outer / header(source, target) / extension / syn), 0)
    assert reply is not None
    # A routing header names its last stop as the real destination; scapy leaves dst as written.
    assert (reply.kind, reply.sequence, reply.target) == (ReplyKind.TIME_EXCEEDED, 77, target)


def test_later_fragments_and_other_protocols_are_foreign() -> None:
    syn_ack = TCP(sport=25, dport=61000, flags="SA", ack=5)
    assert decode(bytes(IP(frag=3) / syn_ack), 0) is None
    assert decode(bytes(IPv6() / IPv6ExtHdrFragment(offset=3) / syn_ack), 0) is None
    assert decode(bytes(IP(proto=47) / bytes(syn_ack)), 0) is None
    assert (
        decode(bytes(IP(proto=58) / bytes(ICMPv6TimeExceeded() / IP() / bytes(syn_ack))), 0) is None
    )
    assert decode(bytes(IPv6(nh=58) / bytes(syn_ack)), 0) is None


@QUICK
@given(st.binary(max_size=120))
def test_no_bytes_raise(noise: bytes) -> None:
    for packet in (noise, b"\x45" + noise, b"\x60" + noise):
        decode(packet, 0)
    for address in ROUTER.values():
        decode_icmp(noise, address, reply_ttl=None, received_ns=0)
        decode_tcp(noise, address, reply_ttl=None, received_ns=0)
        decode_udp(noise, address, reply_ttl=None, received_ns=0)


@QUICK
@given(specs(), st.data())
def test_no_damage_to_a_real_answer_raises(spec: ProbeSpec, data: st.DataObject) -> None:
    version = spec.target.version
    outer = header(ROUTER[version], spec.source) / ERRORS[version][0][0]
    packet = bytearray(bytes(outer / encode(spec)))
    for _ in range(3):
        packet[data.draw(st.integers(0, len(packet) - 1))] = data.draw(st.integers(0, 255))
    decode(bytes(packet[: data.draw(st.integers(0, len(packet)))]), 0)


def error_about(spec: ProbeSpec) -> bytes:
    version = spec.target.version
    return bytes(header(ROUTER[version], spec.source) / ERRORS[version][0][0] / encode(spec))


def named(reply: Reply) -> tuple[object, ...]:
    place = reply.target, reply.source_port, reply.destination_port
    return *place, reply.protocol, reply.sequence


@QUICK
@given(specs(), st.data())
def test_a_truncated_answer_names_its_probe_or_none(spec: ProbeSpec, data: st.DataObject) -> None:
    packet = error_about(spec)
    reply = decode(packet[: data.draw(st.integers(0, len(packet)))], 0)
    ports = spec.source_port, spec.destination_port
    assert reply is None or named(reply) == (spec.target, *ports, spec.protocol, spec.sequence)


@QUICK
@given(specs(Protocol.UDP, Protocol.ICMP), st.data())
def test_a_damaged_number_is_never_taken_for_another(spec: ProbeSpec, data: st.DataObject) -> None:
    version, packet = spec.target.version, bytearray(error_about(spec))
    start = (48 if version == 4 else 88) + (8 if spec.protocol is Protocol.UDP else 6)
    for _ in range(data.draw(st.integers(1, 3))):
        packet[start + data.draw(st.integers(0, 1))] ^= 1 << data.draw(st.integers(0, 7))
    reply = decode(bytes(packet), 0)
    # The complement of the greatest number is what a padded quote has there.
    assert reply is None or spec.sequence in {reply.sequence, 0xFFFF}


@QUICK
@given(st.binary(min_size=8, max_size=80), st.integers(0, 65_535))
def test_what_quotes_no_probe_of_ours_names_none(theirs: bytes, identifier: int) -> None:
    """Echo replies, errors about errors, and other protocols."""
    for inner in (
        ICMP(type=0, id=identifier) / theirs,
        ICMP(type=11) / IP() / theirs,
        ICMP(type=8, code=1, id=identifier) / theirs,
    ):
        packet = header(ROUTER[4], IPv4Address("198.18.0.1")) / ICMP(type=11) / IP() / inner
        assert decode(bytes(packet), 0) is None
    packet = header(ROUTER[4], IPv4Address("198.18.0.1")) / ICMP(type=11) / IP(proto=132) / theirs
    assert decode(bytes(packet), 0) is None


def test_the_mss_option_is_that_of_an_ethernet_path() -> None:
    spec = ProbeSpec(
        target=IPv4Address("198.18.0.2"),
        source=IPv4Address("198.18.0.1"),
        source_port=61000,
        destination_port=25,
        ttl=3,
        sequence=1,
    )
    assert encode(spec)[-4:] == struct.pack("!BBH", 2, 4, 1460)
