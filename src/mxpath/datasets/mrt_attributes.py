"""Path attributes of many routes at once: each distinct block of octets is read once.

The law
-------
1. The same block recurs for many prefixes, so blocks are told apart by their
   octets (:class:`Blocks`), and the columns have one row a block.
2. An attribute that runs over the end of its block damages the route: RFC 4271
   says nothing more can be trusted. An attribute that is whole, but whose
   length or content is not what its type wants, is left out alone (RFC 7606,
   attribute discard) and counted.
3. Of an attribute that comes twice, the first counts (RFC 7606 section 3 g).
4. AGGREGATOR has 6 or 8 octets, and its length says which. One that names
   AS_TRANS gives way to AS4_AGGREGATOR; one that names another network says that
   AS4_AGGREGATOR and AS4_PATH are stale (RFC 6793 section 4.2.3).
5. MP_REACH_NLRI is whole, or shortened to its next hop as TABLE_DUMP_V2 wants
   it (RFC 6396 section 4.3.4): a first octet of 0 is the family's, not a length.
"""

from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mxpath.datasets.mrt_octets import Flags, Ints, Octets, offsets_of, spread, strides
from mxpath.datasets.mrt_paths import Paths, read_paths

ORIGIN, AS_PATH, NEXT_HOP, MED, LOCAL_PREF, ATOMIC_AGGREGATE, AGGREGATOR = 1, 2, 3, 4, 5, 6, 7
COMMUNITIES, ORIGINATOR_ID, CLUSTER_LIST, MP_REACH, MP_UNREACH = 8, 9, 10, 14, 15
EXTENDED, AS4_PATH, AS4_AGGREGATOR, LARGE = 16, 17, 18, 32
READ_TYPES = (
    ORIGIN,
    AS_PATH,
    NEXT_HOP,
    MED,
    LOCAL_PREF,
    ATOMIC_AGGREGATE,
    AGGREGATOR,
    COMMUNITIES,
    ORIGINATOR_ID,
    CLUSTER_LIST,
    MP_REACH,
    MP_UNREACH,
    EXTENDED,
    AS4_PATH,
    AS4_AGGREGATOR,
    LARGE,
)
AS_TRANS = 23456

AS4, SHORTENED, ADD_PATH = 1, 2, 4
"""How a block is to be read: four-octet AS numbers; out of TABLE_DUMP_V2; path identifiers."""

_SLOTS = np.zeros(256, np.int64)
_SLOTS[list(READ_TYPES)] = np.arange(1, len(READ_TYPES) + 1)
_EXTENDED_LENGTH = 0x10
_NUMBERS = (NEXT_HOP, MED, LOCAL_PREF, ORIGINATOR_ID)
_NOWHERE = 2**62


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ragged:
    """Values of n rows, one row after the other."""

    offsets: Ints
    """Where each row's values begin, shape (n + 1,)."""
    values: NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Attributes:
    """Columns of n distinct attribute blocks. What ``has`` denies is 0 in its column."""

    present: NDArray[np.uint64]
    """Bit t is set when attribute type t (below 64) is there and whole, read or not."""
    origin: NDArray[np.uint8]
    """0 IGP, 1 EGP, 2 INCOMPLETE."""
    paths: Paths
    next_hop: NDArray[np.uint32]
    """NEXT_HOP: an IPv4 address."""
    reach_next_hop: NDArray[np.uint8]
    """Next hop of MP_REACH_NLRI, an IPv4 one in the first four octets, shape (n, 16)."""
    reach_version: NDArray[np.uint8]
    """4 or 6; 0 without MP_REACH_NLRI."""
    link_local: NDArray[np.uint8]
    """The link-local next hop beside it (RFC 2545), zeros without one, shape (n, 16)."""
    med: NDArray[np.uint32]
    local_pref: NDArray[np.uint32]
    aggregator_asn: NDArray[np.uint32]
    aggregator_address: NDArray[np.uint32]
    communities: Ragged
    """RFC 1997, 32 bits each."""
    extended_communities: Ragged
    """RFC 4360, 64 bits each."""
    large_communities: Ragged
    """RFC 8092, values of shape (k, 3)."""
    originator_id: NDArray[np.uint32]
    """RFC 4456."""
    clusters: Ragged
    """CLUSTER_LIST (RFC 4456), 32 bits each."""

    def __len__(self) -> int:
        return len(self.origin)

    def has(self, kind: int) -> Flags:
        """Return which blocks have an attribute of this type, shape (n,)."""
        found: Flags = (self.present >> np.uint64(kind)) & np.uint64(1) == 1
        return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """What was found in the blocks of one stretch."""

    octets: Octets
    """The buffer that holds the blocks."""
    forms: Ints
    """How each block was read."""
    attributes: Attributes
    broken: Flags
    """Blocks whose attributes run over their end (law 2)."""
    reach: tuple[Ints, Ints, Ints]
    """MP_REACH_NLRI: family (AFI << 8 | SAFI, 0 without), where its prefixes begin and end."""
    unreach: tuple[Ints, Ints, Ints]
    """The same of MP_UNREACH_NLRI."""
    discarded: dict[int, int]
    """How many attributes of each type were left out."""


class Blocks:
    """Attribute blocks of one stretch, each kept once a way of reading."""

    def __init__(self, octets: Octets) -> None:
        self._octets = octets
        self._known: dict[int, dict[bytes, int]] = {}
        # What is noted at the octet where a block was first seen: its number.
        self._numbers = np.empty(octets.size + 1, np.int64)
        self._found: list[tuple[Ints, Ints, int]] = []
        self._count = 0

    def number(self, form: int, first: Ints, last: Ints) -> Ints:
        """Return the number of each block that begins and ends so, known or new."""
        known = self._known.setdefault(form, {})
        before, data, first_seen = len(known), self._octets.data, known.setdefault
        places = zip(first.tolist(), last.tolist(), strict=True)
        at = np.array([first_seen(data[begin:end], begin) for begin, end in places], np.int64)
        new = np.fromiter(islice(known.values(), before, None), np.int64)
        self._numbers[new] = np.arange(self._count, self._count + len(new))
        numbers = self._numbers[at]
        fresh = numbers >= self._count
        sizes = np.empty(len(new), np.int64)
        sizes[numbers[fresh] - self._count] = (last - first)[fresh]
        self._found.append((new, new + sizes, form))
        self._count += len(new)
        return numbers

    def read(self) -> Reading:
        """Read every block once."""
        nothing = np.zeros(0, np.int64)
        first = np.concatenate([nothing, *(part[0] for part in self._found)])
        last = np.concatenate([nothing, *(part[1] for part in self._found)])
        forms = [np.full(len(part[0]), part[2]) for part in self._found]
        return _Reader(self._octets, first, last, np.concatenate([nothing, *forms])).read()


class _Reader:
    """One reading of many blocks: every method fills the columns of a few types."""

    def __init__(self, octets: Octets, first: Ints, last: Ints, forms: Ints) -> None:
        self.octets, self.forms, self.size = octets, forms, len(first)
        counts, at, self.broken = strides(first, last, self._after)
        rows = np.repeat(np.arange(self.size), counts)
        kinds = octets.u8(at + 1)
        self.present = np.zeros(self.size, np.uint64)
        low = kinds < 64
        np.bitwise_or.at(self.present, rows[low], np.uint64(1) << kinds[low].astype(np.uint64))
        heads = np.full((len(READ_TYPES) + 1) * self.size, _NOWHERE)
        cells = _SLOTS[kinds] * self.size + rows
        heads[cells] = at
        again = heads[cells] != at
        np.minimum.at(heads, cells[again], at[again])  # the first of a type counts
        self._heads = heads.reshape(len(READ_TYPES) + 1, self.size)
        self.discarded: dict[int, int] = {}

    def _after(self, at: Ints) -> Ints:
        long = self.octets.u8(at) & _EXTENDED_LENGTH > 0
        short_length = self.octets.u8(at + 2)
        return np.where(long, at + 4 + self.octets.u16(at + 2), at + 3 + short_length)

    def _values(self, kind: int) -> tuple[Ints, Ints, Ints]:
        """Return the rows that have an attribute, and where its value begins and ends."""
        heads = self._heads[_SLOTS[kind]]
        rows = np.flatnonzero((heads < _NOWHERE) & ~self.broken)
        at = heads[rows]
        first = at + 3 + ((self.octets.u8(at) & _EXTENDED_LENGTH) >> 4)
        return rows, first, self._after(at)

    def _discard(self, kind: int, rows: Ints) -> None:
        if len(rows):
            self.present[rows] &= ~np.uint64(1 << kind)
            self.discarded[kind] = self.discarded.get(kind, 0) + len(rows)

    def _sized(self, kind: int, fits: Any) -> tuple[Ints, Ints, Ints]:
        """Return the values of an attribute whose lengths fit, and leave out the others."""
        rows, first, last = self._values(kind)
        good = fits(last - first)
        self._discard(kind, rows[~good])
        return rows[good], first[good], last[good]

    def _numbers(self, kind: int) -> NDArray[np.uint32]:
        column = np.zeros(self.size, np.uint32)
        rows, first, _ = self._sized(kind, lambda length: length == 4)
        column[rows] = self.octets.u32(first)
        return column

    def _lists(self, kind: int, width: int) -> tuple[Ints, Ints]:
        """Return where each row's values begin, and the place of each value."""
        rows, first, last = self._sized(kind, lambda length: length % width == 0)
        counts = np.zeros(self.size, np.int64)
        counts[rows] = (last - first) // width
        return offsets_of(counts), spread(first, counts[rows], width)

    def _origin(self) -> NDArray[np.uint8]:
        column = np.zeros(self.size, np.uint8)
        rows, first, _ = self._sized(ORIGIN, lambda length: length == 1)
        values = self.octets.u8(first)
        self._discard(ORIGIN, rows[values > 2])
        column[rows] = np.where(values > 2, 0, values)
        return column

    def _aggregators(self, kind: int) -> tuple[Ints, NDArray[np.uint32], NDArray[np.uint32]]:
        rows, first, last = self._sized(kind, lambda length: (length == 8) | (length == 6))
        wide = last - first == 8
        asns = np.where(wide, self.octets.u32(first), self.octets.u16(first)).astype(np.uint32)
        return rows, asns, self.octets.u32(last - 4)

    def _aggregator(self) -> tuple[NDArray[np.uint32], NDArray[np.uint32], Ints]:
        """Return the two columns, and the rows whose AS4 attributes are stale (law 4)."""
        asns, addresses = np.zeros(self.size, np.uint32), np.zeros(self.size, np.uint32)
        rows, found, where = self._aggregators(AGGREGATOR)
        asns[rows], addresses[rows] = found, where
        rows4, found4, where4 = self._aggregators(AS4_AGGREGATOR)
        named = np.zeros(self.size, np.bool_)
        named[rows] = True
        both = named[rows4] & (self.forms[rows4] & AS4 == 0)
        rows4, found4, where4 = rows4[both], found4[both], where4[both]
        fresh = asns[rows4] == AS_TRANS
        asns[rows4[fresh]], addresses[rows4[fresh]] = found4[fresh], where4[fresh]
        return asns, addresses, rows4[~fresh]

    def _paths(self, stale: Ints) -> Paths:
        paths, paths4 = self._bounds(AS_PATH), self._bounds(AS4_PATH)
        unused = self.forms & AS4 > 0
        unused[stale] = True
        paths4[1][unused] = paths4[0][unused]
        widths = np.where(self.forms & AS4, 4, 2)
        found, broken, broken4 = read_paths(self.octets, paths, widths, paths4)
        self._discard(AS_PATH, np.flatnonzero(broken))
        self._discard(AS4_PATH, np.flatnonzero(broken4))
        return found

    def _bounds(self, kind: int) -> tuple[Ints, Ints]:
        first, last = np.zeros(self.size, np.int64), np.zeros(self.size, np.int64)
        rows, begins, ends = self._values(kind)
        first[rows], last[rows] = begins, ends
        return first, last

    def _reach(self) -> tuple[list[NDArray[np.uint8]], tuple[Ints, Ints, Ints]]:
        """Read next hops and their versions, family and the place of the prefixes (law 5)."""
        rows, first, last = self._values(MP_REACH)
        short = (self.forms[rows] & SHORTENED > 0) & (self.octets.u8(first) != 0)
        size_at = np.where(short, first, first + 3)
        size = self.octets.u8(size_at)
        after = size_at + 1 + size + ~short
        good = (after <= last) & (first < last)
        self._discard(MP_REACH, rows[~good])
        rows, first, last, short = rows[good], first[good], last[good], short[good]
        size_at, size, after = size_at[good], size[good], after[good]
        versions, hops = np.zeros(self.size, np.uint8), np.zeros((self.size, 16), np.uint8)
        versions[rows] = np.select([size == 4, (size == 16) | (size == 32)], [4, 6], 0)
        hops[rows] = self.octets.sixteen(size_at + 1)
        hops[versions == 4, 4:] = 0
        hops[versions == 0] = 0
        local = np.zeros((self.size, 16), np.uint8)
        both = size == 32
        local[rows[both]] = self.octets.sixteen(size_at[both] + 17)
        family = np.where(short, 0, self._family(first))
        return [hops, versions, local], self._scatter(rows, family, after, last)

    def _unreach(self) -> tuple[Ints, Ints, Ints]:
        rows, first, last = self._sized(MP_UNREACH, lambda length: length >= 3)
        return self._scatter(rows, self._family(first), first + 3, last)

    def _family(self, at: Ints) -> Ints:
        return self.octets.u16(at) << 8 | self.octets.u8(at + 2)

    def _scatter(self, rows: Ints, *columns: Ints) -> tuple[Ints, Ints, Ints]:
        full = [np.zeros(self.size, np.int64) for _ in columns]
        for wide, column in zip(full, columns, strict=True):
            wide[rows] = column
        return full[0], full[1], full[2]

    def read(self) -> Reading:
        """Fill all columns."""
        origin = self._origin()
        asns, addresses, stale = self._aggregator()
        paths = self._paths(stale)
        (hops, versions, local), reach = self._reach()
        unreach = self._unreach()
        communities, large_at = self._lists(COMMUNITIES, 4), self._lists(LARGE, 12)
        extended, clusters = self._lists(EXTENDED, 8), self._lists(CLUSTER_LIST, 4)
        large = self.octets.u32(np.add.outer(large_at[1], np.array([0, 4, 8])).ravel())
        columns = {kind: self._numbers(kind) for kind in _NUMBERS}
        return Reading(
            octets=self.octets,
            forms=self.forms,
            attributes=Attributes(
                present=self.present,
                origin=origin,
                paths=paths,
                next_hop=columns[NEXT_HOP],
                reach_next_hop=hops,
                reach_version=versions,
                link_local=local,
                med=columns[MED],
                local_pref=columns[LOCAL_PREF],
                aggregator_asn=asns,
                aggregator_address=addresses,
                communities=Ragged(offsets=communities[0], values=self.octets.u32(communities[1])),
                extended_communities=Ragged(
                    offsets=extended[0], values=self.octets.u64(extended[1])
                ),
                large_communities=Ragged(offsets=large_at[0], values=large.reshape(-1, 3)),
                originator_id=columns[ORIGINATOR_ID],
                clusters=Ragged(offsets=clusters[0], values=self.octets.u32(clusters[1])),
            ),
            broken=self.broken,
            reach=reach,
            unreach=unreach,
            discarded=self.discarded,
        )
