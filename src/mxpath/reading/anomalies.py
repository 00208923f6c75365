"""Everything out of the ordinary in a trace: a closed list of rules over its answers.

The law
-------
1. A rule speaks of what answers say, never of silence, and claims nothing where a field is not
   told: traces of other tools leave many out.
2. No sentence is stronger than its evidence: "consistent with" where another cause looks the same.
3. Third-party addresses, borders and owners are not told here: they need more than one trace, or
   more than a trace (``inference``).
"""

from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_network

from mxpath.model.address import IPAddress
from mxpath.model.anomaly import Anomaly, AnomalyKind
from mxpath.model.foreign_text import printable
from mxpath.model.probe import InterfaceInfo, MplsLabel, ReplyKind
from mxpath.model.trace import Trace
from mxpath.reading.circles import circles
from mxpath.reading.heard import FlowHeard, Heard, heard, ttls
from mxpath.reading.icmp_words import icmp_words, is_forbidden
from mxpath.reading.rewriting import rewritten
from mxpath.reading.way_back import asymmetries

_PRIVATE = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
)
"""RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291 section 2.5.6."""
_SAME_MS = 1.0
"""Round trips that differ by less are one: tunnels are short, or they are not."""
_STEP_MS = 3.0
"""A step of the round trip by so much at the mouth of a tunnel stands out."""


def anomalies(trace: Trace) -> tuple[Anomaly, ...]:
    """Return everything that the rules find, by flow, then by hop, faults before facts."""
    found = [anomaly for flow in heard(trace) for rule in _RULES for anomaly in rule(flow)]
    order = list(AnomalyKind)
    return tuple(sorted(found, key=lambda a: (a.flow, a.ttls, order.index(a.kind))))


def _zero_ttl(flow: FlowHeard) -> Iterator[Anomaly]:
    for _, run in flow.alike(lambda h: h.reply.quoted_ttl == 0 or None):
        yield flow.found(
            AnomalyKind.ZERO_TTL,
            ttls(run),
            "the probe arrived with TTL 0: consistent with a router before that forwards those",
            *(f"hop {h.ttl}: {h.reply.responder} quotes TTL 0" for h in run),
        )


def _refusals(flow: FlowHeard) -> Iterator[Anomaly]:
    def says(answer: Heard) -> tuple[IPAddress, int | None, int | None] | None:
        reply = answer.reply
        return (reply.responder, reply.icmp_type, reply.icmp_code) if reply.is_refusal else None

    for _, run in flow.alike(says):
        reply = run[0].reply
        words = "target unreachable"
        if reply.icmp_type is not None:
            words = icmp_words(reply.responder.version, reply.icmp_type, reply.icmp_code)
        forbidden = is_forbidden(reply)
        yield flow.found(
            AnomalyKind.FILTERED if forbidden else AnomalyKind.UNREACHABLE,
            ttls(run),
            f"{reply.responder} says: {words}",
            *(f"hop {h.ttl}: {h.reply.responder}: {words}" for h in run),
        )


def _too_big(flow: FlowHeard) -> Iterator[Anomaly]:
    def mtu(answer: Heard) -> int | None:
        big = answer.reply.kind is ReplyKind.PACKET_TOO_BIG
        return answer.reply.mtu or 0 if big else None

    for size, run in flow.alike(mtu):
        told = f": its next link takes {size} bytes" if size else ""
        yield flow.found(
            AnomalyKind.TOO_BIG,
            ttls(run),
            f"{run[0].reply.responder} says: packet too big{told}",
            *(f"hop {h.ttl}: {h.reply.responder}, MTU {h.reply.mtu}" for h in run),
        )


def _quoted_ttls(flow: FlowHeard) -> Iterator[Anomaly]:
    def left(answer: Heard) -> bool | None:
        reply = answer.reply
        expired = reply.kind is ReplyKind.TIME_EXCEEDED
        return (expired and reply.quoted_ttl is not None and reply.quoted_ttl > 1) or None

    for _, run in flow.alike(left):
        values = [answer.reply.quoted_ttl or 0 for answer in run]
        rises = len(set(ttls(run))) > 1 and values == sorted(set(values))
        shape = ", rising from hop to hop" if rises else ""
        yield flow.found(
            AnomalyKind.QUOTED_TTL,
            ttls(run),
            f"it expired with TTL left ({_spread(values)}{shape}): consistent with a tunnel",
            *(f"hop {h.ttl}: {h.reply.responder} quotes TTL {h.reply.quoted_ttl}" for h in run),
        )


def _spread(values: Sequence[int]) -> str:
    low, high = min(values), max(values)
    return str(low) if low == high else f"{low} to {high}"


def _private(flow: FlowHeard) -> Iterator[Anomaly]:
    public = False

    def behind_public(answer: Heard) -> bool | None:
        nonlocal public
        private = any(answer.reply.responder in net for net in _PRIVATE)
        public = public or not private
        return (private and public and not answer.reply.is_from_target) or None

    for _, run in flow.alike(behind_public):
        names = ", ".join(dict.fromkeys(str(h.reply.responder) for h in run))
        yield flow.found(
            AnomalyKind.PRIVATE_ADDRESS,
            ttls(run),
            f"{names} is private, behind public hops: consistent with links that are numbered so",
            *(f"hop {h.ttl}: {h.reply.responder}" for h in run),
        )


def _mpls(flow: FlowHeard) -> Iterator[Anomaly]:
    for _, run in flow.alike(lambda h: bool(h.reply.mpls) or None):
        stacks = dict.fromkeys(_stack_words(h.reply.mpls) for h in run)
        yield flow.found(
            AnomalyKind.MPLS,
            ttls(run),
            f"labels {', '.join(stacks)}{_egress_words(flow, run)}",
            *(f"hop {h.ttl}: {_stack_words(h.reply.mpls)}" for h in run),
        )


def _stack_words(stack: Sequence[MplsLabel]) -> str:
    """The labels from the top, with traffic class and TTL: ``16004 (TC 0, TTL 1) / 24000 (…)``."""
    return " / ".join(
        f"{entry.label} (TC {entry.traffic_class}, TTL {entry.ttl})" for entry in stack
    )


def _egress_words(flow: FlowHeard, run: Sequence[Heard]) -> str:
    """Whether the hops of a tunnel share one round trip: their answers went on to its end first."""
    inside = ttls(run)
    rtts = {hop.ttl: hop.min_rtt_ms for hop in flow.flow.hops}
    # The end of a tunnel has no label any more (penultimate hop popping, RFC 3031 section 3.16).
    times = [rtt for ttl in (*inside, inside[-1] + 1) if (rtt := rtts.get(ttl)) is not None]
    before = rtts.get(inside[0] - 1)
    if len(times) <= len(inside) or before is None:
        return ""
    shared = max(times) - min(times) < _SAME_MS and min(times) - before >= _STEP_MS
    return "; one round trip for all: consistent with answers by way of its end" if shared else ""


def _interfaces(flow: FlowHeard) -> Iterator[Anomaly]:
    def told(answer: Heard) -> tuple[InterfaceInfo, ...] | None:
        return answer.reply.interfaces or None

    for _, run in flow.alike(told):
        words = "; ".join(_interface_words(info) for info in run[0].reply.interfaces)
        yield flow.found(
            AnomalyKind.INTERFACE,
            ttls(run),
            words,
            *(f"hop {h.ttl}: {h.reply.responder} tells so (RFC 5837)" for h in run),
        )


def _interface_words(info: InterfaceInfo) -> str:
    parts = [
        "" if info.name is None else printable(info.name),
        "" if info.address is None else str(info.address),
        "" if info.index is None else f"index {info.index}",
        "" if info.mtu is None else f"MTU {info.mtu}",
    ]
    return f"{info.role.value} {' '.join(part for part in parts if part)}".rstrip()


_RULES: tuple[Callable[[FlowHeard], Iterator[Anomaly]], ...] = (
    circles,
    _zero_ttl,
    _refusals,
    _too_big,
    rewritten,
    asymmetries,
    _quoted_ttls,
    _private,
    _mpls,
    _interfaces,
)
"""Everything that is looked for."""
