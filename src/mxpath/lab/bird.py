"""BIRD for a world: configurations, and what a running BIRD says of its sessions.

The law (Gao and Rexford, "Stable Internet routing without global coordination",
2001):

1. A network originates all its prefixes at each of its routers.
2. Preference on import: customer 300, peer 200, provider 100; the relation is
   noted in a large community of one's own.
3. Export: own and customer routes to all, peer and provider routes to customers.
4. Inside a network: a full mesh with next hop self. Its next hops, the routers'
   loopbacks, resolve over static routes along all paths of fewest hops, whatever
   their delay; so equal paths become an equal-cost multipath. A subnet that several
   routers have, as an anycast host's, lies where it is nearest. Routers that no
   inside link joins (islands of one network) have no session.
5. Of routes of equal preference and length the one from the lowest neighbour number
   wins, as in memory: it is written into MED, which is compared across neighbours.
   BIRD's own next steps (the age of a route, router ids) would differ by player.
6. A route server passes all members' routes on, its own number left out of paths.
"""

import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import networkx as nx

from mxpath.lab.topology import Interface, Port, Wire, World

_PREFERENCE = {"customer": 300, "peer": 200, "provider": 100}
_TAG = {"customer": 1, "peer": 2, "provider": 3}
_TIMERS = (
    "connect delay time 1; connect retry time 1; error wait time 1, 2; error forget time 5; "
    "startup hold time 30; hold time 90;"
)
_NEAREST = "bgp_med = bgp_path.first;"
_MAX_ANSWER = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One BGP session as its two ends see it."""

    name: str
    local: Interface
    local_asn: int
    remote: Interface
    remote_asn: int
    relation: str
    """What the far side is: customer, peer, provider, internal, or member of a route server."""


def router_config(world: World, router: str) -> str:
    """Return the BIRD configuration of a router."""
    asn = world.asn_of[router]
    blocks = [*_head(world, router), *_filters(world, asn)]
    for family in world.networks[asn].families:
        blocks += _kernel(family)
        blocks += _statics(world, router, family)
        blocks += [
            _session(family, session)
            for session in (*_internal(world, router, family), *_external(world, router, family))
        ]
    return "\n".join(blocks) + "\n"


def route_server_config(world: World, exchange: str) -> str:
    """Return the BIRD configuration of an exchange point's route server."""
    asn = world.exchanges[exchange].route_server_asn
    blocks = [*_head(world, exchange)]
    for server in world.route_server(exchange):
        for number, member in enumerate(world.members(exchange)):
            remote = member.number(server.version)
            if remote is None:
                continue
            session = Session(
                name=f"member{server.version}_{number}",
                local=server,
                local_asn=asn,
                remote=remote,
                remote_asn=world.asn_of[member.node],
                relation="member",
            )
            blocks.append(_session(server.version, session))
    return "\n".join(blocks) + "\n"


def _head(world: World, speaker: str) -> tuple[str, ...]:
    return (
        "log stderr all;",
        f"router id {router_id(world, speaker)};",
        "protocol device { scan time 60; }",
    )


def router_id(world: World, speaker: str) -> IPv4Address:
    """Return the BGP identifier of a router or of an exchange point's route server.

    It is a mere number (RFC 6286), the speaker's place in the file, so that a world
    without IPv4 has one too and the last tie goes to who comes first.
    """
    return IPv4Address((10 << 24) + 1 + [*world.routers, *world.exchanges].index(speaker))


def _of_family(numbers: Iterable[Interface], family: int) -> Interface | None:
    return next((number for number in numbers if number.version == family), None)


def _loopback(world: World, router: str, family: int) -> Interface:
    return next(i for i in world.router_ids[router] if i.version == family)


def _filters(world: World, asn: int) -> Iterator[str]:
    families = world.networks[asn].families
    for family in families:
        prefixes = [str(p) for p in world.networks[asn].prefixes if p.version == family]
        yield f"define OWN{family} = [ {', '.join(prefixes)} ];"
    for relation, preference in _PREFERENCE.items():
        yield (
            f"filter from_{relation} {{ bgp_large_community.delete([({asn}, *, *)]); "
            f"bgp_large_community.add(({asn}, 1, {_TAG[relation]})); "
            f"bgp_local_pref = {preference}; {_NEAREST} accept; }}"
        )
    customers = f"({asn}, 1, {_TAG['customer']}) ~ bgp_large_community"
    strip = f"bgp_large_community.delete([({asn}, *, *)]); accept;"
    for family in families:
        own = f"if source = RTS_STATIC then {{ if net ~ OWN{family} then accept; reject; }}"
        no_bgp = "if source != RTS_BGP then reject;"
        yield f"filter to_customer{family} {{ {own} {no_bgp} {strip} }}"
        yield f"filter to_others{family} {{ {own} {no_bgp} if {customers} then {{ {strip} }} reject; }}"


def _kernel(family: int) -> tuple[str, ...]:
    channel = f"ipv{family} {{ import none; export all; }};"
    return (f"protocol kernel kernel{family} {{ {channel} scan time 60; }}",)


def _statics(world: World, router: str, family: int) -> Iterator[str]:
    """Own prefixes, and the way to everything inside the network (rules 1 and 4)."""
    network = world.networks[world.asn_of[router]]
    routes = [f"route {p} unreachable;" for p in network.prefixes if p.version == family]
    for prefix, ways in _inside(world, router, family).items():
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
        if len(nodes) == 2 and all(node in graph for node in nodes):
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
            if near.node == router and len(wire.ports) == 2:
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
                relation="internal",
            )


def _external(world: World, router: str, family: int) -> Iterator[Session]:
    asn = world.asn_of[router]
    for near, far, wire in _links(world, router):
        other = world.asn_of[far.node]
        relation = None if other == asn else world.relation(asn, other)
        local, remote = near.number(family), far.number(family)
        if far.node not in world.hosts and relation and local and remote:
            yield Session(
                name=f"external{family}_{wire.number}",
                local=local,
                local_asn=asn,
                remote=remote,
                remote_asn=other,
                relation=relation,
            )
    for wire in world.wires:
        if wire.exchange and wire.ports[0].node == router:
            local = wire.ports[0].number(family)
            remote = _of_family(world.route_server(wire.exchange), family)
            if local and remote:
                yield Session(
                    name=f"exchange{family}_{wire.number}",
                    local=local,
                    local_asn=asn,
                    remote=remote,
                    remote_asn=world.exchanges[wire.exchange].route_server_asn,
                    relation="peer",
                )


def _session(family: int, session: Session) -> str:
    policy, extra = _policy(family, session), ""
    if session.relation == "member":
        extra = "rs client; "
    # One side waits and the other calls: connections never collide.
    if int(session.local.ip) > int(session.remote.ip):
        extra += "passive on; "
    return (
        f"protocol bgp {session.name} {{ local {session.local.ip} as {session.local_asn}; "
        f"neighbor {session.remote.ip} as {session.remote_asn}; "
        f"{extra}med metric on; {_TIMERS} ipv{family} {{ {policy} }}; }}"
    )


def _policy(family: int, session: Session) -> str:
    if session.relation == "internal":
        return "import all; export where source = RTS_BGP; next hop self;"
    if session.relation == "member":
        return f"import filter {{ {_NEAREST} accept; }}; export all;"
    side = "customer" if session.relation == "customer" else "others"
    return f"import filter from_{session.relation}; export filter to_{side}{family};"


def ask(control: Path, command: str) -> str:
    """Send one command to a running BIRD over its control socket; return the answer's text."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(5)
        line.connect(str(control))
        _answer(line)
        line.sendall(command.encode() + b"\n")
        return _answer(line)


def _answer(line: socket.socket) -> str:
    """Read until the line whose code is followed by a blank: the last one of an answer."""
    data = b""
    while len(data) < _MAX_ANSWER:
        last = data.rstrip(b"\n").rsplit(b"\n", 1)[-1]
        if data.endswith(b"\n") and last[:4].isdigit() and last[4:5] in {b" ", b""}:
            break
        more = line.recv(65_536)
        if not more:
            break
        data += more
    return data.decode(errors="replace")


def sessions_down(control: Path) -> list[str]:
    """Return names of BGP sessions of a running BIRD that are not established.

    Raises
    ------
    OSError
        When it does not answer yet.
    """
    down = []
    for row in ask(control, "show protocols").splitlines():
        words = row[5:].split() if row[:4].isdigit() else row.split()
        if len(words) > 1 and words[1] == "BGP" and "Established" not in words:
            down.append(words[0])
    return down
