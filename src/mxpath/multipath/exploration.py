"""All paths to one target: when does which probe of which flow leave? A course without a socket.

The law
-------
1. **The first flow first.** A :class:`~mxpath.tracing.plan.Plan` finds the distance and one path.
2. **Question by question.** ``inquiry.py`` says what to ask next; all of it is asked, and
   answered or given up, before it says more.
3. **Patience** is that of the plan: max(``min_wait_s``, ``rtt_factor`` x the RTT seen at this hop or
   beside it). Where a whole hop is silent, a flow is asked ``attempts`` times.
4. **A limit is no silence.** Where others were answered, an answer that stays away may be held back by
   a limit: that hop is asked more slowly, step by step down to once a second for each of its routers
   (what Linux gives), and a flow counts as silent after ``_SLOWLY`` attempts at that pace. After the first
   that did, the hop has a silent router, and others need but ``attempts``.
5. **The target's share** is kept by ``border.py``. What dies before the target is spare
   (``ProbeSpec.spare``): it is not charged to the target, and who sends may hold it back.
6. **Stopped is not lost**: what was learnt until Ctrl-C, a fault or a bound is the result, with the confidence
   that it comes to.
"""

from collections.abc import Sequence
from dataclasses import replace

from mxpath.model.multipath import Multipath
from mxpath.model.probe import Probe, Reply, ReplyKind
from mxpath.model.trace import EndReason, Hop
from mxpath.multipath.border import Border
from mxpath.multipath.inquiry import Inquiry
from mxpath.multipath.options import MultipathOptions
from mxpath.multipath.queue import Question, Queue
from mxpath.multipath.result import graph_of
from mxpath.multipath.sightings import Sightings, Spot
from mxpath.multipath.tempo import Tempo
from mxpath.tracing.course import Place, Shot, Strand
from mxpath.tracing.options import TraceOptions
from mxpath.tracing.plan import Plan, is_over

_SLOWLY = 2
_PATIENT = 10
"""Attempts where others were answered (law 4): at the slowest pace, and in all."""


class Exploration:
    """The state of one target's flows; satisfies :class:`mxpath.tracing.course.Course`."""

    def __init__(self, options: TraceOptions, paths: MultipathOptions) -> None:
        self.options, self.wanted = options, paths
        # What a router answers is better spent on other flows than on further samples.
        self.plan = Plan(replace(options, queries=1))
        self.sights = Sightings()
        self.border = Border(self.wanted, self.sights, distance=None, last=0)
        self.inquiry = Inquiry(self.wanted, self.sights, self.border)
        self.stopped: str | None = None
        """Why it ended before all was settled."""
        self.probes_sent = 0
        self._begun = False
        self._resets = 0
        self._near_due = False
        self._tempo = Tempo(options)
        self._queue = Queue(self.border, self._tempo)
        self._probes: dict[tuple[int, int], list[Probe]] = {}

    # What happened.

    def sent(self, shot: Shot, *, sequence: int, at_s: float, at_ns: int) -> None:
        """Record that a probe has left."""
        if not shot.flow:
            self.plan.sent(shot, sequence=sequence, at_s=at_s, at_ns=at_ns)
            return
        self._queue.sent((shot.flow, shot.ttl), at_s)
        self._tempo.sent(shot.ttl, at_s)
        self.border.sent(shot.flow, shot.ttl)
        self._probes.setdefault((shot.flow, shot.ttl), []).append(
            Probe(ttl=shot.ttl, attempt=shot.attempt, sequence=sequence, sent_ns=at_ns)
        )
        self.probes_sent += 1

    def failed(self, error: str) -> None:
        """Record that this host could not, or may not, send."""
        if not self._begun:
            self.plan.failed(error)
            return
        self.note(error)
        if self._near_due:  # the target's budget: the way there may still be asked
            self.border.refuse()
        else:
            self._stop("this host could not send")

    def hold(self, shot: Shot, *, until_s: float) -> None:
        """Record that a probe was held back, and until when it is no use to try again."""
        if shot.flow:
            self._queue.hold((shot.flow, shot.ttl), until_s)
        else:
            self.plan.hold(shot, until_s=until_s)

    def interrupt(self) -> None:
        """Record that the user has stopped the measurement."""
        self.plan.interrupt()
        if not self._begun:
            self._begin()
        self._stop("interrupted")

    def note(self, text: str) -> None:
        """Keep a remark for the reader, once."""
        self.plan.note(text)

    def answered(self, place: Place, reply: Reply) -> None:
        """Record a reply. Duplicates and answers to what was never sent change nothing."""
        if not place.flow:
            self._plan_answered(place, reply)
        elif self.is_open(place):
            probes = self._probes[place.flow, place.ttl]
            probes[place.attempt] = replace(probes[place.attempt], reply=reply)
            if reply.kind in (ReplyKind.SYN_ACK, ReplyKind.ACK):
                self._resets += 1  # the kernel's RST, which closes what is half open
            rtt_ms = probes[place.attempt].rtt_ms
            if rtt_ms is not None:
                self._tempo.answered(place.ttl, rtt_ms / 1e3)
            self._learn(place.flow, place.ttl, reply)

    def is_open(self, place: Place) -> bool:
        """Whether that probe was sent and nothing has answered it."""
        if not place.flow:
            return self.plan.is_open(place)
        probes = self._probes.get((place.flow, place.ttl), ())
        return place.attempt < len(probes) and probes[place.attempt].reply is None

    # What came of it.

    @property
    def notes(self) -> Sequence[str]:
        """Remarks for the reader."""
        return self.plan.notes

    @property
    def packets_sent(self) -> int:
        """Packets that left, the kernel's own included."""
        return self.plan.packets_sent + self.probes_sent + self._resets

    @property
    def distance(self) -> int | None:
        """Smallest TTL at which the target answers the first flow."""
        return self.plan.distance

    @property
    def end(self) -> EndReason:
        """Why the first flow's path ended."""
        return self.plan.end

    def strand(self, flow: int) -> Strand:
        """What the flow of that number has shown."""
        if not flow:
            return self.plan.strand(0)
        last = self.sights.ends.get(flow, 1 << 16)
        asked = sorted((ttl, tuple(ps)) for (of, ttl), ps in self._probes.items() if of == flow)
        return Strand(
            hops=tuple(Hop(ttl=ttl, probes=probes) for ttl, probes in asked if ttl <= last),
            beyond=tuple(probe for ttl, probes in asked if ttl > last for probe in probes),
        )

    @property
    def multipath(self) -> Multipath | None:
        """The graph, as far as it is known; ``None`` before the first flow has come to its end."""
        if not self._begun:
            return None
        return graph_of(
            self.inquiry,
            flows=1 + len({flow for flow, _ in self._probes}),
            probes=self.probes_sent,
            stopped=self.stopped,
            protocol=self.options.protocol,
        )

    # What to do.

    def due(self, now_s: float) -> Sequence[Shot]:
        """Probes that shall leave now."""
        if not self._begun:
            first = self.plan.due(now_s)
            if first or self.plan.wake_s(now_s) is not None:
                return first
            self._begin()
        self._give_up(now_s)
        ready = self._queue.ready(now_s)
        while self._queue.is_empty and self.stopped is None and self._ask_more():
            ready = self._queue.ready(now_s)
        shots = [self._shot(question) for question in ready]
        self._near_due = any(not shot.spare for shot in shots)
        return shots

    def wake_s(self, now_s: float) -> float | None:
        """Next moment to look again; ``None`` when nothing is left to wait for."""
        if not self._begun:
            return self.plan.wake_s(now_s)
        return min((m for m in self._queue.moments() if not is_over(m, now_s)), default=None)

    def _shot(self, question: Question) -> Shot:
        flow, ttl = question.key
        attempt = len(self._probes.get((flow, ttl), ()))
        return Shot(ttl, attempt, spare=not self.border.is_near(flow, ttl), flow=flow)

    # Law 1.

    def _begin(self) -> None:
        """Take over from the plan."""
        self._begun = True
        distance = self.plan.distance
        nearer = (hop for hop in self.plan.hops if distance is None or hop.ttl < distance)
        highest = max((hop.ttl for hop in nearer if hop.address is not None), default=0)
        self.border.first = self.border.first if distance is None else distance
        self.border.last = highest if distance is None else distance - 1
        if self.wanted.to_target and distance is not None:
            self.border.last = self.options.max_ttl
        for hop in self.plan.hops:
            self._copy(hop)
        if self.plan.end is EndReason.LOCAL_FAULT:
            self._stop("this host could not send")
        else:
            self._queue.put(self.inquiry.opening(highest))

    def _copy(self, hop: Hop) -> None:
        """Learn what the first flow has shown at a hop."""
        self.inquiry.know(0, hop.ttl)
        if hop.min_rtt_ms is not None:
            self._tempo.answered(hop.ttl, hop.min_rtt_ms / 1e3)
        replies = [p.reply for p in hop.probes if p.reply and p.reply.kind is not ReplyKind.ACK]
        if replies:
            self.sights.see(0, hop.ttl, _spot(hop.ttl, replies[0]))
        elif hop.ttl <= self.border.last:
            self.sights.miss(0, hop.ttl)

    def _plan_answered(self, place: Place, reply: Reply) -> None:
        was_open = self.plan.is_open(place)
        self.plan.answered(place, reply)
        late = self._begun and was_open and place.ttl < self.border.first
        if late and reply.kind is not ReplyKind.ACK and not reply.is_from_target:
            self.sights.see(0, place.ttl, _spot(place.ttl, reply))

    # Law 2.

    def _ask_more(self) -> bool:
        """Put the next questions; whether there are any."""
        if self.probes_sent >= self.wanted.max_probes:
            self._stop(f"no more than {self.wanted.max_probes} probes were to be sent")
            return False
        asks = self.inquiry.next()
        self._queue.put(asks)
        return bool(asks)

    def _stop(self, why: str) -> None:
        self.stopped = self.stopped or why
        self._queue.clear()

    def _learn(self, flow: int, ttl: int, reply: Reply) -> None:
        """What an answer says of a flow."""
        question = self._queue.take((flow, ttl))
        near = None if question is None else question.ask.near
        arrived = reply.is_from_target or reply.kind is ReplyKind.ACK
        self.border.answered(flow, ttl, by_target=arrived)
        spot = _spot(ttl, reply)
        if near is not None:
            node = self.sights.see_again(near, spot)
            self.inquiry.repeats.answered(near, same=self.sights.passes(flow, ttl) == node)
        elif reply.kind is ReplyKind.ACK:  # it has arrived, and that is all that is known
            self.sights.ends[flow] = ttl
        else:
            self.sights.see(flow, ttl, spot)
        self._queue.reconsider(flow)

    # Laws 3 and 4.

    def _give_up(self, now_s: float) -> None:
        """Ask once more, or take for silence, what has waited long enough."""
        for question in self._queue.overdue(now_s):
            flow, ttl = question.key
            if self._may_repeat(question):
                self._tempo.slower(ttl, question.sent_s, now_s, routers=self._routers(ttl))
                self.border.waits(flow, ttl)
                self._queue.repeat(question)
                continue
            self.border.missed(flow, ttl)
            if question.ask.near is None and self.stopped is None:
                self.sights.miss(flow, ttl)

    def _may_repeat(self, question: Question) -> bool:
        ask = question.ask
        if self.stopped is not None or self.border.is_near(ask.flow, ask.ttl):
            return False
        silent = any(map(self.sights.is_silent, self.sights.at(ask.ttl).nodes))
        if silent or not self._routers(ask.ttl):
            return question.attempts < self.options.attempts
        return question.slowly < _SLOWLY and question.attempts < _PATIENT

    def _routers(self, ttl: int) -> int:
        """Answering nodes of a hop."""
        nodes = self.sights.at(ttl).nodes
        return sum(not self.sights.is_silent(node) for node in nodes)


def _spot(ttl: int, reply: Reply) -> Spot:
    return Spot(ttl, reply.responder, is_target=reply.is_from_target, refuses=reply.is_refusal)
