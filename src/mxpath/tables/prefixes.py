"""Whose address range is this: look-up of the longest covering prefix, all origins kept.

The law
-------
1. A row is a range of addresses and its origins. A prefix is such a range, and
   so is a "start, end" pair that is no power of two.
2. Equal ranges are one range; their origins are united (MOAS keeps them all).
3. Where ranges overlap, the narrower one decides. For prefixes this is the
   longest match, for they never overlap but by nesting. Among equally narrow
   ranges that overlap only in part, the later start decides.
4. So the ranges are cut once into pieces that tile the whole address space, those
   of nobody included, and a look-up is one binary search.
5. A piece knows the length of the answer: that of the prefix it was cut from; a
   range that was no prefix is cut into its largest aligned blocks.
6. IPv4 and IPv6 are equals; an IPv6 key is two columns of 64 bits.
7. One look-up needs no numpy, for importing that costs more than a thousand
   look-ups; many at once use it (prefix_search.py).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING, Any, NamedTuple

from mxpath.model.address import IPAddress, Prefix
from mxpath.tables.columns import Column, Columns, Packed, packed, unpacked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NO_LENGTH = 255
"""Stands in the rows' length column for a range that is no prefix."""
NO_SET = 2**32 - 1
"""Stands in the pieces' set column for what nobody originates."""
BITS = {4: 32, 6: 128}

LOW = 2**64 - 1
_MASKS = {v: [(1 << bits) - (1 << bits - n) for n in range(bits + 1)] for v, bits in BITS.items()}
"""By family and prefix length: the bits of the network."""
_WORTH_NUMPY = 4_000
"""Fewer rows are cut without it sooner than it is imported."""


class OriginRow(NamedTuple):
    """A range of addresses and who originates it.

    A named tuple, not a dataclass: a table has a million of them, and they
    live for the time of one parse.
    """

    start: int
    end: int
    """Last address of the range, inclusive."""
    version: int
    """4 or 6."""
    origins: tuple[int, ...]
    length: int | None
    """Prefix length, ``None`` for a range that is given by its ends."""


def row_of(prefix: Prefix, origins: tuple[int, ...]) -> OriginRow:
    """Return the row of a prefix."""
    first, last = int(prefix.network_address), int(prefix.broadcast_address)
    return OriginRow(first, last, prefix.version, origins, prefix.prefixlen)


Match = tuple[int, int, tuple[int, ...]]
"""The answer to one address in numbers: first address and length of the prefix, origins."""

BUCKETS = 1 << 16
BUCKET_SHIFT = {4: 16, 6: 108}
FIRST_BUCKET = {4: 0, 6: 0x20000}
"""Buckets of addresses that share their first bits: all of IPv4, and 2000::/4 of IPv6, where
all addresses lie that are assigned. A look-up then searches among few pieces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Addresses in ascending order: 32 bits each, or 128 in two halves."""

    high: Column
    """IPv4 addresses, or the first 64 bits of IPv6 addresses."""
    low: Column
    """The last 64 bits; empty for IPv4."""

    def __len__(self) -> int:
        return len(self.high)

    def __getitem__(self, at: int) -> int:
        number: int = self.high[at]
        return number << 64 | self.low[at] if self.low else number

    def __iter__(self) -> Iterator[int]:
        return map(self.__getitem__, range(len(self)))

    def up_to(self, number: int, least: int = 0, most: int | None = None) -> int:
        """Return how many keys are ``number`` or less, if that is ``least`` to ``most``."""
        if not self.low:
            return bisect_right(self.high, number, least, most)
        high = number >> 64
        after = bisect_right(self.high, high, least, most)
        if after == least or self.high[after - 1] != high:
            return after
        return bisect_right(
            self.low, number & LOW, bisect_left(self.high, high, least, after), after
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixTable:
    """Ranges of one address family and the pieces they were cut into, both ascending."""

    version: int
    pieces: Keys
    """First address of each piece; the first is 0, and each ends where the next begins."""
    piece_lengths: Column
    """Length of the answer's prefix; 0 where nobody originates."""
    piece_sets: Column
    """Number of each piece's origin set, ``NO_SET`` where nobody originates."""
    buckets: Column
    """How many pieces begin at or before the first address of each bucket, and behind the last;
    empty for a small table."""
    starts: Keys
    """First address of each row; rows of equal start: the widest first."""
    ends: Keys
    """Last address of each row, inclusive (not in order)."""
    lengths: Column
    """Prefix length of each row, ``NO_LENGTH`` for a range."""
    sets: Column
    """Number of each row's origin set."""
    wide: Column
    """Rows that others begin or end in, ascending: no other row covers another."""
    around: Column
    """For each of ``wide``, one more than the place in it of the last one before that ends
    behind it; 0 for none."""
    offsets: Column
    """Where each origin set begins in ``origins``; one more than there are sets."""
    origins: Column
    """Origin sets one after the other."""
    _tuples: dict[int, tuple[int, ...]] = field(default_factory=dict, compare=False, repr=False)
    """Origin sets that were asked for."""

    @classmethod
    def of(cls, rows: Iterable[OriginRow], *, version: int) -> "PrefixTable":
        """Build from rows in any order; those of the other family are left out."""
        kept = [row for row in rows if row.version == version]
        if len(kept) < _WORTH_NUMPY:
            from mxpath.tables.prefix_pieces import cut  # noqa: PLC0415 - imports this file

            return cut(kept, version=version)
        from mxpath.tables import prefix_arrays  # noqa: PLC0415 - loads numpy

        return prefix_arrays.cut(prefix_arrays.Ranges.of(kept, version=version))

    @classmethod
    def of_columns(cls, columns: Columns, *, version: int) -> "PrefixTable":
        """Take the columns that :meth:`columns` gave.

        Raises
        ------
        KeyError
            When one is missing.
        """
        found: dict[str, Any] = {name: columns[name] for name in _PLAIN}
        for name in _KEYS:
            found[name] = Keys(high=columns[f"{name}_high"], low=columns[f"{name}_low"])
        return cls(version=version, **found)

    def columns(self) -> dict[str, Column]:
        """Return all columns by name."""
        found: dict[str, Column] = {}
        for name in _KEYS:
            keys: Keys = getattr(self, name)
            found |= {f"{name}_high": keys.high, f"{name}_low": keys.low}
        return found | {name: getattr(self, name) for name in _PLAIN}

    def __reduce__(self) -> tuple[Callable[[Packed, int], "PrefixTable"], tuple[Packed, int]]:
        """Pickle as columns: what is mapped has no other form that another process could take."""
        return _of_packed, (packed(self.columns()), self.version)

    def __len__(self) -> int:
        return len(self.starts)

    def match(self, number: int) -> Match | None:
        """Return the longest covering prefix of an address in numbers, ``None`` without one.

        Parameters
        ----------
        number
            The address, at least 0 and of no more bits than this family has.
        """
        if self.version == 4 and self.buckets:
            bucket = number >> 16
            least, most = self.buckets[bucket], self.buckets[bucket + 1]
            at = bisect_right(self.pieces.high, number, least, most) - 1
        else:
            at = self._piece(number)
        origin_set = self.piece_sets[at]
        if origin_set == NO_SET:
            return None
        length = self.piece_lengths[at]
        try:
            origins = self._tuples[origin_set]
        except KeyError:
            origins = self.origin_set(origin_set)
        return number & _MASKS[self.version][length], length, origins

    def _piece(self, number: int) -> int:
        bucket = (number >> BUCKET_SHIFT[self.version]) - FIRST_BUCKET[self.version]
        if self.buckets and 0 <= bucket < BUCKETS:
            return self.pieces.up_to(number, self.buckets[bucket], self.buckets[bucket + 1]) - 1
        return self.pieces.up_to(number) - 1

    def find(self, address: IPAddress) -> tuple[Prefix, tuple[int, ...]] | None:
        """Return the longest covering prefix and all its origins, ``None`` without one.

        An address of the other family is covered by nothing here.
        """
        if address.version != self.version:
            return None
        found = self.match(int(address))
        if found is None:
            return None
        network = IPv4Network if self.version == 4 else IPv6Network
        start, length, origins = found
        return network((start, length)), origins

    def find_many(
        self, high: "NDArray[Any]", low: "NDArray[Any] | None" = None
    ) -> "NDArray[np.intp]":
        """Return the piece of each of many addresses.

        Parameters
        ----------
        high
            IPv4 addresses, or the first 64 bits of IPv6 addresses, shape (n,).
        low
            The last 64 bits of IPv6 addresses, shape (n,).

        Returns
        -------
        numpy.ndarray
            Places in ``piece_sets`` and ``piece_lengths``, shape (n,).
        """
        from mxpath.tables.prefix_search import places  # noqa: PLC0415 - loads numpy

        return places(self.pieces, high, low)

    def first_origins(self) -> "NDArray[np.uint32]":
        """Return the first origin of each piece, 0 where there is none, shape (pieces,).

        A prefix of several origins has them in the order in which they were given.
        """
        from mxpath.tables.prefix_search import first_origins  # noqa: PLC0415 - loads numpy

        return first_origins(self)

    def covering(self, prefix: Prefix) -> tuple[OriginRow, ...]:
        """Return all rows whose range is ``prefix`` or holds it, the latest start first.

        For prefixes this is the longest first.
        """
        if prefix.version != self.version:
            return ()
        first, last = int(prefix.network_address), int(prefix.broadcast_address)
        return tuple(self.row(row) for row in self._covering(first, last))

    def _covering(self, first: int, last: int) -> Iterator[int]:
        """Rows around a range: at most one that nothing else touches, and some of ``wide``."""
        row = self.starts.up_to(first) - 1
        at = bisect_right(self.wide, first, key=self.starts.__getitem__)
        if row >= 0 and last <= self.ends[row]:
            # Were another range to begin behind it, this one would be wide.
            place = bisect_left(self.wide, row)
            if place == len(self.wide) or self.wide[place] != row:
                yield row
        while at:
            found = self.wide[at - 1]
            if self.ends[found] >= last:
                yield found
                at -= 1
            else:
                # What lies between does not end behind this one, and so not behind `last`.
                at = self.around[at - 1]

    def covered(self, prefix: Prefix) -> Iterator[OriginRow]:
        """Yield all rows whose range lies inside ``prefix`` or is it, by start."""
        if prefix.version != self.version:
            return
        first, last = int(prefix.network_address), int(prefix.broadcast_address)
        after = self.starts.up_to(last)
        for row in range(self.starts.up_to(first - 1) if first else 0, after):
            if self.ends[row] <= last:
                yield self.row(row)

    def row(self, number: int) -> OriginRow:
        """Return a row by its number."""
        length = self.lengths[number]
        return OriginRow(
            self.starts[number],
            self.ends[number],
            self.version,
            self.origin_set(self.sets[number]),
            None if length == NO_LENGTH else length,
        )

    def origin_set(self, number: int) -> tuple[int, ...]:
        """Return an origin set by its number."""
        found = self._tuples.get(number)
        if found is None:
            found = tuple(self.origins[self.offsets[number] : self.offsets[number + 1]])
            self._tuples[number] = found
        return found


_KEYS = ("pieces", "starts", "ends")
_PLAIN = (
    "piece_lengths",
    "piece_sets",
    "buckets",
    "lengths",
    "sets",
    "wide",
    "around",
    "offsets",
    "origins",
)


def _of_packed(columns: Packed, version: int) -> PrefixTable:
    return PrefixTable.of_columns(unpacked(columns), version=version)
