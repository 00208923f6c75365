"""The Gazetteer: what the world has published about itself, as of one date.

A gazetteer is a directory: ``gazetteer.toml`` (see manifest.py) and the files of
its snapshots. The law:

1. Opening reads the manifest only and looks whether the files are there; each
   section is read when it is first asked for.
2. A snapshot whose bytes are not those of its SHA-256 is never used.
3. Every answer comes with the snapshot it rests on. Nothing reads "the latest".
4. Where several snapshots answer the same question, the one listed first that
   knows an answer gives it. An exchange point's own export is asked after the lists
   of all exchange points, wherever it stands.
5. A section that is not there answers "unknown"; it is no error.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from ipaddress import ip_network
from itertools import chain
from pathlib import Path
from typing import Any

from mxpath.datasets import ixf, peeringdb
from mxpath.datasets.cache import cached_names, cached_table
from mxpath.datasets.catalog import DATASETS, Dataset, Section
from mxpath.datasets.geofeed import Geofeed, GeofeedRow
from mxpath.datasets.manifest import Entry, Manifest, read_manifest
from mxpath.datasets.names import NameTable
from mxpath.datasets.prefixes import OriginRow, PrefixTable, row_of
from mxpath.datasets.providers import ProviderPattern, Providers
from mxpath.datasets.rdap_bootstrap import Services
from mxpath.datasets.shipped import shipped_directory
from mxpath.datasets.snapshot import Tally, digest, lines_of, read_files, unpack
from mxpath.datasets.vrps import VrpTable
from mxpath.errors import ParseError, SnapshotError
from mxpath.model.address import IPAddress, Prefix
from mxpath.model.attribution import IxpLan, IxpPort, Network, OriginSet
from mxpath.model.relations import AsRelations
from mxpath.model.rpki import Vrp
from mxpath.model.study import SnapshotRef

_WORTH_COLUMNS = 2**18
"""Documents of fewer bytes are read line by line sooner than numpy is imported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotSummary:
    """A row of ``mxpath data show``."""

    name: str
    gives: str
    rows: int
    skipped: tuple[tuple[str, int], ...]
    """Why rows were left out, and how many."""
    as_of: date
    publisher: str
    licence: str
    attribution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A snapshot together with the place of its files and what is known to read it."""

    directory: Path
    entry: Entry
    dataset: Dataset
    tables: dict[int, PrefixTable] = field(default_factory=dict)
    """Origins by family, each from when it is first asked for."""

    @property
    def ref(self) -> SnapshotRef:
        return self.entry.ref

    def proved(self) -> list[tuple[str, bytes]]:
        """Name and bytes of each file, once they are known to be the right ones.

        Raises
        ------
        SnapshotError
            When the bytes are not those that the manifest names.
        """
        paths = [self.directory / name for name in self.entry.files]
        contents = read_files(paths)
        found = digest(contents)
        if found != self.entry.sha256:
            raise SnapshotError(
                f"{self.entry.name} of {self.entry.as_of} in {self.directory} has changed: "
                f"SHA-256 is {found}, the manifest says {self.entry.sha256}; fetch or build it again"
            )
        return list(zip(map(str, paths), contents, strict=True))

    def documents(self) -> Iterator[tuple[str, bytes]]:
        """Name and unpacked content of each file."""
        for path, content in self.proved():
            yield path, unpack(content, source=path)

    def rows(self, **options: Any) -> Iterator[Any]:
        """Rows of all its files; ``options`` go to its parser."""
        for path, document in self.documents():
            content = document if self.dataset.whole else lines_of(document, source=path)
            yield from self.dataset.parse(content, source=path, **options)

    def table(self, version: int) -> PrefixTable:
        """The origins of one family; the files are proved even when the cache has the table."""
        if version not in self.tables:
            self.proved()
            self.tables[version] = cached_table(
                self.entry.sha256, version=version, build=lambda: self._built(version)
            )
        return self.tables[version]

    def _built(self, version: int) -> PrefixTable:
        documents = [content for _, content in self.documents()]
        if self.dataset.columns is not None and sum(map(len, documents)) >= _WORTH_COLUMNS:
            from mxpath.datasets import origin_columns, prefix_arrays  # noqa: PLC0415 - load numpy

            read = [self.dataset.columns(content, version=version) for content in documents]
            whole = [part for part in read if part is not None]
            if len(whole) == len(documents):
                return prefix_arrays.cut(origin_columns.joined(whole))
        return PrefixTable.of(self.rows(version=version), version=version)

    def names(self) -> NameTable:
        """The names of networks; the files are proved even when the cache has them."""
        self.proved()
        return cached_names(self.entry.sha256, build=lambda: NameTable.of(self.rows()))


class Gazetteer:
    """Answers of one dated directory; make it with :meth:`open` or :meth:`shipped`."""

    def __init__(self, directory: Path, manifest: Manifest) -> None:
        self.directory = directory
        self.as_of: date | None = manifest.as_of
        """The date that the whole stands for; ``None`` when it names none."""
        self.public: tuple[Prefix, ...] = manifest.public
        """Special-purpose ranges that count as public: lab worlds only."""
        self._sources = tuple(_source(directory, entry) for entry in manifest.snapshot)

    @classmethod
    def open(cls, directory: Path, *, as_of: date | None = None) -> "Gazetteer":
        """Open a gazetteer directory.

        Parameters
        ----------
        directory
            Holds ``gazetteer.toml`` and the files it names.
        as_of
            The date it has to stand for; any when ``None``.

        Raises
        ------
        SnapshotError
            When the directory, its manifest or a file is not there, or its date is another.
        ParseError
            When the manifest is malformed or names an unknown data set.
        """
        manifest = read_manifest(directory)
        if as_of is not None and manifest.as_of != as_of:
            found = manifest.as_of or "a mixture of dates"
            raise SnapshotError(f"the gazetteer at {directory} is of {found}, not of {as_of}")
        return cls(directory, manifest)

    @classmethod
    def shipped(cls) -> "Gazetteer":
        """Open what comes with mxpath.

        Raises
        ------
        SnapshotError
            When this installation has none.
        """
        return cls.open(shipped_directory() / "snapshots")

    @property
    def snapshots(self) -> tuple[SnapshotRef, ...]:
        """What this gazetteer is made of."""
        return tuple(source.ref for source in self._sources)

    def origin(self, address: IPAddress) -> tuple[OriginSet, SnapshotRef] | None:
        """Return the longest covering prefix and all networks that originate it."""
        for source in self._in(Section.ORIGINS):
            found = source.table(address.version).find(address)
            if found is not None:
                prefix, origins = found
                networks = tuple(self.network(asn) for asn in origins)
                announced = not source.dataset.ranges
                found_set = OriginSet(prefix=prefix, networks=networks, announced=announced)
                return found_set, source.ref
        return None

    def origin_tables(self, version: int) -> tuple[tuple[PrefixTable, SnapshotRef], ...]:
        """Return the tables that :meth:`origin` asks for a family, in its order."""
        return tuple((source.table(version), source.ref) for source in self._in(Section.ORIGINS))

    def ixp_ranges(self, version: int) -> Iterator[OriginRow]:
        """Yield the LANs and ports of all exchange points; the origins tell nothing."""
        everything = ip_network("0.0.0.0/0" if version == 4 else "::/0")
        for _, exchanges in self._exchanges:
            for table in exchanges.lans:
                yield from table.covered(everything)
            for port in exchanges.ports:
                if port.version == version:
                    yield row_of(ip_network(port), (1,))

    def ixp_port(self, address: IPAddress) -> tuple[IxpPort, SnapshotRef] | None:
        """Return the exchange point and member whose port has this address."""
        for source, exchanges in self._exchanges:
            found = exchanges.ports.get(address)
            if found is not None:
                ix_id, asn = found
                name = exchanges.points[ix_id].name
                member = self.network(asn)
                return IxpPort(
                    ix_id=ix_id, ix_name=name, member=member, address=address
                ), source.ref
        return None

    def ixp_lan(self, address: IPAddress) -> tuple[IxpLan, SnapshotRef] | None:
        """Return the exchange point LAN that the address lies in."""
        for source, exchanges in self._exchanges:
            found = exchanges.lan_of(address)
            if found is not None:
                ix_id, prefix = found
                name = exchanges.points[ix_id].name
                return IxpLan(ix_id=ix_id, ix_name=name, prefix=prefix), source.ref
        return None

    def provider(self, mx_host: str) -> tuple[ProviderPattern, SnapshotRef] | None:
        """Return who runs a mail server, by its name."""
        for source, providers in self._providers:
            found = providers.provider_of(mx_host)
            if found is not None:
                return found, source.ref
        return None

    def place(self, address: IPAddress) -> tuple[GeofeedRow, SnapshotRef] | None:
        """Return where the holder of an address says that it is."""
        for source, feed in self._places:
            found = feed.find(address)
            if found is not None:
                return found, source.ref
        return None

    def network(self, asn: int) -> Network:
        """Return the network of an AS number, with its name where a snapshot knows it."""
        known = chain(
            (names.get(asn) for names in self._names),
            (exchanges.names.get(asn) for _, exchanges in self._exchanges),
        )
        return Network(asn=asn, name=next((name for name in known if name is not None), None))

    def members(self, ix_id: int) -> frozenset[int]:
        """Return the AS numbers of an exchange point's members; none when it is unknown."""
        for _, exchanges in self._exchanges:
            if ix_id in exchanges.members:
                return exchanges.members[ix_id]
        return frozenset()

    @property
    def ixps(self) -> tuple[peeringdb.Exchange, ...]:
        """All exchange points by id."""
        points = {
            ix_id: point
            for _, exchanges in reversed(self._exchanges)
            for ix_id, point in exchanges.points.items()
        }
        return tuple(points[ix_id] for ix_id in sorted(points))

    @cached_property
    def relations(self) -> AsRelations:
        """Business relationships, of the first snapshot that has them; else none at all."""
        for source in self._in(Section.RELATIONS):
            return AsRelations.of(source.rows(), source=source.entry.name, as_of=source.entry.as_of)
        return AsRelations()

    @cached_property
    def registries(self) -> Services:
        """Which registry answers for what, of all snapshots that know; else nobody."""
        return Services(row for source in self._in(Section.REGISTRIES) for row in source.rows())

    def describe(self) -> tuple[SnapshotSummary, ...]:
        """Read every snapshot whole and say how many rows it has."""
        return tuple(_summary(source, self.public) for source in self._sources)

    def vrps_covering(self, prefix: Prefix) -> tuple[tuple[Vrp, ...], SnapshotRef] | None:
        """Return what may be announced of what ``prefix`` lies in; ``None`` without any VRPs.

        Of several lists the first alone is asked: a payload that another lacks is a
        difference of dates, and no more of an answer.
        """
        for source, tables in self._vrps:
            return tables[prefix.version].covering(prefix), source.ref
        return None

    @property
    def missing(self) -> tuple[Section, ...]:
        """Questions that no snapshot here can answer."""
        return tuple(section for section in Section if not self._in(section))

    def _in(self, section: Section) -> list[_Source]:
        return [source for source in self._sources if source.dataset.section is section]

    @cached_property
    def _names(self) -> tuple[NameTable, ...]:
        return tuple(source.names() for source in self._in(Section.NAMES))

    @cached_property
    def _vrps(self) -> tuple[tuple[_Source, dict[int, VrpTable]], ...]:
        found = []
        for source in self._in(Section.RPKI)[:1]:
            rows = list(source.rows())
            tables = {version: VrpTable.of(rows, version=version) for version in (4, 6)}
            found.append((source, tables))
        return tuple(found)

    @cached_property
    def _exchanges(self) -> tuple[tuple[_Source, peeringdb.Exchanges], ...]:
        found = [
            (source, _join_exchanges(source, self.public)) for source in self._in(Section.EXCHANGES)
        ]
        known = found[0][1] if found else None
        for source in self._in(Section.MEMBERS):
            joined = _join_members(source, self.public, known)
            found += [(source, exchanges) for exchanges in joined]
        return tuple(found)

    @cached_property
    def _providers(self) -> tuple[tuple[_Source, Providers], ...]:
        return tuple(
            (source, Providers.of(source.rows())) for source in self._in(Section.PROVIDERS)
        )

    @cached_property
    def _places(self) -> tuple[tuple[_Source, Geofeed], ...]:
        return tuple((source, Geofeed.of(source.rows())) for source in self._in(Section.PLACES))


def _source(directory: Path, entry: Entry) -> _Source:
    dataset = DATASETS.get(entry.name)
    if dataset is None:
        known = ", ".join(sorted(DATASETS))
        raise ParseError(
            f"unknown data set {entry.name!r}; known are {known}", source=str(directory)
        )
    missing = [name for name in entry.files if not (directory / name).is_file()]
    if missing:
        raise SnapshotError(
            f"{entry.name} of {entry.as_of} in {directory} is incomplete: no {', '.join(missing)}"
        )
    return _Source(directory=directory, entry=entry, dataset=dataset)


def _join_exchanges(
    source: _Source, public: tuple[Prefix, ...], tally: Tally | None = None
) -> peeringdb.Exchanges:
    documents = peeringdb.documents(source.documents(), tally=tally)
    return peeringdb.join(documents, public=public, source=str(source.directory), tally=tally)


def _join_members(
    source: _Source,
    public: tuple[Prefix, ...],
    known: peeringdb.Exchanges | None,
    tally: Tally | None = None,
) -> Iterator[peeringdb.Exchanges]:
    """Yield what each exchange point says of itself; ``known`` has the numbers of all."""
    for path, document in source.documents():
        rows = source.dataset.parse(document, source=path, tally=tally)
        shaped = ixf.documents(rows, known=known, tally=tally)
        yield peeringdb.join(shaped, public=public, source=path, tally=tally)


def _summary(source: _Source, public: tuple[Prefix, ...]) -> SnapshotSummary:
    tally = Tally()
    if source.dataset.section is Section.EXCHANGES:
        _join_exchanges(source, public, tally)
    else:
        deque(source.rows(tally=tally), maxlen=0)
    return SnapshotSummary(
        name=source.entry.name,
        gives=source.dataset.spec.gives,
        rows=tally.rows,
        skipped=tuple(sorted(tally.skipped.items())),
        as_of=source.entry.as_of,
        publisher=source.entry.publisher,
        licence=source.entry.licence,
        attribution=source.entry.attribution,
    )
