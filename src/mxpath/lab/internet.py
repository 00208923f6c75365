"""A made Internet: what 78,000 networks would publish about themselves, from a seed.

For whoever has no leave to share the real tables, or wants more than is at hand: the same
data sets in the same forms and of the same size, made from nothing but random numbers.
Equal arguments give equal Internets. Nothing of it is ever played on a wire.

Whose numbers
-------------
Address space is that of real tables (global unicast), since documentation space holds no million
prefixes; AS numbers begin at 1,000,000, which IANA has given to nobody. Private ones
(4,200,000,000 and on) would be left out by whoever rightly drops private networks from AS
paths, and numbers from 1 would be taken for those who hold them. Every file has the publisher "made Internet, seed N".

What makes it
-------------
``internet_networks`` (who pays whom), ``internet_exchanges`` (who meets where and peers),
``internet_addresses`` (who announces what), ``internet_rpki`` (who may), ``internet_routes`` (what
a collector's peers see of it), ``internet_table`` (their table as MRT), ``internet_files``
(everything else as files), ``internet_words`` (names). How like the real one it is, tests
count in ``tests/lab/test_internet.py``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from mxpath.errors import InputError
from mxpath.lab.internet_addresses import (
    MOST_NETWORKS,
    NOBODY,
    Announced,
    Blocks,
    announce,
    make_blocks,
)
from mxpath.lab.internet_exchanges import Peering, Points, make_peering, make_points
from mxpath.lab.internet_networks import Ints, Networks, make_networks, make_transit
from mxpath.lab.internet_routes import CUSTOMER, Routes, Routing
from mxpath.lab.internet_rpki import Payloads, make_payloads

AS_OF = date(2026, 11, 1)
"""The day that every made Internet stands for."""
NETWORKS, PEERS = 78_000, 10
FEWEST_NETWORKS, FEWEST_PEERS, MOST_PEERS = 200, 2, 60
FAMILIES = (4, 6)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Internet:
    """All that there is to know of a made Internet."""

    seed: int
    networks: Networks
    transit: Ints
    """Who pays whom: provider and customer, shape (links, 2)."""
    points: Points
    peering: Peering
    blocks: Mapping[int, Blocks]
    """By family, as the three below."""
    announced: Mapping[int, Announced]
    payloads: Mapping[int, Payloads]
    routes: tuple[Routes, ...]
    """What each peer of the collector tells; the last one of its customers alone."""

    @property
    def publisher(self) -> str:
        """Who made all of it up."""
        return f"made Internet, seed {self.seed}"


def make_internet(networks: int = NETWORKS, *, seed: int = 1, peers: int = PEERS) -> Internet:
    """Make an Internet.

    Parameters
    ----------
    networks
        How many there are.
    seed
        Any number from 0; another one gives another Internet of the same kind.
    peers
        How many networks tell the collector their table.

    Raises
    ------
    InputError
        When a number is out of bounds.
    """
    for name, number, least, most in (
        ("networks", networks, FEWEST_NETWORKS, MOST_NETWORKS),
        ("peers", peers, FEWEST_PEERS, MOST_PEERS),
        ("seed", seed, 0, 2**32 - 1),
    ):
        if not least <= number <= most:
            raise InputError(f"{name}: choose {least:,} to {most:,}, not {number:,}")
    made = make_networks(networks, seed=seed)
    transit = make_transit(made, seed=seed)
    points = make_points(made, seed=seed)
    peering = make_peering(made, points, transit, seed=seed)
    blocks = {v: make_blocks(v, made, points, seed=seed) for v in FAMILIES}
    announced = {v: announce(v, made, blocks[v], transit, seed=seed) for v in FAMILIES}
    routing = Routing(made, transit, peering.pairs)
    return Internet(
        seed=seed,
        networks=made,
        transit=transit,
        points=points,
        peering=peering,
        blocks=blocks,
        announced=announced,
        payloads={v: make_payloads(v, made, blocks[v], announced[v], seed=seed) for v in FAMILIES},
        routes=tuple(routing.routes_of(n) for n in _tellers(made, peering, peers)),
    )


def _tellers(networks: Networks, peering: Peering, count: int) -> list[int]:
    """The collector's peers: half of the clique, then who peers most; the last a mere carrier."""
    links = np.bincount(peering.pairs.ravel(), minlength=len(networks))
    links[: networks.clique] = 0
    upper = list(range(min(networks.clique, count // 2)))
    met = np.argsort(-links, kind="stable")[: count - len(upper) - 1].tolist()
    carriers = [n for n in range(networks.clique, networks.transit) if n not in met]
    return [*upper, *met, carriers[0]]


def told_by(internet: Internet, version: int) -> "np.typing.NDArray[np.int64]":
    """Return what each peer tells of each prefix, shape (peers, prefixes).

    It is the network at the end of the path; ``NOBODY`` where the peer tells nothing. Of
    two origins a peer prefers the one with the better route; were all agreed, the first
    peer would take the other, so that the collector sees both.
    """
    announced = internet.announced[version]
    first, second = announced.origins, announced.seconds
    two = second != NOBODY
    found = np.empty((len(internet.routes), len(announced)), dtype=np.int64)
    for row, routes in enumerate(internet.routes):
        rank = routes.kinds.astype(np.int64) * 256 + routes.hops
        found[row] = np.where(two & (rank[second] < rank[first]), second, first)
    agreed = two & ~announced.sets & (found[:-1] == found[0]).all(axis=0)
    found[0] = np.where(agreed, np.where(found[0] == first, second, first), found[0])
    last = internet.routes[-1]
    found[-1][last.kinds[found[-1]] != CUSTOMER] = NOBODY
    return found


def routes_told(internet: Internet) -> int:
    """Return how many routes the collector hears of."""
    return sum(int((told_by(internet, v) != NOBODY).sum()) for v in FAMILIES)
