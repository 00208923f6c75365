"""What an HTTP question and a download have in common: opening, redirects, and what goes wrong.

The law:

1. https with a certificate that proves the name. Plain http only where the question's
   own URL says so: a registry inside the lab has no name to prove.
2. A redirect is followed over https alone, to hosts that the question names, three times.
3. A secret is said to the origin (scheme, host, port) of the question, and to no other.
4. The body is taken as it is: compressed bodies are not asked for and not unpacked.
5. No proxy, no cookie, no retry; the User-Agent says who asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3 import exceptions

from mxpath import __version__
from mxpath.model.address import IPAddress
from mxpath.model.foreign_text import printable
from mxpath.model.http import HttpFault
from mxpath.vantage.http_source import bound_pool

REDIRECTS = 3
_MOVED = (301, 302, 303, 307, 308)
_MOST_HEADERS = 100


class ExchangeFault(Exception):  # noqa: N818 - a fault of the network, not an error of ours
    """No answer came about; ``location`` is where a redirect pointed that may not be followed."""

    def __init__(self, url: str, fault: HttpFault, detail: str, *, location: str = "") -> None:
        super().__init__(detail)
        self.url, self.fault, self.location = url, fault, location
        self.detail = printable(detail, limit=200)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks: name, trusted roots and own addresses."""

    agent: str
    trust_file: Path | None = None
    source: tuple[IPAddress, ...] = ()

    def pool(self, timeout: urllib3.Timeout) -> urllib3.PoolManager:
        """Return a pool of connections for one question and its redirects."""
        ca_certs = str(self.trust_file) if self.trust_file is not None else None
        pool = urllib3.PoolManager(
            num_pools=REDIRECTS + 1,
            retries=False,
            timeout=timeout,
            cert_reqs="CERT_REQUIRED",
            ca_certs=ca_certs,
        )
        return bound_pool(pool, self.source) if self.source else pool

    def open(
        self,
        pool: urllib3.PoolManager,
        url: str,
        *,
        headers: Mapping[str, str],
        hosts: tuple[str, ...] = (),
        secret: str | None = None,
    ) -> tuple[str, Any]:
        """Ask, follow redirects, and return the last URL with its response, body unread.

        Raises
        ------
        ExchangeFault
            When a URL cannot be asked, or a redirect may not be followed; what urllib3
            raises passes through (see :func:`reason`).
        """
        origin = _origin(url)
        for _ in range(REDIRECTS + 1):
            problem = unaskable(url)
            if problem:
                raise ExchangeFault(url, HttpFault.BAD_URL, problem)
            said = {"Accept-Encoding": "identity", "User-Agent": self.agent, **headers}
            if secret is not None and _origin(url) == origin:
                said["Authorization"] = secret
            response: Any = pool.request(
                "GET",
                url,
                headers=said,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            target = response.headers.get("location")
            if response.status not in _MOVED or target is None:
                return url, response
            response.close()
            onward = urljoin(url, target)
            if urlsplit(onward).scheme != "https" or urlsplit(onward).hostname not in hosts:
                words = f"redirected to {printable(onward, limit=80)}"
                raise ExchangeFault(url, HttpFault.REDIRECT, words, location=onward)
            url = onward
        raise ExchangeFault(url, HttpFault.REDIRECT, f"more than {REDIRECTS} redirects")


def user_agent(contact: str | None) -> str:
    """Return what we call ourselves, with the operator's contact where there is one."""
    about = f"mxpath/{__version__} (mail path analyzer"
    return f"{about}; {printable(contact)})" if contact else f"{about})"


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def unaskable(url: str) -> str:
    """Why ``url`` cannot be asked; nothing when it can."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "no URL"
    if parts.scheme not in ("http", "https"):
        return "neither https nor http"
    if not parts.hostname or parts.username is not None:
        return "no plain host name"
    return ""


def header_pairs(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return names in lower case and values, a hundred at most."""
    pairs = [(name.lower(), value) for name, value in headers.items()]
    return tuple(pairs[:_MOST_HEADERS])


_REASONS: tuple[tuple[type[Exception], HttpFault], ...] = (
    (exceptions.SSLError, HttpFault.TLS),
    # urllib3 calls every connection that does not come about a time-out, too.
    (exceptions.NewConnectionError, HttpFault.UNREACHABLE),
    (exceptions.ConnectTimeoutError, HttpFault.TIMEOUT),
    (exceptions.ReadTimeoutError, HttpFault.TIMEOUT),
    (TimeoutError, HttpFault.TIMEOUT),
    (exceptions.LocationValueError, HttpFault.BAD_URL),
)


def reason(error: Exception) -> tuple[HttpFault, str]:
    """Name what went wrong, by the first cause that is known."""
    causes = [error, error.__cause__, error.__context__]
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return HttpFault.REFUSED, "connection refused"
    for kind, fault in _REASONS:
        if isinstance(error, kind):
            return fault, fault.value if fault is not HttpFault.TLS else str(error)
    return HttpFault.CLOSED, "the connection broke, or what came is no HTTP"
