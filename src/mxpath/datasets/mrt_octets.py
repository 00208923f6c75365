"""Numbers at many places of one buffer at once: what makes a record reader fast without C.

The law
-------
1. A buffer is padded with zeros, so that an item whose head lies inside may be
   looked at as a whole; whether it *ends* inside is asked by :func:`strides`.
2. Big-endian numbers are read through views whose items overlap (a stride of
   one octet): one gather a column, whatever the alignment.
3. Chains of items that each tell where the next begins are walked in step: the
   first item of every chain, then the second of all that have one, and so on.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
"""Places in a buffer, counts and numbers of rows."""
Flags = NDArray[np.bool_]

PADDING = 128
"""Zero octets behind a buffer; no fixed head that is read at once is longer."""


class Octets:
    """A buffer, its length without the padding, and views of it for gathering."""

    __slots__ = ("_octets", "_sixteen", "_words", "_words2", "_words8", "data", "size")

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        self.data = data + bytes(PADDING)
        self._octets = np.frombuffer(self.data, np.uint8)
        self._words2 = self._view(">u2")
        self._words = self._view(">u4")
        self._words8 = self._view(">u8")
        self._sixteen = self._view("V16")

    def _view(self, dtype: str) -> NDArray[Any]:
        places = len(self.data) - np.dtype(dtype).itemsize + 1
        return np.ndarray((places,), dtype, self.data, strides=(1,))

    def u8(self, at: Ints) -> Ints:
        """Return the octets at these places."""
        return self._octets[at].astype(np.int64)

    def u16(self, at: Ints) -> Ints:
        """Return the 16-bit numbers that begin at these places."""
        return self._words2[at].astype(np.int64)

    def u32(self, at: Ints) -> NDArray[np.uint32]:
        """Return the 32-bit numbers that begin at these places."""
        return self._words[at].astype(np.uint32)

    def u64(self, at: Ints) -> NDArray[np.uint64]:
        """Return the 64-bit numbers that begin at these places."""
        return self._words8[at].astype(np.uint64)

    def sixteen(self, at: Ints) -> NDArray[np.uint8]:
        """Return the sixteen octets from each of these places on, shape (n, 16)."""
        return self._sixteen[at].view(np.uint8).reshape(-1, 16)


def strides(first: Ints, last: Ints, advance: Callable[[Ints], Ints]) -> tuple[Ints, Ints, Flags]:
    """Walk chains of items that fill ``first … last``; ``advance`` tells where an item ends.

    Returns
    -------
    counts, places, broken
        How many whole items each chain has, shape (n,); where they begin, chain
        after chain; and whether a chain's last item runs over its end, shape (n,).
    """
    rows = np.flatnonzero(first < last)
    at = first[rows]
    counts = np.zeros(len(first), np.int64)
    broken = np.zeros(len(first), np.bool_)
    steps: list[tuple[Ints, Ints]] = []
    while rows.size:
        after, limit = advance(at), last[rows]
        whole = after <= limit
        if not whole.all():
            broken[rows[~whole]] = True
            rows, at, after, limit = rows[whole], at[whole], after[whole], limit[whole]
        steps.append((rows, at))
        counts[rows] += 1
        going = after < limit
        rows, at = rows[going], after[going]
    begins = np.cumsum(counts) - counts
    places = np.empty(int(counts.sum()), np.int64)
    for number, (rows, at) in enumerate(steps):
        places[begins[rows] + number] = at
    return counts, places, broken


def spread(first: Ints, counts: Ints, width: int = 1) -> Ints:
    """Return the places of runs of items: ``first``, ``first + width``, …, ``counts`` of each.

    Examples
    --------
    >>> spread(np.array([10, 50]), np.array([2, 3]), 4).tolist()
    [10, 14, 50, 54, 58]
    """
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(first - (ends - counts) * width, counts) + np.arange(total) * width


def offsets_of(counts: Ints) -> Ints:
    """Return where each run begins when runs of these lengths lie one after the other.

    Examples
    --------
    >>> offsets_of(np.array([2, 0, 3])).tolist()
    [0, 2, 2, 5]
    """
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)))
