"""Whether a conversation was told as the mail host behaved: one fact each, with all that is wrong.

1. The outcome and, where the greeting refuses, its code follow from the behaviour.
2. What the server waited is its own and nobody else's: before the greeting, before
   each line of a tarpit, before its part of TLS.
3. A certificate is judged by its kind, and its dates are those it was issued with.
4. Where TLS fails or is refused, it is said, and not more.
5. A path that does not lead to the host, or not back, leaves nothing to be seen of it.
   One that loses large packets without a word stops a large certificate; small segments
   bring it through. Where packets are lost by chance, sending them again takes its time.
"""

from collections.abc import Iterator

from mxpath.lab.elements import Behaviour, Certificate
from mxpath.lab.mail_words import TARPIT_S
from mxpath.lab.truth import PathTruth, SmtpTruth
from mxpath.model.session import CertificateFault, Outcome, SmtpSession, TlsFacts

Fact = tuple[bool, str]
"""Whether a fact was right, and what it was."""

SERVER_TOLERANCE_MS = 500.0
"""A server's own time may differ from the configured one by so much: the servers are
ordinary processes on a machine that does other things too."""

LOSSY_TOLERANCE_MS = 3_500.0
"""The same where packets are lost by chance: Linux sends a SYN again after 1 s and after 3 s
(RFC 6298), and a lost SYN makes the path's share look larger, the server's smaller."""

_FULL_PACKET = 1500
"""Bytes, as hosts on Ethernet send them."""

_OUTCOMES = {
    Behaviour.FINE: Outcome.ANSWERED,
    Behaviour.SLOW_GREETING: Outcome.ANSWERED,
    Behaviour.REJECT: Outcome.REJECTED,
    Behaviour.BUSY: Outcome.REJECTED,
    Behaviour.TARPIT: Outcome.ANSWERED,
    Behaviour.LIMITED: Outcome.ANSWERED,
    Behaviour.MUTE: Outcome.SILENT,
    Behaviour.RESET: Outcome.CLOSED,
    Behaviour.CLOSED: Outcome.REFUSED,
    Behaviour.DROPPED: Outcome.NO_CONNECTION,
}
_REFUSALS = {Behaviour.REJECT: 554, Behaviour.BUSY: 451, Behaviour.LIMITED: 421}
_FAULTS: dict[Certificate, tuple[CertificateFault, ...]] = {
    Certificate.VALID: (),
    Certificate.LARGE: (),
    Certificate.EXPIRED: (CertificateFault.EXPIRED,),
    Certificate.SELF_SIGNED: (CertificateFault.SELF_SIGNED,),
    Certificate.WRONG_NAME: (CertificateFault.NAME_MISMATCH,),
}


def smtp_fact(session: SmtpSession, expected: SmtpTruth, path: PathTruth | None = None) -> Fact:
    """Hold one session against its host, and the path to it where that is known."""
    if path is not None and not _connects(path):
        right = session.outcome in {Outcome.NO_CONNECTION, Outcome.UNREACHABLE}
        return right, f"{session.address}: {session.outcome}, truly there is no way"
    mistakes = tuple(_mistakes(session, expected, path))
    words = f"{session.address}: {session.outcome}, truly {expected.behaviour}"
    return not mistakes, "; ".join((words, *mistakes))


def _connects(path: PathTruth) -> bool:
    return path.arrives and bool(path.hops) and not path.hops[-1].silent


def _swallows(path: PathTruth) -> bool:
    """Whether full packets of the host are lost without a word."""
    return path.mtu_hidden and path.mtu_back is not None and path.mtu_back < _FULL_PACKET


def _mistakes(session: SmtpSession, expected: SmtpTruth, path: PathTruth | None) -> Iterator[str]:
    outcome = _outcome(session, expected)
    if session.outcome is not outcome:
        yield f"outcome {session.outcome}, expected {outcome}"
        return
    if outcome is Outcome.REJECTED:
        code = session.greeting.code if session.greeting else None
        if code != _REFUSALS[expected.behaviour]:
            yield f"greeting {code}, expected {_REFUSALS[expected.behaviour]}"
    if outcome is Outcome.CLOSED and not session.was_reset:
        yield "an orderly end, truly a reset"
    if outcome is not Outcome.ANSWERED:
        return
    if path is not None and _swallows(path) and _is_large(expected):
        yield from _wrong_stall(session)
    else:
        lossy = path is not None and path.loss > 0
        tolerance_ms = LOSSY_TOLERANCE_MS if lossy else SERVER_TOLERANCE_MS
        yield from _wrong_times(session, expected, tolerance_ms)
        yield from _wrong_tls(session, expected)


def _outcome(session: SmtpSession, expected: SmtpTruth) -> Outcome:
    """What should have come out; whether a limit was reached only the client can know."""
    if expected.behaviour is Behaviour.LIMITED:
        refused = session.outcome is Outcome.REJECTED
        if refused or expected.connections_at_once == 0:
            return Outcome.REJECTED
    return _OUTCOMES[expected.behaviour]


def _wrong_times(session: SmtpSession, expected: SmtpTruth, tolerance_ms: float) -> Iterator[str]:
    """Rule 2."""
    for phase in session.phases:
        due_ms = _server_ms(phase.name, session, expected)
        if phase.complete and abs(phase.server_ms - due_ms) > tolerance_ms:
            yield f"{phase.name}: server {phase.server_ms:.0f} ms, truly {due_ms:.0f} ms"


def _server_ms(phase: str, session: SmtpSession, expected: SmtpTruth) -> float:
    if phase == "tls":
        return expected.tls_delay_s * 1000
    if phase == "connect":
        return 0.0
    if expected.behaviour is Behaviour.TARPIT:
        return TARPIT_S * 1000 * _lines(phase, session)
    slow = phase == "greeting" and expected.behaviour is Behaviour.SLOW_GREETING
    return expected.greeting_delay_s * 1000 if slow else 0.0


def _lines(phase: str, session: SmtpSession) -> int:
    """Lines of the reply in a phase; those of an EHLO under TLS lack the offer of TLS."""
    if phase == "ehlo2":
        return 1 + len(session.capabilities)
    if phase == "ehlo":
        again = session.phase("ehlo2") is not None
        return 1 + len(session.capabilities) + (1 if again else 0)
    return 1


def _wrong_tls(session: SmtpSession, expected: SmtpTruth) -> Iterator[str]:
    """Rules 3 and 4."""
    tls, reply = session.tls, session.starttls_reply
    if session.starttls_offered is not expected.starttls:
        yield f"STARTTLS offered: {session.starttls_offered}, truly {expected.starttls}"
    elif expected.starttls and expected.starttls_refused:
        if reply is None or reply.code != 454 or tls is not None:
            yield f"STARTTLS answered {reply}, TLS {tls}, truly refused with 454"
    elif expected.starttls and tls is None:
        yield "no TLS was seen"
    elif tls is not None and not expected.starttls:
        yield "TLS was seen, and there is none"
    elif tls is not None:
        alias = bool(expected.name) and session.host != expected.name
        yield from _wrong_handshake(tls, expected, alias=alias)


def _is_large(expected: SmtpTruth) -> bool:
    """Whether a large certificate is on its way in the handshake."""
    shown = expected.starttls and not expected.starttls_refused and not expected.tls_fails
    return shown and expected.certificate is Certificate.LARGE


def _wrong_stall(session: SmtpSession) -> Iterator[str]:
    """Rule 5."""
    if session.tls is None or not session.tls.timed_out:
        yield f"TLS {session.tls}, truly it stalls"
    elif session.second_look is None or not session.second_look.passed:
        yield f"second look {session.second_look}, truly small segments pass"


def _wrong_handshake(tls: TlsFacts, expected: SmtpTruth, *, alias: bool) -> Iterator[str]:
    """Rules 3 and 4, once it came to a handshake; an ``alias`` is not what the certificate names."""
    if tls.is_established is expected.tls_fails:
        yield f"TLS {tls.version or 'failed'}, truly it {'fails' if expected.tls_fails else 'works'}"
    if not tls.is_established or expected.certificate is None:
        return
    if tls.version != f"TLSv{expected.tls_version}":
        yield f"{tls.version}, truly TLS {expected.tls_version}"
    faults = _FAULTS[expected.certificate]
    if alias and CertificateFault.NAME_MISMATCH not in faults:
        faults = (*faults, CertificateFault.NAME_MISMATCH)
    if tls.faults != faults:
        yield f"certificate faults {tls.faults}, truly {faults}"
    if tls.trusted is not (expected.certificate in _TRUSTED):
        yield f"trusted: {tls.trusted}, truly a certificate that is {expected.certificate}"
    if (tls.not_before, tls.not_after) != (expected.not_before, expected.not_after):
        yield f"valid until {tls.not_after}, truly {expected.not_after}"


_TRUSTED = {Certificate.VALID, Certificate.LARGE, Certificate.WRONG_NAME}
"""Kinds whose chain leads to the lab's authority within their dates."""
