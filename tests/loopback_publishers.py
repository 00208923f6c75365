"""A publisher on a loopback port: files with entity tags and ranges, and faults on demand."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

LONG_AGO = "Mon, 01 Jun 2026 00:00:00 GMT"


@dataclass
class Page:
    """What lies at a path."""

    body: bytes
    kind: str = "application/octet-stream"
    etag: str | None = None
    modified: str | None = LONG_AGO
    ranges: bool = True
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Asked:
    """A question that came in."""

    path: str
    headers: dict[str, str]
    at_s: float

    @property
    def name(self) -> str:
        return urlsplit(self.path).path.rpartition("/")[2]


Fault = Callable[["Handler"], bool]
"""Plays instead of an answer; ``False`` lets the ordinary one follow."""


@dataclass
class Publisher:
    """Pages by path, faults for the next questions, and what was asked."""

    pages: dict[str, Page] = field(default_factory=dict)
    compute: Callable[[Asked], "Page | int | None"] | None = None
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    date: str = "Wed, 17 Jun 2026 12:00:00 GMT"
    """What its clock says."""

    def put(self, path: str, body: bytes, **more: Any) -> None:
        etag = f'"{md5(body, usedforsecurity=False).hexdigest()[:12]}"'
        self.pages[path] = Page(body=body, **{"etag": etag, **more})

    def next(self, name: str, *faults: Fault) -> None:
        """Let the next questions for a file name come to these ends."""
        self.faults.setdefault(name, []).extend(faults)

    def names(self) -> list[str]:
        return [one.name for one in self.asked]


class Handler(BaseHTTPRequestHandler):
    """Answers as RFC 9110 says."""

    protocol_version = "HTTP/1.1"
    publisher: Publisher

    def do_GET(self) -> None:
        asked = Asked(self.path, {k.lower(): v for k, v in self.headers.items()}, time.monotonic())
        self.publisher.asked.append(asked)
        waiting = self.publisher.faults.get(asked.name, [])
        if waiting and waiting.pop(0)(self):
            return
        compute = self.publisher.compute
        page = compute(asked) if compute is not None else None
        if page is None:
            page = self.publisher.pages.get(urlsplit(self.path).path)
        if page is None or isinstance(page, int):
            self.status(page or 404)
            return
        self.page(page, asked)

    def status(self, status: int, *headers: tuple[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def page(self, page: Page, asked: Asked) -> None:
        if page.etag is not None and asked.headers.get("if-none-match") == page.etag:
            self.status(304, ("ETag", page.etag))
            return
        begin, whole = 0, len(page.body)
        wanted = asked.headers.get("range", "")
        if_range = asked.headers.get("if-range")
        if page.ranges and wanted and if_range in (None, page.etag, page.modified):
            begin = int(wanted.removeprefix("bytes=").partition("-")[0])
            if begin >= whole:
                self.status(416, ("Content-Range", f"bytes */{whole}"))
                return
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{whole - 1}/{whole}")
        self.head(page, whole - begin)
        self.wfile.write(page.body[begin:])

    def head(self, page: Page, length: int | None) -> None:
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.send_header("Content-Type", page.kind)
        for name, value in (("ETag", page.etag), ("Last-Modified", page.modified)):
            if value is not None:
                self.send_header(name, value)
        for name, value in page.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002
        return self.publisher.date

    def log_message(self, *_: Any) -> None:
        pass


# -- faults ---------------------------------------------------------------------------------


def _page(handler: Handler) -> Page:
    return handler.publisher.pages[urlsplit(handler.path).path]


def cut(after: int, *, pause_s: float = 0.0) -> Fault:
    """Promise the whole, send ``after`` octets of it, and hang up (after a pause: a stall)."""

    def play(handler: Handler) -> bool:
        page = _page(handler)
        handler.send_response(200)
        handler.head(page, len(page.body))
        handler.wfile.write(page.body[:after])
        handler.wfile.flush()
        time.sleep(pause_s)
        handler.close_connection = True
        return True

    return play


def says(status: int, *headers: tuple[str, str], body: bytes = b"") -> Fault:
    """Answer with a status and nothing of the file."""

    def play(handler: Handler) -> bool:
        handler.status(status, *headers, body=body)
        return True

    return play


def portal(handler: Handler) -> bool:
    """Answer as a captive portal does."""
    body = b"<html>\x1b[31m<title>Please log in</title></html>"
    handler.status(200, ("Content-Type", "text/html; charset=utf-8"), body=body)
    return True


def endless(handler: Handler) -> bool:
    """Send without an end, and without a length."""
    handler.send_response(200)
    handler.head(_page(handler), None)
    handler.close_connection = True
    try:
        while True:
            handler.wfile.write(b"x" * 65536)
    except OSError:
        return True


@contextmanager
def publishing(context: ssl.SSLContext | None = None) -> Iterator[Publisher]:
    """Serve on loopback; over TLS with a context."""
    publisher = Publisher()
    handler = type("Bound", (Handler,), {"publisher": publisher})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https" if context is not None else "http"
        publisher.url = f"{scheme}://127.0.0.1:{server.server_address[1]}/"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield publisher
        finally:
            server.shutdown()
            thread.join()
