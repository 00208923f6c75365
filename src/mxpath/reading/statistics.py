"""Loss, round trips and jitter of a hop, as mtr and trippy define them.

The law
-------
1. Samples come in the order of sending. (mtr and trippy take them as they arrive; the two differ
   only where answers overtake each other.) A bare ACK speaks of another SYN and is no sample.
2. With n answers x1 … xn and differences di = abs(xi - x(i-1)), d1 = 0:
   last = xn; best, worst; average = sum(x) / n; stddev = sqrt(sum((x - average)^2) / (n - 1));
   jitter = dn; javg = sum(d) / n; jmax = max(d); jinta: J = 0, then J += di - J / 16 for each.
3. Sums are kept in whole nanoseconds, so they are exact, and the order of adding is no matter.

This is mtr's way (``ui/net.c``, ``net_process_ping``, release 0.95), without its rounding to whole
microseconds: javg is divided by n although there are only n - 1 differences, and jinta follows RFC
1889 appendix A.8 but is shown before the final division by 16. RFC 3550's estimate is jinta / 16.
Where mtr shows 0 for a single sample (stddev, jitter, javg, jmax, jinta), nothing is told here.

trippy (``crates/trippy-core/src/state.rs``, 0.13) differs: it takes the first round trip itself for
the first difference, so that javg, jmax and jinta contain it; its jinta counts every difference as
0.5 ms at least, and decays by (J + 8) / 16. Its stddev adds up (x - mean)^2 with the mean *after*
each sample, which is less than the sample's. All other figures are the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

from mxpath.model.probe import Probe, ReplyKind
from mxpath.model.statistics import HopStatistics
from mxpath.model.trace import Hop

_SMOOTHING = 16
"""RFC 3550 section 6.4.1: the gain of the estimator is 1/16."""


@dataclass(slots=True)
class Tally:
    """Statistics of one hop that grow probe by probe, in constant memory."""

    sent: int = 0
    received: int = 0
    _last_ns: int = 0
    _best_ns: int = 0
    _worst_ns: int = 0
    _sum_ns: int = 0
    _squares: int = 0
    _jitter_ns: int = 0
    _jitters_ns: int = 0
    _jmax_ns: int = 0
    _jinta_ns: float = 0.0

    def add(self, rtt_ms: float | None) -> None:
        """Count one probe: its round-trip time, or ``None`` when nothing came back."""
        self.sent += 1
        if rtt_ms is not None:
            self._sample(round(rtt_ms * 1e6))

    def _sample(self, rtt_ns: int) -> None:
        if self.received:
            self._jitter_ns = abs(rtt_ns - self._last_ns)
            self._best_ns, self._worst_ns = min(self._best_ns, rtt_ns), max(self._worst_ns, rtt_ns)
        else:
            self._best_ns = self._worst_ns = rtt_ns
        self.received += 1
        self._last_ns = rtt_ns
        self._sum_ns += rtt_ns
        self._squares += rtt_ns * rtt_ns
        self._jitters_ns += self._jitter_ns
        self._jmax_ns = max(self._jmax_ns, self._jitter_ns)
        self._jinta_ns += self._jitter_ns - self._jinta_ns / _SMOOTHING

    @property
    def statistics(self) -> HopStatistics:
        """What was counted so far."""
        n = self.received
        if not n:
            return HopStatistics(sent=self.sent, received=0)
        several = n > 1
        return HopStatistics(
            sent=self.sent,
            received=n,
            last_ms=self._last_ns / 1e6,
            best_ms=self._best_ns / 1e6,
            average_ms=self._sum_ns / n / 1e6,
            worst_ms=self._worst_ns / 1e6,
            stddev_ms=self._stddev_ms() if several else None,
            jitter_ms=self._jitter_ns / 1e6 if several else None,
            javg_ms=self._jitters_ns / n / 1e6 if several else None,
            jmax_ms=self._jmax_ns / 1e6 if several else None,
            jinta_ms=self._jinta_ns / 1e6 if several else None,
        )

    def _stddev_ms(self) -> float:
        n = self.received
        return sqrt((n * self._squares - self._sum_ns**2) / (n * (n - 1))) / 1e6


def statistics(hop: Hop) -> HopStatistics:
    """Return the statistics of a hop: of its probes, else what another tool has told of it.

    Examples
    --------
    >>> from mxpath.model.probe import Probe, Reply
    >>> from ipaddress import ip_address
    >>> def answer(ms):
    ...     here = ip_address("192.0.2.1")
    ...     return Reply(kind=None, responder=here, target=here, told_rtt_ms=ms)
    >>> probes = [Probe(ttl=1, attempt=n, reply=answer(ms)) for n, ms in enumerate((10, 14, 12))]
    >>> found = statistics(Hop(ttl=1, probes=tuple(probes)))
    >>> found.average_ms, found.stddev_ms, found.jitter_ms, found.javg_ms, found.jinta_ms
    (12.0, 2.0, 2.0, 2.0, 5.75)
    """
    return hop.told if hop.told is not None else tally(hop.probes).statistics


def tally(probes: Iterable[Probe]) -> Tally:
    """Count probes, in order of sending where their stamps tell it."""
    found = Tally()
    for probe in sorted(probes, key=lambda p: (p.sent_ns or 0, p.attempt)):
        bare = probe.reply is not None and probe.reply.kind is ReplyKind.ACK
        found.add(None if bare else probe.rtt_ms)
    return found
