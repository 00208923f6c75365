"""Trace all targets at once: one socket, one loop, one plan a flow."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mxpath.model.address import IPAddress
from mxpath.model.probe import Reply
from mxpath.model.trace import EndReason, Flow, Trace
from mxpath.tracing.flows import FlowIdentity, draw_flows
from mxpath.tracing.matching import Matcher
from mxpath.tracing.options import TraceOptions
from mxpath.tracing.plan import Plan, Shot, is_over
from mxpath.vantage.ports import Clock, ProbeSocket, Vantage

__all__ = ["TraceOptions", "trace"]

_ROUTER_BURST = 5
_ROUTER_PER_S = 1.0
"""What one router is asked to answer by all flows of a call together: Linux answers six probes at
once, then one a second (``icmp_ratelimit``). One is left to others."""
_HELD_S = 0.05
"""Time until a query that was held back is tried again."""
_STEP_NS = 10_000_000
"""A jump of the wall clock against the monotonic one that spoils round-trip times."""


def trace(
    targets: Iterable[IPAddress], vantage: Vantage, *, options: TraceOptions | None = None
) -> tuple[Trace, ...]:
    """Trace the path to each target with TCP SYNs of one constant flow.

    Parameters
    ----------
    targets
        Addresses, IPv4 and IPv6 mixed; each is traced once.
    vantage
        Where to stand.
    options
        Limits and patience.

    Returns
    -------
    tuple of Trace
        One for each target, in the order given. An interrupt from the keyboard ends the
        measurement, not the call: what was measured is returned.

    Raises
    ------
    PrivilegeError
        When the kernel lets this user send no probes.
    """
    chosen = options or TraceOptions()
    wanted = tuple(dict.fromkeys(targets))
    if not wanted:
        return ()
    with vantage.probes() as probes:
        work = _Work.prepare(wanted, probes, vantage, chosen)
        try:
            work.run()
        except KeyboardInterrupt:
            work.interrupt()
        return tuple(work.result(target) for target in wanted)


@dataclass(slots=True, kw_only=True)
class _Running:
    """A flow on its way."""

    identity: FlowIdentity
    plan: Plan
    started_ns: int
    ended_ns: int | None = None
    look_s: float = 0.0
    """When to look at the plan again, if no reply makes it sooner."""


class _Work:
    """All flows of one call."""

    def __init__(
        self,
        running: Sequence[_Running],
        probes: ProbeSocket,
        vantage: Vantage,
        options: TraceOptions,
    ) -> None:
        self.running = {flow.identity.key: flow for flow in running}
        self.probes = probes
        self.clock: Clock = vantage.clock
        self.engine = vantage.engine
        self.options = options
        self._matcher = Matcher(flow.identity for flow in running)
        self._offset_ns = self._offset()
        self._begun_s = self.clock.monotonic_s()

    @classmethod
    def prepare(
        cls,
        targets: Sequence[IPAddress],
        probes: ProbeSocket,
        vantage: Vantage,
        options: TraceOptions,
    ) -> "_Work":
        """Find the sources and draw the flows."""
        ends = [(t, s) for t in targets if (s := probes.source_for(t)) is not None]
        # A second call from the same vantage must not meet the half-open remains of the first
        # one's flows: the moment is part of the seed.
        seed = None if vantage.seed is None else f"{vantage.seed}@{vantage.clock.now_ns()}"
        flows = [
            _Running(identity=flow, plan=Plan(options), started_ns=vantage.clock.now_ns())
            for flow in draw_flows(
                ends, options.destination_port, seed=seed, protocol=options.protocol
            )
        ]
        return cls(flows, probes, vantage, options)

    def run(self) -> None:
        """Send what is due, wait for what may come, until every plan is done."""
        while active := self._turn():
            for reply in self.probes.receive(min(flow.look_s for flow in active)):
                self._take(reply)
            self._watch_clock(active)

    def interrupt(self) -> None:
        """Mark what was not finished."""
        for flow in self._active():
            flow.plan.interrupt()

    def _active(self) -> list[_Running]:
        return [flow for flow in self.running.values() if flow.ended_ns is None]

    def _take(self, reply: Reply) -> None:
        match = self._matcher.match(reply)
        if match is not None:
            flow = self.running[match.flow.key]
            flow.plan.answered(match.ttl, match.attempt, reply)
            flow.look_s = 0.0

    def _turn(self) -> list[_Running]:
        """Look at the plans whose moment has come, send what they want; those still active."""
        now_s = self.clock.monotonic_s()
        looked = [flow for flow in self._active() if is_over(flow.look_s, now_s)]
        due = [(flow, shot) for flow in looked for shot in flow.plan.due(now_s)]
        self._send([(flow, shot) for flow, shot in sorted(due, key=_turn_of) if not shot.spare])
        for flow, shot in sorted(due, key=_turn_of):
            if shot.spare and self._is_welcome(flow, shot, now_s):
                self._send([(flow, shot)])
        now_s = self.clock.monotonic_s() if due else now_s
        for flow in looked:
            wake_s = now_s if flow.plan.due(now_s) else flow.plan.wake_s(now_s)
            if wake_s is None:
                flow.ended_ns = self.clock.now_ns()
            else:
                flow.look_s = wake_s
        return self._active()

    def _is_welcome(self, flow: _Running, shot: Shot, now_s: float) -> bool:
        """Whether the router can be expected to answer one more; else hold it until it can."""
        address = flow.plan.responder(shot.ttl)
        assert address is not None
        alike = [f for f in self.running.values() if f.identity.target.version == address.version]
        asked = sum(other.plan.asked(shot.ttl, address) for other in alike)
        free_s = self._begun_s + max(0, 1 + asked - _ROUTER_BURST) / _ROUTER_PER_S
        if is_over(free_s, now_s):
            return True
        flow.plan.hold(shot, until_s=free_s)
        return False

    def _send(self, due: Sequence[tuple[_Running, Shot]]) -> None:
        specs = [
            flow.identity.probe(shot.ttl, shot.attempt, spare=shot.spare) for flow, shot in due
        ]
        results = self.probes.send(specs) if specs else ()
        now_s, now_ns = self.clock.monotonic_s(), self.clock.now_ns()
        for (flow, shot), spec, result in zip(due, specs, results, strict=True):
            if result.error is not None:
                flow.plan.failed(result.error)
                continue
            if result.held:
                flow.plan.hold(shot, until_s=now_s + _HELD_S)
                continue
            at_s = now_s - (now_ns - result.sent_ns) / 1e9
            flow.plan.sent(shot, sequence=spec.sequence, at_s=at_s, at_ns=result.sent_ns)

    def _offset(self) -> int:
        return self.clock.now_ns() - round(self.clock.monotonic_s() * 1e9)

    def _watch_clock(self, active: Sequence[_Running]) -> None:
        offset = self._offset()
        if abs(offset - self._offset_ns) > _STEP_NS:
            for flow in active:
                flow.plan.note("the clock was set during this trace: some RTTs are wrong")
        self._offset_ns = offset

    def result(self, target: IPAddress) -> Trace:
        """Put together the trace of one target."""
        flow = next((f for f in self.running.values() if f.identity.target == target), None)
        ended_ns = self.clock.now_ns() if flow is None or not flow.ended_ns else flow.ended_ns
        plan = flow.plan if flow else None
        return Trace(
            target=target,
            source=flow.identity.source if flow else None,
            protocol=self.options.protocol,
            port=self.options.destination_port,
            engine=self.engine,
            flows=(_as_flow(flow),) if flow else (),
            distance=plan.distance if plan else None,
            end=plan.end if plan else EndReason.NO_ROUTE,
            started_at=_moment(flow.started_ns if flow else ended_ns),
            ended_at=_moment(ended_ns),
            packets_sent=plan.packets_sent if plan else 0,
            notes=tuple(plan.notes) if plan else (_no_route(target),),
            unseen=self.probes.traits.unseen,
        )


def _turn_of(pair: tuple[_Running, Shot]) -> tuple[bool, int, int]:
    """What must leave comes first, by TTL; then second samples before third ones."""
    shot = pair[1]
    return shot.spare, shot.attempt if shot.spare else 0, shot.ttl


def _as_flow(flow: _Running) -> Flow:
    return Flow(
        source_port=flow.identity.source_port,
        destination_port=flow.identity.destination_port,
        hops=flow.plan.hops,
        beyond=flow.plan.beyond,
    )


def _no_route(target: IPAddress) -> str:
    return f"this host has no route or no address for IPv{target.version}"


def _moment(ns: int) -> datetime:
    return datetime.fromtimestamp(ns / 1e9, tz=UTC)
