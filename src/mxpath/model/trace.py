"""Probes that left and what came back. Silence is a Probe without a reply."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import sqrt
from statistics import median

from mxpath.model.address import IPAddress

_Z_95 = 1.959964
"""Standard normal quantile for a two-sided 95 %."""


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
    spare: bool = False
    """A further sample of a hop that has answered this flow: it dies before the target, and may
    be left out."""


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
class Loss:
    """Probes counted that should have been answered, and those that were not."""

    sent: int
    lost: int

    @property
    def share(self) -> float | None:
        """Lost of sent, in [0, 1]; ``None`` when nothing was sent."""
        return self.lost / self.sent if self.sent else None

    @property
    def interval(self) -> tuple[float, float]:
        """What the true share may be, with 95 % confidence (Wilson 1927).

        Examples
        --------
        >>> [round(end, 3) for end in Loss(sent=10, lost=0).interval]
        [0.0, 0.278]
        """
        if not self.sent:
            return 0.0, 1.0
        n, z = self.sent, _Z_95
        middle = self.lost / n + z * z / (2 * n)
        reach = z * sqrt(self.lost / n * (1 - self.lost / n) / n + z * z / (4 * n * n))
        scale = 1 + z * z / n
        return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)

    def __add__(self, other: "Loss") -> "Loss":
        return Loss(sent=self.sent + other.sent, lost=self.lost + other.lost)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """All probes of one TTL in one flow."""

    ttl: int
    probes: tuple[Probe, ...]
    limited: bool = False
    """It answered, then left probes unanswered while later hops lost none: it limits its answers."""

    @property
    def answered(self) -> int:
        """Probes that this hop answered; a bare ACK speaks of another one."""
        return len(self.rtts_ms)

    @property
    def loss(self) -> Loss:
        """Probes of this TTL, and those without an answer; no loss of the path if ``limited``."""
        return Loss(sent=len(self.probes), lost=len(self.probes) - self.answered)

    @property
    def rtts_ms(self) -> tuple[float, ...]:
        """Round-trip times of its answers, ascending."""
        return tuple(
            sorted(
                probe.rtt_ms
                for probe in self.probes
                if probe.rtt_ms is not None
                and probe.reply is not None
                and probe.reply.kind is not ReplyKind.ACK
            )
        )

    @property
    def jitter_ms(self) -> float | None:
        """Median minus smallest round-trip time; ``None`` with fewer than two samples."""
        times = self.rtts_ms
        return median(times) - times[0] if len(times) > 1 else None

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
