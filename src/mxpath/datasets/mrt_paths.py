"""AS paths of many routes in flat arrays, and what two-octet speakers hide in AS4_PATH.

The law
-------
1. A path is a row of segments (RFC 4271 section 4.3, RFC 5065): AS_SET 1,
   AS_SEQUENCE 2, AS_CONFED_SEQUENCE 3, AS_CONFED_SET 4. One that is cut off or
   of another kind damages the whole path: it is as if it were not there.
2. A two-octet speaker's AS_PATH is completed by AS4_PATH (RFC 6793 section
   4.2.3): the leading part of AS_PATH that is longer than AS4_PATH, then
   AS4_PATH. A set counts one, confederation segments nothing. An AS4_PATH that
   is longer than the AS_PATH is left alone, and so are its confederation segments.
3. The origin is the last AS of a path that ends with a sequence; a path that
   ends with a set has none.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mxpath.datasets.mrt_octets import Flags, Ints, Octets, offsets_of, spread, strides

AS_SET, AS_SEQUENCE, AS_CONFED_SEQUENCE, AS_CONFED_SET = 1, 2, 3, 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Paths:
    """AS paths of n attribute blocks: segments, and the numbers in them, one after the other."""

    segment_offsets: Ints
    """Where each path's segments begin, shape (n + 1,)."""
    segment_kinds: NDArray[np.uint8]
    """1 set, 2 sequence, 3 confederation sequence, 4 confederation set."""
    segment_sizes: NDArray[np.uint8]
    """How many networks each segment names."""
    offsets: Ints
    """Where each path's networks begin in ``asns``, shape (n + 1,)."""
    asns: NDArray[np.uint32]
    """The networks of all paths, nearest first."""

    @property
    def origins(self) -> NDArray[np.uint32]:
        """Origin of each path, 0 (which is no network) without one, shape (n,)."""
        origins = np.zeros(len(self.offsets) - 1, np.uint32)
        rows = np.flatnonzero((np.diff(self.segment_offsets) > 0) & (np.diff(self.offsets) > 0))
        last = self.segment_offsets[rows + 1] - 1
        rows = rows[(self.segment_kinds[last] == AS_SEQUENCE) & (self.segment_sizes[last] > 0)]
        origins[rows] = self.asns[self.offsets[rows + 1] - 1]
        return origins


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Segments:
    """Segments of n rows, row after row."""

    counts: Ints
    kinds: Ints
    sizes: Ints
    at: Ints
    """Where the first number of each lies in the buffer."""
    widths: Ints
    """Octets a number, 2 or 4."""

    @property
    def rows(self) -> Ints:
        return np.repeat(np.arange(len(self.counts)), self.counts)

    @property
    def steps(self) -> Ints:
        """How much each segment adds to the length of its path."""
        return np.where(self.kinds == AS_SEQUENCE, self.sizes, np.where(self.kinds == AS_SET, 1, 0))

    def totals(self) -> Ints:
        """Return the length of each row's path."""
        return np.bincount(self.rows, self.steps, len(self.counts)).astype(np.int64)


def read_paths(
    octets: Octets,
    paths: tuple[Ints, Ints],
    widths: Ints,
    paths4: tuple[Ints, Ints],
) -> tuple[Paths, Flags, Flags]:
    """Read AS_PATH and AS4_PATH of n rows, given where their values begin and end.

    Returns
    -------
    paths, broken, broken4
        The paths, completed; and which AS_PATH and AS4_PATH were damaged.
    """
    segments, broken = _segments(octets, *paths, widths)
    fours, broken4 = _segments(octets, *paths4, np.full(len(widths), 4))
    mergeable = len(segments.kinds) and len(fours.kinds)
    merged = _merge(segments, fours) if mergeable else segments
    counts = np.bincount(merged.rows, merged.sizes, len(widths)).astype(np.int64)
    wide = merged.widths == 4
    places = np.repeat(merged.at, merged.sizes)
    within = spread(np.zeros(len(merged.sizes), np.int64), merged.sizes)
    if wide.all():
        asns = octets.u32(places + within * 4)
    else:
        four = np.repeat(wide, merged.sizes)
        asns = np.empty(len(places), np.uint32)
        asns[four] = octets.u32(places[four] + within[four] * 4)
        asns[~four] = octets.u16(places[~four] + within[~four] * 2)
    found = Paths(
        segment_offsets=offsets_of(merged.counts),
        segment_kinds=merged.kinds.astype(np.uint8),
        segment_sizes=merged.sizes.astype(np.uint8),
        offsets=offsets_of(counts),
        asns=asns,
    )
    return found, broken, broken4


def _segments(octets: Octets, first: Ints, last: Ints, widths: Ints) -> tuple[_Segments, Flags]:
    """Walk the segments of each row; damaged rows have none."""
    four = widths == 4
    counts, at, broken = _walk(octets, first, last, widths, four)
    kinds = octets.u8(at)
    strange = (kinds < AS_SET) | (kinds > AS_CONFED_SET)
    if strange.any():
        broken[np.repeat(np.arange(len(counts)), counts)[strange]] = True
    if broken.any():
        counts, at, _ = _walk(octets, np.where(broken, last, first), last, widths, four)
        kinds = octets.u8(at)
    return _Segments(
        counts=counts,
        kinds=kinds,
        sizes=octets.u8(at + 1),
        at=at + 2,
        widths=np.repeat(widths, counts),
    ), broken


def _walk(
    octets: Octets, first: Ints, last: Ints, widths: Ints, four: Flags
) -> tuple[Ints, Ints, Flags]:
    """Walk rows of the two widths apart, and put them together again."""
    if four.all() or not four.any():
        width = 4 if four.any() else 2
        return strides(first, last, lambda at: at + 2 + octets.u8(at + 1) * width)
    counts, broken = np.zeros(len(first), np.int64), np.zeros(len(first), np.bool_)
    parts = []
    for rows in (np.flatnonzero(four), np.flatnonzero(~four)):
        found = _walk(octets, first[rows], last[rows], widths[rows], four[rows])
        counts[rows], broken[rows] = found[0], found[2]
        parts.append((rows, found))
    begins = np.cumsum(counts) - counts
    places = np.empty(int(counts.sum()), np.int64)
    for rows, found in parts:
        places[spread(begins[rows], found[0])] = found[1]
    return counts, places, broken


def _merge(old: _Segments, new: _Segments) -> _Segments:
    """Complete the paths of rows that have an AS4_PATH (law 2)."""
    spare = old.totals() - new.totals()
    merging = (old.counts > 0) & (new.counts > 0) & (spare >= 0)
    rows, steps = old.rows, old.steps
    begins = offsets_of(old.counts)[:-1]
    passed = np.cumsum(steps) - steps
    passed -= np.repeat(passed[np.minimum(begins, len(steps) - 1)], old.counts)
    room = np.repeat(spare, old.counts) - passed
    confed = old.kinds > AS_SEQUENCE
    kept = np.where(confed, room >= 0, room > 0) | ~merging[rows]
    cut = merging[rows] & (old.kinds == AS_SEQUENCE)
    sizes = np.where(cut, np.minimum(old.sizes, np.maximum(room, 0)), old.sizes)
    added = merging[new.rows] & (new.kinds <= AS_SEQUENCE)
    all_rows = np.concatenate((rows[kept], new.rows[added]))
    order = np.argsort(all_rows, kind="stable")

    def both(first: Ints, second: Ints) -> Ints:
        return np.concatenate((first[kept], second[added]))[order]

    return _Segments(
        counts=np.bincount(all_rows, minlength=len(old.counts)),
        kinds=both(old.kinds, new.kinds),
        sizes=both(sizes, new.sizes),
        at=both(old.at, new.at),
        widths=both(old.widths, new.widths),
    )
