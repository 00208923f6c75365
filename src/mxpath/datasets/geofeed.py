"""Where prefixes are, as their holders say: self-published geofeeds (RFC 8805).

A line is ``prefix,country,region,city,postal code``; all but the prefix may be empty.

The law
-------
1. Text from ``#`` to the end of the line is a comment; blank lines are passed over
   (section 2.1). A byte order mark is no part of the first line.
2. An entry whose prefix does not parse is discarded; so is one with a country, region
   or city that is there and is none (section 2.1.3). Each is counted with its reason.
3. The first entry of a prefix that is well counts, a later one is an error and counted. Prefixes
   may nest: the longest that holds an address is its entry.
4. An entry that names no place says that the holder knows none, or none any more
   (section 2.1.2): it is a row, and hides what a shorter prefix says. ``ZZ`` says the same.
5. Postal codes are read over: the RFC deprecates them as too narrow (section 2.1.1.5).
   Further fields are ignored.
6. A feed speaks for the addresses of the registry entry that names it, and for no others
   (RFC 9632 section 3): that is ``within``.
A file in which no entry has a prefix is no geofeed.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from typing import NamedTuple

from mxpath.datasets.asnames import clean_name
from mxpath.datasets.numerals import whole_number
from mxpath.datasets.snapshot import Spec, Tally
from mxpath.errors import ParseError
from mxpath.model.address import Prefix

SPEC = Spec(
    name="geofeed",
    publisher="the holders of the addresses",
    licence="each feed's own terms",
    cadence="whenever the holder changes it",
    url="https://{holder}/geofeed.csv",
    gives="country, region and city of prefixes, as their holders say",
    attribution="Geofeeds (RFC 8805) of the address holders named",
)

MAX_ENTRIES = 4_000_000
"""More are refused: every prefix is kept to know a repeat."""

NO_COUNTRY = "ZZ"
COUNTRIES = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ
    BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM
    DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS
    GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN
    KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ
    MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM
    PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV
    SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI
    VN VU WF WS YE YT ZA ZM ZW
    """.split()  # noqa: SIM905 - 249 pairs of quotation marks would hide the codes
)
"""ISO 3166-1 alpha-2."""

_REGION = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")
_Prefix = tuple[int, int, int]
"""Version, first address as a number, length."""


class GeofeedRow(NamedTuple):
    """An entry; large feeds have a hundred thousand, and each costs the time of a parse."""

    version: int
    start: int
    """First address of the prefix, as a number."""
    length: int
    country: str | None
    """ISO 3166-1 alpha-2, in capitals; ``None`` when the holder names none."""
    region: str | None
    """ISO 3166-2, such as ``CH-ZH``."""
    city: str | None


class _DiscardedError(ValueError):
    """The reason why an entry does not count."""


def parse(
    lines: Iterable[str],
    *,
    source: str,
    tally: Tally | None = None,
    within: Iterable[Prefix] = (),
) -> Iterator[GeofeedRow]:
    """Read a geofeed; what does not count is counted with its reason.

    Parameters
    ----------
    lines
        Lines without their ends.
    source
        Name for error messages.
    tally
        Receives the counts.
    within
        What the feed may speak for; anything when empty.

    Raises
    ------
    ParseError
        When no entry has a prefix, or there are more than ``MAX_ENTRIES``.
    """
    tally = Tally() if tally is None else tally
    allowed = tuple(within)
    seen: set[_Prefix] = set()
    stranger: int | None = None
    known = False
    for number, line in enumerate(lines, start=1):
        text = (line.removeprefix("\ufeff") if number == 1 else line).partition("#")[0].strip()
        if not text:
            continue
        stranger = stranger or number
        try:
            fields = _fields(text)
            prefix = _prefix(fields[0])
            known = True
            row = _row(prefix, fields, seen, allowed)
        except _DiscardedError as reason:
            tally.skip(str(reason))
            continue
        if len(seen) >= MAX_ENTRIES:
            raise ParseError(f"more than {MAX_ENTRIES} entries", source=source, line=number)
        seen.add(prefix)
        tally.rows += 1
        yield row
    if stranger is not None and not known:
        raise ParseError(
            "no geofeed: no entry begins with an address or a prefix", source=source, line=stranger
        )


def _fields(text: str) -> list[str]:
    if '"' not in text:
        return text.split(",")
    try:
        return next(csv.reader([text], strict=True))
    except (csv.Error, StopIteration) as error:
        raise _DiscardedError("not CSV") from error


def _prefix(text: str) -> _Prefix:
    """Return version, first address and length; a single address is a prefix of its own."""
    address, slash, bits = text.strip().partition("/")
    if not address:
        raise _DiscardedError("no prefix")
    try:
        first = ip_address(address)
        length = whole_number(bits) if slash else first.max_prefixlen
    except ValueError as error:
        raise _DiscardedError("prefix does not parse") from error
    if getattr(first, "scope_id", None) is not None or length > first.max_prefixlen:
        raise _DiscardedError("prefix does not parse")
    start = int(first)
    if start & ((1 << first.max_prefixlen - length) - 1):
        raise _DiscardedError("prefix with host bits set")
    return first.version, start, length


def _row(
    prefix: _Prefix,
    fields: list[str],
    seen: set[_Prefix],
    allowed: tuple[Prefix, ...],
) -> GeofeedRow:
    if prefix in seen:
        raise _DiscardedError("a later entry of the same prefix")
    if allowed and not any(_holds(outer, prefix) for outer in allowed):
        raise _DiscardedError("outside what the feed may speak for")
    country, region, city = [*fields[1:4], "", "", ""][:3]
    return GeofeedRow(*prefix, _country(country), _region(region), clean_name(city))


def _holds(outer: Prefix, prefix: _Prefix) -> bool:
    version, start, length = prefix
    if outer.version != version or outer.prefixlen > length:
        return False
    free = outer.max_prefixlen - outer.prefixlen
    return start >> free == int(outer.network_address) >> free


def _country(text: str) -> str | None:
    code = text.strip().upper()
    if code in ("", NO_COUNTRY):
        return None
    if code not in COUNTRIES:
        raise _DiscardedError("country is no ISO 3166-1 code")
    return code


def _region(text: str) -> str | None:
    code = text.strip().upper()
    if not code:
        return None
    # The country of the region may be another: Puerto Rico is PR, and US-PR.
    if _REGION.fullmatch(code) is None or code[:2] not in COUNTRIES:
        raise _DiscardedError("region is no ISO 3166-2 code")
    return code
