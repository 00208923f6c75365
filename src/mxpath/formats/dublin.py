"""dublin-traceroute's JSON: flows of UDP by number, each hop with the packets sent and received.

Source: https://github.com/insomniacslk/dublin-traceroute, C++ and Go. Two ways of the C++ version
are understood: it writes microseconds without leading zeros, and type and code of ICMP the wrong
way round; of a probe that was a datagram only one of both readings makes sense.
"""

from collections.abc import Iterator
from dataclasses import replace

from mxpath.formats.assembling import assemble, distance_of, packets_of
from mxpath.formats.json_records import Record, moment, records
from mxpath.formats.reading import Reader
from mxpath.model.address import IPAddress
from mxpath.model.foreign_text import printable
from mxpath.model.probe import MplsLabel, Probe, Protocol, Reply, ReplyKind
from mxpath.model.trace import EndReason, Flow, Imported, Trace

UNSEEN = ("IP identifications that were sent", "what follows a first answer")

_KINDS = {
    4: {3: ReplyKind.UNREACHABLE, 11: ReplyKind.TIME_EXCEEDED},
    6: {1: ReplyKind.UNREACHABLE, 2: ReplyKind.PACKET_TOO_BIG, 3: ReplyKind.TIME_EXCEEDED},
}
_MICROSECONDS = 6
"""Digits of a whole fraction of a second."""


def read(content: bytes, *, source: str) -> tuple[Trace, ...]:
    """Read the traces of a file: one for each document.

    Raises
    ------
    ParseError
        When it is no JSON, or a field does not fit.
    """
    found = (_trace(record) for record in records(content, source=source))
    return tuple(trace for trace in found if trace is not None)


def _trace(record: Record) -> Trace | None:
    flows = record.child("flows")
    if flows is None:
        record.fail("flows", "is missing")
    names = sorted(flows.fields, key=lambda name: (len(name), name))
    rows = {name: flows.children(name) for name in names}
    first = next((row for group in rows.values() for row in group), None)
    if first is None:
        return None
    sent = _packet(first, "sent")
    target = sent.address("dst")
    if target is None:
        sent.fail("dst", "is missing")
    told = tuple(_flow(group, target) for group in rows.values() if group)
    stamps = [each for flow in told for each in _stamps(flow)]
    return Trace(
        target=target,
        source=sent.address("src"),
        protocol=Protocol.UDP,
        port=None if (udp := _udp(first)) is None else udp.word("dport"),
        engine="dublin-traceroute",
        flows=told,
        distance=distance_of(told),
        end=_end(told),
        started_at=moment(min(stamps)) if stamps else None,
        ended_at=moment(max(stamps)) if stamps else None,
        packets_sent=packets_of(told),
        notes=tuple(_translations(rows)),
        unseen=UNSEEN,
        imported=Imported(tool="dublin-traceroute", source=record.source, record=record.number),
    )


def _flow(rows: tuple[Record, ...], target: IPAddress) -> Flow:
    udp = _udp(rows[0])
    source_port = None if udp is None else udp.word("sport")
    destination_port = None if udp is None else udp.word("dport")
    probes = [_probe(row, target) for row in rows]
    ported = [
        replace(
            probe,
            reply=probe.reply
            and replace(probe.reply, source_port=source_port, destination_port=destination_port),
        )
        for probe in probes
    ]
    return assemble(ported, source_port=source_port, destination_port=destination_port)


def _probe(row: Record, target: IPAddress) -> Probe:
    ttl = _packet(row, "sent").octet("ttl")
    if not ttl:
        row.fail("sent.ip.ttl", "is missing")
    sent = row.child("sent")
    sent_ns = None if sent is None else _stamp(sent)
    rtt_us = row.integer("rtt_usec", high=86_400_000_000)
    return Probe(ttl=ttl, attempt=0, sent_ns=sent_ns, reply=_reply(row, target, sent_ns, rtt_us))


def _reply(row: Record, target: IPAddress, sent_ns: int | None, rtt_us: int | None) -> Reply | None:
    received = row.child("received")
    if received is None:
        return None
    outer = received.child("ip")
    responder = None if outer is None else outer.address("src")
    if outer is None or responder is None:
        return None
    icmp = received.child("icmp")
    kind, told = (None, (None, None)) if icmp is None else _kind(icmp, target)
    known = sent_ns is not None and rtt_us is not None
    return Reply(
        kind=kind,
        responder=responder,
        target=target,
        received_ns=(sent_ns or 0) + (rtt_us or 0) * 1000 if known else None,
        told_rtt_ms=None if known or rtt_us is None else rtt_us / 1000,
        protocol=Protocol.UDP,
        reply_ttl=outer.octet("ttl"),
        quoted_ttl=0 if row.fields.get("zerottl_forwarding_bug") is True else None,
        icmp_type=told[0],
        icmp_code=told[1],
        mpls=() if icmp is None else _labels(icmp),
    )


def _kind(
    icmp: Record, target: IPAddress
) -> tuple[ReplyKind | None, tuple[int | None, int | None]]:
    """Return what answered with type and code, which the C++ version has swapped."""
    told, code = icmp.octet("type"), icmp.octet("code")
    kinds = _KINDS[target.version]
    if target.version == 4 and told not in kinds and code in kinds:
        told, code = code, told
    return (None if told is None else kinds.get(told)), (told, code)


def _labels(icmp: Record) -> tuple[MplsLabel, ...]:
    return tuple(
        MplsLabel(
            label=entry.integer("label", high=2**20 - 1) or 0,
            traffic_class=entry.integer("experimental", high=7) or 0,
            bottom=bool(entry.integer("bottom_of_stack", high=1)),
            ttl=entry.octet("ttl") or 0,
        )
        for entry in icmp.children("mpls_labels")
    )


def _packet(row: Record, name: str) -> Record:
    """Return the IP header of a packet, empty where there is none."""
    packet = row.child(name)
    header = None if packet is None else packet.child("ip")
    return replace(row, fields={}, place=f"{row.place}{name}.ip.") if header is None else header


def _udp(row: Record) -> Record | None:
    sent = row.child("sent")
    return None if sent is None else sent.child("udp")


def _stamp(packet: Record) -> int | None:
    """Return ns since 1970; a text with a short fraction counts microseconds in it."""
    words = packet.fields.get("timestamp")
    if isinstance(words, str):
        seconds, _, micros = words.partition(".")
        if len(micros) < _MICROSECONDS and micros.isascii() and micros.isdigit():
            words = f"{seconds}.{micros.zfill(_MICROSECONDS)}"
    return replace(packet, fields={"timestamp": words}).nanoseconds("timestamp")


def _stamps(flow: Flow) -> Iterator[int]:
    for probe in (p for hop in flow.hops for p in hop.probes):
        ends = (probe.sent_ns, None if probe.reply is None else probe.reply.received_ns)
        yield from (stamp for stamp in ends if stamp is not None)


def _translations(rows: dict[str, tuple[Record, ...]]) -> Iterator[str]:
    """Yield where the quoted checksum begins to differ from the one that was sent."""
    for name, group in rows.items():
        before = 0
        for row in group:
            number = row.word("nat_id") if row.fields.get("received") is not None else before
            if number is not None and number != before:
                ttl = _packet(row, "sent").octet("ttl")
                yield f"flow {printable(name, limit=16)}: its UDP checksum is rewritten before TTL {ttl} (NAT)"
                before = number


def _end(flows: tuple[Flow, ...]) -> EndReason | None:
    if distance_of(flows) is not None:
        return EndReason.REACHED
    last = [probe.reply for flow in flows for hop in flow.hops[-1:] for probe in hop.probes]
    if any(reply is not None and reply.is_refusal for reply in last):
        return EndReason.UNREACHABLE
    return EndReason.GAVE_UP if last and not any(last) else None


def _fits(head: bytes) -> bool:
    return b'"flows"' in head and (b'"nat_id"' in head or b'"flowhash"' in head)


READER = Reader(title="dublin-traceroute's JSON", read=read, fits=_fits)
