"""Where the nodes of a graph of paths are drawn: a column for each distance, few crossings.

The layered drawing of Sugiyama, Tagawa and Toda (1981): a link that passes a column bends there as if
a node were in it, the order within columns follows the middle of the neighbours, and so do the heights, as far
as there is room.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from mxpath.model.diamonds import END, Skeleton

_SWEEPS = 12
Slot = tuple[int, int, int]
"""A node in its column: (node, node, column); a link in a column that it passes: (near, far, column)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Columns and heights, in steps; heights grow downwards and their middle is 0."""

    column: Mapping[int, int]
    height: Mapping[int, float]
    ways: Mapping[tuple[int, int], tuple[tuple[float, float], ...]]
    """The points (column, height) of each link, both ends included."""

    @property
    def columns(self) -> int:
        """Greatest column."""
        return max(self.column.values(), default=0)

    @property
    def heights(self) -> tuple[float, float]:
        """Least and greatest height."""
        every = [y for way in self.ways.values() for _, y in way] or [0.0]
        return min(every), max(every)


def lay_out(skeleton: Skeleton) -> Layout:
    """Place the nodes of a graph; its end, where that is no node, is left out."""
    order = [node for node in skeleton.order if node != END]
    column: dict[int, int] = dict.fromkeys(order, 0)
    links = [(near, far) for near in order for far in sorted(skeleton.links[near]) if far != END]
    for near, far in links:
        column[far] = max(column[far], column[near] + 1)
    chains = {link: _chain(*link, column) for link in links}
    layers: list[list[Slot]] = [[] for _ in range(max(column.values(), default=0) + 1)]
    for slot in dict.fromkeys(
        [(node, node, column[node]) for node in order] + [s for c in chains.values() for s in c]
    ):
        layers[slot[2]].append(slot)
    height = _heights(layers, chains.values())
    return Layout(
        column=column,
        height={node: height[node, node, column[node]] for node in order},
        ways={
            link: tuple((float(slot[2]), height[slot]) for slot in chain)
            for link, chain in chains.items()
        },
    )


def _chain(near: int, far: int, column: Mapping[int, int]) -> tuple[Slot, ...]:
    between = range(column[near] + 1, column[far])
    inner = ((near, far, at) for at in between)
    return ((near, near, column[near]), *inner, (far, far, column[far]))


def _heights(layers: list[list[Slot]], chains: Iterable[tuple[Slot, ...]]) -> dict[Slot, float]:
    before: dict[Slot, list[Slot]] = {}
    after: dict[Slot, list[Slot]] = {}
    for chain in chains:
        for one, other in pairwise(chain):
            after.setdefault(one, []).append(other)
            before.setdefault(other, []).append(one)
    height = {slot: place for layer in layers for slot, place in _spread(layer, {}).items()}
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        near = before if forward else after
        for layer in layers if forward else layers[::-1]:
            wanted = {
                slot: fmean(height[other] for other in near[slot]) for slot in layer if slot in near
            }
            height |= _spread(sorted(layer, key=lambda s: wanted.get(s, height[s])), wanted)
    return height


def _spread(layer: list[Slot], wanted: Mapping[Slot, float]) -> dict[Slot, float]:
    """Heights in this order, a step apart at least, the whole as near as may be to what is wanted."""
    placed: dict[Slot, float] = {}
    lowest = float("-inf")
    for slot in layer:
        lowest = max(lowest + 1, wanted.get(slot, lowest + 1 if placed else 0.0))
        placed[slot] = lowest
    if not placed:
        return placed
    middle = fmean(placed.values()) - (fmean(wanted.values()) if wanted else 0.0)
    return {slot: place - middle for slot, place in placed.items()}
