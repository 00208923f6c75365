"""Verdicts about the way there: a filter near here, an address family that does not work."""

from mxpath.graph.loss_verdicts import is_lossy
from mxpath.graph.sightings import (
    FAILED,
    HEARD,
    desk,
    family_missing,
    last_answer,
    owner_name,
    sessions_of,
)
from mxpath.model.egress import EgressState
from mxpath.model.evidence import Evidence, Grade
from mxpath.model.foreign_text import printable
from mxpath.model.mail import MxHost
from mxpath.model.session import Outcome, SmtpSession
from mxpath.model.study import Study
from mxpath.model.trace import EndReason, Trace
from mxpath.model.verdict import Owner, Verdict

NEAR_HOPS = 4
"""A filter this close is ours or our provider's; further out it says nothing about our egress."""


def egress25_blocked(study: Study) -> Verdict | None:
    """Speak when SYNs to all mail hosts die at the same near hop.

    Where another protocol was seen to get farther on the same way (``Study.egress``), that is
    certain with two networks asked, and likely with one. Without, two different networks must be
    asked, else it is the target as likely as the way out, and it is never more than possible; where
    other protocols get no farther either, it is not the port.
    """
    silent = (Outcome.NO_CONNECTION, Outcome.UNREACHABLE)
    tried = [
        s
        for s in study.sessions
        if s.outcome is not Outcome.SKIPPED and not family_missing(study, s.address.version)
    ]
    if any(s.outcome not in silent for s in tried):
        return None
    # Without conversations the SYNs of the traces are all that was tried.
    asked = {s.address for s in tried} if study.sessions else {t.target for t in study.traces}
    traces = [t for t in study.traces if t.target in asked]
    if (
        not traces
        or len(traces) < len(asked)
        or any(t.end is not EndReason.GAVE_UP for t in traces)
    ):
        return None
    if any(t.imported is not None for t in traces):
        return None  # no SYN of ours
    ends = {t.target.version: set[object]() for t in traces}
    for t in traces:
        ends[t.target.version].add(_end(t))
    if any(len(seen) > 1 for seen in ends.values()) or max(map(_end_ttl, traces)) > NEAR_HOPS:
        return None
    networks = len({owner_name(study, address) for address in asked})
    grade = _egress_grade(study, networks)
    return None if grade is None else _egress_verdict(study, traces, networks, grade)


def _egress_grade(study: Study, networks: int) -> Grade | None:
    passing = [e for e in study.egress if e.state is EgressState.BLOCKED and e.passes]
    if passing:
        sure = networks > 1 and any(e.grade is Grade.CERTAIN for e in passing)
        return Grade.CERTAIN if sure else Grade.LIKELY
    return Grade.POSSIBLE if networks > 1 and not study.beside else None


def _end(trace: Trace) -> object:
    hop = last_answer(trace)
    return hop.address if hop is not None else None


def _end_ttl(trace: Trace) -> int:
    hop = last_answer(trace)
    return hop.ttl if hop is not None else 0


def _egress_verdict(study: Study, traces: list[Trace], networks: int, grade: Grade) -> Verdict:
    hop = last_answer(traces[0])
    who = owner_name(study, hop.address) if hop is not None and hop.address else "this machine"
    beside = [e for egress in study.egress for e in egress.evidence if egress.passes]
    doubts = [e for egress in study.egress for e in egress.counter_evidence if egress.passes]
    alone = Evidence(
        source="trace",
        rule="one protocol",
        detail="only TCP to this port was tried: all hosts dead, or silence on the way, look the same",
    )
    return Verdict(
        name="egress25_blocked",
        grade=grade,
        owner=Owner.ME,
        sentence=_egress_sentence(study, traces, networks, grade, who),
        next_step=f"ask {who} whether outgoing port {traces[0].port} is filtered; look at this machine's firewall first",
        evidence=tuple(beside)
        or tuple(
            Evidence(
                source="trace",
                rule="same end",
                detail=f"{t.target}: the last answer is {_end(t) or 'none'}, hop {_end_ttl(t)}",
            )
            for t in traces
        ),
        counter_evidence=tuple(doubts) if beside else (alone,),
        deliverable=False,
    )


def _egress_sentence(
    study: Study, traces: list[Trace], networks: int, grade: Grade, who: str
) -> str:
    port, ttl = traces[0].port, max(map(_end_ttl, traces))
    where = f"at hop {ttl} or right behind it ({who})" if ttl else f"before the first hop ({who})"
    spread = f", in {networks} networks," if networks > 1 else ""
    count = f"all {len(traces)} MX addresses{spread}" if len(traces) > 1 else str(traces[0].target)
    if grade is Grade.POSSIBLE:
        return (
            f"Port {port} does not seem to get out of here: SYNs to {count} vanish {where}; "
            "consistent with an egress filter."
        )
    passes = " and ".join(dict.fromkeys(name.upper() for e in study.egress for name in e.passes))
    if grade is Grade.LIKELY:
        return (
            f"Port {port} most likely does not get out of here: SYNs to {count} vanish {where}, "
            f"while {passes} passes on the same way."
        )
    return (
        f"Port {port} does not get out of here: egress {port} is blocked {where}. SYNs to {count} "
        f"vanish there, while {passes} passes on the same way."
    )


def v6_broken_v4_works(study: Study) -> Verdict | None:
    """Speak when one host answers over IPv4 and fails over IPv6, although IPv6 leaves this machine."""
    if family_missing(study, 6):
        return None
    for host in study.mail.plan.hosts:
        v4 = [s for s in sessions_of(study, host) if s.address.version == 4]
        v6 = [s for s in sessions_of(study, host) if s.address.version == 6]
        broken = bool(v6) and all(s.outcome in FAILED for s in v6) and not _only_lost(study, v6)
        if broken and any(s.outcome in HEARD for s in v4) and _v6_leaves(study, v6):
            return _v6_verdict(study, host, v6)
    return None


def _only_lost(study: Study, sessions: list[SmtpSession]) -> bool:
    """SYNs that got no answer on a path that loses packets: ``loss_at_border`` speaks of it."""
    return all(s.outcome is Outcome.NO_CONNECTION for s in sessions) and is_lossy(study)


def _v6_works_elsewhere(study: Study) -> bool:
    heard = any(s.outcome in HEARD and s.address.version == 6 for s in study.sessions)
    ours = (t for t in study.traces if t.imported is None and t.target.version == 6)
    return heard or any(t.end is EndReason.REACHED for t in ours)


def _v6_leaves(study: Study, sessions: list[SmtpSession]) -> bool:
    traces = (study.trace_to(s.address) for s in sessions)
    return _v6_works_elsewhere(study) or any(
        t is not None and t.imported is None and last_answer(t) is not None for t in traces
    )


def _v6_verdict(study: Study, host: MxHost, v6: list[SmtpSession]) -> Verdict:
    name, session = printable(host.name), v6[0]
    elsewhere = _v6_works_elsewhere(study)
    doubt = "IPv6 was not seen to work to any mail host: the fault may be nearer to us"
    return Verdict(
        name="v6_broken_v4_works",
        grade=Grade.LIKELY if elsewhere else Grade.POSSIBLE,
        owner=Owner.THEM if elsewhere else Owner.PATH,
        sentence=(
            f"{name} answers over IPv4 but not over IPv6 ({session.outcome.value}): "
            f"a sender that prefers IPv6 loses time on every message to {printable(study.domain)}."
        ),
        next_step=(
            f"ask {desk(study, session.address)} about {name} ({session.address}), port {session.port}; "
            "until then a sender can prefer IPv4 for this host"
        ),
        evidence=tuple(
            Evidence(source="smtp", rule="connection", detail=f"{s.address}: {s.outcome.value}")
            for s in sessions_of(study, host)
        ),
        counter_evidence=()
        if elsewhere
        else (Evidence(source="smtp", rule="connection", detail=doubt),),
        cost_ms=session.total_ms if session.outcome is Outcome.REFUSED else None,
    )
