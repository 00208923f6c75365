"""From the hops that a tool's text tells to a Trace.

1. Text tells a round trip, never a moment: no stamps, no sequence numbers.
2. A mark (``!H``) says that the answer was "unreachable"; its codes are those that the mark most
   often stands for, since a mark covers several.
3. An answer without a mark, by another one than the target, is Time Exceeded where the tool went on
   to the next hop. In the last line it may be anything that ends a trace: its kind stays unknown.
4. A target that answers ends the trace; the smallest TTL at which it does is its distance.
5. A TTL between two others that the text leaves out is a hop without probes (``assembling``).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from mxpath.formats import assembling
from mxpath.formats.extensions import interfaces_in, labels_in
from mxpath.formats.hop_line import Answer, HopLine
from mxpath.model.address import IPAddress
from mxpath.model.probe import Probe, Protocol, Reply, ReplyKind
from mxpath.model.trace import EndReason, Hop, Imported, Trace

MAX_TTL = 255

_CODES: dict[int, dict[str, int | None]] = {
    4: {
        "!N": 0, "!H": 1, "!P": 2, "!S": 5, "!U": 6, "!W": 7, "!I": 8, "!A": 9, "!Z": 10,
        "!Q": 11, "!T": 12, "!X": 13, "!V": 14, "!C": 15,
    },
    6: {"!N": 0, "!X": 1, "!S": 2, "!B": 2, "!H": 3, "!A": 3, "!P": None},
}  # fmt: skip
"""Codes of Destination Unreachable (RFC 792, RFC 1812 section 5.2.7.1; RFC 4443 section 3.1) by mark.
Linux says ``!P`` for an unknown next header, the BSDs for a prohibition."""
_UNREACHABLE = {4: 3, 6: 1}
_TIME_EXCEEDED = {4: 11, 6: 3}
_TOO_BIG = {4: (3, 4), 6: (2, 0)}
_STATES = {
    "open": ReplyKind.SYN_ACK,
    "closed": ReplyKind.RST,
    "syn,ack": ReplyKind.SYN_ACK,
    "rst,ack": ReplyKind.RST,
    "rst": ReplyKind.RST,
}
"""What tcptraceroute says of the port; flags of the segment, as ``traceroute -T -O info`` does."""

UNSEEN = ("the moments of sending", "reply TTLs", "what the quotes hold")
"""What no text of these tools tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What the tool says before the first hop."""

    tool: str
    target: IPAddress
    line: int
    """Its number in the file."""
    source: IPAddress | None = None
    protocol: Protocol | None = None
    port: int | None = None
    source_port: int | None = None
    max_ttl: int | None = None
    version: str | None = None
    resolution_ms: float = 0.0
    """How finely the tool tells round trips."""
    is_one_flow: bool = False
    """Whether all probes are alike in what routers balance by."""
    address_first: bool = False
    """Names follow addresses: GNU inetutils, which alone tell no packet size."""


def assemble(
    heading: Heading,
    lines: Sequence[HopLine],
    *,
    source: str,
    notes: Iterable[str] = (),
    end: EndReason | None = None,
) -> Trace:
    """Make the trace of what ``heading`` and ``lines``, ascending by TTL, tell.

    Parameters
    ----------
    source
        Name of the file.
    notes
        What the tool remarks.
    end
        Why it ended, where the text says it in words.
    """
    if heading.protocol is None and any(a.extensions in _STATES for h in lines for a in h.answers):
        heading = replace(heading, protocol=Protocol.TCP)
    flow = assembling.assemble(
        _probes(heading, lines),
        source_port=heading.source_port,
        destination_port=heading.port,
    )
    distance = assembling.distance_of([flow])
    unseen = UNSEEN if heading.protocol else ("the protocol", *UNSEEN)
    return Trace(
        target=heading.target,
        source=heading.source,
        protocol=heading.protocol,
        port=heading.port,
        engine=heading.tool,
        flows=(flow,),
        distance=distance,
        end=end or _end(heading, lines, flow.hops, distance),
        started_at=None,
        ended_at=None,
        packets_sent=None,
        notes=(*_flow_notes(heading), *notes, *_cuts(lines)),
        unseen=unseen,
        imported=Imported(
            tool=heading.tool,
            source=source,
            record=heading.line,
            version=heading.version,
            resolution_ms=heading.resolution_ms,
        ),
    )


def _probes(heading: Heading, lines: Sequence[HopLine]) -> Iterator[Probe]:
    last = lines[-1].ttl if lines else 0
    for line in lines:
        for attempt, answer in enumerate(line.answers):
            reply = _reply(answer, heading, went_on=line.ttl < last)
            yield Probe(ttl=line.ttl, attempt=attempt, reply=reply)


def _reply(answer: Answer, heading: Heading, *, went_on: bool) -> Reply | None:
    if answer.responder is None:
        return None
    reply = Reply(
        kind=_STATES.get(answer.state or answer.extensions),
        responder=answer.responder,
        target=heading.target,
        destination_port=heading.port,
        source_port=heading.source_port,
        told_rtt_ms=answer.rtt_ms,
        protocol=heading.protocol,
        mpls=labels_in(answer.extensions),
        interfaces=interfaces_in(answer.extensions),
    )
    if answer.mark not in (None, "!", "!!"):
        return _marked(reply, answer.mark or "")
    if reply.kind is None and went_on and answer.responder != heading.target:
        expired = _TIME_EXCEEDED[reply.responder.version]
        return replace(reply, kind=ReplyKind.TIME_EXCEEDED, icmp_type=expired, icmp_code=0)
    return reply


def _marked(reply: Reply, mark: str) -> Reply:
    """Say what a mark says: whose packet was too big, or could not be delivered, and why."""
    version = reply.responder.version
    number = "".join(filter(str.isdecimal, mark))
    if mark.startswith("!F"):
        kind, code = _TOO_BIG[version]
        mtu = int(number) if number else None
        too_big = ReplyKind.PACKET_TOO_BIG
        return replace(reply, kind=too_big, icmp_type=kind, icmp_code=code, mtu=mtu)
    told = int(number) if number and int(number) <= 255 else _CODES[version].get(mark)
    kind = _UNREACHABLE[version]
    return replace(reply, kind=ReplyKind.UNREACHABLE, icmp_type=kind, icmp_code=told)


def _end(
    heading: Heading, lines: Sequence[HopLine], hops: Sequence[Hop], distance: int | None
) -> EndReason | None:
    if any(line.is_interrupted for line in lines):
        return EndReason.INTERRUPTED
    if distance is not None:
        return EndReason.REACHED
    if not hops:
        return None
    replies = [probe.reply for probe in hops[-1].probes if probe.reply is not None]
    if any(reply.is_refusal for reply in replies):
        return EndReason.UNREACHABLE
    if not replies and hops[-1].ttl == heading.max_ttl:
        return EndReason.GAVE_UP
    return None


def _flow_notes(heading: Heading) -> Iterable[str]:
    return () if heading.is_one_flow else (assembling.NO_CONSTANT_FLOW,)


def _cuts(lines: Iterable[HopLine]) -> Iterable[str]:
    """Say from which hop on packets had to be smaller (``--mtu``)."""
    for line in lines:
        if line.largest is not None:
            yield f"packets to hop {line.ttl} and beyond must not exceed {line.largest} bytes"
