"""The kernel's filters keep every answer and drop the rest: run here as the kernel runs them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoRequest, ICMPv6TimeExceeded

from mxpath.vantage import bpf
from mxpath.vantage.ip_headers import TCP as TCP_NUMBER
from mxpath.vantage.ip_headers import UDP as UDP_NUMBER
from mxpath.vantage.ip_headers import unwrap
from wire_trace import WORLDS, played
from wire_world import read_world


def keeps(program: list[bpf.Instruction], packet: bytes) -> bool:
    """Interpret a program as linux/filter.h describes it; reading past the end drops."""
    at = index = value = 0
    while True:
        code, yes, no, constant = program[at]
        at += 1
        if code == bpf.RETURN:
            return constant != 0
        if code == bpf.INDEX_BY_IHL:
            index = (packet[constant] & 0xF) * 4 if packet else 0
        elif code == bpf.INDEX_CONSTANT:
            index = constant
        elif code in (bpf.LOAD_BYTE, bpf.LOAD_HALF):
            start, size = index + constant, 1 if code == bpf.LOAD_BYTE else 2
            if start + size > len(packet):
                return False
            value = int.from_bytes(packet[start : start + size], "big")
        else:
            truth = {
                bpf.EQUALS: value == constant,
                bpf.AT_LEAST: value >= constant,
                bpf.HAS_BIT: bool(value & constant),
            }[code]
            at += yes if truth else no


@given(
    st.integers(0, 65535),
    st.sampled_from(["SA", "A", "RA", "S", "R", "PA"]),
    st.sampled_from([b"", b"\x01\x01\x01\x00"]),
)
def test_tcp_with_an_acknowledgement_to_our_ports_is_kept(
    port: int, flags: str, options: bytes
) -> None:
    segment = bytes(TCP(sport=25, dport=port, flags=flags))
    wanted = port >= 61000 and "A" in flags
    header = IP(src="198.18.0.1", dst="198.18.0.2", ihl=5 + len(options) // 4, proto=6)
    packet = bytes(header)[:20] + options + segment
    assert keeps(bpf.tcp_answers(4, 61000), packet) == wanted
    assert keeps(bpf.tcp_answers(6, 61000), segment) == wanted


@given(st.integers(0, 255), st.sampled_from([0, 60_999, 61_000, 65_535]))
def test_icmp_errors_and_our_echo_replies_are_kept_and_nothing_else(
    kind: int, identifier: int
) -> None:
    ours = identifier >= 61_000
    message = bytes([kind, 0, 0, 0]) + identifier.to_bytes(2, "big") + bytes(2)
    packet = bytes(IP(src="198.18.0.1", dst="198.18.0.2") / ICMP(type=11))[:20] + message
    wanted = kind in (3, 11) or (kind == 0 and ours)
    assert keeps(bpf.icmp_answers(4, 61_000), packet) == wanted
    assert keeps(bpf.icmp_answers(6, 61_000), message) == (
        kind in (1, 2, 3) or (kind == 129 and ours)
    )


@given(st.integers(0, 65_535))
def test_datagrams_to_our_ports_are_kept(port: int) -> None:
    datagram = bytes(UDP(sport=33_434, dport=port))
    packet = bytes(IP(src="198.18.0.1", dst="198.18.0.2", proto=17) / datagram)
    assert keeps(bpf.udp_answers(4, 61_000), packet) == (port >= 61_000)
    assert keeps(bpf.udp_answers(6, 61_000), datagram) == (port >= 61_000)


def test_real_messages_of_icmpv6() -> None:
    assert keeps(bpf.icmp_answers(6, 61_000), bytes(ICMPv6TimeExceeded()))
    assert not keeps(bpf.icmp_answers(6, 61_000), bytes(ICMPv6EchoRequest()))


def test_an_attachment_points_at_the_program() -> None:
    packed, memory = bpf.attachment(bpf.icmp_answers(4, 61_000))
    assert len(packed) == 16
    assert int.from_bytes(packed[:2], "little") * 8 == len(bytes(memory))  # type: ignore[call-overload]


@pytest.mark.slow
def test_every_answer_of_every_world_of_wires_is_kept() -> None:
    for file in WORLDS:
        _, path = played(read_world(file))
        for each in path.delivered:
            if each.reply is not None:
                found = unwrap(each.packet)
                assert found is not None
                version = found.source.version
                wanted = {TCP_NUMBER: bpf.tcp_answers, UDP_NUMBER: bpf.udp_answers}
                program = wanted.get(found.protocol, bpf.icmp_answers)(version, 61_000)
                # A raw socket of IPv6 sees what comes behind all headers.
                content = each.packet if version == 4 else found.payload
                ours = (each.reply.source_port or 0) >= 61_000
                assert keeps(program, content) or not ours, file.stem
