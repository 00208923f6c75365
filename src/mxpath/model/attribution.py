"""Whose address is this: special range, exchange point, origin network. Each answer is a Claim."""

from dataclasses import dataclass

from mxpath.model.address import IPAddress, Prefix
from mxpath.model.evidence import Claim
from mxpath.model.network import Network
from mxpath.model.registry import Registration
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
