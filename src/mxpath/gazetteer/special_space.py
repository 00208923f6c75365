"""What is not of the public Internet: IANA's special-purpose registries as of a date.

The law:

1. Of a family the first snapshot that has rows of it speaks, and no other. Where none has any,
   the ranges that ``model.address`` holds do.
2. Of all rows that an address lies in the most specific one decides. It is special, unless the
   registry marks it globally reachable: "not applicable" is no yes.
3. Multicast stands in registries of its own, and is special wherever no row says otherwise.
4. What a gazetteer declares public (a lab world) is never special.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mxpath.gazetteer.source import Source
from mxpath.model.address import (
    IPAddress,
    Prefix,
    SpecialRange,
    SpecialRanges,
    special_range,
    special_ranges,
)
from mxpath.model.snapshot import SnapshotRef

if TYPE_CHECKING:  # reads XML, which few questions need
    from mxpath.datasets.iana_special import Special


class SpecialSpace:
    """Answers of the registries that a gazetteer has, read when they are first asked for."""

    def __init__(self, sources: Iterable[Source], *, public: tuple[Prefix, ...] = ()) -> None:
        self._sources = tuple(sources)
        self._public = public

    def find(self, address: IPAddress) -> tuple[SpecialRange, SnapshotRef | None] | None:
        """Return the range that an address lies in, and who says so: ``None`` is mxpath itself."""
        ranges, snapshot = self._told[address.version]
        found = special_range(address, public=self._public, ranges=ranges)
        if found is None:
            return None
        return found, None if found in _MULTICAST else snapshot

    def ranges(self, version: int) -> SpecialRanges:
        """Return the ranges of a family."""
        return self._told[version][0]

    @cached_property
    def _told(self) -> dict[int, tuple[SpecialRanges, SnapshotRef | None]]:
        found: dict[int, tuple[SpecialRanges, SnapshotRef | None]] = {
            version: (_built_in(version), None) for version in (4, 6)
        }
        for source in reversed(self._sources):
            for version, rows in _by_family(source.rows()):
                found[version] = _ranges(rows, version), source.ref
        return found


def _built_in(version: int) -> SpecialRanges:
    return tuple(pair for pair in special_ranges() if pair[1].version == version)


_MULTICAST = tuple(
    found for found, prefix in special_ranges() if found is not None and prefix.is_multicast
)


def _by_family(rows: Iterable[Any]) -> "Iterator[tuple[int, list[Special]]]":
    from mxpath.datasets.iana_special import Special  # noqa: PLC0415 - as above

    special = [row for row in rows if isinstance(row, Special)]
    for version in (4, 6):
        found = [row for row in special if row.prefix.version == version]
        if found:
            yield version, found


def _ranges(rows: "Iterable[Special]", version: int) -> SpecialRanges:
    found: dict[Prefix, SpecialRange | None] = {}
    for row in rows:
        special = SpecialRange(prefix=row.prefix, name=row.name)
        found.setdefault(row.prefix, None if row.globally_reachable else special)
    for one in _MULTICAST:
        if one.prefix.version == version:
            found.setdefault(one.prefix, one)
    pairs = ((special, prefix) for prefix, special in found.items())
    return tuple(sorted(pairs, key=lambda pair: -pair[1].prefixlen))
