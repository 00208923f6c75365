"""The loop between the conversation and the world: dial, listen, say, time; one address a visit."""

from dataclasses import dataclass
from datetime import UTC, datetime

from mxpath.errors import ParseError, RefusedError
from mxpath.model.address import IPAddress
from mxpath.model.origin import Origin
from mxpath.model.session import Outcome, SmtpReply, SmtpSession
from mxpath.smtp.conversation import Conversation, State
from mxpath.smtp.phases import PhaseTimes
from mxpath.smtp.replies import ReplyParser
from mxpath.vantage.ports import Connection, ConnectionFault, Fault, Vantage

QUIT_TIMEOUT_S = 5.0
"""A farewell is not worth a longer wait."""

NAMELESS = "mxpath.invalid"
"""Said in EHLO when no address of ours is known.

A loopback literal would be a lie, and the machine's own name is nobody's
business. ``.invalid`` (RFC 2606) is well-formed and can never be anyone else's.
"""

_DIAL_OUTCOMES = {
    Fault.REFUSED: Outcome.REFUSED,
    Fault.TIMEOUT: Outcome.NO_CONNECTION,
    Fault.UNREACHABLE: Outcome.UNREACHABLE,
    Fault.CLOSED: Outcome.CLOSED,
    Fault.RESET: Outcome.CLOSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpOptions:
    """How to hold the conversation."""

    helo: str | None = None
    """Name or address literal for EHLO; ``None`` takes our own address of that family."""
    port: int = 25
    connect_timeout_s: float = 10.0
    greeting_timeout_s: float = 30.0
    command_timeout_s: float = 15.0
    starttls: bool = True
    """Whether to ask for TLS where it is offered."""
    second_look: bool = True
    """Whether to try once more with small segments what stalled where a large reply was due."""


def helo_name(source: IPAddress | None, origin: Origin, address: IPAddress) -> str:
    """Return what to say in EHLO to ``address``: our own address literal (RFC 5321 4.1.3).

    That of the connection itself (``source``). Where it is not known, our address of that
    family, or the other family's, which is as true; without any, :data:`NAMELESS`.
    """
    mine, other = origin.address_v4, origin.address_v6
    if address.version == 6:
        mine, other = other, mine
    found = source or mine or other
    if found is None:
        return NAMELESS
    return f"[{found}]" if found.version == 4 else f"[IPv6:{found}]"


class Visit:
    """One conversation with one address."""

    def __init__(
        self,
        host: str,
        address: IPAddress,
        vantage: Vantage,
        options: SmtpOptions,
        *,
        max_segment: int | None = None,
    ) -> None:
        self._host = host
        self._address = address
        self._vantage = vantage
        self.options = options
        self._max_segment = max_segment
        self.stalled_in: str | None = None
        """The phase in which nothing came any more, where a large reply was due."""
        self._was_reset = False
        self._source: IPAddress | None = None
        self._talk = self._begin()
        self._parser = ReplyParser()
        self._times = PhaseTimes(vantage.clock)
        self._remarks: list[str] = []

    def _begin(self) -> Conversation:
        helo = self.options.helo
        return Conversation(
            helo or helo_name(self._source, self._vantage.origin, self._address),
            starttls=self.options.starttls,
        )

    def again(self, max_segment: int) -> "Visit":
        """The same visit anew, with small segments."""
        return Visit(
            self._host, self._address, self._vantage, self.options, max_segment=max_segment
        )

    def hold(self) -> SmtpSession:
        """Dial and talk to the end."""
        started_at = self._now()
        since_s = self._times.now_s()
        dialer, options = self._vantage.dialer, self.options
        try:
            connection = dialer.dial(
                self._address,
                options.port,
                options.connect_timeout_s,
                max_segment=self._max_segment,
            )
        except RefusedError as refusal:
            return self.skipped(str(refusal))
        except ConnectionFault as fault:
            elapsed_ms = fault.elapsed_ms
            if elapsed_ms is None:
                elapsed_ms = (self._times.now_s() - since_s) * 1000
            self._times.connected(elapsed_ms, complete=fault.fault is Fault.REFUSED)
            return self._session(_DIAL_OUTCOMES[fault.fault], started_at, fault.detail)
        with connection:
            self._times.connected(connection.connect_ms)
            self._source = connection.source
            self._talk = self._begin()
            while self._talk.state is not State.OVER:
                self._step(connection)
        assert self._talk.outcome is not None
        return self._session(self._talk.outcome, started_at, "; ".join(self._remarks))

    def skipped(self, reason: str) -> SmtpSession:
        """A session that was not held, or not to its end."""
        return SmtpSession(
            host=self._host,
            address=self._address,
            port=self.options.port,
            outcome=Outcome.SKIPPED,
            started_at=self._now(),
            detail=reason,
        )

    def _session(self, outcome: Outcome, started_at: datetime, detail: str) -> SmtpSession:
        return SmtpSession(
            host=self._host,
            address=self._address,
            port=self.options.port,
            outcome=outcome,
            started_at=started_at,
            source=self._source,
            helo=self._talk.said_helo,
            phases=tuple(self._times.phases),
            greeting=self._talk.greeting,
            capabilities=self._talk.capabilities,
            starttls_offered=self._talk.starttls_offered,
            starttls_reply=self._talk.starttls_reply,
            tls=self._talk.tls,
            last_reply=self._talk.last_reply,
            was_reset=self._was_reset,
            detail=detail,
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._vantage.clock.now_ns() / 1e9, tz=UTC)

    def _step(self, connection: Connection) -> None:
        """Play the present state through and time it."""
        state, since_s = self._talk.state, self._times.now_s()
        name = "ehlo" if state is State.HELO else state.value
        if state is State.TLS:
            trips = self._negotiate(connection)
            complete = self._talk.state is not State.OVER
        else:
            trips, complete = 1, self._exchange(connection)
        self._times.add(name, self._took_ms(state, since_s), round_trips=trips, complete=complete)

    def _took_ms(self, state: State, since_s: float) -> float:
        """Time since a step began; of TLS the handshake alone, for our checks are not the server's."""
        facts = self._talk.tls
        if state is State.TLS and facts is not None and facts.handshake_ms is not None:
            return facts.handshake_ms
        return (self._times.now_s() - since_s) * 1000

    def _exchange(self, connection: Connection) -> bool:
        """Say what the state has to say and take the reply; tell whether one came."""
        try:
            if command := self._talk.command():
                if self._parser.discard():
                    self._remarks.append("the server spoke out of turn")
                connection.send(command)
            self._talk.reply(self._await_reply(connection))
        except ParseError as error:
            self._gone(Outcome.GARBLED, str(error))
        except ConnectionFault as fault:
            silent = fault.fault is Fault.TIMEOUT
            if silent and self._talk.state is State.EHLO and not self._parser.pending:
                self.stalled_in = "ehlo"
            if self._talk.state is not State.QUIT:
                self._was_reset = fault.fault is Fault.RESET
            self._gone(Outcome.SILENT if silent else Outcome.CLOSED, fault.detail)
        else:
            return True
        return False

    def _gone(self, outcome: Outcome, detail: str) -> None:
        if self._talk.state is not State.QUIT:
            self._remarks.append(f"in {self._talk.state}: {detail or outcome}")
        self._talk.gone(outcome)

    def _await_reply(self, connection: Connection) -> SmtpReply:
        deadline_s = self._times.now_s() + self._patience_s()
        while (reply := self._parser.next_reply()) is None:
            left_s = deadline_s - self._times.now_s()
            if left_s <= 0:
                raise ConnectionFault(Fault.TIMEOUT, "no complete reply in time")
            data = connection.receive(left_s)
            if not data:
                raise ConnectionFault(Fault.CLOSED, "closed by the far side")
            self._parser.feed(data)
        return reply

    def _patience_s(self) -> float:
        if self._talk.state is State.GREETING:
            return self.options.greeting_timeout_s
        if self._talk.state is State.QUIT:
            return min(QUIT_TIMEOUT_S, self.options.command_timeout_s)
        return self.options.command_timeout_s

    def _negotiate(self, connection: Connection) -> int:
        """Do the TLS handshake; return the round trips it took."""
        if self._parser.discard():
            self._remarks.append("plain text after the reply to STARTTLS, discarded")
        try:
            facts = connection.start_tls(self._host, self.options.command_timeout_s)
        except ConnectionFault as fault:
            timed_out = fault.fault is Fault.TIMEOUT
            self.stalled_in = "tls" if timed_out else None
            self._talk.tls_failed(fault.detail or fault.fault.value, timed_out=timed_out)
            return 1
        self._talk.tls_done(facts)
        return 1 if facts.version == "TLSv1.3" else 2
