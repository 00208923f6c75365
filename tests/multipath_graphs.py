"""Graphs of paths that balance by a hash of the flow, and a loop that drives the real course over one."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from random import Random

from mxpath.model.multipath import Multipath
from mxpath.model.probe import Reply, ReplyKind
from mxpath.multipath.exploration import Exploration
from mxpath.multipath.options import MultipathOptions
from mxpath.tracing.course import Place, Shot
from mxpath.tracing.options import TraceOptions

TARGET = IPv4Address("198.18.32.25")
_FIRST = int(IPv4Address("198.18.64.0"))
_RTT_S = 0.01


def address(node: int) -> IPv4Address:
    return IPv4Address(_FIRST + node)


@dataclass(kw_only=True)
class Graph:
    """Node 0 is this host, -1 the target; every other node leads to one of its next hops."""

    after: dict[int, tuple[int, ...]]
    weights: dict[int, tuple[float, ...]] = field(default_factory=dict)
    """Of nodes that do not share equally."""
    per_packet: frozenset[int] = frozenset()
    silent: frozenset[int] = frozenset()
    lost: Callable[[Shot, int], bool] = lambda _shot, _number: False
    """By shot and how many left before."""

    def level(self, ttl: int) -> set[int]:
        """Nodes that some flow may meet at a TTL."""
        here = {0}
        for _ in range(ttl):
            here = {far for near in here for far in self.after.get(near, ())}
        return here

    @property
    def edges(self) -> set[tuple[int, int, int]]:
        """(TTL, node, next node) of all that lies before the target."""
        found, ttl = set(), 0
        while here := self.level(ttl):
            found |= {(ttl, near, far) for near in here for far in self.after.get(near, ())}
            ttl += 1
        return {edge for edge in found if edge[2] != -1}


def chain(*parts: int | tuple[int, ...]) -> Graph:
    """Hops of so many nodes, each joined to all of the next; see the makers below for others."""
    graph: dict[int, tuple[int, ...]] = {}
    before: tuple[int, ...] = (0,)
    free = 1
    for part in parts:
        width = part if isinstance(part, int) else len(part)
        here = tuple(range(free, free + width))
        free += width
        graph |= dict.fromkeys(before, here)
        before = here
    return Graph(after=graph | dict.fromkeys(before, (-1,)))


def diamond(width: int, inner: int = 1, *, length: int = 1, longer: int = 0) -> Graph:
    """One router, so many branches of some length, each with a branching of its own, and one router.

    ``longer`` of the branches have one hop more.
    """
    after: dict[int, tuple[int, ...]] = {0: (1,)}
    free = 2

    def new(count: int) -> tuple[int, ...]:
        nonlocal free
        free += count
        return tuple(range(free - count, free))

    heads = new(width)
    after[1] = heads
    ends: list[int] = []
    for number, head in enumerate(heads):
        tails = [head]
        for step in range(length - 1 + (number < longer)):
            more = new(inner if not step else 1)
            if len(more) > 1 or len(tails) == 1:
                after |= dict.fromkeys(tails, more)
                tails = list(more)
            else:
                tails = [_after(after, tail, new(1)) for tail in tails]
        ends += tails
    (last,) = new(1)
    return Graph(after=after | dict.fromkeys(ends, (last,)) | {last: (-1,)})


def _after(after: dict[int, tuple[int, ...]], near: int, far: tuple[int, ...]) -> int:
    after[near] = far
    return far[0]


@dataclass(slots=True)
class Wire:
    """What is on its way, and what was sent."""

    graph: Graph
    random: Random
    paths: dict[int, list[int]] = field(default_factory=dict)
    arrived: list[Shot] = field(default_factory=list)
    shots: list[Shot] = field(default_factory=list)

    def meets(self, shot: Shot) -> int:
        path = self.paths.get(shot.flow)
        if path is None or self.graph.per_packet:
            path = self.paths[shot.flow] = self._walk(path)
        return path[min(shot.ttl, len(path) - 1)]

    def _walk(self, old: list[int] | None) -> list[int]:
        """A way through; the one before again, where nobody decides for each packet."""
        path = [0]
        while path[-1] != -1:
            near = path[-1]
            ways, known = self.graph.after[near], old and path == old[: len(path)]
            if len(ways) == 1:
                path.append(ways[0])
            elif known and old and near not in self.graph.per_packet:
                path.append(old[len(path)])
            elif near in self.graph.weights:
                path.append(self.random.choices(ways, self.graph.weights[near])[0])
            else:
                path.append(ways[int(self.random.random() * len(ways))])
        return path

    def answer(self, shot: Shot, at_ns: int) -> Reply | None:
        self.shots.append(shot)
        node = self.meets(shot)
        if node == -1:
            self.arrived.append(shot)
        if node in self.graph.silent or self.graph.lost(shot, len(self.shots) - 1):
            return None
        return Reply(
            kind=ReplyKind.SYN_ACK if node == -1 else ReplyKind.TIME_EXCEEDED,
            responder=TARGET if node == -1 else address(node),
            target=TARGET,
            received_ns=at_ns,
        )


def explore(
    graph: Graph,
    *,
    seed: int = 1,
    options: MultipathOptions | None = None,
    interrupt_after: int | None = None,
) -> tuple[Multipath, Wire]:
    """Drive a course over a graph until it is over, or until so many probes have left."""
    course = Exploration(TraceOptions(), options or MultipathOptions())
    wire = Wire(graph, Random(seed))
    coming: deque[tuple[float, Place, Reply]] = deque()
    now_s = 0.0
    while True:
        shots = course.due(now_s)
        for shot in shots:
            course.sent(shot, sequence=0, at_s=now_s, at_ns=round(now_s * 1e9))
            reply = wire.answer(shot, round((now_s + _RTT_S) * 1e9))
            if reply is not None:
                coming.append((now_s + _RTT_S, shot.place, reply))
        if interrupt_after is not None and len(wire.shots) >= interrupt_after:
            course.interrupt()
            break
        wake_s = course.wake_s(now_s)
        if coming and (wake_s is None or coming[0][0] <= wake_s):
            now_s = coming[0][0]
            while coming and coming[0][0] <= now_s:
                _, place, answer = coming.popleft()
                course.answered(place, answer)
        elif wake_s is not None:
            now_s = wake_s
        elif not shots:
            break
    found = course.multipath
    assert found is not None
    return found, wire
