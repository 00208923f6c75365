"""Traces as RIPE Atlas would have written them: one result of type traceroute a line.

Names and types of fields are those of results of firmware 5080. Each flow is a result of its own,
with its number as ``paris_id``; a trace that kept no constant flow has 0 there, as with Atlas.

What this form cannot hold, and what is in its place:

- ports, the moments at which probes left, sequence numbers, and all of start and end but whole seconds;
- numbers of measurement and probe: 0; sizes of packets: 0;
- types of ICMP, codes of Time Exceeded, quoted numbers other than TTL and TOS, and RFC 5837;
- why a trace ended, as far as the answers do not tell;
- of a hop that a tool has told as statistics: who answered, with the best round-trip time only.

Round-trip times are written to the nanosecond; Atlas itself gives microseconds.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from mxpath.formats.assembling import NO_CONSTANT_FLOW
from mxpath.formats.atlas import CODES, LAST_DITCH_TTL
from mxpath.model.probe import MplsLabel, Probe, Reply, ReplyKind
from mxpath.model.trace import EndReason, Flow, Hop, Trace

FIRMWARE = 5080
_FLAGS = {ReplyKind.SYN_ACK: "SA", ReplyKind.RST: "RA", ReplyKind.ACK: "A"}
_ERRORS = {
    EndReason.NO_ROUTE: "connect failed: Network is unreachable",
    EndReason.LOCAL_FAULT: "sendto failed: Operation not permitted",
}
"""What a probe says that could send nothing."""


def write(traces: tuple[Trace, ...]) -> bytes:
    """Write one result a line for each flow; a trace without flows is a result without answers."""
    results: list[Any] = [result for trace in traces for result in _results(trace)]
    return "".join(json.dumps(result) + "\n" for result in results or [[]]).encode()


def _results(trace: Trace) -> Iterator[dict[str, Any]]:
    for number, flow in enumerate(trace.flows, 1):
        paris = 0 if NO_CONSTANT_FLOW in trace.notes else number
        yield _result(trace, paris, list(_hops(trace, flow)) or _nothing(trace))
    if not trace.flows:
        yield _result(trace, 0, _nothing(trace))


def _result(trace: Trace, paris: int, hops: list[dict[str, Any]]) -> dict[str, Any]:
    source = "" if trace.source is None else str(trace.source)
    return {
        "fw": FIRMWARE,
        "mver": "mxpath",
        "lts": -1,
        "endtime": _seconds(trace.ended_at or trace.started_at),
        "dst_name": str(trace.target),
        "dst_addr": str(trace.target),
        "src_addr": source,
        "proto": "" if trace.protocol is None else trace.protocol.value.upper(),
        "af": trace.target.version,
        "size": 0,
        "paris_id": paris,
        "result": hops,
        "msm_id": 0,
        "prb_id": 0,
        "timestamp": _seconds(trace.started_at),
        "msm_name": "Traceroute",
        "from": source,
        "type": "traceroute",
    }


def _nothing(trace: Trace) -> list[dict[str, Any]]:
    """Return the hop that says why nothing was sent, if that is why."""
    error = None if trace.end is None else _ERRORS.get(trace.end)
    return [] if error is None else [{"hop": 1, "error": error}]


def _hops(trace: Trace, flow: Flow) -> Iterator[dict[str, Any]]:
    """Yield the hops, and what lies beyond them as further ones."""
    for hop in flow.hops:
        answers = [_answer(trace, probe) for probe in hop.probes] or list(_told(hop))
        if answers:
            yield {"hop": hop.ttl, "result": answers}
    wanted = (p for p in flow.beyond if trace.distance is not None or p.ttl == LAST_DITCH_TTL)
    for ttl, probes in groupby(sorted(wanted, key=lambda p: p.ttl), key=lambda p: p.ttl):
        yield {"hop": ttl, "result": [_answer(trace, probe) for probe in probes]}


def _told(hop: Hop) -> Iterator[dict[str, Any]]:
    """Yield who answered at a hop whose probes are not told, the first with the best time."""
    best = None if hop.told is None else hop.told.best_ms
    for number, responder in enumerate(hop.told_responders):
        first = {} if number or best is None else {"rtt": best}
        yield {"from": str(responder), "size": 0} | first
    if hop.told is not None and not hop.told_responders:
        yield {"x": "*"}


def _answer(trace: Trace, probe: Probe) -> dict[str, Any]:
    reply = probe.reply
    if reply is None:
        return {"x": "*"}
    told: dict[str, Any] = {"from": str(reply.responder)}
    if reply.reply_ttl is not None:
        told["ttl"] = reply.reply_ttl
    told["size"] = 0
    if probe.rtt_ms is not None:
        told["rtt"] = round(probe.rtt_ms, 6)
    if reply.quoted_ttl not in (None, 1):
        told["ittl"] = reply.quoted_ttl
    if reply.quoted_tos is not None:
        told["itos"] = reply.quoted_tos
    return told | _kind(trace, reply) | _extension(reply.mpls)


def _kind(trace: Trace, reply: Reply) -> dict[str, Any]:
    if reply.kind in _FLAGS:
        return {"flags": _FLAGS[reply.kind]}
    if reply.kind is ReplyKind.PACKET_TOO_BIG:
        return {"mtu": reply.mtu or 0}
    if reply.kind is not ReplyKind.UNREACHABLE or reply.is_from_target:
        return {}
    letters = {code: letter for letter, code in CODES[trace.target.version].items()}
    return {
        "err": letters.get(reply.icmp_code, reply.icmp_code) if reply.icmp_code is not None else "?"
    }


def _extension(labels: Iterable[MplsLabel]) -> dict[str, Any]:
    entries = [
        {"exp": each.traffic_class, "label": each.label, "s": int(each.bottom), "ttl": each.ttl}
        for each in labels
    ]
    stack = {"class": 1, "type": 1, "mpls": entries}
    return {"icmpext": {"version": 2, "rfc4884": 1, "obj": [stack]}} if entries else {}


def _seconds(when: datetime | None) -> int:
    return 0 if when is None else int(when.timestamp())
