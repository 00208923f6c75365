"""Traces as scamper would have written them in JSON: one object of type ``trace`` a line.

Names and types of fields are those of scamper 20211212. Each flow is an object of its own.

What this form cannot hold, and what is in its place:

- probes without an answer: of silence only the last TTL and the number of attempts are kept;
- sequence numbers, names, identifiers of ICMP, and parts of a microsecond in moments;
- sizes of packets, TOS and IP identifications of answers: 0;
- RFC 5837, and quoted numbers other than TTL and TOS;
- of a hop that a tool has told as statistics: who answered, with the best round-trip time only.

Round-trip times are written to the nanosecond; scamper itself gives microseconds.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from mxpath.formats.assembling import NO_CONSTANT_FLOW
from mxpath.formats.scamper_results import ICMP_TYPES
from mxpath.model.address import IPAddress
from mxpath.model.probe import MplsLabel, Probe, Protocol, Reply, ReplyKind
from mxpath.model.trace import EndReason, Flow, Hop, Trace

_STOPS = {
    EndReason.REACHED: "COMPLETED",
    EndReason.UNREACHABLE: "UNREACH",
    EndReason.GAVE_UP: "GAPLIMIT",
    EndReason.NO_ROUTE: "ERROR",
    EndReason.LOCAL_FAULT: "ERROR",
    EndReason.INTERRUPTED: "HALTED",
    EndReason.LOOP: "LOOP",
}
_PARIS = {Protocol.ICMP: "icmp-echo-paris", Protocol.UDP: "udp-paris", Protocol.TCP: "tcp"}
_CLASSIC = {Protocol.ICMP: "icmp-echo", Protocol.UDP: "udp", Protocol.TCP: "tcp"}
_FLAGS = {ReplyKind.SYN_ACK: 0x12, ReplyKind.RST: 0x14, ReplyKind.ACK: 0x10}
_NOTHING = Flow(source_port=None, destination_port=None, hops=())


def write(traces: tuple[Trace, ...]) -> bytes:
    """Write the start of a cycle, an object a line for each flow, and the end of the cycle."""
    began = [trace.started_at for trace in traces if trace.started_at is not None]
    ended = [trace.ended_at for trace in traces if trace.ended_at is not None] or began
    cycle = {"list_name": "mxpath", "id": 0, "hostname": "mxpath"}
    lines = [
        {"type": "cycle-start", **cycle, "start_time": _seconds(min(began, default=None))},
        *(_trace(trace, flow) for trace in traces for flow in trace.flows or (_NOTHING,)),
        {"type": "cycle-stop", **cycle, "stop_time": _seconds(max(ended, default=None))},
    ]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def _trace(trace: Trace, flow: Flow) -> dict[str, Any]:
    answers = [*_answers(trace, flow)]
    probes = [probe for hop in flow.hops for probe in hop.probes]
    return {
        "type": "trace",
        "version": "0.1",
        "userid": 0,
        "method": _method(trace),
        **({} if trace.source is None else {"src": str(trace.source)}),
        "dst": str(trace.target),
        **_ports(trace, flow),
        "stop_reason": _stop(trace, flow),
        "stop_data": _stop_data(trace, flow),
        "start": _start(trace.started_at),
        "hop_count": flow.hops[-1].ttl if flow.hops else 0,
        "attempts": max((probe.attempt + 1 for probe in probes), default=0),
        "hoplimit": 0,
        "firsthop": flow.hops[0].ttl if flow.hops else 1,
        "wait": 0,
        "wait_probe": 0,
        "tos": 0,
        "probe_size": 0,
        "probe_count": min(len(probes) + len(flow.beyond), 65535),
        **({"hops": answers} if answers else {}),
    }


def _method(trace: Trace) -> str:
    methods = _CLASSIC if NO_CONSTANT_FLOW in trace.notes else _PARIS
    return "unknown" if trace.protocol is None else methods[trace.protocol]


def _ports(trace: Trace, flow: Flow) -> dict[str, int]:
    if trace.protocol in (None, Protocol.ICMP):
        return {}
    source, destination = flow.source_port, flow.destination_port or trace.port
    told = {"sport": source, "dport": destination}
    return {name: port for name, port in told.items() if port is not None}


def _stop(trace: Trace, flow: Flow) -> str:
    """Return why this flow ended: of further ones only that the target answered is known."""
    if trace.flow is None or flow == trace.flow:
        return "NONE" if trace.end is None else _STOPS[trace.end]
    replies = (probe.reply for hop in flow.hops[-1:] for probe in hop.probes)
    reached = any(reply is not None and reply.is_from_target for reply in replies)
    return "COMPLETED" if reached else "NONE"


def _stop_data(trace: Trace, flow: Flow) -> int:
    """Return the code of the unreachable that ended it."""
    replies = [probe.reply for hop in flow.hops[-1:] for probe in hop.probes]
    codes = (reply.icmp_code for reply in replies if reply is not None and reply.is_refusal)
    ended = trace.end is EndReason.UNREACHABLE and flow == trace.flow
    return next((code for code in codes if code is not None), 0) if ended else 0


def _start(when: datetime | None) -> dict[str, Any]:
    when = when or datetime.fromtimestamp(0, UTC)
    words = when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return {"sec": _seconds(when), "usec": when.microsecond, "ftime": words}


def _answers(trace: Trace, flow: Flow) -> Iterator[dict[str, Any]]:
    for hop in flow.hops:
        answered = [each for each in hop.probes if each.reply is not None]
        yield from (_answer(trace, probe) for probe in answered)
        if not answered:
            yield from _told(hop)
    if trace.distance is not None:
        yield from (_answer(trace, probe) for probe in flow.beyond if probe.reply is not None)


def _told(hop: Hop) -> Iterator[dict[str, Any]]:
    """Yield who answered at a hop whose probes are not told, the first with the best time."""
    best = None if hop.told is None else hop.told.best_ms
    for number, responder in enumerate(hop.told_responders):
        first = {} if number or best is None else {"rtt": best}
        yield _place(responder, hop.ttl, number) | first


def _place(responder: IPAddress, ttl: int, attempt: int) -> dict[str, Any]:
    return {"addr": str(responder), "probe_ttl": ttl, "probe_id": attempt + 1, "probe_size": 0}


def _answer(trace: Trace, probe: Probe) -> dict[str, Any]:
    reply = probe.reply
    if reply is None:
        return {}
    told = _place(reply.responder, probe.ttl, probe.attempt)
    if probe.sent_ns is not None:
        seconds, rest = divmod(probe.sent_ns, 10**9)
        told["tx"] = {"sec": seconds, "usec": rest // 1000}
    if probe.rtt_ms is not None:
        told["rtt"] = round(probe.rtt_ms, 6)
    told |= {"reply_ttl": reply.reply_ttl or 0, "reply_tos": 0, "reply_ipid": 0, "reply_size": 0}
    if reply.kind in _FLAGS:
        return told | {"tcp_flags": _FLAGS[reply.kind]}
    return told | _icmp(trace, reply) | _extension(reply.mpls)


def _icmp(trace: Trace, reply: Reply) -> dict[str, int]:
    """Return type and code with what is quoted; what kind it was stays open where nobody knows."""
    kind = reply.icmp_type
    if kind is None and reply.kind is not None:
        kind = ICMP_TYPES[trace.target.version].get(reply.kind)
    if kind is None:
        return {}
    code = 0 if reply.icmp_code is None else reply.icmp_code
    if reply.kind is ReplyKind.PACKET_TOO_BIG and trace.target.version == 4:
        code = 4
    told = {"icmp_type": kind, "icmp_code": code}
    if reply.quoted_ttl is not None:
        told |= {"icmp_q_ttl": reply.quoted_ttl, "icmp_q_ipl": 0}
    if reply.quoted_tos is not None:
        told["icmp_q_tos"] = reply.quoted_tos
    if reply.mtu is not None:
        told["icmp_nhmtu:"] = reply.mtu
    return told


def _extension(labels: tuple[MplsLabel, ...]) -> dict[str, Any]:
    entries = [
        {
            "mpls_ttl": each.ttl,
            "mpls_s": int(each.bottom),
            "mpls_exp": each.traffic_class,
            "mpls_label": each.label,
        }
        for each in labels
    ]
    stack = {"ie_cn": 1, "ie_ct": 1, "ie_dl": 4 * len(entries), "mpls_labels": entries}
    return {"icmpext": [stack]} if entries else {}


def _seconds(when: datetime | None) -> int:
    return 0 if when is None else int(when.timestamp())
