"""The loop between the conversation and the world: dial, listen, say, time.

Whose time is it? The TCP handshake measures the path's round trip. Each step
is then charged to the network with its round trips times that figure, never
more than elapsed, and the rest to the server:

    connect 1 | greeting 1: our ACK travels there, the greeting back
    ehlo, starttls, ehlo2, quit 1 each; 2 when HELO had to follow EHLO
    tls 1 with TLS 1.3, 2 with TLS 1.2 and older (RFC 8446 section 2, RFC 5246 section 7.3)

A lost SYN makes the handshake, and with it the round trip, look longer than it
is; the server's share then comes out too small, never too large.

A second look: small replies passed, and then a TLS handshake or an EHLO reply of
which nothing came ran into the time-out. A path that loses large packets looks so,
and so does a server that hangs. One more conversation, with TCP segments so small
that they fit through any tunnel, tells them apart; the budget of its address
must allow it, and its phases are not mixed into the first one's.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from mxpath.errors import InputError, ParseError, RefusedError
from mxpath.model.address import IPAddress
from mxpath.model.session import Outcome, Phase, SecondLook, SmtpReply, SmtpSession
from mxpath.model.study import Origin
from mxpath.smtp.conversation import Conversation, State
from mxpath.smtp.replies import ReplyParser
from mxpath.vantage.fanout import FanOut
from mxpath.vantage.ports import Clock, Connection, ConnectionFault, Fault, Vantage

SMALL_SEGMENT = 536
"""Bytes in a TCP segment that every IPv4 path must carry (RFC 9293 section 3.7.1)."""

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


_DEFAULT = SmtpOptions()


def probe(
    hosts: Iterable[tuple[str, IPAddress]],
    vantage: Vantage,
    *,
    options: SmtpOptions = _DEFAULT,
) -> tuple[SmtpSession, ...]:
    """Hold one conversation with each address, up to QUIT, without any message.

    Parameters
    ----------
    hosts
        Pairs of host name (for SNI and the certificate) and address. An address
        named twice is visited once, under its first name.
    vantage
        Its dialer connects; ``vantage.workers`` conversations at a time.
    options
        Port, EHLO name and time-outs.

    Returns
    -------
    tuple of SmtpSession
        In the order given. After an interrupt (Ctrl-C) those not finished are
        ``Outcome.SKIPPED``.

    Raises
    ------
    InputError
        When ``options.helo`` or the port is not usable. What servers do is a value.
    """
    return begin(hosts, vantage, options=options).finish()


def begin(
    hosts: Iterable[tuple[str, IPAddress]],
    vantage: Vantage,
    *,
    options: SmtpOptions = _DEFAULT,
) -> "Conversations":
    """Begin what :func:`probe` does, for a caller that has something else to do meanwhile."""
    _check(options)
    named: dict[IPAddress, str] = {}
    for host, address in hosts:
        named.setdefault(address, host)
    visits = [_Visit(host, address, vantage, options) for address, host in named.items()]
    return Conversations(visits, vantage)


class Conversations:
    """Conversations under way; made by :func:`begin`."""

    def __init__(self, visits: Sequence["_Visit"], vantage: Vantage) -> None:
        self._visits = visits
        self._under_way = FanOut(_look, visits, vantage.workers, clock=vantage.clock)

    def finish(self, *, wait: bool = True) -> tuple[SmtpSession, ...]:
        """Wait for their ends and return them in order.

        Parameters
        ----------
        wait
            Without it, and after an interrupt (Ctrl-C), those that are not at their end are
            ``Outcome.SKIPPED``.
        """
        finished: dict[int, SmtpSession] = {}
        with suppress(KeyboardInterrupt):
            for number, session in self._under_way.results() if wait else self._under_way.stop():
                finished[number] = session  # noqa: PERF403 - an interrupt must keep the first ones
        return tuple(
            finished[n] if n in finished else visit.skipped("interrupted")
            for n, visit in enumerate(self._visits)
        )


def _check(options: SmtpOptions) -> None:
    if not 0 < options.port < 65536:
        raise InputError(f"port {options.port} does not exist; give 1 to 65535")
    if options.helo is not None:
        Conversation(options.helo)


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


def _look(visit: "_Visit") -> SmtpSession:
    """Hold a conversation, and where it calls for one the second look."""
    session = visit.hold()
    stalled = visit.stalled_in
    if stalled is None or not visit.options.second_look:
        return session
    again = visit.again(SMALL_SEGMENT).hold()
    complete = [phase.name for phase in again.phases if phase.complete]
    return replace(
        session,
        second_look=SecondLook(
            max_segment=SMALL_SEGMENT,
            outcome=again.outcome,
            reached=complete[-1] if complete else "",
            passed=stalled in complete,
            detail=again.detail or (again.tls.problem if again.tls else ""),
        ),
    )


class _Times:
    """The phases so far, and the round trip by which they are split."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rtt_ms: float | None = None
        self.phases: list[Phase] = []

    def now_s(self) -> float:
        return self._clock.monotonic_s()

    def connected(self, elapsed_ms: float, *, complete: bool = True) -> None:
        """Close the first step; without an answer there is no round trip to know."""
        self._rtt_ms = elapsed_ms
        self._append("connect", elapsed_ms, 1, complete=complete)

    def add(self, name: str, elapsed_ms: float, *, round_trips: int = 1, complete: bool) -> None:
        """Close the step ``name``; the same name again (HELO after EHLO) adds to it."""
        if self.phases[-1].name == name:
            earlier = self.phases.pop()
            elapsed_ms += earlier.elapsed_ms
            round_trips += earlier.round_trips
        self._append(name, elapsed_ms, round_trips, complete=complete)

    def _append(self, name: str, elapsed_ms: float, round_trips: int, *, complete: bool) -> None:
        assert self._rtt_ms is not None
        network_ms = min(elapsed_ms, round_trips * self._rtt_ms)
        self.phases.append(
            Phase(
                name=name,
                elapsed_ms=round(elapsed_ms, 3),
                round_trips=round_trips,
                network_ms=round(network_ms, 3),
                server_ms=round(elapsed_ms - network_ms, 3),
                complete=complete,
            )
        )


class _Visit:
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
        self._times = _Times(vantage.clock)
        self._remarks: list[str] = []

    def _begin(self) -> Conversation:
        helo = self.options.helo
        return Conversation(
            helo or helo_name(self._source, self._vantage.origin, self._address),
            starttls=self.options.starttls,
        )

    def again(self, max_segment: int) -> "_Visit":
        """The same visit anew, with small segments."""
        return _Visit(
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
