"""Trace all targets at once: one socket, one loop, one course a target."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from mxpath.errors import InputError
from mxpath.model.address import IPAddress
from mxpath.model.probe import ReplyKind
from mxpath.model.trace import EndReason, Flow, Trace
from mxpath.tracing.course import Course
from mxpath.tracing.flows import FlowDraw
from mxpath.tracing.known import Knowledge
from mxpath.tracing.loop import Loop, Running
from mxpath.tracing.options import TraceOptions
from mxpath.tracing.plan import Plan
from mxpath.tracing.serial import Serial
from mxpath.vantage.ports import EngineTraits, ProbeSocket, Vantage

__all__ = ["TraceOptions", "trace"]


def trace(
    targets: Iterable[IPAddress],
    vantage: Vantage,
    *,
    options: TraceOptions | None = None,
    known: Knowledge | None = None,
) -> tuple[Trace, ...]:
    """Trace the path to each target with probes of one constant flow.

    Parameters
    ----------
    targets
        Addresses, IPv4 and IPv6 mixed; each is traced once.
    vantage
        Where to stand.
    options
        Limits and patience.
    known
        What earlier traces from the same place tell; this call adds to it. Used and checked, see
        ``known.py``, unless ``options.use_known`` is off.

    Returns
    -------
    tuple of Trace
        One for each target, in the order given. An interrupt from the keyboard ends the
        measurement, not the call: what was measured is returned.

    Raises
    ------
    PrivilegeError
        When the kernel lets this user send no probes.
    InputError
        When the engine cannot send probes of this protocol.
    """
    chosen = options or TraceOptions()
    if not chosen.use_known:
        return drive(targets, vantage, lambda _target: Plan(chosen), options=chosen)
    book = Knowledge() if known is None else known

    def learn(running: Running) -> None:
        course = running.course
        book.learn(running.target, course.strand(0).hops, course.distance)

    def plan(target: IPAddress) -> Plan:
        return Plan(chosen, lambda: book.about(target))

    return drive(targets, vantage, plan, options=chosen, over=learn)


def drive(  # noqa: PLR0913 - what is driven, on what, and by what; the rest at will
    targets: Iterable[IPAddress],
    vantage: Vantage,
    course_for: Callable[[IPAddress], Course],
    *,
    options: TraceOptions,
    draw: FlowDraw | None = None,
    over: Callable[[Running], None] = lambda _running: None,
) -> tuple[Trace, ...]:
    """Drive a course for each target; see :func:`trace`.

    Parameters
    ----------
    targets, vantage
        As there.
    course_for
        Makes the course of a target.
    options
        Of these the protocol and the port are looked at here.
    draw
        Whence the flows come; ``None`` draws them afresh.
    over
        Told of each target whose course is over, while others may still be under way.

    Raises
    ------
    PrivilegeError, InputError
        As there.
    """
    wanted = tuple(dict.fromkeys(targets))
    if not wanted:
        return ()
    with vantage.probes() as probes:
        if options.protocol not in probes.traits.protocols:
            raise InputError(f"the {probes.traits.name} engine cannot send {options.protocol}")
        ends = [(t, s) for t in wanted if (s := probes.source_for(t)) is not None]
        running = {
            target: Running(
                number=number,
                target=target,
                source=source,
                course=_in_file(course_for(target), options, probes.traits),
                started_ns=vantage.clock.now_ns(),
            )
            for number, (target, source) in enumerate(ends)
        }
        # A second call from the same vantage must not meet the half-open remains of the first
        # one's flows: the moment is part of the seed.
        seed = None if vantage.seed is None else f"{vantage.seed}@{vantage.clock.now_ns()}"
        draw = draw or FlowDraw(options.destination_port, seed=seed, protocol=options.protocol)
        loop = Loop(running.values(), probes=probes, clock=vantage.clock, draw=draw, over=over)
        try:
            loop.run()
        except KeyboardInterrupt:
            loop.interrupt()
        ended_ns = vantage.clock.now_ns()
        return tuple(
            _result(running[target], probes, vantage, options, ended_ns)
            if target in running
            else _without_route(target, probes, vantage, options, ended_ns)
            for target in wanted
        )


def _in_file(course: Course, options: TraceOptions, traits: EngineTraits) -> Course:
    """Let one probe of a flow be under way at a time, where the engine can have no more."""
    return Serial(course, options) if options.protocol in traits.serial else course


def _result(
    running: Running,
    probes: ProbeSocket,
    vantage: Vantage,
    options: TraceOptions,
    ended_ns: int,
) -> Trace:
    """Put together the trace of one target."""
    course = running.course
    flows = tuple(_as_flow(running, number) for number in sorted(running.flows))
    completed = _completed(flows) if options.protocol in probes.traits.completes else 0
    return Trace(
        target=running.target,
        source=running.source,
        protocol=options.protocol,
        port=options.destination_port,
        engine=vantage.engine,
        flows=flows,
        distance=course.distance,
        end=course.end,
        started_at=_moment(running.started_ns),
        ended_at=_moment(running.ended_ns or ended_ns),
        packets_sent=course.packets_sent + completed,
        notes=tuple(course.notes),
        unseen=probes.traits.unseen,
    )


def _completed(flows: Iterable[Flow]) -> int:
    """Count the ACKs that have completed a connection; the resets after them are counted already."""
    probes = [p for flow in flows for hop in flow.hops for p in hop.probes]
    probes += [p for flow in flows for p in flow.beyond]
    return sum(p.reply is not None and p.reply.kind is ReplyKind.SYN_ACK for p in probes)


def _without_route(
    target: IPAddress,
    probes: ProbeSocket,
    vantage: Vantage,
    options: TraceOptions,
    ended_ns: int,
) -> Trace:
    return Trace(
        target=target,
        source=None,
        protocol=options.protocol,
        port=options.destination_port,
        engine=vantage.engine,
        flows=(),
        distance=None,
        end=EndReason.NO_ROUTE,
        started_at=_moment(ended_ns),
        ended_at=_moment(ended_ns),
        packets_sent=0,
        notes=(f"this host has no route or no address for IPv{target.version}",),
        unseen=probes.traits.unseen,
    )


def _as_flow(running: Running, number: int) -> Flow:
    identity, strand = running.flows[number], running.course.strand(number)
    return Flow(
        source_port=identity.source_port,
        destination_port=identity.destination_port,
        hops=strand.hops,
        beyond=strand.beyond,
    )


def _moment(ns: int) -> datetime:
    return datetime.fromtimestamp(ns / 1e9, tz=UTC)
