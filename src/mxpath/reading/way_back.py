"""The length of the way back, guessed from the TTL with which answers arrive.

The law
-------
1. Hosts and routers send with an initial TTL of 32, 64, 128 or 255 (Vanaubel et al., "Network
   fingerprinting: TTL-based router signatures", IMC 2013). The least of these that is not below
   the reply TTL is taken; 32 only where that gives a way back nearer to the way there than 64 does,
   since few systems use it.
2. The way back counts as the way there does: a neighbour, whose answer arrives undiminished, is 1.
3. Where way back and way there begin to differ by three hops or more, that is an asymmetry, and the
   hops up to the next jump belong to it. Less may be a different choice of two routers.
4. It is a guess: inside an MPLS tunnel answers may first go on to its end, and who answers may have
   taken another initial TTL.
"""

from collections.abc import Iterator
from itertools import groupby

from mxpath.model.anomaly import Anomaly, AnomalyKind
from mxpath.reading.heard import FlowHeard, Heard, ttls

_INITIAL = (64, 128, 255)
_RARE = 32
_LEAST_HOPS = 3
"""Rule 3."""


def way_back_hops(reply_ttl: int, ttl: int) -> int:
    """Guess how many hops an answer came back, that left ``ttl`` hops away (rules 1 and 2).

    Examples
    --------
    >>> way_back_hops(250, 5), way_back_hops(64, 1), way_back_hops(30, 3), way_back_hops(30, 30)
    (6, 1, 3, 35)
    """
    usual = next(initial for initial in _INITIAL if initial >= reply_ttl) - reply_ttl + 1
    if reply_ttl > _RARE:
        return usual
    rare = _RARE - reply_ttl + 1
    return min(usual, rare, key=lambda hops: abs(hops - ttl))


def asymmetries(flow: FlowHeard) -> Iterator[Anomaly]:
    """Find where the way back begins to be of another length than the way there (rule 3)."""
    measured = [
        (h, way_back_hops(h.reply.reply_ttl, h.ttl) - h.ttl)
        for h in flow.first_answers
        if h.reply.reply_ttl is not None and 0 < h.reply.reply_ttl <= _INITIAL[-1]
    ]
    level = 0
    levels: list[tuple[Heard, int, int]] = []
    for answer, excess in measured:
        if abs(excess - level) >= _LEAST_HOPS:
            level = excess
        levels.append((answer, level, excess))
    for level, group in groupby(levels, key=lambda found: found[1]):
        run = list(group)
        if abs(level) < _LEAST_HOPS:
            continue
        longer = "longer" if level > 0 else "shorter"
        yield flow.found(
            AnomalyKind.ASYMMETRY,
            ttls([answer for answer, _, _ in run]),
            f"by its reply TTL the way back is about {abs(level)} hops {longer} than the way there",
            *(
                f"hop {h.ttl}: reply TTL {h.reply.reply_ttl}, about {h.ttl + excess} hops back"
                for h, _, excess in run
            ),
        )
