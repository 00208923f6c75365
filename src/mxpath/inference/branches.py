"""What other flows of a study say about a path: branches of unlike delay.

Each flow takes one of several equal-cost branches, and each answer one of its own on its way back.
Which ones, nobody can see from one flow; but where two flows pass the same hop, or the same number
of hops through the same networks (the two families of one host), and need unlike times, branches
of unlike delay lie before it. What they differ by may be wrong in any figure that ends there.

The SMTP conversation is a flow too: where its handshake was faster than the trace's own answer
from the target, there was a faster way. A slower one proves nothing: its time was taken by a
program, and a SYN may have been lost.
"""

from collections.abc import Mapping, Sequence

from mxpath.inference.latency import TIMER_NOISE_MS
from mxpath.inference.steps import Step

Steps = Sequence[Step]


def branch_spreads(
    steps: Steps, others: Sequence[Steps], *, handshake_ms: float | None = None
) -> Mapping[int, float]:
    """Return how far other flows differ from this one, by TTL, in milliseconds.

    Parameters
    ----------
    steps
        The path.
    others
        Paths of other flows from the same vantage.
    handshake_ms
        Time of a TCP handshake with the same target, as a connection of this host took it.

    Returns
    -------
    Mapping
        TTL to the difference; TTLs where flows agree, or where nothing compares, are left out.
    """
    found: dict[int, float] = {}
    for index, step in enumerate(steps):
        if not step.rtts_ms:
            continue
        times = [step.rtts_ms[0]]
        times += [
            each[index].rtts_ms[0]
            for each in others
            if len(each) > index and each[index].rtts_ms and _alike(steps, each, index)
        ]
        if step.is_target and handshake_ms is not None and handshake_ms < times[0]:
            times.append(handshake_ms)
        spread = max(times) - min(times)
        if spread > 2 * TIMER_NOISE_MS:
            found[step.ttl] = round(spread, 6)
    return found


def _alike(steps: Steps, other: Steps, index: int) -> bool:
    """Whether two paths pass the same hop there, or as many hops of the same networks."""
    if steps[index].is_target != other[index].is_target:
        return False
    if steps[index].address == other[index].address:
        return True
    if _version(steps) == _version(other):
        return False
    pairs = zip(steps[: index + 1], other[: index + 1], strict=False)
    return all(one.asn == two.asn for one, two in pairs) and steps[index].asn is not None


def _version(steps: Steps) -> int | None:
    return next((step.address.version for step in steps if step.address is not None), None)
