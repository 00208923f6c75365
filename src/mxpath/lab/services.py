"""All mail servers of a lab in one process, and the counting of the SYNs they get.

The process enters each host's namespace only to open its sockets; a socket stays
in the namespace where it was opened, so one event loop then serves them all.

1. How a server treats its connections is ``mail_server``'s.
2. ``closed`` has no listener. ``dropped`` has one whose socket filter drops
   every packet, so that SYNs vanish; the connection is never refused.
3. A raw socket at each host sees every TCP packet before the listener does, and
   counts SYNs by (target, source port), those that are dropped included.
4. A host that is changed gets new listeners; connections that are there go on.
5. Questions come to the socket ``services``, one JSON line each: ``syns`` for the
   counts, ``smtp`` for what each host is now, ``change`` to change one, or with ``rdap``
   the registry, with ``looking_glass`` that; both words by themselves for what they were asked.
6. The registry and the looking glass answer from here too (``http_service``).
"""

import asyncio
import ctypes
import json
import socket
import ssl
import struct
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from mxpath.errors import InputError, MxpathError
from mxpath.lab.certificates import Authority, Issued, authority_title
from mxpath.lab.elements import Behaviour, SmtpHost
from mxpath.lab.http_elements import HttpBehaviour
from mxpath.lab.http_server import HttpServer
from mxpath.lab.http_service import HttpListeners
from mxpath.lab.looking_glass import LookingGlassServer, heard_in_kernel
from mxpath.lab.mail_server import MailDoor, MailServer
from mxpath.lab.mail_words import changed
from mxpath.lab.namespaces import inside
from mxpath.lab.rdap import RdapServer
from mxpath.lab.topology import World
from mxpath.lab.truth import SmtpTruth
from mxpath.model.address import IPAddress
from mxpath.model.codec import from_data, to_data

SMTP_PORT = 25
_BACKLOG = 128
_SO_ATTACH_FILTER = 26  # asm-generic/socket.h
_SYN, _ACK = 0x02, 0x10  # RFC 9293 section 3.1
_MAX_REQUEST = 1 << 16
_HTTP = frozenset({"rdap", "looking_glass"})


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
    """Counts SYNs to port 25 by target and source port (rule 3)."""

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


class MailHost:
    """One host's port 25: what it is now, its listeners and its guests."""

    def __init__(self, node: str, smtp: SmtpHost, addresses: tuple[IPAddress, ...]) -> None:
        self.node = node
        self.smtp = smtp
        self.addresses = addresses
        self.issued: Issued | None = None
        self._tls: ssl.SSLContext | None = None
        self._guests: dict[str, set[MailServer]] = {}
        self._open: list[asyncio.Server | socket.socket] = []

    async def serve(self, smtp: SmtpHost, authority: Authority, keys: Path) -> None:
        """Become as ``smtp`` says."""
        self.smtp = smtp
        if smtp.starttls:
            self.issued = authority.issue(smtp)
            self._tls = _server_context(smtp, self.issued.write(keys / f"{self.node}.pem"))
        else:
            self.issued, self._tls = None, None
        for opened in self._open:
            opened.close()
        self._open = []
        if smtp.behaviour is Behaviour.CLOSED:
            return
        with inside(self.node):
            listeners = [_listener(address) for address in self.addresses]
        for listener in listeners:
            self._open.append(await self._listen(listener))

    async def _listen(self, listener: socket.socket) -> asyncio.Server | socket.socket:
        if self.smtp.behaviour is Behaviour.DROPPED:
            drop_everything(listener)
            listener.listen(_BACKLOG)
            return listener
        return await asyncio.get_running_loop().create_server(
            lambda: MailDoor(self.smtp, self._tls, self._guests), sock=listener, backlog=_BACKLOG
        )

    @property
    def truth(self) -> SmtpTruth:
        """What the analyzer should find."""
        return SmtpTruth.of(self.smtp, self.issued.certificate if self.issued else None)


def _server_context(smtp: SmtpHost, path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    context.maximum_version = ssl.TLSVersion[f"TLSv{smtp.tls_version.replace('.', '_')}"]
    return context


class Services:
    """The servers of a world."""

    def __init__(self, world: World, *, keys: Path) -> None:
        self.world = world
        self.keys = keys
        self.authority = Authority.create(authority_title(world.name))
        self.counter = SynCounter()
        self.hosts = {
            name: MailHost(name, host.smtp, world.addresses_of(name))
            for name, host in world.hosts.items()
            if host.smtp is not None
        }
        self.http = {
            name: HttpListeners(world, server) for name, server in _http_servers(world, keys)
        }
        self._kept: list[Any] = []

    async def start(self, control: str) -> None:
        """Open all counters and listeners, and the socket that questions come to."""
        loop = asyncio.get_running_loop()
        for name in self.world.hosts:
            for address in self.world.addresses_of(name):
                with inside(name):
                    raw = self.counter.watch(address)
                loop.add_reader(raw, self.counter.take, raw, address)
                self._kept.append(raw)
        for host in self.hosts.values():
            await host.serve(host.smtp, self.authority, self.keys)
        for listeners in self.http.values():
            await listeners.change(listeners.server.behaviour)
        self._kept.append(await asyncio.start_unix_server(self._tell, control))

    async def change(self, name: str, keys: Mapping[str, Any]) -> Any:
        """Change some keys of a host's :class:`SmtpHost`; return the whole of it.

        Raises
        ------
        InputError
            When there is no such mail host.
        ParseError
            When there is no such key or value.
        """
        if name not in self.hosts:
            raise InputError(f"no mail host {name!r} (there is: {', '.join(self.hosts)})")
        host = self.hosts[name]
        await host.serve(changed(host.smtp, keys), self.authority, self.keys)
        return to_data(host.smtp)

    async def change_http(self, name: str, behaviour: str) -> str:
        """Let the registry or the looking glass behave otherwise; return how it does.

        Raises
        ------
        InputError
            When the world has none, or there is no such behaviour.
        """
        if name not in self.http:
            raise InputError(f"world {self.world.name!r} has no {name}")
        if behaviour not in list(HttpBehaviour):
            raise InputError(f"no behaviour {behaviour!r} (there is: {', '.join(HttpBehaviour)})")
        await self.http[name].change(HttpBehaviour(behaviour))
        return behaviour

    async def answer(self, request: Mapping[str, Any]) -> Any:
        """Answer one question (rule 5).

        Raises
        ------
        InputError
            When it is unknown or names what is not there.
        """
        match request.get("ask"):
            case "syns":
                return self.counter.rows()
            case "smtp":
                return {name: to_data(host.truth) for name, host in self.hosts.items()}
            case "rdap" | "looking_glass" as name:
                return self.http[name].server.asked if name in self.http else []
            case "change":
                for name in _HTTP & request.keys():
                    return await self.change_http(name, str(request[name]))
                return await self.change(str(request["host"]), request["smtp"])
            case other:
                raise InputError(f"unknown question {other!r}")

    async def _tell(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = json.loads((await reader.readline())[:_MAX_REQUEST])
            if not isinstance(request, dict):
                raise InputError("a question is one JSON object on a line")
            reply = {"answer": await self.answer(request)}
        except (MxpathError, ValueError, KeyError, TypeError, OSError) as error:
            reply = {"error": str(error) or type(error).__name__}
        writer.write(json.dumps(reply).encode() + b"\n")
        await writer.drain()
        writer.close()


def _http_servers(world: World, run: Path) -> Iterator[tuple[str, HttpServer[Any]]]:
    if world.rdap is not None:
        yield "rdap", RdapServer(world)
    if world.looking_glass is not None:
        yield (
            "looking_glass",
            LookingGlassServer(
                world, partial(heard_in_kernel, world, run), lambda: datetime.now(UTC)
            ),
        )


async def _run(world: World, directory: Path, run: Path) -> None:
    services = Services(world, keys=run)
    await services.start(str(run / "services"))
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
