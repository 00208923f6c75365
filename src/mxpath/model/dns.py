"""What a resolver said. Failure is an answer too: NXDOMAIN and time-outs are values."""

from dataclasses import dataclass
from enum import StrEnum


class DnsStatus(StrEnum):
    """Outcome of one look-up."""

    NOERROR = "NOERROR"
    NXDOMAIN = "NXDOMAIN"
    SERVFAIL = "SERVFAIL"
    REFUSED = "REFUSED"
    TIMEOUT = "TIMEOUT"
    UNREACHABLE = "UNREACHABLE"
    """The resolver's address could not be reached or refused the packet."""
    CNAME_LOOP = "CNAME_LOOP"
    """The alias chain turns in a circle or is longer than the limit."""
    MALFORMED = "MALFORMED"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsAnswer:
    """The answer to one question.

    Names are lower-case A-labels without trailing dot; the root is ``"."``.
    """

    name: str
    rdtype: str
    status: DnsStatus
    records: tuple[str, ...] = ()
    """RDATA in presentation form, such as ``10 mx1.example.``; empty with NOERROR is NODATA."""
    chain: tuple[str, ...] = ()
    """Aliases followed, first to last; the last one owns the records."""
    ttl_s: int | None = None
    """Smallest TTL over the alias chain and the records."""
    authenticated: bool = False
    """The AD bit; it counts only over a trusted channel."""
    elapsed_ms: float = 0.0
    server: str = ""
    detail: str = ""
