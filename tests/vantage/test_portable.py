"""scapy's reading of probes and answers is the same as our own."""

from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    ICMPv6EchoReply,
    ICMPv6PacketTooBig,
    ICMPv6TimeExceeded,
    IPv6,
    IPv6ExtHdrHopByHop,
)
from scapy.layers.l2 import Ether
from scapy.packet import Packet

from mxpath.model.probe import ProbeSpec
from mxpath.vantage.packets import decode, encode
from mxpath.vantage.portable import build, dissect
from vantage.wires import QUICK, specs

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


def header(version: int) -> Packet:
    if version == 4:
        return IP(src="198.18.9.9", dst="198.18.0.1", ttl=50)
    return IPv6(src="2001:db8:9::9", dst="2001:db8::1", hlim=50)


def both_read(packet: Packet) -> None:
    content = bytes(packet)
    assert dissect(packet.__class__(content), 5) == decode(content, 5)


@QUICK
@given(specs())
def test_both_build_the_same_bytes(spec: ProbeSpec) -> None:
    assert bytes(build(spec)) == encode(spec)


@QUICK
@given(specs(), st.sampled_from(ERRORS), st.integers(0, 24) | st.just(200))
def test_both_read_errors_alike(spec: ProbeSpec, error: Packet, octets: int) -> None:
    version = spec.target.version
    if isinstance(error, ICMP) == (version == 4):
        quote = encode(spec)[: (20 if version == 4 else 40) + octets]
        both_read(header(version) / error / quote)


@QUICK
@given(specs(), st.sampled_from(["all", "two", "few", "theirs"]), st.binary(max_size=6))
def test_both_read_echo_replies_and_datagrams_alike(
    spec: ProbeSpec, what: str, theirs: bytes
) -> None:
    version = spec.target.version
    body = encode(spec)[(20 if version == 4 else 40) :]
    data = {"all": body[4:], "two": body[4:6], "few": body[4:12], "theirs": body[4:6] + theirs}[
        what
    ]
    message = ICMP(type=0) if version == 4 else ICMPv6EchoReply()
    message = message.__class__(bytes(message)[:4] + data + bytes(max(0, 4 - len(data))))
    both_read(header(version) / message)
    both_read(header(version) / UDP(sport=33434, dport=61000) / body[8:])


@QUICK
@given(specs(), st.sampled_from(["SA", "A", "RA", "R", "S", "FA", "PA"]))
def test_both_read_segments_alike(spec: ProbeSpec, flags: str) -> None:
    ack = (spec.sequence + 1) % 2**32
    both_read(header(spec.target.version) / TCP(sport=25, dport=61000, flags=flags, ack=ack))


@QUICK
@given(specs(), st.sampled_from(ERRORS), st.data())
def test_both_read_damaged_errors_alike(
    spec: ProbeSpec, error: Packet, data: st.DataObject
) -> None:
    version = spec.target.version
    if isinstance(error, ICMP) == (version == 4):
        outer = header(version)
        content = bytearray(bytes(outer / error / encode(spec)))
        for _ in range(data.draw(st.integers(1, 3))):
            content[data.draw(st.integers(len(outer), len(content) - 1))] = data.draw(
                st.integers(0, 255)
            )
        assert dissect(outer.__class__(bytes(content)), 5) == decode(bytes(content), 5)


def test_both_walk_extension_headers() -> None:
    packet = header(6) / IPv6ExtHdrHopByHop() / TCP(sport=25, dport=61000, flags="SA", ack=9)
    assert decode(bytes(packet), 0) is not None
    both_read(packet)


@QUICK
@given(st.binary(max_size=80))
def test_noise_raises_nothing(noise: bytes) -> None:
    for kind, start in ((0x0800, b"\x45"), (0x86DD, b"\x60")):
        dissect(Ether(bytes(12) + kind.to_bytes(2, "big") + start + noise).payload, 0)
