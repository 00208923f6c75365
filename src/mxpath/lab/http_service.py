"""An HTTP server of a kernel lab: HTTP/1.1 on port 80 of its host, one question a connection.

Its listeners are opened inside the host's namespace and stay there; the event loop is
that of the mail servers. What is said is :class:`mxpath.lab.http_server.HttpServer`'s.
"""

import asyncio
import socket
from contextlib import suppress
from typing import Generic, TypeVar

from mxpath.lab.http_elements import HttpBehaviour, HttpService
from mxpath.lab.http_server import HTTP_PORT, HttpServer, complaint
from mxpath.lab.namespaces import inside
from mxpath.lab.topology import World
from mxpath.model.address import IPAddress

Element = TypeVar("Element", bound=HttpService)
_BACKLOG = 32
_HEAD_LIMIT = 8 * 1024
_REQUEST_LIMIT_S = 10.0


class HttpListeners(Generic[Element]):
    """The listeners of one of a world's servers."""

    def __init__(self, world: World, server: HttpServer[Element]) -> None:
        self._world, self.server = world, server
        self._listening: list[asyncio.Server] = []

    async def change(self, behaviour: HttpBehaviour) -> None:
        """Behave so from now on: ``down`` closes the listeners, anything else opens them."""
        self.server.change(behaviour)
        if behaviour is HttpBehaviour.DOWN:
            for listening in self._listening:
                listening.close()
            self._listening = []
        elif not self._listening:
            host = self.server.element.host
            for address in self._world.addresses_of(host):
                with inside(host):
                    listener = _listener(address)
                self._listening.append(
                    await asyncio.start_server(
                        self._serve, sock=listener, backlog=_BACKLOG, limit=_HEAD_LIMIT
                    )
                )

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, ValueError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(_REQUEST_LIMIT_S):
                head = await reader.readuntil(b"\r\n\r\n")
            method, path, *_ = [*head.split(b"\r\n")[0].decode("latin-1").split(" "), "", ""]
            if method != "GET":
                reply = complaint(405)
            else:
                reply = self.server.answer(path, asyncio.get_running_loop().time())
            await asyncio.sleep(reply.wait_s)
            writer.write(reply.wire)
            await writer.drain()
        writer.close()


def _listener(address: IPAddress) -> socket.socket:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((str(address), HTTP_PORT))
    listener.setblocking(False)  # noqa: FBT003 - the standard library's own signature
    return listener
