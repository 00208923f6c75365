"""The played network: takes a packet's bytes from the sender, returns what comes back and when.

The law, for a probe with a TTL of t:

1. The t-th node, if it is a router, answers ICMP Time Exceeded as ``simulated_routers``
   has it, and quotes the packet. The answer takes a way of its own.
2. A node that has no way onward answers ICMP Destination Unreachable.
3. The node that has the address answers, however small the TTL: a SYN as its TCP does, an echo
   request with its reply, a datagram with port unreachable. At a DNS server's port 53 nobody
   answers what is no question.
4. Packets with wrong checksums, foreign sources or other contents vanish.
5. A router whose next link is too narrow answers Packet Too Big, unless the world hides that.
6. On every link each packet meets the law of ``conditions``, there and back.
7. ICMP has no ports: all echoes between two addresses are one flow, as Linux hashes them
   (``fib_multipath_hash_policy`` 1).
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
from mxpath.lab.simulated_routers import PlayedRouters
from mxpath.lab.simulated_tcp import Segment, TcpServer
from mxpath.lab.simulated_wire import (
    ICMP_PROTOCOL,
    TCP,
    UDP,
    Seen,
    TcpFlag,
    echo_answer,
    icmp_error,
    read_probe,
    tcp_answer,
)
from mxpath.lab.steps import NextHop
from mxpath.lab.topology import World
from mxpath.lab.zone import server_of
from mxpath.model.address import IPAddress

SMTP_PORT = 25
_TIME_EXCEEDED = {4: (11, 0), 6: (3, 0)}
_NO_ROUTE = {4: (3, 0), 6: (1, 0)}
_NO_HOST = {4: (3, 1), 6: (1, 3)}
_NO_PORT = {4: (3, 3), 6: (1, 4)}
_TOO_BIG = {4: (3, 4), 6: (2, 0)}
_DNS_PORT = 53


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Arrival:
    """A packet that reaches the sender's interface."""

    at_ns: int
    packet: bytes


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
        self._closed = TcpServer(None)
        self.mail.follow(world, self.world)
        self._links = PlayedLinks(seed)
        self._routers = PlayedRouters()

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
        at = self._through(steps, _carried(flow), at_ns)
        end = steps[-1].node if steps else node
        if at is None or not (self.plane.arrives(end, flow.target) or self._is_stuck(end, flow)):
            return None
        return end, at

    def _through(self, steps: Iterable[NextHop], packet: Carried, at_ns: int) -> int | None:
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
        responder = self._routers.responder(self.world, last, flow.source, there_ns)
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

    def _is_stuck(self, node: str, flow: FiveTuple) -> bool:
        return not self.plane.tables[node].look_up(flow.target)

    def carry(self, packet: bytes, sent_ns: int) -> Arrival | None:
        """Carry a packet of the sender's; return what comes back, ``None`` for silence."""
        self.move_to(sent_ns)
        seen = read_probe(packet)
        if seen is None or not self.plane.arrives(self.world.sender, seen.source):
            return None
        flow = FiveTuple(
            source=seen.source,
            target=seen.target,
            protocol=seen.protocol,
            source_port=seen.source_port,
            target_port=seen.target_port,
        )
        wanted = self.route(flow)[: seen.ttl]
        gone, mtu = _up_to_narrow(wanted, len(packet))
        if not gone:
            return None
        out = _carried(flow, size=len(packet), icmp_type=_icmp_type(seen))
        at_ns = self._through(gone, out, sent_ns)
        if at_ns is None:
            return None
        if mtu is None and self.plane.arrives(gone[-1].node, seen.target):
            return self._serve(seen, flow, gone, at_ns)
        kind = (
            _TOO_BIG[seen.source.version] if mtu is not None else self._complaint(seen, flow, gone)
        )
        return kind and self._refuse_probe(seen, gone, at_ns, kind=kind, mtu=mtu or 0)

    def _complaint(
        self, seen: Seen, flow: FiveTuple, gone: tuple[NextHop, ...]
    ) -> tuple[int, int] | None:
        """What the router says at which a probe dies (rules 1 and 2); ``None`` for nothing."""
        node, version = gone[-1].node, seen.source.version
        if self._is_stuck(node, flow):
            known = self.plane.tables[node].look_up(seen.target) is not None
            return (_NO_HOST if known else _NO_ROUTE)[version]
        # Else it would go on, but for a filter.
        return _TIME_EXCEEDED[version] if len(gone) == seen.ttl else None

    def _refuse_probe(
        self,
        seen: Seen,
        gone: tuple[NextHop, ...],
        at_ns: int,
        *,
        kind: tuple[int, int],
        mtu: int = 0,
    ) -> Arrival | None:
        """Carry back the error of the node where a probe has come to."""
        step, version = gone[-1], seen.source.version
        limited = kind != _TOO_BIG[version]
        responder = self._routers.responder(self.world, step, seen.source, at_ns, limited=limited)
        if responder is None:
            return None
        if kind == _NO_PORT[version]:
            responder = seen.target
        way = FiveTuple(source=responder, target=seen.source, protocol=ICMP_PROTOCOL[version])
        back = self._back(step.node, way)
        if not back:
            return None
        ttl, steps = seen.ttl - len(gone) + 1, len(back) - 1
        answer = icmp_error(seen, responder, kind, quoted_ttl=ttl, steps=steps, mtu=mtu)
        error = _carried(way, size=len(answer), icmp_type=kind[0])
        back_ns = self._through(back, error, at_ns)
        return None if back_ns is None else Arrival(at_ns=back_ns, packet=answer)

    def _back(self, node: str, way: FiveTuple) -> tuple[NextHop, ...]:
        """The steps of an answer to the sender; none when it does not come so far."""
        back = tuple(self.plane.walk(node, way))
        return back if back and self.plane.arrives(back[-1].node, way.target) else ()

    def _serve(
        self, seen: Seen, flow: FiveTuple, gone: tuple[NextHop, ...], at_ns: int
    ) -> Arrival | None:
        """Answer for the machine that has the address (rule 3)."""
        if seen.protocol == UDP:
            if flow.target_port == _DNS_PORT and gone[-1].node in self._dns_servers():
                return None
            return self._refuse_probe(seen, gone, at_ns, kind=_NO_PORT[seen.source.version])
        back = self._back(gone[-1].node, flow.reverse)
        if not back:
            return None
        if seen.protocol == TCP:
            return self._serve_syn(seen, flow, (gone, back), at_ns)
        answer = echo_answer(seen, steps=len(back) - 1)
        reply = _carried(
            flow.reverse, size=len(answer), icmp_type=answer[len(answer) - len(seen.body)]
        )
        back_ns = self._through(back, reply, at_ns)
        return None if back_ns is None else Arrival(at_ns=back_ns, packet=answer)

    def _dns_servers(self) -> tuple[str, ...]:
        return self.world.resolver, server_of(self.world)

    def _serve_syn(
        self,
        seen: Seen,
        flow: FiveTuple,
        ways: tuple[tuple[NextHop, ...], tuple[NextHop, ...]],
        at_ns: int,
    ) -> Arrival | None:
        gone, back = ways
        round_trip_ns = ns(sum(hop.delay_ms for hop in (*back, *gone)))
        segment = self._ask_server(gone[-1].node, flow, seen.sequence, at_ns, round_trip_ns)
        if segment is None:
            return None
        answer = tcp_answer(
            seen,
            segment.flags,
            sequence=segment.sequence,
            acknowledged=segment.acknowledged,
            steps=len(back) - 1,
        )
        # A SYN/ACK is sent again until somebody acknowledges it, other segments are not.
        again = segment.flags == TcpFlag.SYN | TcpFlag.ACK
        for left_ns in sendings(at_ns, FIRST_TIMEOUT_NS) if again else (at_ns,):
            back_ns = self._through(back, _carried(flow.reverse, size=len(answer)), left_ns)
            if back_ns is not None:
                return Arrival(at_ns=back_ns, packet=answer)
        return None

    def _ask_server(
        self, node: str, flow: FiveTuple, sequence: int, at_ns: int, round_trip_ns: int
    ) -> Segment | None:
        server = self.mail.tcp.get(node, self._closed)
        if flow.target_port == SMTP_PORT:
            self.syns[flow.target, flow.source_port] += 1
        else:
            server = self._closed
        return server.answer(flow, sequence, at_ns=at_ns, round_trip_ns=round_trip_ns)


def ns(delay_ms: float) -> int:
    """Milliseconds in whole nanoseconds."""
    return round(delay_ms * 1e6)


def _carried(flow: FiveTuple, *, size: int = 0, icmp_type: int = 0) -> Carried:
    return Carried(
        version=flow.source.version,
        protocol=flow.protocol,
        size=size,
        source_port=flow.source_port,
        target_port=flow.target_port,
        icmp_type=icmp_type,
    )


def _icmp_type(seen: Seen) -> int:
    return seen.body[0] if seen.protocol == ICMP_PROTOCOL[seen.source.version] else 0


def _up_to_narrow(steps: tuple[NextHop, ...], size: int) -> tuple[tuple[NextHop, ...], int | None]:
    """The steps before the first link whose router says that it is too narrow, and its MTU."""
    for number, step in enumerate(steps):
        link = step.wires[0].link
        if link.mtu is not None and link.mtu < size and not link.mtu_hidden:
            return steps[:number], link.mtu
    return steps, None
