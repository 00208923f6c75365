"""One HTTP question and what came back: a value, whatever the network did."""

from dataclasses import dataclass
from enum import StrEnum


class HttpFault(StrEnum):
    """Why an HTTP question got no complete answer."""

    REFUSED = "refused"
    """Nothing listens there."""
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    """No route, or the host name has no address."""
    TLS = "tls"
    """The server could not prove its name."""
    CLOSED = "closed"
    """The connection broke, or what came is no HTTP."""
    TOO_LARGE = "too large"
    REDIRECT = "redirect"
    """It pointed to a place that may not be asked."""
    BAD_URL = "bad url"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpQuestion:
    """A GET.

    ``https`` alone, except where ``url`` itself says ``http``. A redirect is followed
    only over https and only to ``redirect_hosts``.
    """

    url: str
    accept: str = "*/*"
    timeout_s: float = 5.0
    """For the whole: name, connection, redirects, body."""
    max_octets: int = 2**20
    """A larger body is no answer."""
    redirect_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What came back. ``status`` is ``None`` where ``fault`` is given."""

    url: str
    """The last one asked: after redirects another than that of the question."""
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    """Names in lower case, in the order of the answer."""
    body: bytes = b""
    fault: HttpFault | None = None
    detail: str = ""
    elapsed_ms: float = 0.0

    def header(self, name: str) -> str | None:
        """Return the first header of that name, whatever its case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key == wanted), None)
