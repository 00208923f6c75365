"""Business relationships as arrays: whom each network buys from, sells to and peers with.

A network's neighbours of one kind are a row of a sparse matrix in CSR form, so that those
of thousands of networks are gathered at once. Networks are numbered by ascending AS
number: where the lower number wins, the lower row does.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mxpath.model.relations import KINDS, AsRelations, Relation

Rows = NDArray[np.int64]
"""Numbers of networks: places in ``Topology.asns``."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Neighbours:
    """Neighbours of one kind, row by row."""

    offsets: Rows
    """Where each network's begin, shape (n + 1,)."""
    rows: Rows
    """All of them, one network after the other, each network's ascending."""

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
        asns = np.asarray(relations.asns).astype(np.int64)
        offsets = np.asarray(relations.offsets).astype(np.int64)
        rows = np.asarray(relations.neighbours).astype(np.int64)
        kinds = np.asarray(relations.kinds)

        def of_kind(relation: Relation) -> Neighbours:
            wanted = kinds == KINDS.index(relation)
            before = np.concatenate((np.zeros(1, np.int64), np.cumsum(wanted)))
            return Neighbours(offsets=before[offsets], rows=rows[wanted])

        return cls(
            asns=asns,
            providers=of_kind(Relation.PROVIDER),
            customers=of_kind(Relation.CUSTOMER),
            peers=of_kind(Relation.PEER),
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
        if not len(stuck):
            return ()
        import networkx as nx  # noqa: PLC0415 - for the few data sets that have circles

        above, below = self.customers.edges(stuck)
        inside = left[below] > 0
        graph = nx.DiGraph(zip(above[inside].tolist(), below[inside].tolist(), strict=True))
        found = (part for part in nx.strongly_connected_components(graph) if len(part) > 1)
        return tuple(sorted(tuple(sorted(int(self.asns[n]) for n in part)) for part in found))
