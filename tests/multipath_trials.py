"""Does the stopping rule miss as often as it should? Each router that branches is one trial."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import comb

from multipath_graphs import Graph, Wire, address, chain, diamond, explore
from mxpath.model.multipath import Multipath, Rule
from mxpath.multipath.options import MultipathOptions
from mxpath.multipath.stopping import miss_rate, stopping_points

# Taken here, before anybody can alter what the course goes by.
POINTS = {confidence: stopping_points(confidence, 40) for confidence in (0.8, 0.95, 0.99)}


@dataclass(slots=True)
class Tally:
    """Trials of one width."""

    trials: int = 0
    missed: int = 0
    """Next hops were missing when the rule said stop, or when asking ended before."""
    missing: int = 0
    """Next hops were missing in the end: flows that were sent in search of other nodes count too."""


def drawn(number: int) -> tuple[Graph, MultipathOptions, int]:
    """The number's graph, how to ask it, and how many diamonds are in it.

    Five in nine are four plain diamonds in a row, of which the first is 2 to 16 wide, asked hop by hop
    where that is right. The others are nested, meshed, or of unequal length, asked node by node.
    """
    kind, width, small = number % 9, 2 + number % 15, 2 + number // 9 % 3
    if kind < 5:
        return chain(1, width, 1, 2, 1, 3, 1, 2, 1), MultipathOptions(), 4
    full = MultipathOptions(lite=False)
    if kind < 7:
        return diamond(small, 2 + number // 27 % 2, length=2), full, 1
    if kind < 8:
        return meshed(small, 2), full, 1
    return diamond(small, length=2, longer=1), full, 1


def meshed(width: int, inner: int) -> Graph:
    """Two hops of several routers, of which each leads to ``inner`` of the next hop, overlapping."""
    heads = tuple(range(2, 2 + width))
    tails = tuple(range(2 + width, 2 + 2 * width))
    after: dict[int, tuple[int, ...]] = {0: (1,), 1: heads}
    for number, head in enumerate(heads):
        after[head] = tuple(dict.fromkeys(tails[(number + step) % width] for step in range(inner)))
    last = 2 + 2 * width
    return Graph(after=after | dict.fromkeys(tails, (last,)) | {last: (-1,)})


def tallies(confidence: float, diamonds: int) -> dict[int, Tally]:
    """Explore graphs until they are so many diamonds; trials by width."""
    found: dict[int, Tally] = {}
    number = seen = 0
    while seen < diamonds:
        graph, options, inside = drawn(number)
        options = replace(options, confidence=confidence)
        count(*explore(graph, seed=number, options=options), confidence, found)
        number, seen = number + 1, seen + inside
    return found


def faults(found: dict[int, Tally], confidence: float, alpha: float) -> list[str]:
    """Widths whose misses are too many or too few to be those of the law.

    ``alpha`` is the probability that chance alone does that to any of them.
    """
    bad = []
    for width, tally in sorted(found.items()):
        low, high = interval(tally.trials, exact(width, confidence), alpha / len(found))
        if not low <= tally.missed <= high or tally.missing > high:
            bad.append(f"{width}: {tally}, {low} to {high} expected")
    return bad


def count(found: Multipath, wire: Wire, confidence: float, tallies: dict[int, Tally]) -> None:
    """Count the trials of one exploration: routers that branch, and were asked by themselves."""
    for node in found.nodes:
        if node.rule is not Rule.NODE or node.address is None:
            continue
        near = int(node.address) - int(address(0))
        ways = wire.graph.after[near]
        if len(ways) < 2 or -1 in ways:
            continue
        tally = tallies.setdefault(len(ways), Tally())
        tally.trials += 1
        met = tuple(_met(wire, near, node.ttl))
        tally.missed += _stopped(met, POINTS[confidence]) < len(ways)
        tally.missing += len(set(met)) < len(ways)


def _met(wire: Wire, near: int, ttl: int) -> Iterator[int]:
    """Next hops of a router in the order in which flows met them."""
    for shot in wire.shots:
        path = wire.paths[shot.flow]
        if shot.ttl == ttl + 1 and not shot.attempt and path[min(ttl, len(path) - 1)] == near:
            yield path[ttl + 1]


def _stopped(met: Sequence[int], points: dict[int, int]) -> int:
    """Next hops that were known when the rule said stop."""
    seen: set[int] = set()
    for number, far in enumerate(met, start=1):
        seen.add(far)
        if number >= points[len(seen) + 1]:
            break
    return len(seen)


def interval(trials: int, rate: float, alpha: float) -> tuple[int, int]:
    """Least and greatest number of misses that a binomial law lets happen but with ``alpha``."""
    below, low, high = 0.0, None, trials
    for misses in range(trials + 1):
        below += comb(trials, misses) * rate**misses * (1 - rate) ** (trials - misses)
        if low is None and below > alpha / 2:
            low = misses
        if below >= 1 - alpha / 2:
            high = misses
            break
    return low or 0, high


def exact(width: int, confidence: float) -> float:
    """The exact miss rate."""
    return miss_rate(width, 1 - confidence)
