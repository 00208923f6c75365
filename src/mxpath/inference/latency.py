"""Where the time goes: the lower envelope of the round-trip times, and differences along it.

The law
-------
1. *Envelope*: ``env[i] = min over j >= i of the smallest RTT of hop j``. A probe
   to hop j passed hop i, so what hop j managed, the way to i can take at most.
   A hop that answers late is late by its own slowness or by its own way back;
   the envelope lifts it off, and never touches the target's own figure (a
   regression would).
2. *Differential*: ``env(exit) - env(entry)``. It is latency of what lies between
   only where the ways back are the same, and so it is named a difference.
3. *Uncertainty*: of each end, the gap between the two smallest samples that the
   envelope stands on, the usual order-statistics estimate of how far a minimum
   is above its floor, and never less than ``TIMER_NOISE_MS``. The two add up:
   the noise of both ends may point apart.
4. *No figure* is given where an end has no envelope (silence to the end), where
   the interval covers zero, or where the answers' TTLs say that the ways back
   differ by ``WAY_BACK_JUMP_HOPS`` hops or more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mxpath.inference.steps import Step
from mxpath.model.route import Differential

TIMER_NOISE_MS = 0.1
"""Least uncertainty of one RTT: what kernel timestamps and schedulers add on an idle path."""
WAY_BACK_JUMP_HOPS = 3
"""Ways back that differ by as much in length are held to be different ways."""
_INITIAL_TTLS = (32, 64, 128, 255)


def envelope(minima: Sequence[float | None]) -> tuple[float | None, ...]:
    """Return the suffix minimum of the hops' smallest RTTs in milliseconds.

    Parameters
    ----------
    minima
        Smallest RTT of each hop, ``None`` for silence.

    Returns
    -------
    tuple
        For each hop the smallest of its own and all later minima; ``None``
        where neither the hop nor a later one answered.

    Examples
    --------
    >>> envelope((10, 60, 20, 30))
    (10, 20, 20, 30)
    >>> envelope((10, None, 20, None))
    (10, 20, 20, None)
    """
    found: list[float | None] = []
    least: float | None = None
    for value in reversed(minima):
        if value is not None and (least is None or value < least):
            least = value
        found.append(least)
    return tuple(reversed(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """The envelope at one hop, and how far it may be off."""

    rtt_ms: float
    plus_minus_ms: float
    excess_back: int | None = None
    """Hops that the way back of the answer is longer than the way there; ``None`` when unknown."""


START = Level(rtt_ms=0.0, plus_minus_ms=0.0)
"""The vantage itself."""


def level(steps: Sequence[Step], ttl: int) -> Level | None:
    """Return the envelope at ``ttl``, ``None`` when nothing from there on answered.

    ``ttl`` 0 is the vantage itself.
    """
    if ttl == 0:
        return START
    answered = [step for step in steps if step.ttl >= ttl and step.rtts_ms]
    if not answered:
        return None
    lowest = min(answered, key=lambda step: step.rtts_ms[0])
    return Level(
        rtt_ms=lowest.rtts_ms[0],
        plus_minus_ms=_spread(lowest.rtts_ms),
        excess_back=_excess_back(lowest),
    )


def _spread(samples: Sequence[float]) -> float:
    gap = samples[1] - samples[0] if len(samples) > 1 else 0.0
    return max(gap, TIMER_NOISE_MS)


def _excess_back(step: Step) -> int | None:
    """Length of the way back, guessed from the nearest customary initial TTL, minus that there."""
    if step.reply_ttl is None:
        return None
    initial = next((ttl for ttl in _INITIAL_TTLS if ttl >= step.reply_ttl), None)
    return None if initial is None else initial - step.reply_ttl - step.ttl


def differential(steps: Sequence[Step], *, entry_ttl: int, exit_ttl: int) -> Differential:
    """Return the differential RTT from one hop to a later one.

    Parameters
    ----------
    steps
        All steps of the path.
    entry_ttl
        TTL of the hop before; 0 for the vantage itself.
    exit_ttl
        TTL of the last hop of what is measured.
    """
    entry, leave = level(steps, entry_ttl), level(steps, exit_ttl)
    if entry is None or leave is None:
        return unresolved("nothing from here on answered")
    plus_minus = entry.plus_minus_ms + leave.plus_minus_ms
    difference = round(leave.rtt_ms - entry.rtt_ms, 6)  # to the nanosecond that stamps have
    if _ways_back_differ(entry, leave):
        return unresolved("the ways back differ in length", plus_minus_ms=plus_minus)
    if difference <= plus_minus:
        return unresolved(
            f"{difference:.2f} ± {plus_minus:.2f} ms cannot be told from zero",
            plus_minus_ms=plus_minus,
        )
    return Differential(rtt_ms=difference, plus_minus_ms=plus_minus)


def _ways_back_differ(entry: Level, leave: Level) -> bool:
    if entry.excess_back is None or leave.excess_back is None:
        return False
    return abs(leave.excess_back - entry.excess_back) >= WAY_BACK_JUMP_HOPS


def unresolved(reason: str, *, plus_minus_ms: float = 0.0) -> Differential:
    """Return a differential without a figure."""
    return Differential(rtt_ms=None, plus_minus_ms=plus_minus_ms, reason=reason)
