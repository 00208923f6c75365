import struct
from dataclasses import replace
from ipaddress import ip_address

import pytest

from formats.samples import SAMPLES
from formats.warts_records import (
    address,
    again,
    extension,
    long,
    octet,
    parameters,
    record,
    shared,
    stamp,
    trace,
    word,
)  # fmt: skip
from mxpath.errors import ParseError
from mxpath.formats import scamper, warts
from mxpath.model.probe import MplsLabel, ReplyKind
from mxpath.model.trace import EndReason, Trace

ROUTER = {2: octet(1), 6: long(1500), 7: bytes([11, 0]), 18: address("192.0.2.1")}


def read(*records: bytes) -> tuple[Trace, ...]:
    return warts.read(b"".join(records), source="x.warts")


@pytest.mark.parametrize("name", ["lab_mda_tcp_ip4", "lab_ping_and_traces", "lab_tcp_ip6"])
def test_warts_say_what_the_json_made_of_them_says(name: str) -> None:
    ours = warts.read((SAMPLES / "warts" / f"{name}.warts").read_bytes(), source="x")
    theirs = scamper.read((SAMPLES / "scamper" / f"{name}.jsonl").read_bytes(), source="x")
    assert [as_json_tells(trace) for trace in ours] == [as_json_tells(trace) for trace in theirs]


def as_json_tells(trace: Trace) -> Trace:
    """Leave out the ICMP identifier, which the JSON has not, and numbers of records."""
    flows = []
    for flow in trace.flows:
        hops = [
            replace(
                hop,
                probes=tuple(
                    replace(p, reply=p.reply and replace(p.reply, source_port=None))
                    for p in hop.probes
                ),
            )
            for hop in flow.hops
        ]
        flows.append(replace(flow, source_port=None, hops=tuple(hops)))
    return replace(trace, flows=tuple(flows), imported=None)


def test_mda_gives_one_flow_for_each_number() -> None:
    content = (SAMPLES / "warts" / "lab_mda_tcp_ip4.warts").read_bytes()
    (trace,) = warts.read(content, source="x")
    assert len(trace.flows) == 13
    assert {hop.address for flow in trace.flows for hop in flow.hops if hop.ttl == 4} == {
        ip_address("198.18.64.6"), ip_address("198.18.64.10"),
    }  # fmt: skip
    graph = trace.multipath
    assert graph is not None
    assert (graph.confidence, graph.flows, graph.whole) == (0.95, 13, True)
    (diamond,) = graph.diamonds
    assert diamond.convergence is not None
    ends = [graph.nodes[number].address for number in (diamond.divergence, diamond.convergence)]
    assert ends == [ip_address("198.18.64.1"), ip_address("198.18.64.22")]
    assert (diamond.branches, diamond.length) == (2, 3)
    first = trace.hops[0]
    assert (first.ttl, first.probes, str(first.address)) == (1, (), "198.18.1.1")
    assert (trace.distance, trace.end, trace.packets_sent) == (7, EndReason.REACHED, 60)


def test_answers_with_all_they_tell() -> None:
    entry = struct.pack("!I", 1692 << 12 | 5 << 9 | 1 << 8 | 3)
    router = ROUTER | {
        3: octet(250), 4: octet(0x10), 5: octet(1), 14: octet(4), 16: octet(32),
        17: extension((1, 1), entry), 19: stamp(1600000000.25),
    }  # fmt: skip
    target = {2: octet(2), 4: octet(0x20), 6: long(9000), 15: octet(0x12), 18: again(1)}
    told = {6: octet(1), 9: octet(2), 11: octet(3), 14: word(25), 15: octet(1), 19: word(2)}
    (found,) = read(trace([router, target], told=told))
    lost, answered = found.hops[0].probes
    assert lost.reply is None
    reply = answered.reply
    assert reply is not None
    assert reply.mpls == (MplsLabel(label=1692, traffic_class=5, bottom=True, ttl=3),)
    assert (reply.reply_ttl, reply.quoted_ttl, reply.quoted_tos) == (250, 4, 32)
    assert reply.received_ns == 1600000000_251500000
    assert found.hops[1].probes[0].reply is not None
    assert found.hops[1].probes[0].reply.kind is ReplyKind.SYN_ACK
    assert (found.distance, found.end, found.target_rtt_ms) == (2, EndReason.REACHED, 9.0)


def test_addresses_of_the_whole_file_are_counted_from_one() -> None:
    told = {4: long(2), 3: long(1)}
    body = parameters(told) + word(1) + parameters({1: long(3), 2: octet(1)}) + b"\0\0"
    (found,) = read(
        shared("192.0.2.9", 1),
        shared("203.0.113.25", 2),
        shared("192.0.2.1", 3),
        record(6, body),
    )
    assert (str(found.source), str(found.target)) == ("192.0.2.9", "203.0.113.25")
    assert str(found.hops[0].address) == "192.0.2.1"


def test_the_last_try_is_no_hop() -> None:
    answer = parameters({2: octet(255), 7: bytes([11, 0]), 18: address("192.0.2.7")})
    optional = b"\0" + word(1) + answer
    end = word(2 << 12 | len(optional)) + optional + word(1 << 12 | 3) + b"abc" + b"\0\0"
    (found,) = read(trace([ROUTER], end=end))
    assert [hop.ttl for hop in found.hops] == [1]
    assert [probe.ttl for probe in found.flows[0].beyond] == [255]


def test_what_newer_versions_add_is_passed_over() -> None:
    unknown = {40: b"what is this", 41: b"\xff" * 9}
    answer = ROUTER | {33: b"later"}
    (found,) = read(record(77, b"\0" * 9), trace([answer, answer], told=unknown))
    assert found.packets_sent == 2


def test_an_address_of_a_link_layer_is_nobody() -> None:
    ethernet = b"\x06\x03" + b"\x02" * 6
    (found,) = read(trace([ROUTER | {18: ethernet}]))
    assert found.hops[0].address is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "byte 0: an empty file"),
        (b"\x12\x05\0", "byte 2: ends within a field of 2 bytes"),
        (b"\x12\x06" + b"\0" * 6, "byte 2: no warts record begins here"),
        (record(6, b"x")[:-1], "byte 8: a record of 1 bytes is cut"),
        (record(6, b"\xff" * 40), "byte 24: more than 16 bytes of flags"),
        (record(6, b"\x01\xff\xff"), "byte 11: parameters longer than their record"),
        (record(6, b"\0" + word(0)), "byte 9: a trace without a target"),
        (trace([{2: octet(1), 18: again(9)}]), "address 9 of this record is not defined"),
        (trace([{1: long(1), 2: octet(1)}]), "address 1 is not defined"),
        (trace([{6: long(1)}]), "an answer without the TTL"),
        (trace([ROUTER | {18: b"\x04\x02" + b"\0" * 4}]), "an address of type 2 and 4 bytes"),
        (trace([ROUTER | {17: word(9)}]), "ICMP extensions longer"),
        (trace([ROUTER], end=word(0x2FFF)), "optional data longer"),
    ],
)
def test_what_is_malformed_is_an_error_that_names_the_octet(content: bytes, words: str) -> None:
    with pytest.raises(
        ParseError, match=rf"x\.warts: byte \d+: .*{words.rsplit(': ', maxsplit=1)[-1]}"
    ) as caught:
        read(content)
    assert words in str(caught.value)


def test_the_end_of_optional_data_may_be_missing() -> None:
    assert read(trace([ROUTER], end=b""))


def mda(nodes: int, links: list[bytes]) -> bytes:
    told = {
        9: octet(4), 14: octet(95), 16: word(nodes), 17: word(len(links)),
        21: address("192.0.2.9"), 22: address("203.0.113.25"),
    }  # fmt: skip
    node = parameters({5: address("192.0.2.1")})
    return record(8, parameters(told) + node * nodes + b"".join(links))


def test_a_graph_that_turns_in_a_circle_ends() -> None:
    there = parameters({1: word(0), 2: word(1), 3: octet(0)})
    back = parameters({1: word(1), 2: word(0), 3: octet(0)})
    (found,) = read(mda(2, [there, back]))
    assert [str(hop.address) for hop in found.hops] == ["192.0.2.1"]
    assert found.multipath is not None
    assert len(found.multipath.edges) == 1


@pytest.mark.parametrize(
    "link",
    [
        parameters({1: word(2), 3: octet(0)}),
        parameters({1: word(0), 2: word(9), 3: octet(0)}),
        parameters({1: word(0), 3: octet(255)}),
        parameters({1: word(0), 3: octet(1)}) + parameters({1: word(0xFFFF)}),
    ],
)
def test_links_to_nowhere_and_counts_beyond_the_record(link: bytes) -> None:
    with pytest.raises(ParseError, match=r"x\.warts: byte \d+: "):
        read(mda(1, [link]))
