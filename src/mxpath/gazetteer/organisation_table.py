"""Organisations and their networks, joined, in columns."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from mxpath.datasets.as2org import Holding, Organisation, Row
from mxpath.tables.columns import Column, Columns
from mxpath.tables.words import WordCount, Words

_PLAIN = (
    "asns",
    "holders",
    "asn_names",
    "asn_opaque",
    "asn_sources",
    "asn_changed",
    "org_ids",
    "org_described",
    "org_names",
    "org_countries",
    "org_sources",
    "org_changed",
    "offsets",
    "networks",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisations:
    """Who holds which AS numbers; make it with :meth:`of`."""

    asns: Column
    """AS numbers, ascending."""
    holders: Column
    """Place of each one's organisation."""
    asn_names: Column
    asn_opaque: Column
    asn_sources: Column
    asn_changed: Column
    """Day number, 0 for none."""
    org_ids: Column
    """What each organisation is called by; this and the other texts are numbers of ``words``."""
    org_described: Column
    """Whether there is more of it than AS numbers that name it."""
    org_names: Column
    org_countries: Column
    org_sources: Column
    org_changed: Column
    offsets: Column
    """Where the networks of each organisation begin; one more than there are."""
    networks: Column
    """AS numbers of each organisation, ascending."""
    words: Words

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "Organisations":
        """Join rows in any order; of several for the same thing the last change counts."""
        described: dict[str, Organisation] = {}
        held: dict[int, Holding] = {}
        for row in rows:
            if isinstance(row, Organisation):
                if _is_newer(row, described.get(row.org_id)):
                    described[row.org_id] = row
            elif _is_newer(row, held.get(row.asn)):
                held[row.asn] = row
        holdings = [held[asn] for asn in sorted(held)]
        ids = dict.fromkeys((*described, *(each.org_id for each in holdings)))
        return _laid_out(holdings, {org_id: described.get(org_id) for org_id in ids})

    @classmethod
    def of_columns(cls, columns: Columns) -> "Organisations":
        """Take the columns that :meth:`columns` gave."""
        plain = {name: columns[name] for name in _PLAIN}
        return cls(**plain, words=Words.of_columns(columns))

    def columns(self) -> dict[str, Column]:
        """Return all columns by name."""
        return {name: getattr(self, name) for name in _PLAIN} | self.words.columns()

    def __len__(self) -> int:
        return len(self.asns)

    def holding(self, asn: int) -> Holding | None:
        """Return what the snapshot says of an AS number."""
        at = self._place(asn)
        if at is None:
            return None
        return Holding(
            asn=asn,
            name=self.words.get(self.asn_names[at]),
            org_id=self.words.get(self.org_ids[self.holders[at]]) or "",
            opaque_id=self.words.get(self.asn_opaque[at]),
            source=self.words.get(self.asn_sources[at]),
            changed=_day(self.asn_changed[at]),
        )

    def organisation(self, asn: int) -> Organisation | None:
        """Return who holds an AS number, ``None`` when it is not known."""
        at = self._place(asn)
        if at is None or not self.org_described[org := self.holders[at]]:
            return None
        return Organisation(
            org_id=self.words.get(self.org_ids[org]) or "",
            name=self.words.get(self.org_names[org]),
            country=self.words.get(self.org_countries[org]),
            source=self.words.get(self.org_sources[org]),
            changed=_day(self.org_changed[org]),
        )

    def siblings(self, asn: int) -> tuple[int, ...]:
        """Return the other AS numbers of the same organisation, ascending.

        Examples
        --------
        >>> from mxpath.datasets.as2org import parse
        >>> lines = ["# format:aut|org_id", "1|A", "2|B", "3|A"]
        >>> Organisations.of(parse(lines, source="")).siblings(1)
        (3,)
        """
        at = self._place(asn)
        if at is None:
            return ()
        org = self.holders[at]
        networks = self.networks[self.offsets[org] : self.offsets[org + 1]]
        return tuple(other for other in networks if other != asn)

    def _place(self, asn: int) -> int | None:
        at = bisect_left(self.asns, asn)
        return at if at < len(self.asns) and self.asns[at] == asn else None


def _laid_out(
    holdings: Sequence[Holding], organisations: Mapping[str, Organisation | None]
) -> Organisations:
    words = WordCount()
    place = {org_id: n for n, org_id in enumerate(organisations)}
    networks: list[list[int]] = [[] for _ in place]
    for each in holdings:
        networks[place[each.org_id]].append(each.asn)
    offsets = array("I", [0])
    for one in networks:
        offsets.append(offsets[-1] + len(one))
    orgs = [
        org or Organisation(org_id=org_id, name=None, country=None, source=None, changed=None)
        for org_id, org in organisations.items()
    ]
    return Organisations(
        asns=_numbers(each.asn for each in holdings),
        holders=_numbers(place[each.org_id] for each in holdings),
        asn_names=words.column(each.name for each in holdings),
        asn_opaque=words.column(each.opaque_id for each in holdings),
        asn_sources=words.column(each.source for each in holdings),
        asn_changed=_numbers(_number(each.changed) for each in holdings),
        org_ids=words.column(organisations),
        org_described=memoryview(bytes(org is not None for org in organisations.values())),
        org_names=words.column(org.name for org in orgs),
        org_countries=words.column(org.country for org in orgs),
        org_sources=words.column(org.source for org in orgs),
        org_changed=_numbers(_number(org.changed) for org in orgs),
        offsets=memoryview(offsets),
        networks=_numbers(asn for one in networks for asn in one),
        words=words.words(),
    )


def _numbers(numbers: Iterable[int]) -> Column:
    return memoryview(array("I", numbers))


def _number(day: date | None) -> int:
    return 0 if day is None else day.toordinal()


def _day(number: int) -> date | None:
    return date.fromordinal(number) if number else None


def _is_newer(row: Row, known: Row | None) -> bool:
    if known is None:
        return True
    return (row.changed or date.min) > (known.changed or date.min)
