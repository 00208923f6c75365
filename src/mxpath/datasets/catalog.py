"""The data sets that a gazetteer can be made of: one list of the family.

A new data set is one file with a ``SPEC`` and a ``parse``, and one line here. The file is loaded
when something of it is first asked for: to open a gazetteer takes this list alone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mxpath.datasets.snapshot import Spec
    from mxpath.tables.prefix_arrays import Ranges


Stream = Callable[..., "dict[int, Ranges]"]
"""``stream(files, *, tally, public)``: origins of both families in one pass over open files."""


class Section(StrEnum):
    """Which question of the gazetteer a data set answers."""

    ORIGINS = "origins"
    NAMES = "names"
    EXCHANGES = "exchanges"
    MEMBERS = "members"
    PROVIDERS = "providers"
    RELATIONS = "relations"
    TRANSIT_FREE = "transit-free"
    PATHS = "paths"
    RPKI = "rpki"
    REGISTRIES = "registries"
    PLACES = "places"
    HOSTNAMES = "hostnames"
    AIRPORTS = "airports"
    CARRIERS = "carriers"
    CITIES = "cities"
    DELEGATIONS = "delegations"
    ORGANISATIONS = "organisations"
    SPECIAL = "special"


ON_THE_MAP = (Section.CITIES, Section.AIRPORTS, Section.CARRIERS, Section.HOSTNAMES)
"""Where cities are and what carriers call them: true of other days too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A data set, the question it answers, and where its parser is."""

    section: Section
    parser: str
    """Module of this room and function, with a dot between."""
    whole: bool = False
    """The parser takes the bytes of a document instead of its lines."""
    ranges: bool = False
    """Origins of ranges, not of announced prefixes: how a block was announced is not told."""

    @property
    def spec(self) -> "Spec":
        """What it is, who publishes it and under which terms."""
        spec: Spec = self._module.SPEC
        return spec

    @property
    def parse(self) -> Callable[..., Iterator[Any]]:
        """``parse(lines, *, source, tally)``."""
        parse: Callable[..., Iterator[Any]] = getattr(self._module, self.parser.partition(".")[2])
        return parse

    @property
    def columns(self) -> "Callable[..., Ranges | None] | None":
        """``columns(document, *, version, tally)``, where the module has it.

        It reads origins at once, and gives ``None`` where only the parser will do.
        """
        return getattr(self._module, "columns", None)

    @property
    def stream(self) -> "Stream | None":
        """What reads files of any size, where the module has it."""
        return getattr(self._module, "stream", None)

    @property
    def _module(self) -> ModuleType:
        return import_module(f"mxpath.datasets.{self.parser.partition('.')[0]}")


DATASETS: dict[str, Dataset] = {
    "paths": Dataset(section=Section.PATHS, parser="paths.parse"),
    "mrt": Dataset(section=Section.ORIGINS, parser="mrt_origins.parse", whole=True),
    "pfx2as": Dataset(section=Section.ORIGINS, parser="pfx2as.parse"),
    "iplocation": Dataset(section=Section.ORIGINS, parser="iplocation.parse", ranges=True),
    "iptoasn": Dataset(section=Section.ORIGINS, parser="iptoasn.origins", ranges=True),
    "asnames": Dataset(section=Section.NAMES, parser="asnames.parse"),
    "peeringdb": Dataset(section=Section.EXCHANGES, parser="peeringdb.parse", whole=True),
    "ixf": Dataset(section=Section.MEMBERS, parser="ixf.parse", whole=True),
    "providers": Dataset(section=Section.PROVIDERS, parser="providers.parse", whole=True),
    "asrel": Dataset(section=Section.RELATIONS, parser="asrel.parse"),
    "transit-free": Dataset(section=Section.TRANSIT_FREE, parser="transit_free.parse", whole=True),
    "vrps": Dataset(section=Section.RPKI, parser="vrps.parse", whole=True),
    "rdap-bootstrap": Dataset(
        section=Section.REGISTRIES, parser="rdap_bootstrap.parse", whole=True
    ),
    "geofeed": Dataset(section=Section.PLACES, parser="geofeed.parse"),
    "hostnames": Dataset(section=Section.HOSTNAMES, parser="hostnames.parse", whole=True),
    "carriers": Dataset(section=Section.CARRIERS, parser="carriers.parse", whole=True),
    "airports": Dataset(section=Section.AIRPORTS, parser="airports.parse", whole=True),
    "cities": Dataset(section=Section.CITIES, parser="cities.parse", whole=True),
    "as2org": Dataset(section=Section.ORGANISATIONS, parser="as2org.parse"),
    "iana-special": Dataset(section=Section.SPECIAL, parser="iana_special.parse", whole=True),
    "delegated": Dataset(section=Section.DELEGATIONS, parser="delegated.parse"),
}
