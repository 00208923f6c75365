"""What one router is asked by all flows of a call together.

Linux answers six ICMP errors at once, then one a second for each sender (``icmp_ratelimit``).
Spare probes keep one of the six for others. Counted as probes leave and answers
come, so that no question has to look through all flows. A probe of a hop that has not answered yet
counts against every router at its TTL.
"""

from collections import Counter
from dataclasses import dataclass

from mxpath.model.address import IPAddress

_BURST = 5
_PER_S = 1.0


@dataclass(slots=True)
class _Asked:
    """Probes of one TTL of one flow, and who answers there."""

    version: int
    count: int = 0
    responder: IPAddress | None = None


class Courtesy:
    """The account of all routers that a call has met.

    Parameters
    ----------
    begun_s
        When the call began, on the loop's clock.
    """

    def __init__(self, begun_s: float) -> None:
        self._begun_s = begun_s
        self._rungs: dict[tuple[int, int, int], _Asked] = {}
        self._known: Counter[tuple[int, IPAddress]] = Counter()
        self._unknown: Counter[tuple[int, int]] = Counter()

    def sent(self, rung: tuple[int, int, int], version: int) -> None:
        """Count a probe of a rung: target, flow, TTL."""
        asked = self._rungs.get(rung)
        if asked is None:
            asked = self._rungs[rung] = _Asked(version)
        asked.count += 1
        if asked.responder is None:
            self._unknown[version, rung[2]] += 1
        else:
            self._known[rung[2], asked.responder] += 1

    def answered(self, rung: tuple[int, int, int], responder: IPAddress) -> None:
        """Learn who answers at a rung; the first to answer counts."""
        asked = self._rungs.get(rung)
        if asked is None or asked.responder is not None:
            return
        asked.responder = responder
        self._unknown[asked.version, rung[2]] -= asked.count
        self._known[rung[2], responder] += asked.count

    def free_s(self, rung: tuple[int, int, int]) -> float:
        """When the router there can be expected to answer one more."""
        asked = self._rungs.get(rung)
        if asked is None or asked.responder is None:
            return self._begun_s
        total = self._unknown[asked.version, rung[2]] + self._known[rung[2], asked.responder]
        return self._begun_s + max(0, 1 + total - _BURST) / _PER_S
