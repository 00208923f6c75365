"""Which way would every network's route to one destination go? The valley-free route.

The law
-------
1. A network likes its own route best, then a customer's, a peer's, a provider's; then the
   shorter path; then the neighbour of the lowest AS number (Gao and Rexford, 2001).
2. It tells its own and its customers' routes to everybody, a peer's and a provider's to
   its customers only. So a path climbs from customer to provider, crosses between peers
   once at most, and goes down: it has no valley.
3. Therefore three sweeps do. *Up*: whoever the destination can be reached by over
   customers hears of it in waves, from customer to provider; the first wave is the
   shortest. *Across*: those tell their peers who heard of it from no customer. *Down*: all
   tell their customers who have no better route, the shortest paths first. Nobody chooses
   again: what would come later is liked less, or is longer.
4. Of a wave, the lowest neighbour is the one written last: rows ascend with AS numbers,
   and neighbours tell in descending order.
5. Several origins of one prefix all begin at once, and each network has the route to one.
6. Not everybody needs to have a route: two networks that only peers of peers join have
   none, though nothing has failed.

**A model is not the Internet.** 14 to 35 % of routing decisions that were looked at are not
what it says (Anwar et al., "Investigating interdomain routing policies in the wild",
IMC 2015). What is predicted is always said to be.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from mxpath.bgp.topology import Neighbours, Rows, Topology

_FAR = np.iinfo(np.int32).max


class Learnt(IntEnum):
    """From whom a route was learnt, the best liked first; ``NONE`` for no route."""

    OWN = 0
    CUSTOMER = 1
    PEER = 2
    PROVIDER = 3
    NONE = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Propagation:
    """Every network's route to one destination, shape (n,) each, in the order of ``topology.asns``."""

    topology: Topology
    learnt: NDArray[np.uint8]
    """A :class:`Learnt`."""
    lengths: NDArray[np.int32]
    """Networks after the own one on the path; the largest number without a route."""
    next_hops: Rows
    """The neighbour that told it; the own row at an origin, -1 without a route."""

    def path(self, asn: int) -> tuple[int, ...] | None:
        """The networks from ``asn`` to the origin, both included; ``None`` without a route."""
        row = self.topology.row(asn)
        if row is None or self.learnt[row] == Learnt.NONE:
            return None
        rows = [row]
        while self.learnt[row] != Learnt.OWN:
            row = int(self.next_hops[row])
            rows.append(row)
        return tuple(int(n) for n in self.topology.asns[rows])

    def learnt_by(self, asn: int) -> Learnt:
        """From whom ``asn`` has its route."""
        row = self.topology.row(asn)
        return Learnt.NONE if row is None else Learnt(int(self.learnt[row]))


def propagate(topology: Topology, origins: Iterable[int]) -> Propagation:
    """Return every network's valley-free route to a destination.

    Parameters
    ----------
    topology
        Who is what to whom.
    origins
        AS numbers of those who announce it; one without any known relationship is left out.

    Examples
    --------
    Two customers of two peers:

    >>> from mxpath.model.relations import AsRelations, Relation
    >>> rows = [(1, 2, Relation.PEER), (3, 1, Relation.PROVIDER), (4, 2, Relation.PROVIDER)]
    >>> propagate(Topology.of(AsRelations.of(rows)), [4]).path(3)
    (3, 1, 2, 4)
    """
    sweep = _Sweep(topology)
    sweep.begin([row for asn in origins if (row := topology.row(asn)) is not None])
    sweep.up()
    sweep.across()
    sweep.down()
    return Propagation(
        topology=topology, learnt=sweep.learnt, lengths=sweep.lengths, next_hops=sweep.next_hops
    )


class _Sweep:
    """Routes in the making."""

    def __init__(self, topology: Topology) -> None:
        count = len(topology.asns)
        self.topology = topology
        self.learnt = np.full(count, Learnt.NONE, np.uint8)
        self.lengths = np.full(count, _FAR, np.int32)
        self.next_hops = np.full(count, -1, np.int64)

    def begin(self, rows: Iterable[int]) -> None:
        own = np.unique(np.fromiter(rows, np.int64))
        self.learnt[own], self.lengths[own], self.next_hops[own] = Learnt.OWN, 0, own

    def up(self) -> None:
        """Wave after wave, from customers to providers."""
        length = 0
        while self._tell(self._at(length), self.topology.providers, Learnt.CUSTOMER):
            length += 1

    def across(self) -> None:
        """Once over, the longer paths first, so that the shorter are written last."""
        tellers = np.flatnonzero(self.learnt <= Learnt.CUSTOMER)
        order = np.argsort(self.lengths[tellers], kind="stable")
        self._tell(tellers[order], self.topology.peers, Learnt.PEER)

    def down(self) -> None:
        """Length after length, from providers to customers."""
        length, longest = 0, self._longest()
        while length <= longest:
            told = self._tell(self._at(length), self.topology.customers, Learnt.PROVIDER)
            length += 1
            longest = max(longest, length) if told else longest

    def _at(self, length: int) -> Rows:
        return np.flatnonzero(self.lengths == length)

    def _longest(self) -> int:
        known = self.lengths[self.lengths < _FAR]
        return int(known.max()) if len(known) else -1

    def _tell(self, tellers: Rows, neighbours: Neighbours, learnt: Learnt) -> int:
        """Tell neighbours that have no route yet; the first of ``tellers`` is believed.

        Returns how often somebody without a route was told one.
        """
        near, far = neighbours.edges(tellers[::-1])
        news = self.learnt[far] == Learnt.NONE
        near, far = near[news], far[news]
        self.next_hops[far] = near  # of several, the last one stays
        self.lengths[far] = self.lengths[near] + 1
        self.learnt[far] = learnt
        return len(far)
