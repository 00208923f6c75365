"""RIPE Atlas results of type traceroute, of all firmwares.

Source: "Measurement Result Format" (https://atlas.ripe.net/docs/apis/measurement-result-format),
versions 4400 to 5000; newer ones are alike. A file is an array as the API gives it, a page with
``results``, one result, or one a line. Results of other types are passed over, and so are those
without a destination address: such a probe could not resolve the name, and sent nothing. The result
of firmware 1 is what BusyBox' traceroute has printed.

An answer without ``err`` and ``flags`` may be of any other kind. From the target it counts as the
target's own; before the last hop it was a Time Exceeded, for else the probe would have stopped.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mxpath.errors import ParseError
from mxpath.formats import traceroute
from mxpath.formats.assembling import NO_CONSTANT_FLOW, assemble, distance_of, packets_of
from mxpath.formats.json_records import Record, records
from mxpath.formats.reading import Reader
from mxpath.model.address import IPAddress
from mxpath.model.foreign_text import printable
from mxpath.model.probe import MplsLabel, Probe, Protocol, Reply, ReplyKind
from mxpath.model.trace import EndReason, Flow, Imported, Trace

LAST_DITCH_TTL = 255
"""After too many silent hops one more try goes out with this TTL: no hop of the path."""

UNSEEN = ("when each probe left", "ports", "what kind of packet answered, unless it was an error")

CODES = {
    4: {"N": 0, "H": 1, "P": 2, "p": 3, "A": 13},
    6: {"N": 0, "A": 1, "h": 2, "H": 3, "p": 4},
}
"""Codes of Destination Unreachable by letter (RFC 792 and RFC 1812; RFC 4443 section 3.1)."""
UNREACHABLE_TYPE = {4: 3, 6: 1}
_FRAGMENTATION_NEEDED = 4
_WORDS = 200
"""Longest words of a probe about what it could not do, in characters."""
_PROTOCOLS = {"tcp": Protocol.TCP, "udp": Protocol.UDP, "icmp": Protocol.ICMP}


def read(content: bytes, *, source: str) -> tuple[Trace, ...]:
    """Read the traceroutes of a file.

    Raises
    ------
    ParseError
        When it is no JSON, or a field does not fit.
    """
    results = (each for record in records(content, source=source) for each in _page(record))
    traces: list[Trace] = []
    for result in results:
        if isinstance(result.fields.get("result"), str):
            traces += _printed(result)
        elif (trace := _trace(result)) is not None:
            traces.append(trace)
    return tuple(traces)


def _page(record: Record) -> Sequence[Record]:
    """Return the results of an API page, counted there, or the result itself."""
    if "results" not in record.fields:
        return (record,)
    return [replace(each, number=n) for n, each in enumerate(record.children("results"), 1)]


def _printed(record: Record) -> Iterator[Trace]:
    """Yield what a text of BusyBox' traceroute tells."""
    words = record.fields["result"].encode(errors="replace")
    if record.fields.get("fw") != 1 or not traceroute.READER.fits(words):
        return
    try:
        traces = traceroute.read(words, source=record.source)
    except ParseError as error:
        record.fail("result", f"cannot be read: {error}")
    for trace in traces:
        yield replace(
            trace,
            engine="atlas",
            started_at=record.moment("timestamp"),
            notes=(*_about(record), *trace.notes),
            imported=_imported(record),
        )


def _trace(record: Record) -> Trace | None:
    target = record.address("dst_addr") or record.address("addr")
    if record.text("type") not in ("traceroute", None) or target is None:
        return None
    hops = record.children("result")
    words = record.text("proto") or record.text("mode") or ""
    protocol = _PROTOCOLS.get(words.lower().rstrip("46"))
    port = record.word("dst_port")
    probes = _probes(hops, target=target, protocol=protocol)
    path = assemble((p for p in probes if p.ttl != LAST_DITCH_TTL), destination_port=port)
    last = tuple(p for p in probes if p.ttl == LAST_DITCH_TTL)
    flow = replace(path, beyond=(*path.beyond, *last))
    errors = tuple(_errors(hops))
    return Trace(
        target=target,
        source=record.address("src_addr") or record.address("srcaddr"),
        protocol=protocol,
        port=port,
        engine="atlas",
        flows=(flow,),
        distance=distance_of([flow]),
        end=_end(flow, errors),
        started_at=record.moment("timestamp"),
        ended_at=record.moment("endtime"),
        packets_sent=packets_of([flow]),
        notes=(*_about(record), *errors),
        unseen=UNSEEN,
        imported=_imported(record),
    )


# -- answers ---------------------------------------------------------------------------------


def _probes(hops: Sequence[Record], *, target: IPAddress, protocol: Protocol | None) -> list[Probe]:
    """Return the probes of all hops in the order in which they left."""
    probes: list[Probe] = []
    for number, hop in enumerate(hops, 1):
        ttl, answers = hop.integer("hop", low=1, high=255), hop.children("result")
        if ttl is None:
            continue
        attempt = 0
        for answer in answers:
            reply = _reply(answer, target, protocol, passed=number < len(hops))
            late = answer.integer("late")
            if late is not None:
                _answer_late(probes, late, reply)
            elif "dup" not in answer.fields and "error" not in answer.fields:
                probes.append(Probe(ttl=ttl, attempt=attempt, reply=reply))
                attempt += 1
    return probes


def _answer_late(probes: list[Probe], late: int, reply: Reply | None) -> None:
    """Give a late answer to the probe it answers: ``late`` before the one under way now."""
    asked = len(probes) - late
    if 0 <= asked < len(probes) and probes[asked].reply is None:
        probes[asked] = replace(probes[asked], reply=reply)


def _reply(
    answer: Record, target: IPAddress, protocol: Protocol | None, *, passed: bool
) -> Reply | None:
    """Decode one answer; ``passed`` says that the probe went on to a further hop."""
    responder = answer.address("from")
    if responder is None:
        return None
    kind, code = _kind(answer, target, at_home=responder == target, passed=passed)
    is_error = kind in (ReplyKind.TIME_EXCEEDED, ReplyKind.UNREACHABLE)
    quoted_ttl = answer.octet("ittl")
    return Reply(
        kind=kind,
        responder=responder,
        target=target,
        told_rtt_ms=answer.milliseconds("rtt"),
        protocol=protocol,
        reply_ttl=answer.octet("ttl"),
        quoted_ttl=1 if quoted_ttl is None and is_error else quoted_ttl,
        quoted_tos=answer.octet("itos"),
        icmp_type=None if code is None else UNREACHABLE_TYPE[target.version],
        icmp_code=code,
        mtu=answer.integer("mtu") or None,
        mpls=_labels(answer),
    )


def _kind(
    answer: Record, target: IPAddress, *, at_home: bool, passed: bool
) -> tuple[ReplyKind | None, int | None]:
    """Return what answered, and the code of Destination Unreachable where it was that."""
    flags = answer.text("flags")
    if flags is not None:
        return _tcp_kind(flags), None
    if answer.fields.get("mtu") is not None:
        code = _FRAGMENTATION_NEEDED if target.version == 4 else None
        return ReplyKind.PACKET_TOO_BIG, code
    error = answer.fields.get("err")
    if isinstance(error, int):
        return ReplyKind.UNREACHABLE, answer.octet("err")
    if error is not None:
        return ReplyKind.UNREACHABLE, CODES[target.version].get(answer.text("err") or "")
    return (ReplyKind.TIME_EXCEEDED if passed and not at_home else None), None


def _tcp_kind(flags: str) -> ReplyKind | None:
    if "R" in flags:
        return ReplyKind.RST
    if "A" in flags:
        return ReplyKind.SYN_ACK if "S" in flags else ReplyKind.ACK
    return None


def _labels(answer: Record) -> tuple[MplsLabel, ...]:
    """Return the label stacks (RFC 4950) of the ICMP extension."""
    extension = answer.child("icmpext")
    entries = (
        entry
        for part in (extension.children("obj") if extension is not None else ())
        for entry in part.children("mpls")
    )
    return tuple(
        MplsLabel(
            label=entry.integer("label", high=2**20 - 1) or 0,
            traffic_class=entry.integer("exp", high=7) or 0,
            bottom=bool(entry.integer("s", high=1)),
            ttl=entry.octet("ttl") or 0,
        )
        for entry in entries
    )


# -- what is said of the whole ---------------------------------------------------------------


def _errors(hops: Sequence[Record]) -> Iterator[str]:
    """Yield what the probe could not do, each once."""
    said = (each.text("error") for hop in hops for each in (hop, *hop.children("result")))
    yield from dict.fromkeys(printable(w, limit=_WORDS) for w in said if w is not None)


def _end(flow: Flow, errors: tuple[str, ...]) -> EndReason | None:
    """Tell why it ended; ``None`` when the last hop is somebody else's, and nobody says why."""
    probes = (*(p for hop in flow.hops[-1:] for p in hop.probes), *flow.beyond)
    replies = [probe.reply for probe in probes if probe.reply is not None]
    if any(reply.is_from_target for reply in replies):
        return EndReason.REACHED
    if errors and not replies:
        no_route = any("unreachable" in words.lower() for words in errors)
        return EndReason.NO_ROUTE if no_route else EndReason.LOCAL_FAULT
    if any(reply.is_refusal for reply in replies):
        return EndReason.UNREACHABLE
    return None if replies else EndReason.GAVE_UP


def _about(record: Record) -> Iterator[str]:
    """Yield which measurement this is, of which probe."""
    measurement, probe = record.integer("msm_id", high=2**53), record.integer("prb_id", high=2**53)
    if measurement is not None and probe is not None:
        yield f"RIPE Atlas measurement {measurement}, probe {probe}"
    seen = record.address("from")
    if seen is not None:
        yield f"the probe is seen as {seen}"
    paris = (
        record.integer("paris_id") if "paris_id" in record.fields else record.integer("paris-id")
    )
    if paris is not None:
        yield f"Paris id {paris}"
    if paris == 0:
        yield NO_CONSTANT_FLOW


def _imported(record: Record) -> Imported:
    firmware, version = record.integer("fw"), record.text("mver")
    words = None if firmware is None else f"{firmware} {version}" if version else str(firmware)
    return Imported(tool="atlas", source=record.source, record=record.number, version=words)


def _fits(head: bytes) -> bool:
    kinds = (b'"traceroute"', b'"hop"', b'"traceroute to ')
    return b'"prb_id"' in head and any(kind in head for kind in kinds)


READER = Reader(title="RIPE Atlas results of type traceroute", read=read, fits=_fits)
