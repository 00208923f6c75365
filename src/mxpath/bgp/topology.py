"""Business relationships as arrays: whom each network buys from, sells to and peers with.

A network's neighbours of one kind are a row of a sparse matrix in CSR form, so that those
of thousands of networks are gathered at once. Networks are numbered by ascending AS
number: where the lower number wins, the lower row does.
"""

from dataclasses import dataclass
from functools import cached_property

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from mxpath.model.relations import AsRelations, Relation

Rows = NDArray[np.int64]
"""Numbers of networks: places in ``Topology.asns``."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Neighbours:
    """Neighbours of one kind, row by row."""

    offsets: Rows
    """Where each network's begin, shape (n + 1,)."""
    rows: Rows
    """All of them, one network after the other, each network's ascending."""

    @classmethod
    def of(cls, near: Rows, far: Rows, count: int) -> "Neighbours":
        """From pairs; ``far`` is a neighbour of ``near``."""
        order = np.lexsort((far, near))
        offsets = np.zeros(count + 1, np.int64)
        np.cumsum(np.bincount(near, minlength=count), out=offsets[1:])
        return cls(offsets=offsets, rows=far[order])

    def edges(self, nodes: Rows) -> tuple[Rows, Rows]:
        """Return all pairs (node, neighbour), in the order of ``nodes``."""
        first = self.offsets[nodes]
        counts = self.offsets[nodes + 1] - first
        ends = np.cumsum(counts)
        places = np.repeat(first - ends + counts, counts) + np.arange(ends[-1] if len(ends) else 0)
        return np.repeat(nodes, counts), self.rows[places]


@dataclass(frozen=True, kw_only=True, eq=False)
class Topology:
    """All networks of a data set of relationships."""

    asns: Rows
    """AS numbers, ascending, shape (n,)."""
    providers: Neighbours
    customers: Neighbours
    peers: Neighbours

    @classmethod
    def of(cls, relations: AsRelations) -> "Topology":
        """From who is what to whom."""
        asns = np.array(sorted(relations.neighbours), np.int64)
        kinds: dict[Relation, list[tuple[int, int]]] = {kind: [] for kind in Relation}
        for asn, neighbours in relations.neighbours.items():
            for other, relation in neighbours.items():
                kinds[relation].append((asn, other))
        found = {}
        for kind, pairs in kinds.items():
            ends = np.searchsorted(asns, np.array(pairs, np.int64).reshape(-1, 2))
            found[kind] = Neighbours.of(ends[:, 0], ends[:, 1], len(asns))
        return cls(
            asns=asns,
            providers=found[Relation.PROVIDER],
            customers=found[Relation.CUSTOMER],
            peers=found[Relation.PEER],
        )

    def row(self, asn: int) -> int | None:
        """The number of a network; ``None`` for one without any known relationship."""
        at = int(np.searchsorted(self.asns, asn))
        return at if at < len(self.asns) and self.asns[at] == asn else None

    @cached_property
    def circles(self) -> tuple[tuple[int, ...], ...]:
        """Networks that are, over others, customers of themselves: each circle ascending.

        There should be none: routes need not settle where there is one (Gao and Rexford, 2001).
        """
        left = np.diff(self.providers.offsets)
        free = np.flatnonzero(left == 0)
        while len(free):  # take away who has no provider left, again and again
            left[free] = -1
            _, below = self.customers.edges(free)
            left -= np.bincount(below, minlength=len(left)) * (left > 0)
            free = np.flatnonzero(left == 0)
        stuck = np.flatnonzero(left > 0)
        above, below = self.customers.edges(stuck)
        inside = left[below] > 0
        graph = nx.DiGraph(zip(above[inside].tolist(), below[inside].tolist(), strict=True))
        found = (part for part in nx.strongly_connected_components(graph) if len(part) > 1)
        return tuple(sorted(tuple(sorted(int(self.asns[n]) for n in part)) for part in found))
