"""The zones of a world, the same for every player that serves them.

The law:

1. The world's zone holds all its names. Names listed as bogus or unsigned are zones
   of their own below it, served by the same server.
2. Every address of the world has a name, and that name has the address again. The
   reverse zones are cut at /16 and /32, or above where a prefix is shorter.
3. Where the resolver is a recursive one there is a root above all this: the lab's
   own, which knows of nothing else.
4. A record lies in the deepest zone that holds its owner. What lies below a name that
   fails is served by nobody.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from mxpath.lab.remembered import once_per_world
from mxpath.lab.topology import World
from mxpath.model.address import IPAddress, Prefix

TTL_S = 300
SERIAL = 1
_CUT_AFTER = {4: 2, 6: 8}
"""Labels of a reverse zone below ``in-addr.arpa`` and ``ip6.arpa``."""
_BITS_A_LABEL = {4: 8, 6: 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """One zone. Names are lower case and end in a dot."""

    name: str
    signed: bool
    records: tuple[str, ...]
    """Lines in master-file form, SOA first."""
    parent: str | None = None
    """The zone that delegates it, where the world has one."""
    bogus: bool = False
    """Signed, but its parent vouches for another key."""

    @property
    def text(self) -> str:
        """The whole zone in master-file form."""
        return "\n".join(self.records) + "\n"


def server_of(world: World) -> str:
    """Return the host of the authoritative server."""
    return world.dns.server or world.resolver


def resolvers_of(world: World) -> tuple[IPAddress, ...]:
    """Return the resolver's addresses that the sender can speak with, in the order of asking."""
    ours = {address.version for address in world.addresses_of(world.sender)}
    return tuple(a for a in world.addresses_of(world.resolver) if a.version in ours)


def is_recursive(world: World) -> bool:
    """Whether the world's resolver is a recursive one of its own."""
    return world.dns.server is not None


@once_per_world
def zones(world: World) -> tuple[Zone, ...]:
    """Return all zones that the world's server serves, each after the one above it."""
    names = _names(world)
    failing = {_absolute(name) for name in world.dns.servfail}
    cuts = {*names, *failing}
    records: dict[str, list[str]] = defaultdict(list)
    for line in _records(world):
        records[_home(line.split(maxsplit=1)[0].lower(), cuts)].append(line)
    parents = {name: _home(_above(name), cuts) for name in cuts if name != "."}
    for name in sorted(cuts - {"."}):
        records[parents[name]] += _delegation(world, name, parents[name])
    unsigned = {_absolute(name) for name in world.dns.unsigned}
    bogus = {_absolute(name) for name in world.dns.bogus}
    return tuple(
        Zone(
            name=name,
            signed=world.dns.signed and name not in unsigned,
            records=(*_head(world, name), *dict.fromkeys(records[name])),
            parent=parents.get(name) or None,
            bogus=name in bogus,
        )
        for name in names
    )


def reverse_zones(world: World) -> tuple[str, ...]:
    """Return the reverse zones of all prefixes and exchange point LANs of a world."""
    prefixes = [p for network in world.networks.values() for p in network.prefixes]
    lans = [lan for point in world.exchanges.values() for lan in point.lans]
    found = dict.fromkeys(_reverse_zone(prefix) for prefix in (*prefixes, *lans))
    return tuple(z for z in found if _home(_above(z), set(found)) == "")


def names_of(world: World) -> dict[IPAddress, str]:
    """Return the name of every address: ``interface.router.network.zone``, or the host's own."""
    found: dict[IPAddress, str] = {}
    for node, ports in world.interfaces.items():
        host = world.hosts.get(node)
        for port in ports:
            if host is not None and host.smtp is not None:
                name = _absolute(host.smtp.name)
            else:
                name = _node_name(world, node, None if host is not None else port.name)
            found |= {i.ip: name for i in port.numbers if i.ip not in found}
    for router, ids in world.router_ids.items():
        found |= {i.ip: _node_name(world, router, "lo") for i in ids}
    for exchange in world.exchanges:
        name = f"rs.{_slug(exchange)}.{_absolute(world.dns.zone)}"
        found |= {i.ip: name for i in world.route_server(exchange)}
    return found


def _names(world: World) -> tuple[str, ...]:
    """Names of all zones, each after the one above it."""
    children = {_absolute(name) for name in (*world.dns.bogus, *world.dns.unsigned)}
    root = (".",) if is_recursive(world) else ()
    below = sorted(children, key=lambda name: (name.count("."), name))
    return (*root, _absolute(world.dns.zone), *below, *reverse_zones(world))


def _head(world: World, zone: str) -> Iterator[str]:
    server = _server_name(world)
    # A resolver may keep what does not exist as long as this zone's last number says.
    times = f"{SERIAL} 3600 600 86400 {TTL_S}"
    yield f"{zone} {TTL_S} IN SOA {server} hostmaster.{_absolute(world.dns.zone)} {times}"
    yield f"{zone} {TTL_S} IN NS {server}"


def _delegation(world: World, zone: str, parent: str) -> Iterator[str]:
    """What a parent says of a zone below it; the root also where its server is."""
    if parent == "":
        return
    server = _server_name(world)
    yield f"{zone} {TTL_S} IN NS {server}"
    if parent == ".":
        yield from _address_records(server, world, server_of(world))


def _records(world: World) -> Iterator[str]:
    """Every line but what makes a zone a zone."""
    yield from _address_records(_server_name(world), world, server_of(world))
    for domain, entry in world.domains.items():
        yield from (f"{_absolute(domain)} {TTL_S} IN MX {row}" for row in entry.mx)
    named = names_of(world)
    for name, host in world.hosts.items():
        if host.smtp is not None:
            yield from _address_records(_absolute(host.smtp.name), world, name)
    own = {line.split(maxsplit=1)[0].lower() for line in world.dns.records}
    for address, name in named.items():
        yield f"{name} {TTL_S} IN {_kind(address)} {address}"
        owner = f"{address.reverse_pointer}."
        if owner not in own:
            yield f"{owner} {TTL_S} IN PTR {name}"
    yield from world.dns.records


def _address_records(owner: str, world: World, host: str) -> Iterator[str]:
    for address in world.addresses_of(host):
        yield f"{owner} {TTL_S} IN {_kind(address)} {address}"


def _kind(address: IPAddress) -> str:
    return "A" if address.version == 4 else "AAAA"


def _server_name(world: World) -> str:
    return f"ns.{_absolute(world.dns.zone)}"


def _node_name(world: World, node: str, interface: str | None) -> str:
    network = world.networks[world.asn_of[node]].name
    parts = [interface, _slug(node), _slug(network), _absolute(world.dns.zone)]
    return ".".join(part for part in parts if part)


def _slug(text: str) -> str:
    """A label made of a name: letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63] or "x"


def _reverse_zone(prefix: Prefix) -> str:
    labels = prefix.network_address.reverse_pointer.split(".")
    kept = min(_CUT_AFTER[prefix.version], prefix.prefixlen // _BITS_A_LABEL[prefix.version])
    return ".".join(labels[len(labels) - 2 - kept :]) + "."


def _absolute(name: str) -> str:
    return f"{name.rstrip('.').lower()}."


def _above(name: str) -> str:
    """The name without its first label; nothing above the root."""
    return "" if name == "." else name.partition(".")[2] or "."


def _home(name: str, cuts: set[str]) -> str:
    """The deepest cut at or above a name; empty where there is none."""
    while name and name not in cuts:
        name = _above(name)
    return name
