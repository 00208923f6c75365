"""Verdicts about the way there: a filter near here, an address family that does not work."""

from mxpath.graph.loss_verdicts import is_lossy
from mxpath.graph.sightings import (
    FAILED,
    HEARD,
    family_missing,
    last_answer,
    owner_name,
    sessions_of,
)
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
    """Speak when SYNs to mail hosts of different networks all die at the same near hop.

    Two different networks must be asked, else it is the target as likely as the
    way out. No other protocol was tried, so it is never more than possible.
    """
    silent = (Outcome.NO_CONNECTION, Outcome.UNREACHABLE)
    tried = [
        s
        for s in study.sessions
        if s.outcome is not Outcome.SKIPPED and not family_missing(study, s.address.version)
    ]
    networks = {owner_name(study, s.address) for s in tried}
    if len(networks) < 2 or any(s.outcome not in silent for s in tried):
        return None
    traces = [t for s in tried if (t := study.trace_to(s.address)) is not None]
    if len(traces) < len(tried) or any(t.end is not EndReason.GAVE_UP for t in traces):
        return None
    if any(t.imported is not None for t in traces):
        return None  # no SYN of ours
    ends = {t.target.version: set[object]() for t in traces}
    for t in traces:
        ends[t.target.version].add(_end(t))
    if any(len(seen) > 1 for seen in ends.values()) or max(map(_end_ttl, traces)) > NEAR_HOPS:
        return None
    return _egress_verdict(study, traces, len(networks))


def _end(trace: Trace) -> object:
    hop = last_answer(trace)
    return hop.address if hop is not None else None


def _end_ttl(trace: Trace) -> int:
    hop = last_answer(trace)
    return hop.ttl if hop is not None else 0


def _egress_verdict(study: Study, traces: list[Trace], networks: int) -> Verdict:
    ttl = max(map(_end_ttl, traces))
    hop = last_answer(traces[0])
    where = f"at hop {ttl} or right behind it" if ttl else "before the first hop"
    who = owner_name(study, hop.address) if hop is not None and hop.address else "this machine"
    return Verdict(
        name="egress25_blocked",
        grade=Grade.POSSIBLE,
        owner=Owner.ME,
        sentence=(
            f"Port {traces[0].port} does not seem to get out of here: SYNs to all {len(traces)} MX addresses, "
            f"in {networks} networks, vanish {where} ({who}); consistent with an egress filter."
        ),
        next_step=f"ask {who} whether outgoing port {traces[0].port} is filtered; look at this machine's firewall first",
        evidence=tuple(
            Evidence(
                source="trace",
                rule="same end",
                detail=f"{t.target}: the last answer is {_end(t) or 'none'}, hop {_end_ttl(t)}",
            )
            for t in traces
        ),
        counter_evidence=(
            Evidence(
                source="trace",
                rule="one protocol",
                detail="only TCP to this port was tried: all hosts dead, or silence on the way, look the same",
            ),
        ),
        deliverable=False,
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
            f"ask {owner_name(study, session.address)} about {name} ({session.address}), port {session.port}; "
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
