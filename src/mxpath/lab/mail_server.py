"""Mail servers of the kernel player: one protocol object for each connection.

    a connection comes ─ MailDoor ─┬─ fine, slow_greeting, tarpit ──── MailServer
                                   ├─ limited ─ room? yes ──────────── MailServer
                                   │                  no ───────────── Refusal, then closed
                                   ├─ reject, busy ─────────────────── Refusal, until QUIT
                                   ├─ mute ─────────────────────────── nothing is ever said
                                   └─ reset ────────────────────────── RST

1. What is said lies in ``mail_words``; ``aiosmtpd`` speaks the protocol.
2. A host may be changed while it is served: each connection lives by what its host
   was when it came.
3. A reset is a real one: closing with SO_LINGER 0 makes the kernel send RST (tcp(7)).
4. While the server waits before its part of TLS it does not read: the client's
   first TLS record stays in the kernel, else it would be taken for plain text.
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any, AnyStr

from aiosmtpd.smtp import SMTP

from mxpath.lab import mail_words
from mxpath.lab.elements import Behaviour, SmtpHost

_REFUSAL_TIMEOUT_S = 300.0
_LARGEST_MESSAGE = 10_485_760


class _Keywords:
    """Says the host's own keywords instead of aiosmtpd's."""

    def __init__(self, host: SmtpHost) -> None:
        self._host = host

    async def handle_EHLO(  # noqa: N802 - the name is aiosmtpd's
        self, server: "MailServer", session: Any, _envelope: Any, hostname: str, _lines: list[str]
    ) -> list[str]:
        session.host_name = hostname
        words = mail_words.keywords(self._host, encrypted=server.is_encrypted)
        return list(mail_words.reply(250, words))


class _TakesAll(_Keywords):
    """Takes every message and throws it away."""

    async def handle_DATA(self, *_: Any) -> str:  # noqa: N802 - the name is aiosmtpd's
        return "250 2.0.0 Taken and thrown away"


class _TakesNone(_Keywords):
    """Refuses anybody who would really send mail."""

    async def handle_MAIL(self, *_: Any) -> str:  # noqa: N802 - the name is aiosmtpd's
        return "550 5.7.1 This laboratory takes no mail"


class MailServer(SMTP):
    """An SMTP server that serves as its host is told to.

    Parameters
    ----------
    host
        What it is.
    tls
        For STARTTLS; ``None`` where it is not offered.
    on_end
        Called once the connection is gone.
    """

    def __init__(
        self,
        host: SmtpHost,
        tls: ssl.SSLContext | None,
        on_end: Callable[["MailServer"], None] = lambda _: None,
    ) -> None:
        handler = _TakesAll(host) if host.takes_mail else _TakesNone(host)
        super().__init__(
            handler,
            hostname=host.name,
            ident="ESMTP",
            tls_context=tls,
            data_size_limit=_LARGEST_MESSAGE,
        )
        self._host = host
        self._on_end = on_end
        self._about_to_encrypt = False

    @property
    def is_encrypted(self) -> bool:
        """Whether TLS has begun."""
        return self._tls_protocol is not None

    async def _handle_client(self) -> None:
        if self._host.behaviour is Behaviour.SLOW_GREETING:
            await asyncio.sleep(self._host.greeting_delay_s)
        await super()._handle_client()

    async def push(self, status: AnyStr) -> None:
        """Say one line, when it is time."""
        if self._host.behaviour is Behaviour.TARPIT:
            await asyncio.sleep(mail_words.TARPIT_S)
        if not (self._about_to_encrypt and self._host.tls_delay_s):
            await super().push(status)
            return
        reading = self.transport
        assert isinstance(reading, asyncio.Transport)
        reading.pause_reading()  # rule 4
        await super().push(status)
        await asyncio.sleep(self._host.tls_delay_s)
        if not reading.is_closing():
            reading.resume_reading()

    async def smtp_STARTTLS(self, arg: str | None) -> None:  # noqa: N802 - the name is aiosmtpd's
        """Agree to TLS, refuse it, or agree and fail."""
        if self.tls_context is not None and self._host.starttls_refused:
            await self.push("454 4.7.0 TLS not available due to temporary reason")
        elif self.tls_context is not None and self._host.tls_fails:
            await self._fail()
        else:
            self._about_to_encrypt = self.tls_context is not None and not arg
            await super().smtp_STARTTLS(arg)
            self._about_to_encrypt = False

    async def _fail(self) -> None:
        """Agree to TLS, answer the first record with what is none, and hang up."""
        await self.push("220 Ready to start TLS")
        await self._reader.read(65_536)
        await asyncio.sleep(self._host.tls_delay_s)
        self._writer.write(mail_words.NO_TLS)
        await self._writer.drain()
        self._writer.close()

    def connection_lost(self, error: Exception | None) -> None:
        """Let the door know that there is room again."""
        self._on_end(self)
        super().connection_lost(error)


class Refusal(asyncio.StreamReaderProtocol):
    """Greets with a refusal; waits for QUIT (RFC 5321 section 3.1), or hangs up at once."""

    def __init__(self, line: str, *, hangs_up: bool = False) -> None:
        self._line = line
        self._hangs_up = hangs_up
        super().__init__(asyncio.StreamReader(), self._refuse)

    async def _refuse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, ValueError, TimeoutError):
            writer.write(f"{self._line}\r\n".encode())
            async with asyncio.timeout(_REFUSAL_TIMEOUT_S):
                while not self._hangs_up and (line := await reader.readline()):
                    if line.strip().upper() == b"QUIT":
                        writer.write(b"221 Bye\r\n")
                        break
                    writer.write(b"503 Only QUIT is answered here\r\n")
                await writer.drain()
        writer.close()


class _Reset(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        connected = transport.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()


class MailDoor(asyncio.Protocol):
    """Takes one connection to a host and hands it to whoever serves it.

    Parameters
    ----------
    host
        What the host is now.
    tls
        For STARTTLS; ``None`` where it is not offered.
    guests
        The host's served connections by client, kept from door to door.
    """

    def __init__(
        self,
        host: SmtpHost,
        tls: ssl.SSLContext | None,
        guests: dict[str, set[MailServer]],
    ) -> None:
        self._host = host
        self._tls = tls
        self._guests = guests

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Choose by what the host is, and by who is there already."""
        assert isinstance(transport, asyncio.Transport)
        client = transport.get_extra_info("peername")[0]
        served = self._server(client)
        transport.set_protocol(served)
        served.connection_made(transport)

    def _server(self, client: str) -> asyncio.BaseProtocol:
        host = self._host
        if host.behaviour is Behaviour.MUTE:
            return asyncio.Protocol()
        if host.behaviour is Behaviour.RESET:
            return _Reset()
        if not mail_words.serves(host):
            return Refusal(mail_words.greeting(host))
        present = self._guests.setdefault(client, set())
        if host.behaviour is Behaviour.LIMITED and len(present) >= host.connections_at_once:
            return Refusal(mail_words.greeting(host, crowded=True), hangs_up=True)
        server = MailServer(host, self._tls, present.discard)
        present.add(server)
        return server
