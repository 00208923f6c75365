"""Delegated blocks and numbers, asked one by one.

The law: blocks of one kind do not overlap within a file. Where the files of two
registries both tell of a number (one reserves what another has given away), the row
that gives it away counts, then the narrower one, then the one that came first.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from mxpath.datasets.delegated import Delegation, Kind, Status
from mxpath.model.address import IPAddress

_FREE = (Status.AVAILABLE, Status.RESERVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegations:
    """Rows of all registries by kind; make it with :meth:`of`."""

    starts: dict[Kind, list[int]] = field(default_factory=dict)
    """First numbers of pieces in which nothing changes, ascending."""
    rows: dict[Kind, list[Delegation | None]] = field(default_factory=dict)
    """What counts in each piece."""

    @classmethod
    def of(cls, rows: Iterable[Delegation]) -> "Delegations":
        """Build from rows in any order."""
        by_kind: dict[Kind, list[Delegation]] = {kind: [] for kind in Kind}
        for row in rows:
            by_kind[row.kind].append(row)
        starts: dict[Kind, list[int]] = {}
        pieces: dict[Kind, list[Delegation | None]] = {}
        for kind, found in by_kind.items():
            starts[kind], pieces[kind] = _pieces(found)
        return cls(starts=starts, rows=pieces)

    def of_address(self, address: IPAddress) -> Delegation | None:
        """Return the block that an address lies in, ``None`` where no file tells of it."""
        return self._find(Kind.IPV4 if address.version == 4 else Kind.IPV6, int(address))

    def of_asn(self, asn: int) -> Delegation | None:
        """Return the row of an AS number, ``None`` where no file tells of it."""
        return self._find(Kind.ASN, asn)

    def _find(self, kind: Kind, number: int) -> Delegation | None:
        at = bisect_right(self.starts.get(kind, ()), number)
        return self.rows[kind][at - 1] if at else None


def _pieces(rows: list[Delegation]) -> tuple[list[int], list[Delegation | None]]:
    """Cut the line of numbers wherever a row begins or ends."""
    rows = sorted(rows, key=lambda row: row.start)
    if all(row.end < later.start for row, later in pairwise(rows)):
        return _apart(rows)
    cuts = sorted({row.start for row in rows} | {row.end + 1 for row in rows})
    counted: list[Delegation | None] = [None] * len(cuts)
    # The best is written last.
    for row in sorted(rows, key=lambda row: (row.status not in _FREE, row.start - row.end)):
        first, after = bisect_left(cuts, row.start), bisect_left(cuts, row.end + 1)
        counted[first:after] = [row] * (after - first)
    return cuts, counted


def _apart(rows: list[Delegation]) -> tuple[list[int], list[Delegation | None]]:
    starts: list[int] = []
    counted: list[Delegation | None] = []
    for row in rows:
        if starts and starts[-1] == row.start:
            counted[-1] = row
        else:
            starts.append(row.start)
            counted.append(row)
        starts.append(row.end + 1)
        counted.append(None)
    return starts, counted
