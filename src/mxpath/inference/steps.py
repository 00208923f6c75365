"""A trace's first flow as Steps: one a TTL, what answered, and whose it is held to be.

The law: a bare ACK proves that another SYN of the flow arrived and nothing of
this TTL, so it answers no step. Steps end at the target's distance when it is
known; a SYN/ACK or RST to any probe from there on is a sample of the target's
round-trip time. The rules of borders.py return new steps with a network, the
evidence for it and a grade; they never change what answered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mxpath.model.address import IPAddress
from mxpath.model.attribution import Attribution, IxpPort, Network
from mxpath.model.evidence import Claim, Evidence, Grade
from mxpath.model.probe import Probe, ReplyKind
from mxpath.model.trace import Flow, Trace


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
    probes = {hop.ttl: hop.probes for hop in flow.hops}
    last = trace.distance if trace.distance is not None else max(probes)
    steps = [_step(ttl, probes.get(ttl, ()), trace, owners) for ttl in range(1, last + 1)]
    if trace.distance is not None:
        steps[-1] = _step(last, _target_probes(flow, last), trace, owners)
    return tuple(steps)


def _target_probes(flow: Flow, distance: int) -> tuple[Probe, ...]:
    late = (probe for hop in flow.hops if hop.ttl >= distance for probe in hop.probes)
    return tuple(
        probe
        for probe in (*late, *flow.beyond)
        if probe.reply is not None and probe.reply.is_from_target
    )


def _step(
    ttl: int, probes: Sequence[Probe], trace: Trace, owners: Mapping[IPAddress, Attribution]
) -> Step:
    replies = sorted(
        (
            (probe.reply, probe.rtt_ms)
            for probe in probes
            if probe.reply is not None
            and probe.rtt_ms is not None
            and probe.reply.kind is not ReplyKind.ACK
        ),
        key=lambda answer: answer[0].received_ns or 0,  # of foreign traces: in their order
    )
    if not replies:
        return Step(ttl=ttl, address=None)
    # A clock that was set back makes a negative time: no measurement.
    timed = sorted(((rtt, n) for n, (_, rtt) in enumerate(replies) if rtt >= 0))
    fastest = replies[timed[0][1]][0] if timed else None
    address = replies[0][0].responder
    owner = owners.get(address)
    return Step(
        ttl=ttl,
        address=address,
        owner=owner,
        network=owner.network if owner is not None else None,
        evidence=evidence_of(owner),
        grade=Grade.CERTAIN if owner is not None and owner.network is not None else None,
        is_target=address == trace.target,
        rtts_ms=tuple(rtt for rtt, _ in timed),
        reply_ttl=fastest.reply_ttl if fastest is not None else None,
        responders=tuple(dict.fromkeys(reply.responder for reply, _ in replies)),
    )


def evidence_of(owner: Attribution | None) -> tuple[Evidence, ...]:
    """Return the evidence of all claims about an address."""
    if owner is None:
        return ()
    claims: tuple[Claim[Any] | None, ...]
    claims = (owner.special, owner.ixp_port, owner.ixp_lan, owner.origin)
    return tuple(item for claim in claims if claim is not None for item in claim.evidence)
