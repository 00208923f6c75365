"""What is true in a world, whoever plays it.

The truth never comes from the analyzer: in the kernel player it is read from
the running kernels and daemons, in memory from the played forwarding tables.
This module imports nothing of inference, tracing or graph.
"""

from dataclasses import dataclass, field

from mxpath.lab.elements import Behaviour
from mxpath.lab.topology import World
from mxpath.model.address import IPAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class HopTruth:
    """The node that a packet of one TTL reaches, and what its answer looks like."""

    ttl: int
    node: str
    asn: int
    address: IPAddress
    """Source address of its answer."""
    rtt_min_ms: float
    """Sum of link delays there and back, over the fastest of the equal-cost ways back."""
    rtt_max_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PathTruth:
    """The path of one TCP flow from the sender to port 25 of a target."""

    target: IPAddress
    source_port: int
    hops: tuple[HopTruth, ...]
    """By TTL from 1; the last one is the target's host."""
    as_path: tuple[int, ...]
    """Networks of the nodes in order, the sender's first, repeats removed."""
    crossings: tuple[tuple[int, int, int], ...]
    """(exchange point id, near AS, far AS) for each exchange LAN that the path crosses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MxRow:
    """A row of the MX plan that a domain's zone prescribes."""

    preference: int
    host: str
    addresses: tuple[IPAddress, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpTruth:
    """How a mail host behaves."""

    behaviour: Behaviour
    greeting_delay_s: float
    starttls: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SynCount:
    """SYNs of one flow that arrived at a mail host's port 25."""

    target: IPAddress
    source_port: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Everything an accuracy figure is counted against."""

    player: str
    """``kernel`` or ``memory``."""
    wire: str | None
    """``c`` or ``python`` in the kernel; ``None`` in memory."""
    paths: tuple[PathTruth, ...]
    mx: dict[str, tuple[MxRow, ...]]
    """Domain to its rows by preference; none for a null MX."""
    smtp: dict[IPAddress, SmtpTruth]
    syns: tuple[SynCount, ...]
    unknowable: dict[IPAddress, tuple[int, ...]] = field(default_factory=dict)
    """Target to ids of exchange points whose crossing on the way there nobody could tell."""

    def path(self, target: IPAddress, source_port: int) -> PathTruth | None:
        """The path of one flow."""
        return next(
            (p for p in self.paths if p.target == target and p.source_port == source_port), None
        )


def smtp_truth(world: World) -> dict[IPAddress, SmtpTruth]:
    """Return how each mail host of a world is told to behave, whoever plays it."""
    return {
        address: SmtpTruth(
            behaviour=host.smtp.behaviour,
            greeting_delay_s=host.smtp.greeting_delay_s,
            starttls=host.smtp.starttls,
        )
        for name, host in world.hosts.items()
        if host.smtp is not None
        for address in world.addresses_of(name)
    }


def unknowable(world: World) -> dict[IPAddress, tuple[int, ...]]:
    """Return what a world marks as beyond anybody's knowledge, by target address."""
    return {
        address: tuple(ix_id for ix_id, version in marks if version == address.version)
        for host, marks in world.expected.unknowable.items()
        for address in world.addresses_of(host)
    }
