"""Verdicts about a first MX that never speaks: dead, or closed on purpose (nolisting).

Both look alike from outside. A closed first MX is called *nolisting* only when all of this
holds, and is dead otherwise:

1. every address of every host of the lowest preference answers with a reset (RST): the
   machine is up, and the port is closed;
2. a later host takes the conversation on every address that was tried;
3. both are in the same hands: the names have the same parent (mx0.shop.example and
   mx1.shop.example), or the addresses the same network. A dead host of one house beside
   a living one of another is nobody's design.

A mail server that has stopped looks just so for an hour. Therefore it is only possible,
and likely when the closed host closes the list too (first and last, the sandwich), or when
an earlier study, a day ago or more, saw the same. SYNs that vanish are no nolisting unless
an earlier study saw that too: a design that costs every sender a time-out is rarer than a
machine that is off.
"""

from datetime import timedelta

from mxpath.graph.sightings import (
    HEARD,
    answers,
    backups,
    desk,
    egress_is_shut,
    family_missing,
    first_hosts,
    is_dead,
    last_answer,
    lost_by_size,
    owner_name,
    reached_network,
    sessions_of,
    was_tried,
)
from mxpath.model.dns import DnsStatus
from mxpath.model.evidence import Evidence, Grade
from mxpath.model.foreign_text import printable
from mxpath.model.mail import MxHost
from mxpath.model.session import Outcome, SmtpSession
from mxpath.model.study import Study
from mxpath.model.trace import EndReason
from mxpath.model.verdict import Owner, Verdict

_LONG_AGO = timedelta(days=1)
"""What has been so for this long is hardly an outage that nobody noticed."""

_HOW = {
    Outcome.REFUSED: "refuses the connection (port {port} is closed)",
    Outcome.NO_CONNECTION: "does not answer on port {port}",
    Outcome.UNREACHABLE: "cannot be reached: the network says so",
    Outcome.SILENT: "takes the connection and then says nothing",
    Outcome.CLOSED: "takes the connection and hangs up",
    Outcome.GARBLED: "does not speak SMTP",
}


def nolisting(study: Study, before: Study | None = None) -> Verdict | None:
    """Speak when the first MX is closed and a later one answers, by design as it seems."""
    first = first_hosts(study)
    saver = _saver(study)
    if saver is None or not _by_design(study, saver, before):
        return None
    closed = first[0]
    likely = _is_last_too(study, closed) or _was_so_before(study, before)
    cost = _dead_cost(study, closed)
    name = printable(closed.name)
    return Verdict(
        name="nolisting",
        grade=Grade.LIKELY if likely else Grade.POSSIBLE,
        owner=Owner.THEM,
        sentence=(
            f"The first MX of {printable(study.domain)}, {name}, refuses every connection, and "
            f"{printable(saver.name)} (preference {saver.preference}) of the same house takes the mail: "
            "consistent with nolisting, a first MX that is closed on purpose"
            + (f"; it costs a message {cost:.0f} ms." if cost is not None else ".")
        ),
        next_step=(
            f"nothing, when it was always so; if {name} ever took mail, it is down: "
            f"ask {_whom(study, closed)}"
        ),
        evidence=(
            *_dead_evidence(study, list(first)),
            _saw("smtp", "plan", f"{saver.name} answers; {_hands(study, closed, saver)}"),
            *_earlier(study, before),
        ),
        counter_evidence=(
            _saw("smtp", "plan", "a mail server that has stopped refuses in the same way"),
        ),
        cost_ms=cost,
        remark=True,
    )


def _saver(study: Study) -> MxHost | None:
    """The first later host that answers on every address that could be tried."""
    return next((host for host in backups(study) if _answers_whole(study, host)), None)


def _answers_whole(study: Study, host: MxHost) -> bool:
    tried = [s for s in sessions_of(study, host) if not family_missing(study, s.address.version)]
    return bool(tried) and all(s.outcome is Outcome.ANSWERED for s in tried)


def _by_design(study: Study, saver: MxHost, before: Study | None) -> bool:
    first = first_hosts(study)
    if not all(is_dead(study, host) and _hands(study, host, saver) for host in first):
        return False
    sessions = [s for host in first for s in sessions_of(study, host)]
    tried = [s for s in sessions if not family_missing(study, s.address.version)]
    if all(s.outcome is Outcome.REFUSED for s in tried):
        return True
    dropped = all(s.outcome is Outcome.NO_CONNECTION for s in tried)
    return dropped and _was_so_before(study, before)


def _hands(study: Study, one: MxHost, other: MxHost) -> str:
    """What shows that both hosts are in the same hands; nothing when nothing does."""
    parents = {host.name.partition(".")[2] for host in (one, other)}
    if len(parents) == 1 and "." in (parent := parents.pop()):
        return f"both names end in {printable(parent)}"
    known = [study.owners.get(a) for host in (one, other) for a in host.addresses]
    networks = {owner.network if owner is not None else None for owner in known}
    if len(networks) == 1 and (network := networks.pop()) is not None:
        return f"both are in {printable(str(network))}"
    return ""


def _is_last_too(study: Study, closed: MxHost) -> bool:
    """First and last: the closed host, or another with its addresses, ends the list."""
    last = study.mail.plan.hosts[-1]
    return last.preference > closed.preference and set(last.addresses) == set(closed.addresses)


def _was_so_before(study: Study, before: Study | None) -> bool:
    """Whether a study of a day ago or more saw the same first hosts dead and a later one alive."""
    if before is None or study.started_at - before.started_at < _LONG_AGO:
        return False
    names = {host.name for host in first_hosts(study)}
    earlier = first_hosts(before)
    return (
        {host.name for host in earlier} == names
        and all(is_dead(before, host) for host in earlier)
        and _saver(before) is not None
    )


def _earlier(study: Study, before: Study | None) -> list[Evidence]:
    if before is None or not _was_so_before(study, before):
        return []
    words = f"it was the same on {before.started_at:%Y-%m-%d %H:%M} UTC"
    return [_saw("study", "earlier study", words)]


def _whom(study: Study, host: MxHost) -> str:
    return desk(study, host.addresses[0]) if host.addresses else "the domain's holder"


def first_mx_dead(study: Study, before: Study | None = None) -> Verdict | None:
    """Speak when a host of the lowest preference was tried on every address and never spoke SMTP.

    Whether a later host answers decides what it costs. Where ``nolisting`` explains
    it as well, that speaks instead; where the port surely does not get out of here, nothing is
    known of any host.
    """
    if egress_is_shut(study):
        return None
    first = first_hosts(study)
    dead = [
        host
        for host in first
        if (is_dead(study, host) and not _too_large(study, host)) or _has_no_address(study, host)
    ]
    if not dead or nolisting(study, before) is not None:
        return None
    rest = [host for host in study.mail.plan.hosts if host not in dead]
    saver = next((host for host in rest if answers(study, host)), None)
    untried = [host for host in rest if not was_tried(study, host)]
    blame = _blame(study, dead[0])
    return Verdict(
        name="first_mx_dead",
        grade=blame[1],
        owner=blame[0],
        sentence=_dead_sentence(study, dead[0], saver=saver, untried=untried),
        next_step=_dead_step(study, dead[0], saver),
        evidence=tuple(_dead_evidence(study, dead)),
        counter_evidence=tuple(_dead_doubts(study, dead[0], saver)),
        cost_ms=_dead_cost(study, dead[0]) if saver else None,
        deliverable=saver is not None or bool(untried) or any(answers(study, h) for h in first),
    )


def _too_large(study: Study, host: MxHost) -> bool:
    """It would speak, were its packets smaller: ``pmtu_blackhole`` says so."""
    return any(lost_by_size(s) is Grade.LIKELY for s in sessions_of(study, host))


def _has_no_address(study: Study, host: MxHost) -> bool:
    """The DNS said clearly that there is none; a failed look-up is another verdict."""
    clear = (DnsStatus.NOERROR, DnsStatus.NXDOMAIN)
    return (
        not host.addresses
        and bool(host.lookups)
        and all(answer.status in clear for answer in host.lookups)
        # A host without addresses in the asked-for family alone proves nothing.
        and {answer.rdtype for answer in host.lookups} >= {"A", "AAAA"}
        and study.mail.plan.kind.value == "mx"
    )


def _failure(study: Study, host: MxHost) -> SmtpSession | None:
    """The session that tells best how the host failed: one of a family that works here."""
    sessions = sessions_of(study, host)
    able = [s for s in sessions if not family_missing(study, s.address.version)]
    return next(iter(able or sessions), None)


def _blame(study: Study, host: MxHost) -> tuple[Owner, Grade]:
    session = _failure(study, host)
    if session is None or session.outcome is Outcome.REFUSED:
        return Owner.THEM, Grade.CERTAIN
    if session.outcome in (Outcome.SILENT, Outcome.CLOSED, Outcome.GARBLED):
        return Owner.THEM, Grade.LIKELY
    if reached_network(study, session.address):
        return Owner.THEM, Grade.LIKELY
    # The trail ends on the way, or was never followed: a filter anywhere looks the same.
    trace = study.trace_to(session.address)
    end = trace.end if trace is not None and trace.imported is None else None
    stopped = end in (EndReason.GAVE_UP, EndReason.UNREACHABLE)
    return (Owner.PATH if stopped else Owner.THEM), Grade.POSSIBLE


def _dead_sentence(
    study: Study, host: MxHost, *, saver: MxHost | None, untried: list[MxHost]
) -> str:
    name, domain = printable(host.name), printable(study.domain)
    alone = len(study.mail.plan.hosts) == 1
    which = "the only MX" if alone else "the first MX"
    session = _failure(study, host)
    how = (
        _HOW[session.outcome].format(port=session.port) if session else "has no address in the DNS"
    )
    if alone:
        return f"Nothing can be delivered to {domain}: {which}, {name}, {how}."
    if saver is not None:
        return (
            f"The first MX of {domain} is dead: {name} {how}; "
            f"{printable(saver.name)} (preference {saver.preference}) takes the mail, after a delay."
        )
    if untried:
        return f"The first MX of {domain} is dead: {name} {how}; whether another takes the mail was not seen."
    return f"Nothing can be delivered to {domain}: {name} {how}, and no other MX takes mail either."


def _dead_step(study: Study, host: MxHost, saver: MxHost | None) -> str:
    session = _failure(study, host)
    if session is None:
        return f"tell the holder of {printable(study.domain)}: its MX record names {printable(host.name)}, which has no address"
    who = owner_name(study, session.address)
    ask = f"ask {who} about {printable(host.name)} ({session.address}), port {session.port}"
    return (
        f"{ask}; meanwhile mail goes the longer way"
        if saver
        else f"{ask}; mail waits in the queue until then"
    )


def _dead_evidence(study: Study, dead: list[MxHost]) -> list[Evidence]:
    found = []
    for host in dead:
        for session in sessions_of(study, host):
            words = f"{host.name} {session.address}: {session.outcome.value}"
            found.append(_saw("smtp", "connection", words))
            if (seen := _trail(study, session)) is not None:
                found.append(seen)
        if not host.addresses:
            found.append(_saw("dns", "answer", f"{host.name} has neither A nor AAAA"))
    return found


def _trail(study: Study, session: SmtpSession) -> Evidence | None:
    trace = study.trace_to(session.address)
    hop = last_answer(trace) if trace is not None else None
    if trace is None or hop is None:
        return None
    if trace.end is EndReason.REACHED:
        return _saw("trace", "end", f"{session.address} itself answered at hop {trace.distance}")
    if trace.end is EndReason.INTERRUPTED:
        return None
    where = owner_name(study, hop.address) if hop.address else "silence"
    return _saw("trace", "end", f"the last answer came from {hop.address}, hop {hop.ttl} ({where})")


def _dead_doubts(study: Study, host: MxHost, saver: MxHost | None) -> list[Evidence]:
    doubts = []
    session = _failure(study, host)
    silent = session is not None and session.outcome is Outcome.NO_CONNECTION
    heard = any(s.outcome in HEARD for s in study.sessions)
    if silent and not heard:
        words = "nothing was heard on port 25 anywhere: consistent with a filter near here, too"
        doubts.append(_saw("smtp", "connection", words))
    if session is not None and session.outcome is Outcome.SILENT:
        words = "RFC 5321 section 4.5.3.2 lets a sender wait five minutes; the probe waited less"
        doubts.append(_saw("smtp", "time-out", words))
    if saver is not None and session is not None:
        words = "a first MX that never answers may be on purpose (nolisting)"
        doubts.append(_saw("smtp", "plan", words))
    return doubts


def _dead_cost(study: Study, host: MxHost) -> float | None:
    """What a sender loses at it; of a time-out only the sender's own patience decides."""
    sessions = sessions_of(study, host)
    if not sessions or any(s.outcome is not Outcome.REFUSED for s in sessions):
        return None
    return sum(s.total_ms for s in sessions)


def _saw(source: str, rule: str, detail: str) -> Evidence:
    return Evidence(source=source, rule=rule, detail=printable(detail))
