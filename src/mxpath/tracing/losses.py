"""Lost on the way there, held back, or unknown: what the unanswered probes of a hop tell.

The law
-------
1. A round is what was sent as the same attempt: one probe of each TTL, as in mtr and traceroute.
2. A probe is **lost on the way there** when it and all later TTLs of its round went unanswered. It
   takes a witness: a later hop that else answers (its silence is news), and does not limit its
   answers (its silence would be its own). A probe after which a later TTL of the round answered was
   not lost in this sense: a path that was down would have lost the later one too.
3. Where a round asked no witness behind it, nothing is told of that probe. So of the last hop that
   was asked, and of the target: of its silence to a further SYN nothing can be concluded.
4. **Limited** is a hop as the trace's law 7 says (``plan.py``): its silence is no loss.
5. **Silent from here on** is a hop without any answer when no hop behind it ever answered either:
   there is no witness, and a filter, a dead target and silent routers look the same.

trippy (release 0.13) counts forward loss likewise, at the first lost hop of a round alone; that one
silent hop behind it is enough there makes it see loss where the last router limits its answers
(its issue 1466), hence the witness. What single packets a link loses at random shows in the
figures of all hops behind it, see ``inference/quality.py``; here only whole tails count.
"""

from collections.abc import Iterator, Mapping, Sequence

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
    fates = list(_fates(hop, rounds, witnesses))
    told = Loss(
        sent=sum(fate is not None for fate in fates), lost=sum(fate is True for fate in fates)
    )
    if hop.limited:  # rule 4: that none of it is loss is all that is told
        told = Loss(sent=hop.answered, lost=0)
    return HopLoss(
        ttl=hop.ttl,
        nature=_nature(hop, hops, told),
        unanswered=hop.loss.lost,
        judged=told.sent,
        forward=told.lost,
        share=told.share,
        interval=told.interval,
    )


def _fates(hop: Hop, rounds: Mapping[int, _Round], witnesses: set[int]) -> Iterator[bool | None]:
    """Of each probe whether it was lost on the way there (rule 2); ``None`` for not told."""
    for probe in hop.probes:
        if _is_answered(probe):
            yield False
            continue
        later = {
            ttl: answered
            for ttl, answered in rounds.get(probe.attempt, {}).items()
            if ttl > hop.ttl
        }
        if any(later.values()):
            yield False
        else:
            yield True if later.keys() & witnesses else None


def _nature(hop: Hop, hops: Sequence[Hop], told: Loss) -> LossNature:
    if hop.limited:
        return LossNature.LIMITED
    if told.lost:
        return LossNature.FORWARD
    if not hop.loss.lost:
        return LossNature.NONE
    silent = not any(other.answered for other in hops if other.ttl >= hop.ttl)
    return LossNature.ENDS if silent else LossNature.UNKNOWN
