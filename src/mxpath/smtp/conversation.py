"""What to say to port 25, and when to stop. Knows no socket, no clock, no message.

    greeting ─220→ ehlo ─250→ starttls ─220→ tls ─done→ ehlo2 ─any→ quit ─any→ over
       │            │ └5xx→ helo ─any→ quit    │          └failed→ over
       └─other→ quit └─250, no STARTTLS→ quit  └─other→ quit

The rules, with their reasons:

1. There is no state for MAIL, RCPT or DATA, and ``COMMANDS`` is all that is ever
   sent: whatever a server answers, no message can come of it.
2. Nothing is said before the greeting is complete, all lines of it: postscreen
   and its like send ``220-`` first, wait, and punish who talks into the pause.
3. A command goes out only when the last one is answered. Pipelining would save
   a round trip, but then no step's time could be told from the next one's.
4. A 5xx to EHLO is answered with HELO (RFC 5321 section 3.2), a 4xx is not: the
   server has asked for patience, not for another dialect.
5. STARTTLS is asked for when it is offered. After 220 all that was received in
   plain text is forgotten, and EHLO is said again (RFC 3207 section 4.2).
6. QUIT ends every conversation that can still speak, after a 554 too (RFC 5321
   section 3.1). It cannot after a TLS handshake that failed half-way.
7. The name given in EHLO is checked before anything else: a line end in it would
   be a way to smuggle commands in.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import ip_address
from types import MappingProxyType

from mxpath.errors import InputError
from mxpath.model.session import Outcome, SmtpReply, TlsFacts


class State(StrEnum):
    """Where the conversation stands: what is waited for."""

    GREETING = "greeting"
    EHLO = "ehlo"
    HELO = "helo"
    STARTTLS = "starttls"
    TLS = "tls"
    EHLO2 = "ehlo2"
    QUIT = "quit"
    OVER = "over"


class Event(StrEnum):
    """What has happened, as far as the table cares."""

    YES = "2yz"
    YES_WITH_STARTTLS = "2yz, STARTTLS offered and wanted"
    LATER = "3yz or 4yz"
    NO = "5yz"
    TLS_DONE = "handshake done"
    TLS_FAILED = "handshake failed"
    GONE = "closed, silent or garbled"


_ANY_REPLY = (Event.YES, Event.YES_WITH_STARTTLS, Event.LATER, Event.NO)


def _table() -> Mapping[tuple[State, Event], State]:
    """Every step that exists; each comes nearer to the end, so every conversation has one."""
    speaking = (State.GREETING, State.EHLO, State.HELO, State.STARTTLS, State.EHLO2)
    steps = {(state, event): State.QUIT for state in speaking for event in _ANY_REPLY}
    steps |= {(state, Event.GONE): State.OVER for state in (*speaking, State.QUIT)}
    steps |= {(State.QUIT, event): State.OVER for event in _ANY_REPLY}
    steps |= {
        (State.GREETING, Event.YES): State.EHLO,
        (State.EHLO, Event.YES_WITH_STARTTLS): State.STARTTLS,
        (State.EHLO, Event.NO): State.HELO,
        (State.STARTTLS, Event.YES): State.TLS,
        (State.TLS, Event.TLS_DONE): State.EHLO2,
        (State.TLS, Event.TLS_FAILED): State.OVER,
    }
    return MappingProxyType(steps)


STEPS = _table()
"""(state, event) -> next state."""

COMMANDS: Mapping[State, str] = MappingProxyType(
    {
        State.EHLO: "EHLO {helo}\r\n",
        State.HELO: "HELO {helo}\r\n",
        State.STARTTLS: "STARTTLS\r\n",
        State.EHLO2: "EHLO {helo}\r\n",
        State.QUIT: "QUIT\r\n",
    }
)
"""Said on entering a state. There is no other text that is ever sent."""

_HELO = re.compile(
    r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63}){0,32}|\[(?:IPv6:)?[0-9A-Fa-f:.]{2,45}\]"
)


def check_helo(helo: str) -> str:
    """Return ``helo`` when it can be said in EHLO (RFC 5321 sections 4.1.1.1 and 4.1.3).

    Raises
    ------
    InputError
        When it is neither a host name nor the literal of an address.
    """
    literal = helo[1:-1] if helo.startswith("[") and helo.endswith("]") else None
    if not _HELO.fullmatch(helo) or (literal is not None and not _is_literal(literal)):
        raise InputError(
            f"{helo[:80]!a} cannot be said in EHLO: give a host name or an address"
            " literal such as [192.0.2.1] or [IPv6:2001:db8::1]"
        )
    return helo


def _is_literal(text: str) -> bool:
    tagged = text.startswith("IPv6:")
    try:
        return ip_address(text.removeprefix("IPv6:")).version == (6 if tagged else 4)
    except ValueError:
        return False


class Conversation:
    """One conversation: fed with replies, it says what to send next.

    Parameters
    ----------
    helo
        Host name or address literal for EHLO.
    starttls
        Whether to ask for TLS where it is offered.

    Raises
    ------
    InputError
        When ``helo`` is neither a host name nor an address literal.
    """

    def __init__(self, helo: str, *, starttls: bool = True) -> None:
        check_helo(helo)
        self._helo = helo
        self.said_helo: str | None = None
        self._starttls = starttls
        self.state = State.GREETING
        self.outcome: Outcome | None = None
        self.greeting: SmtpReply | None = None
        self.capabilities: tuple[str, ...] = ()
        self.starttls_offered: bool | None = None
        self.starttls_reply: SmtpReply | None = None
        self.tls: TlsFacts | None = None
        self.last_reply: SmtpReply | None = None

    def command(self) -> bytes:
        """Return the command that opens the present state; empty when there is none."""
        if self.state in (State.EHLO, State.HELO, State.EHLO2):
            self.said_helo = self._helo
        return COMMANDS.get(self.state, "").format(helo=self._helo).encode("ascii")

    def reply(self, reply: SmtpReply) -> None:
        """Take the reply to the greeting wait or to the last command."""
        event = self._read(reply)
        if self.state is not State.QUIT:
            self.last_reply = reply
        self._step(event)

    def tls_done(self, facts: TlsFacts) -> None:
        """Go on after a TLS handshake, whatever it thinks of the certificate."""
        self.tls = facts
        self._step(Event.TLS_DONE)

    def tls_failed(self, problem: str, *, timed_out: bool = False) -> None:
        """End: after a broken handshake neither side knows what the other hears."""
        self.tls = TlsFacts(version="", cipher="", problem=problem, timed_out=timed_out)
        self._step(Event.TLS_FAILED)

    def gone(self, outcome: Outcome) -> None:
        """End with ``outcome``, unless the far side went away only after QUIT."""
        if self.state is not State.QUIT:
            self.outcome = outcome
        self._step(Event.GONE)

    def _step(self, event: Event) -> None:
        self.state = STEPS[self.state, event]

    def _read(self, reply: SmtpReply) -> Event:
        """Keep what the reply says, and name it for the table."""
        event = _event(reply)
        match self.state:
            case State.GREETING:
                self.greeting = reply
                self.outcome = None if event is Event.YES else Outcome.REJECTED
            case State.EHLO | State.EHLO2:
                event = self._read_ehlo(reply, event)
            case State.HELO:
                self._judge(event)
            case State.STARTTLS:
                self.starttls_reply = reply
            case _:
                pass
        return event

    def _read_ehlo(self, reply: SmtpReply, event: Event) -> Event:
        self._judge(event)
        if event is not Event.YES:
            return event
        self.capabilities = tuple(line.strip() for line in reply.lines[1:] if line.strip())
        if self.state is State.EHLO2:
            return event
        self.starttls_offered = any(
            line.split()[0].upper() == "STARTTLS" for line in self.capabilities
        )
        wanted = self.starttls_offered and self._starttls
        return Event.YES_WITH_STARTTLS if wanted else event

    def _judge(self, event: Event) -> None:
        self.outcome = Outcome.ANSWERED if event is Event.YES else Outcome.REJECTED


def _event(reply: SmtpReply) -> Event:
    if reply.code < 300:
        return Event.YES
    return Event.LATER if reply.code < 500 else Event.NO
