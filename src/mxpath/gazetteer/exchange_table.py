"""Exchange points, their LANs, ports and members, networks and houses, in columns."""

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import isnan, nan

from mxpath.datasets.as2org import Organisation
from mxpath.datasets.peeringdb_rows import Facility, Org
from mxpath.model.address import IPAddress, Prefix
from mxpath.tables.column_maps import Addresses, AddressMap, NumberMap, NumberSets
from mxpath.tables.columns import Column, Columns
from mxpath.tables.prefixes import PrefixTable
from mxpath.tables.words import WordCount, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """An exchange point."""

    ix_id: int
    name: str
    city: str = ""
    country: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """Whose port an address is."""

    ix_id: int
    asn: int
    speed_mbps: int | None
    """In Mbit/s, where it is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What :func:`mxpath.gazetteer.exchange_join.join` makes of the rows, before it is laid out in columns."""

    lans: tuple[PrefixTable, PrefixTable]
    """One table a family, IPv4 first; the origin of a LAN's prefix is the exchange point's id."""
    points: Mapping[int, Exchange] = field(default_factory=dict)
    ports: Mapping[IPAddress, Port] = field(default_factory=dict)
    members: Mapping[int, Iterable[int]] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    route_servers: Mapping[int, Iterable[int]] = field(default_factory=dict)
    owners: Mapping[int, Org] = field(default_factory=dict)
    facilities: Mapping[int, Facility] = field(default_factory=dict)
    ix_facilities: Mapping[int, Iterable[int]] = field(default_factory=dict)
    as_facilities: Mapping[int, Iterable[int]] = field(default_factory=dict)


class Exchanges:
    """All exchange points of one snapshot, joined and checked; make it with :meth:`of`.

    Whatever is asked for is made of the columns then, and not kept.
    """

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self.lans = tuple(
            PrefixTable.of_columns(_behind(f"lan{version}_", columns), version=version)
            for version in (4, 6)
        )
        """One table a family; the origin of a LAN's prefix is the exchange point's id."""
        self._words = Words.of_columns(columns)
        self.port_addresses = Addresses.of_columns(columns, "port")
        """Member ports of both families."""

    @classmethod
    def of(cls, joined: Joined) -> "Exchanges":
        """Lay out what was joined."""
        return cls(_laid_out(joined))

    @classmethod
    def of_columns(cls, columns: Columns) -> "Exchanges":
        """Take the columns that :meth:`columns` gave."""
        return cls(columns)

    def columns(self) -> dict[str, Column]:
        """Return all columns by name."""
        return dict(self._columns)

    def lan_of(self, address: IPAddress) -> tuple[int, Prefix] | None:
        """Return the exchange point and the LAN that ``address`` lies in."""
        return lan_of(self.lans, address)

    @cached_property
    def points(self) -> Mapping[int, Exchange]:
        """Exchange points by id."""
        return NumberMap(self._columns["ix_ids"], self._point)

    @cached_property
    def ports(self) -> Mapping[IPAddress, tuple[int, int]]:
        """Port to exchange point id and member AS."""
        ix_ids, asns = self._columns["port_ix_ids"], self._columns["port_asns"]
        return AddressMap(self.port_addresses, lambda at: (ix_ids[at], asns[at]))

    @cached_property
    def speeds(self) -> Mapping[IPAddress, int]:
        """Port to its speed in Mbit/s, where it is told."""
        speeds = self._columns["port_speeds"]
        return AddressMap(self.port_addresses, lambda at: speeds[at] or None)

    @cached_property
    def members(self) -> Mapping[int, frozenset[int]]:
        """Exchange point id to the AS numbers of its members."""
        return NumberSets.of_columns(self._columns, "members").map()

    @cached_property
    def names(self) -> Mapping[int, str]:
        """AS number to the name of the network."""
        names = self._columns["net_names"]
        return NumberMap(self._columns["net_asns"], lambda at: self._words.get(names[at]) or "")

    @cached_property
    def route_servers(self) -> Mapping[int, frozenset[int]]:
        """Exchange point id to the AS numbers of its route servers."""
        return NumberSets.of_columns(self._columns, "servers").map()

    @cached_property
    def owners(self) -> Mapping[int, Org]:
        """AS number to the organisation that runs it: equal ones are siblings."""
        orgs, ids = self._columns["owner_orgs"], self._columns["org_ids"]
        names, countries = self._columns["org_names"], self._columns["org_countries"]

        def owner(at: int) -> Org:
            org = orgs[at]
            return Org(
                org_id=ids[org],
                name=self._words.get(names[org]),
                country=self._words.get(countries[org]),
            )

        return NumberMap(self._columns["owner_asns"], owner)

    def organisation(self, asn: int) -> Organisation | None:
        """Return who runs a network, in the form in which registries name organisations."""
        owner = self.owners.get(asn)
        if owner is None:
            return None
        return Organisation(
            org_id=str(owner.org_id),
            name=owner.name,
            country=owner.country,
            source=None,
            changed=None,
        )

    def siblings(self, asn: int) -> tuple[int, ...]:
        """Return the other networks of the organisation that runs a network, ascending."""
        owner = self.owners.get(asn)
        held = self._owned.get(owner.org_id, frozenset()) if owner is not None else ()
        return tuple(sorted(set(held) - {asn}))

    @cached_property
    def facilities(self) -> Mapping[int, Facility]:
        """Houses by id."""
        return NumberMap(self._columns["fac_ids"], self._facility)

    @cached_property
    def ix_facilities(self) -> Mapping[int, frozenset[int]]:
        """Exchange point id to the ids of the facilities it is in."""
        return NumberSets.of_columns(self._columns, "ix_facs").map()

    @cached_property
    def as_facilities(self) -> Mapping[int, frozenset[int]]:
        """AS number to the ids of the facilities it is in."""
        return NumberSets.of_columns(self._columns, "as_facs").map()

    @cached_property
    def _owned(self) -> Mapping[int, frozenset[int]]:
        return NumberSets.of_columns(self._columns, "owned").map()

    def _text(self, column: str, at: int) -> str | None:
        return self._words.get(self._columns[column][at])

    def _point(self, at: int) -> Exchange:
        return Exchange(
            ix_id=self._columns["ix_ids"][at],
            name=self._text("ix_names", at) or "",
            city=self._text("ix_cities", at) or "",
            country=self._text("ix_countries", at),
        )

    def _facility(self, at: int) -> Facility:
        return Facility(
            fac_id=self._columns["fac_ids"][at],
            name=self._text("fac_names", at) or "",
            city=self._text("fac_cities", at) or "",
            country=self._text("fac_countries", at),
            latitude=_degrees(self._columns["fac_latitudes"][at]),
            longitude=_degrees(self._columns["fac_longitudes"][at]),
        )


def lan_of(lans: Iterable[PrefixTable], address: IPAddress) -> tuple[int, Prefix] | None:
    """Return the exchange point and the LAN that ``address`` lies in."""
    for table in lans:
        if table.version == address.version:
            found = table.find(address)
            return None if found is None else (found[1][0], found[0])
    return None


def _laid_out(joined: Joined) -> dict[str, Column]:
    words = WordCount()
    columns: dict[str, Column] = {}
    for table in joined.lans:
        columns |= {f"lan{table.version}_{name}": c for name, c in table.columns().items()}
    for lay in (_points, _networks, _facilities):
        columns |= lay(joined, words)
    columns |= _ports(joined)
    sets = {
        "members": joined.members,
        "servers": joined.route_servers,
        "ix_facs": joined.ix_facilities,
        "as_facs": joined.as_facilities,
    }
    for name, one in sets.items():
        columns |= NumberSets.of(one).columns(name)
    return columns | words.words().columns()


def _points(joined: Joined, words: WordCount) -> dict[str, Column]:
    points = [joined.points[ix_id] for ix_id in sorted(joined.points)]
    return {
        "ix_ids": _numbers(point.ix_id for point in points),
        "ix_names": words.column(point.name for point in points),
        "ix_cities": words.column(point.city for point in points),
        "ix_countries": words.column(point.country for point in points),
    }


def _ports(joined: Joined) -> dict[str, Column]:
    order = sorted(joined.ports, key=lambda address: (address.version, int(address)))
    ports = [joined.ports[address] for address in order]
    return Addresses.of(order).columns("port") | {
        "port_ix_ids": _numbers(port.ix_id for port in ports),
        "port_asns": _numbers(port.asn for port in ports),
        "port_speeds": _numbers(port.speed_mbps or 0 for port in ports),
    }


def _networks(joined: Joined, words: WordCount) -> dict[str, Column]:
    named, owned = sorted(joined.names), sorted(joined.owners)
    orgs = list(dict.fromkeys(joined.owners[asn] for asn in owned))
    place = {org: n for n, org in enumerate(orgs)}
    networks: dict[int, set[int]] = {}
    for asn in owned:
        networks.setdefault(joined.owners[asn].org_id, set()).add(asn)
    return NumberSets.of(networks).columns("owned") | {
        "net_asns": _numbers(named),
        "net_names": words.column(joined.names[asn] for asn in named),
        "owner_asns": _numbers(owned),
        "owner_orgs": _numbers(place[joined.owners[asn]] for asn in owned),
        "org_ids": _numbers(org.org_id for org in orgs),
        "org_names": words.column(org.name for org in orgs),
        "org_countries": words.column(org.country for org in orgs),
    }


def _facilities(joined: Joined, words: WordCount) -> dict[str, Column]:
    facilities = [joined.facilities[fac_id] for fac_id in sorted(joined.facilities)]
    degrees = {
        "fac_latitudes": [each.latitude for each in facilities],
        "fac_longitudes": [each.longitude for each in facilities],
    }
    return {
        "fac_ids": _numbers(each.fac_id for each in facilities),
        "fac_names": words.column(each.name for each in facilities),
        "fac_cities": words.column(each.city for each in facilities),
        "fac_countries": words.column(each.country for each in facilities),
        **{
            name: memoryview(array("d", [nan if n is None else n for n in numbers]))
            for name, numbers in degrees.items()
        },
    }


def _behind(name: str, columns: Columns) -> dict[str, Column]:
    """Columns whose names begin with ``name``, by what follows it."""
    return {key.removeprefix(name): c for key, c in columns.items() if key.startswith(name)}


def _numbers(numbers: Iterable[int]) -> Column:
    return memoryview(array("I", numbers))


def _degrees(number: float) -> float | None:
    return None if isnan(number) else number
