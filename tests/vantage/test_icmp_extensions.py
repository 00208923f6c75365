"""Label stacks and interfaces in ICMP errors, as scapy's layers write them."""

import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.contrib.mpls import MPLS, ICMPExtension_MPLS
from scapy.layers.inet import (
    ICMP,
    IP,
    ICMPExtension_Header,
    ICMPExtension_InterfaceInformation,
    ICMPExtension_Object,
)
from scapy.layers.inet6 import ICMPv6DestUnreach, ICMPv6TimeExceeded, IPv6
from scapy.packet import Packet

from mxpath.model.probe import (
    InterfaceInfo,
    InterfaceRole,
    MplsLabel,
    ProbeSpec,
    Protocol,
    Reply,
)
from mxpath.vantage.icmp_extensions import extensions_at, interfaces, labels
from mxpath.vantage.packets import decode, encode
from mxpath.vantage.portable import dissect
from vantage.wires import QUICK, specs

STACK = (
    MplsLabel(label=299_824, traffic_class=0, bottom=False, ttl=1),
    MplsLabel(label=16, traffic_class=5, bottom=True, ttl=254),
)
INTERFACE = InterfaceInfo(
    role=InterfaceRole.INCOMING,
    index=7,
    address=ip_address("198.18.0.9"),
    name="xe-0/0/1",
    mtu=9_000,
)


def mpls(stack: tuple[MplsLabel, ...] = STACK) -> Packet:
    entries = [MPLS(label=e.label, cos=e.traffic_class, s=int(e.bottom), ttl=e.ttl) for e in stack]
    return ICMPExtension_MPLS(stack=entries)


def interface(info: InterfaceInfo = INTERFACE) -> Packet:
    """By scapy; it leaves the length octet of a name out of its count, RFC 5837 does not."""
    name = (info.name or "").encode()
    padded = name + bytes(-(len(name) + 1) % 4)
    found = ICMPExtension_InterfaceInformation(
        classtype=list(InterfaceRole).index(info.role),
        has_ifindex=int(info.index is not None),
        has_ipaddr=int(info.address is not None),
        has_ifname=int(info.name is not None),
        has_mtu=int(info.mtu is not None),
    )
    if info.index is not None:
        found.ifindex = info.index
    if info.address is not None:
        version = info.address.version
        found.afi = 1 if version == 4 else 2
        setattr(found, f"ip{version}", str(info.address))
    if info.name is not None:
        found.ifname, found.ifname_len = padded, len(padded) + 1
    if info.mtu is not None:
        found.mtu = info.mtu
    return found


def behind(*objects: Packet | bytes, version: int = 2, chksum: int | None = None) -> Packet:
    """Objects behind a header; chained by scapy, one's length would count the others' too."""
    header = ICMPExtension_Header(version=version, chksum=chksum)
    return header / b"".join(bytes(each) for each in objects)


def error(spec: ProbeSpec, added: Packet, *, compliant: bool = True, octets: int = 128) -> bytes:
    """An error that quotes so many octets of a probe, padded, and has ``added`` behind them."""
    kind = ICMP(type=11) if spec.target.version == 4 else ICMPv6TimeExceeded()
    if compliant:
        kind.length = octets // (4 if spec.target.version == 4 else 8)
    quote = encode(spec)[:octets]
    quote += bytes(octets - len(quote))
    header = (
        IP(src="198.18.9.9", dst=str(spec.source), ttl=60)
        if spec.target.version == 4
        else IPv6(src="2001:db8:9::9", dst=str(spec.source), hlim=60)
    )
    return bytes(header / kind / (quote + bytes(added)))


def read(packet: bytes) -> Reply:
    found = decode(packet, 0)
    assert found is not None
    return found


@QUICK
@given(spec=specs(), compliant=st.booleans(), octets=st.sampled_from([128, 136, 256]))
def test_labels_and_interfaces_are_read_behind_a_quote(
    spec: ProbeSpec, *, compliant: bool, octets: int
) -> None:
    added = behind(mpls(), interface())
    packet = error(spec, added, compliant=compliant, octets=octets if compliant else 128)
    reply = read(packet)
    assert reply.mpls == STACK
    assert reply.interfaces == (INTERFACE,)
    # The quote is read as ever.
    assert (reply.target, reply.protocol, reply.sequence) == (
        spec.target,
        spec.protocol,
        spec.sequence,
    )
    assert dissect((IP if spec.target.version == 4 else IPv6)(packet), 0) == reply


@st.composite
def infos(draw: st.DrawFn) -> InterfaceInfo:
    name = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=1, max_size=31)
    return InterfaceInfo(
        role=draw(st.sampled_from(InterfaceRole)),
        index=draw(st.none() | st.integers(0, 2**32 - 1)),
        address=draw(st.none() | st.ip_addresses(v=4) | st.ip_addresses(v=6)),
        name=draw(st.none() | name),
        mtu=draw(st.none() | st.integers(0, 2**32 - 1)),
    )


@QUICK
@given(specs(Protocol.UDP), st.lists(infos(), max_size=4))
def test_an_interface_is_read_as_it_was_written(spec: ProbeSpec, said: list[InterfaceInfo]) -> None:
    added = behind(*(interface(each) for each in said))
    assert read(error(spec, added)).interfaces == tuple(said)


@QUICK
@given(
    st.lists(
        st.builds(
            MplsLabel,
            label=st.integers(0, 2**20 - 1),
            traffic_class=st.integers(0, 7),
            bottom=st.booleans(),
            ttl=st.integers(0, 255),
        ),
        max_size=6,
    ),
)
def test_a_stack_is_read_as_it_was_written(stack: list[MplsLabel]) -> None:
    added = behind(mpls(tuple(stack)), ICMPExtension_Object(classnum=9))
    assert read(error(ICMP_SPEC, added)).mpls == tuple(stack)


ICMP_SPEC = ProbeSpec(
    target=ip_address("198.18.5.5"),
    source=ip_address("198.18.0.1"),
    source_port=61_234,
    destination_port=0,
    ttl=4,
    sequence=4_096,
    protocol=Protocol.ICMP,
)


@pytest.mark.parametrize("compliant", [True, False])
def test_a_wrong_checksum_tells_nothing(*, compliant: bool) -> None:
    added = bytearray(bytes(behind(mpls())))
    added[5] ^= 1
    packet = error(ICMP_SPEC, ICMPExtension_Header(bytes(added)), compliant=compliant)
    assert read(packet).mpls == ()


def test_a_checksum_may_be_left_out_where_the_length_says_where_to_look() -> None:
    added = behind(mpls(), chksum=0)
    assert read(error(ICMP_SPEC, added)).mpls == STACK
    assert read(error(ICMP_SPEC, added, compliant=False)).mpls == ()
    assert read(error(ICMP_SPEC, added, octets=64)).mpls == ()


def test_another_version_is_not_understood() -> None:
    assert read(error(ICMP_SPEC, behind(mpls(), version=1))).mpls == ()


def test_unreachables_of_both_families_have_extensions_and_too_large_packets_have_none() -> None:
    added = bytes(behind(mpls()))
    filled = bytes(128) + added
    unreachable = bytes(ICMPv6DestUnreach(length=16))[:8] + filled
    assert extensions_at(unreachable, 6) == 136
    assert extensions_at(b"\x02\0\0\0\0\0\x05\x00" + filled, 6) is None
    assert extensions_at(b"\x03\x04\0\0\0\x20\x05\x00" + filled, 4) == 136


def test_what_comes_before_a_broken_object_stays() -> None:
    added = behind(mpls(), ICMPExtension_Object(len=400, classnum=1))
    assert read(error(ICMP_SPEC, added)).mpls == STACK
    added = behind(ICMPExtension_Object(len=2), mpls())
    assert read(error(ICMP_SPEC, added)).mpls == ()
    cut = ICMPExtension_Object(classnum=2, classtype=0x0F) / b"\0\0\0\1"
    reply = read(error(ICMP_SPEC, behind(cut, mpls())))
    assert (reply.interfaces, reply.mpls) == ((), STACK)


def test_a_flood_of_labels_is_cut_off() -> None:
    entry = struct.pack("!I", 16 << 12 | 1 << 8 | 1)
    added = behind(ICMPExtension_Object(classnum=1, classtype=1) / (entry * 500))
    assert len(read(error(ICMP_SPEC, added)).mpls) == 32


@given(st.binary(max_size=60), st.integers(0, 255), st.integers(0, 64))
def test_no_bytes_raise(noise: bytes, length: int, at: int) -> None:
    for version in (4, 6):
        for kind in (b"\x03", b"\x0b", b"\x01"):
            message = kind + bytes(3) + bytes([length, length]) + bytes(2) + bytes(128) + noise
            extensions_at(message, version)
            extensions_at(message[: len(noise) * 3], version)
    labels(noise, at)
    interfaces(noise, at)


@QUICK
@given(st.data())
def test_damaged_extensions_raise_nothing(data: st.DataObject) -> None:
    content = bytearray(bytes(behind(interface(), mpls())))
    for _ in range(3):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    content[2:4] = b"\0\0"
    packet = error(ICMP_SPEC, ICMPExtension_Header(bytes(content)))
    cut = IP(packet[: data.draw(st.integers(60, len(packet)))])
    del cut[ICMP].chksum
    read(bytes(cut))
