"""The loop between the conversation and the world: dial, listen, say, time.

Whose time is it? The TCP handshake measures the path's round trip. Each step
is then charged to the network with its round trips times that figure, never
more than elapsed, and the rest to the server:

    connect 1 | greeting 1: our ACK travels there, the greeting back
    ehlo, starttls, ehlo2, quit 1 each; 2 when HELO had to follow EHLO
    tls 1 with TLS 1.3, 2 with TLS 1.2 and older (RFC 8446 section 2, RFC 5246 section 7.3)

A lost SYN makes the handshake, and with it the round trip, look longer than it
is; the server's share then comes out too small, never too large.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from mxpath.errors import InputError, ParseError, RefusedError
from mxpath.model.address import IPAddress
from mxpath.model.session import Outcome, Phase, SmtpReply, SmtpSession
from mxpath.model.study import Origin
from mxpath.smtp.conversation import Conversation, State
from mxpath.smtp.replies import ReplyParser
from mxpath.vantage.fanout import FanOut
from mxpath.vantage.ports import Clock, Connection, ConnectionFault, Fault, Vantage

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
        self._under_way = FanOut(_Visit.hold, visits, vantage.workers, clock=vantage.clock)

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
        self, host: str, address: IPAddress, vantage: Vantage, options: SmtpOptions
    ) -> None:
        self._host = host
        self._address = address
        self._vantage = vantage
        self._options = options
        self._source: IPAddress | None = None
        self._talk = self._begin()
        self._parser = ReplyParser()
        self._times = _Times(vantage.clock)
        self._remarks: list[str] = []

    def _begin(self) -> Conversation:
        helo = self._options.helo
        return Conversation(
            helo or helo_name(self._source, self._vantage.origin, self._address),
            starttls=self._options.starttls,
        )

    def hold(self) -> SmtpSession:
        """Dial and talk to the end."""
        started_at = self._now()
        since_s = self._times.now_s()
        dialer, options = self._vantage.dialer, self._options
        try:
            connection = dialer.dial(self._address, options.port, options.connect_timeout_s)
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
            port=self._options.port,
            outcome=Outcome.SKIPPED,
            started_at=self._now(),
            detail=reason,
        )

    def _session(self, outcome: Outcome, started_at: datetime, detail: str) -> SmtpSession:
        return SmtpSession(
            host=self._host,
            address=self._address,
            port=self._options.port,
            outcome=outcome,
            started_at=started_at,
            source=self._source,
            helo=self._talk.said_helo,
            phases=tuple(self._times.phases),
            greeting=self._talk.greeting,
            capabilities=self._talk.capabilities,
            starttls_offered=self._talk.starttls_offered,
            tls=self._talk.tls,
            last_reply=self._talk.last_reply,
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
            return self._options.greeting_timeout_s
        if self._talk.state is State.QUIT:
            return min(QUIT_TIMEOUT_S, self._options.command_timeout_s)
        return self._options.command_timeout_s

    def _negotiate(self, connection: Connection) -> int:
        """Do the TLS handshake; return the round trips it took."""
        if self._parser.discard():
            self._remarks.append("plain text after the reply to STARTTLS, discarded")
        try:
            facts = connection.start_tls(self._host, self._options.command_timeout_s)
        except ConnectionFault as fault:
            self._talk.tls_failed(fault.detail or fault.fault.value)
            return 1
        self._talk.tls_done(facts)
        return 1 if facts.version == "TLSv1.3" else 2
