"""From the probes of another tool to hops, flows and what follows from them."""

from collections import defaultdict
from collections.abc import Iterable

from mxpath.model.probe import Probe
from mxpath.model.trace import Flow, Hop

NO_CONSTANT_FLOW = "not one constant flow: its probes may have taken several paths"
"""Note on a trace whose probes differ in what routers balance by."""


def assemble(
    probes: Iterable[Probe], *, source_port: int | None = None, destination_port: int | None = None
) -> Flow:
    """Sort the probes of one flow into hops; what lies beyond the target is none.

    A TTL in between of which nothing is known becomes a hop without probes, so that none is
    missing.
    """
    by_ttl: defaultdict[int, list[Probe]] = defaultdict(list)
    for probe in probes:
        by_ttl[probe.ttl].append(probe)
    distance = _distance(each for group in by_ttl.values() for each in group)
    inside = [ttl for ttl in by_ttl if distance is None or ttl <= distance]
    path = range(min(inside), max(inside) + 1) if inside else range(0)
    return Flow(
        source_port=source_port,
        destination_port=destination_port,
        hops=tuple(Hop(ttl=ttl, probes=tuple(by_ttl.get(ttl, ()))) for ttl in path),
        beyond=tuple(probe for ttl in sorted(by_ttl) if ttl not in path for probe in by_ttl[ttl]),
    )


def distance_of(flows: Iterable[Flow]) -> int | None:
    """Return the smallest TTL that the target itself answered, in any flow."""
    return _distance(probe for flow in flows for hop in flow.hops for probe in hop.probes)


def packets_of(flows: Iterable[Flow]) -> int:
    """Count the probes."""
    return sum(sum(len(hop.probes) for hop in flow.hops) + len(flow.beyond) for flow in flows)


def _distance(probes: Iterable[Probe]) -> int | None:
    return min(
        (p.ttl for p in probes if p.reply is not None and p.reply.is_from_target), default=None
    )
