"""Probes through the played network: what they meet, and what comes back and when.

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
7. What routers write into packets on their way is the law of ``simulated_middleboxes``; what they
   add to their errors, of ``simulated_extensions``.
8. ICMP has no ports: all echoes between two addresses are one flow, as Linux hashes them
   (``fib_multipath_hash_policy`` 1).
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mxpath.lab.conditions import Carried
from mxpath.lab.elements import Router
from mxpath.lab.forwarding import FiveTuple
from mxpath.lab.simulated_extensions import added
from mxpath.lab.simulated_line import FIRST_TIMEOUT_NS, sendings
from mxpath.lab.simulated_middleboxes import as_it_arrives
from mxpath.lab.simulated_tcp import Segment
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
from mxpath.lab.zone import server_of

if TYPE_CHECKING:  # the network carries probes by this module
    from mxpath.lab.simulated_network import PlayedNetwork

SMTP_PORT = 25
_TIME_EXCEEDED = {4: (11, 0), 6: (3, 0)}
_NO_ROUTE = {4: (3, 0), 6: (1, 0)}
_NO_HOST = {4: (3, 1), 6: (1, 3)}
_NO_PORT = {4: (3, 3), 6: (1, 4)}
_TOO_BIG = {4: (3, 4), 6: (2, 0)}
_DNS_PORT = 53
_USUAL = Router()


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Arrival:
    """A packet that reaches the sender's interface."""

    at_ns: int
    packet: bytes


class ProbeCarrier:
    """Carries probes for a network, which has the world's state."""

    def __init__(self, network: "PlayedNetwork") -> None:
        self.network = network

    def carry(self, packet: bytes, sent_ns: int) -> Arrival | None:
        """Carry a packet of the sender's; return what comes back, ``None`` for silence."""
        seen = read_probe(packet)
        if seen is None or not self.network.plane.arrives(self.network.world.sender, seen.source):
            return None
        flow = FiveTuple(
            source=seen.source,
            target=seen.target,
            protocol=seen.protocol,
            source_port=seen.source_port,
            target_port=seen.target_port,
        )
        wanted = self.network.route(flow)[: seen.ttl]
        gone, mtu = _up_to_narrow(wanted, len(packet))
        if not gone:
            return None
        out = _carried(flow, size=len(packet), icmp_type=_icmp_type(seen))
        at_ns = self.network.through(gone, out, sent_ns)
        if at_ns is None:
            return None
        if mtu is None and self.network.plane.arrives(gone[-1].node, seen.target):
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
        if self.network.is_stuck(node, flow):
            known = self.network.plane.tables[node].look_up(seen.target) is not None
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
        responder = self.network.routers.responder(
            self.network.world, step, seen.source, at_ns, limited=limited
        )
        if responder is None:
            return None
        if kind == _NO_PORT[version]:
            responder = seen.target
        way = FiveTuple(source=responder, target=seen.source, protocol=ICMP_PROTOCOL[version])
        back = self._back(step.node, way)
        if not back:
            return None
        ttl, steps = seen.ttl - len(gone) + 1, len(back) - 1
        router = self._answering(step.node, kind)
        answer = icmp_error(
            as_it_arrives(self.network.world, seen, gone),
            responder,
            kind,
            quoted_ttl=ttl,
            steps=steps,
            field=mtu,
            octets=router.quote_octets,
            added=added(self.network.world, router, step, version),
            length_said=not router.unsaid_length,
        )
        error = _carried(way, size=len(answer), icmp_type=kind[0])
        back_ns = self.network.through(back, error, at_ns)
        return None if back_ns is None else Arrival(at_ns=back_ns, packet=answer)

    def _answering(self, node: str, kind: tuple[int, int]) -> Router:
        """How a node answers; Packet Too Big of IPv6 has no room for extensions (RFC 4884)."""
        router = self.network.world.answering.get(node, _USUAL)
        if kind == _TOO_BIG[6]:
            router = replace(router, mpls=(), names_interfaces=False)
        return router

    def _back(self, node: str, way: FiveTuple) -> tuple[NextHop, ...]:
        """The steps of an answer to the sender; none when it does not come so far."""
        back = tuple(self.network.plane.walk(node, way))
        return back if back and self.network.plane.arrives(back[-1].node, way.target) else ()

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
        back_ns = self.network.through(back, reply, at_ns)
        return None if back_ns is None else Arrival(at_ns=back_ns, packet=answer)

    def _dns_servers(self) -> tuple[str, ...]:
        return self.network.world.resolver, server_of(self.network.world)

    def _serve_syn(
        self,
        seen: Seen,
        flow: FiveTuple,
        ways: tuple[tuple[NextHop, ...], tuple[NextHop, ...]],
        at_ns: int,
    ) -> Arrival | None:
        gone, back = ways
        round_trip_ns = round(1e6 * sum(hop.delay_ms for hop in (*back, *gone)))
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
            back_ns = self.network.through(back, _carried(flow.reverse, size=len(answer)), left_ns)
            if back_ns is not None:
                return Arrival(at_ns=back_ns, packet=answer)
        return None

    def _ask_server(
        self, node: str, flow: FiveTuple, sequence: int, at_ns: int, round_trip_ns: int
    ) -> Segment | None:
        server = self.network.mail.tcp.get(node, self.network.closed)
        if flow.target_port == SMTP_PORT:
            self.network.syns[flow.target, flow.source_port] += 1
        else:
            server = self.network.closed
        return server.answer(flow, sequence, at_ns=at_ns, round_trip_ns=round_trip_ns)


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
