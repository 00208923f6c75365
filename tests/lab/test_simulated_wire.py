import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.lab.simulated_wire import (
    TcpFlag,
    checksum,
    echo_answer,
    icmp_error,
    read_probe,
    tcp_answer,
)
from mxpath.model.address import IPAddress
from mxpath.model.probe import ProbeSpec, Protocol, ReplyKind
from mxpath.vantage.packets import decode, encode
from vantage.wires import QUICK, specs


def responder_for(probe: ProbeSpec) -> IPAddress:
    return ip_address("198.18.1.1" if probe.target.version == 4 else "2001:db8::1")


@QUICK
@given(specs())
def test_the_network_reads_what_the_prober_wrote(probe: ProbeSpec) -> None:
    syn = read_probe(encode(probe))
    assert syn is not None
    assert (syn.source, syn.target) == (probe.source, probe.target)
    assert syn.ttl == probe.ttl
    if probe.protocol is not Protocol.ICMP:
        assert (syn.source_port, syn.target_port) == (probe.source_port, probe.destination_port)
    if probe.protocol is Protocol.TCP:
        assert syn.sequence == probe.sequence


@QUICK
@given(specs(Protocol.ICMP))
def test_the_prober_reads_the_echo_that_the_host_wrote(probe: ProbeSpec) -> None:
    seen = read_probe(encode(probe))
    assert seen is not None
    reply = decode(echo_answer(seen, steps=2), 5)
    assert reply is not None
    assert reply.kind is ReplyKind.ECHO_REPLY
    assert (reply.responder, reply.reply_ttl) == (probe.target, 62)
    assert (reply.source_port, reply.sequence) == (probe.source_port, probe.sequence)


@QUICK
@given(specs(), st.integers(1, 255))
def test_the_prober_reads_the_error_that_the_network_wrote(probe: ProbeSpec, ttl: int) -> None:
    syn = read_probe(encode(probe))
    assert syn is not None
    kind = (11, 0) if probe.target.version == 4 else (3, 0)
    reply = decode(icmp_error(syn, responder_for(probe), kind, quoted_ttl=ttl, steps=3), 77)
    assert reply is not None
    assert reply.kind is ReplyKind.TIME_EXCEEDED
    assert (reply.responder, reply.target) == (responder_for(probe), probe.target)
    assert (reply.source_port, reply.sequence) == (probe.source_port, probe.sequence)
    assert (reply.reply_ttl, reply.quoted_ttl, reply.received_ns) == (61, ttl, 77)


@QUICK
@given(
    specs(Protocol.TCP),
    st.sampled_from([TcpFlag.SYN | TcpFlag.ACK, TcpFlag.ACK]),
)
def test_the_prober_reads_the_answer_that_the_server_wrote(
    probe: ProbeSpec, flags: TcpFlag
) -> None:
    syn = read_probe(encode(probe))
    assert syn is not None
    acknowledged = (probe.sequence + 1) % 2**32
    reply = decode(tcp_answer(syn, flags, sequence=1, acknowledged=acknowledged, steps=0), 0)
    assert reply is not None
    assert reply.kind is (ReplyKind.SYN_ACK if flags & TcpFlag.SYN else ReplyKind.ACK)
    assert (reply.responder, reply.sequence) == (probe.target, probe.sequence)


@QUICK
@given(specs(), st.data())
def test_a_flipped_bit_under_a_checksum_is_noticed(probe: ProbeSpec, data: st.DataObject) -> None:
    packet = bytearray(encode(probe))
    # In IPv6 only what the TCP checksum covers is protected: addresses and segment.
    start = 0 if probe.target.version == 4 else 8
    at = data.draw(st.integers(start, len(packet) - 1))
    packet[at] ^= 1 << data.draw(st.integers(0, 7))
    assert read_probe(bytes(packet)) is None


@QUICK
@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    read_probe(data)


def _with_checksum_filled(data: bytes) -> bytes:
    return data + struct.pack("!H", checksum(data))


@QUICK
@given(st.binary(max_size=64).filter(lambda data: len(data) % 2 == 0))
def test_a_checksum_filled_in_makes_the_sum_nothing(data: bytes) -> None:
    assert checksum(_with_checksum_filled(data)) == 0


def test_the_checksum_of_rfc_1071() -> None:
    """Section 3: the words 0001 f203 f4f5 f6f7 sum to ddf2."""
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2


@pytest.mark.parametrize("version", [4, 6])
def test_every_answer_carries_right_checksums(version: int) -> None:
    target, source = (
        (ip_address("198.18.33.25"), ip_address("198.18.1.25"))
        if version == 4
        else (ip_address("2001:db8::25"), ip_address("2001:db8:1::25"))
    )
    probe = ProbeSpec(
        target=target, source=source, source_port=7, destination_port=25, ttl=3, sequence=9
    )
    syn = read_probe(encode(probe))
    assert syn is not None
    answers = [
        (6, tcp_answer(syn, TcpFlag.ACK, sequence=1, acknowledged=10, steps=1)),
        (1 if version == 4 else 58, icmp_error(syn, target, (3, 0), quoted_ttl=1, steps=1)),
    ]
    for protocol, packet in answers:
        start = 20 if version == 4 else 40
        payload = packet[start:]
        pseudo = target.packed + source.packed + struct.pack("!II", len(payload), protocol)
        if version == 4:
            assert checksum(packet[:20]) == 0
        assert checksum(b"" if protocol == 1 else pseudo + payload) in (0, 0xFFFF)
        if protocol == 1:
            assert checksum(payload) == 0
            assert checksum(payload[8:28]) == 0  # the quoted header, after its TTL went down
