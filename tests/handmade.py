"""Hand-made traces, answer by answer: ``made(answer("r1"), None, answer("r3", quoted_ttl=2))``."""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

from mxpath.model.address import IPAddress
from mxpath.model.probe import Probe, Protocol, Reply, ReplyKind
from mxpath.model.trace import EndReason, Flow, Hop, Trace
from mxpath.tracing.flows import FlowIdentity

SOURCE, TARGET = ip_address("198.18.0.25"), ip_address("198.18.32.25")
FLOW = FlowIdentity(
    target=TARGET, source=SOURCE, source_port=61234, destination_port=25, cookie=0x54321
)


def place(word: str) -> IPAddress:
    """``r7`` is the seventh router; anything else an address."""
    number = word.removeprefix("r")
    return ip_address(f"198.18.200.{number}") if word.startswith("r") else ip_address(word)


def answer(word: str = "r1", ms: float = 10.0, **fields: Any) -> Reply:
    """A Time Exceeded of a router, unless ``fields`` say otherwise."""
    told = {"kind": ReplyKind.TIME_EXCEEDED, "target": TARGET, "told_rtt_ms": ms, **fields}
    return Reply(responder=place(word), **told)


def arrived(ms: float = 10.0, **fields: Any) -> Reply:
    """The target's own SYN/ACK."""
    return answer(str(TARGET), ms, **{"kind": ReplyKind.SYN_ACK, **fields})


def hop(ttl: int, replies: Sequence[Reply | None], *, limited: bool = False) -> Hop:
    probes = tuple(
        Probe(ttl=ttl, attempt=n, sequence=FLOW.sequence(ttl, n), reply=reply)
        for n, reply in enumerate(replies)
    )
    return Hop(ttl=ttl, probes=probes, limited=limited)


def made(*rows: Reply | Sequence[Reply | None] | None, **fields: Any) -> Trace:
    """A trace whose n-th row are the answers at TTL n, or the only one."""
    hops = tuple(
        hop(ttl, [row] if row is None or isinstance(row, Reply) else row)
        for ttl, row in enumerate(rows, start=1)
    )
    return of_hops(hops, **fields)


def of_hops(hops: tuple[Hop, ...], **fields: Any) -> Trace:
    own = (h.ttl for h in hops for p in h.probes if p.reply is not None and p.reply.is_from_target)
    distance = min(own, default=None)
    ports = (FLOW.source_port, FLOW.destination_port)
    defaults: dict[str, Any] = {
        "source": SOURCE,
        "protocol": Protocol.TCP,
        "port": 25,
        "engine": "raw",
        "flows": (Flow(source_port=ports[0], destination_port=ports[1], hops=hops),),
        "end": EndReason.GAVE_UP if distance is None else EndReason.REACHED,
    }
    told = {**defaults, "target": TARGET, "distance": distance, **fields}
    return Trace(started_at=None, ended_at=None, packets_sent=None, **told)
