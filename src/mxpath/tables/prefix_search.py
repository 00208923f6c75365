"""Many look-ups at once: the piece that each address lies in.

A binary search over half a million keys waits for memory at nearly every step. The same
search with the addresses in order finds what it needs in the cache: sorting a batch that
fits there too, searching, and putting the answers back costs a third of the time.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mxpath.tables.prefixes import NO_SET, Keys, PrefixTable

_BATCH = 1 << 16
_FEW = 1 << 8
"""Sorting pays from here."""


def places(pieces: Keys, high: NDArray[Any], low: NDArray[Any] | None = None) -> NDArray[np.intp]:
    """Return for each address the place of the last key that is not above it."""
    keys = np.frombuffer(pieces.high, dtype=np.uint32 if low is None else np.uint64)
    found = np.empty(len(high), dtype=np.intp)
    for start in range(0, len(high), _BATCH):
        batch = slice(start, start + _BATCH)
        found[batch] = _up_to(keys, high[batch].astype(keys.dtype, copy=False))
    if low is not None:
        _settle(keys, np.frombuffer(pieces.low, dtype=np.uint64), high, low, found)
    return found - 1


def _up_to(keys: NDArray[Any], wanted: NDArray[Any]) -> NDArray[np.intp]:
    if len(wanted) < _FEW:
        return keys.searchsorted(wanted, side="right")
    order = wanted.argsort()
    found = np.empty(len(wanted), dtype=np.intp)
    found[order] = keys.searchsorted(wanted[order], side="right")
    return found


def _settle(
    keys: NDArray[Any],
    low_keys: NDArray[np.uint64],
    high: NDArray[Any],
    low: NDArray[Any],
    found: NDArray[np.intp],
) -> None:
    """Among keys of the same first half, let the second decide: a binary search of the few."""
    last = found - 1
    open_ = np.flatnonzero((keys[last] == high) & (low_keys[last] > low))
    if not len(open_):
        return
    wanted = low[open_]
    bottom = keys.searchsorted(high[open_].astype(np.uint64, copy=False), side="left")
    top = last[open_]  # this key is above what is wanted
    while (todo := bottom < top).any():
        middle = (bottom + top) // 2
        above = low_keys[middle] > wanted
        top = np.where(todo & above, middle, top)
        bottom = np.where(todo & ~above, middle + 1, bottom)
    found[open_] = bottom


def first_origins(table: PrefixTable) -> NDArray[np.uint32]:
    """Return the first origin of each piece, 0 for none."""
    sets = np.frombuffer(table.piece_sets, dtype=np.uint32)
    held = sets != NO_SET
    firsts = np.frombuffer(table.offsets, dtype=np.uint32)
    origins = np.frombuffer(table.origins, dtype=np.uint32)
    found = np.zeros(len(sets), dtype=np.uint32)
    found[held] = origins[firsts[sets[held]]]
    return found
