"""One HTTP question over urllib3, held to its time, its size and its hosts.

The law:

1. https with a certificate that proves the name. Plain http only where the question's
   own URL says so: a registry inside the lab has no name to prove.
2. A redirect is followed over https alone, to hosts that the question names, three times.
3. The time is for everything, the look-up of the host's name and a dripping body too: a
   thread of its own asks, and is left behind when the time is over.
4. The body is taken as it is: compressed bodies are not asked for and not unpacked.
5. No proxy, no cookie, no retry; the User-Agent says who asks.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3 import exceptions

from mxpath import __version__
from mxpath.model.address import IPAddress
from mxpath.model.foreign_text import printable
from mxpath.model.http import HttpAnswer, HttpFault, HttpQuestion
from mxpath.vantage.http_source import bound_pool
from mxpath.vantage.ports import Clock

REDIRECTS = 3
_MOVED = (301, 302, 303, 307, 308)
_CHUNK_OCTETS = 16 * 1024
_MOST_HEADERS = 100


def user_agent(contact: str | None) -> str:
    """Return what we call ourselves, with the operator's contact where there is one."""
    about = f"mxpath/{__version__} (mail path analyzer"
    return f"{about}; {printable(contact)})" if contact else f"{about})"


class HttpFetcher:
    """Asks over the Internet; satisfies :class:`mxpath.vantage.ports.Fetcher`.

    Parameters
    ----------
    clock
        Measures how long an answer took.
    contact
        A mailbox or URL at which the operator of this host can be reached.
    trust_file
        PEM file of trusted roots; ``None`` takes the system's.
    source
        Our addresses to ask from, at most one a family.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        contact: str | None = None,
        trust_file: Path | None = None,
        source: tuple[IPAddress, ...] = (),
    ) -> None:
        self._source = source
        self._clock = clock
        self._agent = user_agent(contact)
        self._trust_file = trust_file

    def fetch(self, question: HttpQuestion) -> HttpAnswer:
        """Answer one question within its time."""
        since_s = self._clock.monotonic_s()
        errand = _Errand(
            question=question,
            agent=self._agent,
            trust_file=self._trust_file,
            source=self._source,
        )
        thread = threading.Thread(target=errand.run, daemon=True)
        thread.start()
        thread.join(question.timeout_s)
        answer = errand.answer
        if answer is None:
            errand.stop.set()
            answer = _fault(
                question.url, HttpFault.TIMEOUT, f"no answer in {question.timeout_s:.1f} s"
            )
        elapsed_ms = (self._clock.monotonic_s() - since_s) * 1000
        return replace(answer, elapsed_ms=round(elapsed_ms, 3))


@dataclass(slots=True, kw_only=True)
class _Errand:
    """One question on its way, in a thread that nobody waits for in the end."""

    question: HttpQuestion
    agent: str
    trust_file: Path | None
    source: tuple[IPAddress, ...] = ()
    stop: threading.Event = field(default_factory=threading.Event)
    answer: HttpAnswer | None = None

    def run(self) -> None:
        """Ask, follow redirects, and leave the answer behind."""
        url = self.question.url
        try:
            with self._pool() as pool:
                for _ in range(REDIRECTS + 1):
                    problem = _unaskable(url)
                    if problem:
                        self.answer = _fault(url, HttpFault.BAD_URL, problem)
                        return
                    answer = self._ask(pool, url)
                    target = answer.header("location")
                    if answer.status not in _MOVED or target is None:
                        self.answer = answer
                        return
                    url = urljoin(url, target)
                    if not self._may_go(url):
                        words = f"redirected to {printable(url, limit=80)}"
                        fault = _fault(answer.url, HttpFault.REDIRECT, words)
                        self.answer = replace(fault, headers=(("location", url),))
                        return
                self.answer = _fault(url, HttpFault.REDIRECT, f"more than {REDIRECTS} redirects")
        except Exception as error:  # noqa: BLE001 - a port does not raise for what a stranger sends
            self.answer = _fault(url, *_reason(error))

    def _may_go(self, url: str) -> bool:
        parts = urlsplit(url)
        return parts.scheme == "https" and parts.hostname in self.question.redirect_hosts

    def _pool(self) -> urllib3.PoolManager:
        ca_certs = str(self.trust_file) if self.trust_file is not None else None
        pool = urllib3.PoolManager(
            num_pools=REDIRECTS + 1,
            retries=False,
            timeout=urllib3.Timeout(total=self.question.timeout_s),
            cert_reqs="CERT_REQUIRED",
            ca_certs=ca_certs,
        )
        return bound_pool(pool, self.source) if self.source else pool

    def _ask(self, pool: urllib3.PoolManager, url: str) -> HttpAnswer:
        headers = {
            "Accept": self.question.accept,
            "Accept-Encoding": "identity",
            "User-Agent": self.agent,
        }
        response: Any = pool.request(
            "GET",
            url,
            headers=headers,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
        try:
            heard = HttpAnswer(
                url=url, status=int(response.status), headers=_headers(response.headers)
            )
            body = self._body(response)
        finally:
            response.close()
        if body is None:
            words = f"more than {self.question.max_octets} octets"
            return _fault(url, HttpFault.TOO_LARGE, words)
        return replace(heard, body=body)

    def _body(self, response: Any) -> bytes | None:
        """The body; ``None`` when it is too large. What nobody waits for is not read on."""
        body = b""
        while not self.stop.is_set():
            chunk: bytes = response.read1(_CHUNK_OCTETS)
            if not chunk:
                break
            body += chunk
            if len(body) > self.question.max_octets:
                return None
        return body


def _headers(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    pairs = [(name.lower(), value) for name, value in headers.items()]
    return tuple(pairs[:_MOST_HEADERS])


def _unaskable(url: str) -> str:
    """Why ``url`` cannot be asked; nothing when it can."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return "neither https nor http"
    if not parts.hostname or parts.username is not None:
        return "no plain host name"
    return ""


def _fault(url: str, fault: HttpFault, detail: str) -> HttpAnswer:
    return HttpAnswer(url=url, fault=fault, detail=printable(detail, limit=200))


_REASONS: tuple[tuple[type[Exception], HttpFault], ...] = (
    (exceptions.SSLError, HttpFault.TLS),
    # urllib3 calls every connection that does not come about a time-out, too.
    (exceptions.NewConnectionError, HttpFault.UNREACHABLE),
    (exceptions.ConnectTimeoutError, HttpFault.TIMEOUT),
    (exceptions.ReadTimeoutError, HttpFault.TIMEOUT),
    (TimeoutError, HttpFault.TIMEOUT),
    (exceptions.LocationValueError, HttpFault.BAD_URL),
)


def _reason(error: Exception) -> tuple[HttpFault, str]:
    """Name what went wrong, by the first cause that is known."""
    causes = [error, error.__cause__, error.__context__]
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return HttpFault.REFUSED, "connection refused"
    for kind, fault in _REASONS:
        if isinstance(error, kind):
            return fault, fault.value if fault is not HttpFault.TLS else str(error)
    return HttpFault.CLOSED, "the connection broke, or what came is no HTTP"
