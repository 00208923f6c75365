"""Is it the mail port that does not get out? Targets and protocols are compared.

The law
-------
1. One SYN to the port that is answered, by its target or by a router behind the near hops, shows that
   the port gets out: **not blocked**.
2. When the SYNs to all targets die behind the same near hop (four at most: what is farther out is not
   our egress), a filter there is as likely as a network that is down. Another protocol tells them
   apart: where it is answered from behind that hop, on the way to the same targets, SYNs to the port
   alone are stopped: **blocked**, certain with two targets or more. With one target its own network
   may be near, so that a router must answer behind that hop, and it is likely.
3. Without another protocol two targets or more make it possible; one makes nothing.
4. Where no other protocol gets farther either, it is not the port: **cannot tell**.
5. A router that says "administratively filtered" to every SYN says it itself: likely, without more.
6. IPv4 and IPv6 have filters of their own and are judged apart.
"""

from collections.abc import Iterable, Sequence

from mxpath.model.address import IPAddress
from mxpath.model.egress import Egress, EgressState
from mxpath.model.evidence import Evidence, Grade
from mxpath.model.probe import Protocol, ReplyKind
from mxpath.model.trace import EndReason, Hop, Trace
from mxpath.reading.icmp_words import is_forbidden

NEAR_HOPS = 4
"""A filter this close is ours or our provider's."""


def judge_egress(traces: Iterable[Trace], others: Iterable[Trace] = ()) -> tuple[Egress, ...]:
    """Say for each address family whether the port gets out of here.

    Parameters
    ----------
    traces
        By TCP to one port, of several targets; others among them are passed over.
    others
        Of the same targets, by another protocol or to another port.

    Returns
    -------
    tuple of Egress
        One for each family that was traced, IPv4 first.
    """
    asked = [t for t in traces if t.protocol is Protocol.TCP and t.port and t.hops]
    beside = tuple(others)
    found = []
    for version in (4, 6):
        mine = [t for t in asked if t.target.version == version]
        targets = {t.target for t in mine}
        if mine:
            found.append(_judge(mine, [t for t in beside if t.target in targets]))
    return tuple(found)


def _judge(traces: Sequence[Trace], others: Sequence[Trace]) -> Egress:
    out = [t for t in traces if t.distance is not None or _last_ttl(t) > NEAR_HOPS]
    if out:
        reached = any(t.distance is not None for t in out)
        return _verdict(
            traces,
            EgressState.OPEN,
            grade=Grade.CERTAIN if reached else Grade.LIKELY,
            evidence=tuple(map(_sight, out)),
        )
    if not die_near(traces):
        return _verdict(traces, EgressState.UNKNOWN, evidence=tuple(map(_sight, traces)))
    return _judge_same_end(traces, others)


def die_near(traces: Sequence[Trace]) -> bool:
    """Whether traces of one family, to one port, all end behind the same near hop."""
    ends = {(_last_ttl(t), _last_address(t)) for t in traces}
    ended = all(t.end in (EndReason.GAVE_UP, EndReason.UNREACHABLE) for t in traces)
    near = all(t.distance is None and _last_ttl(t) <= NEAR_HOPS for t in traces)
    return len(ends) == 1 and ended and near


def _judge_same_end(traces: Sequence[Trace], others: Sequence[Trace]) -> Egress:
    """Rules 2 to 5: all die behind one near hop."""
    end = _last_ttl(traces[0])
    several = len(traces) > 1
    passing = [t for t in others if _gets_behind(t, end, count_target=several)]
    forbidden = all(map(_is_forbidden, traces))
    if passing:
        grade: Grade | None = Grade.CERTAIN if several or forbidden else Grade.LIKELY
    elif forbidden:
        grade = Grade.LIKELY
    else:
        grade = Grade.POSSIBLE if several and not others else None
    state = EgressState.UNKNOWN if grade is None else EgressState.BLOCKED
    return _verdict(
        traces,
        state,
        grade=grade,
        passing=passing,
        evidence=tuple(map(_sight, (*traces, *passing))),
        doubts=_doubts(others, passing),
    )


def _doubts(others: Sequence[Trace], passing: Sequence[Trace]) -> tuple[Evidence, ...]:
    if passing:
        stuck = [t for t in others if t not in passing]
        return tuple(_saw("same end", f"{_name(t)} gets no farther either") for t in stuck)
    if others:
        names = ", ".join(dict.fromkeys(map(_name, others)))
        return (_saw("same end", f"{names} gets no farther either: the path itself may be down"),)
    return (
        _saw(
            "one protocol", "only this port was tried: dead hosts and silent routers look the same"
        ),
    )


def _verdict(  # noqa: PLR0913 - the parts of an Egress
    traces: Sequence[Trace],
    state: EgressState,
    *,
    grade: Grade | None = None,
    passing: Sequence[Trace] = (),
    evidence: tuple[Evidence, ...] = (),
    doubts: tuple[Evidence, ...] = (),
) -> Egress:
    first, blocked = traces[0], state is EgressState.BLOCKED
    return Egress(
        version=first.target.version,
        port=first.port or 0,
        state=state,
        grade=grade,
        ttl=_last_ttl(first) if blocked else None,
        address=_last_address(first) if blocked else None,
        targets=len(traces),
        passes=tuple(dict.fromkeys(map(_name, passing))),
        evidence=evidence,
        counter_evidence=doubts,
    )


def _last(trace: Trace) -> Hop | None:
    return next((hop for hop in reversed(trace.hops) if hop.address is not None), None)


def _last_ttl(trace: Trace) -> int:
    hop = _last(trace)
    return 0 if hop is None else hop.ttl


def _last_address(trace: Trace) -> IPAddress | None:
    hop = _last(trace)
    return None if hop is None else hop.address


def _gets_behind(trace: Trace, ttl: int, *, count_target: bool) -> bool:
    """Whether somebody behind that hop answers: a router on the way, or the target if it counts."""
    if count_target and trace.distance is not None and trace.distance > ttl:
        return True
    return any(
        probe.reply is not None and probe.reply.kind in (ReplyKind.TIME_EXCEEDED, None)
        for hop in trace.hops
        if hop.ttl > ttl and hop.address != trace.target
        for probe in hop.probes
    )


def _is_forbidden(trace: Trace) -> bool:
    hop = _last(trace)
    replies = [p.reply for p in hop.probes if p.reply is not None] if hop is not None else []
    return any(map(is_forbidden, replies))


def _name(trace: Trace) -> str:
    if trace.protocol is Protocol.TCP:
        return f"tcp/{trace.port}"
    return "another protocol" if trace.protocol is None else trace.protocol.value


def _sight(trace: Trace) -> Evidence:
    hop = _last(trace)
    where = "none" if hop is None else f"{hop.address}, hop {hop.ttl}"
    return _saw("same end", f"{trace.target} by {_name(trace)}: the last answer is {where}")


def _saw(rule: str, detail: str) -> Evidence:
    return Evidence(source="trace", rule=rule, detail=detail)
