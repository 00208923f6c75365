"""What scamper measures, whichever file tells it: the same facts out of JSON and of warts.

scamper's ``trace`` keeps one flow with the Paris methods; ``tracelb`` (MDA, Augustin et al., IMC
2007) keeps as many as it needs, by number. Both write answers down, and of silence only how far
they went: a silent TTL on the way of a trace is one probe without an answer here.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from mxpath.formats.assembling import NO_CONSTANT_FLOW, assemble, distance_of, packets_of
from mxpath.formats.json_records import moment
from mxpath.model.address import IPAddress
from mxpath.model.foreign_text import printable
from mxpath.model.multipath import Multipath
from mxpath.model.probe import MplsLabel, Probe, Protocol, Reply, ReplyKind
from mxpath.model.trace import EndReason, Flow, Imported, Trace

_KINDS = {
    4: {
        0: ReplyKind.ECHO_REPLY,
        3: ReplyKind.UNREACHABLE,
        11: ReplyKind.TIME_EXCEEDED,
    },
    6: {
        1: ReplyKind.UNREACHABLE,
        2: ReplyKind.PACKET_TOO_BIG,
        3: ReplyKind.TIME_EXCEEDED,
        129: ReplyKind.ECHO_REPLY,
    },
}
"""By ICMP type (RFC 792, RFC 4443)."""
ICMP_TYPES = {
    version: {kind: number for number, kind in kinds.items()} for version, kinds in _KINDS.items()
}
"""By what kind of packet it is; a packet that is too big for IPv4 is one of the unreachable."""
ICMP_TYPES[4][ReplyKind.PACKET_TOO_BIG] = 3
FRAGMENTATION_NEEDED = (3, 4)
"""Type and code of what is IPv4's Packet Too Big (RFC 1191)."""
_SYN, _RST, _ACK = 0x02, 0x04, 0x10
_MOST_SILENT = 255
"""Attempts before an answer that are taken for silent probes; scamper counts no further."""
_LONGEST_NS = 86400 * 10**9
"""A longer round trip is a clock that was set."""
_WORDS = 40
"""Longest name of a method, in characters."""

_ENDS = {
    "COMPLETED": EndReason.REACHED,
    "UNREACH": EndReason.UNREACHABLE,
    "ICMP": EndReason.UNREACHABLE,
    "LOOP": EndReason.LOOP,
    "GAPLIMIT": EndReason.GAVE_UP,
    "HOPLIMIT": EndReason.GAVE_UP,
    "ERROR": EndReason.LOCAL_FAULT,
    "HALTED": EndReason.INTERRUPTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a result says of itself."""

    target: IPAddress
    source: IPAddress | None
    method: str
    """``icmp-echo-paris``, ``udp-sport`` …"""
    source_port: int | None
    """Of ICMP: the identifier."""
    destination_port: int | None
    started_ns: int | None
    first_ttl: int
    probes_sent: int | None
    imported: Imported
    stop: str = "NONE"
    """Stop reason of a trace."""
    last_ttl: int = 0
    """So far it went."""
    attempts: int = 0
    """Probes that a silent TTL gets; 0 where a converter has left it out."""
    confidence: int | None = None
    """Of each decision of a tracelb, in percent."""

    @property
    def protocol(self) -> Protocol | None:
        """Its first word."""
        word = self.method.partition("-")[0]
        return Protocol(word) if word in (*Protocol,) else None

    @property
    def ports(self) -> tuple[int | None, int | None]:
        """Source and destination port, each ``None`` where it varies; of ICMP the identifier."""
        varies_source = self.method in ("udp-sport", "tcp-sport", "tcp-ack-sport")
        varies_destination = self.method in ("udp", "udp-dport")
        no_destination = varies_destination or self.protocol is Protocol.ICMP
        return (
            None if varies_source else self.source_port,
            None if no_destination else self.destination_port,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A probe and its answer, in numbers as on the wire."""

    ttl: int
    attempt: int = 0
    """From 0."""
    flow: int = 1
    responder: IPAddress | None = None
    """``None``: silence."""
    sent_ns: int | None = None
    rtt_ns: int | None = None
    icmp: tuple[int, int] | None = None
    """Type and code."""
    tcp_flags: int | None = None
    is_udp: bool = False
    reply_ttl: int | None = None
    quoted_ttl: int | None = None
    quoted_tos: int | None = None
    mtu: int | None = None
    mpls: tuple[MplsLabel, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a tracelb found behind a node: a set of probes for each TTL up to the next node."""

    origin: IPAddress | None
    sets: tuple[tuple[Answer, ...], ...]


def trace_of(head: Head, answers: Iterable[Answer], *, last_try: Iterable[Answer] = ()) -> Trace:
    """Build the trace of a ``trace``.

    Parameters
    ----------
    last_try
        Answers to probes with a TTL of 255 that went out after too many silent hops.
    """
    probes = _with_silence(head, [build_probe(head, answer) for answer in answers])
    path = build_flow(head, probes)
    flow = replace(path, beyond=(*path.beyond, *(build_probe(head, each) for each in last_try)))
    distance = distance_of([flow])
    end = _ENDS.get(head.stop)
    completed_elsewhere = end is EndReason.REACHED and distance is None
    notes = ["scamper says COMPLETED, but no answer of the target is written down"]
    return build_trace(
        head,
        (flow,),
        end=None if completed_elsewhere else end,
        notes=tuple(notes if completed_elsewhere else []),
    )


def build_trace(
    head: Head,
    flows: tuple[Flow, ...],
    *,
    end: EndReason | None,
    notes: tuple[str, ...] = (),
    multipath: Multipath | None = None,
) -> Trace:
    """Build a trace of flows; moments and counts follow from them."""
    stamps = [
        probe.reply.received_ns
        for flow in flows
        for hop in flow.hops
        for probe in hop.probes
        if probe.reply is not None and probe.reply.received_ns is not None
    ]
    varies = head.method in ("icmp-echo", "udp") and len(flows) == 1
    return Trace(
        target=head.target,
        source=head.source,
        protocol=head.protocol,
        port=None if head.protocol is Protocol.ICMP else head.destination_port,
        engine="scamper",
        flows=flows,
        distance=distance_of(flows),
        end=end,
        started_at=None if not head.started_ns else moment(head.started_ns),
        ended_at=moment(max(stamps)) if stamps else None,
        packets_sent=head.probes_sent or packets_of(flows) or None,
        notes=(
            f"method {printable(head.method, limit=_WORDS)}",
            *((NO_CONSTANT_FLOW,) if varies else ()),
            *notes,
        ),
        unseen=(
            "sequence numbers",
            "what follows a first answer",
            "how many probes went without an answer",
        ),
        imported=head.imported,
        multipath=multipath,
    )


def build_flow(head: Head, probes: Iterable[Probe]) -> Flow:
    """Build a flow with the ports that it had."""
    source_port, destination_port = head.ports
    return assemble(probes, source_port=source_port, destination_port=destination_port)


def _with_silence(head: Head, told: list[Probe]) -> list[Probe]:
    """Add what was probed and left without an answer: TTLs, and attempts before the one answered."""
    if not head.attempts:
        return told
    seen: defaultdict[int, dict[int, Probe]] = defaultdict(dict)
    for probe in told:
        seen[probe.ttl].setdefault(probe.attempt, probe)
    every = range(head.first_ttl, max((head.last_ttl, *seen), default=0) + 1)
    return [
        probes.get(attempt, Probe(ttl=ttl, attempt=attempt))
        for ttl in every
        for probes in [seen[ttl]]
        for attempt in sorted({*range(min(max(probes, default=0), _MOST_SILENT) + 1), *probes})
    ]


def build_probe(head: Head, answer: Answer) -> Probe:
    """Build a probe with its answer."""
    return Probe(
        ttl=answer.ttl,
        attempt=answer.attempt,
        sent_ns=answer.sent_ns,
        reply=None if answer.responder is None else _reply(head, answer, answer.responder),
    )


def _reply(head: Head, answer: Answer, responder: IPAddress) -> Reply:
    rtt_ns = answer.rtt_ns if (answer.rtt_ns or 0) <= _LONGEST_NS else None
    known = answer.sent_ns is not None and rtt_ns is not None
    received_ns = (answer.sent_ns or 0) + (rtt_ns or 0) if known else None
    told_ms = None if known or rtt_ns is None else rtt_ns / 1e6
    kind = _kind(head, answer)
    return Reply(
        kind=kind,
        responder=responder,
        target=head.target,
        source_port=head.ports[0],
        destination_port=head.ports[1],
        received_ns=received_ns,
        told_rtt_ms=told_ms,
        protocol=head.protocol,
        reply_ttl=answer.reply_ttl,
        quoted_ttl=answer.quoted_ttl,
        quoted_tos=answer.quoted_tos,
        icmp_type=None if answer.icmp is None else answer.icmp[0],
        icmp_code=None if answer.icmp is None else answer.icmp[1],
        mtu=answer.mtu if kind is ReplyKind.PACKET_TOO_BIG else None,
        mpls=answer.mpls,
    )


def _kind(head: Head, answer: Answer) -> ReplyKind | None:
    if answer.tcp_flags is not None:
        if answer.tcp_flags & _RST:
            return ReplyKind.RST
        syn_ack = answer.tcp_flags & _SYN and answer.tcp_flags & _ACK
        return ReplyKind.SYN_ACK if syn_ack else ReplyKind.ACK
    if answer.is_udp:
        return ReplyKind.UDP_REPLY
    if answer.icmp is None:
        return None
    if answer.icmp == FRAGMENTATION_NEEDED and head.target.version == 4:
        return ReplyKind.PACKET_TOO_BIG
    return _KINDS[head.target.version].get(answer.icmp[0])
