"""Whether a world fits together: its names, its numbers, its relationships.

A world that passes can be numbered and played; what would fail later, far from
its cause, is said here in words.
"""

from collections.abc import Iterator
from string import ascii_letters, digits
from typing import TYPE_CHECKING

from mxpath.lab import contracts, faults
from mxpath.lab.conditions import block_problem, link_problems
from mxpath.lab.elements import Router

if TYPE_CHECKING:  # topology asks this module, so the import may not run both ways
    from mxpath.lab.topology import World

_LINKS_IN_A_24 = 64
_REVERSE = (".in-addr.arpa", ".ip6.arpa")
_FILE_NAME = frozenset(f"{ascii_letters}{digits}.-_")


def problems(world: "World") -> Iterator[str]:
    """Yield everything that does not fit, in words, names first."""
    for check in (
        _names,
        _hosts,
        _anycast,
        contracts.neighbours,
        contracts.circles,
        _numbers,
        _families,
    ):
        found = list(check(world))
        yield from found
        if found:  # later checks stand on what the earlier ones found to be so
            return
    found = list(_links(world))
    yield from found
    if not found:  # members and neighbours are read off the links
        yield from contracts.policies(world)
        yield from contracts.transit_over_lans(world)
        yield from _answering(world)
        yield from faults.problems(world)
    yield from _collectors(world)
    yield from _zone(world)
    yield from _http_services(world)
    yield from _places(world)
    yield from _expectations(world)


def _names(world: "World") -> Iterator[str]:
    names = [*world.routers, *world.hosts, *world.exchanges]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{name!r} is used twice"


def _hosts(world: "World") -> Iterator[str]:
    for name, host in world.hosts.items():
        if host.router not in world.routers:
            yield f"host {name!r} hangs on unknown router {host.router!r}"
        for problem in filter(None, map(block_problem, host.blocks)):
            yield f"host {name!r}: {problem}"
    for role, name in (("sender", world.sender), ("resolver", world.resolver)):
        if name not in world.hosts:
            yield f"{role} {name!r} is no host"


def _anycast(world: "World") -> Iterator[str]:
    """Instances lie at different routers of one network, and clients find the same at each."""
    places: dict[tuple[str, str], str] = {}
    for name, host in world.hosts.items():
        first = host.same_as or name
        model = world.hosts.get(first)
        if model is None or model.same_as is not None:
            yield f"host {name!r}: same_as {first!r} must be a host that has no same_as itself"
            continue
        if world.asn_of[name] != world.asn_of[first]:
            yield f"hosts {name!r} and {first!r} are one address in two networks"
        if (other := places.setdefault((first, host.router), name)) != name:
            yield f"hosts {name!r} and {other!r} are one address at one router"
        if host.families != model.families or host.smtp not in {None, model.smtp}:
            yield f"hosts {name!r} and {first!r} are one address: families and smtp must be the same"
    shared = {host.same_as for host in world.hosts.values()} - {None}
    for role, name in (("sender", world.sender), ("resolver", world.resolver)):
        if name in shared or world.hosts[name].same_as:
            yield f"{role} {name!r} must be one host alone, not anycast"


def _collectors(world: "World") -> Iterator[str]:
    """A collector is a host with a number of its own, and can talk to each of its peers."""
    taken = {*world.networks, *(point.route_server_asn for point in world.exchanges.values())}
    hosts = [collector.host for collector in world.collectors.values()]
    for name, collector in world.collectors.items():
        if not name or not set(name) <= _FILE_NAME or name.startswith("."):
            yield f"collector {name!r}: its name names a file: letters, digits, . - _ alone"
        if collector.host not in world.hosts:
            yield f"collector {name!r}: {collector.host!r} is no host"
            continue
        if hosts.count(collector.host) > 1:
            yield f"collector {name!r}: {collector.host!r} has another collector"
        if collector.asn in taken:
            yield f"collector {name!r}: AS{collector.asn} is taken"
        for peer in collector.peers:
            if peer not in world.routers:
                yield f"collector {name!r}: peer {peer!r} is no router"
            elif not set(_host_versions(world, collector.host)) & set(_versions(world, peer) or ()):
                yield f"collector {name!r} and its peer {peer!r} have no IP version in common"


def _numbers(world: "World") -> Iterator[str]:
    for asn, network in world.networks.items():
        if not network.prefixes:
            yield f"AS{asn} has no prefix"
        hosts = sum(
            host.router in network.routers and host.same_as is None for host in world.hosts.values()
        )
        v4, v6 = network.prefix_v4, network.prefix_v6
        if v4 is not None and 2 ** max(0, 24 - v4.prefixlen) < hosts + 2:
            yield f"AS{asn}: {v4} is too small: a /24 for links, one for router ids, one a host"
        if v6 is not None and v6.prefixlen > 48:
            yield f"AS{asn}: {v6} is too small: a /48 or more is needed"
        if not network.routers:
            yield f"AS{asn} has no router"
        # Counted from above: some of them may be numbered by the neighbour.
        links = sum(not set(network.routers).isdisjoint(link.ends) for link in world.links)
        if links > _LINKS_IN_A_24:
            yield f"AS{asn} has {links} links: its first /24 numbers {_LINKS_IN_A_24}"


def _families(world: "World") -> Iterator[str]:
    """What meets must have an IP version in common."""
    for name, host in world.hosts.items():
        if set(host.families) - {4, 6}:
            yield f"host {name!r}: families are 4 and 6"
        if not set(host.families) & set(world.networks[world.asn_of[name]].families):
            yield f"host {name!r} speaks no IP version that its network has"
    for name, point in world.exchanges.items():
        if not point.lans:
            yield f"exchange point {name!r} has no LAN"
    for link in world.links:
        ends = [_versions(world, end) for end in link.ends if _versions(world, end) is not None]
        if len(ends) == 2 and not set(ends[0] or ()) & set(ends[1] or ()):
            yield f"link {link.ends[0]} - {link.ends[1]}: no IP version in common"
    if not set(_host_versions(world, world.sender)) & set(_host_versions(world, world.resolver)):
        yield f"sender {world.sender!r} and resolver {world.resolver!r} have no IP version in common"


def _versions(world: "World", end: str) -> tuple[int, ...] | None:
    """IP versions at one end of a link; ``None`` for what is no such end."""
    if end in world.exchanges:
        return tuple(lan.version for lan in world.exchanges[end].lans)
    return world.networks[world.asn_of[end]].families if end in world.routers else None


def _host_versions(world: "World", host: str) -> Iterator[int]:
    network = world.networks[world.asn_of[host]]
    return (version for version in world.hosts[host].families if version in network.families)


def _links(world: "World") -> Iterator[str]:
    for link in world.links:
        place = f"link {link.ends[0]} - {link.ends[1]}"
        routers = [end for end in link.ends if end in world.routers]
        points = [end for end in link.ends if end in world.exchanges]
        unknown = [e for e in link.ends if e not in world.routers and e not in world.exchanges]
        for problem in link_problems(link):
            yield f"{place}: {problem}"
        for end in unknown:
            reason = "a host hangs on its router alone" if end in world.hosts else "unknown node"
            yield f"{place}: {reason} {end!r}"
        if len(points) == 2:
            yield f"{place}: two exchange points"
        if len(routers) == 2:
            yield from contracts.relationship(world, place, routers)


def _answering(world: "World") -> Iterator[str]:
    """Routers that answer oddly must be there, and those that answer from a LAN must be on it."""
    for name, router in world.answering.items():
        if name not in world.routers:
            yield f"answering: {name!r} is no router"
            continue
        if router.icmp_per_s is not None and router.icmp_per_s <= 0:
            yield f"answering: {name!r} needs a rate above 0; `silent` is the word for nothing"
        yield from _odd_answers(name, router)
        told = (router.icmp_per_s, router.answers_from, router.quote_octets)
        adds = router.mpls or router.names_interfaces
        if router.silent and (adds or any(each is not None for each in told)):
            yield f"answering: {name!r} is silent, so nothing else can be said of its answers"
        point = router.answers_from
        if point is not None and point not in world.exchanges:
            yield f"answering: {name!r} answers from unknown exchange point {point!r}"
        elif point is not None and all(port.node != name for port in world.members(point)):
            yield f"answering: {name!r} has no port at {point!r} to answer from"


def _odd_answers(name: str, router: Router) -> Iterator[str]:
    if any(not 0 <= label < 1 << 20 for label in router.mpls):
        yield f"answering: {name!r} has a label that is none of 20 bits"
    if router.quote_octets is not None and not 8 <= router.quote_octets <= 548:
        yield f"answering: {name!r} quotes from 8 to 548 octets"
    if router.quote_octets is not None and (router.mpls or router.names_interfaces):
        yield f"answering: {name!r} quotes 128 octets where extensions follow"
    if router.marks_tos is not None and not 0 <= router.marks_tos <= 255:
        yield f"answering: {name!r} marks with one octet, 0 to 255"
    if not 0 <= router.adds_to_sequence < 1 << 32:
        yield f"answering: {name!r} adds 0 to 4294967295 to sequence numbers"


def _zone(world: "World") -> Iterator[str]:
    """The one zone holds every name; what lies outside would silently not be served."""
    zone = world.dns.zone.rstrip(".").lower()
    owners = [host.smtp.name for host in world.hosts.values() if host.smtp]
    owners += [*world.domains, *world.dns.servfail, *world.dns.bogus, *world.dns.unsigned]
    owners += [line.split()[0] for line in world.dns.records if line.split()]
    for owner in owners:
        name = owner.rstrip(".").lower()
        if name != zone and not name.endswith((f".{zone}", *_REVERSE)):
            yield f"name {owner!r} lies outside the zone {zone!r}"
    yield from _servers(world)


def _servers(world: "World") -> Iterator[str]:
    server = world.dns.server
    if server is not None and server not in world.hosts:
        yield f"dns.server {server!r} is no host"
    if server == world.resolver:
        yield f"dns.server {server!r} is the resolver: leave it out, or give it a host of its own"
    if world.dns.bogus and not (server and world.dns.signed):
        yield "dns.bogus needs dns.signed, and dns.server, so that the resolver validates"


def _http_services(world: "World") -> Iterator[str]:
    found = {"rdap": world.rdap, "looking_glass": world.looking_glass}
    services = {name: service for name, service in found.items() if service is not None}
    for name, service in services.items():
        if service.host not in world.hosts:
            yield f"{name}: {service.host!r} is no host"
        if service.delay_s < 0 or service.limit_per_minute < 1:
            yield f"{name}: delay_s must not be negative, and limit_per_minute be 1 or more"
    if len({service.host for service in services.values()}) < len(services):
        yield "rdap and looking_glass: each needs a host of its own, they share a port"
    if world.looking_glass is not None and not world.collectors:
        yield "looking_glass: there is no collector whose routes it could tell"


def _places(world: "World") -> Iterator[str]:
    standing = [router for city in world.cities.values() for router in city.routers]
    for router in sorted(set(standing) - set(world.routers)):
        yield f"cities: {router!r} is no router"
    for router in sorted({router for router in standing if standing.count(router) > 1}):
        yield f"cities: {router!r} stands in two"
    for claimed in sorted(set(world.feed.values()) - set(world.cities)):
        yield f"feed: {claimed!r} is none of the cities"


def _expectations(world: "World") -> Iterator[str]:
    for host in {*world.expected.as_paths, *world.expected.crossings} - set(world.hosts):
        yield f"expected: {host!r} is no host"
