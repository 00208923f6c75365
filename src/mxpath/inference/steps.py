"""A trace's first flow as Steps: one a TTL, what answered, and whose it is held to be.

The law: a bare ACK proves that another SYN of the flow arrived and nothing of
this TTL, so it answers no step. Steps end at the target's distance when it is
known; a SYN/ACK or RST to any probe from there on is a sample of the target's
round-trip time. Where another tool tells statistics in place of probes, its best round
trip is the smallest sample, and what its average leaves room for the second one. The rules of borders.py return new steps with a network, the
evidence for it and a grade; they never change what answered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mxpath.model.address import IPAddress
from mxpath.model.attribution import Attribution, IxpPort
from mxpath.model.evidence import Claim, Evidence, Grade
from mxpath.model.network import Network
from mxpath.model.probe import Probe, ReplyKind
from mxpath.model.statistics import HopStatistics
from mxpath.model.trace import Flow, Hop, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One TTL of a path."""

    ttl: int
    address: IPAddress | None
    """The responder that answered first; ``None`` for silence."""
    owner: Attribution | None = None
    """What the gazetteer says of the responder."""
    network: Network | None = None
    """Whose router it is held to be, so far."""
    evidence: tuple[Evidence, ...] = ()
    rules: frozenset[str] = frozenset()
    """Names of the rules that moved it."""
    grade: Grade | None = None
    is_target: bool = False
    rtts_ms: tuple[float, ...] = ()
    """Round-trip times of its answers, ascending."""
    resolution_ms: float = 0.0
    """How finely these are told."""
    reply_ttl: int | None = None
    """TTL that the fastest answer arrived with."""
    responders: tuple[IPAddress, ...] = ()
    """All addresses that answered this TTL."""

    @property
    def port(self) -> IxpPort | None:
        """The exchange point port that answered, if it was one."""
        claim = self.owner.ixp_port if self.owner is not None else None
        return claim.value if claim is not None else None

    @property
    def asn(self) -> int | None:
        """Number of the network, ``None`` when unknown."""
        return self.network.asn if self.network is not None else None


def steps_of(trace: Trace, owners: Mapping[IPAddress, Attribution]) -> tuple[Step, ...]:
    """Return the steps of a trace's first flow, from TTL 1 without a gap."""
    flow = trace.flow
    if flow is None or not flow.hops:
        return ()
    hops = {hop.ttl: hop for hop in flow.hops}
    last = trace.distance if trace.distance is not None else max(hops)
    steps = [
        _step(hops.get(ttl, Hop(ttl=ttl, probes=())), trace, owners) for ttl in range(1, last + 1)
    ]
    if trace.distance is not None and steps[-1].ttl in hops and hops[last].told is None:
        steps[-1] = _step(Hop(ttl=last, probes=_target_probes(flow, last)), trace, owners)
    return tuple(steps)


def _target_probes(flow: Flow, distance: int) -> tuple[Probe, ...]:
    late = (probe for hop in flow.hops if hop.ttl >= distance for probe in hop.probes)
    return tuple(
        probe
        for probe in (*late, *flow.beyond)
        if probe.reply is not None and probe.reply.is_from_target
    )


def _step(hop: Hop, trace: Trace, owners: Mapping[IPAddress, Attribution]) -> Step:
    if hop.told is not None:
        address = hop.address
        if hop.ttl == trace.distance and trace.target in hop.responders:
            address = trace.target
        return _owned(
            Step(
                ttl=hop.ttl,
                address=address,
                rtts_ms=_told_rtts(hop.told) if address is not None else (),
                responders=hop.responders,
            ),
            trace,
            owners,
        )
    replies = sorted(
        (
            (probe.reply, probe.rtt_ms)
            for probe in hop.probes
            if probe.reply is not None and probe.reply.kind is not ReplyKind.ACK
        ),
        key=lambda answer: answer[0].received_ns or 0,  # of foreign traces: in their order
    )
    if not replies:
        return Step(ttl=hop.ttl, address=None)
    # A clock that was set back makes a negative time: no measurement.
    timed = sorted((rtt, n) for n, (_, rtt) in enumerate(replies) if rtt is not None and rtt >= 0)
    return _owned(
        Step(
            ttl=hop.ttl,
            address=replies[0][0].responder,
            rtts_ms=tuple(rtt for rtt, _ in timed),
            reply_ttl=replies[timed[0][1]][0].reply_ttl if timed else None,
            responders=tuple(dict.fromkeys(reply.responder for reply, _ in replies)),
        ),
        trace,
        owners,
    )


def _told_rtts(told: HopStatistics) -> tuple[float, ...]:
    """The smallest round trip, and the most that the second smallest can be, in ms.

    All but the best come to ``n * average - best``; the smallest of them is no more than their mean.
    """
    if told.best_ms is None or told.received < 2 or told.average_ms is None:
        return () if told.best_ms is None else (told.best_ms,)
    others = (told.received * told.average_ms - told.best_ms) / (told.received - 1)
    return told.best_ms, max(others, told.best_ms)


def _owned(step: Step, trace: Trace, owners: Mapping[IPAddress, Attribution]) -> Step:
    """Add whose the responder is, as far as the gazetteer says."""
    if step.address is None:
        return step
    owner = owners.get(step.address)
    return replace(
        step,
        owner=owner,
        network=owner.network if owner is not None else None,
        evidence=evidence_of(owner),
        grade=Grade.CERTAIN if owner is not None and owner.network is not None else None,
        is_target=step.address == trace.target,
        resolution_ms=trace.imported.resolution_ms if trace.imported is not None else 0.0,
    )


def evidence_of(owner: Attribution | None) -> tuple[Evidence, ...]:
    """Return the evidence of all claims about an address."""
    if owner is None:
        return ()
    claims: tuple[Claim[Any] | None, ...]
    claims = (owner.special, owner.ixp_port, owner.ixp_lan, owner.origin)
    return tuple(item for claim in claims if claim is not None for item in claim.evidence)
