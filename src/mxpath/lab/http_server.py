"""How a world's HTTP servers treat a client: slow, limiting, lying, broken, or as they should.

No socket and no clock here: both players ask an :class:`HttpServer` what to say and how long to
wait before it. What there is to say is each server's own.
"""

import hashlib
import re
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

from mxpath.lab.http_elements import HttpBehaviour, HttpService
from mxpath.lab.topology import World
from mxpath.model.address import IPAddress

HTTP_PORT = 80
_WINDOW_S = 60.0
_BASE = re.compile(r"^/[0-9a-f]{8}/")
_REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    429: "Too Many Requests",
}
Element = TypeVar("Element", bound=HttpService)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpReply:
    """What a server says to one question."""

    status: int
    body: bytes
    content_type: str
    retry_after_s: int | None = None
    wait_s: float = 0.0
    """Before the first octet."""

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Names in lower case."""
        told = [("content-type", self.content_type), ("content-length", str(len(self.body)))]
        if self.retry_after_s is not None:
            told.append(("retry-after", str(self.retry_after_s)))
        return tuple(told)

    @property
    def wire(self) -> bytes:
        """The whole answer in HTTP/1.1."""
        lines = [f"HTTP/1.1 {self.status} {_REASONS[self.status]}", "connection: close"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


def complaint(status: int, retry_after_s: int | None = None) -> HttpReply:
    """Return an answer that says no, and when to come again."""
    words = f"{_REASONS[status]}\n".encode()
    return HttpReply(
        status=status, body=words, content_type="text/plain", retry_after_s=retry_after_s
    )


def base_url(address: IPAddress, held: str) -> str:
    """Return the base URL of a server, whose path changes with whatever the server would say."""
    host = f"[{address}]" if address.version == 6 else f"{address}"
    return f"http://{host}/{hashlib.sha256(held.encode()).hexdigest()[:8]}/"


class HttpServer(ABC, Generic[Element]):
    """What a server answers, by its behaviour, which can be changed."""

    def __init__(self, element: Element) -> None:
        self.element = element
        self.behaviour = element.behaviour
        self.asked: list[str] = []
        """Paths that were asked for, whatever the answer."""
        self._served_at_s: deque[float] = deque()

    @abstractmethod
    def document(self, path: str, *, lying: bool) -> HttpReply:
        """Return what there is at a path; with ``lying`` what is about something else."""

    def change(self, behaviour: HttpBehaviour) -> None:
        """Behave so from now on; what was counted is forgotten."""
        self.behaviour = behaviour
        self._served_at_s.clear()

    @abstractmethod
    def element_of(self, world: World) -> Element | None:
        """Return what a world says of this server."""

    def follow(self, world: World) -> None:
        """Be as a changed world says."""
        element = self.element_of(world)
        if element is not None and element != self.element:
            self.element = element
            self.change(element.behaviour)

    def answer(self, path: str, now_s: float) -> HttpReply:
        """Answer one GET at ``now_s`` on a clock that never steps."""
        path = _BASE.sub("/", path)
        self.asked.append(path)
        match self.behaviour:
            case HttpBehaviour.MALFORMED:
                page = b"<!DOCTYPE html><title>Welcome</title><p>It works!"
                return HttpReply(status=200, body=page, content_type="text/html")
            case HttpBehaviour.LIMITING if (wait_s := self._over_limit_s(now_s)) > 0:
                return complaint(429, int(wait_s) + 1)
            case HttpBehaviour.SLOW:
                reply = self.document(path, lying=False)
                return HttpReply(
                    status=reply.status,
                    body=reply.body,
                    content_type=reply.content_type,
                    wait_s=self.element.delay_s,
                )
            case behaviour:
                return self.document(path, lying=behaviour is HttpBehaviour.LYING)

    def _over_limit_s(self, now_s: float) -> float:
        """Seconds until the next question will be answered; 0 when this one is."""
        served = self._served_at_s
        while served and now_s - served[0] >= _WINDOW_S:
            served.popleft()
        if len(served) >= self.element.limit_per_minute:
            return served[0] + _WINDOW_S - now_s
        served.append(now_s)
        return 0.0
