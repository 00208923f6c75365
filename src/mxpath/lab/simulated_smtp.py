"""Connections to the mail servers of a played world: every answer takes its round trip.

1. The ways there and back are the flow's own, with what ``simulated_line`` says of
   packets that get lost. What never comes holds up all that follows it.
2. A server says its lines in order; each waits for the one before it, and for what
   the server's behaviour adds.
3. TLS takes one round trip in version 1.3 (RFC 8446 section 2) and two in 1.2 (RFC
   5246 section 7.3). The certificate is a real one, and what the analyzer thinks of
   certificates in the field it thinks of this one.
4. What the server says in one go leaves in segments as large as both sides allow. Where
   the way back loses those and nobody tells the server, its TLS never comes through.
   Where a router does tell, the server sends again at once: that small delay is not played.
"""

import errno
import os
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from math import inf
from types import TracebackType
from typing import Self

from mxpath.lab import mail_words
from mxpath.lab.elements import Behaviour, TlsVersion
from mxpath.lab.forwarding import FiveTuple
from mxpath.lab.simulated_faults import CONNECTION_REFUSED, NO_ROUTE_TO_HOST, Uplink
from mxpath.lab.simulated_line import PlayedLine
from mxpath.lab.simulated_network import PlayedNetwork, Reached
from mxpath.lab.simulated_script import SmtpScript
from mxpath.lab.simulated_wire import TCP
from mxpath.model.address import IPAddress
from mxpath.model.session import TlsFacts
from mxpath.vantage.certificates import judge
from mxpath.vantage.ports import Clock, Connection, ConnectionFault, Fault

_FIRST_EPHEMERAL_PORT = 32_768
_EPHEMERAL_PORTS = 28_232
"""Linux's default ``ip_local_port_range``: 32768 to 60999."""
_SEGMENT = 65_536
_TLS = {
    TlsVersion.TLS_1_2: ("TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384", 2),
    TlsVersion.TLS_1_3: ("TLSv1.3", "TLS_AES_256_GCM_SHA384", 1),
}
"""Name, cipher suite and round trips of a version, as OpenSSL has them by default."""
_TLS_BYTES = 330
"""What goes with the certificate: hello, extensions, signature, finished (RFC 8446 section 4)."""
_IP_HEADER, _TCP_HEADER, _TIMESTAMPS = {4: 20, 6: 40}, 20, 12
_LARGEST_PACKET = 1500
CONNECTION_RESET = os.strerror(errno.ECONNRESET)


class PlayedConnection:
    """A connection to a mail server; satisfies :class:`mxpath.vantage.ports.Connection`."""

    def __init__(  # noqa: PLR0913 - the parts of one conversation, by keyword
        self,
        script: SmtpScript,
        *,
        clock: Clock,
        uplink: Uplink,
        line: PlayedLine,
        source: IPAddress,
        certified: Callable[[str], TlsFacts],
        stalls: bool = False,
    ) -> None:
        self.source: IPAddress | None = source
        self._script = script
        self._clock = clock
        self._uplink = uplink
        self._line = line
        self.connect_ms = line.connect_ms
        self._certified = certified
        self._stalls = stalls
        self._coming: deque[tuple[float, bytes]] = deque()
        self._last_s = clock.monotonic_s()
        slow = script.host.behaviour is Behaviour.SLOW_GREETING
        self._resets_at_s = self._last_s + self._exchanges_s()
        if script.greeting:
            self._arrive(script.greeting, after_s=script.host.greeting_delay_s if slow else 0.0)

    def _exchanges_s(self, number: int = 1) -> float:
        """What so many questions and answers, one after another, take from now on."""
        began_ns = at_ns = self._clock.now_ns()
        for _ in range(number):
            took_s = self._line.exchange_s(at_ns)
            if took_s is None:
                return inf
            at_ns += round(took_s * 1e9)
        return (at_ns - began_ns) / 1e9

    def _arrive(self, line: bytes, *, after_s: float = 0.0) -> None:
        """Let a line come: a round trip from now, after the line before it, after its own wait."""
        if self._script.host.behaviour is Behaviour.TARPIT:
            after_s += mail_words.TARPIT_S
        soonest_s = self._clock.monotonic_s() + self._exchanges_s()
        self._last_s = max(soonest_s, self._last_s) + after_s
        self._coming.append((self._last_s, line))

    @property
    def _is_reset(self) -> bool:
        return self._script.host.behaviour is Behaviour.RESET

    def send(self, data: bytes) -> None:
        """Write all of ``data``; what the server says to it comes one round trip later."""
        if self._is_reset and self._clock.monotonic_s() >= self._resets_at_s:
            raise ConnectionFault(Fault.RESET, CONNECTION_RESET)
        if self._script.is_over:
            raise ConnectionFault(Fault.CLOSED, "the server has closed the connection")
        for line in self._script.hear(data):
            self._arrive(line)

    def receive(self, timeout_s: float) -> bytes:
        """Return the next bytes; raises ConnectionFault when nothing came in time."""
        self._uplink.feel_interrupt()
        now_s = self._clock.monotonic_s()
        if self._is_reset and not self._uplink.is_down and self._resets_at_s <= now_s + timeout_s:
            self._clock.sleep(max(0.0, self._resets_at_s - now_s))
            raise ConnectionFault(Fault.RESET, CONNECTION_RESET)
        if not self._coming and self._script.is_over:
            return b""
        if self._uplink.is_down or not self._coming or self._coming[0][0] > now_s + timeout_s:
            self._clock.sleep(timeout_s)
            raise ConnectionFault(Fault.TIMEOUT, "no answer in time")
        self._clock.sleep(self._coming[0][0] - now_s)
        return self._take()

    def _take(self) -> bytes:
        """Everything that has arrived by now, in one segment."""
        data, now_s = self._coming.popleft()[1], self._clock.monotonic_s()
        while self._coming and self._coming[0][0] <= now_s:
            data += self._coming.popleft()[1]
        if len(data) > _SEGMENT:
            self._coming.appendleft((now_s, data[_SEGMENT:]))
        return data[:_SEGMENT]

    def start_tls(self, server_name: str, timeout_s: float) -> TlsFacts:
        """Shake hands, in the round trips that the server's version takes (rule 3)."""
        self._uplink.feel_interrupt()
        if not self._script.awaits_tls:
            raise ConnectionFault(Fault.CLOSED, "the server did not agree to TLS")
        host = self._script.host
        version, cipher, round_trips = _TLS[host.tls_version]
        took_s = host.tls_delay_s + self._exchanges_s(1 if host.tls_fails else round_trips)
        stalls = self._stalls and not host.tls_fails
        if self._uplink.is_down or stalls or took_s > timeout_s:
            self._clock.sleep(timeout_s)
            raise ConnectionFault(Fault.TIMEOUT, "TLS handshake failed: no answer in time")
        self._clock.sleep(took_s)
        self._coming.clear()
        if host.tls_fails:
            self._script.is_over = True
            raise ConnectionFault(Fault.CLOSED, "TLS handshake failed: wrong version number")
        self._script.encrypt()
        facts = self._certified(server_name)
        return replace(facts, version=version, cipher=cipher, handshake_ms=round(took_s * 1e3, 3))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._coming.clear()
        self._script.is_over = True


class PlayedDialer:
    """Opens connections into the played network; satisfies :class:`mxpath.vantage.ports.Dialer`."""

    def __init__(self, network: PlayedNetwork, clock: Clock, uplink: Uplink) -> None:
        self._network = network
        self._clock = clock
        self._uplink = uplink
        self._dials = 0
        self._guests: dict[IPAddress, list[SmtpScript]] = {}
        """Conversations by server; those that are not over are served now."""

    def dial(
        self,
        address: IPAddress,
        port: int,
        timeout_s: float,
        *,
        max_segment: int | None = None,
    ) -> Connection:
        """Connect in one round trip of the flow's path; raises ConnectionFault."""
        self._uplink.feel_interrupt()
        complaint = self._uplink.send(address.version)
        if complaint is not None:
            raise ConnectionFault(Fault.UNREACHABLE, complaint)
        flow = self._flow(address, port)
        reached = self._shake_hands(self._network.reach(flow, self._clock.now_ns()), timeout_s)
        assert reached.line is not None  # a server shook hands
        script = self._welcome(reached, address)
        self._network.commands.append((address, script.commands))
        return PlayedConnection(
            script,
            clock=self._clock,
            uplink=self._uplink,
            line=reached.line,
            certified=self._certifier(reached.node),
            source=flow.source,
            stalls=self._stalls(reached, address.version, max_segment),
        )

    def _stalls(self, reached: Reached, version: int, max_segment: int | None) -> bool:
        """Whether the server's part of a TLS handshake is lost on its way (rule 4)."""
        host = reached.server
        if host is None or not host.starttls or not reached.mtu_hidden or reached.mtu is None:
            return False
        headers = _IP_HEADER[version] + _TCP_HEADER
        flight = len(self._network.mail.issued(reached.node).der) + _TLS_BYTES
        largest = _LARGEST_PACKET if max_segment is None else max_segment + headers
        return min(flight + headers + _TIMESTAMPS, largest) > reached.mtu

    def _welcome(self, reached: Reached, address: IPAddress) -> SmtpScript:
        """Let the client in, or tell it that it has too many connections."""
        host = reached.server
        assert host is not None, "the handshake was with a server"
        present = [script for script in self._guests.get(address, ()) if not script.is_over]
        full = len(present) >= host.connections_at_once
        script = SmtpScript(host, crowded=host.behaviour is Behaviour.LIMITED and full)
        self._guests[address] = [*present, script]
        return script

    def _certifier(self, node: str) -> Callable[[str], TlsFacts]:
        """How the certificate of a node is judged by a client that expects a name."""
        mail, clock = self._network.mail, self._clock

        def certified(server_name: str) -> TlsFacts:
            chain = (mail.issued(node).der,)
            return judge(chain, server_name=server_name, trust=mail.trust, now_ns=clock.now_ns())

        return certified

    def _flow(self, address: IPAddress, port: int) -> FiveTuple:
        source = self._network.world.address_of(self._network.world.sender, address.version)
        assert source is not None  # else the uplink had no route
        number = self._dials % _EPHEMERAL_PORTS
        self._dials += 1
        return FiveTuple(
            source=source,
            target=address,
            protocol=TCP,
            source_port=_FIRST_EPHEMERAL_PORT + number,
            target_port=port,
        )

    def _shake_hands(self, reached: Reached | None, timeout_s: float) -> Reached:
        """Let the handshake take its time; return where it came to, or raise how it failed."""
        smtp = reached.server if reached else None
        silent = smtp is not None and smtp.behaviour is Behaviour.DROPPED
        if reached is None or silent or reached.round_trip_ms > timeout_s * 1e3:
            self._clock.sleep(timeout_s)
            raise ConnectionFault(Fault.TIMEOUT, "no answer in time")
        self._clock.sleep(reached.round_trip_ms / 1e3)
        if not reached.arrived:
            raise ConnectionFault(Fault.UNREACHABLE, NO_ROUTE_TO_HOST)
        if smtp is None or smtp.behaviour is Behaviour.CLOSED:
            raise ConnectionFault(Fault.REFUSED, CONNECTION_REFUSED)
        return reached
