"""Which of many ranges counts at a number, where they may overlap.

The law: the ranges stand in the order in which they count; at a number the first that holds
it does. So the line of numbers is cut once into pieces, each of one range or of none, and
a look-up is one bisection. Building takes time in step with the number of ranges, however
they lie: the first are painted first, and later ones only where nothing is yet.
"""

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from mxpath.tables.columns import Column, Columns
from mxpath.tables.prefix_pieces import keys
from mxpath.tables.prefixes import BITS, NO_SET, Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeIndex:
    """Pieces of the numbers of one address family, or of AS numbers, which have 32 bits too."""

    pieces: Keys
    """First number of each piece, ascending; each ends where the next begins."""
    owners: Column
    """Place of the range that counts in each piece, ``NO_SET`` where none does."""

    @classmethod
    def of(cls, ranges: Sequence[tuple[int, int]], *, version: int, first: int = 0) -> "RangeIndex":
        """Build from first and last numbers, in the order in which they count.

        The places of the ranges are counted from ``first``.

        Examples
        --------
        >>> index = RangeIndex.of([(5, 6), (2, 9)], version=4)
        >>> [index.find(number) for number in (1, 2, 5, 6, 7, 9, 10)]
        [None, 1, 0, 0, 1, 1, None]
        """
        points = sorted({point for start, last in ranges for point in (start, last + 1)})
        seen = zip(points, _painted(ranges, points), strict=True)
        runs = [next(run) for _, run in groupby(seen, key=lambda piece: piece[1])]
        runs = [run for run in runs if run[0] < 1 << BITS[version]]
        return cls(
            pieces=keys([point for point, _ in runs], version),
            owners=memoryview(
                array("I", [owner if owner == NO_SET else first + owner for _, owner in runs])
            ),
        )

    @classmethod
    def of_columns(cls, columns: Columns, *, name: str = "") -> "RangeIndex":
        """Take the columns that :meth:`columns` gave."""
        pieces = Keys(high=columns[f"{name}piece_high"], low=columns[f"{name}piece_low"])
        return cls(pieces=pieces, owners=columns[f"{name}piece_owners"])

    def columns(self, *, name: str = "") -> dict[str, Column]:
        """Return all columns by name, each behind ``name``."""
        return {
            f"{name}piece_high": self.pieces.high,
            f"{name}piece_low": self.pieces.low,
            f"{name}piece_owners": self.owners,
        }

    def find(self, number: int) -> int | None:
        """Return the place of the first range that holds ``number``, ``None`` when none does."""
        at = self.pieces.up_to(number)
        owner: int = self.owners[at - 1] if at else NO_SET
        return None if owner == NO_SET else owner

    def after(self, number: int) -> int | None:
        """Return where the next piece begins behind the one of ``number``, if there is one."""
        at = self.pieces.up_to(number)
        return self.pieces[at] if at < len(self.pieces) else None


def _painted(ranges: Sequence[tuple[int, int]], points: Sequence[int]) -> list[int]:
    owners = [NO_SET] * len(points)
    free = list(range(len(points) + 1))
    """For each piece, itself while it is free, else one behind it that may be."""
    for owner, (first, last) in enumerate(ranges):
        at = _next_free(free, bisect_left(points, first))
        stop = bisect_left(points, last + 1)
        while at < stop:
            owners[at] = owner
            free[at] = at + 1
            at = _next_free(free, at + 1)
    return owners


def _next_free(free: list[int], at: int) -> int:
    while free[at] != at:
        free[at] = free[free[at]]  # halves the way for whoever comes next
        at = free[at]
    return at
