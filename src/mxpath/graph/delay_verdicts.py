"""The verdict about a server that lets its clients wait."""

from mxpath.graph.loss_verdicts import is_lossy
from mxpath.graph.sightings import desk, first_hosts, sessions_of
from mxpath.model.evidence import Evidence, Grade
from mxpath.model.foreign_text import printable
from mxpath.model.session import SmtpSession
from mxpath.model.study import Study
from mxpath.model.verdict import Owner, Verdict

BANNER_DELAY_MS = 1000.0
"""A greeting for which the server itself takes at least this long is worth a verdict."""

SENT_AGAIN = (
    Evidence(
        source="trace",
        rule="loss",
        detail="the path loses packets: one that is sent again after a second looks the same",
    ),
)
"""What speaks against every wait of a server behind a path that loses packets."""


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
    host, lossy = printable(worst.host), is_lossy(study)
    return Verdict(
        name="banner_delay",
        grade=_grade(path, lossy=lossy),
        owner=Owner.THEM,
        sentence=(
            f"{printable(study.domain)} is slow, and it is the server: {host} waits "
            f"{wait / 1000:.2f} s before its greeting"
            + (f"; the path needs {path[0]:.0f} ms." if path else ".")
        ),
        next_step=f"ask {desk(study, worst.address)} about the greeting delay of {host} ({worst.address})",
        evidence=tuple(
            _saw("smtp", "greeting", f"{s.host} {s.address}: {_greeting_words(s)}") for s in slow
        ),
        counter_evidence=tuple(
            _saw("smtp", "greeting", f"{s.host} {s.address} is quick: {_greeting_words(s)}")
            for s in quick
        )
        + (SENT_AGAIN if lossy else ()),
        cost_ms=wait,
    )


def _grade(path: tuple[float, bool] | None, *, lossy: bool) -> Grade:
    if lossy:
        return Grade.POSSIBLE
    return Grade.LIKELY if path is None or path[1] else Grade.CERTAIN


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
    # What another tool measured, at another time, is no measure of this conversation.
    ours = trace is not None and trace.imported is None
    traced = trace.target_rtt_ms if trace is not None and ours else None
    if connect is None or not connect.complete:
        return None if traced is None else (traced, False)
    if traced is None:
        return connect.elapsed_ms, False
    return traced, abs(connect.elapsed_ms - traced) > max(traced, BANNER_DELAY_MS / 2)


def _saw(source: str, rule: str, detail: str) -> Evidence:
    return Evidence(source=source, rule=rule, detail=printable(detail))
