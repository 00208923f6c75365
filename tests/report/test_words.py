"""What TLS came to, in words."""

from dataclasses import replace

import pytest

from mxpath.model.session import Outcome, SecondLook, SmtpReply, SmtpSession, TlsFacts
from mxpath.report.lines import wrap
from mxpath.report.words import session_tls_words
from studies import START
from world import first_walk

SESSION = SmtpSession(
    host="mx.example",
    address=first_walk().addresses_of("mx1")[0],
    port=25,
    outcome=Outcome.ANSWERED,
    started_at=START,
    starttls_offered=True,
    starttls_reply=SmtpReply(code=220, lines=("go on",)),
)
BROKEN = TlsFacts(version="", cipher="", problem="TLS handshake failed: no answer in time")
LOOK = SecondLook(max_segment=536, outcome=Outcome.ANSWERED, reached="quit", passed=True)
REFUSED = SmtpReply(code=454, lines=("not now \x1b[31m",))


@pytest.mark.parametrize(
    ("session", "words"),
    [
        (SESSION, ""),
        (replace(SESSION, starttls_offered=False), "no TLS: STARTTLS is not offered"),
        (
            replace(SESSION, starttls_reply=REFUSED),
            "no TLS: STARTTLS is offered and refused (454 not now ␛[31m)",
        ),
        (replace(SESSION, tls=BROKEN), "TLS handshake failed: no answer in time"),
        (
            replace(SESSION, tls=BROKEN, second_look=LOOK),
            "TLS handshake failed: no answer in time; with segments of 536 bytes it passes",
        ),
        (
            replace(SESSION, tls=BROKEN, second_look=replace(LOOK, passed=False)),
            "TLS handshake failed: no answer in time; with segments of 536 bytes it stalls as well",
        ),
        (
            replace(
                SESSION,
                tls=BROKEN,
                second_look=replace(LOOK, outcome=Outcome.SKIPPED, detail="budget"),
            ),
            "TLS handshake failed: no answer in time; not tried with small segments: budget",
        ),
    ],
)
def test_tls_is_told_as_it_was(session: SmtpSession, words: str) -> None:
    assert session_tls_words(session) == words


def test_an_amount_stays_beside_its_unit() -> None:
    assert wrap("the fastest took 738 ms, 20 % of it", 21) == [
        "the fastest took",
        "738 ms, 20 % of it",
    ]
