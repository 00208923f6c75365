"""Clocks: the system's, and one whose hands are moved by hand."""

import time
from datetime import UTC, datetime

_EPOCH_NS = 1_781_654_400_000_000_000
"""2026-06-17 00:00:00 UTC: where a played clock starts unless told otherwise."""


def moment(now_ns: int) -> datetime:
    """Return a stamp of a clock (``now_ns``) as a moment."""
    return datetime.fromtimestamp(now_ns / 1e9, tz=UTC)


class SystemClock:
    """The time of this machine; satisfies :class:`mxpath.vantage.ports.Clock`."""

    def now_ns(self) -> int:
        """Nanoseconds since the epoch, CLOCK_REALTIME."""
        return time.time_ns()

    def monotonic_s(self) -> float:
        """Seconds on a clock that never steps."""
        return time.monotonic()

    def sleep(self, duration_s: float) -> None:
        """Wait for real."""
        time.sleep(max(0.0, duration_s))


class ManualClock:
    """A clock that stands still until someone sleeps.

    Time is kept in whole nanoseconds, so that two equal runs read equal stamps.

    Parameters
    ----------
    epoch_ns
        What ``now_ns`` reads while ``monotonic_s`` still reads 0.

    Examples
    --------
    >>> clock = ManualClock()
    >>> clock.sleep(1.5)
    >>> clock.monotonic_s()
    1.5
    """

    def __init__(self, epoch_ns: int = _EPOCH_NS) -> None:
        self._epoch_ns = epoch_ns
        self._elapsed_ns = 0

    def now_ns(self) -> int:
        """Nanoseconds since the epoch: the start plus all that was slept."""
        return self._epoch_ns + self._elapsed_ns

    def monotonic_s(self) -> float:
        """Seconds since this clock was made."""
        return self._elapsed_ns / 1e9

    def sleep(self, duration_s: float) -> None:
        """Move the hands forward; a negative duration leaves them alone.

        A positive one moves them by a nanosecond at least, so that a loop that sleeps
        what is left until a deadline comes to its end.
        """
        self._elapsed_ns += max(round(duration_s * 1e9), 1 if duration_s > 0 else 0)

    def instant_ns(self, monotonic_s: float) -> int:
        """Return the first instant, in nanoseconds since the epoch, that is not before this."""
        elapsed_ns = round(monotonic_s * 1e9)
        return self._epoch_ns + elapsed_ns + (elapsed_ns / 1e9 < monotonic_s)

    def advance_to(self, instant_ns: int) -> None:
        """Move the hands to ``instant_ns`` since the epoch; a past instant leaves them alone."""
        self._elapsed_ns = max(self._elapsed_ns, instant_ns - self._epoch_ns)

    def turn_to(self, instant_ns: int) -> None:
        """Set the hands to ``instant_ns`` since the epoch, which may lie in the past.

        For what happens side by side and is played one after another (``fanout.py``); nobody
        else may turn a clock back.
        """
        self._elapsed_ns = max(0, instant_ns - self._epoch_ns)
