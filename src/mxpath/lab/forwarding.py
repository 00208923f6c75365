"""The data plane of a played world: what each node does with a packet.

Every node has one table: prefix -> the steps that share the load. The longest
prefix decides; no steps under a prefix means that the node knows the prefix and
has nobody to give the packet to. Hosts have a default route to their router.

Among equal steps a flow always takes the same one: a hash of its 5-tuple and
of the node's own seed picks it (RFC 2991 on why a flow must not be split).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from ipaddress import IPv4Address, ip_network

from mxpath.lab.conditions import Carried, stops
from mxpath.lab.remembered import once_per_world
from mxpath.lab.routing import ControlPlane, Learnt, Route, settled_routes
from mxpath.lab.steps import NextHop, steps
from mxpath.lab.topology import World
from mxpath.model.address import IPAddress, Prefix

_EVERYTHING = {4: ip_network("0.0.0.0/0"), 6: ip_network("::/0")}
_ANY = Carried(version=0)
_LONGEST_PATH = 64
"""A packet that has taken more steps than this turns in a circle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FiveTuple:
    """What a load balancer hashes. ICMP has no ports: 0 and 0."""

    source: IPAddress
    target: IPAddress
    protocol: int
    source_port: int = 0
    target_port: int = 0

    @property
    def reverse(self) -> "FiveTuple":
        """The same flow seen from the far side."""
        return FiveTuple(
            source=self.target,
            target=self.source,
            protocol=self.protocol,
            source_port=self.target_port,
            target_port=self.source_port,
        )


class ForwardingTable:
    """Prefix -> steps of one node, both families; the longest prefix decides."""

    def __init__(self) -> None:
        self.entries: dict[Prefix, tuple[NextHop, ...]] = {}
        self._looked_up: dict[IPAddress, tuple[NextHop, ...] | None] = {}

    def add(self, prefix: Prefix, hops: tuple[NextHop, ...]) -> None:
        """Enter a route, unless a nearer source already did."""
        self.entries.setdefault(prefix, hops)
        self._looked_up.clear()

    def look_up(self, address: IPAddress) -> tuple[NextHop, ...] | None:
        """Return the steps towards ``address``; ``None`` without any route."""
        if address not in self._looked_up:  # packets by the thousand go to a few addresses
            self._looked_up[address] = self._longest_match(address)
        return self._looked_up[address]

    def _longest_match(self, address: IPAddress) -> tuple[NextHop, ...] | None:
        matching = [prefix for prefix in self.entries if address in prefix]
        if not matching:
            return None
        return self.entries[max(matching, key=lambda prefix: prefix.prefixlen)]


class DataPlane:
    """All forwarding tables of a world, and the ways that packets take through them.

    Parameters
    ----------
    world
        The world to be played.
    seed
        Salts every node's hash: the same seed always picks the same equal-cost branch.
    """

    def __init__(self, world: World, *, seed: int = 1) -> None:
        self.world = world
        self.seed = seed
        self.tables = _tables(world)
        self._owned = frozenset(_own_addresses(world))

    def choose(self, node: str, hops: tuple[NextHop, ...], flow: FiveTuple) -> NextHop:
        """Return the one of ``hops`` that this node gives to this flow."""
        if len(hops) == 1:
            return hops[0]
        text = f"{self.seed}|{node}|{flow}"
        digest = blake2b(text.encode(), digest_size=8).digest()
        return hops[int.from_bytes(digest, "big") % len(hops)]

    def walk(self, node: str, flow: FiveTuple) -> Iterator[NextHop]:
        """Yield the steps of a flow from ``node`` until it is there or can go no further."""
        for _ in range(_LONGEST_PATH):
            if self.arrives(node, flow.target):
                return
            hops = self.tables[node].look_up(flow.target)
            if not hops:
                return
            hop = self.choose(node, hops, flow)
            yield hop
            node = hop.node

    def arrives(self, node: str, address: IPAddress) -> bool:
        """Whether ``node`` itself has ``address``; an anycast address has several nodes."""
        return (address, node) in self._owned

    def delay_ms(self, node: str, flow: FiveTuple) -> float | None:
        """One-way delay of a flow from ``node``; ``None`` when it does not arrive."""
        hops = tuple(self.walk(node, flow))
        end = hops[-1].node if hops else node
        return sum(hop.delay_ms for hop in hops) if self.arrives(end, flow.target) else None

    def delays_ms(
        self, node: str, target: IPAddress, packet: Carried = _ANY
    ) -> tuple[float, float] | None:
        """Fastest and slowest one-way delay over all equal-cost ways from ``node``.

        The slowest has all jitter in it. ``None`` when no way lets such a packet arrive.
        """
        found = list(self._all_delays(node, target, packet, _LONGEST_PATH))
        return (min(way[0] for way in found), max(way[1] for way in found)) if found else None

    def _all_delays(
        self, node: str, target: IPAddress, packet: Carried, steps_left: int
    ) -> Iterator[tuple[float, float]]:
        if self.arrives(node, target):
            yield 0.0, 0.0
        elif steps_left:
            for hop in self.tables[node].look_up(target) or ():
                if stops(hop.wires, packet):
                    continue
                for least, most in self._all_delays(hop.node, target, packet, steps_left - 1):
                    yield hop.delay_ms + least, hop.delay_ms + hop.jitter_ms + most


def _own_addresses(world: World) -> Iterator[tuple[IPAddress, str]]:
    for node, ports in world.interfaces.items():
        for port in ports:
            yield from ((number.ip, node) for number in port.numbers)
    for router, numbers in world.router_ids.items():
        for number in numbers:
            yield number.ip, router


def _only(address: IPAddress) -> Prefix:
    return ip_network((address, 32 if isinstance(address, IPv4Address) else 128))


@once_per_world
def _tables(world: World) -> dict[str, ForwardingTable]:
    tables = {node: ForwardingTable() for node in world.asn_of}
    control = ControlPlane(world)
    _enter_connected(world, tables)
    _enter_interior(world, control, tables)
    _enter_routes(control, tables)
    return tables


def _enter_connected(world: World, tables: dict[str, ForwardingTable]) -> None:
    """Neighbours on a wire or a LAN; a host reaches everything through its router."""
    for node, hops in steps(world).items():
        for hop in hops:
            for near in hop.egress.numbers:
                far = hop.ingress.address(near.version)
                if far is None:
                    continue  # a member of the exchange point without this family
                if node in world.hosts:
                    tables[node].add(_EVERYTHING[near.version], (hop,))
                tables[node].add(_only(far), (hop,))
                tables[node].add(near.network, ())


def _subnets(world: World, routers: tuple[str, ...]) -> dict[Prefix, tuple[str, ...]]:
    """Subnets and loopbacks from a network's own space, with the routers that hold them.

    A neighbour's space is reached over routes between networks, and an exchange
    point's LAN is in no routing table but its members' own.
    """
    own = world.networks[world.asn_of[routers[0]]].prefixes
    held: dict[Prefix, list[str]] = {}
    for router in routers:
        numbers = list(world.router_ids[router])
        for port in world.interfaces.get(router, ()):
            numbers += port.numbers
        for number in numbers:
            if any(number.ip in prefix for prefix in own):
                held.setdefault(number.network, []).append(router)
    return {prefix: tuple(holders) for prefix, holders in held.items()}


def _enter_interior(
    world: World, control: ControlPlane, tables: dict[str, ForwardingTable]
) -> None:
    """The way to each subnet of the own network: to its nearest holders (anycast has several)."""
    for network in world.networks.values():
        for prefix, holders in _subnets(world, network.routers).items():
            for router in network.routers:
                if router not in holders:
                    tables[router].add(prefix, _to_nearest(control, router, holders))


def _to_nearest(
    control: ControlPlane, router: str, holders: tuple[str, ...]
) -> tuple[NextHop, ...]:
    """All shortest ways to the nearest holders."""
    far = {holder: control.interior.distance(router, holder) for holder in holders}
    nearest = min((hops for hops in far.values() if hops is not None), default=None)
    if nearest is None:
        return ()
    ways = [
        hop
        for holder in holders
        if far[holder] == nearest
        for hop in control.interior.towards(router, holder)
    ]
    return tuple(dict.fromkeys(ways))


def _enter_routes(control: ControlPlane, tables: dict[str, ForwardingTable]) -> None:
    """Routes between networks; an own prefix without a subnet leads nowhere.

    A part of an own prefix that is announced by itself is no route: its subnets are there anyhow.
    """
    networks, asn_of = control.world.networks, control.world.asn_of
    for prefix, routes in settled_routes(control.world).items():
        for router, route in routes.items():
            if route.learnt is Learnt.OWN and prefix not in networks[asn_of[router]].prefixes:
                continue
            tables[router].add(prefix, _hops(control, router, route))


def _hops(control: ControlPlane, router: str, route: Route) -> tuple[NextHop, ...]:
    if route.learnt is Learnt.OWN:
        return ()
    if route.border != router:
        return control.interior.towards(router, route.border)
    return (route.session.hop,) if route.session is not None else ()
