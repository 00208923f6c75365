"""The bytes of probes and replies, against scapy's and against nonsense."""

import struct
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
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
from mxpath.model.probe import ProbeSpec, Reply, ReplyKind
from mxpath.vantage.packets import (
    checksum,
    decode,
    decode_icmp,
    decode_tcp,
    encode_syn,
    flow_label,
    identification,
)

ROUTER: dict[int, IPAddress] = {4: IPv4Address("198.18.9.9"), 6: IPv6Address("2001:db8:9::9")}
PORTS = st.integers(1, 65535)


@st.composite
def specs(draw: st.DrawFn) -> ProbeSpec:
    addresses = draw(st.sampled_from([st.ip_addresses(v=4), st.ip_addresses(v=6)]))
    return ProbeSpec(
        target=draw(addresses),
        source=draw(addresses),
        source_port=draw(PORTS),
        destination_port=draw(PORTS),
        ttl=draw(st.integers(1, 63)),
        sequence=draw(st.integers(0, 2**32 - 1)),
    )


def by_scapy(spec: ProbeSpec) -> bytes:
    version = spec.target.version
    syn = TCP(
        sport=spec.source_port,
        dport=spec.destination_port,
        seq=spec.sequence,
        flags="S",
        window=64240,
        options=[("MSS", 1460 if version == 4 else 1440)],
    )
    outer = header(spec.source, spec.target, spec.ttl)
    if version == 4:
        outer.id, outer.flags = identification(spec), "DF"
    else:
        outer.fl = flow_label(spec)
    return bytes(outer / syn)


def header(source: IPAddress, target: IPAddress, ttl: int = 55) -> Packet:
    src, dst = str(source), str(target)
    return (
        IP(src=src, dst=dst, ttl=ttl) if source.version == 4 else IPv6(src=src, dst=dst, hlim=ttl)
    )


@given(specs())
def test_a_probe_is_byte_for_byte_what_scapy_builds(spec: ProbeSpec) -> None:
    assert encode_syn(spec) == by_scapy(spec)


@given(specs(), st.integers(1, 63), st.integers(0, 2**32 - 1))
def test_the_flow_label_knows_nothing_of_ttl_and_sequence(
    spec: ProbeSpec, ttl: int, sequence: int
) -> None:
    other = ProbeSpec(
        target=spec.target,
        source=spec.source,
        source_port=spec.source_port,
        destination_port=spec.destination_port,
        ttl=ttl,
        sequence=sequence,
    )
    assert flow_label(other) == flow_label(spec)
    assert 0 < flow_label(spec) < 2**20


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


@given(specs(), st.integers(0, 4), st.integers(8, 24))
def test_an_error_gives_back_the_probe_it_quotes(spec: ProbeSpec, which: int, octets: int) -> None:
    version = spec.target.version
    error, kind, mtu = ERRORS[version][which % len(ERRORS[version])]
    quote = encode_syn(spec)[: (20 if version == 4 else 40) + octets]
    packet = bytes(header(ROUTER[version], spec.source) / error / quote)
    assert decode(packet, 7) == Reply(
        kind=kind,
        responder=ROUTER[version],
        target=spec.target,
        source_port=spec.source_port,
        destination_port=spec.destination_port,
        sequence=spec.sequence,
        received_ns=7,
        reply_ttl=55,
        quoted_ttl=spec.ttl,
        icmp_type=packet[20 if version == 4 else 40],
        icmp_code=packet[21 if version == 4 else 41],
        mtu=mtu,
    )


@given(specs(), st.integers(0, 7))
def test_a_quote_of_less_than_eight_octets_names_no_probe(spec: ProbeSpec, octets: int) -> None:
    version = spec.target.version
    quote = encode_syn(spec)[: (20 if version == 4 else 40) + octets]
    packet = bytes(header(ROUTER[version], spec.source) / ERRORS[version][0][0] / quote)
    assert decode(packet, 0) is None


@given(specs(), st.sampled_from([("SA", "syn-ack"), ("A", "ack"), ("RA", "rst")]))
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
    assert decode(bytes(IP(proto=17) / bytes(syn_ack)), 0) is None
    assert decode(bytes(IPv6(nh=58) / bytes(syn_ack)), 0) is None


@given(st.binary(max_size=120))
def test_no_bytes_raise(noise: bytes) -> None:
    for packet in (noise, b"\x45" + noise, b"\x60" + noise):
        decode(packet, 0)
    for address in ROUTER.values():
        decode_icmp(noise, address, reply_ttl=None, received_ns=0)
        decode_tcp(noise, address, reply_ttl=None, received_ns=0)


@given(specs(), st.data())
def test_no_damage_to_a_real_answer_raises(spec: ProbeSpec, data: st.DataObject) -> None:
    version = spec.target.version
    outer = header(ROUTER[version], spec.source) / ERRORS[version][0][0]
    packet = bytearray(bytes(outer / encode_syn(spec)))
    for _ in range(3):
        packet[data.draw(st.integers(0, len(packet) - 1))] = data.draw(st.integers(0, 255))
    decode(bytes(packet[: data.draw(st.integers(0, len(packet)))]), 0)


def test_the_mss_option_is_that_of_an_ethernet_path() -> None:
    spec = ProbeSpec(
        target=IPv4Address("198.18.0.2"),
        source=IPv4Address("198.18.0.1"),
        source_port=61000,
        destination_port=25,
        ttl=3,
        sequence=1,
    )
    assert encode_syn(spec)[-4:] == struct.pack("!BBH", 2, 4, 1460)
