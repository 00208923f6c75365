import json
from typing import Any

import pytest

from formats.samples import SAMPLES
from mxpath.errors import ParseError
from mxpath.formats import dublin
from mxpath.model.probe import MplsLabel, Protocol, ReplyKind
from mxpath.model.trace import EndReason, Trace


def sample(name: str) -> Trace:
    (found,) = dublin.read((SAMPLES / "dublin" / name).read_bytes(), source=name)
    return found


def test_one_flow_as_it_went() -> None:
    found = sample("want_8.8.8.8.json")
    assert (str(found.source), str(found.target)) == ("172.16.0.239", "8.8.8.8")
    assert (found.protocol, found.port, found.distance) == (Protocol.UDP, 33434, 4)
    assert found.end is EndReason.REACHED
    (flow,) = found.flows
    assert (flow.source_port, flow.destination_port) == (12345, 33434)
    assert [hop.min_rtt_ms for hop in flow.hops] == [10.103, 3.985, 3.618, 3.255]
    assert found.started_at is not None
    assert found.started_at.isoformat() == "2019-08-15T21:17:49.420662+00:00"
    reply = flow.hops[3].probes[0].reply
    assert reply is not None
    assert (reply.kind, reply.reply_ttl, reply.icmp_code) == (ReplyKind.UNREACHABLE, 63, 3)


def test_each_flow_has_its_own_ports_and_path() -> None:
    found = sample("made_cpp_nat.json")
    assert [flow.destination_port for flow in found.flows] == [33434, 33435]
    assert [str(flow.hops[1].address) for flow in found.flows] == ["192.0.2.1", "192.0.2.2"]
    assert found.hops[2].probes[0].reply is None
    assert (found.distance, found.packets_sent) == (5, 8)


def test_the_ways_of_the_older_version_are_understood() -> None:
    found = sample("made_cpp_nat.json")
    first, second = (hop.probes[0] for hop in found.hops[:2])
    assert first.sent_ns == 1700000000_000007000
    assert (first.rtt_ms, second.rtt_ms) == (1.5, 3.0)
    assert first.reply is not None
    assert (first.reply.kind, first.reply.icmp_type) == (ReplyKind.TIME_EXCEEDED, 11)
    refusal = found.flows[1].hops[2].probes[0].reply
    assert refusal is not None
    assert (refusal.kind, refusal.icmp_code) == (ReplyKind.UNREACHABLE, 13)
    labelled = found.hops[3].probes[0].reply
    assert labelled is not None
    assert labelled.mpls == (MplsLabel(label=24012, traffic_class=0, bottom=True, ttl=1),)


def test_where_addresses_are_translated_is_noted() -> None:
    assert sample("made_cpp_nat.json").notes == (
        "flow 33434: its UDP checksum is rewritten before TTL 2 (NAT)",
        "flow 33435: its UDP checksum is rewritten before TTL 2 (NAT)",
    )


def row(**changed: Any) -> dict[str, Any]:
    ends = {"src": "2001:db8::9", "dst": "2001:db8::25", "ttl": 3}
    back = {"src": "2001:db8::1", "dst": "2001:db8::9", "ttl": 61}
    return {
        "sent": {"timestamp": 1700000000.5, "ip": ends, "udp": {"sport": 5, "dport": 6}},
        "received": {"timestamp": 1700000001.5, "ip": back, "icmp": {"type": 3, "code": 0}},
        "rtt_usec": 1000000,
        "nat_id": 0,
        "zerottl_forwarding_bug": True,
    } | changed


def read(*rows: dict[str, Any]) -> tuple[Trace, ...]:
    return dublin.read(json.dumps({"flows": {"6": list(rows)}}).encode(), source="x.json")


def test_ipv6_and_a_router_that_forwards_what_has_no_ttl_left() -> None:
    (found,) = read(row())
    probe = found.hops[0].probes[0]
    assert probe.sent_ns == 1700000000_500000000
    assert probe.reply is not None
    assert (probe.reply.kind, probe.reply.quoted_ttl) == (ReplyKind.TIME_EXCEEDED, 0)
    assert found.end is None


def test_silence_to_the_end() -> None:
    (found,) = read(row(received=None, rtt_usec=None))
    assert found.end is EndReason.GAVE_UP


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"sent": None}, r"x\.json: record 1: .*flows.*sent\.ip\.dst: is missing"),
        ({"rtt_usec": -1}, r"6\[0\]\.rtt_usec: is no whole number"),
        ({"received": {"ip": {"src": "x"}}}, r"received\.ip\.src: is no address"),
    ],
)
def test_a_field_that_does_not_fit_is_named(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ParseError, match=words):
        read(row(**changed))


def test_no_flows_are_no_traces() -> None:
    assert dublin.read(b'{"flows": {}}', source="x") == ()
    with pytest.raises(ParseError, match="flows: is missing"):
        dublin.read(b"{}", source="x")
