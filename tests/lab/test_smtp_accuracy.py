"""The SMTP figure is an instrument: each way to tell a mail host wrongly turns it red."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lab.test_mail_players import flows, targets, world
from mxpath.lab.simulated import SimulatedVantage, simulate, simulated_truth
from mxpath.lab.smtp_accuracy import smtp_fact
from mxpath.lab.truth import Truth
from mxpath.model.address import parse_address
from mxpath.model.session import (
    CertificateFault,
    Outcome,
    SmtpReply,
    SmtpSession,
)
from mxpath.smtp.probe import probe

LATER = SmtpReply(code=450, lines=("later",))


@pytest.fixture(scope="module")
def played() -> tuple[dict[str, SmtpSession], Truth]:
    vantage = simulate(world())
    pairs = [(dns, parse_address(address)) for _, dns, address in targets()]
    sessions = dict(zip((name for name, *_ in targets()), probe(pairs, vantage), strict=True))
    return sessions, simulated_truth(world(), flows(), vantage)


def judged(session: SmtpSession, truth: Truth) -> tuple[bool, str]:
    return smtp_fact(
        session, truth.smtp[session.address], truth.path(session.address, flows()[0][1])
    )


def shifted(session: SmtpSession, name: str, by_ms: float) -> SmtpSession:
    phases = tuple(
        replace(p, server_ms=p.server_ms + by_ms) if p.name == name else p for p in session.phases
    )
    return replace(session, phases=phases)


def with_tls(session: SmtpSession, **changes: object) -> SmtpSession:
    assert session.tls is not None
    return replace(session, tls=replace(session.tls, **changes))  # type: ignore[arg-type]


def spoiled(session: SmtpSession) -> dict[str, SmtpSession]:
    """A session told wrongly, one way each."""
    found = {"outcome": replace(session, outcome=Outcome.GARBLED)}
    if session.outcome is Outcome.REJECTED:
        found["code"] = replace(session, greeting=LATER)
    if session.outcome is Outcome.CLOSED:
        found["orderly"] = replace(session, was_reset=False)
    if session.second_look is not None:
        look = replace(session.second_look, passed=False)
        found["no second look"] = replace(session, second_look=None)
        found["second look failed"] = replace(session, second_look=look)
        found["no stall"] = with_tls(session, timed_out=False)
    elif session.outcome is Outcome.ANSWERED:
        found |= spoiled_times(session) | spoiled_tls(session)
    return found


def spoiled_times(session: SmtpSession) -> dict[str, SmtpSession]:
    found = {}
    for phase in session.phases:
        if phase.complete:
            found[f"{phase.name} late"] = shifted(session, phase.name, 600.0)
    return found


def spoiled_tls(session: SmtpSession) -> dict[str, SmtpSession]:
    found = {"STARTTLS offer": replace(session, starttls_offered=not session.starttls_offered)}
    if session.starttls_reply is not None and session.tls is None:
        found["STARTTLS taken"] = replace(session, starttls_reply=None)
    if session.tls is None:
        return found
    found["no TLS"] = replace(session, tls=None)
    if not session.tls.is_established:
        found["TLS works"] = with_tls(session, version="TLSv1.3")
        return found
    assert session.tls.not_after is not None
    found |= {
        "TLS failed": with_tls(session, version=""),
        "TLS version": with_tls(session, version="TLSv1.1"),
        "faults": with_tls(session, faults=(CertificateFault.UNKNOWN_ISSUER,)),
        "no fault": with_tls(session, faults=()),
        "trusted": with_tls(session, trusted=not session.tls.trusted),
        "dates": with_tls(session, not_after=session.tls.not_after + timedelta(seconds=1)),
    }
    if not session.tls.faults:
        del found["no fault"]
    return found


@pytest.mark.parametrize("host", [name for name, *_ in targets()])
def test_every_wrong_word_is_found(played: tuple[dict[str, SmtpSession], Truth], host: str) -> None:
    sessions, truth = played
    assert judged(sessions[host], truth)[0]
    for what, wrong in spoiled(sessions[host]).items():
        right, words = judged(wrong, truth)
        assert not right, (what, words)


def test_where_no_way_leads_nothing_of_the_host_is_expected(
    played: tuple[dict[str, SmtpSession], Truth],
) -> None:
    sessions, truth = played
    session = sessions["fine"]
    expected, path = truth.smtp[session.address], truth.path(session.address, flows()[0][1])
    assert path is not None
    cut = replace(path, arrives=False)
    assert not smtp_fact(session, expected, cut)[0]
    silent = replace(session, outcome=Outcome.NO_CONNECTION)
    assert smtp_fact(silent, expected, cut)[0]
    assert not smtp_fact(silent, expected, path)[0]


def test_where_packets_are_lost_sending_them_again_is_no_wrong_time(
    played: tuple[dict[str, SmtpSession], Truth],
) -> None:
    sessions, truth = played
    session = sessions["fine"]
    expected, path = truth.smtp[session.address], truth.path(session.address, flows()[0][1])
    assert path is not None
    assert path.loss == 0
    lossy = replace(path, loss=0.01)
    late = shifted(session, "greeting", 1_100.0)
    assert smtp_fact(late, expected, lossy)[0]
    assert not smtp_fact(late, expected, path)[0]
    assert not smtp_fact(shifted(session, "greeting", 4_000.0), expected, lossy)[0]


def test_a_change_shows_in_the_truth_and_to_the_next_visitor() -> None:
    vantage = simulate(world())
    assert isinstance(vantage, SimulatedVantage)
    row = next((dns, parse_address(address)) for name, dns, address in targets() if name == "fine")
    outcomes = []
    for keys in ({}, {"certificate": "expired"}, {"behaviour": "busy"}, {"behaviour": "closed"}):
        vantage.network.mail.change("fine", keys)
        (session,) = probe([row], vantage)
        truth = simulated_truth(world(), flows(), vantage)
        assert judged(session, truth)[0]
        outcomes.append((session.outcome, session.tls and session.tls.faults))
    assert outcomes == [
        (Outcome.ANSWERED, ()),
        (Outcome.ANSWERED, (CertificateFault.EXPIRED,)),
        (Outcome.REJECTED, None),
        (Outcome.REFUSED, None),
    ]
