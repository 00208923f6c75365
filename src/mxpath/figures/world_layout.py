"""Where the parts of a world stand on its map; numbers only, nothing is drawn here.

1. A network stands one floor below its lowest provider; what neither buys nor sells
   transit stands on the ground. So transit-free networks are on top.
2. An exchange point stands in the gap below the highest of its members' floors.
3. On a floor, everybody stands as near as possible to the neighbours on the other
   floors: sweeps down and up sort each floor by the mean place of its neighbours
   (Sugiyama, Tagawa and Toda, 1981), file order breaks ties.
4. Inside a network, routers stand in columns by their distance from the first one,
   so that a chain is a row and a diamond looks like one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mxpath.lab.topology import World

CELL = (1.02, 0.46)
"""Inches that a router takes."""
HEAD, LINE, PAD = 0.40, 0.165, 0.12
"""Inches of a network's heading, of a host's line, and of the margin inside a box."""
GAP, FLOOR_GAP = 0.55, 0.85
"""Inches between boxes, and between floors (twice as much around exchange points)."""
EXCHANGE_SIZE = (1.5, 0.44)
HOST_LINES = 7
"""A network with more hosts shows the first of them and a count."""
_HOST_WIDTH = 2.05
_SWEEPS = 8

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A network or an exchange point: its middle and its size, in inches, y downwards."""

    middle: Point
    size: tuple[float, float]

    @property
    def left(self) -> float:
        """Its left edge."""
        return self.middle[0] - self.size[0] / 2

    @property
    def top(self) -> float:
        """Its upper edge."""
        return self.middle[1] - self.size[1] / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The whole map, in inches from the upper left corner."""

    networks: Mapping[int, Box]
    exchanges: Mapping[str, Box]
    routers: Mapping[str, Point]
    size: tuple[float, float]


Key = int | str
"""A network by number, an exchange point by name."""


def lay_out(world: World) -> Layout:
    """Return where everything stands."""
    floors = _sorted_floors(world, _floors(world))
    sizes: dict[Key, tuple[float, float]] = {}
    for asn in world.networks:
        sizes[asn] = _network_size(world, asn)
    for name in world.exchanges:
        sizes[name] = EXCHANGE_SIZE
    boxes, size = _place(floors, sizes)
    networks = {asn: boxes[asn] for asn in world.networks}
    return Layout(
        networks=networks,
        exchanges={name: boxes[name] for name in world.exchanges},
        routers=dict(_router_places(world, networks)),
        size=size,
    )


def hosts_of(world: World, asn: int) -> tuple[str, ...]:
    """Return the hosts of a network, in file order."""
    return tuple(name for name in world.hosts if world.asn_of[name] == asn)


# -- floors ------------------------------------------------------------------------------------


def _floors(world: World) -> list[list[Key]]:
    """Networks and exchange points from the top down; exchange points lie on floors of their own."""
    depth = _depths(world)
    rows: dict[float, list[Key]] = {}
    for asn in world.networks:
        rows.setdefault(float(depth[asn]), []).append(asn)
    for name in world.exchanges:
        members = [depth[world.asn_of[port.node]] for port in world.members(name)]
        rows.setdefault(min(members, default=0) + 0.5, []).append(name)
    return [rows[height] for height in sorted(rows)]


def _depths(world: World) -> dict[int, int]:
    depth: dict[int, int] = {}

    def of(asn: int) -> int:
        if asn not in depth:
            above = world.networks[asn].providers
            depth[asn] = 1 + max(map(of, above)) if above else 0
        return depth[asn]

    ground = max(map(of, world.networks))
    sold = {provider for network in world.networks.values() for provider in network.providers}
    alone = [a for a, n in world.networks.items() if not n.providers and a not in sold]
    return depth | dict.fromkeys(alone, max(1, ground))


def _neighbours(world: World) -> dict[Key, list[Key]]:
    found: dict[Key, list[Key]] = {}
    for key in [*list[Key](world.networks), *world.exchanges]:
        found[key] = []
    for link in world.links:
        one, other = (world.asn_of.get(end, end) for end in link.ends)
        if one != other:
            found[one].append(other)
            found[other].append(one)
    return found


def _sorted_floors(world: World, floors: list[list[Key]]) -> list[list[Key]]:
    neighbours = _neighbours(world)
    home = world.asn_of[world.sender]
    place: dict[Key, float] = {}
    for row in floors:
        place |= {key: _share(row, n) for n, key in enumerate(row)}
    for _ in range(_SWEEPS):
        for row in (*floors, *reversed(floors)):
            row.sort(key=lambda key: (key != home, _mean(place, neighbours[key], key)))
            place |= {key: _share(row, n) for n, key in enumerate(row)}
    return floors


def _share(row: list[Key], number: int) -> float:
    return (number + 0.5) / len(row)


def _mean(place: Mapping[Key, float], neighbours: list[Key], key: Key) -> float:
    return sum(place[n] for n in neighbours) / len(neighbours) if neighbours else place[key]


def _place(
    floors: list[list[Key]], sizes: Mapping[Key, tuple[float, float]]
) -> tuple[dict[Key, Box], tuple[float, float]]:
    """Give every floor its height and everybody on it a place; floors are centred."""
    widths = [sum(sizes[k][0] for k in row) + GAP * (len(row) - 1) for row in floors]
    width, y = max(widths), 0.0
    boxes: dict[Key, Box] = {}
    for row, wide in zip(floors, widths, strict=True):
        high = max(sizes[key][1] for key in row)
        # Spread over the whole width where there is room, as far as twice the usual gap.
        gap = GAP if len(row) == 1 else min(2.5 * GAP, GAP + (width - wide) / len(row))
        x = (width - wide - (gap - GAP) * (len(row) - 1)) / 2
        for key in row:
            boxes[key] = Box(middle=(x + sizes[key][0] / 2, y + high / 2), size=sizes[key])
            x += sizes[key][0] + gap
        y += high + FLOOR_GAP
    return boxes, (width, y - FLOOR_GAP)


# -- inside a network --------------------------------------------------------------------------


def _columns(world: World, asn: int) -> list[list[str]]:
    """Routers by their distance from the first one; those that no inside link reaches come last."""
    routers = world.networks[asn].routers
    inside = {router: set[str]() for router in routers}
    for link in world.links:
        if set(link.ends) <= set(routers):
            inside[link.ends[0]].add(link.ends[1])
            inside[link.ends[1]].add(link.ends[0])
    columns, left, reached = [], list(routers), {routers[0]}
    while left:
        here = [router for router in left if router in reached] or [left[0]]
        columns.append(here)
        left = [router for router in left if router not in here]
        reached = {far for router in here for far in inside[router]}
    return columns


def _network_size(world: World, asn: int) -> tuple[float, float]:
    columns, hosts = _columns(world, asn), hosts_of(world, asn)
    lines = min(len(hosts), HOST_LINES + 1)
    wide = max(len(columns) * CELL[0], _HOST_WIDTH if hosts else 1.5 * CELL[0])
    return wide + 2 * PAD, HEAD + max(map(len, columns)) * CELL[1] + lines * LINE + PAD


def _router_places(world: World, boxes: Mapping[int, Box]) -> Iterator[tuple[str, Point]]:
    for asn, box in boxes.items():
        columns = _columns(world, asn)
        rows = max(map(len, columns))
        step = (box.size[0] - 2 * PAD) / len(columns)
        for number, column in enumerate(columns):
            x = box.left + PAD + step * (number + 0.5)
            for row, router in enumerate(column):
                free = (rows - len(column)) / 2
                yield router, (x, box.top + HEAD + CELL[1] * (free + row + 0.35))
