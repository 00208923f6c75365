"""Small made-up worlds, valley-free by construction, for laws that hold in all of them."""

from dataclasses import replace
from datetime import date
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import combinations, pairwise

from hypothesis import assume
from hypothesis import strategies as st

from mxpath.lab.coherence import problems
from mxpath.lab.elements import AutonomousSystem, ExchangePoint, Host, Link
from mxpath.lab.topology import World

_FIRST = 64496
_RELATIONS = ("none", "none", "provider", "provider", "peer")
_LAN = (IPv4Network("198.19.240.0/24"), IPv6Network("2001:db8:f000::/64"))


def host_of(asn: int) -> str:
    return f"h{asn}"


@st.composite
def hierarchies(draw: st.DrawFn, *, routers: int = 3) -> World:
    """2 to 7 networks of 1 to ``routers`` routers; who provides for whom does not hang on the numbers."""
    count = draw(st.integers(2, 7))
    asns = draw(st.permutations(range(_FIRST, _FIRST + count)))
    sizes = {asn: draw(st.integers(1, routers)) for asn in asns}
    names = {asn: tuple(f"r{asn}x{n}" for n in range(size)) for asn, size in sizes.items()}
    providers: dict[int, list[int]] = {asn: [] for asn in asns}
    peers: dict[int, list[int]] = {asn: [] for asn in asns}
    links = [link for asn in asns for link in _inside(draw, names[asn])]
    for upper, lower in combinations(asns, 2):
        relation = draw(st.sampled_from(_RELATIONS))
        if relation == "none":
            continue
        (providers if relation == "provider" else peers)[lower].append(upper)
        links += [
            _link(draw(st.sampled_from(names[upper])), draw(st.sampled_from(names[lower])))
            for _ in range(draw(st.integers(1, 2)))
        ]
    members = draw(st.lists(st.sampled_from(sorted(asns)), unique=True, max_size=count))
    links += [_link(draw(st.sampled_from(names[asn])), "IX") for asn in members]
    world = World(
        name="made",
        title="made",
        as_of=date(2026, 1, 1),
        sender=host_of(asns[0]),
        resolver=host_of(asns[0]),
        networks={
            asn: AutonomousSystem(
                name=str(asn),
                prefixes=(
                    ip_network(f"198.18.{16 * number}.0/20"),
                    ip_network(f"2001:db8:{number + 1:x}000::/36"),
                ),
                routers=names[asn],
                providers=tuple(providers[asn]),
                peers=tuple(peers[asn]),
            )
            for number, asn in enumerate(sorted(asns))
        },
        hosts={host_of(asn): Host(router=names[asn][0]) for asn in asns},
        links=tuple(links),
        exchanges={
            "IX": ExchangePoint(id=1, lan_v4=_LAN[0], lan_v6=_LAN[1], route_server_asn=64511)
        },
    )
    assert list(problems(world)) == []
    return world


@st.composite
def with_policies(draw: st.DrawFn, *, prefer: bool) -> World:
    """A hierarchy in which some peers are siblings, and some neighbours are preferred."""
    world = draw(hierarchies())
    networks = dict(world.networks)
    for asn, network in world.networks.items():
        siblings = tuple(peer for peer in network.peers if draw(st.booleans()))
        peers = tuple(peer for peer in network.peers if peer not in siblings)
        near = (*network.providers, *network.peers)
        likes = (draw(st.sampled_from(near)),) if prefer and near and draw(st.booleans()) else ()
        networks[asn] = replace(network, peers=peers, siblings=siblings, prefer=likes)
    made = replace(world, networks=networks)
    assume(not list(problems(made)))
    return made


def _inside(draw: st.DrawFn, names: tuple[str, ...]) -> list[Link]:
    """A chain through all routers, and maybe a wire that closes it."""
    links = [_link(one, other) for one, other in pairwise(names)]
    if len(names) > 2 and draw(st.booleans()):
        links.append(_link(names[0], names[-1]))
    return links


def _link(one: str, other: str) -> Link:
    return Link(ends=(one, other), delay_ms=1.0)
