"""What multipath tracing has met, beside what flows may meet in a world."""

from mxpath.lab.truth import Truth
from mxpath.lab.wanted_flow import WantedFlow
from mxpath.model.address import IPAddress
from mxpath.model.probe import Protocol
from mxpath.model.trace import Trace

PORTS = range(40_000, 40_040)


def flows(target: IPAddress, protocol: Protocol = Protocol.TCP) -> list[WantedFlow]:
    return [WantedFlow(target=target, source_port=port, protocol=protocol) for port in PORTS]


def possible(truth: Truth) -> dict[int, set[IPAddress | None]]:
    """What flows may meet at each TTL before the target; ``None`` for silence."""
    found: dict[int, set[IPAddress | None]] = {}
    for path in truth.paths:
        for hop in path.hops[:-1]:
            found.setdefault(hop.ttl, set()).add(None if hop.silent else hop.address)
    return found


def met(found: Trace) -> dict[int, set[IPAddress | None]]:
    assert found.multipath is not None
    levels: dict[int, set[IPAddress | None]] = {}
    for node in found.multipath.nodes:
        if node.ttl and not node.is_target:
            levels.setdefault(node.ttl, set()).add(node.address)
    return levels
