"""BIRD for a world: the configurations of routers and route servers.

The law; what is liked and told is that of ``bird_policy``:

1. A network originates all its prefixes, and what it announces of them by itself, at
   each of its routers. In the kernel a prefix without a subnet leads nowhere; a part
   that is announced by itself is no route there, and no route of BIRD's beats an
   interface's own subnet.
2. Inside a network: a full mesh with next hop self. Its next hops, the routers'
   loopbacks, resolve over static routes along all paths of fewest hops, whatever
   their delay; so equal paths become an equal-cost multipath. A subnet that several
   routers have, as an anycast host's, lies where it is nearest. Routers that no
   inside link joins (islands of one network) have no session.
3. A route server passes all members' routes on, each of them (RFC 7911), its own
   number left out of paths: the choice is the members'. Provider and customer over
   its LAN have a session of their own, and hear nothing of each other from it.
4. Who tells of a route is who takes its packets: next hop self outside, too, where BGP
   would let a member name another one of the same LAN (RFC 4271 section 5.1.3).
5. A configuration hangs on the world alone, so that a changed world is played by
   writing its configurations and telling the daemons ``configure``.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import networkx as nx

from mxpath.lab.bird_control import ask, sessions_down
from mxpath.lab.bird_policy import (
    export_filter,
    from_members,
    from_neighbour,
    import_filter,
    member_filter,
    named_members,
    originated,
    told_to,
)
from mxpath.lab.bird_session import Session, head, session_block
from mxpath.lab.collector import to_collectors
from mxpath.lab.topology import Interface, Port, Wire, World

__all__ = ["ask", "internal_graph", "route_server_config", "router_config", "sessions_down"]

_KERNEL_METRIC = 1024
"""Above the metric of the kernel's own routes to the subnets of interfaces (256 in IPv6)."""


def router_config(world: World, router: str) -> str:
    """Return the BIRD configuration of a router."""
    asn = world.asn_of[router]
    blocks = [*head(world, router)]
    for family in world.networks[asn].families:
        blocks.append(_kernel(world, router, family))
        blocks += _statics(world, router, family)
        blocks += [
            session_block(family, session)
            for session in (
                *_internal(world, router, family),
                *_external(world, router, family),
                *_exchanges(world, router, family),
                *_bilateral(world, router, family),
                *to_collectors(world, router, family),
            )
        ]
    return "\n".join(blocks) + "\n"


def route_server_config(world: World, exchange: str) -> str:
    """Return the BIRD configuration of an exchange point's route server."""
    asn = world.exchanges[exchange].route_server_asn
    down = {w.ports[0] for w in world.wires if w.exchange == exchange and w.link.down}
    blocks = [*head(world, exchange)]
    for server in world.route_server(exchange):
        for number, wire in enumerate(w for w in world.wires if w.exchange == exchange):
            member = wire.ports[0]
            remote = member.number(server.version)
            if remote is None or member in down:
                continue
            unheard = [far.ip for far, _, _ in _bought(world, wire, server.version)]
            session = Session(
                name=f"member{server.version}_{number}",
                local=server,
                local_asn=asn,
                remote=remote,
                remote_asn=world.asn_of[member.node],
                channel="import all; "
                f"export {member_filter(asn, world.asn_of[member.node], unheard)}; "
                "add paths tx;",
                extra="rs client; ",
            )
            blocks.append(session_block(server.version, session))
    return "\n".join(blocks) + "\n"


def _of_family(numbers: Iterable[Interface], family: int) -> Interface | None:
    return next((number for number in numbers if number.version == family), None)


def _loopback(world: World, router: str, family: int) -> Interface:
    return next(i for i in world.router_ids[router] if i.version == family)


def _kernel(world: World, router: str, family: int) -> str:
    """What BIRD writes into the kernel.

    The routes of a router that answers from its port at an exchange point prefer that source:
    its ICMP errors take it from the route back.
    """
    asn = world.asn_of[router]
    parts = [p for p in originated(world, asn, family) if p not in world.networks[asn].prefixes]
    known = ", ".join(map(str, parts))
    spared = f"if source = RTS_STATIC && dest = RTD_UNREACHABLE && net ~ [ {known} ] then reject; "
    exchange = world.answering[router].answers_from if router in world.answering else None
    own = [port.address(family) for port in world.members(exchange or "") if port.node == router]
    source = f"krt_prefsrc = {own[0]}; " if own and own[0] else ""
    return (
        f"protocol kernel kernel{family} {{ metric {_KERNEL_METRIC}; scan time 60; "
        f"ipv{family} {{ import none; "
        f"export filter {{ {spared if parts else ''}{source}accept; }}; }}; }}"
    )


def _statics(world: World, router: str, family: int) -> Iterator[str]:
    """Own prefixes, and the way to everything inside the network (rules 1 and 2)."""
    inside = _inside(world, router, family)
    own = originated(world, world.asn_of[router], family)
    routes = [f"route {p} unreachable;" for p in own if str(p) not in inside]
    for prefix, ways in inside.items():
        hops = " ".join(f"via {gateway}" for gateway in ways[1])
        routes.append(f"route {prefix} {hops} {{ igp_metric = {ways[0]}; }};")
    yield f"protocol static static{family} {{ ipv{family}; {' '.join(routes)} }}"


def _inside(world: World, router: str, family: int) -> dict[str, tuple[int, tuple[str, ...]]]:
    """Prefix in this network but not on this router to (hops, next hop addresses)."""
    graph = internal_graph(world, world.asn_of[router])
    mine = {str(p.network) for p in _ports(world, router, family)}
    far = dict(nx.single_source_shortest_path_length(graph, router))
    from_next = {
        near: dict(nx.single_source_shortest_path_length(graph, near))
        for near in graph.neighbors(router)
    }
    found: dict[str, tuple[int, tuple[str, ...]]] = {}
    for other, hops in sorted(far.items(), key=lambda item: (item[1], item[0])):
        if other == router:
            continue
        gateways = tuple(
            str(port.address(family))
            for _, port in _internal_links(world, router)
            if from_next[port.node][other] == hops - 1
        )
        for number in (_loopback(world, other, family), *_own(world, other, family)):
            prefix = str(number.network)
            nearest, known = found.get(prefix, (hops, ()))
            if prefix not in mine and nearest == hops:
                found[prefix] = hops, tuple(dict.fromkeys((*known, *gateways)))
    return found


def _own(world: World, router: str, family: int) -> list[Interface]:
    """Interfaces of a router that are numbered from its own network's space."""
    prefixes = [p for p in world.networks[world.asn_of[router]].prefixes if p.version == family]
    return [i for i in _ports(world, router, family) if any(i.ip in p for p in prefixes)]


def _ports(world: World, router: str, family: int) -> list[Interface]:
    found = (port.number(family) for port in world.interfaces.get(router, ()))
    return [number for number in found if number is not None]


def internal_graph(world: World, asn: int) -> "nx.Graph[str, dict[str, Any], dict[str, Any]]":
    """Return the routers of a network and the links between them."""
    graph: nx.Graph[str, dict[str, Any], dict[str, Any]] = nx.Graph()
    graph.add_nodes_from(world.networks[asn].routers)
    for wire in world.wires:
        nodes = [port.node for port in wire.ports]
        if len(nodes) == 2 and all(node in graph for node in nodes) and not wire.link.down:
            graph.add_edge(*nodes)
    return graph


def _internal_links(world: World, router: str) -> Iterator[tuple[Port, Port]]:
    """(own port, far port) of each link to a router of the same network."""
    routers = world.networks[world.asn_of[router]].routers
    for near, far, _ in _links(world, router):
        if far.node in routers:
            yield near, far


def _links(world: World, router: str) -> Iterator[tuple[Port, Port, Wire]]:
    for wire in world.wires:
        for near, far in zip(wire.ports, reversed(wire.ports), strict=True):
            if near.node == router and len(wire.ports) == 2 and not wire.link.down:
                yield near, far, wire


def _internal(world: World, router: str, family: int) -> Iterator[Session]:
    asn = world.asn_of[router]
    reached = nx.node_connected_component(internal_graph(world, asn), router)
    for number, other in enumerate(world.networks[asn].routers):
        if other != router and other in reached:
            yield Session(
                name=f"internal{family}_{number}",
                local=_loopback(world, router, family),
                local_asn=asn,
                remote=_loopback(world, other, family),
                remote_asn=asn,
                channel="import all; next hop self; "
                "export filter { if source != RTS_BGP then reject; unset(bgp_originator_id); accept; };",
            )


def _external(world: World, router: str, family: int) -> Iterator[Session]:
    asn = world.asn_of[router]
    for near, far, wire in _links(world, router):
        other = world.asn_of[far.node]
        relation = None if other == asn else world.relation(asn, other)
        local, remote = near.number(family), far.number(family)
        if far.node not in world.hosts and relation and local and remote:
            told = told_to(world, asn, family, [other])
            last = from_neighbour(world, far, wire)
            yield Session(
                name=f"external{family}_{wire.number}",
                local=local,
                local_asn=asn,
                remote=remote,
                remote_asn=other,
                channel=f"import {import_filter(world, asn, relation, other, last)}; "
                f"export {export_filter(asn, relation, told, {})}; next hop self;",
            )


def _exchanges(world: World, router: str, family: int) -> Iterator[Session]:
    asn = world.asn_of[router]
    for wire in world.wires:
        if wire.exchange is None or wire.ports[0].node != router or wire.link.down:
            continue
        local = wire.ports[0].number(family)
        remote = _of_family(world.route_server(wire.exchange), family)
        if local and remote:
            told = told_to(world, asn, family, [wire.exchange])
            named = named_members(world, asn, family, wire.exchange)
            last = from_members(world, wire.exchange, wire, family)
            yield Session(
                name=f"exchange{family}_{wire.number}",
                local=local,
                local_asn=asn,
                remote=remote,
                remote_asn=world.exchanges[wire.exchange].route_server_asn,
                channel=f"import {import_filter(world, asn, 'peer', None, last)}; "
                f"export {export_filter(asn, 'peer', told, named)}; add paths rx; next hop self;",
            )


def _bilateral(world: World, router: str, family: int) -> Iterator[Session]:
    """Sessions with providers and customers over an exchange point's LAN."""
    asn = world.asn_of[router]
    for wire in world.wires:
        local = wire.ports[0].number(family) if wire.exchange else None
        if local is None or wire.exchange is None or wire.ports[0].node != router:
            continue
        for remote, far, relation in _bought(world, wire, family):
            other = world.asn_of[far.ports[0].node]
            told = told_to(world, asn, family, [other, wire.exchange])
            last = from_neighbour(world, far.ports[0], wire)
            yield Session(
                name=f"bilateral{family}_{wire.number}_{far.number}",
                local=local,
                local_asn=asn,
                remote=remote,
                remote_asn=other,
                channel=f"import {import_filter(world, asn, relation, other, last)}; "
                f"export {export_filter(asn, relation, told, {})}; next hop self;",
            )


def _bought(world: World, wire: Wire, family: int) -> Iterator[tuple[Interface, Wire, str]]:
    """Members that sell to or buy from the one at a wire's end: number, wire, what they are to it."""
    for other in world.wires:
        number = other.ports[0].number(family)
        if other.exchange == wire.exchange and other.number != wire.number and number is not None:
            relation = world.contract(wire, other)
            if relation != "peer":
                yield number, other, relation
