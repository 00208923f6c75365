"""Mail servers of a played world: connections whose every answer takes its round trip.

The script is a server that takes no mail: greeting, EHLO, HELO, STARTTLS, NOOP,
RSET and QUIT (RFC 5321, RFC 3207); anything else is refused and, like all that a
client ever said, kept in the network's ``commands``.
"""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from types import TracebackType
from typing import Self

from mxpath.lab.elements import Behaviour, SmtpHost
from mxpath.lab.forwarding import FiveTuple
from mxpath.lab.simulated_faults import CONNECTION_REFUSED, NO_ROUTE_TO_HOST, Uplink
from mxpath.lab.simulated_network import PlayedNetwork, Reached
from mxpath.lab.simulated_wire import TCP
from mxpath.model.address import IPAddress
from mxpath.model.session import TlsFacts
from mxpath.vantage.ports import Clock, Connection, ConnectionFault, Fault

_FIRST_EPHEMERAL_PORT = 32_768
_EPHEMERAL_PORTS = 28_232
"""Linux's default ``ip_local_port_range``: 32768 to 60999."""
_SEGMENT = 65_536
_CERTIFICATE_DAYS = 90


class SmtpScript:
    """One conversation from the server's side, without network or time."""

    def __init__(self, host: SmtpHost) -> None:
        self.host = host
        self._heard = b""
        self.commands: list[str] = []
        self.is_over = False
        self.awaits_tls = False
        self._encrypted = False

    @property
    def greeting(self) -> bytes:
        """The server's first line."""
        if self.host.behaviour is Behaviour.REJECT:
            return f"554 {self.host.name} does not talk to you\r\n".encode()
        return f"220 {self.host.name} ESMTP\r\n".encode()

    def hear(self, data: bytes) -> bytes:
        """Take what the client sent; return the answers to all complete lines."""
        *lines, self._heard = (self._heard + data).split(b"\r\n")
        return b"".join(self._answer(line.decode("ascii", "replace")) for line in lines)

    def encrypt(self) -> None:
        """Begin anew under TLS; what was said in the clear is forgotten (RFC 3207 section 4.2)."""
        self._encrypted, self.awaits_tls, self._heard = True, False, b""

    def _answer(self, line: str) -> bytes:
        if self.is_over or self.awaits_tls:
            return b""
        self.commands.append(line)
        verb = line.partition(" ")[0].upper()
        if verb == "QUIT":
            self.is_over = True
            return f"221 {self.host.name} closes\r\n".encode()
        if self.host.behaviour is Behaviour.REJECT:
            return b"503 no service here\r\n"
        return self._serve(verb)

    def _serve(self, verb: str) -> bytes:
        match verb:
            case "EHLO":
                return self._ehlo()
            case "HELO" | "NOOP" | "RSET":
                return f"250 {self.host.name}\r\n".encode()
            case "STARTTLS":
                return self._starttls()
            case _:
                return b"502 this server takes no mail\r\n"

    def _ehlo(self) -> bytes:
        words = [self.host.name, "PIPELINING", "SIZE 10485760"]
        if self._offers_tls:
            words.append("STARTTLS")
        lines = [f"250-{word}\r\n" for word in words]
        return "".join([*lines, "250 8BITMIME\r\n"]).encode()

    @property
    def _offers_tls(self) -> bool:
        return self.host.starttls and not self._encrypted

    def _starttls(self) -> bytes:
        if not self._offers_tls:
            return b"503 TLS is not to be had now\r\n"
        self.awaits_tls = True
        return b"220 go ahead\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Who certifies the world's mail servers, and when."""

    issuer: str
    not_before: datetime

    def certify(self, host: SmtpHost, server_name: str) -> TlsFacts:
        """Return what a client that expects ``server_name`` sees of the host's certificate."""
        return TlsFacts(
            version="TLSv1.3",
            cipher="TLS_AES_256_GCM_SHA384",
            names=(host.name,),
            issuer=self.issuer,
            not_before=self.not_before,
            not_after=self.not_before + timedelta(days=_CERTIFICATE_DAYS),
            trusted=True,
            name_matches=server_name.rstrip(".").lower() == host.name.rstrip(".").lower(),
        )


class PlayedConnection:
    """A connection to a mail server; satisfies :class:`mxpath.vantage.ports.Connection`."""

    def __init__(  # noqa: PLR0913 - the parts of one conversation, by keyword
        self,
        script: SmtpScript,
        authority: Authority,
        *,
        clock: Clock,
        uplink: Uplink,
        round_trip_ms: float,
        source: IPAddress,
    ) -> None:
        self.source: IPAddress | None = source
        self._script = script
        self._authority = authority
        self._clock = clock
        self._uplink = uplink
        self._round_trip_s = round_trip_ms / 1e3
        self.connect_ms = round_trip_ms
        self._coming: deque[tuple[float, bytes]] = deque()
        slow = script.host.behaviour is Behaviour.SLOW_GREETING
        self._arrive(script.greeting, after_s=script.host.greeting_delay_s if slow else 0.0)

    def _arrive(self, data: bytes, *, after_s: float = 0.0) -> None:
        """Let ``data`` come one round trip from now, and never before what the server owes."""
        at_s = self._clock.monotonic_s() + self._round_trip_s + after_s
        if self._coming:
            at_s = max(at_s, self._coming[-1][0])
        self._coming.append((at_s, data))

    def send(self, data: bytes) -> None:
        """Write all of ``data``; what the server says to it comes one round trip later."""
        if self._script.is_over:
            raise ConnectionFault(Fault.CLOSED, "the server has closed the connection")
        answer = self._script.hear(data)
        if answer:
            self._arrive(answer)

    def receive(self, timeout_s: float) -> bytes:
        """Return the next bytes; raises ConnectionFault(TIMEOUT) when nothing came in time."""
        self._uplink.feel_interrupt()
        now_s = self._clock.monotonic_s()
        if not self._coming and self._script.is_over:
            return b""
        if self._uplink.is_down or not self._coming or self._coming[0][0] > now_s + timeout_s:
            self._clock.sleep(timeout_s)
            raise ConnectionFault(Fault.TIMEOUT, f"nothing came within {timeout_s:g} s")
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
        """Shake hands in one round trip (TLS 1.3, RFC 8446 section 2)."""
        self._uplink.feel_interrupt()
        if not self._script.awaits_tls:
            raise ConnectionFault(Fault.CLOSED, "the server did not agree to TLS")
        if self._uplink.is_down or self._round_trip_s > timeout_s:
            self._clock.sleep(timeout_s)
            raise ConnectionFault(Fault.TIMEOUT, f"no TLS handshake within {timeout_s:g} s")
        self._clock.sleep(self._round_trip_s)
        self._coming.clear()
        self._script.encrypt()
        return self._authority.certify(self._script.host, server_name)

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
        world = network.world
        self._network = network
        self._clock = clock
        self._uplink = uplink
        self._dials = 0
        today = datetime.combine(world.as_of, time(), tzinfo=UTC)
        self._authority = Authority(
            issuer=f"Lab CA of {world.name}", not_before=today - timedelta(days=30)
        )

    def dial(self, address: IPAddress, port: int, timeout_s: float) -> Connection:
        """Connect in one round trip of the flow's path; raises ConnectionFault."""
        self._uplink.feel_interrupt()
        complaint = self._uplink.send(address.version)
        if complaint is not None:
            raise ConnectionFault(Fault.UNREACHABLE, complaint)
        flow = self._flow(address, port)
        reached = self._network.reach(flow)
        host = self._shake_hands(reached, timeout_s)
        script = SmtpScript(host)
        self._network.commands.append((address, script.commands))
        return PlayedConnection(
            script,
            self._authority,
            clock=self._clock,
            uplink=self._uplink,
            round_trip_ms=reached.round_trip_ms if reached else 0.0,
            source=flow.source,
        )

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

    def _shake_hands(self, reached: Reached | None, timeout_s: float) -> SmtpHost:
        """Let the handshake take its time; return the server, or raise how it failed."""
        smtp = reached.server if reached else None
        silent = smtp is not None and smtp.behaviour is Behaviour.DROPPED
        if reached is None or silent or reached.round_trip_ms > timeout_s * 1e3:
            self._clock.sleep(timeout_s)
            raise ConnectionFault(Fault.TIMEOUT, f"no answer within {timeout_s:g} s")
        self._clock.sleep(reached.round_trip_ms / 1e3)
        if not reached.arrived:
            raise ConnectionFault(Fault.UNREACHABLE, NO_ROUTE_TO_HOST)
        if smtp is None or smtp.behaviour is Behaviour.CLOSED:
            raise ConnectionFault(Fault.REFUSED, CONNECTION_REFUSED)
        return smtp
