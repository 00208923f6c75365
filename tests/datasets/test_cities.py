import pytest

from mxpath.datasets.cities import Cities, parse
from mxpath.datasets.snapshot import Tally
from mxpath.errors import ParseError

TABLE = """name,cc,admin1,lat,lon,population
Zürich,CH,ZH,47.37,8.54,400000
New York City,US,NY,40.71,-74.01,8000000
Frankfurt am Main,DE,05,50.11,8.68,650000
Frankfurt (Oder),DE,11,52.35,14.55,57000
Springfield,US,MO,37.21,-93.29,160000
Springfield,US,IL,39.80,-89.64,110000
Portland,US,OR,45.52,-122.68,900000
Portland,US,ME,43.66,-70.26,66000
broken,DE,05,north,8,1
"""


@pytest.fixture(scope="module")
def cities() -> Cities:
    return Cities(parse(TABLE.encode(), source="x"))


@pytest.mark.parametrize(
    ("name", "country", "region", "latitude"),
    [
        ("zurich", "ch", None, 47.37),
        ("newyork", "US", None, 40.71),
        ("Frankfurt", "DE", None, 50.11),
        ("Frankfurt (Oder)", "DE", None, 52.35),
        ("Zürich", "DE", None, None),
        ("Springfield", "US", None, None),
        ("Springfield", "US", "US-IL", 39.80),
        ("Springfield", "US", "US-TX", None),
        ("Portland", "US", None, 45.52),
        ("New", "US", None, 40.71),
        ("", "US", None, None),
    ],
)
def test_a_name_means_one_city_or_none(
    cities: Cities, name: str, country: str, region: str | None, latitude: float | None
) -> None:
    found = cities.find(name, country, region=region)
    assert (found.latitude if found else None) == latitude


def test_what_is_no_city_is_counted_and_another_table_refused() -> None:
    tally = Tally()
    assert len(list(parse(TABLE.encode(), source="x", tally=tally))) == 8
    assert sum(tally.skipped.values()) == 1
    with pytest.raises(ParseError):
        list(parse(b"a,b\n1,2\n", source="x"))
