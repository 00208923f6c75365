"""Does a router choose its next hop for each flow, or for each packet? The same flow asked again.

The law
-------
1. A router with k next hops that chooses for each packet repeats itself m times with probability
   k^-m at most (``stopping.repeats``). Where m repeated flows all go the way they went, it balances per flow.
2. Two that went another way are per-packet balancing. One alone may be a change of route: as many
   again are sent, and if it stays at one, nothing is said.
3. Behind a router that chooses for each packet nobody can say whose flow a packet still is: nothing
   is said there either.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, zip_longest

from mxpath.model.multipath import Balancing
from mxpath.multipath.sightings import Sightings
from mxpath.multipath.stopping import repeats


@dataclass(slots=True)
class Tally:
    """Repeated flows behind one node."""

    asked: Counter[int] = field(default_factory=Counter)
    """Flow to how often."""
    same: int = 0
    differing: int = 0


class Repeats:
    """All repeated flows of a target.

    Parameters
    ----------
    sights
        What is known.
    epsilon
        Probability of taking a per-packet balancer for a per-flow one.
    """

    def __init__(self, sights: Sightings, epsilon: float) -> None:
        self._sights, self._epsilon = sights, epsilon
        self._tallies: dict[int, Tally] = {}

    def wanted(self, near: int, ttl: int) -> list[int]:
        """Flows to be asked again at a TTL to tell how the node before it balances."""
        links = self._sights.at(ttl).links.get(near, {})
        if len(links) < 2:
            return []
        tally = self._tallies.setdefault(near, Tally())
        least = repeats(len(links), self._epsilon)
        wanted = {0: least, 1: 2 * least}.get(tally.differing, 0)
        missing = wanted - tally.same - tally.differing
        # What got no answer is tried as often again, and then given up.
        left = 2 * wanted - tally.asked.total()
        flows = sorted(self._candidates(links), key=lambda flow: tally.asked[flow])
        return flows[: max(0, min(missing, left))]

    def _candidates(self, links: dict[int, list[int]]) -> Iterator[int]:
        """Flows that were answered, but not by the target, from all next hops in turn."""
        spots = self._sights.spots
        heard = [
            [flow for flow in flows if flow]
            for far, flows in links.items()
            if spots[far].address is not None and not spots[far].is_end
        ]
        return (flow for flow in chain.from_iterable(zip_longest(*heard)) if flow is not None)

    def asked(self, near: int, flow: int) -> None:
        """Count a repeated flow."""
        self._tallies[near].asked[flow] += 1

    def answered(self, near: int, *, same: bool) -> None:
        """Count what became of it."""
        tally = self._tallies[near]
        if same:
            tally.same += 1
        else:
            tally.differing += 1

    def tally(self, near: int) -> Tally:
        """What is known of a node."""
        return self._tallies.get(near, Tally())

    def balancing(self, near: int, next_hops: int) -> Balancing:
        """What follows (rules 1 and 2)."""
        tally = self.tally(near)
        if tally.differing > 1:
            return Balancing.PER_PACKET
        enough = tally.same >= repeats(max(2, next_hops), self._epsilon)
        return Balancing.PER_FLOW if enough and not tally.differing else Balancing.UNKNOWN
