"""Lost on the way there, held back, or unknown: what the unanswered probes of a hop tell.

The law
-------
1. A round is what was sent as the same attempt: one probe of each TTL, as in mtr and traceroute.
2. A probe is **lost on the way there** when it and all later TTLs of its round went unanswered. It
   takes a witness: a later hop that else answers (its silence is news), and does not limit its
   answers (its silence would be its own).
3. Of a probe after which a later TTL of its round answered, or behind which no witness was asked,
   nothing is told: it may have been lost alone, there or back, or its answer was held back. So of
   the last hop that was asked, and of the target's silence to a further SYN. The share's interval
   goes from none of these lost to all of them.
4. **Limited** is a hop as the trace's law 7 says (``plan.py``): its silence is no loss.
5. **Silent from here on** is a hop without any answer when no hop behind it ever answered either:
   there is no witness, and a filter, a dead target and silent routers look the same.

trippy (release 0.13) counts forward loss likewise, at the first lost hop of a round alone; that one
silent hop behind it is enough there makes it see loss where the last router limits its answers
(its issue 1466), hence the witness. What single packets a link loses at random shows in the
figures of all hops behind it, see ``inference/quality.py``; here only whole tails count.
"""

from collections.abc import Mapping, Sequence

from mxpath.model.probe import Probe, Protocol, ReplyKind
from mxpath.model.reading import HopLoss, LossNature
from mxpath.model.trace import Hop, Loss, Trace

_Round = Mapping[int, bool]
"""Answered or not, by TTL."""


def losses(trace: Trace) -> tuple[HopLoss, ...]:
    """Return what became of the probes of each hop of a trace's first flow."""
    hops = trace.hops
    witnesses = {hop.ttl for hop in hops if hop.answered and not hop.limited}
    mute = trace.distance if trace.protocol is Protocol.TCP else None
    rounds = _rounds(hops, mute)
    return tuple(_loss(hop, hops, rounds, witnesses) for hop in hops)


def _is_answered(probe: Probe) -> bool:
    return probe.reply is not None and probe.reply.kind is not ReplyKind.ACK


def _rounds(hops: Sequence[Hop], mute: int | None) -> dict[int, dict[int, bool]]:
    """What each round asked; the silence of a server at TTL ``mute`` is left out (rule 3)."""
    found: dict[int, dict[int, bool]] = {}
    for hop in hops:
        for probe in hop.probes:
            if _is_answered(probe) or hop.ttl != mute:
                found.setdefault(probe.attempt, {})[hop.ttl] = _is_answered(probe)
    return found


def _loss(
    hop: Hop, hops: Sequence[Hop], rounds: Mapping[int, _Round], witnesses: set[int]
) -> HopLoss:
    lost = sum(_is_lost_there(probe, rounds, witnesses) for probe in hop.probes)
    sent, unanswered = hop.loss.sent, hop.loss.lost
    least = Loss(sent=sent, lost=0 if hop.limited else lost)
    most = Loss(sent=sent, lost=0 if hop.limited else unanswered)
    return HopLoss(
        ttl=hop.ttl,
        nature=_nature(hop, hops, least),
        sent=sent,
        unanswered=unanswered,
        forward=least.lost,
        share=least.share,
        interval=(least.interval[0], most.interval[1]),
    )


def _is_lost_there(probe: Probe, rounds: Mapping[int, _Round], witnesses: set[int]) -> bool:
    """Rule 2."""
    if _is_answered(probe):
        return False
    in_round = rounds.get(probe.attempt, {})
    later = {ttl: answered for ttl, answered in in_round.items() if ttl > probe.ttl}
    return not any(later.values()) and bool(later.keys() & witnesses)


def _nature(hop: Hop, hops: Sequence[Hop], least: Loss) -> LossNature:
    if hop.limited:
        return LossNature.LIMITED
    if least.lost:
        return LossNature.FORWARD
    if not hop.loss.lost:
        return LossNature.NONE
    silent = not any(other.answered for other in hops if other.ttl >= hop.ttl)
    return LossNature.ENDS if silent else LossNature.UNKNOWN
