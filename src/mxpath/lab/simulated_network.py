"""The played network: takes a packet's bytes from the sender, returns what comes back and when.

The law, for a SYN with a TTL of t:

1. The t-th node, if it is a router, answers ICMP Time Exceeded from the interface
   through which the packet came in, and quotes it. The answer takes a way of its own.
2. A node that has no way onward answers ICMP Destination Unreachable.
3. The node that has the address answers as its TCP does, however small the TTL.
4. Packets with wrong checksums, foreign sources or other contents vanish.
"""

from collections import Counter
from dataclasses import dataclass

from mxpath.lab.elements import SmtpHost
from mxpath.lab.forwarding import DataPlane, FiveTuple
from mxpath.lab.routing import NextHop
from mxpath.lab.simulated_mail import PlayedMail
from mxpath.lab.simulated_tcp import Segment, TcpServer
from mxpath.lab.simulated_wire import ICMP_PROTOCOL, TCP, Syn, icmp_error, read_syn, tcp_answer
from mxpath.lab.topology import World
from mxpath.model.address import IPAddress

SMTP_PORT = 25
_TIME_EXCEEDED = {4: (11, 0), 6: (3, 0)}
_NO_ROUTE = {4: (3, 0), 6: (1, 0)}
_NO_HOST = {4: (3, 1), 6: (1, 3)}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Arrival:
    """A packet that reaches the sender's interface."""

    at_ns: int
    packet: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Where a connection attempt comes to."""

    round_trip_ms: float
    """There by the flow's own way, back by the fastest."""
    arrived: bool
    """Whether the target was reached; else a router said that it cannot be."""
    node: str = ""
    """Where it ended."""
    server: SmtpHost | None = None
    """What listens there."""


def ns(delay_ms: float) -> int:
    """Milliseconds in whole nanoseconds."""
    return round(delay_ms * 1e6)


def inbound_address(hop: NextHop, version: int) -> IPAddress:
    """Address of the interface through which a step enters its node."""
    address = hop.ingress.address(version)
    assert address is not None  # nothing is forwarded over a step that does not carry it
    return address


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
    """

    def __init__(
        self, world: World, *, seed: int = 1, port_25_filtered_at_hop: int | None = None
    ) -> None:
        self.world = world
        self.plane = DataPlane(world, seed=seed)
        self.syns: Counter[tuple[IPAddress, int]] = Counter()
        """SYNs that arrived at each (target, source port) on port 25."""
        self.commands: list[tuple[IPAddress, list[str]]] = []
        """What each SMTP connection said, in the order of the connections."""
        self._filtered_at = port_25_filtered_at_hop
        self.mail = PlayedMail(world)
        """The mail hosts, which can be changed."""
        self._closed = TcpServer(None)

    def route(self, flow: FiveTuple) -> tuple[NextHop, ...]:
        """Return the steps that a packet of this flow takes from the sender, with filters."""
        hops = tuple(self.plane.walk(self.world.sender, flow))
        return hops[: self._filtered_at] if self.filters(flow) else hops

    def filters(self, flow: FiveTuple) -> bool:
        """Whether a filter lets this flow come no further than its hop."""
        return self._filtered_at is not None and flow.target_port == SMTP_PORT

    def reach(self, flow: FiveTuple) -> Reached | None:
        """Return what becomes of a connection attempt; ``None`` for silence."""
        hops = self.route(flow)
        node = hops[-1].node if hops else self.world.sender
        arrived = self.plane.arrives(node, flow.target)
        back = self.plane.delays_ms(node, flow.source)
        if not hops or back is None or not (arrived or self._is_stuck(node, flow.target)):
            return None
        round_trip_ms = sum(hop.delay_ms for hop in hops) + back[0]
        if not arrived or flow.target_port != SMTP_PORT:
            return Reached(round_trip_ms=round_trip_ms, arrived=arrived)
        self.syns[flow.target, flow.source_port] += 1
        return Reached(
            round_trip_ms=round_trip_ms, arrived=True, node=node, server=self.mail.hosts.get(node)
        )

    def _is_stuck(self, node: str, target: IPAddress) -> bool:
        return not self.plane.tables[node].look_up(target)

    def carry(self, packet: bytes, sent_ns: int) -> Arrival | None:
        """Carry a packet of the sender's; return what comes back, ``None`` for silence."""
        syn = read_syn(packet)
        if syn is None or not self.plane.arrives(self.world.sender, syn.source):
            return None
        flow = FiveTuple(
            source=syn.source,
            target=syn.target,
            protocol=TCP,
            source_port=syn.source_port,
            target_port=syn.target_port,
        )
        hops = self.route(flow)
        gone = hops[: syn.ttl]
        if not gone:
            return None
        at_ns = sent_ns + ns(sum(hop.delay_ms for hop in gone))
        if self.plane.arrives(gone[-1].node, syn.target):
            return self._serve(syn, flow, gone, at_ns)
        return self._complain(syn, flow, gone, at_ns)

    def _complain(
        self, syn: Syn, flow: FiveTuple, gone: tuple[NextHop, ...], at_ns: int
    ) -> Arrival | None:
        """Answer for the router at which the packet dies (rules 1 and 2)."""
        node, version = gone[-1].node, syn.source.version
        stuck = self._is_stuck(node, syn.target)
        if not stuck and len(gone) < syn.ttl:
            return None  # it would go on, but for a filter
        if stuck:
            known = self.plane.tables[node].look_up(syn.target) is not None
            kind = (_NO_HOST if known else _NO_ROUTE)[version]
        else:
            kind = _TIME_EXCEEDED[version]
        responder = inbound_address(gone[-1], version)
        way = FiveTuple(source=responder, target=syn.source, protocol=ICMP_PROTOCOL[version])
        back = tuple(self.plane.walk(node, way))
        if not back or not self.plane.arrives(back[-1].node, flow.source):
            return None
        answer = icmp_error(
            syn, responder, kind, quoted_ttl=syn.ttl - len(gone) + 1, steps=len(back) - 1
        )
        return Arrival(at_ns=at_ns + ns(sum(hop.delay_ms for hop in back)), packet=answer)

    def _serve(
        self, syn: Syn, flow: FiveTuple, gone: tuple[NextHop, ...], at_ns: int
    ) -> Arrival | None:
        """Answer for the machine that has the address (rule 3)."""
        node = gone[-1].node
        back = tuple(self.plane.walk(node, flow.reverse))
        if not back or not self.plane.arrives(back[-1].node, flow.source):
            return None
        back_ns = ns(sum(hop.delay_ms for hop in back))
        round_trip_ns = back_ns + ns(sum(hop.delay_ms for hop in gone))
        segment = self._ask_server(node, flow, syn.sequence, at_ns, round_trip_ns)
        if segment is None:
            return None
        answer = tcp_answer(
            syn,
            segment.flags,
            sequence=segment.sequence,
            acknowledged=segment.acknowledged,
            steps=len(back) - 1,
        )
        return Arrival(at_ns=at_ns + back_ns, packet=answer)

    def _ask_server(
        self, node: str, flow: FiveTuple, sequence: int, at_ns: int, round_trip_ns: int
    ) -> Segment | None:
        server = self.mail.tcp.get(node, self._closed)
        if flow.target_port == SMTP_PORT:
            self.syns[flow.target, flow.source_port] += 1
        else:
            server = self._closed
        return server.answer(flow, sequence, at_ns=at_ns, round_trip_ns=round_trip_ns)
