"""Whose address is this, since when, and who says so. Each answer is a Claim."""

from dataclasses import dataclass
from datetime import date

from mxpath.model.address import IPAddress, Prefix
from mxpath.model.evidence import Claim
from mxpath.model.network import Network
from mxpath.model.place import Place, RefutedPlace
from mxpath.model.registry import Organisation, Registration
from mxpath.model.rpki import RouteValidity


@dataclass(frozen=True, slots=True, kw_only=True)
class IxpLan:
    """A peering LAN of an exchange point. ``ix_id`` is the id in the PeeringDB data set."""

    ix_id: int
    ix_name: str
    prefix: Prefix


@dataclass(frozen=True, slots=True, kw_only=True)
class IxpPort:
    """A member's port on an exchange point's LAN."""

    ix_id: int
    ix_name: str
    member: Network
    address: IPAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginSet:
    """The longest covering prefix and every AS that originates it (several = MOAS)."""

    prefix: Prefix
    networks: tuple[Network, ...]
    announced: bool = True
    """Whether ``prefix`` is one that is announced; else it is a block of a range, cut for us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """A block of addresses or of AS numbers, and what its registry did with it.

    Either ``first`` and ``last`` are given, or ``first_asn`` and ``last_asn``.
    """

    registry: str
    """Such as ``ripencc``."""
    status: str
    """``allocated``, ``assigned``, ``available`` or ``reserved``."""
    country: str | None = None
    since: date | None = None
    """Day on which it was given to somebody."""
    holder_id: str | None = None
    """The registry's opaque name of the holder, the same for all its blocks."""
    first: IPAddress | None = None
    last: IPAddress | None = None
    first_asn: int | None = None
    last_asn: int | None = None

    @property
    def is_given(self) -> bool:
        """Whether somebody holds it; else nobody may announce it."""
        return self.status in ("allocated", "assigned")

    @property
    def range_words(self) -> str:
        """The range in words, such as ``192.0.2.0 - 192.0.2.255`` or ``AS64496``."""
        if self.first_asn is not None:
            alone = self.first_asn == self.last_asn
            return f"AS{self.first_asn}" + ("" if alone else f" - AS{self.last_asn}")
        return f"{self.first}" if self.first == self.last else f"{self.first} - {self.last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Siblings:
    """Other networks of the organisation that runs a network."""

    networks: tuple[Network, ...]
    """The first few by number."""
    count: int
    """How many there are."""

    def __str__(self) -> str:
        named = ", ".join(str(network) for network in self.networks)
        more = self.count - len(self.networks)
        return f"{named} and {more} more" if more else named


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginRange:
    """A row of a table of origins: an announced prefix, or a range of addresses."""

    first: IPAddress
    last: IPAddress
    prefix: Prefix | None
    """``None`` for a range that is no prefix, or whose announcements are not told."""
    networks: tuple[Network, ...]

    def __str__(self) -> str:
        return str(self.prefix) if self.prefix is not None else f"{self.first} - {self.last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixAttribution:
    """What is known of a prefix as a whole; ``None`` or nothing where nothing is."""

    prefix: Prefix
    special: Claim[str] | None = None
    """Name of the IANA special-purpose range that holds it."""
    ixp_lan: Claim[IxpLan] | None = None
    """The exchange point's LAN that it lies in."""
    covering: Claim[tuple[OriginRange, ...]] | None = None
    """What is announced around it, itself included, the longest first."""
    covered: Claim[tuple[OriginRange, ...]] | None = None
    """The first few of what is announced inside it."""
    covered_count: int = 0
    """How many there are."""
    rpki: Claim[RouteValidity] | None = None
    """State of the prefix itself, where it is announced."""
    delegations: tuple[Claim[Delegation], ...] = ()
    """The first few blocks that it lies in or holds, in the order of addresses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AsAttribution:
    """What is known of an AS number; ``None`` where nothing is."""

    network: Network
    delegation: Claim[Delegation] | None = None
    organisation: Claim[Organisation] | None = None
    siblings: Claim[Siblings] | None = None
    country: Claim[str] | None = None
    """Where its holder is registered, an ISO 3166 code: no proof of place."""
    registration: Claim[Registration] | None = None
    """Who holds the number, by the registry's own word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """What is known of one address; ``None`` where nothing is.

    All but the registrations comes from the gazetteer.
    """

    address: IPAddress
    special: Claim[str] | None = None
    """Name of the IANA special-purpose range, when the address lies in one."""
    ixp_port: Claim[IxpPort] | None = None
    ixp_lan: Claim[IxpLan] | None = None
    origin: Claim[OriginSet] | None = None
    rpki: Claim[RouteValidity] | None = None
    """State of the origin's route; ``None`` where no VRPs are known (unknown, not "not found")."""
    registration: Claim[Registration] | None = None
    """Who holds the range around the address, by the registry's own word."""
    operator: Claim[Registration] | None = None
    """Who holds the AS number of ``network``, where it had no name and its registry was asked."""
    delegation: Claim[Delegation] | None = None
    """To whom and when a registry gave the block around the address, or that it keeps it."""
    organisation: Claim[Organisation] | None = None
    """Who runs ``network``; of several origins, where all are of one organisation."""
    siblings: Claim[Siblings] | None = None
    """Its other networks."""
    country: Claim[str] | None = None
    """Where the holder is registered, an ISO 3166 code: no proof of place."""
    places: tuple[Claim[Place], ...] = ()
    """Where it is, as its holder and its name say, the likeliest first; several may disagree."""
    refuted_places: tuple[RefutedPlace, ...] = ()
    """What was said too, and cannot be."""

    @property
    def place(self) -> Claim[Place] | None:
        """The likeliest place that is not refuted; ``None`` where places of one grade disagree."""
        first, *others = self.places or (None,)
        if first is None or any(o.grade is first.grade for o in others if o is not None):
            return None
        return first

    @property
    def network(self) -> Network | None:
        """The one network that the address stands for.

        The member of an exchange point's port; else the origin when there is
        exactly one. An address in an IXP LAN that is nobody's known port, and
        a multi-origin prefix, stand for no single network.
        """
        if self.ixp_port is not None:
            return self.ixp_port.value.member
        if self.ixp_lan is not None or self.origin is None:
            return None
        networks = self.origin.value.networks
        return networks[0] if len(networks) == 1 else None

    @property
    def ixp(self) -> IxpLan | IxpPort | None:
        """The exchange point whose LAN the address lies in."""
        if self.ixp_port is not None:
            return self.ixp_port.value
        return self.ixp_lan.value if self.ixp_lan is not None else None

    @property
    def is_bogon(self) -> bool:
        """Whether the address is announced although its registry has given it to nobody."""
        if self.delegation is None or self.delegation.value.is_given:
            return False
        return self.origin is not None and self.origin.value.announced
