"""How a world's nodes are numbered: rules 1 to 3 of ``topology``, in file order."""

from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv6Interface, IPv6Network
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # topology numbers its worlds by this module, so the import may not run both ways
    from mxpath.lab.elements import Host
    from mxpath.lab.topology import World

Interface = IPv4Interface | IPv6Interface


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A numbered interface of a node. A node's n-th port is its interface ``eth<n>``."""

    node: str
    name: str
    v4: IPv4Interface
    v6: IPv6Interface


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A link with numbered ends.

    ``ports`` has two ends; on a wire into an exchange point's LAN only the
    router's end is numbered and ``exchange`` names the LAN.
    """

    number: int
    delay_ms: float
    ports: tuple[Port, ...]
    exchange: str | None = None


def subnet_64(prefix: IPv6Network, number: int) -> IPv6Network:
    """Return the ``number``-th /64 of a prefix."""
    return IPv6Network((int(prefix.network_address) + (number << 64), 64))


class _Numbering:
    """Hands out interface names and subnets in file order."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self._ports: dict[str, int] = {}
        self._links: dict[int, int] = {}
        self._lans: dict[int, int] = {}
        self._members: dict[str, int] = {}

    def _next(self, counter: dict[Any, int], key: Any) -> int:
        counter[key] = counter.get(key, -1) + 1
        return counter[key]

    def port(self, node: str, v4: IPv4Interface, v6: IPv6Interface) -> Port:
        return Port(node=node, name=f"eth{self._next(self._ports, node)}", v4=v4, v6=v6)

    def access(self, name: str, host: "Host") -> tuple[Port, Port]:
        network = self.world.networks[self.world.asn_of[host.router]]
        number = self._next(self._lans, self.world.asn_of[host.router])
        lan_v4 = list(network.prefix_v4.subnets(new_prefix=24))[1 + number]
        lan_v6 = subnet_64(network.prefix_v6, 0x1000 + number)
        router = self.port(
            host.router, IPv4Interface((lan_v4[1], 24)), IPv6Interface((lan_v6[1], 64))
        )
        end = self.port(name, IPv4Interface((lan_v4[25], 24)), IPv6Interface((lan_v6[0x25], 64)))
        return router, end

    def point_to_point(self, first: str, second: str) -> tuple[Port, Port]:
        owner = self._owner(self.world.asn_of[first], self.world.asn_of[second])
        number = self._next(self._links, owner)
        network = self.world.networks[owner]
        base_v4 = network.prefix_v4.network_address + 4 * number
        lan_v6 = subnet_64(network.prefix_v6, number)
        # The owner of the subnet takes the lower address.
        swap = self.world.asn_of[first] != owner
        low, high = (second, first) if swap else (first, second)
        ports = {
            node: self.port(node, IPv4Interface((base_v4 + n, 30)), IPv6Interface((lan_v6[n], 64)))
            for n, node in ((1, low), (2, high))
        }
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
        number = 11 + self._next(self._members, exchange)
        return self.port(
            router,
            IPv4Interface((point.lan_v4[number], point.lan_v4.prefixlen)),
            IPv6Interface((point.lan_v6[int(str(number), 16)], point.lan_v6.prefixlen)),
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
        wires.append(
            Wire(number=len(wires), delay_ms=link.delay_ms, ports=ports, exchange=exchange)
        )
    for name, host in world.hosts.items():
        wires.append(
            Wire(number=len(wires), delay_ms=host.delay_ms, ports=numbering.access(name, host))
        )
    return tuple(wires)
