"""Where a router is, by its host name: learned rules, one set for each domain (Hoiho).

A document is ``{suffix: {"regs": [pattern, …], "hints": {code: {"country": …, "city": …,
"latitude": …, "longitude": …}}}}``, the output of Hoiho (Luckie et al., "Learning to
Extract Geographic Information from Internet Router Hostnames", CoNEXT 2021).

The law
-------
1. Only the rules of the longest suffix of a name are asked. Without rules for a domain
   nothing is guessed: three letters are an airport's in one domain and a person's,
   a product's or a machine's in the next.
2. The first pattern that fits the whole name decides. Its groups are read together
   first, then one by one: that is the code.
3. The code's place is what the hints of this domain say; only a code of three letters
   that is not among them is looked up, first among the codes of carriers, then as an
   airport's. Carriers name Ashburn ``ash``, which is Nashua's airport. A carrier's city
   is where the airport of this code is, when both bear the same name. Where the pattern
   finds a country too, a place in another one is none.
4. Hints without a city (a country or a state alone) give no place.
5. Patterns are foreign programs: one that could run long (repeated groups, look-around,
   back-references, more than six open repeats) is left out and counted, and names
   longer than 120 characters are not matched.
A place by name is a hint, never a proof: names outlive their routers' moves.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mxpath.datasets.airports import Airport
from mxpath.datasets.asnames import clean_name
from mxpath.datasets.carriers import CarrierCode
from mxpath.datasets.geofeed import COUNTRIES
from mxpath.datasets.snapshot import Spec, Tally
from mxpath.errors import ParseError

SPEC = Spec(
    name="hostnames",
    publisher="CAIDA (Hoiho)",
    licence="CAIDA Acceptable Use Agreement",
    cadence="with each ITDK, some twice a year",
    url="https://hoiho.caida.org/",
    gives="cities of routers by their host names",
    attribution="Host name rules: CAIDA Hoiho (Luckie et al., CoNEXT 2021)",
)

MAX_DOCUMENT_BYTES = 64 * 2**20
"""A larger document is refused."""
MAX_HOST_CHARACTERS = 120
"""A longer name is not matched."""

_MAX_PATTERN_CHARACTERS = 300
_MAX_REPEATS = 6
_REPEAT = re.compile(r"(?<!\\)[*+]|\{\d*,\d*\}")
_RISKY = re.compile(r"\(\?|\\[1-9]|\\\\|(?<!\\)\)[*+?{]|\[\[|--|&&|~~|\|\|")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A city on the map."""

    city: str
    country: str
    """ISO 3166-1 alpha-2."""
    latitude: float | None
    """In degrees; ``None`` when only the city's name is told."""
    longitude: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostnameRule:
    """The rules of one domain."""

    suffix: str
    patterns: tuple[str, ...]
    spots: tuple[tuple[str, Spot], ...]
    """Code and place."""


def parse(document: bytes, *, source: str, tally: Tally | None = None) -> Iterator[HostnameRule]:
    """Read the rules of all domains; patterns and hints that are of no use are counted.

    Raises
    ------
    ParseError
        When it is no such document.
    """
    tally = Tally() if tally is None else tally
    for suffix, told in _domains(document, source).items():
        patterns = _listed(told, "regs")
        kept = tuple(text for text in patterns if _is_safe(text))
        for _ in range(len(patterns) - len(kept)):
            tally.skip("pattern that may run long, or is none")
        if not kept:
            tally.skip("domain without a pattern")
            continue
        tally.rows += 1
        yield HostnameRule(suffix=suffix.lower(), patterns=kept, spots=tuple(_spots(told, tally)))


def _domains(document: bytes, source: str) -> dict[str, Any]:
    if len(document) > MAX_DOCUMENT_BYTES:
        raise ParseError(f"larger than {MAX_DOCUMENT_BYTES} bytes", source=source)
    try:
        found = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"not a JSON document: {error}", source=source) from error
    if not isinstance(found, dict) or not any(
        isinstance(each, dict) and "regs" in each for each in found.values()
    ):
        raise ParseError('expected {"domain": {"regs": […], "hints": {…}}}', source=source)
    return found


def _listed(told: Any, name: str) -> list[Any]:
    value = told.get(name) if isinstance(told, dict) else None
    return value if isinstance(value, list) else []


def _is_safe(text: Any) -> bool:
    if not isinstance(text, str) or len(text) > _MAX_PATTERN_CHARACTERS or _RISKY.search(text):
        return False
    if len(_REPEAT.findall(text)) > _MAX_REPEATS:
        return False
    try:
        return re.compile(text).groups > 0
    except (re.error, OverflowError, RecursionError):
        return False


def _spots(told: Mapping[str, Any], tally: Tally) -> Iterator[tuple[str, Spot]]:
    hints = told.get("hints")
    for code, hint in hints.items() if isinstance(hints, dict) else ():
        city = _text(hint, "city")
        country = _text(hint, "country")
        if city is None or country is None:
            tally.skip("hint without a city")
            continue
        latitude, longitude = _degrees(hint, "latitude", 90), _degrees(hint, "longitude", 180)
        known = latitude is not None and longitude is not None
        yield (
            code.lower(),
            Spot(
                city=city,
                country=country.upper()[:2],
                latitude=latitude if known else None,
                longitude=longitude if known else None,
            ),
        )


def _text(hint: Any, name: str) -> str | None:
    value = hint.get(name) if isinstance(hint, dict) else None
    return clean_name(value) if isinstance(value, str) else None


def _degrees(hint: Mapping[str, Any], name: str, most: int) -> float | None:
    try:
        value = float(hint.get(name, ""))
    except (ValueError, TypeError, OverflowError):
        return None
    return value if -most <= value <= most else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Domain:
    patterns: tuple[re.Pattern[str], ...]
    spots: dict[str, Spot]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostnameHints:
    """The rules of all domains, asked by host name."""

    domains: dict[str, _Domain] = field(default_factory=dict)
    codes: dict[str, Spot] = field(default_factory=dict)
    """What three small letters mean where the domain does not tell."""

    @classmethod
    def of(
        cls,
        rules: Iterable[HostnameRule],
        *,
        carriers: Iterable[CarrierCode] = (),
        airports: Iterable[Airport] = (),
    ) -> "HostnameHints":
        """Build from rules; of two sets for one domain the first counts."""
        domains: dict[str, _Domain] = {}
        for rule in rules:
            if rule.suffix not in domains:
                patterns = tuple(re.compile(text) for text in rule.patterns)
                domains[rule.suffix] = _Domain(patterns=patterns, spots=dict(rule.spots))
        codes = {each.code.lower(): _spot(each) for each in airports if each.city}
        for carrier in carriers:
            held = codes.get(carrier.code)
            if held is None or _letters(held.city) != _letters(carrier.city):
                codes[carrier.code] = Spot(
                    city=carrier.city.title(),
                    country=carrier.country,
                    latitude=None,
                    longitude=None,
                )
        return cls(domains=domains, codes=codes)

    def place_of(self, host: str) -> Spot | None:
        """Return the city that a router's name tells, ``None`` when it tells none."""
        name = host.strip().lower().removesuffix(".")
        if len(name) > MAX_HOST_CHARACTERS:
            return None
        labels = name.split(".")
        for start in range(len(labels)):
            domain = self.domains.get(".".join(labels[start:]))
            if domain is not None:
                return self._place(domain, name)
        return None

    def _place(self, domain: _Domain, name: str) -> Spot | None:
        for pattern in domain.patterns:
            found = pattern.fullmatch(name)
            if found is None:
                continue
            groups = [group for group in found.groups() if group]
            codes = dict.fromkeys(["".join(groups), *groups])
            told = (domain.spots.get(code) for code in codes if len(code) > 2)
            spot = next((each for each in told if each is not None), None)
            if spot is None and groups and len(groups[0]) == 3:
                spot = self.codes.get(groups[0])
                if spot is not None and not _is_in(spot.country, groups[1:]):
                    return None
            return spot
        return None


def _is_in(country: str, groups: list[str]) -> bool:
    """Whether no group names another country; ``uk`` is written for GB."""
    codes = {"GB" if group == "uk" else group.upper() for group in groups} & COUNTRIES
    return not codes or country in codes


def _spot(airport: Airport) -> Spot:
    return Spot(
        city=airport.city,
        country=airport.country,
        latitude=airport.latitude,
        longitude=airport.longitude,
    )


def _letters(city: str) -> str:
    return "".join(char for char in city.lower() if char.isalpha())
