"""How long to wait for a hop's answers, and how fast to ask it."""

from dataclasses import dataclass

from mxpath.tracing.options import TraceOptions

_SLOWEST_S = 1.0
"""Time between two answers of one router that Linux allows when its first six are used up."""
_SLOW_S = 0.125


@dataclass(slots=True)
class _Hop:
    rtt_s: float = 0.0
    """Greatest round-trip time seen."""
    gap_s: float = 0.0
    """Time between two probes."""
    slowest: bool = False
    """Whether that is as wide as it gets."""
    free_s: float = 0.0
    """No probe before."""
    slowed_s: float = -1.0
    """When the gap was last made wider."""


class Tempo:
    """The times of one target's hops."""

    def __init__(self, options: TraceOptions) -> None:
        self._options = options
        self._hops: dict[int, _Hop] = {}

    def answered(self, ttl: int, rtt_s: float) -> None:
        """Learn a round-trip time."""
        hop = self._hop(ttl)
        hop.rtt_s = max(hop.rtt_s, rtt_s)

    def sent(self, ttl: int, at_s: float) -> None:
        """A probe has left."""
        hop = self._hop(ttl)
        hop.free_s = at_s + hop.gap_s

    def slower(self, ttl: int, sent_s: float, now_s: float, *, routers: int) -> None:
        """An answer stayed away: ask a hop of so many answering routers more slowly.

        What left before the gap was last made wider says nothing of it.
        """
        hop = self._hop(ttl)
        if routers and sent_s >= hop.slowed_s:
            hop.gap_s = min(_SLOWEST_S / routers, max(_SLOW_S, 2 * hop.gap_s))
            hop.slowest = hop.gap_s >= _SLOWEST_S / routers
            hop.slowed_s = now_s
            hop.free_s = now_s + hop.gap_s

    def is_slowest(self, ttl: int) -> bool:
        """Whether this hop is asked no faster than a limited router answers."""
        return self._hop(ttl).slowest

    def is_slow(self, ttl: int) -> bool:
        """Whether one probe at a time is sent to this hop."""
        return self._hop(ttl).gap_s > 0

    def free_s(self, ttl: int) -> float:
        """When the hop may be asked again."""
        return self._hop(ttl).free_s

    def wait_s(self, ttl: int) -> float:
        """How long to wait for its answer."""
        beside = (self._hops[at].rtt_s for at in (ttl - 1, ttl, ttl + 1) if at in self._hops)
        longest = max(beside, default=0.0)
        return max(self._options.min_wait_s, self._options.rtt_factor * longest)

    def _hop(self, ttl: int) -> _Hop:
        hop = self._hops.get(ttl)
        if hop is None:
            hop = self._hops[ttl] = _Hop()
        return hop
