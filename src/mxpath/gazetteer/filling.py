"""What is unknown while a section of the gazetteer is empty, and the one command that fills it."""

from collections.abc import Iterable
from dataclasses import dataclass

from mxpath.datasets.catalog import Section

_FETCH = "mxpath data fetch "


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """An empty section in words."""

    lacks: str
    """What it would hold."""
    so: str
    """What cannot be told without it."""
    command: str
    """Command that fills it."""


def _filling(lacks: str, so: str, command: str) -> Filling:
    return Filling(lacks=lacks, so=so, command=f"mxpath data {command}")


FILLED_BY: dict[Section, Filling] = {
    Section.ORIGINS: _filling("origins of prefixes", "networks cannot be told", "fetch pfx2as"),
    Section.NAMES: _filling("names of networks", "networks have numbers alone", "fetch peeringdb"),
    Section.EXCHANGES: _filling("exchange points", "crossings cannot be told", "fetch peeringdb"),
    Section.MEMBERS: _filling(
        "exports of exchange points themselves",
        "ports that PeeringDB lacks stay unknown",
        "build EXPORT.json",
    ),
    Section.PROVIDERS: _filling(
        "mail providers", "providers cannot be told by names of servers", "build PROVIDERS.json"
    ),
    Section.RELATIONS: _filling(
        "business relationships", "borders are told by addresses alone", "fetch asrel"
    ),
    Section.TRANSIT_FREE: _filling(
        "transit-free networks", "the backbone share cannot be told", "fetch asrel"
    ),
    Section.PATHS: _filling(
        "BGP paths to chosen prefixes",
        "whose BGP path it is cannot be told offline",
        "build RIB --paths PREFIX",
    ),
    Section.RPKI: _filling("validated ROA payloads", "RPKI states are unknown", "fetch vrps"),
    Section.REGISTRIES: _filling(
        "registries' servers", "no registry can be asked", "fetch rdap-bootstrap"
    ),
    Section.PLACES: _filling(
        "geofeeds", "holders' own words on places are unknown", "build GEOFEED.csv"
    ),
    Section.HOSTNAMES: _filling(
        "host name rules", "routers' names tell no place", "build HOIHO.json"
    ),
    Section.AIRPORTS: _filling(
        "airports",
        "codes in routers' names that the rules lack tell no place",
        "build AIRPORTS.csv",
    ),
    Section.CITIES: _filling(
        "coordinates of cities",
        "cities that holders name have no place on the map",
        "build CITIES.csv",
    ),
    Section.CARRIERS: _filling(
        "carriers' city codes", "carriers' own codes tell no place", "build CODES.csv"
    ),
    Section.DELEGATIONS: _filling(
        "delegation statistics", "countries and holders are asked of registries", "fetch delegated"
    ),
    Section.ORGANISATIONS: _filling(
        "organisations", "networks of one house look like strangers", "fetch as2org"
    ),
    Section.SPECIAL: _filling(
        "IANA's registries of special-purpose space",
        "the ranges that mxpath was written with hold",
        "fetch iana-special",
    ),
}
"""In the order in which a reader misses them."""


def lacking(missing: Iterable[Section], among: Iterable[Section]) -> str:
    """Return in words what some empty sections leave untold and what fills them; "" for none.

    Examples
    --------
    >>> lacking([Section.RPKI, Section.PLACES], among=[Section.RPKI])
    'validated ROA payloads (RPKI states are unknown); mxpath data fetch vrps fills this'
    """
    empty, asked = set(missing), tuple(among)
    told = [FILLED_BY[section] for section in asked if section in empty]
    if not told:
        return ""
    words = ", nor of ".join(f"{one.lacks} ({one.so})" for one in told)
    return f"{words}; {' and '.join(commands(empty, asked))} fills this"


def commands(missing: Iterable[Section], among: Iterable[Section]) -> tuple[str, ...]:
    """Return the commands that fill some empty sections: as few as will do.

    Examples
    --------
    >>> commands([Section.RPKI, Section.EXCHANGES], among=[Section.EXCHANGES, Section.RPKI])
    ('mxpath data fetch peeringdb vrps',)
    """
    empty = set(missing)
    told = dict.fromkeys(FILLED_BY[section].command for section in among if section in empty)
    fetched = [one.removeprefix(_FETCH) for one in told if one.startswith(_FETCH)]
    others = tuple(one for one in told if not one.startswith(_FETCH))
    return (_FETCH + " ".join(fetched), *others) if fetched else others
