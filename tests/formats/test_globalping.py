import json
from typing import Any

import pytest

from formats.samples import SAMPLES
from mxpath.errors import ParseError
from mxpath.formats import globalping
from mxpath.formats.assembling import NO_CONSTANT_FLOW
from mxpath.model.probe import Protocol, ReplyKind
from mxpath.model.trace import EndReason, Trace


def sample(name: str) -> tuple[Trace, ...]:
    return globalping.read((SAMPLES / "globalping" / name).read_bytes(), source=name)


def test_one_trace_for_each_probe_that_finished() -> None:
    frankfurt, paris = sample("made_traceroute_tcp.json")
    assert (frankfurt.protocol, frankfurt.port) == (Protocol.TCP, 25)
    assert (frankfurt.distance, frankfurt.end) == (4, EndReason.REACHED)
    assert frankfurt.target_rtt_ms == 11.87
    assert frankfurt.notes == (
        "Globalping measurement nzGzfAGL7sZfUs3c",
        "probe in Frankfurt, DE, AS64496, Nordmail",
        NO_CONSTANT_FLOW,
    )
    assert (paris.distance, paris.end) == (None, EndReason.GAVE_UP)
    assert [t.imported and t.imported.record for t in (frankfurt, paris)] == [1, 2]


def test_a_hop_with_fewer_times_has_lost_the_rest() -> None:
    frankfurt, _ = sample("made_traceroute_tcp.json")
    assert [(hop.loss.sent, hop.loss.lost) for hop in frankfurt.hops] == [
        (2, 0), (2, 2), (2, 1), (2, 0),
    ]  # fmt: skip
    first = frankfurt.hops[0].probes[0].reply
    last = frankfurt.hops[3].probes[0].reply
    assert first is not None
    assert last is not None
    assert (first.kind, last.kind) == (ReplyKind.TIME_EXCEEDED, None)


def test_rounds_of_mtr() -> None:
    (found,) = sample("made_mtr_ip6.json")
    assert (found.protocol, found.port, found.distance) == (Protocol.ICMP, None, 4)
    assert len(found.hops) == 4
    assert found.hops[2].rtts_ms == (8.5, 8.75)
    assert found.hops[2].loss.lost == 1
    assert found.imported is not None
    assert found.imported.tool == "globalping mtr"
    assert found.started_at is not None
    assert found.started_at.isoformat() == "2026-06-17T08:15:30.250000+00:00"


def measurement(**changed: Any) -> bytes:
    result = {"status": "finished", "resolvedAddress": "203.0.113.25", "hops": []}
    document = {"type": "traceroute", "results": [{"result": result}]} | changed
    return json.dumps(document).encode()


def test_other_measurements_are_passed_over() -> None:
    assert globalping.read(measurement(type="dns"), source="x") == ()
    assert (
        globalping.read(measurement(results=[{"result": {"status": "failed"}}]), source="x") == ()
    )
    assert len(globalping.read(measurement(), source="x")) == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"createdAt": "yesterday"}, r"x\.json: record 1: createdAt: is no date"),
        ({"results": [{"result": 3}]}, r"results\[0\]\.result: is no object"),
        ({"measurementOptions": {"protocol": "TCP", "port": 70000}}, "port: is no whole number"),
    ],
)
def test_a_field_that_does_not_fit_is_named(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ParseError, match=words):
        globalping.read(measurement(**changed), source="x.json")
