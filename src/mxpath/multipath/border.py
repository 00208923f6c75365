"""How near to the target further flows may come, and how many of their probes may arrive there.

The law
-------
1. Unless asked, further flows stop one hop short of the target: no TTL is asked at which the first
   flow, or any other that was met, is at the target. Whoever is known to pass a node that does
   not lead to the target is on a longer path, and may go on.
2. A probe is **safe** when a router has answered the same flow at that TTL or beyond. What is not safe
   may turn out to arrive, because its path is shorter than the first flow's. Of a flow one such
   probe is under way at a time, and of all flows ``by_accident``, less those that have arrived; two in
   the last hops before the target. A flow that has arrived is asked no more where it is not safe. When as
   many have arrived, one at a time still is asked nearer to this host: each that arrives then tells of a
   yet shorter path.
3. When asked (``to_target``) each flow sends one probe that may arrive, and all together
   ``at_target``; those that a router answers are not among them, those that nobody does are. There are
   no retries.
"""

from collections.abc import Set as AbstractSet

from mxpath.multipath.options import MultipathOptions
from mxpath.multipath.sightings import Sightings

_FAR = 1 << 16
_CAREFUL = 2
"""So many hops before the target so many probes that may arrive are under way at a time: paths of unequal
length mostly differ by one or two."""


class Border:
    """The target's share in a multipath trace.

    Parameters
    ----------
    options
        Whether to go up to the target, and the bounds.
    sights
        What is known.
    distance
        TTL at which the first flow met the target; ``None`` when it did not.
    last
        Greatest TTL to be asked.
    """

    def __init__(
        self, options: MultipathOptions, sights: Sightings, *, distance: int | None, last: int
    ) -> None:
        self._options, self._sights = options, sights
        self.first = distance or _FAR
        """Least TTL at which a flow was at the target."""
        self.last = last
        self.arrived: set[int] = set()
        """Further flows that were at the target."""
        self._missed: dict[int, int] = {}
        """Flow to the greatest TTL at which nobody answered it: it may have been there too."""
        self._open: dict[int, int] = {}
        """Flow to the TTL of a probe under way that may arrive."""
        self._refused = False

    def is_safe(self, flow: int, ttl: int) -> bool:
        """Law 2."""
        return self._sights.heard.get(flow, 0) >= ttl

    def is_near(self, flow: int, ttl: int) -> bool:
        """Whether a probe would be one of those that are asked for at the target."""
        return ttl >= self.first and not self.is_safe(flow, ttl)

    def may(self, flow: int, ttl: int) -> bool:
        """Whether this flow may be asked at this TTL at all."""
        if ttl > self.last or self._sights.ends.get(flow, _FAR) <= ttl:
            return False
        if self.is_safe(flow, ttl):
            return True
        return flow not in self.arrived and (ttl < self.first or self._may_arrive(flow, ttl))

    def _may_arrive(self, flow: int, ttl: int) -> bool:
        if not self.quota or flow in self._spent:
            return False
        near = self._sights.at(ttl - 1).where.get(flow)
        on_longer = near is not None and not self.leads_there(near, ttl)
        return self._options.to_target or on_longer

    def is_shut(self, ttl: int) -> bool:
        """Whether no flow that is not safe may be asked at this TTL any more."""
        return ttl > self.last or (ttl >= self.first and not self.quota)

    def leads_there(self, node: int, ttl: int) -> bool:
        """Whether some flow went from this node, of the TTL before, to the target."""
        links = self._sights.at(ttl).links.get(node, {})
        return any(self._sights.spots[far].is_target for far in links)

    def has_room(self, flow: int, ttl: int, leaving: AbstractSet[int] = frozenset()) -> bool:
        """Whether it may be asked now, beside flows that are ``leaving`` at this moment."""
        if self.is_safe(flow, ttl):
            return True
        if flow in self._open or flow in leaving:
            return False
        under_way = len(self._open) + len(leaving)
        if ttl >= self.first and self._options.to_target:
            return under_way + len(self._spent) < self._options.at_target
        at_once = _CAREFUL if ttl >= self.first - _CAREFUL else self._options.by_accident
        return under_way < max(1, min(at_once, self._options.by_accident - len(self.arrived)))

    @property
    def quota(self) -> int:
        """Probes that may still be asked for at the target."""
        if self._refused:
            return 0
        return max(0, self._bound - len(self._spent))

    def is_full(self, leaving: AbstractSet[int] = frozenset()) -> bool:
        """Whether no probe that may arrive has room now, whatever its flow."""
        return len(self._open) + len(leaving) >= self._bound

    def refuse(self) -> None:
        """No more is to be asked at the target."""
        self._refused = True

    def sent(self, flow: int, ttl: int) -> None:
        """A probe has left."""
        if not self.is_safe(flow, ttl):
            self._open[flow] = ttl

    def answered(self, flow: int, ttl: int, *, by_target: bool) -> None:
        """It was answered."""
        self._closed(flow, ttl)
        if not by_target and ttl >= self._missed.get(flow, _FAR):
            del self._missed[flow]
        if by_target:
            self.arrived.add(flow)
            self.first = min(self.first, ttl)

    def missed(self, flow: int, ttl: int) -> None:
        """It was not."""
        self._closed(flow, ttl)
        self._missed[flow] = max(ttl, self._missed.get(flow, 0))

    def waits(self, flow: int, ttl: int) -> None:
        """It was not, and will be sent again."""
        self._closed(flow, ttl)

    def _closed(self, flow: int, ttl: int) -> None:
        if self._open.get(flow) == ttl:
            del self._open[flow]

    @property
    def _bound(self) -> int:
        return self._options.at_target if self._options.to_target else self._options.by_accident

    @property
    def _spent(self) -> set[int]:
        """Flows that were at the target, or may have been."""
        missed = (flow for flow, ttl in self._missed.items() if self.is_near(flow, ttl))
        return self.arrived.union(missed)
