"""One probe of a flow at a time, for engines that cannot keep two under way.

The law
-------
1. What the inner course wants is what leaves, the first of it. Of a flow nothing leaves while a
   probe of it waits for its answer.
2. The wait ends with the answer, or when a hop not much farther than the farthest heard so far
   would have answered: max(0.5 s, ``rtt_factor`` x the largest round trip). It is longer than the
   inner course's own patience, because what comes after it is lost: the next probe ends the wait of
   the engine too.
"""

from collections.abc import Sequence

from mxpath.model.probe import Reply
from mxpath.model.trace import EndReason
from mxpath.tracing.course import Course, Place, Shot, Strand
from mxpath.tracing.options import TraceOptions
from mxpath.tracing.plan import is_over

_LEAST_S = 0.5


class Serial:
    """A course in single file; satisfies :class:`mxpath.tracing.course.Course`.

    Parameters
    ----------
    inner
        Knows what to ask.
    options
        Patience.
    """

    def __init__(self, inner: Course, options: TraceOptions) -> None:
        self.inner = inner
        self._factor = options.rtt_factor
        self._under_way: dict[int, tuple[Place, float, int]] = {}
        """By flow: the probe, until when it is waited for, and when it left (ns)."""
        self._far_s = 0.0

    def due(self, now_s: float) -> Sequence[Shot]:
        """Law 1."""
        first: dict[int, Shot] = {}
        for shot in self.inner.due(now_s):
            first.setdefault(shot.flow, shot)
        return tuple(shot for flow, shot in first.items() if self._is_free(flow, now_s))

    def _is_free(self, flow: int, now_s: float) -> bool:
        return flow not in self._under_way or is_over(self._under_way[flow][1], now_s)

    def wake_s(self, now_s: float) -> float | None:
        """See the port."""
        wake_s = self.inner.wake_s(now_s)
        moments = [] if wake_s is None else [wake_s]
        flows = {shot.flow for shot in self.inner.due(now_s)}
        moments += [self._under_way[flow][1] for flow in flows if not self._is_free(flow, now_s)]
        return min(moments, default=None)

    def sent(self, shot: Shot, *, sequence: int, at_s: float, at_ns: int) -> None:
        """See the port."""
        until_s = at_s + max(_LEAST_S, self._factor * self._far_s)
        self._under_way[shot.flow] = shot.place, until_s, at_ns
        self.inner.sent(shot, sequence=sequence, at_s=at_s, at_ns=at_ns)

    def answered(self, place: Place, reply: Reply) -> None:
        """See the port."""
        awaited, _, sent_ns = self._under_way.get(place.flow, (None, 0.0, 0))
        if awaited == place:
            del self._under_way[place.flow]
            if reply.received_ns is not None:
                self._far_s = max(self._far_s, (reply.received_ns - sent_ns) / 1e9)
        self.inner.answered(place, reply)

    # All else is the inner course's.

    def failed(self, error: str) -> None:
        """See the port."""
        self.inner.failed(error)

    def hold(self, shot: Shot, *, until_s: float) -> None:
        """See the port."""
        self.inner.hold(shot, until_s=until_s)

    def is_open(self, place: Place) -> bool:
        """See the port."""
        return self.inner.is_open(place)

    def interrupt(self) -> None:
        """See the port."""
        self.inner.interrupt()

    def note(self, text: str) -> None:
        """See the port."""
        self.inner.note(text)

    @property
    def notes(self) -> Sequence[str]:
        """See the port."""
        return self.inner.notes

    @property
    def packets_sent(self) -> int:
        """See the port."""
        return self.inner.packets_sent

    @property
    def distance(self) -> int | None:
        """See the port."""
        return self.inner.distance

    @property
    def end(self) -> EndReason:
        """See the port."""
        return self.inner.end

    def strand(self, flow: int) -> Strand:
        """See the port."""
        return self.inner.strand(flow)
