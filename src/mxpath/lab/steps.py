"""The steps that packets can take in a played world, and the ways inside one network."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from mxpath.lab.topology import Port, Wire, World


@dataclass(frozen=True, slots=True, kw_only=True)
class NextHop:
    """One step: out of ``egress``, over a wire or an exchange point's LAN, into ``ingress``."""

    node: str
    egress: Port
    ingress: Port
    wires: tuple[Wire, ...]
    """The wire, or both wires of a step over a LAN, in the order in which they are crossed."""
    exchange: str | None = None
    """The exchange point whose LAN is crossed."""

    def carries(self, version: int) -> bool:
        """Whether both ends speak this IP version."""
        return self.egress.number(version) is not None and self.ingress.number(version) is not None

    @property
    def delay_ms(self) -> float:
        """One-way delay of the step, without jitter."""
        return sum(wire.delay_ms for wire in self.wires)

    @property
    def jitter_ms(self) -> float:
        """What the step may take longer."""
        return sum(wire.link.jitter_ms for wire in self.wires)


def _across(wire: Wire, world: World) -> Iterator[NextHop]:
    """All steps that can be taken over a point-to-point wire or out to an exchange's LAN."""
    if wire.link.down:
        return
    if wire.exchange is None:
        for here, there in (wire.ports, wire.ports[::-1]):
            yield NextHop(node=there.node, egress=here, ingress=there, wires=(wire,))
        return
    for other in world.wires:
        alive = other.exchange == wire.exchange and not other.link.down
        if alive and other.number != wire.number:
            yield NextHop(
                node=other.ports[0].node,
                egress=wire.ports[0],
                ingress=other.ports[0],
                wires=(wire, other),
                exchange=wire.exchange,
            )


def steps(world: World) -> dict[str, tuple[NextHop, ...]]:
    """Return all steps out of every node, in the order of the wires."""
    found: dict[str, list[NextHop]] = {node: [] for node in world.asn_of}
    for wire in world.wires:
        for hop in _across(wire, world):
            found[hop.egress.node].append(hop)
    return {node: tuple(hops) for node, hops in found.items()}


class Interior:
    """Hop counts inside each network (rule 4)."""

    def __init__(self, world: World) -> None:
        routers = set(world.routers)
        self._inside = {
            router: tuple(
                hop
                for hop in hops
                if hop.node in routers
                and hop.exchange is None
                and world.asn_of[hop.node] == world.asn_of[router]
            )
            for router, hops in steps(world).items()
            if router in routers
        }
        self._distances = {router: self._flood(router) for router in routers}

    def _flood(self, start: str) -> dict[str, int]:
        distances, queue = {start: 0}, deque([start])
        while queue:
            here = queue.popleft()
            for hop in self._inside[here]:
                if hop.node not in distances:
                    distances[hop.node] = distances[here] + 1
                    queue.append(hop.node)
        return distances

    def distance(self, router: str, other: str) -> int | None:
        """Hops from ``router`` to ``other``; ``None`` where no inside wire leads there."""
        return self._distances[router].get(other)

    def towards(self, router: str, other: str) -> tuple[NextHop, ...]:
        """First steps of all shortest ways from ``router`` to ``other``."""
        distance = self.distance(router, other)
        if distance is None:
            return ()
        return tuple(
            hop for hop in self._inside[router] if self.distance(hop.node, other) == distance - 1
        )
