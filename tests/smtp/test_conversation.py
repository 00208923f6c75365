"""The table of the conversation, played without a socket."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.errors import InputError
from mxpath.model.session import Outcome, SmtpReply, TlsFacts
from mxpath.smtp.conversation import COMMANDS, STEPS, Conversation, Event, State

FORBIDDEN = (b"MAIL", b"RCPT", b"DATA", b"BDAT", b"RSET", b"VRFY", b"EXPN", b"AUTH", b"NOOP")
ALLOWED = (b"EHLO", b"HELO", b"STARTTLS", b"QUIT")


def reply(code: int, *lines: str) -> SmtpReply:
    return SmtpReply(code=code, lines=lines or ("",))


def played(*replies: SmtpReply | TlsFacts | str, starttls: bool = True) -> Conversation:
    """Feed a conversation: replies, the facts of a handshake, or its failure in words."""
    talk = Conversation("[192.0.2.1]", starttls=starttls)
    for item in replies:
        match item:
            case SmtpReply():
                talk.reply(item)
            case TlsFacts():
                talk.tls_done(item)
            case _:
                talk.tls_failed(item)
    return talk


GREETING = reply(220, "mx.example")
PLAIN = reply(250, "mx.example", "SIZE 1000")
OFFER = reply(250, "mx.example", "SIZE 1000", "starttls")
FACTS = TlsFacts(version="TLSv1.3", cipher="x")


def test_nothing_is_said_before_the_greeting() -> None:
    talk = Conversation("[192.0.2.1]")
    assert talk.state is State.GREETING
    assert talk.command() == b""


def test_the_whole_way_with_tls() -> None:
    talk = played(GREETING)
    assert talk.command() == b"EHLO [192.0.2.1]\r\n"
    talk.reply(OFFER)
    assert talk.command() == b"STARTTLS\r\n"
    talk.reply(reply(220))
    assert (talk.state, talk.command()) == (State.TLS, b"")
    talk.tls_done(FACTS)
    assert talk.command() == b"EHLO [192.0.2.1]\r\n"
    talk.reply(PLAIN)
    assert talk.command() == b"QUIT\r\n"
    talk.reply(reply(221))
    assert talk.state is State.OVER
    assert talk.outcome is Outcome.ANSWERED
    assert talk.starttls_offered is True
    assert talk.capabilities == ("SIZE 1000",)
    assert (talk.tls, talk.greeting, talk.last_reply) == (FACTS, GREETING, PLAIN)


@pytest.mark.parametrize("code", [554, 521, 421, 451, 354])
def test_a_greeting_that_rejects_is_followed_by_quit(code: int) -> None:
    talk = played(reply(code, "go away"))
    assert (talk.state, talk.outcome) == (State.QUIT, Outcome.REJECTED)
    assert talk.last_reply == reply(code, "go away")


def test_helo_follows_a_5xx_to_ehlo() -> None:
    talk = played(GREETING, reply(502))
    assert talk.command() == b"HELO [192.0.2.1]\r\n"
    talk.reply(reply(250))
    assert (talk.state, talk.outcome) == (State.QUIT, Outcome.ANSWERED)
    assert talk.starttls_offered is None


@pytest.mark.parametrize(
    "answers", [(reply(450),), (reply(550), reply(550)), (reply(550), reply(450))]
)
def test_ehlo_and_helo_refused_is_rejected(answers: tuple[SmtpReply, ...]) -> None:
    talk = played(GREETING, *answers)
    assert (talk.state, talk.outcome) == (State.QUIT, Outcome.REJECTED)


def test_no_tls_unless_offered_and_wanted() -> None:
    assert played(GREETING, PLAIN).state is State.QUIT
    assert played(GREETING, PLAIN).starttls_offered is False
    unwanted = played(GREETING, OFFER, starttls=False)
    assert (unwanted.state, unwanted.starttls_offered) == (State.QUIT, True)


def test_starttls_refused_is_still_an_answer() -> None:
    talk = played(GREETING, OFFER, reply(454, "not now"))
    assert (talk.state, talk.outcome, talk.tls) == (State.QUIT, Outcome.ANSWERED, None)
    assert talk.last_reply == reply(454, "not now")


def test_a_failed_handshake_ends_without_quit() -> None:
    talk = played(GREETING, OFFER, reply(220), "no shared cipher")
    assert (talk.state, talk.outcome) == (State.OVER, Outcome.ANSWERED)
    assert talk.tls is not None
    assert talk.tls.problem == "no shared cipher"


def test_going_away_after_quit_changes_nothing() -> None:
    talk = played(GREETING, PLAIN)
    talk.gone(Outcome.CLOSED)
    assert (talk.state, talk.outcome) == (State.OVER, Outcome.ANSWERED)


@pytest.mark.parametrize("outcome", [Outcome.SILENT, Outcome.CLOSED, Outcome.GARBLED])
def test_going_away_before_quit_is_the_outcome(outcome: Outcome) -> None:
    talk = played(GREETING, OFFER)
    talk.gone(outcome)
    assert (talk.state, talk.outcome) == (State.OVER, outcome)


@pytest.mark.parametrize(
    "helo",
    [
        "",
        "a b",
        "a\r\nMAIL FROM:<>",
        "a\n",
        "[192.0.2.1",
        "ü.example",
        "a" * 64,
        "a..b",
        "x\x00",
        "-" * 300,
        "[1.2.3.400]",
        "[2001:db8::1]",
        "[IPv6:192.0.2.1]",
    ],
)
def test_a_name_that_could_smuggle_is_refused(helo: str) -> None:
    with pytest.raises(InputError, match="EHLO"):
        Conversation(helo)


@pytest.mark.parametrize(
    "helo", ["mail.example.org", "localhost", "[192.0.2.1]", "[IPv6:2001:db8::1]"]
)
def test_names_and_literals_are_fine(helo: str) -> None:
    talk = Conversation(helo)
    talk.reply(GREETING)
    assert talk.command() == f"EHLO {helo}\r\n".encode()


def test_no_command_begins_a_message() -> None:
    assert {text.split()[0] for text in COMMANDS.values()} == {"EHLO", "HELO", "STARTTLS", "QUIT"}


def test_every_state_ends() -> None:
    # From each state, each event that the table knows comes nearer to the end.
    order = list(State)
    assert all(order.index(after) > order.index(before) for (before, _), after in STEPS.items())
    reachable = {State.GREETING} | set(STEPS.values())
    assert reachable == set(State)


def test_the_table_knows_what_the_machine_can_meet() -> None:
    speaking = [s for s in State if s not in (State.TLS, State.OVER)]
    replies = (Event.YES, Event.LATER, Event.NO, Event.GONE)
    assert all((state, event) in STEPS for state, event in product(speaking, replies))
    assert (State.EHLO, Event.YES_WITH_STARTTLS) in STEPS
    assert all((State.TLS, event) in STEPS for event in (Event.TLS_DONE, Event.TLS_FAILED))


_ANY_REPLY = st.builds(
    lambda code, lines: SmtpReply(code=code, lines=tuple(lines)),
    st.integers(200, 599),
    st.lists(
        st.sampled_from(["", " ", "STARTTLS", "SIZE", "\r\nMAIL FROM:<>", "{helo}"]), min_size=1
    ),
)


@given(
    replies=st.lists(_ANY_REPLY, min_size=8, max_size=8),
    starttls=st.booleans(),
    works=st.booleans(),
)
def test_whatever_is_answered_only_four_words_are_said(
    *, replies: list[SmtpReply], starttls: bool, works: bool
) -> None:
    talk = Conversation("mx.example", starttls=starttls)
    said = []
    for answer in replies:
        if talk.state is State.TLS:
            if works:
                talk.tls_done(FACTS)
            else:
                talk.tls_failed("no")
        if talk.state is State.OVER:
            break
        said.append(talk.command())
        talk.reply(answer)
    assert talk.state is State.OVER
    assert talk.outcome is not None
    assert said.pop(0) == b""
    assert all(line.split()[0] in ALLOWED and line.count(b"\n") == 1 for line in said)
    assert not any(word in line for line in said for word in FORBIDDEN)
