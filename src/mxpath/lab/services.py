"""All mail servers of a lab in one process, and the counting of the SYNs they get.

The process enters each host's namespace only to open its sockets; a socket stays
in the namespace where it was opened, so one event loop then serves them all.

1. ``fine`` and ``slow_greeting`` speak SMTP with STARTTLS, and take no mail.
2. ``reject`` greets with 554 and then waits for QUIT (RFC 5321 section 3.1).
3. ``closed`` has no listener. ``dropped`` has one whose socket filter drops
   every packet, so that SYNs vanish; the connection is never refused.
4. A raw socket at each host sees every TCP packet before the listener does, and
   counts SYNs by (target, source port), those that are dropped included.
"""

import asyncio
import ctypes
import json
import socket
import ssl
import struct
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

from mxpath.lab.certificates import Authority
from mxpath.lab.elements import Behaviour, SmtpHost
from mxpath.lab.namespaces import inside
from mxpath.lab.topology import World
from mxpath.model.address import IPAddress
from mxpath.model.codec import from_data

SMTP_PORT = 25
_BACKLOG = 128
_SO_ATTACH_FILTER = 26  # asm-generic/socket.h
_SYN, _ACK = 0x02, 0x10  # RFC 9293 section 3.1
_REJECT_TIMEOUT_S = 300.0


class _NoMail:
    """What the servers say to anybody who would really send mail."""

    async def handle_MAIL(self, *_: Any) -> str:  # noqa: N802 - the name is aiosmtpd's
        return "550 5.7.1 This laboratory takes no mail"


class _Server(SMTP):
    """An SMTP server that may wait before its greeting."""

    def __init__(self, host: SmtpHost, tls: ssl.SSLContext | None) -> None:
        super().__init__(_NoMail(), hostname=host.name, ident="ESMTP", tls_context=tls)
        self._greeting_delay_s = host.greeting_delay_s

    async def _handle_client(self) -> None:
        await asyncio.sleep(self._greeting_delay_s)
        await super()._handle_client()


async def _reject(name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Refuse the client, and wait for its QUIT."""
    writer.write(f"554 {name} No SMTP service here\r\n".encode())
    with suppress(OSError, ValueError, TimeoutError):
        async with asyncio.timeout(_REJECT_TIMEOUT_S):
            while line := await reader.readline():
                if line.strip().upper() == b"QUIT":
                    writer.write(b"221 Bye\r\n")
                    break
                writer.write(b"503 Only QUIT is answered here\r\n")
            await writer.drain()
    writer.close()


def drop_everything(listener: socket.socket) -> None:
    """Attach a socket filter that accepts nothing (classic BPF: ``ret #0``)."""
    program = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
    filters = struct.pack("HP", 1, ctypes.addressof(program))
    listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, filters)


def _family(address: IPAddress) -> socket.AddressFamily:
    return socket.AF_INET if address.version == 4 else socket.AF_INET6


def _listener(address: IPAddress) -> socket.socket:
    # asyncio turns Nagle's algorithm off only where the protocol is named: with it, a reply
    # of four lines would take four round trips.
    listener = socket.socket(_family(address), socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((str(address), SMTP_PORT))
    listener.setblocking(False)  # noqa: FBT003 - the standard library's own signature
    return listener


class SynCounter:
    """Counts SYNs to port 25 by target and source port (rule 4)."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[IPAddress, int]] = Counter()

    def watch(self, address: IPAddress) -> socket.socket:
        """Open the raw socket that sees an address's TCP packets; be in its namespace."""
        raw = socket.socket(_family(address), socket.SOCK_RAW, socket.IPPROTO_TCP)
        raw.bind((str(address), 0))
        raw.setblocking(False)  # noqa: FBT003 - the standard library's own signature
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        return raw

    def take(self, raw: socket.socket, address: IPAddress) -> None:
        """Count what a raw socket holds."""
        with suppress(BlockingIOError):
            while packet := raw.recv(65_536):
                # A raw IPv4 socket delivers the IP header, an IPv6 one does not (RFC 3542).
                start = (packet[0] & 0x0F) * 4 if address.version == 4 else 0
                self.count(packet[start:], address)

    def count(self, segment: bytes, address: IPAddress) -> None:
        """Count one TCP segment if it is a SYN to port 25."""
        if len(segment) < 14:
            return
        source, target = struct.unpack("!HH", segment[:4])
        if target == SMTP_PORT and segment[13] & (_SYN | _ACK) == _SYN:
            self.counts[address, source] += 1

    def rows(self) -> list[tuple[str, int, int]]:
        """Return (target, source port, count), in order."""
        ordered = sorted(self.counts.items(), key=lambda item: (item[0][0].version, item[0]))
        return [(str(address), port, count) for (address, port), count in ordered]


class Services:
    """The servers of a world."""

    def __init__(self, world: World, *, keys: Path) -> None:
        self.world = world
        self.keys = keys
        self.authority = Authority.create(f"mxpath lab {world.name}")
        self.counter = SynCounter()
        self._kept: list[Any] = []

    async def start(self, control: str) -> None:
        """Open all listeners and counters, and the socket that tells the counts."""
        loop = asyncio.get_running_loop()
        for name, host in self.world.hosts.items():
            for address in self.world.addresses_of(name):
                with inside(name):
                    raw = self.counter.watch(address)
                    listener = None
                    if host.smtp and host.smtp.behaviour is not Behaviour.CLOSED:
                        listener = _listener(address)
                loop.add_reader(raw, self.counter.take, raw, address)
                self._kept.append(raw)
                if host.smtp and listener:
                    await self._serve(host.smtp, listener)
        self._kept.append(await asyncio.start_unix_server(self._tell, control))

    async def _serve(self, host: SmtpHost, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        if host.behaviour is Behaviour.DROPPED:
            drop_everything(listener)
            listener.listen(_BACKLOG)
            self._kept.append(listener)
        elif host.behaviour is Behaviour.REJECT:
            server = await asyncio.start_server(
                lambda r, w: _reject(host.name, r, w), sock=listener, backlog=_BACKLOG
            )
            self._kept.append(server)
        else:
            tls = self._tls(host.name) if host.starttls else None
            self._kept.append(
                await loop.create_server(
                    lambda: _Server(host, tls), sock=listener, backlog=_BACKLOG
                )
            )

    def _tls(self, name: str) -> ssl.SSLContext:
        path = self.keys / f"{name}.pem"
        if not path.exists():
            self.authority.issue(name, path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    async def _tell(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(json.dumps(self.counter.rows()).encode())
        await writer.drain()
        writer.close()


async def _run(world: World, directory: Path, run: Path) -> None:
    services = Services(world, keys=run)
    await services.start(str(run / "syns"))
    (directory / "ca.pem").write_bytes(services.authority.pem)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def main() -> None:
    """Serve: ``services DIRECTORY RUN``, with ``world.json`` in DIRECTORY and sockets in RUN."""
    directory, run = Path(sys.argv[1]), Path(sys.argv[2])
    world = from_data(World, json.loads((directory / "world.json").read_text()))
    asyncio.run(_run(world, directory, run))


if __name__ == "__main__":
    main()
