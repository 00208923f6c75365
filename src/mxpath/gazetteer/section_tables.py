"""How the tables of a section are built of a snapshot.

The law: they are built from the rows of the snapshot's parser, in one reading for all tables
that are asked for. Whoever opens tables that are there does not need this file, nor the time
that loading it takes.
"""

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any, Protocol

from mxpath.datasets import ixf, peeringdb
from mxpath.datasets.asrel import Heading
from mxpath.datasets.catalog import Section
from mxpath.datasets.delegated import Kind as Delegated
from mxpath.datasets.peeringdb_rows import Row
from mxpath.datasets.snapshot import Tally
from mxpath.gazetteer.delegations import Delegations
from mxpath.gazetteer.exchange_join import join
from mxpath.gazetteer.geofeed_table import Geofeed
from mxpath.gazetteer.names import NameTable
from mxpath.gazetteer.organisation_table import Organisations
from mxpath.gazetteer.relation_table import with_heading
from mxpath.gazetteer.table_kinds import (
    DELEGATIONS,
    EXCHANGES,
    MEMBERS,
    NAMES,
    ORGANISATIONS,
    ORIGINS,
    PLACES,
    RELATIONS,
    VRPS,
    Kind,
)
from mxpath.gazetteer.vrp_table import VrpTable
from mxpath.model.relations import AsRelations
from mxpath.tables.columns import Column
from mxpath.tables.prefixes import PrefixTable

if TYPE_CHECKING:
    from mxpath.gazetteer.source import Source
    from mxpath.tables.prefix_arrays import Ranges

_WORTH_COLUMNS = 2**18
"""Documents of fewer bytes are read line by line sooner than numpy is imported."""


class Table(Protocol):
    """What is kept: anything that can be taken apart into columns."""

    def columns(self) -> dict[str, Column]:
        """Return all columns by name."""


Built = dict[Kind[Any], Table]
Builder = Callable[["Source", Collection[Kind[Any]], Tally], Built]
"""Reads a snapshot and builds at least the tables that are asked for; counts in the tally."""


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
    if source.stream is None:
        return None
    from mxpath.tables.prefix_arrays import cut  # noqa: PLC0415 - loads numpy

    found = source.stream(source.files(), tally=tally, public=source.public)
    return {version: cut(ranges) for version, ranges in found.items()}


def _origins_at_once(
    source: "Source", versions: Iterable[int], tally: Tally
) -> dict[int, PrefixTable] | None:
    """Read by whole columns; ``None`` where that costs more than it saves, or cannot be done."""
    if source.dataset.columns is None:
        return None
    documents = [content for _, content in source.documents()]
    if sum(map(len, documents)) < _WORTH_COLUMNS:
        return None
    from mxpath.datasets import origin_columns  # noqa: PLC0415 - load numpy
    from mxpath.tables import prefix_arrays  # noqa: PLC0415 - load numpy

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
    return {EXCHANGES: join(documents, public=source.public, source=where, tally=tally)}


def _members(source: "Source", _: Collection[Kind[Any]], tally: Tally) -> Built:
    """What exchange points say of themselves; PeeringDB, where known, has the numbers of all."""
    known = source.known.open(EXCHANGES) if source.known is not None else None
    rows: dict[str, list[Row]] = {}
    for path, document in source.documents():
        told = source.dataset.parse(document, source=path, tally=tally)
        for kind, shaped in ixf.documents(told, known=known, tally=tally).items():
            rows.setdefault(kind, []).extend(shaped)
    where = str(source.directory)
    return {MEMBERS: join(rows, public=source.public, source=where, tally=tally)}


def _organisations(source: "Source", _: Collection[Kind[Any]], tally: Tally) -> Built:
    return {ORGANISATIONS: Organisations.of(source.rows(tally=tally))}


def _delegations(source: "Source", _: Collection[Kind[Any]], tally: Tally) -> Built:
    rows = list(source.rows(tally=tally))
    return {DELEGATIONS[of]: Delegations.of(rows, kind=of) for of in Delegated}


def _places(source: "Source", _: Collection[Kind[Any]], tally: Tally) -> Built:
    return {PLACES: Geofeed.of(source.rows(tally=tally))}


BUILDERS: dict[Section, Builder] = {
    Section.ORIGINS: _origins,
    Section.NAMES: _names,
    Section.RPKI: _vrps,
    Section.RELATIONS: _relations,
    Section.EXCHANGES: _exchanges,
    Section.MEMBERS: _members,
    Section.ORGANISATIONS: _organisations,
    Section.DELEGATIONS: _delegations,
    Section.PLACES: _places,
}
