"""Ranges cut into pieces, in plain Python: for small tables, and to hold the fast way against.

The law of prefixes.py, as painting: the places where a range begins or stops cut the
address space into segments; the ranges are painted over them from the widest to the
narrowest, among equally wide ones by their start; what is seen in the end decides.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence

from mxpath.tables.prefixes import (
    BITS,
    LOW,
    NO_LENGTH,
    NO_SET,
    Keys,
    OriginRow,
    PrefixTable,
)

_Row = tuple[int, int, int, tuple[int, ...]]  # start, end, length, origins


def cut(rows: Iterable[OriginRow], *, version: int) -> PrefixTable:
    """Build a table of rows of one family."""
    united = _united(rows)
    points = sorted({0, *(row[0] for row in united), *(row[1] + 1 for row in united)})
    place = {point: n for n, point in enumerate(points)}
    spans = [(place[start], place[end + 1]) for start, end, _, _ in united]
    owners = _painted(united, spans, len(points))
    pieces = list(_pieces(points, owners, united, version))
    wide = [row for row, (first, stop) in enumerate(spans) if stop > first + 1]
    numbers = {origins: n for n, origins in enumerate(dict.fromkeys(row[3] for row in united))}
    sets = [numbers[row[3]] for row in united]
    return PrefixTable(
        version=version,
        pieces=keys([start for start, _, _ in pieces], version),
        piece_lengths=memoryview(array("B", [length for _, length, _ in pieces])),
        piece_sets=memoryview(
            array("I", [NO_SET if row is None else sets[row] for _, _, row in pieces])
        ),
        buckets=memoryview(array("I")),
        starts=keys([row[0] for row in united], version),
        ends=keys([row[1] for row in united], version),
        lengths=memoryview(array("B", [row[2] for row in united])),
        sets=memoryview(array("I", sets)),
        wide=memoryview(array("I", wide)),
        around=memoryview(array("I", around([united[row][1] for row in wide]))),
        offsets=memoryview(array("I", offsets(numbers))),
        origins=memoryview(array("I", [asn for origins in numbers for asn in origins])),
    )


def keys(numbers: Sequence[int], version: int) -> Keys:
    """Pack addresses into key columns."""
    if version == 4:
        return Keys(high=memoryview(array("I", numbers)), low=memoryview(array("Q")))
    return Keys(
        high=memoryview(array("Q", [number >> 64 for number in numbers])),
        low=memoryview(array("Q", [number & LOW for number in numbers])),
    )


def offsets(sets: Iterable[tuple[int, ...]]) -> list[int]:
    """Return where each set begins when they stand one after the other, and where the last ends."""
    found = [0]
    for origins in sets:
        found.append(found[-1] + len(origins))
    return found


def around(ends: Sequence[int]) -> list[int]:
    """For each range by start: one more than the place of the last before it that ends behind it."""
    found, open_ = [], list[int]()
    for n, end in enumerate(ends):
        while open_ and ends[open_[-1]] <= end:
            open_.pop()
        found.append(open_[-1] + 1 if open_ else 0)
        open_.append(n)
    return found


def blocks(first: int, last: int, bits: int) -> Iterator[tuple[int, int]]:
    """Yield start and length of the largest aligned blocks that a range consists of.

    Examples
    --------
    >>> list(blocks(1, 6, 32))
    [(1, 32), (2, 31), (4, 31), (6, 32)]
    """
    while first <= last:
        size = min((first & -first).bit_length() - 1 if first else bits, bits)
        while first + (1 << size) - 1 > last:
            size -= 1
        yield first, bits - size
        first += 1 << size


def _united(rows: Iterable[OriginRow]) -> list[_Row]:
    """Rows by start, the widest first; those of equal range made one with all their origins."""
    found: dict[tuple[int, int], tuple[int, tuple[int, ...]]] = {}
    for start, end, _, origins, length in rows:
        other_length, others = found.get((start, -end), (NO_LENGTH, ()))
        known = min(other_length, NO_LENGTH if length is None else length)
        found[start, -end] = known, tuple(dict.fromkeys((*others, *origins)))
    return [(start, -end, *found[start, end]) for start, end in sorted(found)]


def _painted(
    rows: Sequence[_Row], spans: Sequence[tuple[int, int]], segments: int
) -> list[int | None]:
    owners: list[int | None] = [None] * segments
    order = sorted(range(len(rows)), key=lambda row: (rows[row][0] - rows[row][1], rows[row][0]))
    for row in order:
        first, stop = spans[row]
        owners[first:stop] = [row] * (stop - first)
    return owners


def _pieces(
    points: Sequence[int], owners: Sequence[int | None], rows: Sequence[_Row], version: int
) -> Iterator[tuple[int, int, int | None]]:
    """Start, length and row of each piece; neighbours of one row are one piece."""
    everything = 1 << BITS[version]
    runs: list[tuple[int, int | None]] = []
    for point, owner in zip(points, owners, strict=True):
        if point < everything and not (runs and runs[-1][1] == owner):
            runs.append((point, owner))
    for (start, row), stop in zip(runs, [*(run[0] for run in runs[1:]), everything], strict=True):
        length = 0 if row is None else rows[row][2]
        if length == NO_LENGTH:
            yield from ((at, size, row) for at, size in blocks(start, stop - 1, BITS[version]))
        else:
            yield start, length, row
