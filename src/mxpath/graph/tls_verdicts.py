"""Verdicts about TLS: a handshake that fails, a certificate that convinces nobody, a slow one.

Who is hurt decides the order. Opportunistic senders (RFC 7435), that is most, take any
certificate, and fall back to plain text when the handshake fails. Senders that find an
MTA-STS policy (RFC 8461) or TLSA records (DANE, RFC 7672) deliver only over TLS that
they could verify. A failed handshake therefore costs everybody a detour and some the
delivery; a bad certificate costs the strict ones alone.
"""

from mxpath.graph.loss_verdicts import is_lossy
from mxpath.graph.sightings import desk, first_hosts, lost_by_size, sessions_of
from mxpath.model.evidence import Evidence, Grade
from mxpath.model.foreign_text import printable
from mxpath.model.session import CertificateFault, Outcome, SmtpSession, TlsFacts
from mxpath.model.study import Study
from mxpath.model.verdict import Owner, Verdict

TLS_SLOW_MS = 1000.0
"""A server that itself takes at least this long over STARTTLS and the handshake is slow."""


def tls_broken(study: Study) -> Verdict | None:
    """Speak when a first host offers STARTTLS, and its TLS fails or cannot be verified."""
    sessions = [s for host in first_hosts(study) for s in sessions_of(study, host)]
    failed = [s for s in sessions if _handshake_failed(s)]
    doubtful = [s for s in sessions if s.tls is not None and _complaint(s.tls)]
    if failed:
        return _failed_handshake(study, failed, sessions)
    if doubtful:
        return _doubtful_certificate(study, doubtful, sessions)
    return None


def _handshake_failed(session: SmtpSession) -> bool:
    """It spoke SMTP, offered STARTTLS, and then no session came of it, whatever the packets' size."""
    if session.outcome is not Outcome.ANSWERED or lost_by_size(session) is not None:
        return False
    tls, reply = session.phase("tls"), session.starttls_reply
    return (tls is not None and not tls.complete) or (reply is not None and reply.code >= 400)


def _complaint(tls: TlsFacts) -> str:
    """What a verifying sender holds against the certificate; nothing when it would be content."""
    if not tls.is_established:
        return ""
    faults = [fault for fault in tls.faults if fault is not CertificateFault.NAME_MISMATCH]
    parts = []
    if tls.trusted is False or faults:
        parts.append(printable(tls.problem) or ", ".join(faults) or "no trusted chain")
    if tls.name_matches is False:
        names = ", ".join(printable(name) for name in tls.names[:3]) or "no name"
        parts.append(f"its names ({names}) are not the host's")
    return "; ".join(parts)


def _failed_handshake(
    study: Study, failed: list[SmtpSession], sessions: list[SmtpSession]
) -> Verdict:
    worst = failed[0]
    host = printable(worst.host)
    problem = _problem(worst)
    why = f" ({problem})" if problem else ""
    return Verdict(
        name="tls_broken",
        grade=Grade.LIKELY if len(failed) == len(sessions) else Grade.POSSIBLE,
        owner=Owner.THEM,
        sentence=(
            f"{host} offers STARTTLS, and then no TLS comes of it{why}: senders that insist on TLS "
            f"(MTA-STS, DANE) cannot deliver to {printable(study.domain)}, others come back without it."
        ),
        next_step=f"ask {desk(study, worst.address)} about STARTTLS on {host} ({worst.address})",
        evidence=tuple(
            _evidence(s, f"no TLS after STARTTLS: {_problem(s) or 'no reason given'}")
            for s in failed
        ),
        counter_evidence=(
            *_doing_well(sessions),
            _saw("tls", "one client", "another TLS library may come to terms with this server"),
        ),
    )


def _problem(session: SmtpSession) -> str:
    """Why no TLS came of it, in the server's words or the library's."""
    reply = session.starttls_reply
    if reply is not None and reply.code >= 400:
        return printable(f"it answers {reply.code} {' '.join(reply.lines)}", limit=120)
    return printable(session.tls.problem, limit=120) if session.tls is not None else ""


def _doubtful_certificate(
    study: Study, doubtful: list[SmtpSession], sessions: list[SmtpSession]
) -> Verdict:
    worst = doubtful[0]
    assert worst.tls is not None, "only sessions with TLS are told"
    host = printable(worst.host)
    return Verdict(
        name="tls_broken",
        grade=Grade.CERTAIN if len(doubtful) == len(sessions) else Grade.LIKELY,
        owner=Owner.THEM,
        sentence=(
            f"The certificate of {host} would not convince a sender that verifies it: "
            f"{printable(_complaint(worst.tls), limit=200)}. Where {printable(study.domain)} has an MTA-STS "
            "policy, senders bound by it cannot deliver; all others do, and do not mind."
        ),
        next_step=f"tell {desk(study, worst.address)}: {host} needs a certificate for that name from a public authority",
        evidence=tuple(_evidence(s, _complaint(s.tls)) for s in doubtful if s.tls is not None),
        counter_evidence=(
            *_doing_well(sessions),
            _saw(
                "tls",
                "trust store",
                "judged by the roots of this machine; with DANE the TLSA record decides, and a "
                "self-signed certificate may be right",
            ),
        ),
        remark=True,
    )


def _doing_well(sessions: list[SmtpSession]) -> list[Evidence]:
    return [
        _evidence(s, "well")
        for s in sessions
        if s.tls is not None and s.tls.is_established and not _complaint(s.tls)
    ]


def tls_slow(study: Study) -> Verdict | None:
    """Speak when a first host's server itself takes ``TLS_SLOW_MS`` or more to begin TLS."""
    sessions = [s for host in first_hosts(study) for s in sessions_of(study, host)]
    slow = [s for s in sessions if _tls_wait(s) >= TLS_SLOW_MS]
    if not slow:
        return None
    worst = max(slow, key=_tls_wait)
    wait, host, lossy = _tls_wait(worst), printable(worst.host), is_lossy(study)
    return Verdict(
        name="tls_slow",
        grade=Grade.POSSIBLE if lossy else Grade.LIKELY,
        owner=Owner.THEM,
        sentence=(
            f"{printable(study.domain)} is slow over TLS, and it is the server: {host} takes "
            f"{wait / 1000:.2f} s of its own to begin it."
        ),
        next_step=f"ask {desk(study, worst.address)} about the load of {host} ({worst.address}): a handshake should take milliseconds",
        evidence=tuple(_evidence(s, _wait_words(s)) for s in slow),
        counter_evidence=(
            *(
                _evidence(s, _wait_words(s))
                for s in sessions
                if s.tls is not None and s not in slow
            ),
            _saw(
                "smtp", "one handshake", "a lost packet, sent again after a second, looks the same"
            ),
        ),
        cost_ms=wait,
    )


def _tls_wait(session: SmtpSession) -> float:
    """The server's own time from STARTTLS to the end of the handshake."""
    phases = [session.phase(name) for name in ("starttls", "tls")]
    if any(phase is None or not phase.complete for phase in phases):
        return 0.0
    return sum(phase.server_ms for phase in phases if phase is not None)


def _wait_words(session: SmtpSession) -> str:
    return f"TLS begins after {_tls_wait(session):,.0f} ms of the server's own"


def _evidence(session: SmtpSession, words: str) -> Evidence:
    return _saw("smtp", "tls", f"{session.host} {session.address}: {words}")


def _saw(source: str, rule: str, detail: str) -> Evidence:
    return Evidence(source=source, rule=rule, detail=printable(detail))
