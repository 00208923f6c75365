"""Make the shipped tables of places: cities, airports, city codes of carriers, host name rules.

    python data/make_places.py CITIES.csv AIRPORTS.csv CARRIERS.csv data/snapshots

Cities (GeoNames) and airports (airportsdata) keep what is needed to find one on the map:
degrees to two places; names of airports, which can be names of persons, are dropped. Of the
carriers' codes (isp-geo-code-data) a city's English name is put right where it is misspelt,
and its country is taken from the cities, where the code means a single one of them; the
others are left out. The rules for host names are ours (``RULES``): which part of a
router's name is its city's code, domain by domain, as these carriers name routers today.
Counts are printed.
"""

import csv
import json
import lzma
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from mxpath.datasets import cities as cities_file
from mxpath.datasets.cities import Cities, City, city_letters

DATES = {
    "cities": "2026-07-01",
    "airports": "2026-09-05",
    "carriers": "2023-02-10",
    "hostnames": "2026-11-26",
}
SPELT = {
    "ashburn": ("Ashburn", "US"),
    "brussel": ("Brussels", "BE"),
    "chuncheon": ("Chuncheon", "KR"),
    "dulles": ("Ashburn", "US"),
    "geneva": ("Geneva", "CH"),
    "joburg": ("Johannesburg", "ZA"),
    "johor": ("Johor Bahru", "MY"),
    "kansas": ("Kansas City", "US"),
    "lasvegas": ("Las Vegas", "US"),
    "london": ("London", "GB"),
    "losangles": ("Los Angeles", "US"),
    "mexico": ("Mexico City", "MX"),
    "milan": ("Milan", "IT"),
    "newyork": ("New York City", "US"),
    "nurmberg": ("Nuremberg", "DE"),
    "peking": ("Beijing", "CN"),
    "penang": ("George Town", "MY"),
    "roma": ("Rome", "IT"),
    "sanjose": ("San Jose", "US"),
    "santiago": ("Santiago", "CL"),
    "singapore": ("Singapore", "SG"),
    "xinzhu": ("Hsinchu", "TW"),
}
"""What carriers' names of cities mean where the letters alone do not tell."""
RULES = {
    "1e100.net": [r"^([a-z]{3})\d+s\d+-in-[a-z\d]+\.1e100\.net$"],
    "as6453.net": [r"^.+-([a-z]+)\.as6453\.net$"],
    "cogentco.com": [r"^.+\.([a-z]{3})\d+\.atlas\.cogentco\.com$"],
    "core-backbone.com": [r"^.+\.([a-z]{3})\d+\.core-backbone\.com$"],
    "gtt.net": [r"^.+-([a-z]{3})\d+\.ip[46]\.gtt\.net$"],
    "he.net": [r"^.+\.core\d+\.([a-z]{3})\d+\.he\.net$"],
    "init7.net": [r"^r\d+([a-z]{3})\d+\.core\.init7\.net$"],
    "level3.net": [r"^.+\.([a-z]+)\d+\.level3\.net$"],
    "ntt.net": [r"^.+\.([a-z]{4})([a-z]{2})\d+\.[a-z]{2}\.[a-z]{2}\.gin\.ntt\.net$"],
    "pccwbtn.net": [r"^.+\.([a-z]{3})\d+\.pccwbtn\.net$"],
    "retn.net": [r"^.+\.([a-z]{3})\.([a-z]{2})\.retn\.net$"],
    "seabone.net": [r"^.+\.([a-z]{3})\.seabone\.net$"],
    "twelve99.net": [r"^([a-z]{3})-[a-z]+\d+-link\.ip\.twelve99\.net$"],
    "zayo.com": [r"^.+\.[a-z]+\d+\.([a-z]{3})\d+\.([a-z]{2})\.[a-z]+\.zayo\.com$"],
}
"""By domain: which part of a host name is the code."""
ARELION = {
    "adm": ("Amsterdam", "NL"),
    "ash": ("Ashburn", "US"),
    "bpt": ("Budapest", "HU"),
    "chi": ("Chicago", "US"),
    "dls": ("Dallas", "US"),
    "ffm": ("Frankfurt am Main", "DE"),
    "hbg": ("Hamburg", "DE"),
    "kbn": ("Copenhagen", "DK"),
    "ldn": ("London", "GB"),
    "nyk": ("New York City", "US"),
    "prs": ("Paris", "FR"),
    "sjo": ("San Jose", "US"),
    "win": ("Vienna", "AT"),
    "zch": ("Zürich", "CH"),
}
"""Codes of one carrier that are no airport's."""

ASHBURN = City(
    name="Ashburn", country="US", region="VA", latitude=39.04, longitude=-77.49, population=43_511
)
"""A city of fewer than 50,000 people in which a large part of the Internet meets."""


class Meaning:
    """What a carrier's name of a city means."""

    def __init__(self, cities: list[City]) -> None:
        self._cities = Cities(cities)
        self._countries: dict[str, set[str]] = {}
        for city in cities:
            self._countries.setdefault(city_letters(city.name), set()).add(city.country)

    def of(self, name: str, country: str) -> City | None:
        """Return the city, ``None`` where it may be one of several."""
        name, country = SPELT.get(name, (name, country))
        found = self._cities.find(name, country)
        if found is None and len(others := self._countries.get(city_letters(name), ())) == 1:
            found = self._cities.find(name, *others)
        return found


def city_rows(cities: Iterable[City]) -> Iterator[tuple[object, ...]]:
    """Yield the header and the rows of the shipped table of cities."""
    yield "name", "cc", "admin1", "lat", "lon", "population"
    for city in cities:
        degrees = round(city.latitude, 2), round(city.longitude, 2)
        yield city.name, city.country, city.region, *degrees, city.population


def airport_rows(lines: Iterable[str]) -> Iterator[tuple[object, ...]]:
    """Yield the header and the rows of the shipped table of airports."""
    yield "iata", "city", "country", "lat", "lon"
    for row in csv.DictReader(lines):
        if row["city"]:
            degrees = round(float(row["lat"]), 2), round(float(row["lon"]), 2)
            yield row["iata"], row["city"], row["country"], *degrees


def carrier_rows(lines: Iterable[str], meaning: Meaning) -> Iterator[tuple[str, str, str, str]]:
    """Yield code, country, city and NTT's code of each carrier code that means a city."""
    for row in csv.DictReader(lines):
        city = meaning.of(row["isp_city_en"], row["country_code"].upper())
        if city is not None:
            yield row["code"], city.country, city.name, row["isp_city_4_ntt"]


def hostname_document(
    carriers: list[tuple[str, str, str, str]], meaning: Meaning
) -> dict[str, dict[str, object]]:
    """Return the rules with what their codes mean, in the form of a Hoiho document."""
    hints: dict[str, dict[str, tuple[str, str]]] = {domain: {} for domain in RULES}
    for _, country, name, ntt in carriers:
        if ntt:
            hints["ntt.net"].setdefault(ntt, (name, country))
        for domain in ("as6453.net", "level3.net"):
            hints[domain].setdefault(city_letters(name), (name, country))
            # They write New York without the word that tells it from the state.
            hints[domain].setdefault(city_letters(name.removesuffix(" City")), (name, country))
            hints[domain].setdefault(city_letters(name.split(" am ")[0]), (name, country))
    hints["twelve99.net"] = dict(ARELION)
    document: dict[str, dict[str, object]] = {}
    for domain, patterns in RULES.items():
        told = {}
        for code, (name, country) in sorted(hints[domain].items()):
            city = meaning.of(name, country)
            if city is not None:
                told[code] = {
                    "city": city.name,
                    "country": city.country,
                    "latitude": f"{city.latitude:.2f}",
                    "longitude": f"{city.longitude:.2f}",
                }
        document[domain] = {"regs": patterns, "hints": told}
    return document


def _write(path: Path, rows: Iterable[tuple[object, ...]]) -> int:
    """Write rows as packed CSV; return how many there are below the header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = list(rows)
    with lzma.open(path, "wt", preset=9, encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)
    return len(lines) - 1


def main(arguments: list[str]) -> int:
    """Write the four tables below the directory named last."""
    if len(arguments) != 4:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    where = Path(arguments[3])
    cities = list(cities_file.parse(Path(arguments[0]).read_bytes(), source=arguments[0]))
    cities.append(ASHBURN)
    meaning = Meaning(cities)
    with Path(arguments[1]).open(encoding="utf-8") as file:
        airports = list(airport_rows(file))
    with Path(arguments[2]).open(encoding="utf-8-sig") as file:
        carriers = list(carrier_rows(file, meaning))
    table = [("code", "country_code", "isp_city_en"), *(row[:3] for row in carriers)]
    document = hostname_document(carriers, meaning)
    for name, rows in (("cities", city_rows(cities)), ("airports", airports), ("carriers", table)):
        print(name, _write(where / name / DATES[name] / f"{name}.csv.xz", rows))
    path = where / "hostnames" / DATES["hostnames"] / "hostnames.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print("hostnames", len(document))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
