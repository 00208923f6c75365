"""A world in TOML: networks, routers, links, exchange points, mail hosts and domains.

Unknown keys are errors. Everything that is not written down is derived, in file
order, by rules that both players share, so that a small world stays small:

1. A network's first IPv4 and first IPv6 prefix are its own infrastructure space.
   Its first /24 numbers links (a /30 each), its last /24 router ids, and each
   host gets a /24 of its own in between: the router is .1, the host is .25.
   In IPv6 the same is done with /64s: links from subnet 0, hosts from subnet
   0x1000 (router ::1, host ::25), router ids in subnet 0xffff. Instances of an
   anycast host (``same_as``) have one LAN and one address, each at its own router;
   an instance without an ``smtp`` of its own serves what the others serve.
2. A link between two networks is numbered from the provider's space, as is the
   custom; between peers from the lower AS number's.
3. Each member of an exchange point gets the LAN's next address, from .11 and ::11.
4. A link carries the IP versions that both of its ends have: two networks' prefixes,
   a network's and a host's families, a member's prefixes and the exchange point's LANs.
"""

import tomllib
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from ipaddress import ip_interface
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from mxpath.errors import InputError, ParseError
from mxpath.gazetteer.shipped import shipped_directory
from mxpath.lab.coherence import problems
from mxpath.lab.elements import (
    AutonomousSystem,
    City,
    Collector,
    Dns,
    Domain,
    ExchangePoint,
    Expected,
    Fault,
    Host,
    Link,
    Roa,
    Router,
)
from mxpath.lab.http_elements import LookingGlass, Rdap
from mxpath.lab.numbering import Interface, Port, Wire, loopbacks, number_wires
from mxpath.model.address import IPAddress, Prefix

__all__ = ["Interface", "Port", "Wire", "World", "parse_world", "read_world", "shipped_worlds"]


@dataclass(frozen=True, kw_only=True)
class World:
    """A whole world. Names of routers, hosts and exchange points share one name space."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: str
    title: str
    as_of: date
    sender: str
    """The host where the analyzer stands."""
    resolver: str
    """The host that answers its DNS questions."""
    public: tuple[Prefix, ...] = ()
    """Special-purpose ranges that count as public here, and only here."""
    networks: dict[int, AutonomousSystem]
    hosts: dict[str, Host]
    links: tuple[Link, ...]
    exchanges: dict[str, ExchangePoint] = field(default_factory=dict)
    answering: dict[str, Router] = field(default_factory=dict)
    """Router to how it answers probes; most need no entry."""
    domains: dict[str, Domain] = field(default_factory=dict)
    dns: Dns = field(default_factory=Dns)
    rdap: Rdap | None = None
    looking_glass: LookingGlass | None = None
    """Tells what the collectors hear; a world without one publishes no such service."""
    roas: tuple[Roa, ...] = ()
    cities: dict[str, City] = field(default_factory=dict)
    feed: dict[Prefix, str] = field(default_factory=dict)
    """What holders claim (geofeed): prefix to the name of a city, be it true or not."""
    collectors: dict[str, Collector] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    expected: Expected = field(default_factory=Expected)

    @cached_property
    def asn_of(self) -> dict[str, int]:
        """Router or host to the AS it belongs to."""
        routers = {r: asn for asn, network in self.networks.items() for r in network.routers}
        return routers | {name: routers[host.router] for name, host in self.hosts.items()}

    @cached_property
    def routers(self) -> tuple[str, ...]:
        """All routers in file order."""
        return tuple(r for network in self.networks.values() for r in network.routers)

    @cached_property
    def wires(self) -> tuple[Wire, ...]:
        """Every link with its two numbered ends."""
        return number_wires(self)

    @cached_property
    def router_ids(self) -> dict[str, tuple[Interface, ...]]:
        """Router to its loopback addresses (/32 and /128), of its network's families."""
        return {
            router: loopbacks(network, number)
            for network in self.networks.values()
            for number, router in enumerate(network.routers, start=1)
        }

    @cached_property
    def interfaces(self) -> dict[str, tuple[Port, ...]]:
        """Node to its ports, in the order of the wires."""
        found: dict[str, list[Port]] = {}
        for wire in self.wires:
            for port in wire.ports:
                found.setdefault(port.node, []).append(port)
        return {node: tuple(ports) for node, ports in found.items()}

    def addresses_of(self, host: str) -> tuple[IPAddress, ...]:
        """Addresses of a host, one of each family that it speaks, IPv4 first."""
        return tuple(number.ip for number in self.interfaces[host][0].numbers)

    def address_of(self, host: str, version: int) -> IPAddress | None:
        """Address of a host in one family; ``None`` when it does not speak it."""
        return self.interfaces[host][0].address(version)

    @cached_property
    def _members(self) -> dict[str, frozenset[int]]:
        """Exchange point to its members, from the links alone: numbering asks for relations."""
        return {
            name: frozenset(
                self.asn_of[end]
                for link in self.links
                if name in link.ends
                for end in link.ends
                if end in self.asn_of
            )
            for name in self.exchanges
        }

    def members(self, exchange: str) -> tuple[Port, ...]:
        """Router ports on an exchange point's LAN."""
        return tuple(w.ports[0] for w in self.wires if w.exchange == exchange)

    def route_server(self, exchange: str) -> tuple[Interface, ...]:
        """Addresses of the route server: .1 and ::1 of the LANs that there are."""
        return tuple(ip_interface((lan[1], lan.prefixlen)) for lan in self.exchanges[exchange].lans)

    def relation(self, asn: int, other: int) -> str | None:
        """What ``other`` is to ``asn``: sibling, customer, provider, peer, or ``None``."""
        if other in self.networks[asn].siblings or asn in self.networks[other].siblings:
            return "sibling"
        if other in self.networks[asn].providers:
            return "provider"
        if asn in self.networks[other].providers:
            return "customer"
        if other in self.networks[asn].peers or asn in self.networks[other].peers:
            return "peer"
        shared = any({asn, other} <= members for members in self._members.values())
        return "peer" if shared else None

    def contract(self, near: Wire, far: Wire) -> str:
        """What the member at ``far`` is to the one at ``near``, over the LAN that both lead to."""
        here, there = self.asn_of[near.ports[0].node], self.asn_of[far.ports[0].node]
        if there in near.link.buys:
            return "provider"
        return "customer" if here in far.link.buys else "peer"


def read_world(path: Path) -> World:
    """Read a world from a TOML file.

    Raises
    ------
    ParseError
        When the file is not TOML, has unknown keys, or its names do not fit together.
    InputError
        When there is no such file.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"no world at {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ParseError("this is no text in UTF-8", source=str(path)) from error
    return parse_world(text, source=str(path))


def shipped_worlds() -> dict[str, Path]:
    """Return the worlds that come with mxpath, by file name without suffix.

    Raises
    ------
    SnapshotError
        When the installation has no data.
    """
    directory = shipped_directory() / "topologies"
    return {path.stem: path for path in sorted(directory.glob("*.toml"))}


def parse_world(text: str, *, source: str = "world") -> World:
    """Build a world from TOML text; see :func:`read_world`."""
    try:
        world: World = TypeAdapter(World).validate_python(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ParseError(str(error), source=source) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ParseError(f"{place}: {first['msg']}", source=source) from error
    for problem in problems(world):
        raise ParseError(problem, source=source)
    return _with_instances(world)


def _with_instances(world: World) -> World:
    """Let every anycast instance without a server of its own have its model's (rule 1)."""
    hosts = {
        name: replace(host, smtp=world.hosts[host.same_as].smtp)
        if host.same_as is not None and host.smtp is None
        else host
        for name, host in world.hosts.items()
    }
    return replace(world, hosts=hosts)
