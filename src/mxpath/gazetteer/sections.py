"""The sections of a gazetteer: for each question the snapshots that answer it, opened when first asked.

What is asked of them, and in which order several are heard, is gazetteer.py's law.
"""

from __future__ import annotations  # a section names many values, and opening loads few of them

from functools import cached_property
from typing import TYPE_CHECKING

from mxpath.datasets.catalog import Section
from mxpath.gazetteer.special_space import SpecialSpace
from mxpath.gazetteer.table_kinds import DELEGATIONS, EXCHANGES, MEMBERS, NAMES, ORGANISATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mxpath.datasets.paths import PathTable
    from mxpath.datasets.providers import Providers
    from mxpath.gazetteer.city_map import CityMap
    from mxpath.gazetteer.delegations import Delegations
    from mxpath.gazetteer.exchange_table import Exchanges
    from mxpath.gazetteer.names import NameTable
    from mxpath.gazetteer.organisation_table import Organisations
    from mxpath.gazetteer.source import Source
    from mxpath.model.address import Prefix
    from mxpath.model.snapshot import SnapshotRef


class Sections:
    """Snapshots by the question that they answer, in the order of the manifest."""

    def __init__(self, sources: Sequence[Source], *, public: tuple[Prefix, ...] = ()) -> None:
        self.public = public
        """Special-purpose ranges that count as public: lab worlds only."""
        self._sources = tuple(sources)

    @property
    def missing(self) -> tuple[Section, ...]:
        """Questions that no snapshot here can answer."""
        return tuple(section for section in Section if not self._in(section))

    def _in(self, section: Section) -> Sequence[Source]:
        return self._by_section.get(section, ())

    @cached_property
    def _by_section(self) -> dict[Section, list[Source]]:
        found: dict[Section, list[Source]] = {}
        for source in self._sources:
            found.setdefault(source.dataset.section, []).append(source)
        return found

    @cached_property
    def _names(self) -> tuple[NameTable, ...]:
        return tuple(source.open(NAMES) for source in self._in(Section.NAMES))

    @cached_property
    def _exchanges(self) -> tuple[tuple[Source, Exchanges], ...]:
        listed = [(source, source.open(EXCHANGES)) for source in self._in(Section.EXCHANGES)]
        own = [(source, source.open(MEMBERS)) for source in self._in(Section.MEMBERS)]
        return (*listed, *own)

    def _holders(self) -> Iterator[tuple[Source, Organisations | Exchanges]]:
        for source in self._in(Section.ORGANISATIONS):
            yield source, source.open(ORGANISATIONS)
        yield from self._exchanges

    @cached_property
    def _providers(self) -> tuple[tuple[Source, Providers], ...]:
        from mxpath.datasets.providers import Providers  # noqa: PLC0415 - mail servers only

        return tuple(
            (source, Providers.of(source.rows())) for source in self._in(Section.PROVIDERS)
        )

    def _delegations(self, kind: str) -> Iterator[tuple[Delegations, SnapshotRef]]:
        for source in self._in(Section.DELEGATIONS):
            yield source.open(DELEGATIONS[kind]), source.ref

    @cached_property
    def _paths(self) -> tuple[tuple[Source, PathTable], ...]:
        from mxpath.datasets.paths import PathTable  # noqa: PLC0415 - few gazetteers keep any

        return tuple((source, PathTable.of(source.rows())) for source in self._in(Section.PATHS))

    @cached_property
    def special_space(self) -> SpecialSpace:
        """What is not of the public Internet, and who says so."""
        return SpecialSpace(self._in(Section.SPECIAL), public=self.public)

    @cached_property
    def map(self) -> CityMap:
        """Cities, airports and what host names tell."""
        from mxpath.gazetteer.city_map import CityMap  # noqa: PLC0415 - only where places are asked

        return CityMap(self._sources)
