"""Results of ten years of firmware against values that another reader of them gives.

The data may not be passed on with the project; where it is not at hand this is skipped. What our
model has no place for is listed in ``NO_PLACE``; identities of probe and measurement are in notes.
"""

import ast
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from mxpath.formats import atlas
from mxpath.model.probe import Probe
from mxpath.model.trace import EndReason, Trace

NO_PLACE = (
    "destination_name",  # an address is a target; its name is found anew
    "_option_size",  # sizes of IPv6 extension headers
    "].size",  # sizes of answers
    "icmp_header.rfc4884",
    "icmp_header.version",
    "hops[0].index",  # of a hop that is nothing but an error: nothing was sent, so it is no hop
    "hops[0].is_error",
)


def hops(trace: Trace) -> list[tuple[int, tuple[Probe, ...]]]:
    """All hops as the file has them, the last try with a TTL of 255 among them."""
    (flow,) = trace.flows
    found = [(hop.ttl, hop.probes) for hop in flow.hops]
    return [*found, (255, flow.beyond)] if flow.beyond else found


def last_median(trace: Trace) -> float | None:
    answered = [p for _, p in hops(trace) if any(probe.rtt_ms is not None for probe in p)]
    times = [p.rtt_ms for p in answered[-1] if p.rtt_ms is not None] if answered else []
    return round(median(times), 3) if times else None


def note(trace: Trace, words: str) -> str:
    return next(n.removeprefix(words) for n in trace.notes if n.startswith(words))


def objects(probe: Probe) -> list[dict[str, Any]]:
    labels = probe.reply.mpls if probe.reply is not None else ()
    rows = [
        {"exp": m.traffic_class, "label": m.label, "s": int(m.bottom), "ttl": m.ttl} for m in labels
    ]
    return [{"class": 1, "mpls": rows, "type": 1}]


def field(name: str) -> Callable[[Probe], Any]:
    return lambda probe: getattr(probe.reply, name) if probe.reply is not None else None


OF_PROBE: dict[str, Callable[[Probe], Any]] = {
    "origin": lambda p: None if p.reply is None else str(p.reply.responder),
    "rtt": lambda p: p.rtt_ms,
    "ttl": field("reply_ttl"),
    "mtu": field("mtu"),
    "internal_ttl": field("quoted_ttl"),
    "icmp_header.objects": objects,
    "icmp_header": lambda p: (p.reply is not None and p.reply.mpls) or None,
}
OF_TRACE: dict[str, Callable[[Trace], Any]] = {
    "af": lambda t: t.target.version,
    "destination_address": lambda t: str(t.target),
    "end_time.isoformat()": lambda t: t.ended_at and t.ended_at.isoformat(),
    "end_time_timestamp": lambda t: t.ended_at and t.ended_at.timestamp(),
    "origin": lambda t: note(t, "the probe is seen as "),
    "firmware": lambda t: int(t.imported.version) if t.imported and t.imported.version else None,
    "measurement_id": lambda t: int(note(t, "RIPE Atlas measurement ").split(",")[0]),
    "probe_id": lambda t: int(note(t, "RIPE Atlas measurement ").split("probe ")[1]),
    "paris_id": lambda t: int(note(t, "Paris id ")),
    "protocol": lambda t: f"TracerouteResult.PROTOCOL_{t.protocol.name}" if t.protocol else None,
    "total_hops": lambda t: len(hops(t)) or 1,
    "last_median_rtt": last_median,
    "destination_ip_responded": lambda t: t.distance is not None,
    "last_hop_responded": lambda t: any(p.reply is not None for p in hops(t)[-1][1]),
    "is_success": lambda t: t.end is EndReason.REACHED,
    "hops[0].error_message": lambda t: t.notes[-1],
}


def told(trace: Trace, expression: str) -> Any:
    """Evaluate what is expected, such as ``result.hops[3].packets[1].rtt``, on our trace."""
    what = expression.removeprefix("result.")
    if what in OF_TRACE:
        return OF_TRACE[what](trace)
    numbers = [int(part.split("]")[0]) for part in what.split("[")[1:]]
    if what.startswith("len("):
        return len(hops(trace)[numbers[0]][1]) if hops(trace) else 0
    ttl, probes = hops(trace)[numbers[0]]
    if what.endswith(".index"):
        return ttl
    name = "origin" if what.startswith("ip_path") else what.split("].", 2)[-1]
    return OF_PROBE[name](probes[numbers[1]])


def test_results_of_every_firmware_read_as_expected(dev_only: Path) -> None:
    file = dev_only / "traceroute" / "atlas-traceroute-by-firmware.json.xz"
    cases = json.loads(lzma.decompress(file.read_bytes()))
    judged, passed_over = 0, 0
    for case in cases:
        traces = atlas.read(json.dumps(case["input"]).encode(), source=case["name"])
        for expression, words in case["expect"]:
            if any(part in expression for part in NO_PLACE):
                passed_over += 1
                continue
            judged += 1
            expected = words if words.startswith("Traceroute") else ast.literal_eval(words)
            if not traces:  # the name was not resolved: there is nothing to trace
                assert expected in (None, False)
                continue
            assert told(traces[0], expression) == expected, (case["name"], expression)
    assert (len(cases), judged + passed_over) == (11, 160)
    assert passed_over == 35


def test_traces_across_exchange_points_are_read(dev_only: Path) -> None:
    file = dev_only / "traceroute" / "traixroute-test_traceroute_paths_from_ripe.json"
    traces = atlas.read(file.read_bytes(), source=file.name)
    assert [(str(t.target), t.distance, t.end) for t in traces] == [
        ("194.85.27.7", 14, EndReason.REACHED),
        ("194.85.27.7", None, EndReason.GAVE_UP),
    ]
