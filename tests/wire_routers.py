"""The routers of a path of wires: where a probe ends, and what is said of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mxpath.model.address import IPAddress
from wire_bytes import (
    ICMP,
    QuoteStyle,
    Seen,
    icmp_error,
    ip_packet,
    rewritten,
    with_checksum_of,
    with_ttl,
)
from wire_world import HopSpec, Rewriting, World

_TIME_EXCEEDED = {4: (11, 0), 6: (3, 0)}
_PACKET_TOO_BIG = {4: (3, 4), 6: (2, 0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A packet on its way to the sender."""

    at_ms: float
    """When it is there."""
    packet: bytes
    sequence: int
    """Of the probe of which it speaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A probe that comes to the target."""

    steps: int
    """Routers on its way."""
    way_ms: float
    """One way."""
    packet: bytes
    """As it arrives."""


@dataclass(slots=True)
class _Node:
    """A hop, and what it has done so far."""

    spec: HopSpec
    address: IPAddress
    rtt_ms: float
    asked: int = 0
    passed: int = 0

    def number(self, at_ms: float) -> int | None:
        """Number of the answer that it gives now; ``None`` when it stays silent."""
        spec = self.spec
        if spec.silent:
            return None
        if spec.answers is not None:
            refilled = int(at_ms / 1e3 * (spec.per_s or 0.0))
            if self.asked >= spec.answers + refilled:
                return None
        number, self.asked = self.asked, self.asked + 1
        return None if number in spec.lost else number

    def verdict(self, version: int, ttl: int, size: int) -> tuple[int, int] | None:
        """ICMP type and code for a packet that it does not forward."""
        if self.spec.refuses_first:
            return self.spec.refuses
        if ttl < 1 or (ttl == 1 and not self.spec.forwards_zero):
            return _TIME_EXCEEDED[version]
        if self.spec.mtu and size > self.spec.mtu:
            return _PACKET_TOO_BIG[version]
        return self.spec.refuses

    def answers(
        self, kind: tuple[int, int], seen: Seen, quoted: bytes, *, steps: int, at_ms: float
    ) -> Iterator[Answer]:
        """Say why a packet went no further; duplicates come a millisecond apart."""
        number = self.number(at_ms + self.rtt_ms / 2)
        if number is None:
            return
        packet = self._write(kind, seen, quoted, steps)
        back_ms = at_ms + self.rtt_ms + self.spec.late_ms.get(number, 0.0)
        for copy in range(1 + self.spec.duplicates):
            yield Answer(at_ms=back_ms + copy, packet=packet, sequence=seen.sequence)

    def _write(self, kind: tuple[int, int], seen: Seen, quoted: bytes, steps: int) -> bytes:
        spec, version = self.spec, self.address.version
        if spec.quoted_ttl is not None:
            quoted = with_ttl(quoted, spec.quoted_ttl)
        style = QuoteStyle(
            octets=spec.quote_octets,
            router_alert=spec.quote_router_alert,
            extensions=spec.quote_extensions,
            mpls=spec.mpls,
        )
        mtu = spec.mtu if kind == _PACKET_TOO_BIG[version] else 0
        return ip_packet(
            self.address,
            seen.source,
            ICMP[version],
            icmp_error(kind, quoted, style=style, mtu=mtu, version=version),
            ttl=spec.start_ttl - steps,
            extensions=spec.extensions,
        )


class Routers:
    """All hops of a world, on all its ways."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._nodes = [self._node(world.hop.get(ttl), ttl) for ttl in range(1, world.distance)]
        self._ways = [
            [
                [self._node(hop, branch.first + at) for at, hop in enumerate(way)]
                for way in branch.ways
            ]
            for branch in world.branch
        ]
        self._chosen: list[dict[object, int]] = [{} for _ in world.branch]

    def _node(self, spec: HopSpec | None, ttl: int) -> _Node:
        spec = spec or HopSpec()
        rtt_ms = self._world.step_ms * ttl if spec.rtt_ms is None else spec.rtt_ms
        return _Node(spec, spec.address or self._world.router(ttl), rtt_ms)

    def walk(self, seen: Seen, now_ms: float) -> Arrived | Sequence[Answer]:
        """Let a packet go until it dies, is refused, vanishes, or arrives."""
        packet, ttl, boxes = seen.packet, seen.ttl, list[Rewriting]()
        path = self._path(seen, now_ms)
        for steps, node in enumerate(path):
            number, node.passed = node.passed, node.passed + 1
            if number in node.spec.drops:
                return ()
            kind = node.verdict(seen.version, ttl, len(packet))
            if kind:
                quoted = with_ttl(_quoted(seen, packet, boxes), ttl)
                return tuple(node.answers(kind, seen, quoted, steps=steps, at_ms=now_ms))
            if node.spec.filters:
                return ()
            ttl -= 1
            if node.spec.rewrites:
                boxes.append(node.spec.rewrites)
                packet = _pass(packet, node.spec.rewrites)
        if self._world.loop:
            return ()
        told_ms = self._world.target.rtt_ms
        rtt_ms = self._world.step_ms * (len(path) + 1) if told_ms is None else told_ms
        return Arrived(steps=len(path), way_ms=rtt_ms / 2, packet=with_ttl(packet, ttl))

    def _path(self, seen: Seen, now_ms: float) -> list[_Node]:
        """The routers that this packet meets, if its TTL lets it."""
        path = [[node] for node in self._nodes]
        for at, branch in enumerate(self._world.branch):
            path[branch.first - 1] = self._ways[at][self._choice(at, seen, now_ms)]
            path[branch.first : branch.last] = [[] for _ in range(branch.first, branch.last)]
        nodes = [node for part in path for node in part]
        if self._world.loop:
            first, last = self._world.loop
            nodes = nodes[:last] + nodes[first - 1 : last] * seen.ttl
        return nodes

    def _choice(self, at: int, seen: Seen, now_ms: float) -> int:
        """Which way: each new thing that is looked at takes the next one, and keeps it."""
        branch, chosen = self._world.branch[at], self._chosen[at]
        if branch.by == "time":
            return int(now_ms >= branch.at_ms)
        if seen.ttl < branch.first:
            return 0
        looked_at: dict[str, object] = {
            "flow": seen.hashed,
            "label": (seen.source, seen.target, seen.label),
            "packet": len(chosen),
        }
        return chosen.setdefault(looked_at[branch.by], len(chosen)) % len(branch.ways)


def _pass(packet: bytes, box: Rewriting) -> bytes:
    return rewritten(
        packet,
        source=box.source,
        source_port=box.source_port,
        sequence_add=box.sequence_add,
        identification=box.identification,
        tos=box.tos,
    )


def _quoted(seen: Seen, packet: bytes, boxes: Sequence[Rewriting]) -> bytes:
    """What an error quotes of a packet, back through the boxes that undo their work."""
    if not any(box.restored for box in boxes):
        return packet
    left = seen.packet
    for box in boxes:
        left = left if box.restored else _pass(left, box)
    forgetful = any(box.leaves_checksum for box in boxes)
    return with_checksum_of(packet, left) if forgetful else left
