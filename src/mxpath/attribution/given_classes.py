"""Delegations of very many addresses: which of few kinds of answer each one has.

Of a block a line tells the country, the day and whether somebody holds it. Blocks that say
the same are one *class*, of which there are some ten thousand, and the numbers are cut
where the class changes. So a look-up is one search, and tails stay few. Classes are told by
whole columns, and what one tells is read when it is asked for. Where several
snapshots tell of a number, the first that gives it away does, else the first, as when a single
address is asked about.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mxpath.gazetteer.delegations import GIVEN, Delegations
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.model.snapshot import SnapshotRef
from mxpath.tables.columns import Column
from mxpath.tables.prefix_search import places
from mxpath.tables.prefixes import NO_SET, Keys


@dataclass(frozen=True, slots=True)
class Given:
    """What a line tells of a block."""

    country: str | None
    since: date | None
    is_given: bool
    snapshot: SnapshotRef


_MOST_KEPT = 1 << 16
NOTHING = 0
"""The class of what no file tells of."""


class GivenClasses:
    """The classes of one address family."""

    def __init__(self, gazetteer: Gazetteer, version: int) -> None:
        self._told_by: list[tuple[int, Delegations, SnapshotRef, NDArray[np.uint32]]] = []
        """Tables with the number of their first class, and for each class a row that is of it."""
        self._given: dict[int, Given] = {}
        """What was asked for."""
        self._count = 1
        tables = gazetteer.delegation_tables(version)
        high, low = _points([table.index.pieces for table, _ in tables], version)
        numbers = np.full(len(high), NOTHING, dtype=np.intp)
        given = np.zeros(len(high), dtype=np.bool_)
        for table, snapshot in tables:
            told, gives = self._told(table, snapshot, places(table.index.pieces, high, low))
            numbers = np.where((numbers == NOTHING) | (gives & ~given), told, numbers)
            given |= gives
        changes = np.flatnonzero(np.diff(numbers, prepend=-1))
        halves = (high[changes], low[changes] if low is not None else np.empty(0, np.uint64))
        self._keys = Keys(high=halves[0].data, low=halves[1].data)
        self._numbers = numbers[changes]

    def _told(
        self, table: Delegations, snapshot: SnapshotRef, pieces: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Return the class of some pieces of a table, by a new number, and whether they are held."""
        owners = np.frombuffer(table.index.owners, dtype=np.uint32)
        rows = np.append(owners, np.uint32(NO_SET))[pieces]
        known = np.flatnonzero(rows != NO_SET)
        columns = [np.asarray(column)[rows[known]].astype(np.int64) for column in table.told]
        # Three small numbers in one: equal ones are one class.
        joined = columns[0] << 40 | columns[1] << 8 | columns[2]
        _, firsts, classes = np.unique(joined, return_index=True, return_inverse=True)
        found = np.full(len(pieces), NOTHING, dtype=np.intp)
        found[known] = self._count + classes
        gives = np.zeros(len(pieces), dtype=np.bool_)
        gives[known] = np.frombuffer(GIVEN, dtype=np.bool_)[columns[2]]
        self._told_by.append((self._count, table, snapshot, rows[known][firsts]))
        self._count += len(firsts)
        return found, gives

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> Given | None:
        """Return what a class tells, ``None`` for :data:`NOTHING`."""
        if number == NOTHING:
            return None
        if number not in self._given:
            if len(self._given) > _MOST_KEPT:
                self._given.clear()
            self._given[number] = self._read(number)
        return self._given[number]

    def _read(self, number: int) -> Given:
        at = bisect_right(self._told_by, number, key=itemgetter(0)) - 1
        first, table, snapshot, rows = self._told_by[at]
        row = int(rows[number - first])
        return Given(
            country=table.country(row),
            since=table.since(row),
            is_given=table.is_given(row),
            snapshot=snapshot,
        )

    def of(self, high: NDArray[Any], low: NDArray[Any] | None) -> NDArray[np.intp]:
        """Return the class of each address, shape (n,)."""
        return self._numbers[places(self._keys, high, low)]


def _points(
    all_pieces: Sequence[Keys], version: int
) -> tuple[NDArray[Any], NDArray[np.uint64] | None]:
    """Where pieces of any table begin, each once, from 0 on: ascending, IPv6 in halves."""
    kind = np.uint32 if version == 4 else np.uint64
    high = np.concatenate([np.zeros(1, kind), *(_column(one.high, kind) for one in all_pieces)])
    if version == 4:
        high.sort(kind="stable")  # quick on what mostly is in order
        return high[np.append(True, np.diff(high) != 0)], None
    zero = np.zeros(1, np.uint64)
    low = np.concatenate([zero, *(_column(one.low, np.uint64) for one in all_pieces)])
    order = np.lexsort([low, high])
    high, low = high[order], low[order]
    new = np.append(True, (np.diff(high) != 0) | (np.diff(low) != 0))
    return high[new], low[new]


def _column(column: Column, kind: Any) -> NDArray[Any]:
    return np.frombuffer(column, dtype=kind)
