"""Backbone shares held against what the links of a played world take."""

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from mxpath.graph.influence import backbone_shares
from mxpath.lab.truth import PathTruth, Truth
from mxpath.model.study import Study


def inside_ms(path: PathTruth, asns: set[int]) -> float:
    """There and back over the links that end at a router of these networks."""
    there = [(0, 0.0), *((hop.asn, hop.there_ms) for hop in path.hops)]
    return sum(2 * (now - before) for (_, before), (asn, now) in pairwise(there) if asn in asns)


def counted(studies: Iterable[Study], truth: Truth) -> Counter[str]:
    """Shares of routes with a transit-free network: ``right``, ``wrong`` or ``refused``."""
    paths = {path.target: path for path in truth.paths}
    counts: Counter[str] = Counter()
    for study in studies:
        free = {claim.value.asn for claim in study.transit_free or ()}
        for share in backbone_shares(study):
            if not share.networks:
                continue
            if share.rtt_ms is None:
                counts["refused"] += 1
                continue
            off = abs(share.rtt_ms - inside_ms(paths[share.target], free))
            counts["right" if off <= share.plus_minus_ms else "wrong"] += 1
    return counts
