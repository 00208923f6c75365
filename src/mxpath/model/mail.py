"""Where mail to a domain goes, as its DNS says."""

from dataclasses import dataclass
from enum import StrEnum

from mxpath.model.address import IPAddress
from mxpath.model.dns import DnsAnswer, Security


class PlanKind(StrEnum):
    """What the MX look-up amounts to (RFC 5321 section 5.1, RFC 7505)."""

    MX = "mx"
    IMPLICIT = "implicit"
    """No MX record, but the name itself has an address: preference 0."""
    NULL = "null"
    """``MX 0 .``: the domain takes no mail."""
    NONE = "none"
    """The domain does not exist, or has neither MX nor address."""
    SELF = "self"
    """The sending host is the best one of the list: it keeps the mail and sends it nowhere."""
    FAILED = "failed"
    """The DNS gave no usable answer; nothing can be said of the domain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MxHost:
    """One row of the plan."""

    name: str
    preference: int
    addresses: tuple[IPAddress, ...] = ()
    """IPv4 before IPv6, each family in the order answered."""
    lookups: tuple[DnsAnswer, ...] = ()
    """The A and AAAA answers."""
    faults: tuple[str, ...] = ()
    """What is wrong with this row: target is an alias, an address literal, NXDOMAIN, …"""

    @property
    def is_tried(self) -> bool:
        """Whether the row names something that a sender would look up or connect to."""
        return bool(self.addresses or self.lookups)

    @property
    def dns_ms(self) -> float:
        """Time its slowest address look-up took (they may be asked side by side)."""
        return max((answer.elapsed_ms for answer in self.lookups), default=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailProvider:
    """Who runs mail servers for others."""

    name: str
    """A short name, the same for all its servers."""
    title: str
    """What people call it."""
    kind: str | None = None
    """What it does, in the publisher's words (``Email Security``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MxPlan:
    """The hosts in the order in which a sender tries them."""

    kind: PlanKind
    hosts: tuple[MxHost, ...] = ()
    """Sorted by preference; equal preferences are tried in random order."""
    sender: str = "rfc5321"
    """The sender model by which the plan was made."""
    attempts: tuple[tuple[IPAddress, ...], ...] = ()
    """Groups of addresses in the order in which that sender tries them; within a group the
    order is random. A host listed again is tried again where that sender does so."""
    notes: tuple[str, ...] = ()

    @property
    def addresses(self) -> tuple[IPAddress, ...]:
        """Every address once, in plan order."""
        return tuple(dict.fromkeys(a for host in self.hosts for a in host.addresses))


@dataclass(frozen=True, slots=True, kw_only=True)
class MailDomain:
    """A domain with its MX plan and the look-up behind it."""

    domain: str
    """A-label name, lower case, no trailing dot."""
    plan: MxPlan
    mx_lookup: DnsAnswer
    dnssec: Security = Security.UNKNOWN
    """What DNSSEC makes of the MX answer."""
    validating: bool | None = None
    """Whether the resolver showed that it validates; ``None`` where it could not be told."""

    @property
    def addresses(self) -> tuple[IPAddress, ...]:
        """Every MX address once, in plan order."""
        return self.plan.addresses

    @property
    def lookups(self) -> tuple[DnsAnswer, ...]:
        """Every DNS answer, in the order asked."""
        return (self.mx_lookup, *(answer for host in self.plan.hosts for answer in host.lookups))
