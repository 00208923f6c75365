"""A made world of forty routers: what bring-up costs, and a hard test of equal choices."""

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
