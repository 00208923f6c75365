"""Diamonds: where the paths of a graph part, and come together again.

The law
-------
The words are those of Augustin, Friedman and Teixeira ("Measuring multipath routing in the
Internet", IEEE/ACM Transactions on Networking 19(3), 2011), and of Vermeulen et al. (arXiv:1809.10070)
for meshing.

1. A diamond lies between a divergence point and a convergence point, both of which *all* flows pass.
   Nested branchings are thus one diamond.
2. Its **length** is the number of hops of its longest path; paths of unequal length make it
   **asymmetric**, and the difference is its asymmetry.
3. Its **max-width** is the greatest number of nodes at one distance; its **min-width** the number of
   paths that share no link.
4. Two neighbouring hops are **meshed** when a node of the wider one (either, if equal) has more than one
   neighbour in the other.

An address met at two TTLs is one node here, else paths of unequal length would never meet again.
Where that makes a circle (a loop, or packets of one flow that part) the nodes stay apart. All paths end at
one point, the target, though the last hop may not have been asked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

END = -1
"""Where all paths end."""
Links = Mapping[int, frozenset[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diamond:
    """One diamond; its points are numbers of nodes."""

    divergence: int
    convergence: int | None
    """``None`` where paths come together at the target, or beyond what was asked."""
    nodes: tuple[int, ...]
    """Nodes between the two."""
    branches: int
    """Next hops of the divergence point."""
    length: int
    """Hops of the longest path."""
    asymmetry: int
    """Hops by which the shortest is shorter."""
    max_width: int
    min_width: int
    meshed: bool

    @property
    def symmetric(self) -> bool:
        """Whether all paths are equally long."""
        return not self.asymmetry


class Skeleton:
    """A graph of paths from node 0 to one end, nodes of one name merged.

    Parameters
    ----------
    edges
        Pairs of nodes, the near one first.
    names
        Nodes of one name are one node, unless that makes a circle.
    end
        The target's node, if it was met: to it lead the paths whose end was not asked.
    """

    def __init__(
        self,
        edges: Iterable[tuple[int, int]],
        names: Mapping[int, str],
        *,
        end: int | None = None,
    ) -> None:
        pairs = tuple(edges)
        first: dict[str, int] = {}
        self.merged = {node: first.setdefault(name, node) for node, name in names.items()}
        """Node to the first one of its name."""
        order = self._lay(pairs, end)
        if order is None:
            self.merged = {node: node for node in names}
            order = self._lay(pairs, end) or []
        self.order = order
        """Nodes such that every edge leads onward."""

    def _lay(self, pairs: Iterable[tuple[int, int]], end: int | None) -> list[int] | None:
        last = None if end is None else self.merged[end]
        self.links = _links(((self.merged[a], self.merged[b]) for a, b in pairs), last)
        return _in_order(self.links)

    def join(self, node: int) -> int:
        """The next node that all paths pass which leave ``node``; -1 where none was met."""
        after = self.order[self.order.index(node) + 1 :]
        reachable = set(self.links[node])
        for other in after:
            if other in reachable:
                if reachable == {other}:
                    return other
                reachable = (reachable - {other}) | self.links[other]
        return END

    @property
    def diamonds(self) -> tuple[Diamond, ...]:
        """Diamonds, near ones first."""
        shared = _shared(self.links, self.order)
        place = {node: number for number, node in enumerate(self.order)}
        return tuple(
            _diamond(self.links, near, far, self.order[place[near] + 1 : place[far]])
            for near, far in pairwise(shared)
            if self.links[near] != {far}
        )


def _links(pairs: Iterable[tuple[int, int]], end: int | None) -> Links:
    """Next nodes of each node; those without any lead to the end."""
    last = END if end is None else end
    found: dict[int, set[int]] = {0: set(), last: set()}
    for near, far in pairs:
        found.setdefault(near, set()).add(far)
        found.setdefault(far, set())
    return {
        node: frozenset(after or ({last} if node != last else ())) for node, after in found.items()
    }


def _in_order(links: Links) -> list[int] | None:
    """Nodes reachable from 0 such that every edge leads onward; ``None`` where there is a circle."""
    order: list[int] = []
    state: dict[int, bool] = {}
    stack: list[tuple[int, bool]] = [(0, False)]
    while stack:
        node, left = stack.pop()
        if left:
            state[node] = True
            order.append(node)
        elif node not in state:
            state[node] = False
            stack.append((node, True))
            stack += ((after, False) for after in sorted(links[node], reverse=True))
        elif not state[node]:
            return None
    return order[::-1]


def _shared(links: Links, order: list[int]) -> list[int]:
    """Nodes that all paths pass: where the way there, walked in order, is the only one open."""
    place = {node: number for number, node in enumerate(order)}
    found, reach = [], 0
    for number, node in enumerate(order):
        if reach <= number:
            found.append(node)
        reach = max([reach, *(place[after] for after in links[node])])
    return found


def _diamond(links: Links, near: int, far: int, inner: list[int]) -> Diamond:
    inside = frozenset(inner)
    spans = _spans(links, near, far, inner)
    longest, shortest = spans[far]
    levels: dict[int, set[int]] = {}
    for node in inner:
        levels.setdefault(spans[node][0], set()).add(node)
    return Diamond(
        divergence=near,
        convergence=None if far == END else far,
        nodes=tuple(sorted(inner)),
        branches=len(links[near]),
        length=longest,
        asymmetry=longest - shortest,
        max_width=max(len(level) for level in levels.values()),
        min_width=_disjoint(links, near, far, inside),
        meshed=any(_meshed(links, levels[at], levels[at + 1]) for at in levels if at + 1 in levels),
    )


def _spans(links: Links, near: int, far: int, inner: list[int]) -> dict[int, tuple[int, int]]:
    """Longest and shortest way from ``near`` to each node of the diamond."""
    spans = {near: (0, 0)}
    for node in (near, *inner):
        longest, shortest = spans[node]
        for after in links[node]:
            old = spans.get(after, (0, 1 << 30))
            spans[after] = max(old[0], longest + 1), min(old[1], shortest + 1)
    return {node: spans[node] for node in (*inner, far)}


def _meshed(links: Links, near: set[int], far: set[int]) -> bool:
    out = [len(links[node] & far) for node in near]
    into = [sum(node in links[before] for before in near) for node in far]
    return (len(near) >= len(far) and max(out) > 1) or (len(near) <= len(far) and max(into) > 1)


def _disjoint(links: Links, near: int, far: int, inside: frozenset[int]) -> int:
    """How many paths share no link: a unit flow, path by path (Ford and Fulkerson 1956)."""
    left = {(a, b): 1 for a in (near, *inside) for b in links[a]}
    count = 0
    while True:
        came = _way(left, near, far)
        if came is None:
            return count
        node = far
        while node != near:
            before = came[node]
            left[before, node] -= 1
            left[node, before] = left.get((node, before), 0) + 1
            node = before
        count += 1


def _way(left: Mapping[tuple[int, int], int], near: int, far: int) -> dict[int, int] | None:
    after: dict[int, list[int]] = {}
    for (a, b), room in left.items():
        if room:
            after.setdefault(a, []).append(b)
    came, front = {near: near}, [near]
    while front:
        node = front.pop()
        for other in after.get(node, ()):
            if other not in came:
                came[other] = node
                front.append(other)
    return came if far in came else None
