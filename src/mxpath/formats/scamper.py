"""scamper's JSON, as ``scamper -O json`` and ``sc_warts2json`` write it.

One object a line, of types ``trace`` and ``tracelb``; other types (``cycle-start``, ``ping`` …)
and the lines that M-Lab adds are passed over. M-Lab also packs a whole cycle into one line, with
the trace under ``Trace`` or ``Tracelb``. Source: scamper 20211212 (``scamper_trace_json.c``,
``scamper_tracelb_json.c``), whose key of the next hop's MTU ends in a colon.
"""

from collections.abc import Iterator

from mxpath.formats.json_records import MAX_SECONDS, Record, records
from mxpath.formats.reading import Reader
from mxpath.formats.scamper_multipath import multipath_of
from mxpath.formats.scamper_results import Answer, Head, Link, trace_of
from mxpath.model.address import IPAddress
from mxpath.model.probe import MplsLabel, Protocol
from mxpath.model.trace import Imported, Trace


def read(content: bytes, *, source: str) -> tuple[Trace, ...]:
    """Read the traces of a file.

    Raises
    ------
    ParseError
        When it is no JSON, or a field does not fit.
    """
    found = (_trace(_unwrapped(record)) for record in records(content, source=source))
    return tuple(trace for trace in found if trace is not None)


def _unwrapped(record: Record) -> Record:
    inside = (record.child(name) for name in ("Trace", "Tracelb", "TraceLB"))
    return next((each for each in inside if each is not None), record)


def _trace(record: Record) -> Trace | None:
    kind, target = record.fields.get("type"), record.address("dst")
    if kind not in ("trace", "tracelb") or target is None:
        return None
    head = _head(record, target)
    if kind == "trace":
        return trace_of(head, [_answer(head, hop) for hop in record.children("hops")])
    nodes = record.children("nodes")
    links = [link for node in nodes for link in _links(node)]
    return multipath_of(
        head,
        links,
        first_node=nodes[0].address("addr") if nodes else None,
        most_probes=record.integer("probec_max"),
    )


def _head(record: Record, target: IPAddress) -> Head:
    start = record.child("start")
    return Head(
        target=target,
        source=record.address("src"),
        method=record.text("method") or "",
        source_port=record.word("sport"),
        destination_port=record.word("dport"),
        started_ns=None if start is None else _stamp(start),
        first_ttl=record.octet("firsthop") or 1,
        last_ttl=record.octet("hop_count") or 0,
        attempts=record.word("attempts") or 0,
        confidence=record.octet("confidence"),
        probes_sent=record.integer("probe_count") or record.integer("probec"),
        stop=record.text("stop_reason") or "NONE",
        imported=Imported(tool="scamper", source=record.source, record=record.number),
    )


def _answer(head: Head, hop: Record) -> Answer:
    """Decode an answer of a trace; what came from the target, neither ICMP nor TCP, is a datagram."""
    icmp, tcp_flags, responder = _icmp(hop), hop.word("tcp_flags"), hop.address("addr")
    plain = icmp is None and tcp_flags is None and responder == head.target
    tx, rtt = hop.child("tx"), hop.milliseconds("rtt")
    ttl = hop.octet("probe_ttl")
    if not ttl:
        hop.fail("probe_ttl", "is missing")
    return Answer(
        ttl=ttl,
        attempt=max((hop.word("probe_id") or 0) - 1, 0),
        responder=responder,
        sent_ns=None if tx is None else _stamp(tx),
        rtt_ns=None if rtt is None else round(rtt * 1e6),
        icmp=icmp,
        tcp_flags=tcp_flags,
        is_udp=plain and head.protocol is Protocol.UDP,
        reply_ttl=hop.octet("reply_ttl") or None,
        quoted_ttl=hop.octet("icmp_q_ttl"),
        quoted_tos=hop.octet("icmp_q_tos"),
        mtu=hop.word("icmp_nhmtu:") or hop.word("icmp_nhmtu"),
        mpls=_labels(hop),
    )


def _links(node: Record) -> Iterator[Link]:
    """Yield the links of a node: of several each one hop, of a single one all hops of the way."""
    origin = node.address("addr")
    rows = [[_set(each) for each in row] for row in node.arrays("links")]
    if len(rows) == 1 and (node.word("linkc") or 0) > 1:
        yield from (Link(origin=origin, sets=(answers,)) for answers in rows[0])
    elif rows:
        sets = (tuple(answer for answers in row for answer in answers) for row in rows)
        yield Link(origin=origin, sets=tuple(sets))


def _set(far: Record) -> tuple[Answer, ...]:
    responder = far.address("addr")
    return tuple(_link_answer(probe, responder) for probe in far.children("probes"))


def _link_answer(probe: Record, responder: IPAddress | None) -> Answer:
    """Decode a probe of a tracelb with its first answer."""
    tx, ttl = probe.child("tx"), probe.octet("ttl")
    if not ttl:
        probe.fail("ttl", "is missing")
    sent_ns = None if tx is None else _stamp(tx)
    silence = Answer(
        ttl=ttl,
        attempt=probe.octet("attempt") or 0,
        flow=probe.word("flowid") or 0,
        sent_ns=sent_ns,
    )
    replies = probe.children("replies")
    if not replies or responder is None:
        return silence
    reply = replies[0]
    rx, rtt = reply.child("rx"), reply.milliseconds("rtt")
    received_ns = None if rx is None else _stamp(rx)
    told_ns = None if rtt is None else round(rtt * 1e6)
    both = sent_ns is not None and received_ns is not None and received_ns >= sent_ns
    return Answer(
        ttl=ttl,
        attempt=silence.attempt,
        flow=silence.flow,
        responder=responder,
        sent_ns=sent_ns,
        rtt_ns=(received_ns or 0) - (sent_ns or 0) if both else told_ns,
        icmp=_icmp(reply),
        tcp_flags=reply.word("tcp_flags"),
        reply_ttl=reply.octet("ttl"),
        quoted_ttl=reply.octet("icmp_q_ttl"),
        quoted_tos=reply.octet("icmp_q_tos") if responder.version == 4 else None,
        mpls=_labels(reply),
    )


def _icmp(answer: Record) -> tuple[int, int] | None:
    kind, code = answer.octet("icmp_type"), answer.octet("icmp_code")
    return None if kind is None or code is None else (kind, code)


def _labels(answer: Record) -> tuple[MplsLabel, ...]:
    return tuple(
        MplsLabel(
            label=entry.integer("mpls_label", high=2**20 - 1) or 0,
            traffic_class=entry.integer("mpls_exp", high=7) or 0,
            bottom=bool(entry.integer("mpls_s", high=1)),
            ttl=entry.octet("mpls_ttl") or 0,
        )
        for extension in answer.children("icmpext")
        for entry in extension.children("mpls_labels")
    )


def _stamp(time: Record) -> int | None:
    """Return ns since 1970; ``None`` where a converter has written 0."""
    seconds, micros = time.integer("sec", high=MAX_SECONDS), time.integer("usec", high=10**6)
    return None if not seconds else seconds * 10**9 + (micros or 0) * 1000


def _fits(head: bytes) -> bool:
    types = (b'"trace"', b'"tracelb"', b'"cycle-start"')
    return any(each in head for each in types) and (b'"userid"' in head or b"cycle-start" in head)


READER = Reader(title="scamper's JSON", read=read, fits=_fits)
