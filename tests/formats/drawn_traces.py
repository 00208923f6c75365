"""Traces drawn by chance, as the tracer makes them: hops without a gap, a target at the last one."""

from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address
from random import Random

from mxpath.model.address import IPAddress
from mxpath.model.probe import MplsLabel, Probe, Protocol, Reply, ReplyKind
from mxpath.model.trace import EndReason, Flow, Hop, Trace

START_NS = 1_700_000_000_000_000_000
_TARGETS: dict[int, IPAddress] = {4: IPv4Address("203.0.113.25"), 6: IPv6Address("2001:db8::25")}
_SOURCES: dict[int, IPAddress] = {4: IPv4Address("203.0.113.9"), 6: IPv6Address("2001:db8::9")}
_OWN = {
    Protocol.TCP: (ReplyKind.SYN_ACK, ReplyKind.RST),
    Protocol.UDP: (ReplyKind.UNREACHABLE,),
    Protocol.ICMP: (ReplyKind.ECHO_REPLY,),
}
_ICMP = {
    (ReplyKind.UNREACHABLE, 4): (3, 3),
    (ReplyKind.UNREACHABLE, 6): (1, 4),
    (ReplyKind.TIME_EXCEEDED, 4): (11, 0),
    (ReplyKind.TIME_EXCEEDED, 6): (3, 0),
}


def draw_trace(seed: int) -> Trace:
    """Draw one trace; equal seeds give equal traces."""
    random = Random(seed)
    target = _TARGETS[random.choice((4, 6))]
    protocol = random.choice((*Protocol,))
    length, reached = random.randint(1, 6), random.random() < 0.5
    flows = [
        Flow(
            source_port=40000 + number,
            destination_port=None if protocol is Protocol.ICMP else 25,
            hops=tuple(
                _hop(random, ttl, target, protocol, own=reached and ttl == length)
                for ttl in range(1, length + 1)
            ),
        )
        for number in range(random.randint(1, 2))
    ]
    return Trace(
        target=target,
        source=_SOURCES[target.version],
        protocol=protocol,
        port=None if protocol is Protocol.ICMP else 25,
        engine="raw",
        flows=tuple(flows),
        distance=length if reached else None,
        end=EndReason.REACHED if reached else EndReason.GAVE_UP,
        started_at=datetime(2026, 6, 17, 8, 0, 0, 250000, UTC),
        ended_at=datetime(2026, 6, 17, 8, 0, 2, tzinfo=UTC),
        packets_sent=None,
    )


def _hop(random: Random, ttl: int, target: IPAddress, protocol: Protocol, *, own: bool) -> Hop:
    probes = []
    for attempt in range(random.randint(1, 3)):
        sent_ns = START_NS + random.randrange(10**9) * 1000
        reply = None
        if own or random.random() < 0.7:
            reply = _reply(random, target, protocol, sent_ns, own=own)
        probes.append(
            Probe(ttl=ttl, attempt=attempt, sequence=ttl << 20, sent_ns=sent_ns, reply=reply)
        )
    return Hop(ttl=ttl, probes=tuple(probes))


def _reply(
    random: Random, target: IPAddress, protocol: Protocol, sent_ns: int, *, own: bool
) -> Reply:
    kind = random.choice(_OWN[protocol]) if own else ReplyKind.TIME_EXCEEDED
    icmp = _ICMP.get((kind, target.version), (None, None))
    router: IPAddress = IPv4Address("192.0.2.0") + random.randint(1, 250)
    if target.version == 6:
        router = IPv6Address("2001:db8:1::") + random.randint(1, 250)
    return Reply(
        kind=kind,
        responder=target if own else router,
        target=target,
        received_ns=sent_ns + random.randint(1, 10**9),
        protocol=protocol,
        reply_ttl=random.randint(1, 255),
        quoted_ttl=None if own else random.randint(0, 3),
        icmp_type=icmp[0],
        icmp_code=icmp[1],
        mpls=() if own else tuple(_label(random) for _ in range(random.randint(0, 2))),
    )


def _label(random: Random) -> MplsLabel:
    return MplsLabel(
        label=random.randrange(2**20),
        traffic_class=random.randrange(8),
        bottom=random.random() < 0.5,
        ttl=random.randrange(256),
    )
