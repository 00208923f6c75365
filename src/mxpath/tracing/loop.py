"""One loop for all targets of a call, over one shared socket.

The law
-------
1. **Who wants to send stands in a queue.** First come, first served: a target sends what is due, or
   as much of it as there is a place for, and stands at the end again. Nothing here sleeps: where
   the pace has no place now, the loop listens until one is free.
2. **A course is asked afresh** when its turn comes. What it wanted while it stood in the queue
   counts for nothing; an answer may have made it idle.
3. **What may be left out comes last.** Spare probes stand aside until nobody else has anything due,
   each target in its turn, and leave only if the router can be expected to answer
   (``courtesy.py``).
4. **Nobody is looked at without a cause**: its moment has come (a heap), or an answer has.
5. **Sending does not starve listening**: after ``_STRETCH`` probes the sockets are emptied.
6. **Stamps are of one clock.** When somebody sets the wall clock, later stamps are carried over to
   the clock as it was when the loop began: no round-trip time contains the step.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from mxpath.model.address import IPAddress
from mxpath.model.probe import Reply
from mxpath.tracing.course import Course, Place, Shot
from mxpath.tracing.courtesy import Courtesy
from mxpath.tracing.flows import FlowDraw, FlowIdentity, Key
from mxpath.tracing.matching import Matcher
from mxpath.tracing.plan import is_over
from mxpath.vantage.ports import Clock, ProbeSocket

_HELD_S = 0.05
"""Time until a query that was held back is tried again, where the socket does not tell."""
_STRETCH = 64
_STEP_NS = 10_000_000
"""A jump of the wall clock against the monotonic one that would spoil round-trip times."""
_NEVER = float("inf")


@dataclass(slots=True, kw_only=True, eq=False)
class Running:
    """A target on its way."""

    number: int
    """Place among the targets that are traced."""
    target: IPAddress
    source: IPAddress
    course: Course
    started_ns: int
    ended_ns: int | None = None
    flows: dict[int, FlowIdentity] = field(default_factory=dict)
    look_s: float = _NEVER
    """When to look at the course again, if no reply makes it sooner."""
    queued: bool = False


class Loop:
    """Drives the courses of one call."""

    def __init__(
        self,
        running: Iterable[Running],
        *,
        probes: ProbeSocket,
        clock: Clock,
        draw: FlowDraw,
        over: Callable[[Running], None] = lambda _running: None,
    ) -> None:
        """``over`` is told of each target whose course is over."""
        self._over = over
        self._scarce = False
        """Whether there was no place for somebody since the queue was last empty."""
        self._probes, self._clock, self._draw = probes, clock, draw
        self._all = list(running)
        self._active = dict.fromkeys(self._all)
        self._matcher = Matcher()
        self._owners: dict[Key, tuple[Running, int]] = {}
        self._queue: deque[Running] = deque()
        self._moments: list[tuple[float, int]] = []
        self._free_s = -_NEVER
        self._spare_s = -_NEVER
        """No place before, for what must leave and for what is spare."""
        self._aside: dict[Running, tuple[float, Sequence[Shot]]] = {}
        """Who has but spare probes due, and which they were when it was asked."""
        self._offset_ns = self._offset()
        self._set_ns = self._set_before_ns = 0
        """By how much the wall clock has been set, now and when it was last looked at."""
        self._courtesy = Courtesy(clock.monotonic_s())
        for each in self._active:
            self._flow(each, 0)
            self._stand(each)

    def run(self) -> None:
        """Send what is due, wait for what may come, until every course is over."""
        while self._active:
            until_s = self._turn()
            if not self._active:
                return
            replies = self._probes.receive(until_s)
            self._watch_clock(self._offset())
            self._hear(replies)

    def interrupt(self) -> None:
        """Mark what was not finished."""
        for each in self._active:
            each.course.interrupt()

    # Who has a turn.

    def _stand(self, running: Running) -> None:
        if not running.queued:
            running.queued = True
            self._queue.append(running)

    def _turn(self) -> float:
        """Send what there is a place for; until when to listen."""
        now_s = self._clock.monotonic_s()
        while self._moments and is_over(self._moments[0][0], now_s):
            moment_s, number = heapq.heappop(self._moments)
            running = self._all[number]
            if running.look_s == moment_s and running.ended_ns is None:
                running.look_s = _NEVER
                self._stand(running)
        left = self._serve(now_s, _STRETCH)
        while self._aside and left > 0 and not self._queue and is_over(self._spare_s, now_s):
            left = self._serve_aside(now_s, left)
            left = self._serve(now_s, left)
        return self._until_s(now_s)

    def _until_s(self, now_s: float) -> float:
        """Until when to listen: nothing can be sent before, or looked at with a cause."""
        moments = [self._moments[0][0]] if self._moments else []
        if self._queue:
            moments.append(max(now_s, self._free_s))
        elif self._aside:
            moments.append(max(now_s, self._spare_s))
        return min(moments, default=now_s)

    def _serve(self, now_s: float, left: int) -> int:
        """Send what must leave, at most ``left`` probes or so; who has spare ones stands aside."""
        while self._queue and left > 0 and is_over(self._free_s, now_s):
            self._scarce &= len(self._queue) > 1
            running = self._queue.popleft()
            running.queued = False
            due = running.course.due(now_s)
            must = [shot for shot in due if not shot.spare]
            if must:
                if self._scarce:  # one place is free, seldom more
                    must = must[:1]
                went = self._send(running, must, now_s)
                if not went:  # it keeps its place
                    running.queued = True
                    self._queue.appendleft(running)
                    break
                left -= went
                self._stand(running)
            elif due:
                self._aside[running] = now_s, due
                self._set_moment(running, running.course.wake_s(now_s))
            else:
                self._aside.pop(running, None)
                self._rest(running, now_s)
        return left

    def _serve_aside(self, now_s: float, left: int) -> int:
        """Send the spare probes of the target that has stood aside longest."""
        running = next(iter(self._aside))
        asked_s, due = self._aside.pop(running)
        if asked_s != now_s:
            due = running.course.due(now_s)
        self._stand(running)
        for shot in sorted(due, key=_turn_of):
            if not shot.spare:
                break
            free_s = self._courtesy.free_s((running.number, shot.flow, shot.ttl))
            if not is_over(free_s, now_s):
                running.course.hold(shot, until_s=free_s)
            elif self._send(running, (shot,), now_s):
                left -= 1
            else:
                break
        return left

    def _rest(self, running: Running, now_s: float) -> None:
        """Nothing is due: wait for its moment, or it is over."""
        wake_s = running.course.wake_s(now_s)
        if wake_s is None:
            running.ended_ns = self._clock.now_ns() - self._set_ns
            del self._active[running]
            self._over(running)
        else:
            self._set_moment(running, wake_s)

    def _set_moment(self, running: Running, wake_s: float | None) -> None:
        if wake_s is not None and wake_s != running.look_s:
            running.look_s = wake_s
            heapq.heappush(self._moments, (wake_s, running.number))

    # Sending.

    def _flow(self, running: Running, number: int) -> FlowIdentity:
        flow = running.flows.get(number)
        if flow is None:
            flow = running.flows[number] = self._draw.draw(running.target, running.source)
            self._owners[flow.key] = running, number
            self._matcher.add(flow)
        return flow

    def _send(self, running: Running, shots: Sequence[Shot], now_s: float) -> int:
        """Send shots of one target as far as there are places; how many were dealt with."""
        specs = [
            self._flow(running, shot.flow).probe(
                shot.ttl, shot.attempt, spare=shot.spare, size=shot.size
            )
            for shot in shots
        ]
        results = self._probes.send(specs)
        at_ns, at_s = self._clock.now_ns(), self._clock.monotonic_s()
        self._watch_clock(at_ns - round(at_s * 1e9))
        for dealt, (shot, spec, result) in enumerate(zip(shots, specs, results, strict=True)):
            if result.error is not None:
                running.course.failed(result.error)
            elif result.held:
                free_s = now_s + _HELD_S if result.free_s is None else result.free_s
                if shot.spare and result.free_s is None:
                    running.course.hold(shot, until_s=free_s)
                elif shot.spare:
                    self._spare_s = free_s
                    return dealt
                else:
                    self._free_s, self._scarce = free_s, True
                    return dealt
            else:
                running.course.sent(
                    shot,
                    sequence=spec.sequence,
                    at_s=at_s - (at_ns - result.sent_ns) / 1e9,
                    at_ns=result.sent_ns - self._set_ns,
                )
                self._courtesy.sent((running.number, shot.flow, shot.ttl), running.target.version)
        return len(shots)

    # Listening.

    def _hear(self, replies: Sequence[Reply]) -> None:
        """Pass answers on. Whom they touch stands in the queue in the order of the targets."""
        touched = {running for reply in replies if (running := self._take(reply)) is not None}
        for running in sorted(touched, key=_number):
            self._stand(running)

    def _take(self, reply: Reply) -> Running | None:
        match = self._matcher.match(reply)
        if match is None:
            return None
        running, number = self._owners[match.flow.key]
        place = Place(number, match.ttl, match.attempt)
        if match.rewritten:
            if not running.course.is_open(place):
                return None
            running.course.note(
                "sequence numbers are rewritten on the way: some answers were told apart by the"
                " IP identification"
            )
        running.course.answered(place, self._carried_over(reply))
        self._courtesy.answered((running.number, number, match.ttl), reply.responder)
        return running if running.ended_ns is None else None

    def _offset(self) -> int:
        return self._clock.now_ns() - round(self._clock.monotonic_s() * 1e9)

    def _watch_clock(self, offset_ns: int) -> None:
        """Law 6: has the clock been set since the last look?"""
        step_ns, self._offset_ns = offset_ns - self._offset_ns, offset_ns
        self._set_before_ns = self._set_ns
        if abs(step_ns) > _STEP_NS:
            self._set_ns += step_ns
            for each in self._active:
                each.course.note("the clock was set during this trace: times go by the old one")

    def _carried_over(self, reply: Reply) -> Reply:
        """Carry a stamp over; one that is older than the last step is known by its age."""
        if reply.received_ns is None or not (self._set_ns or self._set_before_ns):
            return reply
        stamp_ns, now_ns = reply.received_ns, self._clock.now_ns() - self._set_ns
        carried = (stamp_ns - set_ns for set_ns in (self._set_ns, self._set_before_ns))
        return replace(reply, received_ns=min(carried, key=lambda each: abs(now_ns - each)))


def _number(running: Running) -> int:
    return running.number


def _turn_of(shot: Shot) -> tuple[int, int]:
    """Second samples before third ones, near hops before far ones."""
    return shot.attempt, shot.ttl
