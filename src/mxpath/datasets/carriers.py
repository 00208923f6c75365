"""City codes as carriers use them in router names, where they are not IATA's.

A table with a header line that names ``code``, ``country_code`` and ``isp_city_en`` in any
order. Its cities are written as they stand in host names, without blanks: ``newyork``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from mxpath.datasets.asnames import clean_name
from mxpath.datasets.csv_tables import read_table
from mxpath.datasets.snapshot import Spec, Tally

SPEC = Spec(
    name="carriers",
    publisher="isp-geo-code-data",
    licence="MIT",
    cadence="irregular",
    url="https://github.com/sjlleo/isp-geo-code-data",
    gives="city codes of carriers",
    attribution="City codes of carriers: isp-geo-code-data (MIT)",
)

_COLUMNS = ("code", "country_code", "isp_city_en")


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierCode:
    """A code and the city it stands for."""

    code: str
    """Three letters, small."""
    city: str
    """In small letters, without blanks."""
    country: str
    """ISO 3166-1 alpha-2."""


def parse(document: bytes, *, source: str, tally: Tally | None = None) -> Iterator[CarrierCode]:
    """Read the table; a row without code, city or country is counted and left out.

    Raises
    ------
    ParseError
        When the header does not name the columns.
    """
    lacking = "no code with a city and a country"
    return read_table(document, _COLUMNS, _row, source=source, tally=tally, lacking=lacking)


def _row(fields: list[str]) -> CarrierCode | None:
    code, country, city = (clean_name(field) or "" for field in fields)
    sound = code.isascii() and code.isalpha() and len(code) == 3 and len(country) == 2 and city
    return (
        CarrierCode(code=code.lower(), city=city.lower(), country=country.upper())
        if sound
        else None
    )
