"""A made world of forty routers: what bring-up costs, and a hard test of equal choices."""

from dataclasses import replace
from datetime import date
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import combinations, pairwise
from random import Random

from mxpath.lab.coherence import problems
from mxpath.lab.elements import (
    AutonomousSystem,
    Collector,
    Domain,
    ExchangePoint,
    Host,
    Link,
    SmtpHost,
)
from mxpath.lab.topology import World
from mxpath.model.address import Prefix

BACKBONES, TRANSITS, EDGES = range(64500, 64503), range(64510, 64514), range(64520, 64530)
_SIZES = dict.fromkeys(BACKBONES, 6) | dict.fromkeys(TRANSITS, 3) | dict.fromkeys(EDGES, 1)


def big_world(seed: int = 1) -> World:
    """Three backbones fully meshed inside and outside, transit below, edges, two exchange points."""
    random = Random(seed)
    routers = {asn: [f"r{asn % 1000}x{n}" for n in range(size)] for asn, size in _SIZES.items()}
    links = [
        _link(random, *pair)
        for asn in _SIZES
        for pair in (combinations(routers[asn], 2) if asn in BACKBONES else pairwise(routers[asn]))
    ]
    providers = {asn: random.sample([*BACKBONES], 2) for asn in TRANSITS}
    providers |= {asn: random.sample([*TRANSITS, *BACKBONES], 2) for asn in EDGES}
    pairs = [
        *combinations(BACKBONES, 2),
        *((a, p) for a, found in providers.items() for p in found),
    ]
    links += [
        _link(random, random.choice(routers[one]), random.choice(routers[other]))
        for one, other in pairs
        for _ in range(2)
    ]
    for name, members in (("IX1", [*TRANSITS, *EDGES[:4]]), ("IX2", EDGES[2:8])):
        links += [_link(random, random.choice(routers[asn]), name) for asn in members]
    world = World(
        name="big",
        title="Forty routers",
        as_of=date(2026, 1, 1),
        sender="h520",
        resolver="h520",
        public=(ip_network("198.18.0.0/15"), ip_network("2001:db8::/32")),
        networks={
            asn: AutonomousSystem(
                name=f"Network {asn}",
                prefixes=(
                    ip_network(f"198.{18 + number // 16}.{16 * (number % 16)}.0/20"),
                    ip_network(f"2001:db8:{number + 1 << 8:x}::/40"),
                ),
                routers=tuple(routers[asn]),
                providers=tuple(providers.get(asn, ())),
                peers=tuple(b for b in BACKBONES if asn in BACKBONES and b > asn),
            )
            for number, asn in enumerate(_SIZES)
        },
        hosts={
            f"h{asn % 1000}": Host(
                router=routers[asn][0],
                smtp=SmtpHost(name=f"mx{asn}.big.example") if asn != EDGES[0] else None,
            )
            for asn in EDGES
        },
        links=tuple(links),
        exchanges={
            name: ExchangePoint(
                id=number,
                lan_v4=IPv4Network(f"198.19.24{number}.0/24"),
                lan_v6=IPv6Network(f"2001:db8:f00{number}::/64"),
                route_server_asn=65000 + number,
            )
            for number, name in enumerate(("IX1", "IX2"), start=1)
        },
        domains={"big.example": Domain(mx=tuple(f"10 mx{asn}.big.example." for asn in EDGES[1:]))},
        collectors={"rrc": Collector(host="h521", asn=65100, peers=("r500x0", "r501x0", "r502x0"))},
    )
    assert list(problems(world)) == []
    return world


def _link(random: Random, one: str, other: str) -> Link:
    return Link(ends=(one, other), delay_ms=random.choice((1.0, 2.0, 5.0)))


def odd_big_world(seed: int = 23) -> World:
    """The same with siblings, private peers, preferred neighbours, announcements to some and
    transit bought over exchange points. Not every seed makes a world that fits together.
    """
    random, world = Random(seed), big_world(seed)
    world = _with_more_neighbours(random, world)
    networks = dict(world.networks)
    near = {asn: [b for b in networks if b != asn and world.relation(asn, b)] for asn in networks}
    for asn in random.sample([*EDGES, *TRANSITS], 4):
        networks[asn] = replace(networks[asn], prefer=(random.choice(near[asn]),))
    for asn in random.sample(EDGES, 4):
        hearers: list[int | str] = [*near[asn], *_points(world, asn), 65100]
        parts = [p for p in _parts(networks[asn]) if random.random() < 0.6]
        announce = {p: tuple(random.sample(hearers, random.randint(1, 2))) for p in parts}
        networks[asn] = replace(networks[asn], announce=announce)
    links = tuple(_buying(random, world, link) for link in world.links)
    world = replace(world, networks=networks, links=links)
    assert list(problems(world)) == []
    return world


def _with_more_neighbours(random: Random, world: World) -> World:
    networks, links = dict(world.networks), list(world.links)
    for kind in ("siblings", "siblings", "siblings", "peers", "peers", "peers", "peers"):
        asn, other = random.sample([*TRANSITS, *EDGES], 2)
        one, two = networks[asn], networks[other]
        if (
            world.relation(asn, other) not in {None, "peer"}
            or asn in two.peers
            or other in one.peers
        ):
            continue
        if kind == "peers":
            networks[asn] = replace(one, peers=(*one.peers, other))
        else:
            networks[asn] = replace(one, siblings=(*one.siblings, other))
        links += [
            _link(random, random.choice(one.routers), random.choice(two.routers))
            for _ in range(random.randint(1, 2))
        ]
    return replace(world, networks=networks, links=tuple(links))


def _points(world: World, asn: int) -> list[str]:
    return [
        x for x in world.exchanges if any(world.asn_of[p.node] == asn for p in world.members(x))
    ]


def _parts(network: AutonomousSystem) -> list[Prefix]:
    """A host's LAN in each family, half of another one, and nothing's."""
    v4, v6 = (int(prefix.network_address) for prefix in network.prefixes)
    return [
        ip_network((v4 + 256, 24)),
        ip_network((v4 + 512 + 128, 25)),
        ip_network((v6 + (0x1000 << 64), 64)),
        ip_network((v6 + (0x2000 << 64), 64)),
    ]


def _buying(random: Random, world: World, link: Link) -> Link:
    """Perhaps let a member buy over the LAN what it has a contract for anyhow."""
    router, point = link.ends
    if point not in world.exchanges:
        return link
    members = {world.asn_of[port.node] for port in world.members(point)}
    sellers = [p for p in world.networks[world.asn_of[router]].providers if p in members]
    return replace(link, buys=tuple(sellers[:1])) if random.random() < 0.7 else link
