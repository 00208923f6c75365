"""A Route: a trace told in networks, with the exchange points on it and the time in between."""

from dataclasses import dataclass

from mxpath.model.address import IPAddress
from mxpath.model.evidence import Claim, Grade
from mxpath.model.network import Network
from mxpath.model.trace import Loss


@dataclass(frozen=True, slots=True, kw_only=True)
class Differential:
    """A difference of round-trip times, with its uncertainty.

    It is the latency of a segment only where the ways back are the same.
    ``rtt_ms`` is ``None`` when the interval covers zero: not resolvable.
    """

    rtt_ms: float | None
    plus_minus_ms: float
    reason: str = ""
    """Why no figure is given, where none is; else why its interval is as wide as it is."""
    entry_ttl: int = 0
    """TTL of the hop that it is measured from; 0 for the vantage itself."""
    exit_ttl: int = 0
    """TTL of the hop that it is measured to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IxpCrossing:
    """Traffic passes from one member to another over an exchange point's LAN."""

    ix_id: int
    ix_name: str
    near: Network | None
    """The network that hands over; ``None`` when it stayed silent."""
    far: Network
    """The member whose port answered."""
    far_ttl: int
    """TTL of the hop that answered from the LAN; the crossing is on the link before it."""
    address: IPAddress
    differential: Differential


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Consecutive hops inside one network."""

    network: Network | None
    """``None`` for hops that no data set attributes, and for silence between networks."""
    first_ttl: int
    last_ttl: int
    addresses: tuple[IPAddress | None, ...]
    """Responder of each TTL from first to last; ``None`` for silence."""
    differential: Differential
    """Envelope at the segment's last hop minus envelope at the last hop before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Border:
    """Where one network hands over to the next."""

    near: Network
    far: Network
    far_ttl: int
    """TTL of the first hop of the far network."""
    medium: str
    """``ixp`` when the exchange point was seen, else ``unknown`` (a private link or silence)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HopQuality:
    """How well one hop was heard, and everything from it on."""

    ttl: int
    sent: int
    answered: int
    limited: bool
    """It limits its answers: what it left unanswered is no loss."""
    jitter_ms: float | None
    """Median minus smallest round-trip time; ``None`` with fewer than two samples."""
    jitter_floor_ms: float | None
    """Smallest jitter of this and all later hops: where it rises, a link adds it for good."""
    loss_before: Loss
    """Probes to all earlier hops, pooled; without those that limit or never answered."""
    loss_from_here: Loss
    """Probes to this and all later hops, pooled alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The path to one target in networks; every inference is a Claim."""

    target: IPAddress
    source: IPAddress | None
    as_path: tuple[Network, ...]
    """Networks in order of travel, ours first when known, repeats removed."""
    segments: tuple[Claim[Segment], ...]
    borders: tuple[Claim[Border], ...]
    crossings: tuple[Claim[IxpCrossing], ...]
    envelope_ms: tuple[float | None, ...]
    """Suffix minimum of the hops' smallest RTTs, by TTL from 1; ``None`` where nothing later answered."""
    complete: bool
    """Whether the target itself answered."""
    quality: tuple[HopQuality, ...] = ()
    """Loss and jitter, by TTL from 1."""
    notes: tuple[str, ...] = ()

    @property
    def total_rtt_ms(self) -> float | None:
        """The envelope at the last hop, ``None`` when the target stayed silent."""
        return self.envelope_ms[-1] if self.complete and self.envelope_ms else None

    def certain_crossings(self) -> tuple[IxpCrossing, ...]:
        """Crossings that are more than merely possible."""
        return tuple(c.value for c in self.crossings if c.grade is not Grade.POSSIBLE)
