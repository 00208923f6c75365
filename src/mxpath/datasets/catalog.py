"""The data sets that a gazetteer can be made of: one list of the family.

A new data set is one file with a SPEC and a ``parse``, and one line here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from mxpath.datasets import (
    airports,
    as2org,
    asnames,
    asrel,
    carriers,
    cities,
    delegated,
    geofeed,
    hostnames,
    iana_special,
    iplocation,
    iptoasn,
    ixf,
    mrt_origins,
    paths,
    peeringdb,
    pfx2as,
    providers,
    rdap_bootstrap,
    transit_free,
    vrps,
)
from mxpath.datasets.snapshot import Spec

if TYPE_CHECKING:
    from mxpath.datasets.prefix_arrays import Ranges


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
    """A data set, its parser, and the question it answers."""

    spec: Spec
    section: Section
    parse: Callable[..., Any]
    """``parse(lines, *, source, tally)``."""
    whole: bool = False
    """``parse`` takes the bytes of a document instead of its lines."""
    columns: Callable[..., "Ranges | None"] | None = None
    """``columns(document, *, version)``: origins read at once, ``None`` where only ``parse`` will
    do."""
    stream: Callable[..., "dict[int, Ranges]"] | None = None
    """``stream(files, *, tally, public)``: origins of both families in one pass over open files,
    however large they are."""
    ranges: bool = False
    """Origins of ranges, not of announced prefixes: how a block was announced is not told."""


DATASETS: dict[str, Dataset] = {
    "paths": Dataset(spec=paths.SPEC, section=Section.PATHS, parse=paths.parse),
    "mrt": Dataset(
        spec=mrt_origins.SPEC,
        section=Section.ORIGINS,
        parse=mrt_origins.parse,
        whole=True,
        stream=mrt_origins.stream,
    ),
    "pfx2as": Dataset(
        spec=pfx2as.SPEC, section=Section.ORIGINS, parse=pfx2as.parse, columns=pfx2as.columns
    ),
    "iplocation": Dataset(
        spec=iplocation.SPEC,
        section=Section.ORIGINS,
        parse=iplocation.parse,
        columns=iplocation.columns,
        ranges=True,
    ),
    "iptoasn": Dataset(
        spec=iptoasn.SPEC, section=Section.ORIGINS, parse=iptoasn.origins, ranges=True
    ),
    "asnames": Dataset(spec=asnames.SPEC, section=Section.NAMES, parse=asnames.parse),
    "peeringdb": Dataset(
        spec=peeringdb.SPEC, section=Section.EXCHANGES, parse=peeringdb.parse, whole=True
    ),
    "ixf": Dataset(spec=ixf.SPEC, section=Section.MEMBERS, parse=ixf.parse, whole=True),
    "providers": Dataset(
        spec=providers.SPEC, section=Section.PROVIDERS, parse=providers.parse, whole=True
    ),
    "asrel": Dataset(spec=asrel.SPEC, section=Section.RELATIONS, parse=asrel.parse),
    "transit-free": Dataset(
        spec=transit_free.SPEC, section=Section.TRANSIT_FREE, parse=transit_free.parse, whole=True
    ),
    "vrps": Dataset(spec=vrps.SPEC, section=Section.RPKI, parse=vrps.parse, whole=True),
    "rdap-bootstrap": Dataset(
        spec=rdap_bootstrap.SPEC,
        section=Section.REGISTRIES,
        parse=rdap_bootstrap.parse,
        whole=True,
    ),
    "geofeed": Dataset(spec=geofeed.SPEC, section=Section.PLACES, parse=geofeed.parse),
    "hostnames": Dataset(
        spec=hostnames.SPEC, section=Section.HOSTNAMES, parse=hostnames.parse, whole=True
    ),
    "carriers": Dataset(
        spec=carriers.SPEC, section=Section.CARRIERS, parse=carriers.parse, whole=True
    ),
    "airports": Dataset(
        spec=airports.SPEC, section=Section.AIRPORTS, parse=airports.parse, whole=True
    ),
    "cities": Dataset(spec=cities.SPEC, section=Section.CITIES, parse=cities.parse, whole=True),
    "as2org": Dataset(spec=as2org.SPEC, section=Section.ORGANISATIONS, parse=as2org.parse),
    "iana-special": Dataset(
        spec=iana_special.SPEC, section=Section.SPECIAL, parse=iana_special.parse, whole=True
    ),
    "delegated": Dataset(spec=delegated.SPEC, section=Section.DELEGATIONS, parse=delegated.parse),
}
