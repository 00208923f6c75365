"""The largest packet that a path carries whole, and where larger ones vanish."""

from dataclasses import dataclass

from mxpath.model.address import IPAddress
from mxpath.model.probe import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class BlackHole:
    """Where packets vanish that are too large, and nobody says so."""

    size_bytes: int
    """Of the packets that vanish: whole IP packets."""
    passes_ttl: int | None
    """Farthest hop that answered such a packet; ``None`` when none did."""
    fails_ttl: int | None
    """First hop behind it that answers small packets only; ``None`` when that is the target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathMtu:
    """The path MTU as far as probes of many sizes tell it; all sizes are whole IP packets."""

    mtu_bytes: int | None
    """The largest size that was answered; ``None`` when no probe of any size was."""
    fails_bytes: int | None
    """The smallest size that was not; ``None`` when even the largest that was tried passed."""
    told_by: IPAddress | None = None
    """Who said what fits, where somebody did (Packet Too Big); ``None`` also for this host itself."""
    told_ttl: int | None = None
    """Hop of the trace at which that address answers; ``None`` where it is not known."""
    of_this_host: bool = False
    """The limit is this host's own first link."""
    black_hole: BlackHole | None = None
    reached: bool
    """Whether the target answered; else this is the MTU as far as ``as_far_as_ttl``."""
    as_far_as_ttl: int | None = None
    """The last hop that answers, where the target does not."""
    protocol: Protocol
    """What was sent: echo requests, whose replies must come back as large as they went."""
    probes: int
    """Probes that were sent for it."""
    probes_to_target: int
    """Those among them that were meant to arrive at the target."""

    @property
    def is_exact(self) -> bool:
        """Whether one byte more was seen to fail, or a router named this very size."""
        if self.mtu_bytes is None or self.fails_bytes is None:
            return False
        told = self.told_by is not None or self.of_this_host
        return told or self.fails_bytes == self.mtu_bytes + 1
