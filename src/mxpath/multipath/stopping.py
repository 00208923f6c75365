"""When has a router shown all its next hops? The stopping rule of multipath tracing, exactly.

The law
-------
1. **The rule** (Augustin, Friedman, Teixeira 2007; Veitch, Augustin, Friedman, Teixeira 2009). With
   k next hops seen, a (k+1)-th is ruled out by ``stopping_points``: the least number n of probes of
   different flows after which k+1 equally likely next hops would all have been seen, but for a
   probability of at most epsilon.
2. **Exactly.** That probability is the coupon collector's, by inclusion and exclusion. The
   usual closed form, ceil(ln(epsilon/k) / ln((k-1)/k)), is its first term alone: it asks for one probe
   more at k = 8, 9 and 14 with 95 %, and for none more with 99 % up to k = 16.
3. **What the rule comes to.** The rule is asked again with every next hop that turns up, so that
   a router has several chances to be misjudged: ``miss_rate`` follows all of them. With 95 % it is 5.01 %
   at 8 and 5.06 % at 9 next hops, and below 5 % at all others up to 16.
4. **The whole graph.** Where at most B routers branch, each is held to 1 - (1 - epsilon)^(1/B), and all
   of them are right with probability 1 - epsilon.
5. **Per packet or per flow?** The same flow is asked again. A router with k equally likely next hops
   that chooses for each packet repeats itself m times with probability k^-m.

The law speaks of balancers that give every next hop the same share of flows. Of others it promises
nothing.
"""

from functools import lru_cache
from math import ceil, comb, log

from mxpath.errors import InputError

_MOST = 4096
"""Next hops beyond which nobody counts; a bound for inputs, not for routers."""


def unseen_probability(next_hops: int, probes: int) -> float:
    """Probability that some of equally likely next hops has not shown itself.

    Parameters
    ----------
    next_hops
        How many there are.
    probes
        How many flows were sent, each to one of them.

    Examples
    --------
    >>> unseen_probability(2, 6)
    0.03125
    >>> unseen_probability(2, 1)
    1.0
    """
    if probes < next_hops:
        return float(next_hops > 0)
    # Alternating terms of falling size: with as many probes as the rule asks for they fall so fast
    # that nothing is lost in the sum; with few the fractions are added exactly.
    if probes < 2 * next_hops:
        return _exactly(next_hops, probes)
    terms = (
        (1 if gone % 2 else -1) * comb(next_hops, gone) * (1 - gone / next_hops) ** probes
        for gone in range(1, next_hops)
    )
    return min(1.0, max(0.0, sum(terms)))


def _exactly(next_hops: int, probes: int) -> float:
    whole = sum(
        (1 if gone % 2 else -1) * comb(next_hops, gone) * (next_hops - gone) ** probes
        for gone in range(1, next_hops)
    )
    return float(whole / next_hops**probes)


@lru_cache(maxsize=4096)
def stopping_point(next_hops: int, epsilon: float) -> int:
    """Least number of flows after which ``next_hops`` would all have been seen (rule 1).

    Parameters
    ----------
    next_hops
        One more than were seen; at least 2.
    epsilon
        Probability, in (0, 1), of being wrong.

    Raises
    ------
    InputError
        When a value is outside its range.

    Examples
    --------
    >>> [stopping_point(k, 0.05) for k in (2, 3, 8, 16)]
    [6, 11, 38, 90]
    """
    if not 2 <= next_hops <= _MOST:
        raise InputError(f"next_hops = {next_hops} must lie between 2 and {_MOST}")
    if not 0 < epsilon < 1:
        raise InputError(f"epsilon = {epsilon} must lie between 0 and 1")
    # The closed form is never too small by more than a few, nor too great: look down from there.
    probes = max(next_hops, ceil(log(epsilon / next_hops) / log((next_hops - 1) / next_hops)))
    while probes > next_hops and unseen_probability(next_hops, probes - 1) <= epsilon:
        probes -= 1
    return probes


def stopping_points(confidence: float, most: int = 16) -> dict[int, int]:
    """The table of ``stopping_point`` for 2 to ``most`` next hops.

    Examples
    --------
    >>> list(stopping_points(0.99, 6).values())
    [8, 15, 21, 28, 36]
    """
    return {k: stopping_point(k, 1 - confidence) for k in range(2, most + 1)}


def miss_rate(next_hops: int, epsilon: float) -> float:
    """Probability that the rule stops before all of ``next_hops`` were seen (rule 3).

    Exact for equally likely next hops: the number of those seen is followed probe by probe.

    Examples
    --------
    >>> f"{miss_rate(8, 0.05):.2%}"
    '5.01%'
    """
    missed, seen, probes = 0.0, {1: 1.0}, 1
    while seen:
        for known in [
            k for k in seen if k < next_hops and probes >= stopping_point(k + 1, epsilon)
        ]:
            missed += seen.pop(known)
        seen.pop(next_hops, None)
        after: dict[int, float] = {}
        for known, chance in seen.items():
            share = known / next_hops
            after[known] = after.get(known, 0.0) + chance * share
            after[known + 1] = after.get(known + 1, 0.0) + chance * (1 - share)
        seen, probes = after, probes + 1
    return missed


def node_epsilon(confidence: float, branchings: int | None) -> float:
    """What each router is held to (rule 4); without a bound on branchings, the epsilon itself.

    Examples
    --------
    >>> round(node_epsilon(0.95, 30), 6)
    0.001708
    """
    wanted = 1 - confidence
    return wanted if branchings is None else 1 - confidence ** (1 / branchings)


def repeats(next_hops: int, epsilon: float) -> int:
    """How often flows are asked again to tell per-packet balancing from per-flow (rule 5).

    Examples
    --------
    >>> repeats(2, 0.05), repeats(16, 0.05)
    (5, 2)
    """
    return max(2, ceil(log(epsilon) / log(1 / next_hops)))
