"""scapy's reading of probes and answers is the same as our own."""

from ipaddress import IPv4Address, IPv6Address

from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    ICMPv6PacketTooBig,
    ICMPv6TimeExceeded,
    IPv6,
    IPv6ExtHdrHopByHop,
)
from scapy.layers.l2 import Ether
from scapy.packet import Packet

from mxpath.model.probe import ProbeSpec
from mxpath.vantage.packets import decode, encode_syn
from mxpath.vantage.portable import build, dissect

ERRORS = (
    ICMP(type=11, code=0),
    ICMP(type=11, code=1),
    ICMP(type=3, code=0),
    ICMP(type=3, code=4, nexthopmtu=1280),
    ICMP(type=0),
    ICMPv6TimeExceeded(code=0),
    ICMPv6TimeExceeded(code=1),
    ICMPv6DestUnreach(code=1),
    ICMPv6PacketTooBig(mtu=1300),
)


@st.composite
def specs(draw: st.DrawFn, version: int) -> ProbeSpec:
    return ProbeSpec(
        target=draw(st.ip_addresses(v=4) if version == 4 else st.ip_addresses(v=6)),
        source=IPv4Address("198.18.0.1") if version == 4 else IPv6Address("2001:db8::1"),
        source_port=draw(st.integers(61000, 65535)),
        destination_port=25,
        ttl=draw(st.integers(1, 63)),
        sequence=draw(st.integers(0, 2**32 - 1)),
    )


ANY_SPEC = st.sampled_from([4, 6]).flatmap(specs)


def header(version: int) -> Packet:
    if version == 4:
        return IP(src="198.18.9.9", dst="198.18.0.1", ttl=50)
    return IPv6(src="2001:db8:9::9", dst="2001:db8::1", hlim=50)


def both_read(packet: Packet) -> None:
    content = bytes(packet)
    assert dissect(packet.__class__(content), 5) == decode(content, 5)


@given(ANY_SPEC)
def test_both_build_the_same_bytes(spec: ProbeSpec) -> None:
    assert bytes(build(spec)) == encode_syn(spec)


@given(ANY_SPEC, st.sampled_from(ERRORS), st.integers(0, 24))
def test_both_read_errors_alike(spec: ProbeSpec, error: Packet, octets: int) -> None:
    version = spec.target.version
    if isinstance(error, ICMP) == (version == 4):
        quote = encode_syn(spec)[: (20 if version == 4 else 40) + octets]
        both_read(header(version) / error / quote)


@given(ANY_SPEC, st.sampled_from(["SA", "A", "RA", "R", "S", "FA", "PA"]))
def test_both_read_segments_alike(spec: ProbeSpec, flags: str) -> None:
    ack = (spec.sequence + 1) % 2**32
    both_read(header(spec.target.version) / TCP(sport=25, dport=61000, flags=flags, ack=ack))


def test_both_walk_extension_headers() -> None:
    packet = header(6) / IPv6ExtHdrHopByHop() / TCP(sport=25, dport=61000, flags="SA", ack=9)
    assert decode(bytes(packet), 0) is not None
    both_read(packet)


@given(st.binary(max_size=80))
def test_noise_raises_nothing(noise: bytes) -> None:
    for kind, start in ((0x0800, b"\x45"), (0x86DD, b"\x60")):
        dissect(Ether(bytes(12) + kind.to_bytes(2, "big") + start + noise).payload, 0)
