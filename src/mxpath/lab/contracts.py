"""Whether the relationships of a world fit together.

Who is whose provider, peer or sibling, whom a network likes before others, and
whom it tells of what.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from mxpath.model.address import Prefix

if TYPE_CHECKING:  # topology asks this module, so the import may not run both ways
    from mxpath.lab.topology import World


def neighbours(world: "World") -> Iterator[str]:
    """Everybody's neighbours exist, and are one thing each."""
    for asn, network in world.networks.items():
        kinds = {"provider": network.providers, "peer": network.peers, "sibling": network.siblings}
        for other in (asn for asns in kinds.values() for asn in asns):
            if other not in world.networks:
                yield f"AS{asn}: unknown neighbour AS{other}"
            elif other == asn:
                yield f"AS{asn} is its own neighbour"
        for (one, ones), (two, twos) in combinations(kinds.items(), 2):
            for other in set(ones) & set(twos):
                yield f"AS{asn}: AS{other} is both {one} and {two}"


def circles(world: "World") -> Iterator[str]:
    """Take away houses without providers until none is left: what stays turns in a circle."""
    house = _houses(world)
    above: dict[int, set[int]] = {first: set() for first in house.values()}
    for asn, network in world.networks.items():
        above[house[asn]] |= {house[provider] for provider in network.providers}
    while top := [asn for asn, providers in above.items() if not providers]:
        for asn in top:
            del above[asn]
        for providers in above.values():
            providers.difference_update(top)
    if above:
        listed = ", ".join(f"AS{asn}" for asn in sorted(above))
        siblings = (
            ", siblings counted as one" if any(n.siblings for n in world.networks.values()) else ""
        )
        yield f"{listed}: providers in a circle, or below one{siblings}"


def _houses(world: "World") -> dict[int, int]:
    """Network to the first network of its house: siblings, their siblings and so on."""
    house = {asn: asn for asn in world.networks}
    for asn, network in world.networks.items():
        for sibling in network.siblings:
            joined = {house[asn], house[sibling]}
            house = {one: min(joined) if first in joined else first for one, first in house.items()}
    return house


def policies(world: "World") -> Iterator[str]:
    """Preferred neighbours and hearers of an announcement are neighbours."""
    collectors = {collector.asn for collector in world.collectors.values()}
    for asn, network in world.networks.items():
        near = {other for other in world.networks if other != asn and world.relation(asn, other)}
        points = {
            name
            for name in world.exchanges
            if any(world.asn_of[port.node] == asn for port in world.members(name))
        }
        for other in set(network.prefer) - near:
            yield f"AS{asn}: prefer AS{other}, which is no neighbour"
        for prefix, hearers in network.announce.items():
            if not any(_is_part(prefix, own) for own in network.prefixes):
                yield f"AS{asn}: announce {prefix}, which is no part of its prefixes"
            for hearer in set(hearers) - near - points - collectors:
                yield f"AS{asn}: announce {prefix} to {hearer!r}, which is neither a neighbour nor an exchange point that it is at"


def transit_over_lans(world: "World") -> Iterator[str]:
    """Transit is bought over a LAN of providers who are members there too."""
    for wire in world.wires:
        if not wire.link.buys:
            continue
        place = f"link {wire.link.ends[0]} - {wire.link.ends[1]}"
        if wire.exchange is None:
            yield f"{place}: buys is for a wire into an exchange point's LAN"
            continue
        network = world.networks[world.asn_of[wire.ports[0].node]]
        members = {world.asn_of[port.node] for port in world.members(wire.exchange)}
        for provider in wire.link.buys:
            if provider not in network.providers or provider not in members:
                yield f"{place}: buys of AS{provider}, which is no provider that is a member there"


def _is_part(prefix: Prefix, of: Prefix) -> bool:
    return (
        prefix.version == of.version
        and prefix.network_address in of
        and prefix.prefixlen >= of.prefixlen
    )


def relationship(world: "World", place: str, routers: list[str]) -> Iterator[str]:
    """A wire between networks needs a contract; sharing an exchange point is none."""
    if routers[0] == routers[1]:
        yield f"{place}: both ends are one router"
    one, other = (world.asn_of[router] for router in routers)
    known = {
        frozenset((asn, neighbour))
        for asn, network in world.networks.items()
        for neighbour in (*network.providers, *network.peers, *network.siblings)
    }
    if one != other and frozenset((one, other)) not in known:
        yield f"{place}: AS{one} and AS{other} are neither provider and customer nor peers nor siblings"
