"""Printing: SMTP conversations for people."""

from mxpath.model.foreign_text import printable
from mxpath.model.session import SmtpSession
from mxpath.report.words import session_tls_words


def print_session(session: SmtpSession) -> None:
    """Print an SMTP conversation phase by phase."""
    print(f"{printable(session.host)} {session.address} port {session.port}: {session.outcome}")
    if session.detail:
        print(f"  {printable(session.detail)}")
    for phase in session.phases:
        unfinished = "" if phase.complete else "   not completed"
        print(
            f"  {phase.name:<9} {phase.elapsed_ms:>10,.1f} ms   "
            f"network {phase.network_ms:,.1f}, server {phase.server_ms:,.1f}{unfinished}"
        )
    if session.greeting is not None:
        print(
            f"  greeting  {session.greeting.code} {printable(' / '.join(session.greeting.lines))}"
        )
    if session.last_reply is not None and session.last_reply != session.greeting:
        last = session.last_reply
        print(f"  last said {last.code} {printable(' / '.join(last.lines))}")
    _print_tls(session)


def _print_tls(session: SmtpSession) -> None:
    tls = session.tls
    if tls is None or not tls.is_established:
        if words := session_tls_words(session):
            print(f"  TLS       {words}")
        return
    trusted = {True: "trusted", False: "not trusted", None: "not checked"}[tls.trusted]
    problem = f": {printable(tls.problem)}" if tls.problem else ""
    match = "name matches" if tls.name_matches else "name does not match"
    print(f"  TLS       {tls.version} {tls.cipher}, certificate {trusted}{problem}, {match}")
    if tls.not_before is not None and tls.not_after is not None:
        print(
            f"            valid {tls.not_before:%Y-%m-%d %H:%M} to {tls.not_after:%Y-%m-%d %H:%M} UTC"
        )
    print(f"            names {printable(', '.join(tls.names), limit=300) or 'none'}")
