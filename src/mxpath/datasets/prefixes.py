"""Whose address range is this: look-up of the longest covering prefix, all origins kept.

The law
-------
1. A row is a range of addresses and its origins. A prefix is such a range, and
   so is a "start, end" pair that is no power of two.
2. Equal ranges are one range; their origins are united (MOAS keeps them all).
3. Where ranges overlap, the narrower one decides. For prefixes this is the
   longest match, for they never overlap but by nesting. Among equally narrow
   ranges that overlap only in part, the later start decides.
4. So the ranges are cut once into pieces that do not overlap, sorted by start,
   and a look-up is one binary search.
5. IPv4 and IPv6 are equals: a key is the packed address, 4 or 16 bytes in
   network order, and bytes sort as the addresses do. (``view(">u4")`` turns
   the IPv4 keys into numbers where bulk work wants them, without a copy.)
6. A piece remembers the length of the prefix it was cut from. For a range that
   was no prefix the answer names the largest aligned block around the address
   that still lies inside the piece.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from ipaddress import IPv4Network, IPv6Network
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mxpath.model.address import IPAddress, Prefix

_NO_LENGTH = 255
"""Stands in the length column for a range that is no prefix."""
_BITS = {4: 32, 6: 128}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixTable:
    """Ranges of one address family that do not overlap, in ascending order."""

    version: int
    starts: NDArray[np.bytes_]
    """Packed first addresses, shape (n,)."""
    ends: NDArray[np.bytes_]
    """Packed last addresses, inclusive, shape (n,)."""
    lengths: NDArray[np.uint8]
    """Length of the prefix that the piece was cut from, 255 for none, shape (n,)."""
    sets: NDArray[np.uint32]
    """Number of the piece's origin set, shape (n,)."""
    offsets: NDArray[np.uint32]
    """Where each origin set begins in ``origins``, shape (k + 1,)."""
    origins: NDArray[np.uint32]
    """Origin sets one after the other."""

    @classmethod
    def of(cls, rows: Iterable[OriginRow], *, version: int) -> "PrefixTable":
        """Build from rows in any order; those of the other family are left out."""
        columns = _collect(rows, version)
        pieces = _flatten(columns)
        return cls(
            version=version,
            starts=_pack(pieces.starts, version),
            ends=_pack(pieces.ends, version),
            lengths=np.array(pieces.lengths, dtype=np.uint8),
            sets=np.array(pieces.sets, dtype=np.uint32),
            offsets=np.cumsum([0, *map(len, pieces.origins)], dtype=np.uint32),
            origins=np.array([asn for one in pieces.origins for asn in one], dtype=np.uint32),
        )

    def __len__(self) -> int:
        return len(self.starts)

    def find(self, address: IPAddress) -> tuple[Prefix, tuple[int, ...]] | None:
        """Return the longest covering prefix and all its origins, ``None`` without one.

        An address of the other family is covered by nothing here.
        """
        if address.version != self.version:
            return None
        key = np.array(address.packed, dtype=self.starts.dtype)
        at = int(np.searchsorted(self.starts, key, side="right")) - 1
        if at < 0 or self.ends[at] < key:
            return None
        return self._prefix(address, at), self._origins(int(self.sets[at]))

    def _origins(self, number: int) -> tuple[int, ...]:
        first, last = int(self.offsets[number]), int(self.offsets[number + 1])
        return tuple(int(asn) for asn in self.origins[first:last])

    def _prefix(self, address: IPAddress, at: int) -> Prefix:
        length = int(self.lengths[at])
        if length == _NO_LENGTH:
            start, end = (
                _unpack(self.starts[at], self.version),
                _unpack(self.ends[at], self.version),
            )
            length = _block(int(address), start, end, _BITS[self.version])
        host_bits = _BITS[self.version] - length
        network = int(address) >> host_bits << host_bits
        if self.version == 4:
            return IPv4Network((network, length))
        return IPv6Network((network, length))


def _block(address: int, start: int, end: int, bits: int) -> int:
    """Length of the largest aligned block around ``address`` inside ``start … end``."""
    size = 0
    while size < bits:
        wider = size + 1
        first = address >> wider << wider
        if first < start or first + (1 << wider) - 1 > end:
            break
        size = wider
    return bits - size


def _pack(numbers: Sequence[int], version: int) -> NDArray[np.bytes_]:
    if version == 4:
        return np.array(numbers, dtype=">u4").view("S4")
    data = b"".join(number.to_bytes(16, "big") for number in numbers)
    return np.frombuffer(data, dtype="S16")


def _unpack(key: bytes, version: int) -> int:
    # numpy drops trailing zero bytes when it hands out one element.
    return int.from_bytes(bytes(key).ljust(_BITS[version] // 8, b"\0"), "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """Ranges as columns: a million small objects would keep the garbage collector busy."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    sets: list[int] = field(default_factory=list)
    origins: list[tuple[int, ...]] = field(default_factory=list)
    """Each origin set once."""
    numbers: dict[tuple[int, ...], int] = field(default_factory=dict)
    """Origin set to its place in ``origins``."""

    def add(self, start: int, end: int, length: int, number: int) -> None:
        self.starts.append(start)
        self.ends.append(end)
        self.lengths.append(length)
        self.sets.append(number)

    def number(self, origins: tuple[int, ...]) -> int:
        found = self.numbers.get(origins)
        if found is None:
            found = self.numbers[origins] = len(self.origins)
            self.origins.append(origins)
        return found


def _collect(rows: Iterable[OriginRow], version: int) -> _Columns:
    columns = _Columns()
    add, number, known = columns.add, columns.number, columns.numbers
    for start, end, family, origins, length in rows:
        if family == version:
            found = known.get(origins)
            add(
                start,
                end,
                _NO_LENGTH if length is None else length,
                number(origins) if found is None else found,
            )
    return columns


def _flatten(columns: _Columns) -> _Columns:
    """Cut ranges into pieces that do not overlap, ascending."""
    starts, ends = columns.starts, columns.ends
    order: Sequence[int] = range(len(starts))
    if any(first > second for first, second in pairwise(starts)):
        order = sorted(order, key=starts.__getitem__)
    pieces = _Columns(origins=columns.origins, numbers=columns.numbers)
    at = 0
    while at < len(order):
        first = order[at]
        reach, after = ends[first], at + 1
        while after < len(order) and starts[order[after]] <= reach:
            reach = max(reach, ends[order[after]])
            after += 1
        if after == at + 1:
            pieces.add(starts[first], reach, columns.lengths[first], columns.sets[first])
        else:
            _sweep(_united(columns, order[at:after]), pieces)
        at = after
    return pieces


def _united(columns: _Columns, indices: Iterable[int]) -> list[OriginRow]:
    """Rows of a cluster by start, those of equal range made one with all their origins."""
    found: dict[tuple[int, int], tuple[tuple[int, ...], int]] = {}
    for index in indices:
        ends = columns.starts[index], columns.ends[index]
        mine, length = columns.origins[columns.sets[index]], columns.lengths[index]
        others, other_length = found.get(ends, ((), _NO_LENGTH))
        found[ends] = tuple(dict.fromkeys((*others, *mine))), min(length, other_length)
    return [OriginRow(*ends, 0, asns, length) for ends, (asns, length) in sorted(found.items())]


def _sweep(rows: Sequence[OriginRow], pieces: _Columns) -> None:
    """Cut a cluster of overlapping rows: at each address the narrowest open row decides."""
    waiting: list[tuple[int, int, int]] = []  # (width, -start, row): narrowest on top
    at, upcoming, open_row = rows[0].start, 0, -1
    while waiting or upcoming < len(rows):
        while upcoming < len(rows) and rows[upcoming].start <= at:
            row = rows[upcoming]
            heappush(waiting, (row.end - row.start, -row.start, upcoming))
            upcoming += 1
        while waiting and rows[waiting[0][2]].end < at:
            heappop(waiting)
        if not waiting:
            # The rows of a cluster reach one another, so nothing is left to come.
            break
        index = waiting[0][2]
        end = rows[index].end
        if upcoming < len(rows):
            end = min(end, rows[upcoming].start - 1)
        if index == open_row and pieces.ends[-1] == at - 1:
            pieces.ends[-1] = end
        else:
            length = rows[index].length
            assert length is not None
            pieces.add(at, end, length, pieces.number(rows[index].origins))
        open_row, at = index, end + 1
