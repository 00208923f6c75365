"""May a hop be taken for one balancer? What speaks against it: meshing, and unequal widths.

The law (Vermeulen, Strowes, Fourmaux, Friedman 2018, arXiv:1809.10070, sections 2.3 and 2.4)
-------
1. Between two hops of several nodes each, a node of the wider one has one neighbour in the other; if one
   has more, the hops are **meshed**.
2. The nodes of the narrower one have equally many neighbours in the wider one, else the hops are
   **asymmetric** and their nodes not equally likely.
"""

from mxpath.multipath.sightings import Level


def is_meshed(before: Level, here: Level) -> bool:
    """Rule 1, as far as edges are known."""
    out, into = _neighbours(before, here)
    wide_before = len(before.nodes) >= len(here.nodes)
    wide_here = len(before.nodes) <= len(here.nodes)
    return (wide_before and max(out, default=0) > 1) or (wide_here and max(into, default=0) > 1)


def is_asymmetric(before: Level, here: Level) -> bool:
    """Rule 2, as far as edges are known."""
    out, into = _neighbours(before, here)
    return len(set(out if len(before.nodes) <= len(here.nodes) else into)) > 1


def undetected(next_hops: int, flows: int) -> float:
    """Probability that a meshed node shows but one neighbour to so many flows.

    Examples
    --------
    >>> undetected(2, 2)
    0.5
    """
    return float(next_hops) ** (1 - flows)


def _neighbours(before: Level, here: Level) -> tuple[list[int], list[int]]:
    out = [len(here.links.get(near, ())) for near in before.nodes]
    into = [sum(far in here.links.get(near, ()) for near in before.nodes) for far in here.nodes]
    return out, into
