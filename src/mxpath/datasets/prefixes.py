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
from dataclasses import dataclass
from heapq import heappop, heappush
from ipaddress import IPv4Network, IPv6Network
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
        united = _unite(row for row in rows if row.version == version)
        numbers: dict[tuple[int, ...], int] = {}
        pieces = _flatten(united)
        sets = [numbers.setdefault(united[i].origins, len(numbers)) for _, _, i in pieces]
        lengths = [united[i].length for _, _, i in pieces]
        return cls(
            version=version,
            starts=_pack([start for start, _, _ in pieces], version),
            ends=_pack([end for _, end, _ in pieces], version),
            lengths=np.array([_NO_LENGTH if n is None else n for n in lengths], dtype=np.uint8),
            sets=np.array(sets, dtype=np.uint32),
            offsets=np.cumsum([0, *map(len, numbers)], dtype=np.uint32),
            origins=np.array([asn for one in numbers for asn in one], dtype=np.uint32),
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


def _unite(rows: Iterable[OriginRow]) -> list[OriginRow]:
    """Sort by start, the wider first, and unite the origins of equal ranges."""
    found: list[OriginRow] = []
    for row in sorted(rows, key=lambda row: (row.start, -row.end)):
        if found and found[-1].start == row.start and found[-1].end == row.end:
            last = found[-1]
            both = tuple(dict.fromkeys((*last.origins, *row.origins)))
            length = last.length if last.length is not None else row.length
            found[-1] = last._replace(origins=both, length=length)
        else:
            found.append(row)
    return found


Piece = tuple[int, int, int]
"""First address, last address, index of the row that decides."""


def _flatten(rows: Sequence[OriginRow]) -> list[Piece]:
    """Cut sorted rows into pieces that do not overlap."""
    pieces: list[Piece] = []
    first = 0
    while first < len(rows):
        reach, last = rows[first].end, first + 1
        while last < len(rows) and rows[last].start <= reach:
            reach = max(reach, rows[last].end)
            last += 1
        if last == first + 1:
            pieces.append((rows[first].start, reach, first))
        else:
            pieces += _sweep(rows, first, last)
        first = last
    return pieces


def _sweep(rows: Sequence[OriginRow], first: int, last: int) -> list[Piece]:
    """Pieces of a cluster of overlapping rows: the narrowest open row decides."""
    pieces: list[Piece] = []
    waiting: list[tuple[int, int, int]] = []  # (width, -start, row): narrowest on top
    at, upcoming = rows[first].start, first
    while waiting or upcoming < last:
        while upcoming < last and rows[upcoming].start <= at:
            row = rows[upcoming]
            heappush(waiting, (row.end - row.start, -row.start, upcoming))
            upcoming += 1
        while waiting and rows[waiting[0][2]].end < at:
            heappop(waiting)
        if not waiting:
            if upcoming < last:
                at = rows[upcoming].start
            continue
        index = waiting[0][2]
        end = rows[index].end
        if upcoming < last:
            end = min(end, rows[upcoming].start - 1)
        if pieces and pieces[-1][2] == index and pieces[-1][1] == at - 1:
            pieces[-1] = (pieces[-1][0], end, index)
        else:
            pieces.append((at, end, index))
        at = end + 1
    return pieces
