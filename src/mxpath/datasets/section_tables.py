"""Which tables a section of the gazetteer is made into, and how they are built of a snapshot.

The law: a section has one implementation, its tables. They are built from the rows of the
snapshot's parser, in one reading for all tables asked for, and opened from columns, wherever
those lie: in a directory that ``mxpath data build`` wrote, or in the cache. The file name of a
table says what it is, its form and all that it was made of (:attr:`.Source.key`). Whoever
changes what the columns of a table mean gives it another form.

A section without tables is small: its files are read as they are.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from mxpath.datasets import ixf, peeringdb
from mxpath.datasets.asrel import Heading
from mxpath.datasets.catalog import Section
from mxpath.datasets.columns import Column, Columns
from mxpath.datasets.delegated import Kind as Delegated
from mxpath.datasets.delegations import Delegations
from mxpath.datasets.exchange_table import Exchanges
from mxpath.datasets.geofeed_table import Geofeed
from mxpath.datasets.names import NameTable
from mxpath.datasets.organisation_table import Organisations
from mxpath.datasets.peeringdb_rows import Row
from mxpath.datasets.prefixes import PrefixTable
from mxpath.datasets.relation_table import RelationTable, with_heading
from mxpath.datasets.snapshot import Tally
from mxpath.datasets.vrp_table import VrpTable
from mxpath.model.relations import AsRelations

if TYPE_CHECKING:
    from mxpath.datasets.gazetteer_source import Source
    from mxpath.datasets.prefix_arrays import Ranges

_WORTH_COLUMNS = 2**18
"""Documents of fewer bytes are read line by line sooner than numpy is imported."""


class Table(Protocol):
    """What is kept: anything that can be taken apart into columns."""

    def columns(self) -> dict[str, Column]:
        """Return all columns by name."""


_T_co = TypeVar("_T_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[_T_co]):
    """A kind of table, and the form of its columns."""

    name: str
    form: int
    of: Callable[[Columns], _T_co]
    """Puts a table together from its columns."""

    def file_name(self, key: str) -> str:
        """Return what the file of a table is called that was made of what ``key`` says."""
        return f"{self.name}-{self.form}-{key}.columns"

    def is_older(self, file_name: str) -> bool:
        """Whether a file is a table of this kind in another form."""
        return file_name.startswith(f"{self.name}-") and not file_name.startswith(
            f"{self.name}-{self.form}-"
        )


Built = dict[Kind[Any], Table]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The tables of a section."""

    kinds: tuple[Kind[Any], ...]
    build: Callable[["Source", Collection[Kind[Any]], Tally], Built]
    """Reads a snapshot and builds at least the tables that are asked for; counts in the tally."""
    judges_space: bool = False
    """Which special-purpose ranges count as public makes a difference."""


ORIGINS: dict[int, Kind[PrefixTable]] = {
    version: Kind(
        name=f"origins{version}", form=1, of=partial(PrefixTable.of_columns, version=version)
    )
    for version in (4, 6)
}
NAMES = Kind(name="names", form=2, of=NameTable.of_columns)
VRPS: dict[int, Kind[VrpTable]] = {
    version: Kind(name=f"vrps{version}", form=1, of=partial(VrpTable.of_columns, version=version))
    for version in (4, 6)
}
RELATIONS = Kind(name="relations", form=1, of=RelationTable.of_columns)
EXCHANGES = Kind(name="exchanges", form=1, of=Exchanges.of_columns)
MEMBERS = Kind(name="members", form=1, of=Exchanges.of_columns)
ORGANISATIONS = Kind(name="organisations", form=1, of=Organisations.of_columns)
DELEGATIONS: dict[Delegated, Kind[Delegations]] = {
    kind: Kind(name=f"delegations-{kind}", form=1, of=partial(Delegations.of_columns, kind=kind))
    for kind in Delegated
}
PLACES = Kind(name="places", form=1, of=Geofeed.of_columns)


def _origins(source: "Source", kinds: Collection[Kind[Any]], tally: Tally) -> Built:
    versions = [version for version, kind in ORIGINS.items() if kind in kinds]
    tables = (
        _origins_streamed(source, tally)
        or _origins_at_once(source, versions, tally)
        or _origins_by_row(source, versions, tally)
    )
    return {ORIGINS[version]: table for version, table in tables.items()}


def _origins_streamed(source: "Source", tally: Tally) -> dict[int, PrefixTable] | None:
    """Read both families in one pass over the files; ``None`` where there is no way to."""
    if source.dataset.stream is None:
        return None
    from mxpath.datasets.prefix_arrays import cut  # noqa: PLC0415 - loads numpy

    found = source.dataset.stream(source.files(), tally=tally, public=source.public)
    return {version: cut(ranges) for version, ranges in found.items()}


def _origins_at_once(
    source: "Source", versions: Iterable[int], tally: Tally
) -> dict[int, PrefixTable] | None:
    """Read by whole columns; ``None`` where that costs more than it saves, or cannot be done."""
    documents = [content for _, content in source.documents()]
    if source.dataset.columns is None or sum(map(len, documents)) < _WORTH_COLUMNS:
        return None
    from mxpath.datasets import origin_columns, prefix_arrays  # noqa: PLC0415 - load numpy

    counted, found = Tally(), {}
    for version in versions:
        whole: list[Ranges] = []
        for content in documents:
            part = source.dataset.columns(content, version=version, tally=counted)
            if part is None:
                return None
            whole.append(part)
        found[version] = prefix_arrays.cut(origin_columns.joined(whole))
    tally.add(counted)
    return found


def _origins_by_row(source: "Source", versions: list[int], tally: Tally) -> dict[int, PrefixTable]:
    only = versions[0] if len(versions) == 1 else None
    rows = list(source.rows(version=only, tally=tally))
    return {version: PrefixTable.of(rows, version=version) for version in versions}


def _names(source: "Source", _: Collection[Kind[Any]], tally: Tally) -> Built:
    return {NAMES: NameTable.of(source.rows(tally=tally))}


def _vrps(source: "Source", _: Collection[Kind[Any]], tally: Tally) -> Built:
    rows = list(source.rows(tally=tally))
    return {kind: VrpTable.of(rows, version=version) for version, kind in VRPS.items()}


def _relations(source: "Source", _: Collection[Kind[Any]], tally: Tally) -> Built:
    heading = Heading()
    relations = AsRelations.of(source.rows(tally=tally, heading=heading))
    return {RELATIONS: with_heading(relations, heading)}


def _exchanges(source: "Source", _: Collection[Kind[Any]], tally: Tally) -> Built:
    documents = peeringdb.documents(source.documents(), tally=tally)
    where = str(source.directory)
    return {EXCHANGES: peeringdb.join(documents, public=source.public, source=where, tally=tally)}


def _members(source: "Source", _: Collection[Kind[Any]], tally: Tally) -> Built:
    """What exchange points say of themselves; PeeringDB, where known, has the numbers of all."""
    known = source.known.open(EXCHANGES) if source.known is not None else None
    rows: dict[str, list[Row]] = {}
    for path, document in source.documents():
        told = source.dataset.parse(document, source=path, tally=tally)
        for kind, shaped in ixf.documents(told, known=known, tally=tally).items():
            rows.setdefault(kind, []).extend(shaped)
    where = str(source.directory)
    return {MEMBERS: peeringdb.join(rows, public=source.public, source=where, tally=tally)}


def _organisations(source: "Source", _: Collection[Kind[Any]], tally: Tally) -> Built:
    return {ORGANISATIONS: Organisations.of(source.rows(tally=tally))}


def _delegations(source: "Source", _: Collection[Kind[Any]], tally: Tally) -> Built:
    rows = list(source.rows(tally=tally))
    return {kind: Delegations.of(rows, kind=of) for of, kind in DELEGATIONS.items()}


def _places(source: "Source", _: Collection[Kind[Any]], tally: Tally) -> Built:
    return {PLACES: Geofeed.of(source.rows(tally=tally))}


TABLES: dict[Section, Tables] = {
    Section.ORIGINS: Tables(kinds=tuple(ORIGINS.values()), build=_origins, judges_space=True),
    Section.NAMES: Tables(kinds=(NAMES,), build=_names),
    Section.RPKI: Tables(kinds=tuple(VRPS.values()), build=_vrps),
    Section.RELATIONS: Tables(kinds=(RELATIONS,), build=_relations),
    Section.EXCHANGES: Tables(kinds=(EXCHANGES,), build=_exchanges, judges_space=True),
    Section.MEMBERS: Tables(kinds=(MEMBERS,), build=_members, judges_space=True),
    Section.ORGANISATIONS: Tables(kinds=(ORGANISATIONS,), build=_organisations),
    Section.DELEGATIONS: Tables(kinds=tuple(DELEGATIONS.values()), build=_delegations),
    Section.PLACES: Tables(kinds=(PLACES,), build=_places),
}
