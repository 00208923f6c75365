"""Cities and their coordinates: what a holder or a host name calls a city, found on the map.

A table with a header line that names ``name``, ``cc``, ``admin1``, ``lat``, ``lon`` and
``population`` in any order, after GeoNames.

The law
-------
1. Names are compared by their letters alone, without accents, blanks and case: carriers
   write ``newyork``, holders ``Zürich`` or ``Zurich``.
2. Only in the country that is told with them.
3. Of several cities of one name in one country the first level of administration decides
   (``US-IL``) where it is told. Else it is the one with ten times the people of the next;
   where there is none, the name is ambiguous and has no place.
4. A name that a city's begins with, up to a word, stands for it where it is the only one:
   ``Frankfurt`` is ``Frankfurt am Main``, as ``Frankfurt (Oder)`` has fewer people.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mxpath.datasets.asnames import clean_name
from mxpath.datasets.csv_tables import read_table
from mxpath.datasets.snapshot import Spec, Tally

SPEC = Spec(
    name="cities",
    publisher="GeoNames",
    licence="CC BY 4.0",
    cadence="daily",
    url="https://www.geonames.org/",
    gives="coordinates of cities",
    attribution="Cities: GeoNames (https://www.geonames.org/), CC BY 4.0",
)

_COLUMNS = ("name", "cc", "admin1", "lat", "lon", "population")
_LARGER = 10
"""A city with so many times the people of the next is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """A city."""

    name: str
    country: str
    """ISO 3166-1 alpha-2."""
    region: str
    """GeoNames' code of the first level of administration; in the US the state's letters."""
    latitude: float
    """In degrees."""
    longitude: float
    population: int


def parse(document: bytes, *, source: str, tally: Tally | None = None) -> Iterator[City]:
    """Read the table; a row without name, country, coordinates and people is counted.

    Raises
    ------
    ParseError
        When the header does not name the columns.
    """
    lacking = "no city with a country, coordinates and people"
    return read_table(document, _COLUMNS, _city, source=source, tally=tally, lacking=lacking)


def _city(fields: list[str]) -> City | None:
    name, country = clean_name(fields[0]), fields[1].strip().upper()
    try:
        latitude, longitude, population = float(fields[3]), float(fields[4]), int(fields[5])
    except ValueError:
        return None
    sound = name is not None and len(country) == 2 and country.isascii() and country.isalpha()
    if not sound or name is None or not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    return City(
        name=name,
        country=country,
        region=fields[2].strip(),
        latitude=latitude,
        longitude=longitude,
        population=max(population, 0),
    )


def city_letters(name: str) -> str:
    """Return what names of cities are compared by.

    Examples
    --------
    >>> city_letters("Zürich") == city_letters("zurich")
    True
    """
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in plain if char.isalpha())


class Cities:
    """Cities, asked by name and country."""

    def __init__(self, cities: Iterable[City]) -> None:
        self._by_name: dict[tuple[str, str], list[City]] = {}
        for city in cities:
            words = city.name.replace("(", " ").replace("-", " ").split()
            # A beginning of several words is a name too, of less weight than the whole (rule 4).
            for count in range(1, len(words) + 1):
                key = city.country, city_letters("".join(words[:count]))
                self._by_name.setdefault(key, []).append(city)

    def find(self, name: str, country: str, *, region: str | None = None) -> City | None:
        """Return the city that is meant, ``None`` where none is known or several may be."""
        letters = city_letters(name)
        named = self._by_name.get((country.upper(), letters), ())
        whole = [city for city in named if city_letters(city.name) == letters]
        found = whole or list(named)
        if region is not None:
            found = [city for city in found if city.region == region.partition("-")[2]] or found
        found.sort(key=lambda city: -city.population)
        if len(found) > 1 and found[0].population < _LARGER * found[1].population:
            return None
        return found[0] if found else None
