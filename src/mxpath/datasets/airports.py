"""Airports by their IATA codes: carriers name routers after them.

A table with a header line that names ``iata``, ``city``, ``country``, ``lat`` and ``lon``
in any order, as airportsdata writes it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from mxpath.datasets.asnames import clean_name
from mxpath.datasets.csv_tables import read_table
from mxpath.datasets.snapshot import Spec, Tally

SPEC = Spec(
    name="airports",
    publisher="airportsdata",
    licence="MIT",
    cadence="monthly",
    url="https://github.com/mborsetti/airportsdata",
    gives="places of IATA airport codes",
    attribution="Airports: airportsdata (MIT)",
)

_COLUMNS = ("iata", "city", "country", "lat", "lon")


@dataclass(frozen=True, slots=True, kw_only=True)
class Airport:
    """An airport."""

    code: str
    """IATA's three letters, in capitals."""
    city: str
    """Empty where the table has none."""
    country: str
    """ISO 3166-1 alpha-2."""
    latitude: float
    """In degrees."""
    longitude: float


def parse(document: bytes, *, source: str, tally: Tally | None = None) -> Iterator[Airport]:
    """Read the table; a row without a code or coordinates is counted and left out.

    Raises
    ------
    ParseError
        When the header does not name the columns.
    """
    lacking = "no airport with a code and coordinates"
    return read_table(document, _COLUMNS, _airport, source=source, tally=tally, lacking=lacking)


def _airport(fields: list[str]) -> Airport | None:
    code, city, country = (field.strip() for field in fields[:3])
    try:
        latitude, longitude = float(fields[3]), float(fields[4])
    except ValueError:
        return None
    sound = len(code) == 3 and code.isascii() and code.isalpha()
    if not (sound and -90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    return Airport(
        code=code.upper(),
        city=clean_name(city) or "",
        country=country.upper()[:2],
        latitude=latitude,
        longitude=longitude,
    )
