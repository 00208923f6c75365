"""Probes that left and what came back. Silence is a Probe without a reply."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import sqrt

from mxpath.model.address import IPAddress
from mxpath.model.multipath import Multipath
from mxpath.model.path_mtu import PathMtu
from mxpath.model.probe import USUAL_PORT, Probe, Protocol, ReplyKind
from mxpath.model.statistics import HopStatistics

_Z_95 = 1.959964
"""Standard normal quantile for a two-sided 95 %."""


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
    told: HopStatistics | None = None
    """What another tool tells of this hop in place of its probes."""
    told_responders: tuple[IPAddress, ...] = ()
    """Who answered, as that tool tells it."""

    @property
    def answered(self) -> int:
        """Probes that this hop answered; a bare ACK speaks of another one."""
        if self.told is not None:
            return self.told.received
        replies = (probe.reply for probe in self.probes if probe.reply is not None)
        return sum(reply.kind is not ReplyKind.ACK for reply in replies)

    @property
    def loss(self) -> Loss:
        """Probes of this TTL, and those without an answer; no loss of the path if ``limited``."""
        sent = len(self.probes) if self.told is None else self.told.sent
        return Loss(sent=sent, lost=sent - self.answered)

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
        middle = (times[(len(times) - 1) // 2] + times[len(times) // 2]) / 2 if times else 0.0
        return middle - times[0] if len(times) > 1 else None

    @property
    def responders(self) -> tuple[IPAddress, ...]:
        """Addresses that answered, each once, first to answer first."""
        replies = sorted(
            (p.reply for p in self.probes if p.reply is not None), key=lambda r: r.received_ns or 0
        )
        heard = (reply.responder for reply in replies)
        return tuple(dict.fromkeys((*heard, *self.told_responders)))

    @property
    def address(self) -> IPAddress | None:
        """The first address that answered, ``None`` for a silent hop."""
        return next(iter(self.responders), None)

    @property
    def min_rtt_ms(self) -> float | None:
        """Smallest round-trip time, ``None`` for a silent hop."""
        told = None if self.told is None else self.told.best_ms
        return min((p.rtt_ms for p in self.probes if p.rtt_ms is not None), default=told)


class EndReason(StrEnum):
    """Why a trace ended."""

    REACHED = "reached"
    """The target itself answered: a SYN with SYN/ACK or RST, an echo request with its reply, a
    datagram with port unreachable."""
    UNREACHABLE = "unreachable"
    """A router said so."""
    GAVE_UP = "gave up"
    """Silence up to the highest TTL that was to be tried."""
    NO_ROUTE = "no route"
    """This host has no route, or no address, for the target's family."""
    LOCAL_FAULT = "local fault"
    """The local network failed in mid-trace."""
    INTERRUPTED = "interrupted"
    LOOP = "loop"
    """The path turns in a circle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One constant 5-tuple and its hops, ascending by TTL; none missing in between in the first flow.

    Probes beyond the target are in ``beyond``: they are no hops, but they
    were packets, and they are counted.
    """

    source_port: int | None
    """Of ICMP: the identifier; ``None`` where another tool does not tell."""
    destination_port: int | None
    hops: tuple[Hop, ...]
    beyond: tuple[Probe, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """Where a trace comes from that another tool has measured."""

    tool: str
    """``scamper``, ``mtr``, ``atlas`` …"""
    source: str
    """Name of the file."""
    record: int | None = None
    """Number of the line, or of the record, in that file, from 1."""
    version: str | None = None
    """Of the tool, as far as the file tells."""
    resolution_ms: float = 0.0
    """How finely it tells round trips: those that differ by less may look alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The path to one target. What a foreign trace does not tell is ``None``."""

    target: IPAddress
    source: IPAddress | None
    protocol: Protocol | None
    port: int | None
    engine: str
    """Our engine, or the tool that measured."""
    flows: tuple[Flow, ...]
    distance: int | None
    """Smallest TTL that the target itself answers."""
    end: EndReason | None
    started_at: datetime | None
    ended_at: datetime | None
    packets_sent: int | None
    notes: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    """What this engine, or the tool, cannot see."""
    imported: Imported | None = None
    """Set where another tool has measured."""
    multipath: Multipath | None = None
    """All paths that were found, where they were asked for; the further flows are in ``flows``."""
    path_mtu: PathMtu | None = None
    """Set where it was measured, too."""

    def is_elsewhere(self, ours: IPAddress | None) -> bool:
        """Whether another tool measured it, and says that it did so from another address than ``ours``."""
        return self.imported is not None and self.source is not None and self.source != ours

    @property
    def is_mail_flow(self) -> bool:
        """Whether its probes were such as a mail server sends: TCP to port 25."""
        return self.protocol is Protocol.TCP and self.port == USUAL_PORT[Protocol.TCP]

    @property
    def measured_at(self) -> datetime | None:
        """When it was measured, as far as that is told."""
        return self.started_at or self.ended_at

    @property
    def measured_words(self) -> str:
        """Who measured it, where that is told and when; foreign text may be in it."""
        if self.imported is None:
            return f"traced by the {self.engine} engine"
        words = f"traced by {self.imported.tool}, from {self.imported.source}"
        if self.measured_at is not None:
            words += f", on {self.measured_at:%Y-%m-%d}"
        if self.is_mail_flow:
            return words
        sent = "unknown probes" if self.protocol is None else self.protocol.upper()
        port = "" if self.port is None else f"/{self.port}"
        return f"{words}, by {sent}{port}: not the mail flow"

    @property
    def end_words(self) -> str:
        """Why it ended, in a few words."""
        return "end unknown" if self.end is None else self.end.value

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
        """Smallest round-trip time to the target itself, over all that it answered."""
        if self.flow is None or self.distance is None:
            return None
        own = [hop for hop in self.hops if hop.ttl >= self.distance]
        probes = [p for hop in own for p in hop.probes]
        answered = [
            p.rtt_ms
            for p in (*probes, *self.flow.beyond)
            if p.rtt_ms is not None and p.reply is not None and p.reply.is_from_target
        ]
        told = [hop.min_rtt_ms for hop in own if hop.told and hop.min_rtt_ms is not None]
        return min((*answered, *told), default=None)
