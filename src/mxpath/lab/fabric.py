"""The cables and boxes of a world: namespaces, veth pairs, bridges, addresses, sysctls.

The law:

1. Every node has a network namespace of its own, under its own name.
2. Every link is two veth pairs whose inner ends lie in the namespace ``@wire``;
   nothing but the wire process carries a frame from one to the other. No
   interface is ever paired with one outside the lab.
3. An exchange point is a namespace with a bridge; its route server's namespace
   ``@rs-<exchange>`` sits on that bridge without a wire.
4. Who has which hardware address is written down from the start, so that no
   packet waits for ARP or neighbour discovery and the first RTT is as good as any.
5. Addresses need no duplicate detection, ICMP errors no rate limit, and an ICMP
   error leaves with the address of the interface that the probe came in by; but for
   the routers that the world says answer otherwise.
6. A link narrower than Ethernet is so at its ends' interfaces, unless it hides it; a
   link that is down takes the carrier of its ends' interfaces with it.
"""

from collections.abc import Iterator
from ipaddress import IPv6Address

from mxpath.errors import InputError
from mxpath.lab.elements import Router
from mxpath.lab.namespaces import inside, ip_batch, offloads_off, set_sysctls
from mxpath.lab.topology import Port, Wire, World
from mxpath.model.address import IPAddress

WIRE = "@wire"
"""Namespace of the wire process."""
ETHERNET_MTU = 1500

_QUIET = {"ipv6/conf/default/disable_ipv6": "1", "ipv6/conf/all/disable_ipv6": "1"}
_NODE = {
    "ipv6/conf/default/accept_dad": "0",
    "ipv6/conf/all/accept_dad": "0",
    "ipv6/conf/default/dad_transmits": "0",
    "ipv6/conf/default/accept_ra": "0",
    "ipv6/conf/default/autoconf": "0",
    "ipv4/conf/all/rp_filter": "0",
    "ipv4/conf/default/rp_filter": "0",
}
_ROUTER = _NODE | {
    "ipv4/ip_forward": "1",
    "ipv6/conf/all/forwarding": "1",
    "ipv4/icmp_errors_use_inbound_ifaddr": "1",
    "ipv4/icmp_ratemask": "0",
    "ipv6/icmp/ratemask": "\n",
    # What is behind a link without carrier is not there, as in memory.
    "ipv4/conf/all/ignore_routes_with_linkdown": "1",
    "ipv4/conf/default/ignore_routes_with_linkdown": "1",
    "ipv6/conf/all/ignore_routes_with_linkdown": "1",
    "ipv6/conf/default/ignore_routes_with_linkdown": "1",
    "ipv4/fib_multipath_hash_policy": "1",
    "ipv6/fib_multipath_hash_policy": "1",
    # Newer kernels only: the same flow takes the same branch in every run.
    "ipv4/fib_multipath_hash_seed?": "1",
}


def route_server(exchange: str) -> str:
    """Namespace of an exchange point's route server."""
    return f"@rs-{exchange}"


_NEVER_MS = 100_000_000
"""More than a minute: what a kernel credits a new destination with (``inet_getpeer``)."""
_ERRORS = {
    # Destination Unreachable and Time Exceeded; too large packets are spared by the kernel.
    "ipv4/icmp_ratemask": str(1 << 3 | 1 << 11),
    "ipv6/icmp/ratemask": "1,3",
}


def _answering(router: Router) -> dict[str, str]:
    """Sysctls of a router that does not answer as all do (rule 5).

    Kernels older than the one it was measured on (6.18) shorten an IPv6 interval by the length
    of the route back (``icmpv6_xrlim_allow``): there the router answers more often than told.
    """
    found = {}
    if router.answers_from is not None:
        found["ipv4/icmp_errors_use_inbound_ifaddr"] = "0"
    if router.silent or router.icmp_per_s is not None:
        interval_ms = round(1000 / router.icmp_per_s) if router.icmp_per_s else _NEVER_MS
        found |= _ERRORS | {
            "ipv4/icmp_ratelimit": str(interval_ms),
            "ipv6/icmp/ratelimit": str(interval_ms),
        }
    return found


def namespaces(world: World) -> dict[str, dict[str, str]]:
    """Return every namespace of a world with its sysctls."""
    found = {WIRE: _QUIET}
    found |= dict.fromkeys(world.routers, _ROUTER)
    found |= {name: _ROUTER | _answering(odd) for name, odd in world.answering.items()}
    found |= dict.fromkeys(world.hosts, _NODE)
    for exchange in world.exchanges:
        found |= {exchange: _QUIET, route_server(exchange): _NODE}
    return found


def wire_ends(wire: Wire) -> tuple[str, str]:
    """Names of a wire's two inner interfaces."""
    return f"w{wire.number}a", f"w{wire.number}b"


def hardware_address(wire: int, end: int) -> str:
    """Hardware address of a wire's outer interface: locally administered, from its place."""
    return f"02:00:00:{wire >> 8:02x}:{wire & 0xFF:02x}:{end:02x}"


def _server_hardware(number: int) -> str:
    """Hardware address of the n-th exchange point's route server."""
    return f"02:00:01:00:{number:02x}:00"


def link_local(hardware: str) -> IPv6Address:
    """Link-local address that the kernel forms from a hardware address (RFC 4291 appendix A)."""
    octets = bytearray.fromhex(hardware.replace(":", ""))
    octets[0] ^= 0x02
    return IPv6Address(b"\xfe\x80" + bytes(6) + octets[:3] + b"\xff\xfe" + octets[3:])


def build(world: World) -> None:
    """Make all namespaces and links of a world; no frame crosses yet."""
    spaces = namespaces(world)
    for name in spaces:
        _check_name(name)
    ip_batch(f"netns add {name}" for name in spaces)
    for name, sysctls in spaces.items():
        with inside(name):
            set_sysctls(sysctls)
    with inside(WIRE):
        ip_batch(_cables(world))
        for wire in world.wires:
            for end in wire_ends(wire):
                offloads_off(end)
    for number, exchange in enumerate(world.exchanges):
        _build_exchange(world, exchange, _server_hardware(number))
    _build_nodes(world)
    for wire in world.wires:
        _set_up(wire)


def _set_up(wire: Wire) -> None:
    if wire.link.mtu is not None:
        set_mtu(wire)
    if wire.link.down:
        set_carrier(wire)


def _build_nodes(world: World) -> None:
    for router in world.routers:
        _configure(
            router, [*_addresses(world, router), *_loopback(world, router), *_known(world, router)]
        )
        _finish_offloads(world, router)
    for host in world.hosts:
        _configure(
            host, [*_addresses(world, host), *_default_routes(world, host), *_known(world, host)]
        )
        _finish_offloads(world, host)


def set_mtu(wire: Wire) -> None:
    """Make the routers at a wire's ends say so when a packet is too large for it."""
    hidden = wire.link.mtu is None or wire.link.mtu_hidden
    for port in wire.ports:
        with inside(port.node):
            ip_batch([f"link set {port.name} mtu {ETHERNET_MTU if hidden else wire.link.mtu}"])


def set_carrier(wire: Wire) -> None:
    """Let the interfaces at a wire's ends see whether it is down."""
    with inside(WIRE):
        ip_batch(f"link set {end} {'down' if wire.link.down else 'up'}" for end in wire_ends(wire))


def _check_name(name: str) -> None:
    if not name or "/" in name or name.startswith(".") or any(c.isspace() for c in name):
        raise InputError(
            f"{name!r} cannot name a network namespace: no slash, space or leading dot"
        )


def _cables(world: World) -> Iterator[str]:
    for wire in world.wires:
        outer = [(port.node, port.name) for port in wire.ports]
        if wire.exchange is not None:
            outer.append((wire.exchange, f"port{wire.number}"))
        for number, (node, name) in enumerate(outer):
            end, address = wire_ends(wire)[number], hardware_address(wire.number, number)
            yield f"link add name {end} type veth peer name {name} address {address} netns {node}"
            yield f"link set {end} up"


def _build_exchange(world: World, exchange: str, hardware: str) -> None:
    server = route_server(exchange)
    ports = [f"port{wire.number}" for wire in _lan(world, exchange)]
    lines = ["link add name lan type bridge mcast_snooping 0", "link set lan up"]
    lines.append(f"link add name rs type veth peer name eth0 address {hardware} netns {server}")
    for port in (*ports, "rs"):
        lines += [f"link set {port} master lan", f"link set {port} up"]
    with inside(exchange):
        ip_batch(lines)
        for port in (*ports, "rs"):
            offloads_off(port)
    numbered = [f"address add {address} dev eth0" for address in world.route_server(exchange)]
    members = [(w.ports[0], hardware_address(w.number, 0)) for w in _lan(world, exchange)]
    known = [line for port, address in members for line in _neighbour("eth0", port, address)]
    _configure(server, [*numbered, "link set eth0 up", *known])
    with inside(server):
        offloads_off("eth0")


def _configure(node: str, lines: list[str]) -> None:
    with inside(node):
        ip_batch(["link set lo up", *sorted(lines, key=_order)])


def _order(line: str) -> bool:
    """Routes and neighbours come last: their interfaces must be up."""
    return line.startswith(("route", "neighbour"))


def _addresses(world: World, node: str) -> Iterator[str]:
    for port in world.interfaces.get(node, ()):
        yield from (f"address add {number} dev {port.name}" for number in port.numbers)
        yield f"link set {port.name} up"


def _loopback(world: World, router: str) -> Iterator[str]:
    for address in world.router_ids[router]:
        yield f"address add {address} dev lo"


def _default_routes(world: World, host: str) -> Iterator[str]:
    gateway = next(w.ports[0] for w in world.wires if w.ports[-1].node == host)
    for number in gateway.numbers:
        everything = "default" if number.version == 4 else "::/0"
        yield f"route add {everything} via {number.ip}"


def _lan(world: World, exchange: str) -> list[Wire]:
    return [wire for wire in world.wires if wire.exchange == exchange]


def _known(world: World, node: str) -> Iterator[str]:
    """Entries for everybody at the other end of a node's links (rule 4)."""
    for wire in world.wires:
        for near in (port for port in wire.ports if port.node == node):
            others = _lan(world, wire.exchange) if wire.exchange else [wire]
            for other in others:
                for end, port in enumerate(other.ports):
                    if port is not near:
                        yield from _neighbour(near.name, port, hardware_address(other.number, end))
            if wire.exchange:
                number = list(world.exchanges).index(wire.exchange)
                for address in world.route_server(wire.exchange):
                    yield _entry(near.name, address.ip, _server_hardware(number))


def _neighbour(device: str, port: Port, hardware: str) -> Iterator[str]:
    for address in (*(number.ip for number in port.numbers), link_local(hardware)):
        yield _entry(device, address, hardware)


def _entry(device: str, address: IPAddress, hardware: str) -> str:
    return f"neighbour add {address} lladdr {hardware} dev {device} nud permanent"


def _finish_offloads(world: World, node: str) -> None:
    with inside(node):
        for port in world.interfaces.get(node, ()):
            offloads_off(port.name)
