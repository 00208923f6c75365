"""What cuts off all MX addresses at once: the roofs they share, and the transit they share.

The law:

1. A *roof* is one thing that every MX address has in common: an address block (/24,
   /48), an announced prefix, a network, an organisation (by the registries' word), an
   exchange point or a last transit network.
2. Each family is looked at by itself, and a roof must hold in all of them: what is
   one block in IPv4 and two in IPv6 leaves a way.
3. Blocks, prefixes and networks are read off the addresses, and hold for every sender.
   Exchange points and transit are read off the routes, and hold for this one; they
   count only when a route to every address was seen whole.
4. What is unknown of one address is unknown of all.
5. A last transit network that is our own way out is our roof and not theirs.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_network
from typing import TypeVar

from mxpath.graph.influence import seen_routes
from mxpath.model.address import IPAddress, Prefix
from mxpath.model.evidence import Grade
from mxpath.model.network import Network
from mxpath.model.registry import Organisation
from mxpath.model.route import Route
from mxpath.model.study import Study

_BLOCK = {4: 24, 6: 48}

Thing = TypeVar("Thing")


class RoofKind(StrEnum):
    """What it is that is shared, narrowest first."""

    BLOCK = "address block"
    PREFIX = "announced prefix"
    NETWORK = "network"
    ORGANISATION = "organisation"
    EXCHANGE = "exchange point"
    LAST_TRANSIT = "last transit network"


@dataclass(frozen=True, slots=True, kw_only=True)
class Roof:
    """One thing that all MX addresses share."""

    kind: RoofKind
    names: tuple[str, ...]
    """One name, or one a family where the families are numbered apart."""

    @property
    def narrow(self) -> bool:
        """Whether it is one machine room's worth rather than a whole network's."""
        return self.kind in (RoofKind.BLOCK, RoofKind.PREFIX)

    @property
    def words(self) -> str:
        """For a sentence; names are foreign text, not yet safe for a terminal."""
        return f"one {self.kind} ({' and '.join(self.names)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFate:
    """Transit networks on every route seen to every MX address."""

    networks: tuple[Network, ...]
    seen: int
    addresses: int
    apart: bool = False
    """Whether the routes that arrived have none in common: what ends early proves no absence."""

    @property
    def complete(self) -> bool:
        """Whether a route to every MX address was seen."""
        return self.seen == self.addresses


def promises_redundancy(study: Study) -> bool:
    """Whether the MX plan names two hosts or more that have an address."""
    return len({host.name for host in study.mail.plan.hosts if host.addresses}) > 1


def roofs(study: Study) -> tuple[Roof, ...]:
    """Return what all MX addresses share, narrowest first; nothing for a domain without any."""
    addresses = study.mail.addresses
    if not addresses:
        return ()
    found = (
        _each_family(RoofKind.BLOCK, addresses, _block),
        _each_family(RoofKind.PREFIX, addresses, lambda a: _announced(study, a)),
        _one(RoofKind.NETWORK, [_network(study, a) for a in addresses]),
        _one(RoofKind.ORGANISATION, [_holder(study, a) for a in addresses])
        or _one(RoofKind.ORGANISATION, [_organisation(study, a) for a in addresses]),
        *_on_routes(study, addresses),
    )
    return tuple(roof for roof in found if roof is not None)


def _each_family(
    kind: RoofKind, addresses: Iterable[IPAddress], of: Callable[[IPAddress], Prefix | None]
) -> Roof | None:
    things: dict[int, set[Prefix | None]] = {}
    for address in addresses:
        things.setdefault(address.version, set()).add(of(address))
    names = [
        str(next(iter(seen))) for seen in things.values() if len(seen) == 1 and None not in seen
    ]
    return Roof(kind=kind, names=tuple(names)) if len(names) == len(things) else None


def _one(kind: RoofKind, things: Iterable[object | None]) -> Roof | None:
    seen = set(things)
    if len(seen) != 1 or None in seen:
        return None
    return Roof(kind=kind, names=(str(seen.pop()),))


def _block(address: IPAddress) -> Prefix:
    return ip_network((address, _BLOCK[address.version]), strict=False)


def _announced(study: Study, address: IPAddress) -> Prefix | None:
    owner = study.owners.get(address)
    if owner is None or owner.origin is None or not owner.origin.value.announced:
        return None
    return owner.origin.value.prefix


def _network(study: Study, address: IPAddress) -> Network | None:
    owner = study.owners.get(address)
    return owner.network if owner is not None else None


def _organisation(study: Study, address: IPAddress) -> Organisation | None:
    """Who runs the network, by the data sets of organisations: several networks can be one's."""
    owner = study.owners.get(address)
    claim = owner.organisation if owner is not None else None
    return claim.value if claim is not None else None


def _holder(study: Study, address: IPAddress) -> Organisation | None:
    """Who runs the network, by the registry's word; else who holds the range."""
    owner = study.owners.get(address)
    claims = (owner.operator, owner.registration) if owner is not None else ()
    held = (claim.value.organisation for claim in claims if claim is not None)
    return next((organisation for organisation in held if organisation is not None), None)


def _on_routes(study: Study, addresses: tuple[IPAddress, ...]) -> Iterable[Roof | None]:
    routes = [route for route in seen_routes(study) if route.complete]
    if len(routes) < len(addresses):
        return
    crossed = [
        {c.value.ix_name for c in route.crossings if c.grade is not Grade.POSSIBLE}
        for route in routes
    ]
    shared = set.intersection(*crossed)
    yield Roof(kind=RoofKind.EXCHANGE, names=tuple(sorted(shared))) if shared else None
    yield _one(RoofKind.LAST_TRANSIT, [_last_transit(study, route) for route in routes])


def _last_transit(study: Study, route: Route) -> Network | None:
    """The network before the mail host's own, unless it is the one that we buy from."""
    between = transit(study, route)
    return between[-1] if len(between) > 1 else None


def shared_fate(study: Study) -> SharedFate:
    """Return the transit networks that every route seen crosses.

    Transit is what is neither ours nor the network of the MX address at the end
    of that route. Where our own network is unknown, it cannot be told apart.
    """
    routes = seen_routes(study)
    arrived = [route for route in routes if route.complete]
    return SharedFate(
        networks=_common_transit(study, routes),
        seen=len(routes),
        addresses=len(study.mail.addresses),
        apart=bool(arrived) and not _common_transit(study, arrived),
    )


def _common_transit(study: Study, routes: Sequence[Route]) -> tuple[Network, ...]:
    each = [transit(study, route) for route in routes]
    first = each[0] if each else ()
    return tuple(n for n in first if all(n.asn in {m.asn for m in other} for other in each))


def transit(study: Study, route: Route) -> tuple[Network, ...]:
    """Return the networks in the middle of ``route``: neither ours nor the mail host's own."""
    target = study.owners.get(route.target)
    origin = target.origin.value.networks if target and target.origin else ()
    ends = {network.asn for network in origin}
    if study.seen_from.network is not None:
        ends.add(study.seen_from.network.asn)
    return tuple(network for network in route.as_path if network.asn not in ends)
