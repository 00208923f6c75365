"""Routes of a made Internet, as a few networks see them: one path to every other network.

The law (Gao and Rexford, "Stable Internet Routing Without Global Coordination", 2001)
-------
1. A network takes a customer's route before a peer's before a provider's; then the shorter
   AS path; then the lower AS number of the neighbour.
2. It tells all its neighbours of its own routes and its customers', its customers of all.

So a customer's route of x is a shortest way down from x, and of equally short ones the one
with the lowest numbers; a peer's route is such a way from one of its peers; both are found
by one walk in breadth that visits networks in that order. Only for a provider's route must
one know what the provider chose: whoever stands above a network is worked out before it.
Few networks stand above one, so a sweep for each of them is cheap, where a sweep for each
destination is not. Independent of ``mxpath.bgp``, so that each can be held against the other.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mxpath.lab.internet_networks import Ints, Networks

CUSTOMER, PEER, PROVIDER, NO_ROUTE = range(4)
"""From whom a network has a route; its own counts as a customer's."""
_FAR = 255


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Neighbours:
    """Neighbours of one kind of each network, the lowest AS number first."""

    begins: Ints
    others: Ints

    @classmethod
    def of(cls, pairs: Ints, networks: Networks) -> "_Neighbours":
        """Of each network in the first column those in the second."""
        order = np.lexsort([networks.asns[pairs[:, 1]], pairs[:, 0]])
        begins = np.searchsorted(pairs[order, 0], np.arange(len(networks) + 1))
        return cls(begins=begins, others=pairs[order, 1])

    def of_all(self, some: Ints) -> tuple[Ints, Ints]:
        """Neighbours of several networks in their order, and for each whose it is."""
        sizes = self.begins[some + 1] - self.begins[some]
        before = np.cumsum(sizes) - sizes
        places = np.arange(int(sizes.sum())) + np.repeat(self.begins[some] - before, sizes)
        return self.others[places], np.repeat(some, sizes)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Table:
    """The choices of one network, by destination, shape (n,) each."""

    kinds: NDArray[np.uint8]
    lengths: NDArray[np.uint8]
    """Links to the destination."""
    towards: NDArray[np.int32]
    """The network before the destination on a customer's or peer's route; the provider that
    leads to it on a provider's."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Routes:
    """What one network, a peer of the collector, tells of all destinations."""

    peer: int
    kinds: NDArray[np.uint8]
    """From whom it has the route, shape (n,)."""
    hops: Ints
    """Networks on the path, its own and the destination's included, shape (n,); 0 for none."""
    paths: NDArray[np.int32]
    """From the peer to the destination, shape (n, longest); what stands behind ``hops`` is no
    path."""


class Routing:
    """Works out routes over the relationships; make one and ask it for many networks."""

    def __init__(self, networks: Networks, transit: Ints, peering: Ints) -> None:
        self._count = len(networks)
        self._asns = networks.asns
        both_ways = np.concatenate([peering, peering[:, ::-1]])
        self._customers = _Neighbours.of(transit, networks)
        self._providers = _Neighbours.of(transit[:, ::-1], networks)
        self._peers = _Neighbours.of(both_ways, networks)
        self._tables: dict[int, _Table] = {}

    def routes_of(self, network: int) -> Routes:
        """Return the routes that a network has chosen."""
        for above in self._above(network):
            if above not in self._tables:
                self._tables[above] = self._table(above)
        table = self._tables[network]
        hops = np.where(table.kinds == NO_ROUTE, 0, table.lengths.astype(np.int64) + 1)
        paths = np.zeros((self._count, int(hops.max())), dtype=np.int32)
        self._write(paths, 0, network, np.flatnonzero(hops))
        return Routes(peer=network, kinds=table.kinds, hops=hops, paths=paths)

    def _above(self, network: int) -> list[int]:
        """A network and all that it can reach upwards, each behind its own providers."""
        found, new = {network}, np.array([network])
        while len(new):
            above, _ = self._providers.of_all(new)
            new = np.setdiff1d(above, np.fromiter(found, np.int64))
            found.update(new.tolist())
        return sorted(found)

    def _table(self, network: int) -> _Table:
        kinds = np.full(self._count, NO_ROUTE, dtype=np.uint8)
        lengths = np.full(self._count, _FAR, dtype=np.uint8)
        towards = np.full(self._count, -1, dtype=np.int32)
        self._walk(np.array([network]), np.array([network]), 0, (lengths, towards))
        kinds[lengths != _FAR] = CUSTOMER
        peers, _ = self._peers.of_all(np.array([network]))
        peers = peers[kinds[peers] == NO_ROUTE]
        self._walk(peers, np.full(len(peers), network), 1, (lengths, towards))
        kinds[(lengths != _FAR) & (kinds == NO_ROUTE)] = PEER
        providers, _ = self._providers.of_all(np.array([network]))
        lacks = kinds == NO_ROUTE
        for provider in providers.tolist():
            theirs = self._tables[provider]
            better = lacks & (theirs.kinds != NO_ROUTE) & (theirs.lengths + 1 < lengths)
            kinds[better] = PROVIDER
            lengths[better] = theirs.lengths[better] + 1
            towards[better] = provider
        return _Table(kinds=kinds, lengths=lengths, towards=towards)

    def _walk(
        self,
        first: Ints,
        before: Ints,
        depth: int,
        tables: tuple[NDArray[np.uint8], NDArray[np.int32]],
    ) -> None:
        """Go down in breadth from ``first``, in the order of rule 1, where nobody was yet."""
        lengths, towards = tables
        mark = np.empty(self._count, dtype=np.int64)
        while len(first):
            free = lengths[first] == _FAR
            first, before = first[free], before[free]
            # Of several ways to the same network the first one counts: written last, it stays.
            turn = np.arange(len(first))
            mark[first[::-1]] = turn[::-1]
            once = mark[first] == turn
            first, before = first[once], before[once]
            lengths[first], towards[first] = depth, before
            first, before = self._customers.of_all(first)
            depth += 1

    def _write(self, paths: NDArray[np.int32], at: int, network: int, wanted: Ints) -> None:
        """Write the routes of a network to some destinations, from a column on."""
        table = self._tables[network]
        paths[wanted, at] = network
        above = table.kinds[wanted] == PROVIDER
        below = wanted[~above]
        here = below
        for _ in range(_FAR):
            below, here = below[here != network], here[here != network]
            if not len(here):
                break
            # Whoever is `lengths` links away stands so many columns to the right.
            paths[below, at + table.lengths[here]] = here
            here = table.towards[here].astype(np.int64)
        for provider in np.unique(table.towards[wanted[above]]).tolist():
            through = wanted[above][table.towards[wanted[above]] == provider]
            self._write(paths, at + 1, provider, through)
