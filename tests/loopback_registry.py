"""The small worlds' HTTP servers on a loopback port, for tests of live questions."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import collected
import registries
from mxpath.lab.http_server import HttpServer
from mxpath.lab.looking_glass import LookingGlassServer, heard_in_memory
from mxpath.lab.rdap import RdapServer


@contextmanager
def registry_on_loopback() -> Iterator[tuple[str, RdapServer]]:
    """Yield the registry's base URL and what it was asked."""
    server = RdapServer(registries.world())
    with _serving(server) as base:
        yield base, server


@contextmanager
def looking_glass_on_loopback() -> Iterator[tuple[str, LookingGlassServer]]:
    """Yield the looking glass' URL, as a gazetteer names it, and what it was asked."""
    world = collected.world()
    server = LookingGlassServer(world, partial(heard_in_memory, world), lambda: datetime.now(UTC))
    with _serving(server) as base:
        yield f"{base}data", server


@contextmanager
def _serving(server: HttpServer[Any]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reply = server.answer(self.path, 0.0)
            self.send_response(reply.status)
            for name, value in reply.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{serving.server_address[1]}/"
        finally:
            serving.shutdown()
            thread.join()
