"""Addresses of a made Internet: blocks that registries gave, and prefixes that networks announce.

The law
-------
1. Registries give *blocks*; no two overlap. A block is its holder's, or an exchange point's
   LAN. Large ones go to large networks, but not strictly.
2. A holder announces its block whole (mostly) and parts of it, most of them /24 or /48; a
   few parts are a customer's. A LAN is announced by nobody, a few by a member: then the
   exchange point has to be asked for before the origin.
3. 1 % of prefixes have a second origin (MOAS); two in ten thousand end in a set of both.
4. It is global unicast space, for documentation space holds no million prefixes; nothing is
   ever sent there, and no /8 of it has a special purpose.

IPv6 prefixes are at most 64 bits long, so the first halves of the addresses will do.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mxpath.errors import InputError
from mxpath.lab.internet_exchanges import Points
from mxpath.lab.internet_networks import (
    REGISTRY_OF,
    Ints,
    Networks,
    Random,
    drawn,
    generator,
    power_law,
)

BITS = {4: 32, 6: 64}
"""Bits of the numbers that addresses are told in, by family."""
DEEPEST = {4: 24, 6: 48}
"""No shorter prefix lies inside one of this length."""
NOBODY = -1
MOST_NETWORKS = 90_000
_LAN_FIRST_LENGTH = {4: 24, 6: 64}

_ROOTS_A_NETWORK = {4: 5.4, 6: 0.85}
_PARTS_A_NETWORK = {4: 8.6, 6: 2.4}
_WITH_IPV6 = (0.45, 0.85)
"""Share of stubs, and of carriers, that have IPv6."""
_ROOT_LENGTHS = {
    4: "8 .03 9 .02 10 .08 11 .2 12 .55 13 1.1 14 2.1 15 3.4 16 22 17 12 18 23 19 45 20 68 21 60 22 "
    "210 23 115 24 440",
    6: "20 .1 24 .3 28 5 29 80 30 6 31 6 32 560 36 12 40 20 44 30 48 280",
}
"""Lengths of blocks, each with its share in a thousand."""
_PART_LENGTHS = {
    4: "1 7 2 10 3 7 4 7 0 69",
    6: "4 10 8 10 12 8 16 10 0 62",
}
"""How much longer parts are than their block, 0 for the deepest; shares in a hundred."""
_WHOLE = 0.96
_HUNGER, _EAGER = 0.65, 0.5
"""Tails of how many blocks a network wants, and how many parts it announces."""
_REPEATS = 1.08
"""Some parts are drawn twice, and are one."""
_CUSTOMERS_PART = 0.05
_LAN_ANNOUNCED = 0.1
_TWO_ORIGINS, _ORIGIN_SET = 0.01, 0.0002


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blocks:
    """What registries gave out in one family, ascending, shape (n,) each."""

    starts: NDArray[np.uint64]
    lengths: Ints
    holders: Ints
    """Network that holds it; a member for a LAN."""
    points: Ints
    """Exchange point whose LAN it is, ``NOBODY`` for others."""
    registries: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Announced:
    """Prefixes of one family, ascending, the shorter first, shape (n,) each."""

    starts: NDArray[np.uint64]
    lengths: Ints
    blocks: Ints
    """Row of the block that it lies in."""
    origins: Ints
    """Network that announces it."""
    seconds: Ints
    """Another that does, ``NOBODY`` for most."""
    sets: NDArray[np.bool_]
    """Whether its AS path ends in a set of both."""

    def __len__(self) -> int:
        return len(self.starts)


def make_blocks(version: int, networks: Networks, points: Points, *, seed: int) -> Blocks:
    """Give out the blocks of one family.

    Raises
    ------
    InputError
        When there are more than the address space holds.
    """
    random = generator(seed, f"blocks {version}")
    holders = _holders(random, version, networks)
    lengths = _fitting(random, version, holders, networks)
    lan_lengths = np.full(len(points), _LAN_FIRST_LENGTH[version])
    if version == 4:
        # One address in three of a LAN stays free, as its members' number grows.
        lan_lengths = 32 - np.ceil(np.log2(points.sizes * 1.5 + 3)).astype(np.int64).clip(8, 12)
    holders = np.concatenate([holders, points.holders])
    lengths = np.concatenate([lengths, lan_lengths])
    lans = np.concatenate([np.full(len(holders) - len(points), NOBODY), np.arange(len(points))])
    countries = np.where(lans < 0, networks.countries[holders], points.countries[lans])
    registries = REGISTRY_OF[countries]
    order = np.lexsort([random.random(len(lengths)), lengths, registries])
    starts = _placed(version, lengths[order], registries[order])
    return Blocks(
        starts=starts,
        lengths=lengths[order],
        holders=holders[order],
        points=lans[order],
        registries=registries[order],
    )


def _table(text: str) -> tuple[Ints, NDArray[np.float64]]:
    words = text.split()
    return np.array(words[::2], dtype=np.int64), np.array(words[1::2], dtype=float)


def _holders(random: Random, version: int, networks: Networks) -> Ints:
    """Who gets each block: everybody one, the others by a heavy-tailed hunger."""
    count = len(networks)
    with_it = np.arange(count)
    if version == 6:
        share = np.where(with_it < networks.transit, _WITH_IPV6[1], _WITH_IPV6[0])
        with_it = with_it[random.random(count) < share]
    more = max(0, round(_ROOTS_A_NETWORK[version] * count) - len(with_it))
    hunger = (1 - random.random(len(with_it))) ** -_HUNGER * np.where(
        with_it < networks.transit, 3, 1
    )
    return np.sort(np.concatenate([with_it, with_it[drawn(random, hunger, more)]]))


def _fitting(random: Random, version: int, holders: Ints, networks: Networks) -> Ints:
    """A length for each block: the larger the network, the larger its blocks, not strictly."""
    choices, weights = _table(_ROOT_LENGTHS[version])
    lengths = np.sort(choices[drawn(random, weights, len(holders))])
    size = -np.log1p(holders) + 3.0 * random.random(len(holders)) * (holders < networks.transit)
    found = np.empty_like(lengths)
    found[np.argsort(-size - 9.0 * random.random(len(size)))] = lengths
    return found


def _placed(version: int, lengths: Ints, registries: Ints) -> NDArray[np.uint64]:
    """First address of each block; the rows are sorted by registry, the largest first."""
    sizes = 1 << (BITS[version] - lengths)
    starts = np.empty(len(lengths), dtype=np.uint64)
    used = 0
    for registry in range(int(registries.max()) + 1):
        rows = np.flatnonzero(registries == registry)
        before = np.cumsum(sizes[rows]) - sizes[rows]
        if version == 6:
            starts[rows] = (np.int64(_IPV6_FIRST[registry]) << 32) + before
            continue
        pages = used + (before >> 24)
        used = int(pages[-1]) + 1 if len(rows) else used
        if used > len(_PAGES):
            raise InputError(f"{MOST_NETWORKS:,} networks are as many as IPv4 has space for")
        starts[rows] = (_PAGES[pages] << 24) + (before & 0xFFFFFF)
        # A block of more than a /8 does not occur, and smaller ones never straddle two.
    return starts


_PAGES = np.setdiff1d(np.arange(1, 224), [10, 100, 127, 169, 172, 192, 198, 203])
"""First octets behind which nothing has a special purpose."""
_IPV6_FIRST = (0x2C000000, 0x24000000, 0x26000000, 0x28000000, 0x2A000000)
"""First 32 bits of what each registry gives out, in the order of ``REGISTRIES``."""


def announce(
    version: int, networks: Networks, blocks: Blocks, transit: Ints, *, seed: int
) -> Announced:
    """Let holders announce their blocks, and parts of them."""
    random = generator(seed, f"announcements {version}")
    whole = np.flatnonzero(
        random.random(len(blocks.starts)) < np.where(blocks.points < 0, _WHOLE, _LAN_ANNOUNCED)
    )
    eager = (1 - generator(seed, "eager").random(len(networks))) ** -_EAGER
    parts, starts, lengths = _parts(random, version, blocks, eager)
    chosen = np.concatenate([whole, parts])
    starts = np.concatenate([blocks.starts[whole], starts])
    lengths = np.concatenate([blocks.lengths[whole], lengths])
    order = np.lexsort([lengths, starts])
    kept = np.ones(len(order), dtype=bool)
    kept[1:] = (np.diff(starts[order]) != 0) | (np.diff(lengths[order]) != 0)
    order = order[kept]
    chosen, starts, lengths = chosen[order], starts[order], lengths[order]
    origins = blocks.holders[chosen]
    part = (lengths > blocks.lengths[chosen]) & (random.random(len(chosen)) < _CUSTOMERS_PART)
    origins[part] = _customers_of(random, origins[part], transit, len(networks))
    seconds, sets = _second_origins(random, networks, origins)
    return Announced(
        starts=starts, lengths=lengths, blocks=chosen, origins=origins, seconds=seconds, sets=sets
    )


def _parts(
    random: Random, version: int, blocks: Blocks, eager: NDArray[np.float64]
) -> tuple[Ints, NDArray[np.uint64], Ints]:
    """Block, first address and length of each part; some holders cut up much, by ``eager``."""
    room = np.where(blocks.points < 0, DEEPEST[version] - blocks.lengths, 0).clip(0)
    sums = np.cumsum(room**1.5 * eager[blocks.holders])
    wanted = round(_PARTS_A_NETWORK[version] * len(eager) * _REPEATS)
    found = np.searchsorted(sums, random.random(wanted) * sums[-1], side="right")
    choices, weights = _table(_PART_LENGTHS[version])
    deeper = choices[drawn(random, weights, wanted)]
    deeper = np.where((deeper == 0) | (deeper > room[found]), room[found], deeper)
    lengths = blocks.lengths[found] + deeper
    # Parts are taken from the front: blocks fill up, and neighbours are neighbours.
    place = power_law(random.random(wanted), np.int64(1) << deeper, 0.35)
    shift = (BITS[version] - lengths).astype(np.uint64)
    return found, blocks.starts[found] + (place.astype(np.uint64) << shift), lengths


def _customers_of(random: Random, providers: Ints, transit: Ints, count: int) -> Ints:
    """A customer of each, itself where it has none."""
    begins = np.searchsorted(transit[:, 0], np.arange(count + 1))
    have = np.diff(begins)[providers]
    at = begins[providers] + (random.random(len(providers)) * have).astype(np.int64)
    return np.where(have > 0, transit[at.clip(0, len(transit) - 1), 1], providers)


def _second_origins(
    random: Random, networks: Networks, origins: Ints
) -> tuple[Ints, NDArray[np.bool_]]:
    """A second origin for a few, and for which of them the path ends in a set."""
    luck = random.random(len(origins))
    others = np.minimum(
        origins + 1 + (random.random(len(origins)) * 50).astype(np.int64), len(networks) - 1
    )
    two = (luck < _TWO_ORIGINS) & (others != origins)
    return np.where(two, others, NOBODY), two & (luck < _ORIGIN_SET)
