"""Entries of geofeeds in columns, asked by address: the longest prefix that holds it answers."""

from collections.abc import Iterable
from dataclasses import dataclass

from mxpath.datasets.geofeed import GeofeedRow
from mxpath.model.address import IPAddress
from mxpath.tables.columns import Column, Columns
from mxpath.tables.prefixes import BITS
from mxpath.tables.range_index import RangeIndex
from mxpath.tables.words import WordCount, Words

_PLAIN = ("lengths", "countries", "regions", "cities")


@dataclass(frozen=True, slots=True, kw_only=True)
class Geofeed:
    """Entries of both families, the longest prefixes first; make it with :meth:`of`."""

    indices: dict[int, RangeIndex]
    """By family; what counts is a place among all entries."""
    lengths: Column
    """Prefix lengths."""
    countries: Column
    """This, the regions and the cities are numbers of ``words``."""
    regions: Column
    cities: Column
    words: Words

    @classmethod
    def of(cls, rows: Iterable[GeofeedRow]) -> "Geofeed":
        """Build from rows in any order; the first row of a prefix counts."""
        found = sorted(rows, key=lambda row: (row.version, -row.length))
        words, indices, first = WordCount(), {}, 0
        for version, bits in BITS.items():
            own = [row for row in found if row.version == version]
            ranges = [(row.start, row.start + (1 << bits - row.length) - 1) for row in own]
            indices[version] = RangeIndex.of(ranges, version=version, first=first)
            first += len(own)
        return cls(
            indices=indices,
            lengths=memoryview(bytes(row.length for row in found)),
            countries=words.column(row.country for row in found),
            regions=words.column(row.region for row in found),
            cities=words.column(row.city for row in found),
            words=words.words(),
        )

    @classmethod
    def of_columns(cls, columns: Columns) -> "Geofeed":
        """Take the columns that :meth:`columns` gave."""
        plain = {name: columns[name] for name in _PLAIN}
        indices = {v: RangeIndex.of_columns(columns, name=f"v{v}_") for v in BITS}
        return cls(indices=indices, words=Words.of_columns(columns), **plain)

    def columns(self) -> dict[str, Column]:
        """Return all columns by name."""
        found = {name: getattr(self, name) for name in _PLAIN} | self.words.columns()
        for version, index in self.indices.items():
            found |= index.columns(name=f"v{version}_")
        return found

    def __len__(self) -> int:
        return len(self.lengths)

    def find(self, address: IPAddress) -> GeofeedRow | None:
        """Return the entry of the longest prefix that holds ``address``."""
        number = int(address)
        row = self.indices[address.version].find(number)
        if row is None:
            return None
        length: int = self.lengths[row]
        hosts = BITS[address.version] - length
        return GeofeedRow(
            address.version,
            number >> hosts << hosts,
            length,
            self.words.get(self.countries[row]),
            self.words.get(self.regions[row]),
            self.words.get(self.cities[row]),
        )
