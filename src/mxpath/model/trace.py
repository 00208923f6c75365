"""Probes that left and what came back. Silence is a Probe without a reply."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mxpath.model.address import IPAddress


class ReplyKind(StrEnum):
    """What kind of packet answered."""

    TIME_EXCEEDED = "time exceeded"
    SYN_ACK = "syn-ack"
    ACK = "ack"
    """A bare ACK: another SYN of this flow has arrived; proves no distance."""
    RST = "rst"
    UNREACHABLE = "unreachable"
    PACKET_TOO_BIG = "packet too big"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeSpec:
    """A TCP SYN to be sent."""

    target: IPAddress
    source: IPAddress
    source_port: int
    destination_port: int
    ttl: int
    sequence: int
    """TCP sequence number, 0 … 2**32 - 1; carries TTL, attempt and cookie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A packet that came back, decoded; ``sequence`` says which probe it answers."""

    kind: ReplyKind
    responder: IPAddress
    target: IPAddress
    """Destination of the probe it answers."""
    source_port: int
    destination_port: int
    sequence: int
    """Sequence number of the probe it answers (acknowledgement - 1 for TCP)."""
    received_ns: int
    """CLOCK_REALTIME, kernel timestamp where there is one."""
    reply_ttl: int | None = None
    quoted_ttl: int | None = None
    icmp_type: int | None = None
    icmp_code: int | None = None
    mtu: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One SYN that was sent, and its reply or silence."""

    ttl: int
    attempt: int
    sequence: int
    sent_ns: int
    """CLOCK_REALTIME."""
    reply: Reply | None = None

    @property
    def rtt_ms(self) -> float | None:
        """Round-trip time, ``None`` when nothing came back."""
        return None if self.reply is None else (self.reply.received_ns - self.sent_ns) / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """All probes of one TTL in one flow."""

    ttl: int
    probes: tuple[Probe, ...]

    @property
    def responders(self) -> tuple[IPAddress, ...]:
        """Addresses that answered, each once, first to answer first."""
        replies = sorted(
            (p.reply for p in self.probes if p.reply is not None), key=lambda r: r.received_ns
        )
        return tuple(dict.fromkeys(reply.responder for reply in replies))

    @property
    def address(self) -> IPAddress | None:
        """The first address that answered, ``None`` for a silent hop."""
        return next(iter(self.responders), None)

    @property
    def min_rtt_ms(self) -> float | None:
        """Smallest round-trip time, ``None`` for a silent hop."""
        return min((p.rtt_ms for p in self.probes if p.rtt_ms is not None), default=None)


class EndReason(StrEnum):
    """Why a trace ended."""

    REACHED = "reached"
    """The target itself answered a SYN with SYN/ACK or RST."""
    UNREACHABLE = "unreachable"
    """A router said so."""
    GAVE_UP = "gave up"
    """Silence up to the highest TTL that was to be tried."""
    NO_ROUTE = "no route"
    """This host has no route, or no address, for the target's family."""
    LOCAL_FAULT = "local fault"
    """The local network failed in mid-trace."""
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One constant 5-tuple and its hops, ascending by TTL, none missing in between.

    Probes beyond the target are in ``beyond``: they are no hops, but they
    were packets, and they are counted.
    """

    source_port: int
    destination_port: int
    hops: tuple[Hop, ...]
    beyond: tuple[Probe, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The path to one target."""

    target: IPAddress
    source: IPAddress | None
    protocol: str
    port: int
    engine: str
    flows: tuple[Flow, ...]
    distance: int | None
    """Smallest TTL that the target's SYN/ACK or RST acknowledges."""
    end: EndReason
    started_at: datetime
    ended_at: datetime
    packets_sent: int
    notes: tuple[str, ...] = ()

    @property
    def flow(self) -> Flow | None:
        """The first flow: the path as one connection sees it."""
        return self.flows[0] if self.flows else None

    @property
    def hops(self) -> tuple[Hop, ...]:
        """Hops of the first flow."""
        return self.flows[0].hops if self.flows else ()

    @property
    def target_rtt_ms(self) -> float | None:
        """Smallest round-trip time to the target itself, over SYN/ACK and RST."""
        if self.flow is None or self.distance is None:
            return None
        probes = [p for hop in self.hops if hop.ttl >= self.distance for p in hop.probes]
        answered = [
            p.rtt_ms
            for p in (*probes, *self.flow.beyond)
            if p.rtt_ms is not None
            and p.reply is not None
            and p.reply.kind in (ReplyKind.SYN_ACK, ReplyKind.RST)
        ]
        return min(answered, default=None)
