"""Globalping measurements of types traceroute and mtr: one trace for each probe that finished.

Source: the API's schema, ``MeasurementResponse`` (https://globalping.io/docs/api). Its probes run
Linux' traceroute and mtr; both give each packet flow fields of its own. Of mtr all round trips are
told, so its statistics are computed anew; rows that repeat the target are passed over.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from mxpath.formats.assembling import NO_CONSTANT_FLOW, assemble, distance_of, packets_of
from mxpath.formats.json_records import Record, records
from mxpath.formats.reading import Reader
from mxpath.model.address import IPAddress
from mxpath.model.foreign_text import printable
from mxpath.model.probe import Probe, Protocol, Reply, ReplyKind
from mxpath.model.trace import EndReason, Flow, Imported, Trace

UNSEEN = (
    "when each probe left",
    "source ports",
    "what kind of packet answered",
    "a second address that answered at the same TTL",
)
USUAL_PORT = 80
"""Where a measurement says no other."""
_MAX_TTL = 255
_WORDS = 120
"""Longest note of a probe's place, in characters."""


def read(content: bytes, *, source: str) -> tuple[Trace, ...]:
    """Read the traces of a file of measurements.

    Raises
    ------
    ParseError
        When it is no JSON, or a field does not fit.
    """
    traces: list[Trace] = []
    for record in records(content, source=source):
        if record.text("type") not in ("traceroute", "mtr"):
            continue
        for number, row in enumerate(record.children("results"), 1):
            trace = _trace(record, replace(row, number=number))
            traces += [] if trace is None else [trace]
    return tuple(traces)


def _trace(measurement: Record, row: Record) -> Trace | None:
    result = row.child("result")
    target = None if result is None else result.address("resolvedAddress")
    if result is None or target is None or result.text("status") not in ("finished", None):
        return None
    options = measurement.child("measurementOptions")
    words = "ICMP" if options is None else options.text("protocol") or "ICMP"
    protocol = Protocol(words.lower()) if words.lower() in (*Protocol,) else None
    port = None if options is None else options.word("port")
    if protocol is Protocol.ICMP:
        port = None
    elif port is None:
        port = USUAL_PORT
    flow = assemble(_probes(result, target, protocol), destination_port=port)
    return Trace(
        target=target,
        source=None,
        protocol=protocol,
        port=port,
        engine="globalping",
        flows=(flow,),
        distance=distance_of([flow]),
        end=_end(flow),
        started_at=_created(measurement),
        ended_at=None,
        packets_sent=packets_of([flow]),
        notes=(*_about(measurement, row), NO_CONSTANT_FLOW),
        unseen=UNSEEN,
        imported=Imported(
            tool=f"globalping {measurement.text('type')}", source=row.source, record=row.number
        ),
    )


def _probes(result: Record, target: IPAddress, protocol: Protocol | None) -> Iterator[Probe]:
    """Yield the probes of all hops: as many for each as the fullest one has."""
    hops = [hop for hop in result.children("hops") if hop.fields.get("duplicate") is not True]
    if len(hops) > _MAX_TTL:
        result.fail("hops", f"has more than {_MAX_TTL} rows")
    timings = [hop.children("timings") for hop in hops]
    queries = max((len(each) for each in timings), default=0)
    for ttl, (hop, times) in enumerate(zip(hops, timings, strict=True), 1):
        passed = ttl < len(hops)
        for attempt in range(max(queries, 1)):
            rtt_ms = times[attempt].milliseconds("rtt") if attempt < len(times) else None
            reply = _reply(hop, target, protocol, rtt_ms, passed=passed)
            yield Probe(ttl=ttl, attempt=attempt, reply=reply)


def _reply(
    hop: Record, target: IPAddress, protocol: Protocol | None, rtt_ms: float | None, *, passed: bool
) -> Reply | None:
    responder = hop.address("resolvedAddress")
    if rtt_ms is None or responder is None:
        return None
    went_on = passed and responder != target
    return Reply(
        kind=ReplyKind.TIME_EXCEEDED if went_on else None,
        responder=responder,
        target=target,
        told_rtt_ms=rtt_ms,
        protocol=protocol,
    )


def _end(flow: Flow) -> EndReason | None:
    """Tell why it ended; ``None`` when the last hop is somebody else's."""
    if distance_of([flow]) is not None:
        return EndReason.REACHED
    silent = not any(probe.reply for hop in flow.hops[-1:] for probe in hop.probes)
    return EndReason.GAVE_UP if flow.hops and silent else None


def _created(measurement: Record) -> datetime | None:
    words = measurement.text("createdAt")
    if words is None:
        return None
    try:
        when = datetime.fromisoformat(words)
        return when.astimezone(UTC) if when.tzinfo is not None else when.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        measurement.fail("createdAt", "is no date and time")


def _about(measurement: Record, row: Record) -> Iterator[str]:
    """Yield which measurement this is, and where its probe is."""
    name, probe = measurement.text("id"), row.child("probe")
    if name is not None:
        yield f"Globalping measurement {printable(name, limit=_WORDS)}"
    if probe is not None:
        asn = probe.integer("asn", high=2**32 - 1)
        told = (
            probe.text("city"),
            probe.text("country"),
            asn and f"AS{asn}",
            probe.text("network"),
        )
        place = ", ".join(each for each in told if each)
        if place:
            yield f"probe in {printable(place, limit=_WORDS)}"


def _fits(head: bytes) -> bool:
    return b'"resolvedAddress"' in head and b'"results"' in head


READER = Reader(title="Globalping measurements of types traceroute and mtr", read=read, fits=_fits)
