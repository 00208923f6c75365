"""Where the time goes: the lower envelope of the round-trip times, and differences along it.

The law
-------
1. *Envelope*: ``env[i] = min over j >= i of the smallest RTT of hop j``. A probe
   to hop j passed hop i, so what hop j managed, the way to i can take at most.
   A hop that answers late is late by its own slowness or by its own way back;
   the envelope lifts it off, and never touches the target's own figure (a
   regression would).
2. *Level*: a hop's own place on the envelope. Of a hop that later ones undercut by more
   than noise no more is known than that it lies between the level before it and the
   envelope: the middle of the two, give or take half of what lies between.
3. *Differential*: ``level(exit) - level(entry)``. It is latency of what lies between
   only where the ways back are the same, and so it is named a difference.
4. *Uncertainty* is the sum of
   a. the noise of both ends, which may point apart: ``FLOOR_FACTOR`` times the gap between the
      two smallest samples there (or at the nearest hop that has two), or the usual gap at the
      hops beside where that is larger (one gap of three samples is luck), and never less than
      ``TIMER_NOISE_MS``, or than what another tool rounds to;
   b. what other flows of the study say of the same stretch (``branches.py``): equal-cost
      branches of unlike delay, of which each answer takes one of its own on the way back;
   c. ``UNSEEN_SHARE`` of the figure: ways back of equal length still run over other links (a
      network that meets ours at two places hands over at the nearer one; a branch of a diamond),
      and nothing that a vantage can see tells how long those are.
5. *The ways back* are compared by the TTL that answers arrive with: what is left of the
   initial value, less the way there, is constant along a path that answers come home by. One
   hop of difference between answers of one make (the same initial TTL) is no habit of a
   maker, it is another way; between makes it takes two, since some count themselves.
6. *No figure* is given where an end has no level (silence to the end), where the ways back of
   both ends, or of a hop between them, differ (law 5), where the target's answer came as late
   as a SYN/ACK that was sent again, or where the interval covers zero.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from mxpath.inference.steps import Step
from mxpath.model.route import Differential

TIMER_NOISE_MS = 0.1
"""Least uncertainty of one RTT: what kernel timestamps and schedulers add on an idle path."""
FLOOR_FACTOR = 3.0
"""How many usual gaps the smallest of a few samples may lie above its floor. Of three samples of
a bell-shaped delay the gap is 0.85 standard deviations, the smallest lies 0.85 below the mean,
and the floor of two uniform delays 2.4 below it: (2.4 - 0.85) / 0.85 is 1.9; the rest is luck."""
UNSEEN_SHARE = 0.2
"""Chosen by trial over the lab's worlds: see docs/method.md."""
RESENT_MS = 950.0
"""A SYN/ACK that got lost is sent again after a second (RFC 6298), and later ones after more."""
_NEIGHBOURS = 2
_INITIAL_TTLS = (32, 64, 128, 255)
NO_BRANCHES: Mapping[int, float] = {}


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


START = Level(rtt_ms=0.0, plus_minus_ms=0.0)
"""The vantage itself."""


def level(steps: Sequence[Step], ttl: int) -> Level | None:
    """Return the level of the hop at ``ttl``, ``None`` when it did not answer.

    ``ttl`` 0 is the vantage itself.
    """
    if ttl == 0:
        return START
    own = steps[ttl - 1].rtts_ms
    if not own:
        return None
    noise_ms = _noise_ms(steps, ttl)
    highest = min(step.rtts_ms[0] for step in steps[ttl - 1 :] if step.rtts_ms)
    late_ms = own[0] - highest
    if late_ms <= noise_ms:
        return Level(rtt_ms=highest, plus_minus_ms=max(noise_ms, late_ms))
    before = [step.rtts_ms[0] for step in steps[: ttl - 1] if step.rtts_ms]
    lowest = min(max(before, default=0.0), highest)
    half = (highest - lowest) / 2
    return Level(rtt_ms=lowest + half, plus_minus_ms=half + noise_ms)


def _noise_ms(steps: Sequence[Step], ttl: int) -> float:
    """Law 4a: how far the smallest sample of a hop may lie above its floor."""
    gaps = sorted(
        (abs(step.ttl - ttl), step.rtts_ms[1] - step.rtts_ms[0])
        for step in steps
        if len(step.rtts_ms) > 1
    )
    least = max(TIMER_NOISE_MS, steps[ttl - 1].resolution_ms)
    if not gaps:
        return least
    beside = [gap for _, gap in gaps[: 1 + 2 * _NEIGHBOURS]]
    nearest = max(gap for far, gap in gaps if far == gaps[0][0])
    return max(least, FLOOR_FACTOR * max(fmean(beside), nearest))


def differential(
    steps: Sequence[Step],
    *,
    entry_ttl: int,
    exit_ttl: int,
    branches: Mapping[int, float] = NO_BRANCHES,
) -> Differential:
    """Return the differential RTT from one hop to a later one.

    Parameters
    ----------
    steps
        All steps of the path.
    entry_ttl
        TTL of the hop before; 0 for the vantage itself.
    exit_ttl
        TTL of the last hop of what is measured.
    branches
        TTL to what other flows make of it in milliseconds (law 4b).
    """
    figure = _differential(steps, entry_ttl, exit_ttl, branches)
    return replace(figure, entry_ttl=entry_ttl, exit_ttl=exit_ttl)


def _differential(
    steps: Sequence[Step], entry_ttl: int, exit_ttl: int, branches: Mapping[int, float]
) -> Differential:
    entry, leave = level(steps, entry_ttl), level(steps, exit_ttl)
    if entry is None or leave is None:
        return unresolved("an end of it did not answer")
    difference = round(leave.rtt_ms - entry.rtt_ms, 6)  # to the nanosecond that stamps have
    branched_ms = max(branches.get(entry_ttl, 0.0), branches.get(exit_ttl, 0.0))
    noise_ms = entry.plus_minus_ms + leave.plus_minus_ms
    plus_minus = round(noise_ms + branched_ms + UNSEEN_SHARE * max(difference, 0.0), 6)
    if (reason := _ways_back(steps, entry_ttl, exit_ttl)) is not None:
        return unresolved(reason, plus_minus_ms=plus_minus)
    if steps[exit_ttl - 1].is_target and difference >= RESENT_MS:
        reason = "the target's answer may have been sent again after a loss"
        return unresolved(reason, plus_minus_ms=plus_minus)
    if difference <= plus_minus:
        return unresolved(
            f"{difference:.2f} ± {plus_minus:.2f} ms cannot be told from zero",
            plus_minus_ms=plus_minus,
        )
    wide = f"other flows differ by {branched_ms:.1f} ms here" if branched_ms else ""
    return Differential(rtt_ms=difference, plus_minus_ms=plus_minus, reason=wide)


def _ways_back(steps: Sequence[Step], entry_ttl: int, exit_ttl: int) -> str | None:
    """Law 5: say where the ways back differ; ``None`` where nothing shows that they do."""
    known = [found for step in steps[:exit_ttl] if (found := _way_back(step)) is not None]
    concerned = [each for each in known if each[0] >= entry_ttl]
    if not entry_ttl:
        concerned = known
    if len(concerned) < 2:
        return None
    first, *others = concerned
    for ttl, initial, excess in others:
        least = 1 if initial == first[1] else 2
        if abs(excess - first[2]) >= least:
            longer = "longer" if excess > first[2] else "shorter"
            hops = abs(excess - first[2])
            return (
                f"the ways back differ in length: that of hop {ttl} is {hops}"
                f" hop{'s' * (hops != 1)} {longer} than that of hop {first[0]}"
            )
    return None


def _way_back(step: Step) -> tuple[int, int, int] | None:
    """TTL, initial TTL of the answer, and hops that the way back is longer than the way there."""
    if step.reply_ttl is None:
        return None
    initial = next((ttl for ttl in _INITIAL_TTLS if ttl >= step.reply_ttl), None)
    return None if initial is None else (step.ttl, initial, initial - step.reply_ttl - step.ttl)


def unresolved(reason: str, *, plus_minus_ms: float = 0.0) -> Differential:
    """Return a differential without a figure."""
    return Differential(rtt_ms=None, plus_minus_ms=plus_minus_ms, reason=reason)
