"""Verdicts about the mail hosts a sender tries first: dead, rejecting or slow to greet."""

from mxpath.graph.sightings import (
    FAILED,
    HEARD,
    answers,
    backups,
    family_missing,
    first_hosts,
    is_dead,
    last_answer,
    owner_name,
    reached_network,
    sessions_of,
)
from mxpath.model.dns import DnsStatus
from mxpath.model.evidence import Evidence, Grade
from mxpath.model.foreign_text import printable
from mxpath.model.mail import MxHost
from mxpath.model.session import Outcome, SmtpSession
from mxpath.model.study import Study
from mxpath.model.trace import EndReason
from mxpath.model.verdict import Owner, Verdict

BANNER_DELAY_MS = 1000.0
"""A greeting for which the server itself takes at least this long is worth a verdict."""

_HOW = {
    Outcome.REFUSED: "refuses the connection (port {port} is closed)",
    Outcome.NO_CONNECTION: "does not answer on port {port}",
    Outcome.UNREACHABLE: "cannot be reached: the network says so",
    Outcome.SILENT: "takes the connection and then says nothing",
    Outcome.CLOSED: "takes the connection and hangs up",
    Outcome.GARBLED: "does not speak SMTP",
}


def first_mx_dead(study: Study) -> Verdict | None:
    """Speak when a host of the lowest preference was tried on every address and never spoke SMTP.

    Whether a later host answers decides what it costs; a first MX that never
    answers by design (nolisting) looks the same, and is told so.
    """
    first = first_hosts(study)
    dead = [host for host in first if is_dead(study, host) or _has_no_address(study, host)]
    if not dead:
        return None
    rest = [host for host in study.mail.plan.hosts if host not in dead]
    saver = next((host for host in rest if answers(study, host)), None)
    untried = [host for host in rest if not _tried(study, host)]
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


def _tried(study: Study, host: MxHost) -> bool:
    sessions = sessions_of(study, host)
    heard = any(s.outcome in HEARD for s in sessions)
    whole = len(sessions) == len(host.addresses)
    return heard or (whole and all(s.outcome in FAILED for s in sessions))


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
    stopped = trace is not None and trace.end in (EndReason.GAVE_UP, EndReason.UNREACHABLE)
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


def rejected_at_greeting(study: Study) -> Verdict | None:
    """Speak when a first host answers with 4xx or 5xx before any mail is offered, and none takes it."""
    first = first_hosts(study)
    sessions = [s for host in first for s in sessions_of(study, host)]
    session = next((s for s in sessions if s.outcome is Outcome.REJECTED), None)
    if session is None or any(s.outcome is Outcome.ANSWERED for s in sessions):
        return None
    saver = next((host for host in backups(study) if answers(study, host)), None)
    untried = [host for host in backups(study) if not _tried(study, host)]
    return Verdict(
        name="rejected_at_greeting",
        grade=Grade.CERTAIN,
        owner=Owner.THEM,
        sentence=_rejection_sentence(study, session, saver),
        next_step=_rejection_step(study, session),
        evidence=tuple(
            _saw("smtp", "reply", f"{s.host} {s.address}: {_words(s)}")
            for s in sessions
            if s.outcome is Outcome.REJECTED
        ),
        counter_evidence=(
            _saw(
                "smtp",
                "one source",
                "asked from one address: a refusal may be meant for this sender alone",
            ),
        ),
        deliverable=saver is not None or bool(untried),
    )


def _refusal(session: SmtpSession) -> tuple[str, int]:
    """At which step it was rejected, and with which code."""
    if session.greeting is not None and session.greeting.code >= 400:
        return "the greeting", session.greeting.code
    return "EHLO", session.last_reply.code if session.last_reply else 0


def _words(session: SmtpSession) -> str:
    step, code = _refusal(session)
    reply = session.greeting if step == "the greeting" else session.last_reply
    text = " ".join(reply.lines) if reply else ""
    return printable(f"{code} {text}".strip(), limit=120)


def _rejection_sentence(study: Study, session: SmtpSession, saver: MxHost | None) -> str:
    step, code = _refusal(session)
    kind = "for now" if 400 <= code < 500 else "for good"
    tail = (
        f"; {printable(saver.name)} (preference {saver.preference}) takes the mail."
        if saver
        else "; no other MX takes it."
        if backups(study)
        else "."
    )
    return (
        f"{printable(session.host)} rejects mail to {printable(study.domain)} {kind}: "
        f"it answers {step} with “{_words(session)}”{tail}"
    )


def _rejection_step(study: Study, session: SmtpSession) -> str:
    who, code = owner_name(study, session.address), _refusal(session)[1]
    if 400 <= code < 500:
        return f"wait and try again; if it stays, ask {who} about {printable(session.host)}, quoting the reply"
    return f"ask {who} about {printable(session.host)}, quoting the reply; check whether this sender is on a block list"


def banner_delay(study: Study) -> Verdict | None:
    """Speak when the server itself takes ``BANNER_DELAY_MS`` or more before its greeting.

    The path's share is one round trip, known from the handshake of the same
    connection; all else is the server's.
    """
    sessions = [s for host in first_hosts(study) for s in sessions_of(study, host)]
    slow = [s for s in sessions if _greeting_wait(s) >= BANNER_DELAY_MS]
    if not slow:
        return None
    worst = max(slow, key=_greeting_wait)
    quick = [s for s in sessions if s.greeting is not None and s not in slow]
    wait = _greeting_wait(worst)
    path = _path_ms(study, worst)
    host = printable(worst.host)
    return Verdict(
        name="banner_delay",
        grade=Grade.LIKELY if path is None or path[1] else Grade.CERTAIN,
        owner=Owner.THEM,
        sentence=(
            f"{printable(study.domain)} is slow, and it is the server: {host} waits "
            f"{wait / 1000:.2f} s before its greeting"
            + (f"; the path needs {path[0]:.0f} ms." if path else ".")
        ),
        next_step=f"ask {owner_name(study, worst.address)} about the greeting delay of {host} ({worst.address})",
        evidence=tuple(
            _saw("smtp", "greeting", f"{s.host} {s.address}: {_greeting_words(s)}") for s in slow
        ),
        counter_evidence=tuple(
            _saw("smtp", "greeting", f"{s.host} {s.address} is quick: {_greeting_words(s)}")
            for s in quick
        ),
        cost_ms=wait,
    )


def _greeting_wait(session: SmtpSession) -> float:
    phase = session.phase("greeting")
    # A greeting that never came is no delay but a silence, and first_mx_dead's affair.
    return phase.server_ms if phase is not None and phase.complete else 0.0


def _greeting_words(session: SmtpSession) -> str:
    phase = session.phase("greeting")
    assert phase is not None, "only sessions with a greeting are told"
    return (
        f"greeting after {phase.elapsed_ms:,.0f} ms, {phase.server_ms:,.0f} ms of it the server's"
    )


def _path_ms(study: Study, session: SmtpSession) -> tuple[float, bool] | None:
    """The path's round trip, and whether trace and handshake disagree about it."""
    connect = session.phase("connect")
    trace = study.trace_to(session.address)
    traced = trace.target_rtt_ms if trace is not None else None
    if connect is None or not connect.complete:
        return None if traced is None else (traced, False)
    if traced is None:
        return connect.elapsed_ms, False
    return traced, abs(connect.elapsed_ms - traced) > max(traced, BANNER_DELAY_MS / 2)


def _saw(source: str, rule: str, detail: str) -> Evidence:
    return Evidence(source=source, rule=rule, detail=printable(detail))
