"""Cities, airports and host name rules of a gazetteer, joined: where a name is on the map."""

from collections.abc import Iterable
from functools import cached_property

from mxpath.datasets.airports import Airport
from mxpath.datasets.catalog import Section
from mxpath.datasets.cities import Cities, City
from mxpath.datasets.hostnames import HostnameHints, Spot
from mxpath.gazetteer.source import Source
from mxpath.model.snapshot import SnapshotRef


class CityMap:
    """Answers of all snapshots, each read when it is first asked; the first that knows answers."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._sources = tuple(sources)

    def city(
        self, name: str, country: str, *, region: str | None = None
    ) -> tuple[City, SnapshotRef] | None:
        """Return where a city is; ``None`` where it is not known, or several may be meant."""
        for source, cities in self._cities:
            found = cities.find(name, country, region=region)
            if found is not None:
                return found, source.ref
        return None

    def airport(self, code: str) -> tuple[Airport, SnapshotRef] | None:
        """Return the airport of an IATA code."""
        for source, airports in self._airports:
            found = airports.get(code.upper())
            if found is not None:
                return found, source.ref
        return None

    def by_host_name(self, host: str) -> tuple[Spot, SnapshotRef] | None:
        """Return the city that a router's name tells: a hint, no proof."""
        for source, hints in self.host_names:
            found = hints.place_of(host)
            if found is not None:
                return found, source.ref
        return None

    def _in(self, section: Section) -> list[Source]:
        return [source for source in self._sources if source.dataset.section is section]

    @cached_property
    def _cities(self) -> tuple[tuple[Source, Cities], ...]:
        return tuple((source, Cities(source.rows())) for source in self._in(Section.CITIES))

    @cached_property
    def _airports(self) -> tuple[tuple[Source, dict[str, Airport]], ...]:
        return tuple(
            (source, {row.code: row for row in source.rows()})
            for source in self._in(Section.AIRPORTS)
        )

    @cached_property
    def host_names(self) -> tuple[tuple[Source, HostnameHints], ...]:
        """The rules of each snapshot that has any."""
        airports = [row for _, found in self._airports for row in found.values()]
        carriers = [row for source in self._in(Section.CARRIERS) for row in source.rows()]
        return tuple(
            (source, HostnameHints.of(source.rows(), carriers=carriers, airports=airports))
            for source in self._in(Section.HOSTNAMES)
        )
