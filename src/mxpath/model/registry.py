"""What a regional Internet registry says about an address or an AS number.

Persons are not kept: a holder that registers as an individual leaves no name here,
and of contacts only the mailbox of a role (``abuse``), where it was asked for.
"""

from dataclasses import dataclass
from enum import StrEnum

from mxpath.model.address import IPAddress
from mxpath.model.evidence import Claim

Resource = IPAddress | int
"""What can be asked about: an address, or an AS number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """Who holds a resource; never a person."""

    name: str
    handle: str | None = None
    country: str | None = None
    """As registered: where the holder is, not where the machines are."""

    def __str__(self) -> str:
        told = self.handle is not None and self.handle != self.name
        return f"{self.name} ({self.handle})" if told else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """One entry of a registry: a range of addresses or of AS numbers, and who holds it.

    Either ``first`` and ``last`` are given, or ``first_asn`` and ``last_asn``.
    """

    registry: str
    """Host name or address of the server that said so."""
    first: IPAddress | None = None
    last: IPAddress | None = None
    first_asn: int | None = None
    last_asn: int | None = None
    handle: str | None = None
    name: str | None = None
    """What the registry calls the range; often an abbreviation of the holder."""
    organisation: Organisation | None = None
    country: str | None = None
    """As registered, mostly ISO 3166-1 alpha-2: where the holder is, not where the machines are."""
    abuse: str | None = None
    """Mailbox of the abuse role; ``None`` unless it was asked for."""

    def covers(self, resource: Resource) -> bool:
        """Whether ``resource`` lies in the range."""
        if isinstance(resource, int):
            if self.first_asn is None or self.last_asn is None:
                return False
            return self.first_asn <= resource <= self.last_asn
        if self.first is None or self.last is None or self.first.version != resource.version:
            return False
        return int(self.first) <= int(resource) <= int(self.last)

    @property
    def range_words(self) -> str:
        """The range in words, such as ``192.0.2.0 - 192.0.2.255`` or ``AS64496``."""
        if self.first_asn is not None:
            alone = self.first_asn == self.last_asn
            return f"AS{self.first_asn}" + ("" if alone else f" - AS{self.last_asn}")
        return f"{self.first}" if self.first == self.last else f"{self.first} - {self.last}"

    @property
    def holder_words(self) -> str:
        """Who holds it, as far as the registry says and a study may keep."""
        named = str(self.organisation) if self.organisation is not None else self.name
        words = named or self.handle or "an unnamed holder"
        return f"{words}, {self.country}" if self.country else words


class RegistryFate(StrEnum):
    """What became of a question to a registry."""

    FOUND = "found"
    NOT_FOUND = "not found"
    """The registry knows no such resource."""
    LIMITED = "rate-limited"
    """It asked us to come later, and it was not yet later."""
    TIMEOUT = "no answer in time"
    FAILED = "no answer"
    """Nothing listens there, the connection broke, or the server answered with an error."""
    REFUSED = "unusable answer"
    """It answered with what is no answer to this question: another range, a page, broken JSON."""
    OFFLINE = "offline"
    """The cache does not know it, and asking was forbidden."""
    NOWHERE = "no registry known"
    """No data set says which registry to ask."""
    NOT_ASKED = "not asked"
    """The time or the number of questions for this study was used up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryQuestion:
    """One question to a registry."""

    resource: Resource
    servers: tuple[str, ...]
    """Base URLs of the responsible registry, the best first (RFC 9224)."""
    hosts: tuple[str, ...] = ()
    """Hosts of all registries: where a redirect may lead."""
    timeout_s: float = 5.0
    offline: bool = False
    """Answer from the cache alone."""
    with_abuse: bool = False
    """The mailbox of the abuse role is wanted; else it is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryAnswer:
    """The registration with its evidence, or why it is not known."""

    resource: Resource
    fate: RegistryFate
    registration: Claim[Registration] | None = None
    detail: str = ""
    """Why there is none, for a reader."""
    asked: bool = False
    """Whether a question went out; else the cache answered, or nobody."""
