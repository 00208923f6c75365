"""The least time that a trace can take under the cap of SYNs: a bound, from the truth of a path.

The law (event-driven; nothing here waits or sends):

1. On an unknown path the first 1 + ``max_past_target`` SYNs leave at once. SYN t leaves when a hop
   >= t - 1 - ``max_past_target`` has answered, or ``min_wait_s`` after the one before.
2. On a known path all leave at once.
3. It is over when the target and all hops before it have answered. A silent hop is given up
   max(``min_wait_s``, ``rtt_factor`` x the RTT of its neighbours) after it was sent.
4. A target that drops everything costs ``silence_timeout_s`` after the last SYN: the one that is
   ``1 + max_past_target`` past the last hop that answers, or on a known path the first ones.
"""

from collections.abc import Sequence

from mxpath.tracing.options import TraceOptions


def floor_s(
    hops_s: Sequence[float | None],
    target_s: float | None,
    *,
    known: bool = False,
    options: TraceOptions | None = None,
) -> float:
    """Return the least time of a trace in seconds.

    Parameters
    ----------
    hops_s
        Round-trip times of the hops before the target by TTL, from 1, in seconds; ``None`` for
        one that stays silent.
    target_s
        That of the target; ``None`` for one that drops SYNs.
    known
        Whether the distance is known before.
    options
        Waits and cap.

    Examples
    --------
    >>> ramp = [0.1 * ttl / 13 for ttl in range(1, 13)]
    >>> round(floor_s(ramp, 0.1), 3), round(floor_s(ramp, 0.1, known=True), 3)
    (0.162, 0.1)
    >>> round(floor_s([*ramp[:3], None, *ramp[4:8], None, *ramp[9:]], 0.1), 3)
    0.254
    >>> round(floor_s(ramp, None), 3)
    2.138
    """
    chosen = options or TraceOptions()
    rtts = [*hops_s, target_s]
    distance = len(rtts)
    answering = [ttl for ttl in range(1, distance) if hops_s[ttl - 1] is not None]
    if target_s is None and known:
        return chosen.silence_timeout_s
    last = distance if target_s is not None else (answering or [0])[-1] + _ahead(chosen)
    left = [0.0] * last if known else _departures(rtts, last, chosen)
    if target_s is None:
        return left[-1] + chosen.silence_timeout_s
    ends = [left[-1] + target_s]
    for place, rtt_s in enumerate(hops_s):
        wait_s = _patience_s(rtts, place, chosen) if rtt_s is None else rtt_s
        ends.append(left[place] + wait_s)
    return max(ends)


def _ahead(options: TraceOptions) -> int:
    return 1 + options.max_past_target


def _departures(rtts: Sequence[float | None], last: int, options: TraceOptions) -> list[float]:
    """Return when each SYN leaves, by TTL from 1 (rule 1)."""
    left: list[float] = []
    for ttl in range(1, last + 1):
        if ttl <= _ahead(options):
            left.append(0.0)
            continue
        near = range(max(1, ttl - _ahead(options)), min(ttl, len(rtts) + 1))
        answers = [left[t - 1] + rtt for t in near if (rtt := rtts[t - 1]) is not None]
        stuck_s = left[-1] + options.min_wait_s
        left.append(max(left[-1], min([stuck_s, *answers])))
    return left


def _patience_s(rtts: Sequence[float | None], place: int, options: TraceOptions) -> float:
    near = next((rtt for rtt in reversed(rtts[:place]) if rtt is not None), 0.0)
    far = next((rtt for rtt in rtts[place + 1 :] if rtt is not None), 0.0)
    return max(options.min_wait_s, options.rtt_factor * max(near, far))
