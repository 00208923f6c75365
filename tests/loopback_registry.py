"""The small world's registry on a loopback port, for tests of live questions."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import registries
from mxpath.lab.rdap import RdapServer


@contextmanager
def registry_on_loopback() -> Iterator[tuple[str, RdapServer]]:
    """Yield its base URL and what it was asked."""
    server = RdapServer(registries.world())

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
            yield f"http://127.0.0.1:{serving.server_address[1]}/", server
        finally:
            serving.shutdown()
            thread.join()
