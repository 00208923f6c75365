"""What was quoted against what was sent: translation and rewriting on the way.

The law
-------
1. An ICMP error quotes the probe as it arrived. What differs from what left was changed on the way
   there, at or before that hop. (NAT gateways put back addresses and ports in the quote, and often
   forget the checksum: Augustin et al. 2006; the way of dublin-traceroute.)
2. What left is computed again from the flow and the probe's number (``vantage.packets``), so it is
   known only of traces whose packets we have built: not of imported ones, nor of engines by which
   the kernel, or another program, builds them.
3. A checksum covers addresses, ports, sequence number and options: another one is consistent with
   NAT, and with any other box that rewrites one of these (the MSS, say). A sequence number that is
   quoted otherwise accounts for its own part. Equal differences, in the ones' complement of RFC
   1624, mean one and the same change.
4. Consecutive answers that show the same change are one finding; it begins at the first.
"""

from collections.abc import Iterator
from dataclasses import replace

from mxpath.model.anomaly import Anomaly, AnomalyKind
from mxpath.model.probe import ProbeSpec, Protocol
from mxpath.reading.heard import FlowHeard, Heard, ttls
from mxpath.vantage import packets

_OWN_PACKETS = {"raw", "scapy", "simulated"}
"""Engines that put on the wire what ``vantage.packets`` builds."""


def rewritten(flow: FlowHeard) -> Iterator[Anomaly]:
    """Find what was changed on the way; nothing where it is not known what was sent."""
    yield from _sequences(flow)
    if flow.trace.imported is not None or flow.trace.engine not in _OWN_PACKETS:
        return
    yield from _checksums(flow)
    yield from _identifications(flow)
    yield from _tos(flow)


def _spec(flow: FlowHeard, answer: Heard) -> ProbeSpec | None:
    """Build the probe once more."""
    trace, ports = flow.trace, flow.flow
    if trace.source is None or trace.protocol is None or ports.source_port is None:
        return None
    if answer.probe.sequence is None:
        return None
    return ProbeSpec(
        target=trace.target,
        source=trace.source,
        source_port=ports.source_port,
        destination_port=ports.destination_port or 0,
        ttl=answer.ttl,
        sequence=answer.probe.sequence,
        protocol=trace.protocol,
    )


def _sequences(flow: FlowHeard) -> Iterator[Anomaly]:
    def shift(answer: Heard) -> int | None:
        sent, told = answer.probe.sequence, answer.reply.sequence
        if sent is None or told is None or answer.reply.protocol is not Protocol.TCP:
            return None
        return (told - sent) % 2**32 or None

    for _, run in flow.alike(shift):
        yield flow.found(
            AnomalyKind.REWRITTEN_SEQUENCE,
            ttls(run),
            "TCP sequence numbers are rewritten before here",
            *(
                f"hop {h.ttl}: sent {h.probe.sequence}, answer names {h.reply.sequence}"
                for h in run
            ),
        )


def _checksums(flow: FlowHeard) -> Iterator[Anomaly]:
    def change(answer: Heard) -> int | None:
        spec, quoted = _spec(flow, answer), answer.reply.quoted_checksum
        if spec is None or quoted is None:
            return None
        if spec.protocol is Protocol.TCP and answer.reply.sequence is not None:
            spec = replace(spec, sequence=answer.reply.sequence)
        # 0 and 0xFFFF are the same number in ones' complement.
        return (quoted - packets.transport_checksum(spec)) % 0xFFFF or None

    for by, run in flow.alike(change):
        yield flow.found(
            AnomalyKind.REWRITTEN_CHECKSUM,
            ttls(run),
            f"the {_layer(flow)} checksum is rewritten before here: consistent with NAT",
            *(
                f"hop {h.ttl}: quoted checksum 0x{h.reply.quoted_checksum:04x}, changed by 0x{by:04x}"
                for h in run
            ),
        )


def _layer(flow: FlowHeard) -> str:
    protocol = flow.trace.protocol
    return protocol.value.upper() if protocol is not None else "transport"


def _identifications(flow: FlowHeard) -> Iterator[Anomaly]:
    def changed(answer: Heard) -> bool | None:
        spec, quoted = _spec(flow, answer), answer.reply.quoted_id
        if spec is None or quoted is None or answer.reply.responder.version != 4:
            return None
        return True if quoted != packets.identification(spec) else None

    for _, run in flow.alike(changed):
        yield flow.found(
            AnomalyKind.REWRITTEN_ID,
            ttls(run),
            "the IP identification is rewritten before here: consistent with NAT",
            *(f"hop {h.ttl}: quoted identification {h.reply.quoted_id}" for h in run),
        )


def _tos(flow: FlowHeard) -> Iterator[Anomaly]:
    def octet(answer: Heard) -> int | None:
        # Every probe leaves with DSCP 0 and without ECN.
        return None if _spec(flow, answer) is None else answer.reply.quoted_tos or None

    for value, run in flow.alike(octet):
        assert isinstance(value, int)
        yield flow.found(
            AnomalyKind.REWRITTEN_TOS,
            ttls(run),
            f"{_tos_words(value)} set before here",
            *(f"hop {h.ttl}: quoted TOS octet 0x{h.reply.quoted_tos:02x}, sent 0" for h in run),
        )


def _tos_words(octet: int) -> str:
    """DSCP in the upper six bits (RFC 2474), ECN in the lower two (RFC 3168)."""
    parts = [f"DSCP {octet >> 2}"] if octet >> 2 else []
    parts += [f"ECN {octet & 3:02b}"] if octet & 3 else []
    return " and ".join(parts)
