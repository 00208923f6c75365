"""What many probes to one hop come to, in the words that mtr and trippy use."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HopStatistics:
    """Statistics of one hop; what the source does not tell is ``None``.

    Times are round trips in milliseconds. How each is computed, and where mtr and trippy
    differ: ``reading/statistics.py``.
    """

    sent: int
    received: int
    last_ms: float | None = None
    best_ms: float | None = None
    average_ms: float | None = None
    worst_ms: float | None = None
    stddev_ms: float | None = None
    """Of the sample (divided by n - 1); ``None`` of a single one."""
    jitter_ms: float | None = None
    """Difference of the last two round trips; ``None`` of a single one."""
    javg_ms: float | None = None
    """Sum of these differences divided by the number of answers (not of differences), as in mtr."""
    jmax_ms: float | None = None
    """The greatest of these differences."""
    jinta_ms: float | None = None
    """Interarrival jitter as mtr shows it: 16 times the estimate of RFC 3550 section 6.4.1."""

    @property
    def loss_share(self) -> float | None:
        """Unanswered of sent, in [0, 1]; ``None`` when nothing was sent."""
        return 1 - self.received / self.sent if self.sent else None
