"""When does which SYN leave? The whole law of one flow, without a socket, a clock or a sleep.

The law
-------
1. **Ascending.** A new TTL is always the lowest one not sent yet. A server answers the first SYN
   that arrives with SYN/ACK and is mostly silent to the rest, so order is what tells distance.
2. **The window.** TTL t leaves when a hop >= t - 1 - ``max_past_target`` has answered: that hop
   lies before the target, so of all SYNs at most 1 + ``max_past_target`` arrive there, even when
   the target drops them. While no hop at all has answered, and up to ``max_silent_hops`` past the
   last answer where that is more than the window, one further TTL leaves ``min_wait_s`` after the
   last one. Here alone the share is not kept: a target that is near, drops SYNs and lies behind
   hops none of which ever answers gets one for each TTL up to ``_BLIND_TTL``.
3. **The distance** is the smallest TTL that the target itself answers: that a SYN/ACK or RST
   acknowledges, or an echo reply or a port unreachable from the target. From then on, and from
   a Destination Unreachable or Packet Too Big on, no greater TTL leaves; but what has left past
   such a refusal is waited for as a silent hop is, since one router that refuses is not the
   target. A bare ACK says that another SYN of this flow has arrived, and acknowledges the first:
   alone it ends nothing, but where a SYN/ACK comes for a greater TTL, the first one's was lost,
   and the distance is the first one's.
4. **Patience.** A silent hop with an answer beyond it is given up max(``min_wait_s``,
   ``rtt_factor`` x the RTT of its neighbours) after it was sent. Its retries share that time, they
   do not prolong it. Past the last answer nothing is known of the RTT: there
   ``silence_timeout_s`` after the last SYN decides.
5. **Retries go to hops known to lie before the target.** The silent hops just below the distance
   may be the target itself, whose answer got lost or whose SYN was overtaken: a retry there confirms
   the distance, and leaves only while the target's share (law 2) has room. A SYN/ACK, and a bare
   ACK where the SYN/ACK was lost, acknowledges the first SYN that arrived: the ones before it did
   not, so that there is room for one more. It leaves after the SYN/ACK has come, and so behind the
   kernel's RST: the half-open connection is gone by then. A SYN that is overtaken by more than a
   round trip looks like a lost one; then the target gets one SYN more than its share.
6. **Further queries go to hops that have answered this flow**, one at a time: the next leaves when
   the last is answered, so they are spread by the hop's own round trip. None leaves whose answer
   would come later than ``stretch`` times the end that the trace has without them. A hop that has
   left two in a row unanswered, while a later hop answered, is asked no more. They are spare: who
   sends them may hold them back.
7. **A limit is no loss.** A hop limits its answers when it answered once and lost probes later,
   while the hops behind it lost none, or far less than it did (Wilson intervals apart).
8. **A fault of this host** ends the sending, not the listening: what is under way may still answer.
9. **What is known already** lets TTLs leave sooner (``known.py``): the window reaches at least as
   far as it says, and no farther than one past a known distance until something contradicts.
10. **A circle** (``turning.py``) ends the path where it is proven.
"""

from collections.abc import Callable, Iterator
from itertools import takewhile

from mxpath.model.probe import Probe, ReplyKind
from mxpath.model.trace import EndReason
from mxpath.tracing.course import Shot
from mxpath.tracing.findings import Findings
from mxpath.tracing.known import NOTHING, Belief, Known
from mxpath.tracing.options import TraceOptions
from mxpath.tracing.rungs import Rung

_BLIND_TTL = 16
"""How far to feel one's way while nothing at all answers, as behind a filter of ICMP errors."""

_SPARE_WAIT_S = 0.05
"""Least time until a further query counts as unanswered."""

_TICK_S = 1e-6
"""Moments this near are one: a clock that counts nanoseconds cannot wait for less."""


def is_over(moment_s: float, now_s: float) -> bool:
    """Has ``moment_s`` come, as far as a clock can tell?"""
    return moment_s <= now_s + _TICK_S


class Plan(Findings):
    """The state of one flow; satisfies :class:`mxpath.tracing.course.Course`."""

    def __init__(self, options: TraceOptions, known: Callable[[], Known] = lambda: NOTHING) -> None:
        """``known`` is asked when the first probe is to leave."""
        super().__init__()
        self.options = options
        self._known: Callable[[], Known] | None = known
        self._last_s = 0.0
        self._silent_s: float | None = None
        """When those left that a target at its known distance did not answer."""
        self._fault = False
        self._interrupted = False

    # What happened.

    def sent(self, shot: Shot, *, sequence: int, at_s: float, at_ns: int) -> None:
        """Record that a SYN has left."""
        if shot.ttl > len(self._rungs):
            self._rungs.append(Rung(ttl=shot.ttl))
        rung = self._rungs[shot.ttl - 1]
        rung.probes.append(
            Probe(ttl=shot.ttl, attempt=shot.attempt, sequence=sequence, sent_ns=at_ns)
        )
        rung.sent_s.append(at_s)
        if not shot.attempt:
            self._last_s = at_s
        self.packets_sent += 1

    def failed(self, error: str) -> None:
        """Record that this host could not, or may not, send (law 8)."""
        self._fault = True
        self.note(error)

    def hold(self, shot: Shot, *, until_s: float) -> None:
        """Record that a spare SYN was held back, and until when it is no use to try again."""
        self._rungs[shot.ttl - 1].held_until_s = until_s

    def interrupt(self) -> None:
        """Record that the user has stopped the measurement."""
        self._interrupted = True
        self.note("interrupted: later answers were not waited for")

    @property
    def end(self) -> EndReason:
        """Why the trace ended, or would end if it did now."""
        if self.distance is not None:
            return EndReason.REACHED
        if self.last_ttl is not None:
            return EndReason.LOOP if self.last_ttl == self.turned else EndReason.UNREACHABLE
        if self._fault:
            return EndReason.LOCAL_FAULT
        return EndReason.INTERRUPTED if self._interrupted else EndReason.GAVE_UP

    # What to do.

    def due(self, now_s: float) -> tuple[Shot, ...]:
        """Probes that shall leave now, in ascending order."""
        if self._fault:
            return ()
        if self._known is not None:
            self.belief, self._known = Belief(self._known()), None
        return (*self._again(now_s), *self._new(now_s), *self._further(now_s))

    def wake_s(self, now_s: float) -> float | None:
        """Next moment to look at the plan again, if no reply comes before.

        ``None`` when nothing is left to wait for: with nothing due either, the trace is over.
        """
        return min((m for m in self._moments() if not is_over(m, now_s)), default=None)

    def _moments(self) -> Iterator[float]:
        for rung in self._below():
            if not rung.kinds:
                yield self._given_up_s(rung)
                if self._may_repeat(rung):
                    yield self._repeat_s(rung)
        yield from self._further_moments()
        if self.last_ttl is None:
            if len(self._rungs) > self._frontier:
                yield self._open_until_s()
            if not self._fault and len(self._rungs) < self._reach():
                yield self._last_s + self.options.min_wait_s
                yield self._last_s + self._wait_s(len(self._rungs))
        elif self.distance is None and not all(r.kinds for r in self._rungs[self.last_ttl :]):
            yield self._last_s + self._wait_s(len(self._rungs))

    def _below(self) -> list[Rung]:
        """Hops before the end of the path, or before the last answer."""
        last = self._frontier if self.last_ttl is None else self.last_ttl
        return self._rungs[: max(0, last - 1)]

    # Law 2: new TTLs.

    def _new(self, now_s: float) -> Iterator[Shot]:
        if self.last_ttl is not None:
            return
        first = len(self._rungs) + 1
        window, limit = self._window(now_s)
        yield from (Shot(ttl, 0) for ttl in range(first, window + 1))
        stuck = window < first <= min(self._reach(), limit)
        if stuck and is_over(self._last_s + self.options.min_wait_s, now_s):
            yield Shot(first, 0)

    def _window(self, now_s: float) -> tuple[int, int]:
        """Greatest TTL that may leave at once, and the one that none may go beyond."""
        if self.belief.limit is not None and len(self._rungs) >= self.belief.limit:
            over_s = self._last_s + self._wait_s(len(self._rungs))
            if is_over(over_s, now_s) and (said := self.belief.silent()):
                self.note(said)
                self._silent_s = self._last_s
        ahead = min(1 + self.options.max_past_target, self.options.max_silent_hops)
        limit = min(self.belief.limit or self.options.max_ttl, self.options.max_ttl)
        frontier = max(self._frontier, self.belief.frontier)
        return min(max(frontier + ahead, self.belief.reach), limit), limit

    def _reach(self) -> int:
        """Greatest TTL to be tried as long as no further hop answers."""
        blind = max(_BLIND_TTL, self.options.max_silent_hops)
        limit = self._frontier + self.options.max_silent_hops if self._frontier else blind
        return min(limit, self.options.max_ttl)

    # Law 4: patience.

    def _wait_s(self, ttl: int) -> float:
        near = next((r.rtt_s for r in reversed(self._rungs[: ttl - 1]) if r.rtt_s), 0.0)
        far = next((r.rtt_s for r in self._rungs[ttl:] if r.rtt_s), 0.0)
        return max(self.options.min_wait_s, self.options.rtt_factor * max(near, far))

    def _open_until_s(self) -> float:
        """Patience past the last answer; with a fault, only for what is under way.

        A target that is silent at its known distance has its time from then on: what looks for it
        behind does not prolong that, and is waited for as a hop is.
        """
        wait_s = self._wait_s(len(self._rungs) + 1)
        if self._fault:
            return self._last_s + wait_s
        if self._silent_s is None:
            return self._last_s + self.options.silence_timeout_s
        until_s = self._silent_s + self.options.silence_timeout_s
        return max(until_s, self._last_s + wait_s)

    def _given_up_s(self, rung: Rung) -> float:
        wait_s = self._wait_s(rung.ttl)
        return max(rung.sent_s[0] + wait_s, rung.sent_s[-1] + wait_s / 2)

    def _repeat_s(self, rung: Rung) -> float:
        return rung.sent_s[-1] + self._wait_s(rung.ttl) / 2

    # Law 5: retries.

    def _again(self, now_s: float) -> Iterator[Shot]:
        for rung in self._below():
            if self._may_repeat(rung) and is_over(self._repeat_s(rung), now_s):
                yield Shot(rung.ttl, len(rung.probes))
                if self.distance is not None:
                    return  # the room is counted anew when this one has left

    def _may_repeat(self, rung: Rung) -> bool:
        open_ = not self._fault and not rung.kinds
        return open_ and len(rung.probes) < self.options.attempts and self._has_room(rung)

    def _has_room(self, rung: Rung) -> bool:
        """Whether the target's share has room for one more, should this hop be the target.

        Or one of the silent hops right before it.
        """
        if self.distance is None:
            return True
        between = self._rungs[rung.ttl - 1 : self.distance - 1]
        if any(other.kinds for other in between):
            return True
        first = self._first_arrived
        # Who answers each SYN, as a closed port does, and SYN cookies: any answer may have been lost.
        if first is None or sum(other.from_target for other in self._rungs) > 1:
            below = takewhile(lambda other: not other.kinds, self._rungs[rung.ttl - 1 :: -1])
            nearest = min(other.ttl for other in below)
            spent = sum(len(other.probes) for other in self._rungs[nearest - 1 :])
        else:
            spent = sum(len(other.probes) for other in self._rungs[first - 1 :])
            silent = takewhile(lambda other: not other.kinds, self._rungs[max(0, first - 2) :: -1])
            spent += sum(len(other.probes) - 1 for other in silent if other.ttl < first)
        return spent <= self.options.max_past_target

    # Law 6: further queries.

    def _further(self, now_s: float) -> Iterator[Shot]:
        free = [
            rung
            for rung in self._rungs
            if self._wants_more(rung)
            and is_over(rung.held_until_s, now_s)
            and (not rung.pending or is_over(self._spare_wait_s(rung), now_s))
        ]
        horizon_s = self._horizon_s() if free else 0.0
        for rung in free:
            if now_s + (rung.rtt_s or 0.0) <= horizon_s:
                yield Shot(rung.ttl, len(rung.probes), spare=True)

    def _further_moments(self) -> Iterator[float]:
        asked = [rung for rung in self._rungs if ReplyKind.TIME_EXCEEDED in rung.kinds]
        horizon_s = self._horizon_s() if asked and self.options.queries > 1 else 0.0
        for rung in asked:
            if rung.pending:
                yield self._spare_wait_s(rung)
            elif self._wants_more(rung) and rung.held_until_s + (rung.rtt_s or 0.0) <= horizon_s:
                yield rung.held_until_s

    def _wants_more(self, rung: Rung) -> bool:
        if len(rung.probes) >= self.options.queries or rung.from_target or self._fault:
            return False
        if ReplyKind.TIME_EXCEEDED not in rung.kinds:
            return False
        latest = [p.reply is None or p.reply.kind is ReplyKind.ACK for p in rung.probes[-2:]]
        return not (len(latest) == 2 and all(latest) and self._heard_behind(rung))

    def _heard_behind(self, rung: Rung) -> bool:
        """Whether a later hop has answered since the latest probe left."""
        return any(other.answered_s > rung.sent_s[-1] for other in self._rungs[rung.ttl :])

    def _spare_wait_s(self, rung: Rung) -> float:
        patience_s = max(_SPARE_WAIT_S, self.options.rtt_factor * (rung.rtt_s or 0.0))
        return rung.sent_s[-1] + patience_s

    def _horizon_s(self) -> float:
        """Latest moment for an answer to a further query."""
        if not self._rungs:
            return 0.0
        far_s = max((rung.rtt_s for rung in self._rungs if rung.rtt_s is not None), default=0.0)
        begun_s = self._rungs[0].sent_s[0]
        # The next hop may be the target: what was sent past it says nothing of the end.
        last = self._frontier + 1 if self.last_ttl is None else self.last_ttl
        end_s = max(self._first_end_s(rung, far_s) for rung in self._rungs[:last])
        return begun_s + self.options.stretch * (end_s - begun_s)

    def _first_end_s(self, rung: Rung, far_s: float) -> float:
        """When the first probe was answered, or will be at the earliest, or is given up."""
        rtt_ms = rung.probes[0].rtt_ms
        if rtt_ms is not None:
            return rung.sent_s[0] + rtt_ms / 1e3
        if self.last_ttl is None:
            return rung.sent_s[0] + far_s
        return self._given_up_s(rung)
