"""The verdict about a path that loses large packets.

The sign: small replies come (greeting, EHLO), and where the server has to send a large
one (the flight with its certificates, a long EHLO answer) nothing comes until the time
is over. A server that hangs looks just so. What tells them apart is a second
conversation with small segments: where it passes, the size was the trouble (likely);
where it stalls again, it was not, and this rule is silent. Without a second look, or
where that came to nothing before the same step, it is only possible.
"""

from mxpath.graph.sightings import (
    answers,
    backups,
    desk,
    first_hosts,
    lost_by_size,
    sessions_of,
)
from mxpath.model.evidence import Evidence, Grade
from mxpath.model.foreign_text import printable
from mxpath.model.session import Outcome, SmtpSession
from mxpath.model.study import Study
from mxpath.model.verdict import Owner, Verdict


def pmtu_blackhole(study: Study) -> Verdict | None:
    """Speak when a first host's large replies do not arrive, while its small ones do."""
    sessions = [s for host in first_hosts(study) for s in sessions_of(study, host)]
    stalled = [s for s in sessions if lost_by_size(s) is not None]
    if not stalled:
        return None
    proven = [s for s in stalled if lost_by_size(s) is Grade.LIKELY]
    worst = (proven or stalled)[0]
    name, step = printable(worst.host), _step(worst)
    saved = any(s.outcome is Outcome.ANSWERED and s not in stalled for s in sessions)
    saved = saved or any(answers(study, host) for host in backups(study))
    return Verdict(
        name="pmtu_blackhole",
        grade=Grade.LIKELY if proven else Grade.POSSIBLE,
        owner=Owner.PATH,
        sentence=(
            f"Large packets from {name} ({worst.address}) do not seem to arrive: its small replies come, "
            f"{step} does not"
            + (f", and with segments of {_small(worst)} bytes it does" if proven else "")
            + ": consistent with a path MTU black hole."
        ),
        next_step=(
            f"clamp the TCP segment size towards {worst.address} (a route with advmss, or MSS clamping) and try "
            f"again; then ask {desk(study, worst.address)} and the networks on the way who drops ICMP "
            "“packet too big”"
        ),
        evidence=tuple(_evidence(s) for s in stalled),
        counter_evidence=tuple(_doubts(stalled, sessions)),
        deliverable=True if saved else None,
    )


def _step(session: SmtpSession) -> str:
    tls = session.phase("tls")
    return "its TLS certificate" if tls is not None else "its answer to EHLO"


def _small(session: SmtpSession) -> int:
    return session.second_look.max_segment if session.second_look is not None else 0


def _evidence(session: SmtpSession) -> Evidence:
    done = [phase.name for phase in session.phases if phase.complete]
    words = f"{session.host} {session.address}: after {', '.join(done)} nothing more came"
    look = session.second_look
    if look is not None:
        how = "passed" if look.passed else f"came to {look.reached or 'nothing'} ({look.outcome})"
        words += f"; with segments of {look.max_segment} bytes it {how}"
    return _saw("second look" if look is not None else "stall", words)


def _doubts(stalled: list[SmtpSession], sessions: list[SmtpSession]) -> list[Evidence]:
    doubts = [
        _saw("conversation", f"{s.host} {s.address} sends its large replies well")
        for s in sessions
        if s.tls is not None and s.tls.is_established and s not in stalled
    ]
    if any(s.second_look is None or not s.second_look.passed for s in stalled):
        doubts.append(_saw("one look", "a server that hangs at this step looks the same"))
    else:
        doubts.append(_saw("second look", "made once: a server that hung only the first time, too"))
    return doubts


def _saw(rule: str, detail: str) -> Evidence:
    return Evidence(source="smtp", rule=rule, detail=printable(detail))
