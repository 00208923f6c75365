"""How a world's nodes are numbered: rules 1 to 4 of ``topology``, in file order."""

from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network, IPv6Interface, IPv6Network
from typing import TYPE_CHECKING, Any

from mxpath.lab.elements import Link
from mxpath.model.address import IPAddress

if TYPE_CHECKING:  # topology numbers its worlds by this module, so the import may not run both ways
    from mxpath.lab.elements import AutonomousSystem, Host
    from mxpath.lab.topology import World

Interface = IPv4Interface | IPv6Interface


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A numbered interface of a node. A node's n-th port is its interface ``eth<n>``."""

    node: str
    name: str
    v4: IPv4Interface | None
    v6: IPv6Interface | None

    @property
    def numbers(self) -> tuple[Interface, ...]:
        """Its addresses with their subnets, IPv4 first; of one family or of both."""
        return tuple(number for number in (self.v4, self.v6) if number is not None)

    def number(self, version: int) -> Interface | None:
        """Its address with its subnet in one family."""
        return self.v4 if version == 4 else self.v6

    def address(self, version: int) -> IPAddress | None:
        """Its address in one family."""
        number = self.number(version)
        return None if number is None else number.ip


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A link with numbered ends.

    ``ports`` has two ends; on a wire into an exchange point's LAN only the
    router's end is numbered and ``exchange`` names the LAN.
    """

    number: int
    link: Link
    """What the world says of it; made up for a host's access link."""
    ports: tuple[Port, ...]
    exchange: str | None = None

    @property
    def delay_ms(self) -> float:
        """One-way delay."""
        return self.link.delay_ms


def subnet_24(prefix: IPv4Network, number: int) -> IPv4Network:
    """Return the ``number``-th /24 of a prefix."""
    return IPv4Network((int(prefix.network_address) + (number << 8), 24))


def subnet_64(prefix: IPv6Network, number: int) -> IPv6Network:
    """Return the ``number``-th /64 of a prefix."""
    return IPv6Network((int(prefix.network_address) + (number << 64), 64))


def loopbacks(network: "AutonomousSystem", number: int) -> tuple[Interface, ...]:
    """Return the router ids of a network's ``number``-th router, counted from 1 (rule 1)."""
    found: list[Interface] = []
    if network.prefix_v4 is not None:
        last = network.prefix_v4.broadcast_address
        found.append(IPv4Interface((int(last) - 255 + number, 32)))
    if network.prefix_v6 is not None:
        found.append(IPv6Interface((subnet_64(network.prefix_v6, 0xFFFF)[number], 128)))
    return tuple(found)


_Lans = tuple[IPv4Network | None, IPv6Network | None]


class _Numbering:
    """Hands out interface names and subnets in file order."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self._ports: dict[str, int] = {}
        self._links: dict[int, int] = {}
        self._lans: dict[int, int] = {}
        self._lan_of: dict[str, int] = {}
        self._members: dict[str, int] = {}

    def _next(self, counter: dict[Any, int], key: Any) -> int:
        counter[key] = counter.get(key, -1) + 1
        return counter[key]

    def _port(self, node: str, lans: _Lans, place_v4: int, place_v6: int) -> Port:
        v4, v6 = lans
        return Port(
            node=node,
            name=f"eth{self._next(self._ports, node)}",
            v4=None if v4 is None else IPv4Interface((v4[place_v4], v4.prefixlen)),
            v6=None if v6 is None else IPv6Interface((v6[place_v6], v6.prefixlen)),
        )

    def access(self, name: str, host: "Host") -> tuple[Port, Port]:
        network = self.world.networks[self.world.asn_of[host.router]]
        number = self._lan(name, host)
        prefix_v4, prefix_v6 = _spoken(network, host.families)
        lans = (
            None if prefix_v4 is None else subnet_24(prefix_v4, 1 + number),
            None if prefix_v6 is None else subnet_64(prefix_v6, 0x1000 + number),
        )
        return self._port(host.router, lans, 1, 1), self._port(name, lans, 25, 0x25)

    def _lan(self, name: str, host: "Host") -> int:
        """The number of a host's LAN in its network; instances of one anycast host share theirs."""
        first = host.same_as or name
        if first not in self._lan_of:
            asn = self.world.asn_of[host.router]
            self._lan_of[first] = self._next(self._lans, asn)
        return self._lan_of[first]

    def point_to_point(self, first: str, second: str) -> tuple[Port, Port]:
        asn, other = self.world.asn_of[first], self.world.asn_of[second]
        owner = self._owner(asn, other)
        number = self._next(self._links, owner)
        far = self.world.networks[other if owner == asn else asn]
        prefix_v4, prefix_v6 = _spoken(self.world.networks[owner], far.families)
        lans = (
            None
            if prefix_v4 is None
            else IPv4Network((prefix_v4.network_address + 4 * number, 30)),
            None if prefix_v6 is None else subnet_64(prefix_v6, number),
        )
        # The owner of the subnet takes the lower address.
        low, high = (first, second) if asn == owner else (second, first)
        ports = {node: self._port(node, lans, n, n) for n, node in ((1, low), (2, high))}
        return ports[first], ports[second]

    def _owner(self, asn: int, other: int) -> int:
        if asn == other:
            return asn
        relation = self.world.relation(asn, other)
        if relation == "provider":
            return other
        return asn if relation == "customer" else min(asn, other)

    def member(self, router: str, exchange: str) -> Port:
        point = self.world.exchanges[exchange]
        network = self.world.networks[self.world.asn_of[router]]
        number = 11 + self._next(self._members, exchange)
        lans = (
            point.lan_v4 if network.prefix_v4 is not None else None,
            point.lan_v6 if network.prefix_v6 is not None else None,
        )
        return self._port(router, lans, number, int(str(number), 16))


def _spoken(network: "AutonomousSystem", families: tuple[int, ...]) -> _Lans:
    """Infrastructure space of a network in those of its families that the other end has too."""
    return (
        network.prefix_v4 if 4 in families else None,
        network.prefix_v6 if 6 in families else None,
    )


def number_wires(world: "World") -> tuple[Wire, ...]:
    """Return every link of a world with its numbered ends, then every host's access link."""
    numbering = _Numbering(world)
    wires: list[Wire] = []
    for link in world.links:
        first, second = link.ends
        if first in world.exchanges:
            first, second = second, first
        if second in world.exchanges:
            ports: tuple[Port, ...] = (numbering.member(first, second),)
            exchange: str | None = second
        else:
            ports, exchange = numbering.point_to_point(first, second), None
        wires.append(Wire(number=len(wires), link=link, ports=ports, exchange=exchange))
    for name, host in world.hosts.items():
        access = Link(ends=(host.router, name), delay_ms=host.delay_ms, blocks=host.blocks)
        wires.append(Wire(number=len(wires), link=access, ports=numbering.access(name, host)))
    return tuple(wires)
