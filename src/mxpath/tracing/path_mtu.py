"""Measuring the path MTU of targets that were traced: echo requests of many sizes.

The law
-------
1. One probe of a path is under way at a time. It is waited for 3 x the target's round trip, between
   0.3 and 2 s; the search itself is that of ``mtu_search.py``.
2. The target is asked with the highest TTL. Where it answers no echo request, as many mail servers
   do not, the last hop that answered the trace is asked in its place, and the result holds as far
   as there. A router answers six errors, then one a second: from the fifth on they are spaced.
3. Where large packets vanish in silence, each hop that answered the trace is asked with one of them,
   and once more a second later if it stays silent. The farthest to answer is the last that they
   reach: the black hole lies behind it.
4. An echo reply is as large as its request, so a narrow link on the way back counts, too: that is
   what a mail server's large answers would meet. Time Exceeded is short: rule 3 tests the way there.
5. What this host cannot send itself ("message too long") is a limit of its own first link.
"""

import errno
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from mxpath.errors import InputError
from mxpath.model.address import IPAddress
from mxpath.model.path_mtu import BlackHole, PathMtu
from mxpath.model.probe import Protocol, Reply, ReplyKind
from mxpath.model.trace import EndReason, Trace
from mxpath.tracing.course import Place, Shot, Strand
from mxpath.tracing.mtu_search import MtuSearch
from mxpath.tracing.options import TraceOptions
from mxpath.tracing.plan import is_over
from mxpath.tracing.tracer import drive
from mxpath.vantage.ports import Vantage

_FULL_TTL = 63
_SHORTEST_S, _LONGEST_S = 0.3, 2.0
_ROUTER_BURST = 4
_ROUTER_GAP_S = 1.1
_TOO_LONG = os.strerror(errno.EMSGSIZE)
_WHOLE_PACKETS = {"raw", "scapy", "unprivileged", "simulated"}
"""Engines whose packets have the size that was asked for, and may not be fragmented."""


def measure_path_mtu(traces: Iterable[Trace], vantage: Vantage) -> tuple[Trace, ...]:
    """Return the traces with the MTU of their paths; where it cannot be told, with a note.

    Raises
    ------
    PrivilegeError
        When the kernel lets this user send no probes.
    """
    given = tuple(traces)
    courses = {t.target: MtuCourse(t) for t in given if t.hops and t.imported is None}
    if not courses:
        return given
    if vantage.engine not in _WHOLE_PACKETS:
        return tuple(_noted(t, f"the {vantage.engine} engine cannot measure") for t in given)
    try:
        drive(
            courses,
            vantage,
            lambda target, *_: courses[target],
            options=TraceOptions(protocol=Protocol.ICMP),
        )
    except InputError as error:
        return tuple(_noted(t, str(error)) for t in given)
    return tuple(_with(t, courses[t.target]) if t.target in courses else t for t in given)


def _noted(trace: Trace, why: str) -> Trace:
    return replace(trace, notes=(*trace.notes, f"path MTU not measured: {why}"))


def _with(trace: Trace, course: "MtuCourse") -> Trace:
    sent = None if trace.packets_sent is None else trace.packets_sent + course.packets_sent
    return replace(
        trace,
        path_mtu=course.result,
        packets_sent=sent,
        notes=(*trace.notes, *(f"path MTU: {note}" for note in course.notes)),
    )


@dataclass(slots=True)
class _Waiting:
    """A probe under way."""

    size: int
    until_s: float


class MtuCourse:
    """The search along one traced path; satisfies :class:`mxpath.tracing.course.Course`."""

    def __init__(self, trace: Trace) -> None:
        self.notes: list[str] = []
        self.packets_sent = 0
        self.distance: int | None = None
        self.end = EndReason.GAVE_UP
        self._trace = trace
        own = trace.distance or _FULL_TTL + 1
        self._hops = [hop for hop in trace.hops if hop.ttl < own and hop.address is not None]
        self._search = MtuSearch(trace.target.version)
        self._end_ttl = _FULL_TTL
        self._to_target = 0
        self._told_by: IPAddress | None = None
        self._of_this_host = False
        self._attempts: Counter[int] = Counter()
        self._wanted: list[tuple[int, int]] = []
        """(TTL, size) of what is to leave, in this order."""
        self._waiting: dict[Place, _Waiting] = {}
        self._not_before_s = 0.0
        self._wait_s = self._patience()
        self._located: set[int] = set()
        """Hops that answered a large probe (rule 3)."""
        self._steps = self._plan()
        self._over = False

    def _patience(self) -> float:
        rtts = (hop.min_rtt_ms for hop in self._trace.hops)
        longest_ms = max((rtt for rtt in rtts if rtt is not None), default=1e3 * _LONGEST_S)
        return min(_LONGEST_S, max(_SHORTEST_S, 3 * longest_ms / 1e3))

    # What is to be done, step by step: each yield waits until nothing is under way.

    def _plan(self) -> Iterator[None]:
        yield from self._seek()
        if self._search.is_mute and self._hops:
            self._search = MtuSearch(self._trace.target.version)
            self._end_ttl = self._hops[-1].ttl
            yield from self._seek()
        if self._search.silent and self._search.passed is not None:
            yield from self._locate()

    def _seek(self) -> Iterator[None]:
        while (size := self._search.next_size) is not None:
            self._wanted = [(self._end_ttl, size)]
            yield

    def _locate(self) -> Iterator[None]:
        """Rule 3."""
        assert self._search.failed is not None
        size = self._search.failed
        for _ in range(2):
            left = [hop.ttl for hop in self._hops if hop.ttl not in self._located]
            self._wanted = [(ttl, size) for ttl in left if ttl < self._end_ttl]
            yield
            self._not_before_s += _ROUTER_GAP_S

    # What the loop asks and tells.

    def due(self, now_s: float) -> Sequence[Shot]:
        """What shall leave now."""
        self._expire(now_s)
        while not (self._wanted or self._waiting or self._over):
            if next(self._steps, self) is self:
                self._over = True
        if self._over or not is_over(self._not_before_s, now_s):
            return ()
        return [Shot(ttl, self._attempts[ttl], size=size) for ttl, size in self._wanted]

    def wake_s(self, now_s: float) -> float | None:  # noqa: ARG002 - the protocol's
        """When to look again."""
        moments = [waiting.until_s for waiting in self._waiting.values()]
        if self._wanted and not self._over:
            moments.append(self._not_before_s)
        return min(moments, default=None)

    def sent(self, shot: Shot, *, sequence: int, at_s: float, at_ns: int) -> None:  # noqa: ARG002
        """Record that a probe has left."""
        assert shot.size is not None
        self._wanted.remove((shot.ttl, shot.size))
        self._attempts[shot.ttl] += 1
        self.packets_sent += 1
        self._to_target += shot.ttl == _FULL_TTL
        if shot.ttl == self._end_ttl:
            self._search.sending(shot.size)
        spaced = self._end_ttl != _FULL_TTL and self._attempts[shot.ttl] >= _ROUTER_BURST
        self._not_before_s = at_s + (_ROUTER_GAP_S if spaced else 0.0)
        self._waiting[shot.place] = _Waiting(shot.size, at_s + self._wait_s)

    def failed(self, error: str) -> None:
        """Record that this host could not send what came first (rule 5)."""
        if self._wanted and _TOO_LONG in error:
            ttl, size = self._wanted.pop(0)
            if ttl == self._end_ttl:
                self._search.too_big(size, None)
                self._told_by, self._of_this_host = None, True
            return
        self._over, self._wanted = True, []
        self.note(error)

    def hold(self, shot: Shot, *, until_s: float) -> None:
        """Nothing here is spare."""

    def answered(self, place: Place, reply: Reply) -> None:
        """Record a reply."""
        waiting = self._waiting.pop(place, None)
        if waiting is None:
            return
        if reply.kind is ReplyKind.PACKET_TOO_BIG:
            if self._search.too_big(waiting.size, reply.mtu):
                self._told_by, self._of_this_host = reply.responder, False
        elif reply.is_refusal:
            self._over, self._wanted = True, []
            self.note(f"{reply.responder} says that the target cannot be reached")
        elif place.ttl != self._end_ttl:
            self._located.add(place.ttl)
        else:
            self._search.answer(waiting.size)
            if reply.is_from_target:
                self.end = EndReason.REACHED

    def _expire(self, now_s: float) -> None:
        late = [place for place, w in self._waiting.items() if is_over(w.until_s, now_s)]
        for place in late:
            waiting = self._waiting.pop(place)
            if place.ttl == self._end_ttl:
                self._search.silence(waiting.size)

    def is_open(self, place: Place) -> bool:
        """Whether that probe is under way."""
        return place in self._waiting

    def interrupt(self) -> None:
        """Record that the user has stopped the measurement."""
        self._over = True
        self.note("interrupted")

    def note(self, text: str) -> None:
        """Keep a remark for the reader, once."""
        if text not in self.notes:
            self.notes.append(text)

    def strand(self, flow: int) -> Strand:  # noqa: ARG002 - the protocol's
        """These probes are no hops of a path."""
        return Strand(hops=())

    # What came of it.

    @property
    def result(self) -> PathMtu:
        """What is known so far."""
        search = self._search
        reached = self._end_ttl == _FULL_TTL and search.passed is not None
        return PathMtu(
            mtu_bytes=search.passed,
            fails_bytes=search.failed,
            told_by=None if search.silent else self._told_by,
            told_ttl=None if search.silent else self._ttl_of(self._told_by),
            of_this_host=self._of_this_host and not search.silent,
            black_hole=self._black_hole(),
            reached=reached,
            as_far_as_ttl=None if reached or search.passed is None else self._end_ttl,
            protocol=Protocol.ICMP,
            probes=self.packets_sent,
            probes_to_target=self._to_target,
        )

    def _ttl_of(self, address: IPAddress | None) -> int | None:
        found = (hop.ttl for hop in self._trace.hops if address in hop.responders)
        return next(found, None) if address is not None else None

    def _black_hole(self) -> BlackHole | None:
        search = self._search
        if not search.silent or search.passed is None or search.failed is None:
            return None
        passes = max(self._located, default=None)
        behind = [hop.ttl for hop in self._hops if hop.ttl > (passes or 0)]
        return BlackHole(
            size_bytes=search.failed,
            passes_ttl=passes,
            fails_ttl=min(behind, default=None),
        )
