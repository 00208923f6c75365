"""Ranges cut into pieces by whole columns: the same law and the same columns as prefix_pieces.py.

1. The places where ranges begin or stop are sorted once; from then on a range is a pair
   of ranks, and IPv4 and IPv6 differ no more.
2. Ranges of more than one segment are painted one by one, the widest first; they are few.
   One that covers a single segment is the narrowest there and is painted last, all at once.
3. Pieces of ranges that were no prefix are cut into aligned blocks, bit by bit from both
   ends; of IPv6, those that end within the last 64 bits are few and go one by one.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from mxpath.tables import prefix_pieces
from mxpath.tables.columns import Column
from mxpath.tables.prefixes import (
    BITS,
    BUCKET_SHIFT,
    BUCKETS,
    FIRST_BUCKET,
    LOW,
    NO_LENGTH,
    NO_SET,
    Keys,
    OriginRow,
    PrefixTable,
)

_NO_ROW = 2**32 - 1
_Ranks = NDArray[np.intp]
_Numbers = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Halves:
    """Addresses as two columns of 64 bits; those of IPv4 are all in ``low``."""

    high: _Numbers
    low: _Numbers

    @classmethod
    def of(cls, numbers: Sequence[int]) -> Self:
        """Take whole numbers apart."""
        return cls(
            high=np.array([number >> 64 for number in numbers], dtype=np.uint64),
            low=np.array([number & LOW for number in numbers], dtype=np.uint64),
        )

    def __getitem__(self, at: Any) -> "Halves":
        return Halves(high=self.high[at], low=self.low[at])

    def __len__(self) -> int:
        return len(self.low)

    def plus(self, addend: int) -> "Halves":
        """Add 1 or -1 to each, modulo 2**128."""
        low = self.low + np.uint64(addend & LOW)
        carry = low == 0 if addend > 0 else self.low == 0
        step = np.uint64(addend & LOW)
        return Halves(high=self.high + np.where(carry, step, np.uint64(0)), low=low)

    def keys(self, version: int) -> Keys:
        """Return them as columns of a table."""
        if version == 4:
            return Keys(high=_column(self.low, np.uint32), low=_column([], np.uint64))
        return Keys(high=_column(self.high, np.uint64), low=_column(self.low, np.uint64))

    def number(self, at: int) -> int:
        """Return one as a whole number."""
        return int(self.high[at]) << 64 | int(self.low[at])


HOSTS = {v: Halves.of([(1 << bits - n) - 1 for n in range(bits + 1)]) for v, bits in BITS.items()}
"""By family and prefix length: the bits of the hosts, all of them set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges:
    """Rows of one family as columns, in any order."""

    version: int
    starts: Halves
    ends: Halves
    """Inclusive."""
    lengths: NDArray[np.uint8]
    """Prefix length or ``NO_LENGTH``."""
    sets: NDArray[np.uint32]
    """Place of each row's origins in ``origins``."""
    origins: Sequence[tuple[int, ...]]

    @classmethod
    def of(cls, rows: Sequence[OriginRow], *, version: int) -> Self:
        """Take rows of that family apart."""
        sets = {origins: n for n, origins in enumerate(dict.fromkeys(row.origins for row in rows))}
        lengths = [NO_LENGTH if row.length is None else row.length for row in rows]
        return cls(
            version=version,
            starts=Halves.of([row.start for row in rows]),
            ends=Halves.of([row.end for row in rows]),
            lengths=np.array(lengths, dtype=np.uint8),
            sets=np.array([sets[row.origins] for row in rows], dtype=np.uint32),
            origins=tuple(sets),
        )


def cut(ranges: Ranges, *, worth_buckets: int = 4_000) -> PrefixTable:
    """Build the table of some ranges, with buckets when it has that many pieces."""
    version = ranges.version
    points, first, stop = _points(ranges)
    rows, first, stop, sets = _united(ranges, first, stop)
    lengths = rows.lengths
    owners = _painted(rows, first, stop, len(points))
    starts, piece_lengths, piece_rows = _pieces(points, owners, lengths, version)
    wide = np.flatnonzero(stop > first + 1)
    wide_ends = stop[wide].tolist()
    held = piece_rows != _NO_ROW
    piece_sets = np.full(len(held), NO_SET, dtype=np.uint32)
    piece_sets[held] = rows.sets[piece_rows[held]]
    return PrefixTable(
        version=version,
        pieces=starts.keys(version),
        piece_lengths=_column(piece_lengths, np.uint8),
        piece_sets=_column(piece_sets, np.uint32),
        buckets=_column(_buckets(starts, version, worth_buckets), np.uint32),
        starts=rows.starts.keys(version),
        ends=rows.ends.keys(version),
        lengths=_column(lengths, np.uint8),
        sets=_column(rows.sets, np.uint32),
        wide=_column(wide, np.uint32),
        around=_column(prefix_pieces.around(wide_ends), np.uint32),
        offsets=_column(np.cumsum([0, *map(len, sets)]), np.uint32),
        origins=_column(list(chain.from_iterable(sets)), np.uint32),
    )


def _buckets(starts: Halves, version: int, worth: int) -> _Ranks:
    if len(starts) < worth:
        return np.zeros(0, dtype=np.intp)
    first = (
        np.arange(BUCKETS + 1, dtype=np.uint64) + np.uint64(FIRST_BUCKET[version])
    ) << np.uint64(BUCKET_SHIFT[version] % 64)
    if version == 4:
        return starts.low.searchsorted(first, side="right")
    # Keys of the same first half as a bucket's first address, but a later second half, lie behind.
    before = starts.high.searchsorted(first, side="left")
    there = starts[np.minimum(before, len(starts) - 1)]
    found: _Ranks = before + ((there.high == first) & (there.low == 0) & (before < len(starts)))
    return found


def _column(values: Any, kind: Any) -> Column:
    flat = np.ascontiguousarray(values, dtype=kind).data
    # numpy calls 64 bits "L" where an array and a file of columns say "Q".
    code: Literal["B", "I", "Q"] = "Q" if kind is np.uint64 else "I" if kind is np.uint32 else "B"
    return flat.cast("B").cast(code) if len(flat) else memoryview(array(code))


def _points(ranges: Ranges) -> tuple[Halves, _Ranks, _Ranks]:
    """Where something begins or stops, with 0, ascending; and the ranks of each range's two."""
    stops = ranges.ends.plus(1)
    zero = np.zeros(1, dtype=np.uint64)
    high = np.concatenate([zero, ranges.starts.high, stops.high])
    low = np.concatenate([zero, ranges.starts.low, stops.low])
    # What stops behind the last address of all stops at 0 here: it belongs at the very end.
    over = np.zeros(len(low), dtype=bool)
    over[1 + len(stops) :] = (stops.high == 0) & (stops.low == 0)
    order = np.argsort(low, kind="stable") if ranges.version == 4 else np.lexsort((low, high))
    if over.any():
        order = np.concatenate([order[~over[order]], order[over[order]]])
    high, low, over = high[order], low[order], over[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1]) | (over[1:] != over[:-1])
    ranks = np.empty(len(order), dtype=np.intp)
    ranks[order] = np.cumsum(new) - 1
    here = Halves(high=high[new], low=low[new])
    return here, ranks[1 : 1 + len(stops)], ranks[1 + len(stops) :]


def _united(
    ranges: Ranges, first: _Ranks, stop: _Ranks
) -> tuple[Ranges, _Ranks, _Ranks, list[tuple[int, ...]]]:
    """Rows by start, the widest first, equal ranges made one; and the origins in their order."""
    in_order = len(first) < 2 or bool((first[1:] > first[:-1]).all())
    order = np.arange(len(first)) if in_order else np.lexsort((-stop, first))
    first, stop, sets = first[order], stop[order], ranges.sets[order].astype(np.intp)
    lengths = ranges.lengths[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (first[1:] != first[:-1]) | (stop[1:] != stop[:-1])
    heads = np.flatnonzero(new)
    origins = list(ranges.origins)
    known = {one: n for n, one in enumerate(origins)}
    kept = sets[heads]
    for row, begin, end in _repeats(heads, len(order)):
        united = tuple(dict.fromkeys(chain.from_iterable(origins[n] for n in sets[begin:end])))
        if united not in known:
            known[united] = len(origins)
            origins.append(united)
        kept[row] = known[united]
    lengths = np.minimum.reduceat(lengths, heads) if len(heads) else lengths
    # In the order of the rows, as the plain way numbers them.
    used, place = np.unique(kept, return_index=True)
    ascending = used[np.argsort(place)]
    renamed = np.zeros(len(origins), dtype=np.uint32)
    renamed[ascending] = np.arange(len(ascending), dtype=np.uint32)
    rows = Ranges(
        version=ranges.version,
        starts=ranges.starts[order][heads],
        ends=ranges.ends[order][heads],
        lengths=lengths,
        sets=renamed[kept] if len(kept) else kept.astype(np.uint32),
        origins=(),
    )
    return rows, first[heads], stop[heads], [origins[n] for n in ascending]


def _repeats(heads: _Ranks, total: int) -> Iterable[tuple[int, int, int]]:
    """Number of the row, first and last place of each group of several."""
    ends = np.append(heads[1:], total)
    several = np.flatnonzero(ends - heads > 1)
    return zip(several.tolist(), heads[several].tolist(), ends[several].tolist(), strict=True)


def _painted(rows: Ranges, first: _Ranks, stop: _Ranks, segments: int) -> NDArray[np.uint32]:
    owners = np.full(segments, _NO_ROW, dtype=np.uint32)
    wide = np.flatnonzero(stop > first + 1).tolist()
    widths = [rows.ends.number(row) - rows.starts.number(row) for row in wide]
    for width, row in sorted(zip((-width for width in widths), wide, strict=True)):
        del width
        owners[first[row] : stop[row]] = row
    single = np.flatnonzero(stop == first + 1)
    owners[first[single]] = single
    return owners


def _pieces(
    points: Halves, owners: NDArray[np.uint32], lengths: NDArray[np.uint8], version: int
) -> tuple[Halves, NDArray[np.uint8], NDArray[np.uint32]]:
    """Start, length and row of each piece; neighbours of one row are one piece."""
    at_end = np.zeros(len(points), dtype=bool)
    if version == 4:
        at_end[-1] = points.low[-1] == 1 << 32
    elif len(points) > 1:
        at_end[-1] = points.high[-1] == 0 and points.low[-1] == 0
    new = ~at_end
    new[1:] &= owners[1:] != owners[:-1]
    at = np.flatnonzero(new)
    starts, rows = points[at], owners[at]
    everything = Halves.of([(1 << BITS[version]) - 1])
    last = starts[1:].plus(-1)
    last = Halves(
        high=np.append(last.high, everything.high), low=np.append(last.low, everything.low)
    )
    nobody = rows == _NO_ROW
    own = np.zeros(len(rows), dtype=np.uint8)
    own[~nobody] = lengths[rows[~nobody]]
    ragged = own == NO_LENGTH
    found = [(starts[~ragged], own[~ragged], rows[~ragged])]
    found += _blocks(starts[ragged], last[ragged], rows[ragged], version)
    high = np.concatenate([one.high for one, _, _ in found])
    low = np.concatenate([one.low for one, _, _ in found])
    order = np.argsort(low, kind="stable") if version == 4 else np.lexsort((low, high))
    return (
        Halves(high=high[order], low=low[order]),
        np.concatenate([one for _, one, _ in found])[order],
        np.concatenate([one for _, _, one in found])[order],
    )


_Blocks = tuple[Halves, NDArray[np.uint8], NDArray[np.uint32]]


def _blocks(starts: Halves, last: Halves, rows: NDArray[np.uint32], version: int) -> list[_Blocks]:
    """Aligned blocks of ranges: of IPv4, of whole /64s of IPv6, and of the others."""
    if version == 4:
        at, lengths, which = _aligned(starts.low, last.low, 32)
        return [(Halves(high=np.zeros_like(at), low=at), lengths, rows[which])]
    whole = (starts.low == 0) & (last.low == LOW)
    at, lengths, which = _aligned(starts.high[whole], last.high[whole], 64)
    found = [(Halves(high=at, low=np.zeros_like(at)), lengths, rows[whole][which])]
    few = [
        (start, length, int(rows[n]))
        for n in np.flatnonzero(~whole).tolist()
        for start, length in prefix_pieces.blocks(starts.number(n), last.number(n), 128)
    ]
    if few:
        found.append(
            (
                Halves.of([start for start, _, _ in few]),
                np.array([length for _, length, _ in few], dtype=np.uint8),
                np.array([row for _, _, row in few], dtype=np.uint32),
            )
        )
    return found


def _aligned(
    first: _Numbers, last: _Numbers, bits: int
) -> tuple[_Numbers, NDArray[np.uint8], _Ranks]:
    """Cut ranges into blocks: at each bit, what sticks out to the left, then to the right."""
    which = np.arange(len(first))
    starts, lengths, sources = [], [], []

    def emit(at: _Numbers, size: int, source: _Ranks) -> None:
        starts.append(at)
        lengths.append(np.full(len(at), bits - size, dtype=np.uint8))
        sources.append(source)

    for size in range(bits):
        if not len(which):
            break
        one = np.uint64(1 << size)
        left = first & one != 0
        emit(first[left], size, which[left])
        done = left & (first + (one - np.uint64(1)) == last)
        first = np.where(left, first + one, first)
        right = ~done & (last & one == 0)
        emit((last - (one - np.uint64(1)))[right], size, which[right])
        done |= right & (last - (one - np.uint64(1)) == first)
        last = np.where(right, last - one, last)
        first, last, which = first[~done], last[~done], which[~done]
    emit(first, bits, which)
    return np.concatenate(starts), np.concatenate(lengths), np.concatenate(sources)
