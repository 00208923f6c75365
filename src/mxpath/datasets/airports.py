"""Airports by their IATA codes: carriers name routers after them.

A table with a header line that names ``iata``, ``city``, ``country``, ``lat`` and ``lon``
in any order, as airportsdata writes it.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass

from mxpath.datasets.asnames import clean_name
from mxpath.datasets.snapshot import Spec, Tally, lines_of
from mxpath.errors import ParseError

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
    tally = Tally() if tally is None else tally
    reader = csv.reader(lines_of(document.removeprefix(b"\xef\xbb\xbf"), source=source))
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        if not set(_COLUMNS) <= set(header):
            raise ParseError(
                f"expected CSV with the columns {', '.join(_COLUMNS)}", source=source, line=1
            )
        places = [header.index(name) for name in _COLUMNS]
        for fields in reader:
            if not fields:
                continue
            airport = _airport([fields[n] for n in places]) if len(fields) > max(places) else None
            if airport is None:
                tally.skip("no airport with a code and coordinates")
                continue
            tally.rows += 1
            yield airport
    except csv.Error as error:
        raise ParseError(f"not CSV: {error}", source=source, line=reader.line_num) from error


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
