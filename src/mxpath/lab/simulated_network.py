"""The played network: takes a packet's bytes from the sender, returns what comes back and when.

What a probe meets on its way, and what answers it, is the law of ``simulated_probes``.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from mxpath.lab.conditions import Carried, narrowest, stops
from mxpath.lab.elements import SmtpHost
from mxpath.lab.forwarding import DataPlane, FiveTuple
from mxpath.lab.simulated_course import Course
from mxpath.lab.simulated_line import FIRST_TIMEOUT_NS, PlayedLine, deliver, sendings
from mxpath.lab.simulated_links import PlayedLinks
from mxpath.lab.simulated_mail import PlayedMail
from mxpath.lab.simulated_probes import SMTP_PORT, Arrival, ProbeCarrier
from mxpath.lab.simulated_routers import PlayedRouters
from mxpath.lab.simulated_tcp import TcpServer
from mxpath.lab.simulated_wire import ICMP_PROTOCOL, TCP
from mxpath.lab.steps import NextHop
from mxpath.lab.topology import World
from mxpath.model.address import IPAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Where a connection attempt comes to."""

    round_trip_ms: float
    """What the handshake took, with whatever had to be sent again."""
    arrived: bool
    """Whether the target was reached; else a router said that it cannot be."""
    node: str = ""
    """Where it ended."""
    server: SmtpHost | None = None
    """What listens there."""
    line: PlayedLine | None = None
    """The connection's packets; ``None`` where no port was open."""
    mtu: int | None = None
    """Largest packet of the server's that comes through; ``None`` for what Ethernet takes."""
    mtu_hidden: bool = False
    """Larger ones vanish, and the server is not told."""


class PlayedNetwork:
    """A world's data plane with its mail servers' kernels.

    Parameters
    ----------
    world
        The world to be played.
    seed
        Salts the equal-cost choices.
    port_25_filtered_at_hop
        See :class:`mxpath.lab.simulated_faults.Faults`.
    course
        The world's faults and when they last; without it none ever does.
    """

    def __init__(
        self,
        world: World,
        *,
        seed: int = 1,
        port_25_filtered_at_hop: int | None = None,
        course: Course | None = None,
    ) -> None:
        self._course = course or Course(world, seed=seed, timed=False)
        self._stage = self._course.at(self._course.began_ns)
        self.syns: Counter[tuple[IPAddress, int]] = Counter()
        """SYNs that arrived at each (target, source port) on port 25."""
        self.commands: list[tuple[IPAddress, list[str]]] = []
        """What each SMTP connection said, in the order of the connections."""
        self._filtered_at = port_25_filtered_at_hop
        self.mail = PlayedMail(world)
        """The mail hosts, which can be changed."""
        self.closed = TcpServer(None)
        self.mail.follow(world, self.world)
        self._links = PlayedLinks(seed)
        self.routers = PlayedRouters()

    @property
    def world(self) -> World:
        """The world as it was when the network was last asked for something."""
        return self._stage.world

    @property
    def plane(self) -> DataPlane:
        """Its data plane."""
        return self._stage.plane

    def move_to(self, at_ns: int) -> None:
        """Let the faults that last at a time be; every question to the network does so first."""
        before, self._stage = self._stage, self._course.at(at_ns)
        if before is not self._stage:
            self.mail.follow(before.world, self._stage.world)

    def route(self, flow: FiveTuple) -> tuple[NextHop, ...]:
        """Return the steps that a packet of this flow takes from the sender, with filters."""
        hops = tuple(self.plane.walk(self.world.sender, flow))
        return hops[: self._filtered_at] if self.filters(flow) else hops

    def filters(self, flow: FiveTuple) -> bool:
        """Whether a filter lets this flow come no further than its hop."""
        to_mail = (flow.protocol, flow.target_port) == (TCP, SMTP_PORT)
        return self._filtered_at is not None and to_mail

    def transmit(self, node: str, flow: FiveTuple, at_ns: int) -> tuple[str, int] | None:
        """Send a small packet of a flow from a node; return where it ends, and when.

        ``None`` when it vanishes on its way. A router where it ends has no way onward.
        """
        self.move_to(at_ns)
        here = node == self.world.sender
        steps = self.route(flow) if here else tuple(self.plane.walk(node, flow))
        at = self.through(steps, carried(flow), at_ns)
        end = steps[-1].node if steps else node
        if at is None or not (self.plane.arrives(end, flow.target) or self.is_stuck(end, flow)):
            return None
        return end, at

    def through(self, steps: Iterable[NextHop], packet: Carried, at_ns: int) -> int | None:
        """When a packet that leaves at a time is through all steps; ``None`` when it vanishes."""
        for step in steps:
            crossed = self._links.cross(step, packet, at_ns)
            if crossed is None:
                return None
            at_ns = crossed
        return at_ns

    def reach(self, flow: FiveTuple, at_ns: int) -> Reached | None:
        """Return what becomes of a connection attempt that begins now; ``None`` for silence."""
        self.move_to(at_ns)
        for sent_ns in sendings(at_ns, FIRST_TIMEOUT_NS):
            arrived = self.transmit(self.world.sender, flow, sent_ns)
            if arrived is None or arrived[0] == self.world.sender:
                continue
            node, there_ns = arrived
            if not self.plane.arrives(node, flow.target):
                back_ns = self._refuse(flow, there_ns)
                if back_ns is not None:
                    return Reached(round_trip_ms=(back_ns - at_ns) / 1e6, arrived=False)
                continue
            if flow.target_port == SMTP_PORT:
                self.syns[flow.target, flow.source_port] += 1
            back = deliver(self, node, flow.reverse, there_ns, FIRST_TIMEOUT_NS)
            if back is not None and back[0] == self.world.sender:
                return self._reached(node, flow, (back[1] - at_ns) / 1e6)
        return None

    def _refuse(self, flow: FiveTuple, there_ns: int) -> int | None:
        """When a router's word that there is no way to a target is back at the sender."""
        last, version = self.route(flow)[-1], flow.source.version
        responder = self.routers.responder(self.world, last, flow.source, there_ns)
        if responder is None:
            return None
        way = FiveTuple(source=responder, target=flow.source, protocol=ICMP_PROTOCOL[version])
        back = self.transmit(last.node, way, there_ns)
        return back[1] if back is not None and back[0] == self.world.sender else None

    def _reached(self, node: str, flow: FiveTuple, round_trip_ms: float) -> Reached:
        if flow.target_port != SMTP_PORT:
            return Reached(round_trip_ms=round_trip_ms, arrived=True, node=node)
        back = tuple(self.plane.walk(node, flow.reverse))
        mtu, hidden = self.narrowest(back, flow.target)
        line = PlayedLine(
            connect_ms=round_trip_ms,
            network=self,
            sender=self.world.sender,
            server=node,
            flow=flow,
            round_trip_ms=sum(step.delay_ms for step in (*self.route(flow), *back)),
        )
        return Reached(
            round_trip_ms=round_trip_ms,
            arrived=True,
            node=node,
            server=self.mail.hosts.get(node),
            line=line,
            mtu=mtu,
            mtu_hidden=hidden,
        )

    def narrowest(self, steps: Iterable[NextHop], origin: IPAddress) -> tuple[int | None, bool]:
        """The smallest MTU of a way, and whether its origin never learns of it."""
        return narrowest((step.wires, self._is_told(step, origin)) for step in steps)

    def _is_told(self, step: NextHop, origin: IPAddress) -> bool:
        """Whether a router's Packet Too Big comes back to who sent the packet."""
        version, source = origin.version, step.egress.address(origin.version)
        assert source is not None
        protocol = ICMP_PROTOCOL[version]
        way = FiveTuple(source=source, target=origin, protocol=protocol)
        error = Carried(version=version, protocol=protocol)
        return not any(stops(hop.wires, error) for hop in self.plane.walk(step.egress.node, way))

    def is_stuck(self, node: str, flow: FiveTuple) -> bool:
        """Whether a node has no way onward for a flow."""
        return not self.plane.tables[node].look_up(flow.target)

    def carry(self, packet: bytes, sent_ns: int) -> Arrival | None:
        """Carry a probe of the sender's; return what comes back, ``None`` for silence."""
        self.move_to(sent_ns)
        return ProbeCarrier(self).carry(packet, sent_ns)


def ns(delay_ms: float) -> int:
    """Milliseconds in whole nanoseconds."""
    return round(delay_ms * 1e6)


def carried(flow: FiveTuple) -> Carried:
    """What links are told of a small packet of a flow."""
    return Carried(
        version=flow.source.version,
        protocol=flow.protocol,
        source_port=flow.source_port,
        target_port=flow.target_port,
    )
