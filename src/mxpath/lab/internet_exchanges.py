"""Exchange points of a made Internet: who is there, and who peers with whom.

The law
-------
1. One exchange point for 78 networks; the largest has some hundred times the members of the
   smallest. Some nine tenths of all networks are at none, a few are at very many.
2. Whoever is there is mostly of the country, else of the same registry, else from anywhere.
3. Members peer with some of the others; those with much appetite with most. The clique peers
   with nobody there, and nobody with one whom he pays or who pays him.
4. A few carriers peer besides over cables of their own.
"""

from dataclasses import dataclass

import numpy as np

from mxpath.lab.internet_networks import (
    COUNTRIES,
    FIRST_ASN,
    REGISTRY_OF,
    WEIGHTS,
    Ints,
    Networks,
    Random,
    drawn,
    generator,
    power_law,
)

NETWORKS_A_POINT = 78
_PORTS_A_NETWORK = 0.78
_SIZE_STEEP, _SIZE_FLAT, _LEAST_MEMBERS = 1.15, 1 / 65, 3
_HOME, _NEAR = 5.0, 2.0
"""What the same country, or the same registry, is worth in appetite, as a logarithm."""
_SPREAD, _KEEN = 0.7, 3.5
"""How far appetites differ, and what content networks have more, as logarithms."""
_LINKS_A_PORT, _HUB_STEEP = 7.0, 0.7
_PRIVATE = 0.15
"""Links over private cables for each network."""
_CONTENT = 0.004
"""Share of stubs that go to every exchange point they can."""
SPEEDS_MBPS = (1_000, 10_000, 100_000, 400_000)
_SPEED_WEIGHTS = np.array([0.22, 0.52, 0.23, 0.03])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Points:
    """Exchange points, shape (points,), and their ports, shape (ports,), point by point."""

    countries: Ints
    asns: Ints
    """Route server of each: no network of :class:`Networks`, and in nobody's AS path."""
    holders: Ints
    """A member that counts as the holder of the LAN's addresses."""
    port_points: Ints
    port_networks: Ints
    port_numbers: Ints
    """Place inside the LAN, from 1."""
    speeds_mbps: Ints

    def __len__(self) -> int:
        return len(self.asns)

    @property
    def sizes(self) -> Ints:
        """Members of each."""
        return np.bincount(self.port_points, minlength=len(self))


def make_points(networks: Networks, *, seed: int) -> Points:
    """Make exchange points and fill them with members."""
    random = generator(seed, "exchange points")
    count = max(3, len(networks) // NETWORKS_A_POINT)
    weights = (np.arange(1, count + 1) + _SIZE_FLAT * count) ** -_SIZE_STEEP
    wanted = weights / weights.sum() * len(networks) * _PORTS_A_NETWORK
    countries = drawn(random, WEIGHTS**0.7, count)
    appetite = _appetites(networks, random)
    here = np.flatnonzero(np.isfinite(appetite))
    members = [
        here[
            _invited(
                random, networks, appetite, here, (int(country), max(int(size), _LEAST_MEMBERS))
            )
        ]
        for country, size in zip(countries, wanted, strict=True)
    ]
    sizes = np.array([len(each) for each in members])
    ports = int(sizes.sum())
    return Points(
        countries=countries,
        asns=FIRST_ASN + len(networks) + np.arange(count),
        holders=np.array([each[-1] for each in members]),
        port_points=np.repeat(np.arange(count), sizes),
        port_networks=np.concatenate(members),
        port_numbers=np.concatenate([np.arange(1, size + 1) for size in sizes]),
        speeds_mbps=np.array(SPEEDS_MBPS)[drawn(random, _SPEED_WEIGHTS, ports)],
    )


def _appetites(networks: Networks, random: Random) -> "np.typing.NDArray[np.float64]":
    """How much each network wants to be at exchange points, as a logarithm; -inf for not at all."""
    count, transit = len(networks), networks.transit
    found = np.log(1 / (1 - random.random(count))) * _SPREAD
    content = random.random(count) < np.where(np.arange(count) < transit, 0.0, _CONTENT)
    stays = random.random(count) > np.where(np.arange(count) < transit, 0.65, 0.25)
    found[:transit] += 0.5
    found[content] += _KEEN
    found[stays & ~content] = -np.inf
    return found


def _invited(
    random: Random,
    networks: Networks,
    appetite: "np.typing.NDArray[np.float64]",
    here: Ints,
    wanted: tuple[int, int],
) -> Ints:
    """Places in ``here`` of the members of a point of a country and a size, keenest first."""
    country, size = wanted
    home = networks.countries[here]
    score = appetite[here] - np.log(-np.log(random.random(len(here))))
    score += np.where(home == country, _HOME, 0.0)
    score += np.where(REGISTRY_OF[home] == COUNTRIES[country].registry, _NEAR, 0.0)
    size = min(size, len(here))
    found = np.argpartition(-score, size - 1)[:size]
    return found[np.argsort(-appetite[here][found], kind="stable")]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Peering:
    """Links between peers, the lower place first, shape (links, 2), ascending."""

    pairs: Ints
    at_points: "np.typing.NDArray[np.bool_]"
    """Whether the two meet at an exchange point; else over a cable, shape (links,)."""


def make_peering(networks: Networks, points: Points, transit: Ints, *, seed: int) -> Peering:
    """Return who peers with whom, ``transit`` being who pays whom."""
    random = generator(seed, "peering")
    count, clique = len(networks), networks.clique
    met = _meetings(random, points)
    met = met[(met >= clique).all(axis=1)]
    own = _cables(random, networks)
    mesh = np.stack(np.triu_indices(clique, 1), axis=1)
    pays = transit[:, 0] * count + transit[:, 1]
    keys = [np.unique(pairs[:, 0] * count + pairs[:, 1]) for pairs in (met, own, mesh)]
    at_points, private = keys[0], np.union1d(keys[1], keys[2])
    private = np.setdiff1d(private, at_points)
    both = np.concatenate([at_points, private])
    order = np.argsort(both)
    links = both[order]
    free = ~np.isin(links, pays)
    return Peering(
        pairs=np.stack(np.divmod(links[free], count), axis=1),
        at_points=(order < len(at_points))[free],
    )


def _ascending(first: Ints, second: Ints) -> Ints:
    pairs: Ints = np.sort(np.stack([first, second], axis=1), axis=1)
    different: Ints = pairs[pairs[:, 0] != pairs[:, 1]]
    return different


def _meetings(random: Random, points: Points) -> Ints:
    """Pairs of members of the same point: a keen one and any."""
    sizes = points.sizes
    begins = np.cumsum(sizes) - sizes
    asked = np.minimum(sizes - 1, np.ceil(_LINKS_A_PORT)).astype(np.int64) * sizes
    point = np.repeat(np.arange(len(points)), asked)
    size, begin = sizes[point], begins[point]
    keen = begin + power_law(random.random(len(point)), size, _HUB_STEEP)
    other = begin + (random.random(len(point)) * size).astype(np.int64)
    return _ascending(points.port_networks[keen], points.port_networks[other])


def _cables(random: Random, networks: Networks) -> Ints:
    """Pairs of carriers, never of the clique."""
    wanted = int(len(networks) * _PRIVATE)
    carriers = np.full(wanted, max(2, networks.transit // 4))
    first, second = (
        networks.clique + power_law(random.random(wanted), carriers, steep) for steep in (0.6, 0.2)
    )
    return _ascending(first, second)
