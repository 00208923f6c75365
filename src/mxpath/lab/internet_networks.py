"""Networks of a made Internet: who they are, where they are registered, who pays whom.

The law
-------
1. Networks stand in an order of size. A provider stands before its customer, so nobody is
   his own provider by any way round.
2. The first few are the clique: no providers, all of them peers of each other. Everybody
   else has a provider, and so reaches the clique.
3. 15 % carry traffic of others, each of at least one; the rest are stubs (in CAIDA's file
   of December 2018: 15.2 %).
4. A provider is taken among those of one's country, of one's registry, or among the big
   carriers, by a power law of size: a few have thousands of customers, most have two.
5. 40 % of networks have one provider, nearly as many two, few more; carriers have one more.
Peers are made where they meet (internet_exchanges.py).
"""

from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Random = np.random.Generator

FIRST_ASN = 1_000_000
"""AS numbers count up from here: IANA has assigned none between 402,332 and the private ones, so
they are nobody's, while no reader leaves them out as private or reserved."""
REGISTRIES = ("afrinic", "apnic", "arin", "lacnic", "ripencc")
_COUNTRIES = (
    "ZA 700 NG 250 KE 200 TZ 130 GH 110 EG 80 MU 60",
    "IN 3500 AU 2600 ID 2600 BD 1500 JP 1000 HK 900 CN 900 KR 900 SG 700 NZ 600 VN 500 PH 500",
    "US 18000 CA 2000 PR 120",
    "BR 9000 AR 1300 CO 600 MX 600 CL 450 EC 250 PE 250",
    (
        "RU 5600 DE 3200 GB 2900 PL 2400 UA 2200 FR 1600 NL 1400 ES 1300 IT 1300 RO 1200 CH 900 CZ 900 "
        "SE 900 TR 800 AT 700 BG 700 IR 700 DK 500 NO 500 BE 400 FI 400 IE 300 KZ 200 PT 200 RS 200"
    ),
)
"""Countries of each registry, and how many networks each has of about 77,000 (a rough shape)."""
_PROVIDERS = (0.47, 0.37, 0.10, 0.033, 0.014, 0.007, 0.004, 0.002)
"""Shares of networks that ask for 1, 2, … 8 providers; some ask one twice.
Carriers have one more."""
_CARRIERS, _STEEP_CARRIERS, _STEEP_REGISTRY, _STEEP_COUNTRY = 0.58, 0.62, 0.95, 0.95
_SAME_ORGANISATION = 0.07


def generator(seed: int, part: str) -> Random:
    """Return the random numbers of one part, so that a change of one leaves the others."""
    return np.random.Generator(np.random.PCG64([seed, crc32(part.encode())]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Networks:
    """Networks by size, the largest first; shape (n,) each."""

    asns: Ints
    countries: Ints
    """Place in :data:`COUNTRIES`."""
    organisations: Ints
    """Number of the organisation; equal ones are siblings."""
    clique: int
    """So many of the first are the clique."""
    transit: int
    """So many of the first have customers, the clique among them."""

    def __len__(self) -> int:
        return len(self.asns)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Country:
    """A country, and the registry that serves it (its place in :data:`REGISTRIES`)."""

    code: str
    registry: int
    weight: int


def _countries() -> tuple[Country, ...]:
    pairs = [(n, line.split()) for n, line in enumerate(_COUNTRIES)]
    return tuple(
        Country(code=code, registry=registry, weight=int(weight))
        for registry, words in pairs
        for code, weight in zip(words[::2], words[1::2], strict=True)
    )


COUNTRIES = _countries()
REGISTRY_OF = np.array([country.registry for country in COUNTRIES])
"""Registry of each country."""
WEIGHTS = np.array([country.weight for country in COUNTRIES], dtype=float)


def make_networks(count: int, *, seed: int) -> Networks:
    """Make networks; equal arguments give equal ones."""
    random = generator(seed, "networks")
    clique, transit = min(16, max(4, count // 40)), round(0.15 * count)
    countries = drawn(random, WEIGHTS, count)
    # The first customer of each carrier is at home where the carrier is (see make_transit).
    countries[transit : 2 * transit - clique] = countries[clique:transit]
    numbers = random.permutation(count)
    return Networks(
        asns=FIRST_ASN + numbers,
        countries=countries,
        organisations=_organisations(random, countries),
        clique=clique,
        transit=transit,
    )


def drawn(random: Random, weights: NDArray[np.float64], count: int) -> Ints:
    """Return ``count`` places, each as often as it weighs."""
    sums = np.cumsum(weights)
    found: Ints = np.searchsorted(sums, random.random(count) * sums[-1], side="right")
    return found


def _organisations(random: Random, countries: Ints) -> Ints:
    """Most networks have an organisation of their own; some join an earlier one of their country."""
    found = np.arange(len(countries))
    for country in range(len(COUNTRIES)):
        held = np.flatnonzero(countries == country)
        joins = np.flatnonzero(random.random(len(held)) < _SAME_ORGANISATION)
        joins = joins[joins > 0]
        others = power_law(random.random(len(joins)), joins, 0.3)
        for place, other in zip(joins.tolist(), others.tolist(), strict=True):
            found[held[place]] = found[held[other]]
    return found


def power_law(uniform: NDArray[np.float64], sizes: Ints, steep: float) -> Ints:
    """Return a place below each size, the first ones the more often the steeper.

    Parameters
    ----------
    uniform
        Random numbers from 0 to 1, shape (n,).
    sizes
        How many places there are, at least 1, shape (n,).
    steep
        Place k is taken about as often as ``(k + 1) ** -steep`` says; not 1.
    """
    rest = 1 - steep
    found = (uniform * ((sizes + 1.0) ** rest - 1) + 1) ** (1 / rest) - 1
    return np.minimum(found.astype(np.int64), sizes - 1)


def make_transit(networks: Networks, *, seed: int) -> Ints:
    """Return who pays whom: rows of provider and customer, shape (links, 2), ascending."""
    random = generator(seed, "transit")
    count, clique, transit = len(networks), networks.clique, networks.transit
    wanted = drawn(random, np.array(_PROVIDERS), count) + 1
    wanted[clique:transit] += 1
    wanted[:clique] = 0
    customers = np.repeat(np.arange(count), wanted)
    providers = _chosen(random, networks, customers)
    anchors = np.arange(clique, transit)
    first = np.cumsum(wanted) - wanted
    providers[first[anchors + transit - clique]] = anchors
    return np.unique(np.stack([providers, customers], axis=1), axis=0)


def _chosen(random: Random, networks: Networks, customers: Ints) -> Ints:
    """A provider for each row: of one's country, else of one's registry, else a carrier."""
    upper, carriers = 2 * networks.clique, max(2 * networks.clique, len(networks) // 400)
    sizes = np.minimum(customers, np.where(customers < networks.transit, upper, carriers))
    how = random.random(len(customers))
    found = power_law(random.random(len(how)), sizes, _STEEP_CARRIERS)
    of_registry = REGISTRY_OF[networks.countries]
    for groups, asking, steep in (
        (of_registry, how > _CARRIERS, _STEEP_REGISTRY),
        (networks.countries, how > (1 + _CARRIERS) / 2, _STEEP_COUNTRY),
    ):
        nearby = _nearby(random, groups, networks.transit, customers, steep)
        use = asking & (nearby >= 0)
        found[use] = nearby[use]
    return found


def _nearby(random: Random, groups: Ints, transit: int, customers: Ints, steep: float) -> Ints:
    """A carrier of the customer's group that stands before it; -1 where there is none."""
    found = np.full(len(customers), -1)
    for group in range(int(groups.max()) + 1):
        rows = np.flatnonzero(groups[customers] == group)
        members = np.flatnonzero(groups[:transit] == group)
        before = np.searchsorted(members, customers[rows])
        rows, before = rows[before > 0], before[before > 0]
        found[rows] = (
            members[power_law(random.random(len(rows)), before, steep)] if len(rows) else 0
        )
    return found
