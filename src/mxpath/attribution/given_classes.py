"""Delegations of very many addresses: which of few kinds of answer each one has.

Of a block a line tells the country, the day and whether somebody holds it. Blocks that say
the same are one *class*, of which there are some ten thousand, and the numbers are cut
where the class changes. So a look-up is one search, and tails stay few. Where several
snapshots tell of a number the first one does, as when a single address is asked about.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mxpath.datasets.delegations import Delegations
from mxpath.datasets.gazetteer import Gazetteer
from mxpath.datasets.prefix_pieces import keys
from mxpath.datasets.prefix_search import places
from mxpath.datasets.prefixes import NO_SET
from mxpath.model.snapshot import SnapshotRef


@dataclass(frozen=True, slots=True)
class Given:
    """What a line tells of a block."""

    country: str | None
    since: date | None
    is_given: bool
    snapshot: SnapshotRef


NOTHING = 0
"""The class of what no file tells of."""


class GivenClasses:
    """The classes of one address family."""

    def __init__(self, gazetteer: Gazetteer, version: int) -> None:
        self.classes: list[Given | None] = [None]
        known: dict[Given, int] = {}
        runs: list[tuple[int, int]] = [(0, NOTHING)]
        tables = gazetteer.delegation_tables(version)
        for point in sorted({point for table, _ in tables for point in table.index.pieces}):
            given = next(
                (g for table, ref in tables if (g := _given(table, ref, point)) is not None), None
            )
            number = NOTHING
            if given is not None:
                number = known.setdefault(given, len(self.classes))
                if number == len(self.classes):
                    self.classes.append(given)
            if runs[-1][0] == point:
                runs[-1] = (point, number)
            elif runs[-1][1] != number:
                runs.append((point, number))
        self._keys = keys([point for point, _ in runs], version)
        self._numbers = np.array([number for _, number in runs], dtype=np.intp)

    def of(self, high: NDArray[Any], low: NDArray[Any] | None) -> NDArray[np.intp]:
        """Return the class of each address, shape (n,)."""
        return self._numbers[places(self._keys, high, low)]


def _given(table: Delegations, snapshot: SnapshotRef, number: int) -> Given | None:
    at = table.index.pieces.up_to(number)
    row = table.index.owners[at - 1] if at else NO_SET
    if row == NO_SET:
        return None
    return Given(
        country=table.country(row),
        since=table.since(row),
        is_given=table.is_given(row),
        snapshot=snapshot,
    )
