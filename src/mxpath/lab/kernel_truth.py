"""The truth of a world that the kernel plays: read from kernels and daemons, sending nothing.

1. *The way there* of a flow is what each kernel on it answers to ``ip route get``
   with the flow's addresses and ports and the interface that it came in by: the
   same choice among equal-cost paths that forwarding makes.
2. *A hop's answer* carries the address of the interface that the packet came in
   by, or the source that its route back prefers where the kernel is told to take that;
   the target answers from the address asked. How often it may answer its kernel says too.
3. *The way back* of an answer is not one flow's: an ICMP error is hashed by its
   own header. So RTTs are an interval over all equal-cost ways back, which are
   walked in the kernels' routing tables.
4. *Delays, jitter and blocks* are those that the running wire process has now.
5. The MX plan is read from the running name server, not from the world's file.
6. *The largest packet* that comes back follows from the links' MTU and from who would
   hear of it.

This module imports nothing of inference, tracing or graph.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise

from mxpath.lab.conditions import ICMP_ERROR, Carried, loss_over, narrowest, stops
from mxpath.lab.fib import NEVER_S, Fib, Step, read_fibs, route_get
from mxpath.lab.neighbours import Crossing, Neighbours
from mxpath.lab.topology import World
from mxpath.lab.truth import HopTruth, MxRow, PathTruth, has_no_answer, mx_rows
from mxpath.lab.wanted_flow import WantedFlow
from mxpath.model.address import IPAddress, parse_address
from mxpath.model.probe import Protocol

_MAX_HOPS = 64
_MAX_ALIASES = 8

Ask = Callable[..., Step | None]
"""How a kernel is asked for the next step: :func:`mxpath.lab.fib.route_get`."""


class KernelTruth:
    """Paths of flows through running kernels."""

    def __init__(self, world: World, fibs: Mapping[str, Fib], *, ask: Ask = route_get) -> None:
        self.world = world
        self.fibs = fibs
        self.neighbours = Neighbours(world, fibs)
        self._ask = ask

    @classmethod
    def read(cls, world: World) -> "KernelTruth":
        """Read all tables of a running world."""
        return cls(world, read_fibs([*world.routers, *world.hosts]))

    def path(self, flow: WantedFlow) -> PathTruth:
        """Return the path of a flow; it ends early where a kernel has no route."""
        world, target = self.world, flow.target
        source = world.address_of(world.sender, target.version)
        walk = self._there(flow, source)
        nodes = (world.sender, *(c.node for c in walk))
        asns = [world.asn_of[node] for node in nodes]
        arrives = target in self.fibs[nodes[-1]].local
        back: tuple[Crossing, ...] = ()
        if arrives and source is not None:
            back = tuple(self._back(flow, source, node=nodes[-1]))
        mtu, hidden = self._largest(back, nodes[-1], target)
        return PathTruth(
            target=target,
            source_port=flow.source_port,
            protocol=flow.protocol,
            hops=tuple(self._hops(walk, flow, source)) if source is not None else (),
            as_path=(asns[0], *(far for near, far in pairwise(asns) if near != far)),
            crossings=tuple(
                (world.exchanges[c.exchange].id, near, far)
                for c, (near, far) in zip(walk, pairwise(asns), strict=True)
                if c.exchange is not None
            ),
            arrives=arrives,
            mtu_back=mtu,
            mtu_hidden=hidden,
            loss=loss_over(wire for crossing in (*walk, *back) for wire in crossing.wires),
        )

    def _there(self, flow: WantedFlow, source: IPAddress | None) -> tuple[Crossing, ...]:
        if source is None:
            return ()
        return tuple(self._walk(flow.target, source, flow.probe, node=self.world.sender))

    def _back(self, flow: WantedFlow, source: IPAddress, *, node: str) -> Iterator[Crossing]:
        return self._walk(source, flow.target, flow.answer, node=node)

    def _largest(
        self, back: Iterable[Crossing], at: str, target: IPAddress
    ) -> tuple[int | None, bool]:
        """What comes back over a way that begins at a target's node (rule 6)."""
        way = []
        for crossing in back:
            told = self.neighbours.delays_ms(at, target, ICMP_ERROR[target.version]) is not None
            way.append((crossing.wires, told))
            at = crossing.node
        return narrowest(way)

    def _walk(
        self, target: IPAddress, source: IPAddress, packet: Carried, *, node: str
    ) -> Iterator[Crossing]:
        """Follow a flow from kernel to kernel (rule 1)."""
        device = None
        for _ in range(_MAX_HOPS):
            if target in self.fibs[node].local:
                return
            step = self._ask(node, target, source=source, device=device, packet=packet)
            crossing = None if step is None else self.neighbours.crossing(node, step, target)
            if crossing is None or stops(crossing.wires, packet):
                return
            yield crossing
            node, device = crossing.node, crossing.device

    def _hops(
        self, walk: Iterable[Crossing], flow: WantedFlow, source: IPAddress
    ) -> Iterator[HopTruth]:
        target = flow.target
        there_ms = there_max_ms = 0.0
        lossy = False
        for ttl, crossing in enumerate(walk, start=1):
            there_ms += crossing.delay_ms
            there_max_ms += crossing.delay_ms + crossing.jitter_ms
            lossy |= any(wire.link.loss for wire in crossing.wires)
            fib, version = self.fibs[crossing.node], target.version
            last = target in fib.local
            answer = flow.answer if last else ICMP_ERROR[version]
            back = self.neighbours.delays_ms(crossing.node, source, answer)
            inbound = next(i.ip for i in fib.addresses[crossing.device] if i.version == version)
            address = target if last else fib.answers_from(source) or inbound
            # A target's word that nobody has a port is an error too.
            errs = not last or flow.protocol is Protocol.UDP
            interval_s = fib.errors.interval_s[version] if errs else 0.0
            yield HopTruth(
                ttl=ttl,
                node=crossing.node,
                asn=self.world.asn_of[crossing.node],
                address=address,
                rtt_min_ms=round(there_ms + (back[0] if back else 0.0), 6),
                there_ms=round(there_ms, 6),
                rtt_max_ms=round(there_max_ms + (back[1] if back else 0.0), 6),
                silent=back is None or interval_s >= NEVER_S,
                limited=0 < interval_s < NEVER_S,
                lossy=lossy,
                third_party=not last and address != inbound,
            )


def mx_truth(
    world: World, records: Iterable[tuple[str, str, str]]
) -> dict[str, tuple[MxRow, ...] | None]:
    """Return the MX plan of each domain from the records that a server serves (rule 5)."""
    zone: dict[tuple[str, str], list[str]] = {}
    for owner, kind, data in records:
        zone.setdefault((owner.rstrip("."), kind), []).append(data)
    plans: dict[str, tuple[MxRow, ...] | None] = {}
    for domain in world.domains:
        if has_no_answer(world, domain):
            plans[domain] = None
            continue
        rows = zone.get((domain.rstrip(".").lower(), "MX"), ())
        plans[domain] = mx_rows(world, domain, rows, lambda host: tuple(_addresses(zone, host)))
    return plans


def _addresses(zone: Mapping[tuple[str, str], list[str]], host: str) -> Iterator[IPAddress]:
    for _ in range(_MAX_ALIASES):
        if (host, "CNAME") not in zone:
            break
        host = zone[host, "CNAME"][0].rstrip(".").lower()
    for kind in ("A", "AAAA"):
        yield from map(parse_address, zone.get((host, kind), ()))
