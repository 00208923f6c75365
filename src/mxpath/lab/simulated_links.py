"""Links of the played network: what becomes of one packet that enters a step, and when it is through.

The law is that of ``conditions``. Chance is drawn from the network's seed, packet by packet, so that
equal runs are equal. Packets may be carried in another order than they enter a link in: whoever
enters between two others also leaves between them.
"""

import random
from bisect import bisect_right, insort
from math import inf

from mxpath.lab.conditions import Carried, Conditions
from mxpath.lab.steps import NextHop
from mxpath.lab.topology import Wire


class PlayedLinks:
    """All links of a world, with the packets that went over them.

    Parameters
    ----------
    seed
        Decides losses and jitter.
    """

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(f"links|{seed}")  # noqa: S311 - repeatable on purpose
        self._passed: dict[tuple[int, str], list[tuple[int, int]]] = {}
        """(link, node at its near end) to (entered, left) of packets, in ns; jittery links only."""

    def cross(self, step: NextHop, packet: Carried, at_ns: int) -> int | None:
        """Return when a packet that leaves a node comes to the next one; ``None`` when it is lost."""
        for place, wire in enumerate(step.wires):
            conditions = Conditions.of(wire.link)
            if conditions.stops(packet) or self._loses(conditions):
                return None
            way = "into the network" if place else step.egress.node  # over a LAN, from whomever
            at_ns = self._leave((wire.number, way), wire, at_ns)
        return at_ns

    def _loses(self, conditions: Conditions) -> bool:
        return conditions.loss > 0 and self._chance.random() < conditions.loss

    def _leave(self, way: tuple[int, str], wire: Wire, at_ns: int) -> int:
        link = wire.link
        if not link.jitter_ms:
            return at_ns + round(link.delay_ms * 1e6)
        taken_ms = link.delay_ms + self._chance.random() * link.jitter_ms
        passed = self._passed.setdefault(way, [])
        place = bisect_right(passed, (at_ns, inf))
        not_before = passed[place - 1][1] if place else 0
        not_after = passed[place][1] if place < len(passed) else inf
        left_ns = int(min(max(at_ns + round(taken_ms * 1e6), not_before), not_after))
        insort(passed, (at_ns, left_ns))
        return left_ns
