import json
from ipaddress import ip_address
from typing import Any

import pytest

from formats.samples import SAMPLES
from mxpath.errors import ParseError
from mxpath.formats import scamper
from mxpath.formats.assembling import NO_CONSTANT_FLOW
from mxpath.model.probe import MplsLabel, Protocol, ReplyKind
from mxpath.model.trace import EndReason, Trace

HEAD = {
    "type": "trace", "version": "0.1", "userid": 0, "method": "udp-paris", "src": "192.0.2.9",
    "dst": "203.0.113.25", "sport": 50000, "dport": 33435, "stop_reason": "GAPLIMIT", "stop_data": 0,
    "start": {"sec": 1600000000, "usec": 5}, "hop_count": 1, "attempts": 2, "firsthop": 1,
    "probe_count": 9,
}  # fmt: skip


def hop(ttl: int, who: str = "192.0.2.1", **more: Any) -> dict[str, Any]:
    told = {"addr": who, "probe_ttl": ttl, "probe_id": 1, "rtt": 1.5, "reply_ttl": 60}
    return told | {"icmp_type": 11, "icmp_code": 0} | more


def trace(*hops: dict[str, Any], **more: Any) -> Trace:
    document = HEAD | {"hop_count": len(hops), "hops": list(hops)} | more
    (found,) = scamper.read(json.dumps(document).encode(), source="x.json")
    return found


def test_one_flow_with_its_ports() -> None:
    found = trace(hop(1), hop(2, "203.0.113.25", icmp_type=3, icmp_code=3, rtt=9.5))
    assert (found.protocol, found.port) == (Protocol.UDP, 33435)
    assert (found.flows[0].source_port, found.flows[0].destination_port) == (50000, 33435)
    assert (found.distance, found.target_rtt_ms, found.packets_sent) == (2, 9.5, 9)


def test_stamps_where_there_are_some() -> None:
    found = trace(hop(1, tx={"sec": 1600000001, "usec": 7}))
    (probe,) = found.hops[0].probes
    assert probe.sent_ns == 1600000001_000007000
    assert probe.rtt_ms == 1.5
    assert found.ended_at is not None
    assert found.ended_at.isoformat() == "2020-09-13T12:26:41.001507+00:00"


def test_silence_on_the_way_was_probed() -> None:
    found = trace(hop(2, probe_id=2), hop_count=4)
    assert [len(each.probes) for each in found.hops] == [1, 2, 1, 1]
    assert [p.reply is not None for p in found.hops[1].probes] == [False, True]
    assert found.end is EndReason.GAVE_UP


def test_where_a_converter_left_the_attempts_out_nothing_is_said_of_silence() -> None:
    found = trace(hop(2), hop(4), attempts=0)
    assert [(each.ttl, len(each.probes)) for each in found.hops] == [(2, 1), (3, 0), (4, 1)]


@pytest.mark.parametrize(
    ("stop", "end"),
    [
        ("UNREACH", EndReason.UNREACHABLE),
        ("LOOP", EndReason.LOOP),
        ("HOPLIMIT", EndReason.GAVE_UP),
        ("ERROR", EndReason.LOCAL_FAULT),
        ("HALTED", EndReason.INTERRUPTED),
        ("NONE", None),
        ("COMPLETED", None),
    ],
)
def test_why_it_stopped(stop: str, end: EndReason | None) -> None:
    found = trace(hop(1), stop_reason=stop)
    assert found.end is end
    assert any("COMPLETED" in note for note in found.notes) == (stop == "COMPLETED")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"icmp_type": 3, "icmp_code": 13}, ReplyKind.UNREACHABLE),
        ({"icmp_type": 3, "icmp_code": 4, "icmp_nhmtu:": 1400}, ReplyKind.PACKET_TOO_BIG),
        ({"icmp_type": 0, "icmp_code": 0}, ReplyKind.ECHO_REPLY),
        ({"icmp_type": 12, "icmp_code": 0}, None),
        ({"icmp_type": None, "tcp_flags": 0x12}, ReplyKind.SYN_ACK),
        ({"icmp_type": None, "tcp_flags": 0x14}, ReplyKind.RST),
        ({"icmp_type": None, "tcp_flags": 0x10}, ReplyKind.ACK),
        ({"icmp_type": None}, None),
        ({"icmp_type": None, "addr": "203.0.113.25"}, ReplyKind.UDP_REPLY),
    ],
)
def test_what_kind_of_packet_answered(answer: dict[str, Any], kind: ReplyKind | None) -> None:
    reply = trace(hop(1) | answer).hops[0].probes[0].reply
    assert reply is not None
    assert reply.kind is kind
    assert reply.mtu == answer.get("icmp_nhmtu:")


def test_types_of_icmp_are_those_of_the_family() -> None:
    answer = hop(1, "2001:db8::1", icmp_type=3, icmp_code=0)
    reply = trace(answer, dst="2001:db8::25").hops[0].probes[0].reply
    assert reply is not None
    assert reply.kind is ReplyKind.TIME_EXCEEDED


def test_label_stacks() -> None:
    labels = [{"mpls_ttl": 1, "mpls_s": 1, "mpls_exp": 2, "mpls_label": 24001}]
    extension = [{"ie_cn": 1, "ie_ct": 1, "ie_dl": 4, "mpls_labels": labels}, {"ie_cn": 2}]
    reply = trace(hop(1, icmpext=extension)).hops[0].probes[0].reply
    assert reply is not None
    assert reply.mpls == (MplsLabel(label=24001, traffic_class=2, bottom=True, ttl=1),)


@pytest.mark.parametrize(("method", "constant"), [("udp", False), ("tcp", True)])
def test_methods_that_keep_no_constant_flow_are_told(method: str, *, constant: bool) -> None:
    found = trace(hop(1), method=method)
    assert (NO_CONSTANT_FLOW in found.notes) != constant
    assert (found.flows[0].destination_port is not None) == constant


def test_addresses_of_ipv4_inside_ipv6_are_ipv4() -> None:
    found = trace(hop(1, "::ffff:192.0.2.1"), dst="::ffff:203.0.113.25")
    assert found.target == ip_address("203.0.113.25")
    assert found.hops[0].address == ip_address("192.0.2.1")


def test_mda_of_a_measurement_lab() -> None:
    content = (SAMPLES / "scamper" / "mlab_mda_ip4.jsonl").read_bytes()
    (found,) = scamper.read(content, source="x")
    assert (str(found.target), found.distance, found.end) == (
        "35.226.122.118", 4, EndReason.REACHED,
    )  # fmt: skip
    assert len(found.flows) == 6
    assert [str(each.address) for each in found.hops] == [
        "4.14.159.65", "4.69.209.82", "209.85.149.162", "35.226.122.118",
    ]  # fmt: skip
    assert [each.min_rtt_ms for each in found.hops[1:]] == [0.591, 0.724, 41.403]
    graph = found.multipath
    assert graph is not None
    assert [str(node.address) for node in graph.nodes[1:]] == [
        str(hop.address) for hop in found.hops
    ]
    assert graph.links == ((0, 1), (1, 2), (2, 3), (3, 4))
    assert graph.edges[1].flows == (0, 1, 2, 3, 4, 5)


def test_a_graph_without_confidence_or_beginning_is_left_out() -> None:
    content = (SAMPLES / "scamper" / "mlab_mda_ip4.jsonl").read_bytes()
    for old, new in (
        (b'"confidence":95', b'"confidence":0'),
        (b'[{"addr":"4.14.159.65"', b'[{"addr":"*"'),
    ):
        assert old in content
        (found,) = scamper.read(content.replace(old, new), source="x")
        assert found.multipath is None
        assert len(found.flows) == 6


def probe(ttl: int, flow: int, *, silent: bool = False) -> dict[str, Any]:
    told: dict[str, Any] = {"tx": {"sec": 1, "usec": 0}, "ttl": ttl, "attempt": 0, "flowid": flow}
    return told if silent else told | {"replies": [{"rtt": 1.0, "icmp_type": 11, "icmp_code": 0}]}


def test_silence_within_a_link_is_a_node_of_its_own() -> None:
    far = {"addr": "192.0.2.3", "probes": [probe(3, 1), probe(3, 2)]}
    node = {"addr": "192.0.2.1", "linkc": 1, "links": [[{"addr": "*"}], [far]]}
    document = HEAD | {"type": "tracelb", "method": "udp-sport", "confidence": 95, "nodes": [node]}
    (found,) = scamper.read(json.dumps(document).encode(), source="x")
    graph = found.multipath
    assert graph is not None
    assert [(n.ttl, n.address and str(n.address)) for n in graph.nodes] == [
        (0, None), (1, "192.0.2.1"), (2, None), (3, "192.0.2.3"),
    ]  # fmt: skip
    assert [edge.flows for edge in graph.edges] == [(), (), (0, 1)]


def test_a_whole_cycle_in_one_line() -> None:
    content = (SAMPLES / "scamper" / "mlab_one_line.jsonl").read_bytes()
    (found,) = scamper.read(content, source="x")
    assert (str(found.target), found.end, len(found.hops)) == (
        "104.148.161.48", EndReason.GAVE_UP, 11,
    )  # fmt: skip
    assert [each.ttl for each in found.hops if each.address is not None] == [3, 4, 5, 6]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"hops": [{"addr": "192.0.2.1"}]}, r"x\.json: record 1: hops\[0\]\.probe_ttl: is missing"),
        ({"hops": [hop(1, tx={"sec": "now"})]}, r"hops\[0\]\.tx\.sec: is no whole number"),
        ({"type": "tracelb", "nodes": [{"links": [{}]}]}, r"nodes\[0\]\.links\[0\]: is no array"),
    ],
)
def test_a_field_that_does_not_fit_is_named(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ParseError, match=words):
        trace(**changed)
