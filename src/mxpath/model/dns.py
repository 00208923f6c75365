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


class Security(StrEnum):
    """What DNSSEC makes of an answer (RFC 4033 section 5)."""

    SECURE = "secure"
    """A resolver that we may believe has validated it."""
    INSECURE = "insecure"
    """Such a resolver validates, and found that nobody has signed this."""
    BOGUS = "bogus"
    """It is signed, and the signatures do not hold."""
    UNKNOWN = "unknown"
    """The resolver does not validate, or may not be believed, or gave no answer."""


EXTENDED_ERRORS = {
    0: "other error",
    1: "unsupported DNSKEY algorithm",
    2: "unsupported DS digest type",
    3: "stale answer",
    4: "forged answer",
    5: "DNSSEC indeterminate",
    6: "DNSSEC bogus",
    7: "signature expired",
    8: "signature not yet valid",
    9: "no DNSKEY fits the parent's DS",
    10: "signatures missing",
    11: "no zone key bit set",
    12: "proof of non-existence missing",
    13: "cached error",
    14: "the server is not ready",
    15: "blocked by the resolver's operator",
    16: "censored by somebody above the resolver's operator",
    17: "filtered as the resolver's users asked for",
    18: "prohibited: this client may not ask",
    19: "stale NXDOMAIN answer",
    20: "the server is not authoritative",
    21: "not supported",
    22: "no name server of the zone can be reached",
    23: "network error towards the zone's name servers",
    24: "invalid data at the zone's name server",
}
"""Extended DNS errors in words, by their code (RFC 8914 section 4)."""

_BOGUS = frozenset({6, 7, 8, 9, 10, 11, 12})
"""Codes with which a resolver says that signatures were checked and do not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendedError:
    """Why a resolver says it answers as it does (RFC 8914); hearsay as much as the answer."""

    code: int
    text: str = ""
    """The resolver's own words, a stranger's."""

    @property
    def words(self) -> str:
        """What the code means, for a reader; the resolver's own words are not in it."""
        return EXTENDED_ERRORS.get(self.code, f"extended error {self.code}")


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
    """The AD bit of a resolver that is ``trusted``; of any other it is worth nothing."""
    trusted: bool = False
    """Whether nobody on the way to the resolver could have set that bit (RFC 4035 section
    3.2.3): it is on this host, or its user vouches for the way."""
    extended: tuple[ExtendedError, ...] = ()
    unchecked: DnsStatus | None = None
    """After a SERVFAIL that explains nothing: what the same question came to when the
    resolver was told not to validate (CD, RFC 4035 section 3.2.2)."""
    silent: tuple[str, ...] = ()
    """Servers that were asked this too, and not heard."""
    elapsed_ms: float = 0.0
    """All that the answer took, the waiting for silent servers with it."""
    server: str = ""
    detail: str = ""

    @property
    def is_bogus(self) -> bool:
        """Whether the resolver withholds an answer because its signatures do not hold."""
        if self.status is not DnsStatus.SERVFAIL:
            return False
        told = any(error.code in _BOGUS for error in self.extended)
        return told or self.unchecked in (DnsStatus.NOERROR, DnsStatus.NXDOMAIN)
