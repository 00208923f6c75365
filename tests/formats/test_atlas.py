import json
from ipaddress import ip_address
from typing import Any

import pytest

from formats.samples import SAMPLES
from mxpath.errors import ParseError
from mxpath.formats import WRITERS, atlas, traceroute
from mxpath.formats.assembling import NO_CONSTANT_FLOW
from mxpath.model.probe import MplsLabel, Protocol, ReplyKind
from mxpath.model.trace import EndReason, Trace

TARGET = "203.0.113.25"
SILENT = {"x": "*"}


def answer(who: str = "192.0.2.1", rtt: float = 1.5, **more: Any) -> dict[str, Any]:
    return {"from": who, "rtt": rtt, "ttl": 62, "size": 28, **more}


def trace(*hops: list[dict[str, Any]], last_ditch: bool = False, **more: Any) -> Trace:
    numbers = range(1, len(hops) + 1)
    ttls = [*numbers[:-1], 255] if last_ditch else numbers
    document = {
        "type": "traceroute",
        "fw": 5080,
        "prb_id": 7,
        "msm_id": 9,
        "proto": "ICMP",
        "dst_addr": TARGET,
        "result": [{"hop": ttl, "result": hop} for ttl, hop in zip(ttls, hops, strict=True)],
        **more,
    }
    (found,) = atlas.read(json.dumps(document).encode(), source="x.json")
    return found


def test_the_target_answers_at_its_distance() -> None:
    found = trace([answer()], [answer(TARGET, 9.25), SILENT])
    assert found.distance == 2
    assert found.end is EndReason.REACHED
    assert found.target_rtt_ms == 9.25
    assert found.packets_sent == 3
    assert found.protocol is Protocol.ICMP
    assert [probe.attempt for probe in found.hops[1].probes] == [0, 1]
    assert found.imported is not None
    assert found.imported.version == "5080"


def test_a_router_that_let_the_probe_go_on_had_told_time_exceeded() -> None:
    found = trace([answer()], [answer("192.0.2.2")])
    kinds = [hop.probes[0].reply and hop.probes[0].reply.kind for hop in found.hops]
    assert kinds == [ReplyKind.TIME_EXCEEDED, None]
    assert found.end is None


def test_a_late_answer_belongs_to_the_probe_it_answers() -> None:
    late = {"late": 3, "from": "192.0.2.1", "ttl": 63, "size": 28}
    found = trace([SILENT, SILENT, SILENT], [late, answer("192.0.2.2")])
    first, second = found.hops
    assert first.responders == (ip_address("192.0.2.1"),)
    assert first.probes[0].reply is not None
    assert first.probes[0].rtt_ms is None
    assert second.responders == (ip_address("192.0.2.2"),)
    assert found.packets_sent == 4


def test_a_duplicate_is_no_probe() -> None:
    found = trace([answer(), {**answer(), "dup": True}])
    assert found.packets_sent == 1


def test_the_last_try_with_a_ttl_of_255_is_no_hop() -> None:
    found = trace([answer()], [SILENT], [SILENT], last_ditch=True)
    assert [hop.ttl for hop in found.hops] == [1, 2]
    assert [probe.ttl for probe in found.flows[0].beyond] == [255]
    assert found.end is EndReason.GAVE_UP


def test_a_target_that_only_the_last_try_reached_is_at_no_known_distance() -> None:
    found = trace([answer()], [SILENT], [answer(TARGET)], last_ditch=True)
    assert found.distance is None
    assert found.end is EndReason.REACHED


@pytest.mark.parametrize(
    ("more", "kind", "code"),
    [
        ({"err": "H"}, ReplyKind.UNREACHABLE, 1),
        ({"err": "A"}, ReplyKind.UNREACHABLE, 13),
        ({"err": 9}, ReplyKind.UNREACHABLE, 9),
        ({"err": "?"}, ReplyKind.UNREACHABLE, None),
        ({"mtu": 1400}, ReplyKind.PACKET_TOO_BIG, 4),
        ({"flags": "SA"}, ReplyKind.SYN_ACK, None),
        ({"flags": "RA"}, ReplyKind.RST, None),
        ({"flags": "A"}, ReplyKind.ACK, None),
        ({"flags": "FPU"}, None, None),
    ],
)
def test_what_kind_of_packet_answered(
    more: dict[str, Any], kind: ReplyKind | None, code: int | None
) -> None:
    reply = trace([answer(**more)]).hops[0].probes[0].reply
    assert reply is not None
    assert (reply.kind, reply.icmp_code) == (kind, code)


def test_codes_of_ipv6_are_its_own() -> None:
    found = trace([answer("2001:db8::1", err="A")], dst_addr="2001:db8::25", af=6)
    reply = found.hops[0].probes[0].reply
    assert reply is not None
    assert (reply.icmp_type, reply.icmp_code) == (1, 1)
    assert found.end is EndReason.UNREACHABLE


def test_label_stacks_and_what_the_quote_told() -> None:
    labels = [{"exp": 5, "label": 1692, "s": 0, "ttl": 1}, {"exp": 0, "label": 3, "s": 1, "ttl": 9}]
    extension = {"version": 2, "rfc4884": 1, "obj": [{"class": 1, "type": 1, "mpls": labels}]}
    found = trace([answer(icmpext=extension, ittl=2, itos=32)], [answer("192.0.2.2")])
    reply, plain = (hop.probes[0].reply for hop in found.hops)
    assert reply is not None
    assert reply.mpls == (
        MplsLabel(label=1692, traffic_class=5, bottom=False, ttl=1),
        MplsLabel(label=3, traffic_class=0, bottom=True, ttl=9),
    )
    assert (reply.quoted_ttl, reply.quoted_tos) == (2, 32)
    assert plain is not None
    assert plain.quoted_ttl is None


@pytest.mark.parametrize(
    ("error", "end"),
    [
        ("connect failed: Network is unreachable", EndReason.NO_ROUTE),
        ("sendto failed: Operation not permitted", EndReason.LOCAL_FAULT),
    ],
)
def test_what_the_probe_could_not_do(error: str, end: EndReason) -> None:
    found = trace([{"error": error}])
    assert found.end is end
    assert error in found.notes
    assert found.packets_sent == 0


@pytest.mark.parametrize(("paris", "constant"), [(0, False), (3, True)])
def test_paris_0_kept_no_constant_flow(paris: int, *, constant: bool) -> None:
    found = trace([answer()], paris_id=paris)
    assert f"Paris id {paris}" in found.notes
    assert (NO_CONSTANT_FLOW in found.notes) != constant
    assert json.loads(WRITERS["atlas"]((found,)))["paris_id"] == (1 if constant else 0)


def test_the_names_of_the_oldest_firmware() -> None:
    old = {"fw": 4400, "prb_id": 1, "msm_id": 2, "addr": TARGET, "mode": "UDP4", "paris-id": 3}
    old |= {"srcaddr": "192.0.2.9", "result": [{"hop": 1, "result": [answer()]}]}
    (found,) = atlas.read(json.dumps(old).encode(), source="x")
    assert (str(found.target), str(found.source)) == (TARGET, "192.0.2.9")
    assert found.protocol is Protocol.UDP
    assert "Paris id 3" in found.notes


def test_firmware_1_holds_what_traceroute_printed() -> None:
    words = (SAMPLES / "traceroute" / "busybox-v4.txt").read_text(encoding="utf-8")
    old = {"fw": 1, "prb_id": 21, "msm_id": 6001, "timestamp": 1332938930, "result": words}
    (found,) = atlas.read(json.dumps([old | {"from": "192.0.2.1"}]).encode(), source="x")
    (plain,) = traceroute.read(words.encode(), source="x")
    assert (found.target, found.hops, found.distance) == (plain.target, plain.hops, plain.distance)
    assert found.hops
    assert found.notes[:2] == (
        "RIPE Atlas measurement 6001, probe 21", "the probe is seen as 192.0.2.1",
    )  # fmt: skip
    assert found.started_at is not None
    assert atlas.read(json.dumps(old | {"result": "dns: no such name"}).encode(), source="x") == ()
    broken = old | {"result": words + "\n 1  later than it should be\n"}
    with pytest.raises(ParseError, match="x: record 1: result: cannot be read"):
        atlas.read(json.dumps(broken).encode(), source="x")


def test_pages_arrays_and_results_of_other_types() -> None:
    one = {"type": "traceroute", "prb_id": 1, "dst_addr": TARGET, "result": []}
    other, lost = {"type": "ping", "dst_addr": TARGET}, {"type": "traceroute", "dst_name": "x"}
    page = {"count": 2, "next": None, "results": [one, one]}
    for document, count in ((page, 2), ([one, other, lost, one], 2), (one, 1)):
        assert len(atlas.read(json.dumps(document).encode(), source="x")) == count
    lines = b"\n".join(json.dumps(each).encode() for each in (one, other, one))
    assert [t.imported and t.imported.record for t in atlas.read(lines, source="x")] == [1, 3]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"dst_addr": "nowhere"}, r"x\.json: record 1: dst_addr: is no address"),
        ({"result": [{"hop": 300}]}, r"record 1: result\[0\]\.hop: is no whole number"),
        ({"result": [{"hop": 1, "result": {}}]}, r"result\[0\]\.result: is no array"),
        ({"result": [{"hop": 1, "result": [answer(rtt=-1)]}]}, r"result\[0\]\.rtt: is no time"),
        ({"timestamp": 1e18}, "timestamp: is no moment"),
    ],
)
def test_a_field_that_does_not_fit_is_named(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ParseError, match=words):
        trace(**changed)


def test_of_many_lines_the_bad_one_is_named() -> None:
    one = json.dumps({"type": "traceroute", "prb_id": 1, "dst_addr": TARGET}).encode()
    with pytest.raises(ParseError, match=r"x:3: no JSON"):
        atlas.read(b"\n".join([one, b"", one[:-9]]), source="x")
