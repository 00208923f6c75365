"""What flows have shown: who answered at which TTL, and what follows from it. No decisions.

The law
-------
1. **A node is (TTL, address).** The same address at two TTLs is two nodes here.
2. **Silence is a node of its own** for each node before it, and never merged with another.
   Where a silent flow passed before is not known, its silence is nobody's. Nor is that of the first
   flow alone, where others were answered: it was asked less patiently than they.
3. **Alone at its TTL** a node is passed by every flow that has not ended before, whether it was
   asked there or not. Whether it is alone is for the stopping rule to say.
4. **An end is an end**: a flow that the target or a refusing router answered goes no further.
5. Where a flow was sent again and went another way, that way belongs to no flow.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mxpath.model.address import IPAddress

ROOT = 0
"""This host."""


@dataclass(frozen=True, slots=True)
class Spot:
    """What a node is."""

    ttl: int
    address: IPAddress | None
    is_target: bool = False
    refuses: bool = False

    @property
    def is_end(self) -> bool:
        """Whether no flow goes on from here."""
        return self.is_target or self.refuses


@dataclass(slots=True)
class Level:
    """All that is known of one TTL."""

    seen: dict[int, int] = field(default_factory=dict)
    """Flow to the node that answered it."""
    silent: dict[int, None] = field(default_factory=dict)
    """Flows that nobody answered, in the order of their silence."""
    extra: dict[int, int] = field(default_factory=dict)
    """Node that only a repeated flow has met, and the node before it."""
    where: dict[int, int] = field(default_factory=dict)
    """Flow to node, silent ones with them."""
    nodes: dict[int, list[int]] = field(default_factory=dict)
    """Node to the flows that were seen there."""
    lost: list[int] = field(default_factory=list)
    """Silent flows of which it is not known where they passed before."""
    links: dict[int, dict[int, list[int]]] = field(default_factory=dict)
    """Node before to node here to the flows that took this way."""
    sole: int | None = None
    """The node that all flows pass."""
    ended: bool = False
    """Whether some flow has ended here or before."""


class Sightings:
    """All that is known of one target's paths."""

    def __init__(self) -> None:
        self.spots = [Spot(0, None)]
        self._numbers: dict[tuple[int, IPAddress | int, bool, bool], int] = {}
        self._levels = [Level(sole=ROOT, nodes={ROOT: []})]
        self._fresh = 0
        """Levels up to here are worked out."""
        self.heard: dict[int, int] = {}
        """Flow to the greatest TTL at which a router answered it: nearer than that it dies on the
        way, as long as its packets all go one way."""
        self.ends: dict[int, int] = {}
        """Flow to the TTL at which it ended."""

    def see(self, flow: int, ttl: int, spot: Spot) -> int:
        """Record who answered; returns its node."""
        level, node = self._raw(ttl), self._number(spot, spot.address or 0)
        level.silent.pop(flow, None)
        level.seen[flow] = node
        self._touch(ttl)
        if spot.is_end:
            self.ends[flow] = min(ttl, self.ends.get(flow, ttl))
        else:
            self.heard[flow] = max(ttl, self.heard.get(flow, 0))
        return node

    def miss(self, flow: int, ttl: int) -> None:
        """Record that nobody answered."""
        self._raw(ttl).silent[flow] = None
        self._touch(ttl)

    def see_again(self, near: int, spot: Spot) -> int:
        """Record whom a repeated flow has met behind a node; returns the node."""
        level, node = self._raw(spot.ttl), self._number(spot, spot.address or 0)
        if node not in self.at(spot.ttl).nodes:
            level.extra[node] = near
            self._touch(spot.ttl)
        return node

    def at(self, ttl: int) -> Level:
        """What is known of a TTL."""
        self._raw(ttl)
        while self._fresh < ttl:
            self._fresh += 1
            self._work_out(self._fresh)
        return self._levels[ttl]

    @property
    def levels(self) -> Iterator[Level]:
        """All levels, this host's first."""
        return (self.at(ttl) for ttl in range(len(self._levels)))

    def passes(self, flow: int, ttl: int) -> int | None:
        """The node that a flow passes at a TTL, as far as that is known."""
        level = self.at(ttl)
        node = level.where.get(flow)
        return level.sole if node is None and self.ends.get(flow, ttl) >= ttl else node

    def goes_on(self, node: int) -> bool:
        """Whether flows go on from a node."""
        return not self.spots[node].is_end

    def is_silent(self, node: int) -> bool:
        """Whether a node is a silence."""
        return self.spots[node].address is None and node != ROOT

    def orphans(self, ttl: int) -> Iterator[int]:
        """Nodes that were met by flows of which it is not known where they came from."""
        level = self.at(ttl)
        reached = {far for links in level.links.values() for far in links}
        return (node for node in level.nodes if node not in reached)

    # Working out what follows.

    def _raw(self, ttl: int) -> Level:
        while len(self._levels) <= ttl:
            self._levels.append(Level())
        return self._levels[ttl]

    def _touch(self, ttl: int) -> None:
        self._fresh = min(self._fresh, ttl - 1)

    def _number(self, spot: Spot, name: IPAddress | int) -> int:
        key = spot.ttl, name, spot.is_target, spot.refuses
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.spots)
            self.spots.append(spot)
        return number

    def _work_out(self, ttl: int) -> None:
        level, before = self._levels[ttl], self._levels[ttl - 1]
        level.where, level.lost = dict(level.seen), []
        alone = len(level.silent) == 1 and 0 in level.silent and level.seen
        for flow in () if alone else level.silent:
            near = before.where.get(flow, before.sole)
            if near is None:
                level.lost.append(flow)
            else:  # its own number tells it from other silences; addresses are no numbers
                level.where[flow] = self._number(Spot(ttl, None), near)
        level.nodes = grouped((node, flow) for flow, node in level.where.items())
        _link(level, before)
        level.ended = before.ended or any(self.spots[node].is_end for node in level.nodes)
        one = len(level.nodes) == 1 and not level.lost and not level.ended
        level.sole = next(iter(level.nodes)) if one else None


def _link(level: Level, before: Level) -> None:
    links: dict[int, dict[int, list[int]]] = {}
    for flow, node in level.where.items():
        near = before.where.get(flow, before.sole)
        if near is not None:
            links.setdefault(near, {}).setdefault(node, []).append(flow)
    for node, near in level.extra.items():
        level.nodes.setdefault(node, [])
        links.setdefault(near, {}).setdefault(node, [])
    level.links = links


def grouped(pairs: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    """Gather pairs by their first."""
    found: dict[int, list[int]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found
