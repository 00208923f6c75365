"""Who is at the other end: how a kernel's "out of eth1 to that gateway" becomes the next node."""

from collections.abc import Mapping
from dataclasses import dataclass

from mxpath.lab.conditions import Carried, stops
from mxpath.lab.fib import Fib, Step
from mxpath.lab.topology import Wire, World
from mxpath.model.address import IPAddress

_ANY = Carried(version=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """What a frame does between two nodes."""

    node: str
    """Where it arrives."""
    device: str
    """The interface that it arrives by."""
    wires: tuple[Wire, ...]
    """What it crosses, in order."""
    exchange: str | None
    """The exchange point whose LAN it crosses."""

    @property
    def delay_ms(self) -> float:
        """One way, without jitter."""
        return sum(wire.delay_ms for wire in self.wires)

    @property
    def jitter_ms(self) -> float:
        """What it may take longer."""
        return sum(wire.link.jitter_ms for wire in self.wires)


class Neighbours:
    """The far ends of all interfaces of a world, by the addresses that its kernels have."""

    def __init__(self, world: World, fibs: Mapping[str, Fib]) -> None:
        self.fibs = fibs
        self._owners: dict[IPAddress, set[str]] = {}
        for node, fib in fibs.items():
            for address in (*fib.local, *(a for found in fib.link_local.values() for a in found)):
                self._owners.setdefault(address, set()).add(node)
        self._far = _far_ends(world)

    def crossing(self, node: str, step: Step, target: IPAddress) -> Crossing | None:
        """Return where a packet for ``target`` arrives; ``None`` when nobody there has it."""
        owners = self._owners.get(step.gateway or target, set())  # several for an anycast address
        far = self._far.get((node, step.device), {})
        return next((crossing for owner, crossing in far.items() if owner in owners), None)

    def delays_ms(
        self, start: str, target: IPAddress, packet: Carried = _ANY
    ) -> tuple[float, float] | None:
        """Fastest and slowest of all equal-cost ways from a node to an address.

        Returns
        -------
        tuple of (float, float) or None
            Sums of one-way delays, the slowest with all jitter; ``None`` when any of the ways
            ends early or in a circle, or lets no such packet through.
        """
        return self._delays(start, target, packet, {})

    def _delays(
        self,
        node: str,
        target: IPAddress,
        packet: Carried,
        known: dict[str, tuple[float, float] | None],
    ) -> tuple[float, float] | None:
        if node in known:
            return known[node]
        if target in self.fibs[node].local:
            return 0.0, 0.0
        known[node] = None  # who comes here again on the way has gone in a circle
        ways = []
        for step in self.fibs[node].steps(target):
            crossing = self.crossing(node, step, target)
            if crossing is None or stops(crossing.wires, packet):
                return None
            rest = self._delays(crossing.node, target, packet, known)
            if rest is None:
                return None
            least_ms, most_ms = crossing.delay_ms, crossing.delay_ms + crossing.jitter_ms
            ways.append((least_ms + rest[0], most_ms + rest[1]))
        if ways:
            known[node] = min(way[0] for way in ways), max(way[1] for way in ways)
        return known[node]


def _far_ends(world: World) -> dict[tuple[str, str], dict[str, Crossing]]:
    found: dict[tuple[str, str], dict[str, Crossing]] = {}
    for wire in world.wires:
        others = [w for w in world.wires if wire.exchange and w.exchange == wire.exchange]
        for port in wire.ports:
            far = [_over_lan(wire, o) for o in others if o is not wire] or [
                Crossing(node=p.node, device=p.name, wires=(wire,), exchange=None)
                for p in wire.ports
                if p is not port
            ]
            found[port.node, port.name] = {crossing.node: crossing for crossing in far}
    return found


def _over_lan(near: Wire, far: Wire) -> Crossing:
    port = far.ports[0]
    return Crossing(
        node=port.node,
        device=port.name,
        wires=(near, far),
        exchange=far.exchange,
    )
