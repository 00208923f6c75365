"""How well each hop was heard, and everything from it on: loss and jitter along a path.

The law
-------
1. A probe that a hop leaves unanswered says little of that hop: it may have been lost on the way
   there, on the way back, or held back by a limit. What is lost on a link is lost by *all* hops
   behind it alike. So loss is pooled: over the hops before a link, and over those behind it.
2. Hops that limit their answers, and hops that never answered, say nothing of loss. The target says
   that what it answered arrived; its silence to further SYNs says nothing.
3. Of another tool's trace nobody knows which hops limit their answers. There a hop that lost a greater
   share than any later one is taken for one that does: what a link loses, all hops behind it miss.
4. Jitter likewise: what a link adds shows at all hops behind it, so the figure of a hop is the
   smallest of its own and all later ones (the envelope's way). A single sample has none.
"""

from collections.abc import Iterator, Sequence

from mxpath.model.probe import ReplyKind
from mxpath.model.route import HopQuality
from mxpath.model.trace import Hop, Loss, Trace

_NONE = Loss(sent=0, lost=0)


def qualities(trace: Trace) -> tuple[HopQuality, ...]:
    """Return the quality of each hop of a trace's first flow."""
    hops = trace.hops
    counted = [_loss(hop, trace) for hop in hops]
    if trace.imported is not None:
        counted = _not_outdone(hops, counted, trace)
    return tuple(
        HopQuality(
            ttl=hop.ttl,
            sent=hop.loss.sent,
            answered=hop.answered,
            limited=hop.limited,
            jitter_ms=hop.jitter_ms,
            jitter_floor_ms=min(_jitters(hops[index:]), default=None),
            loss_before=sum(counted[:index], start=_NONE),
            loss_from_here=sum(counted[index:], start=_NONE),
        )
        for index, hop in enumerate(hops)
    )


def _not_outdone(hops: Sequence[Hop], counted: Sequence[Loss], trace: Trace) -> list[Loss]:
    """Rule 3; of the target only what is told of many probes counts as a share of its own."""
    kept, least = list(counted), 1.0
    for index in reversed(range(len(hops))):
        hop, share = hops[index], counted[index].share
        if hop.ttl == trace.distance:
            share = hop.loss.share if hop.told is not None else None
        elif share is not None and share > least:
            kept[index] = _NONE
        least = min(least, least if share is None else share)
    return kept


def _loss(hop: Hop, trace: Trace) -> Loss:
    """Rule 2."""
    if hop.limited or not hop.answered:
        return _NONE
    if hop.told is not None and hop.ttl != trace.distance:
        return hop.loss
    kinds = {probe.reply.kind for probe in hop.probes if probe.reply is not None}
    if ReplyKind.TIME_EXCEEDED in kinds:
        return hop.loss
    return Loss(sent=hop.answered, lost=0)


def _jitters(hops: Sequence[Hop]) -> Iterator[float]:
    return (hop.jitter_ms for hop in hops if hop.jitter_ms is not None)
