"""Delegated blocks and numbers in columns, asked one by one.

The law: blocks of one kind do not overlap within a file. Where the files of two
registries both tell of a number (one reserves what another has given away), the row
that gives it away counts, then the narrower one, then the one that came first. Where
the files are snapshots of their own, the first snapshot that gives it away counts, else
the first that tells of it.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from mxpath.datasets.delegated import Delegation, Kind, Status
from mxpath.model.snapshot import SnapshotRef
from mxpath.tables.columns import Column, Columns
from mxpath.tables.range_index import RangeIndex
from mxpath.tables.words import WordCount, Words

_STATUSES = tuple(Status)
GIVEN = bytes(status.is_given for status in _STATUSES)
"""Whether somebody holds a block, by the place of its status."""
VERSION = {Kind.ASN: 4, Kind.IPV4: 4, Kind.IPV6: 6}
"""AS numbers have 32 bits, as IPv4 addresses have."""
_PLAIN = ("starts", "sizes", "registries", "statuses", "countries", "days", "opaque")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegations:
    """Rows of one kind, in the order in which they count; make it with :meth:`of`."""

    kind: Kind
    index: RangeIndex
    starts: Column
    """First numbers; empty for IPv6, where the length tells it."""
    sizes: Column
    """How many numbers follow the first; for IPv6 the length of the prefix."""
    registries: Column
    """This, the countries and the identifiers are numbers of ``words``."""
    statuses: Column
    """Places in ``Status``."""
    countries: Column
    days: Column
    """Day number, 0 for none."""
    opaque: Column
    words: Words

    @classmethod
    def of(cls, rows: Iterable[Delegation], *, kind: Kind) -> "Delegations":
        """Build from rows in any order; those of another kind are left out."""
        found = [row for row in rows if row.kind is kind]
        found.sort(key=lambda row: (not row.status.is_given, row.end - row.start))
        words = WordCount()
        is_v6 = kind is Kind.IPV6
        return cls(
            kind=kind,
            index=RangeIndex.of([(row.start, row.end) for row in found], version=VERSION[kind]),
            starts=_numbers([] if is_v6 else [row.start for row in found]),
            sizes=_numbers([_length(row) if is_v6 else row.end - row.start for row in found]),
            registries=words.column(row.registry for row in found),
            statuses=memoryview(bytes(_STATUSES.index(row.status) for row in found)),
            countries=words.column(row.country for row in found),
            days=_numbers([row.since.toordinal() if row.since else 0 for row in found]),
            opaque=words.column(row.opaque_id for row in found),
            words=words.words(),
        )

    @classmethod
    def of_columns(cls, columns: Columns, *, kind: str) -> "Delegations":
        """Take the columns that :meth:`columns` gave; ``kind`` is a value of ``Kind``."""
        plain = {name: columns[name] for name in _PLAIN}
        index, words = RangeIndex.of_columns(columns), Words.of_columns(columns)
        return cls(kind=Kind(kind), index=index, words=words, **plain)

    def columns(self) -> dict[str, Column]:
        """Return all columns by name."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        return {**plain, **self.index.columns(), **self.words.columns()}

    @property
    def told(self) -> tuple[Column, Column, Column]:
        """What :meth:`country`, :meth:`since` and :meth:`is_given` are made of, row by row."""
        return self.countries, self.days, self.statuses

    def country(self, row: int) -> str | None:
        """Return the country of a row by its place."""
        return self.words.get(self.countries[row])

    def since(self, row: int) -> date | None:
        """Return the day of a row by its place."""
        return date.fromordinal(self.days[row]) if self.days[row] else None

    def is_given(self, row: int) -> bool:
        """Whether a row, by its place, says that somebody holds the block."""
        return bool(GIVEN[self.statuses[row]])

    def __len__(self) -> int:
        return len(self.sizes)

    def find(self, number: int) -> Delegation | None:
        """Return the row of an AS number or an address, ``None`` where no file tells of it."""
        row = self.index.find(number)
        if row is None:
            return None
        size = self.sizes[row]
        if self.kind is Kind.IPV6:
            hosts = (1 << 128 - size) - 1
            start, end = number & ~hosts, number | hosts
        else:
            start = self.starts[row]
            end = start + size
        return Delegation(
            self.words.get(self.registries[row]) or "",
            self.kind,
            start,
            end,
            _STATUSES[self.statuses[row]],
            self.country(row),
            self.since(row),
            self.words.get(self.opaque[row]),
        )


def that_counts(
    told: Iterable[tuple[Delegation | None, SnapshotRef]],
) -> tuple[Delegation, SnapshotRef] | None:
    """Of the rows of several snapshots about one number return the one that counts."""
    first: tuple[Delegation, SnapshotRef] | None = None
    for row, snapshot in told:
        if row is not None and row.status.is_given:
            return row, snapshot
        if row is not None and first is None:
            first = row, snapshot
    return first


def _length(row: Delegation) -> int:
    """Prefix length of an IPv6 block: the format knows no others."""
    return 128 - (row.end - row.start).bit_length()


def _numbers(numbers: Sequence[int]) -> Column:
    return memoryview(array("I", numbers))
