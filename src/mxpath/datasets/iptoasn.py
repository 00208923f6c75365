"""Address ranges to network, its country and its description: iptoasn.com's tables.

    1.0.0.0 TAB 1.0.0.255 TAB 13335 TAB US TAB CLOUDFLARENET

IPv4, IPv6 and both in one file (``ip2asn-combined.tsv``); ends are addresses, or
numbers in the ``-u32`` edition. Ranges that nobody announces stand there too, with
AS 0, country ``None`` and ``Not routed``. One origin a range; the country is that
of the registration.
"""

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv6Address
from typing import NamedTuple

from mxpath.datasets.asnames import clean_name
from mxpath.datasets.numerals import address_v4, address_v6, whole_number
from mxpath.datasets.snapshot import Spec, Tally
from mxpath.errors import ParseError
from mxpath.tables.prefixes import OriginRow

SPEC = Spec(
    name="iptoasn",
    publisher="iptoasn.com, from RouteViews tables and the registries",
    licence="PDDL 1.0",
    cadence="hourly",
    url="https://iptoasn.com/data/ip2asn-combined.tsv.gz",
    gives="origin network of address ranges, one each, with country and description",
    attribution="IP to ASN: iptoasn.com",
)

_MAX_ASN = 2**32 - 1
_MAX_V4 = 2**32 - 1
_COUNTRY = re.compile(r"[A-Z]{2}")


class Announced(NamedTuple):
    """A range of addresses, who announces it, and what is said of that network.

    A named tuple, not a dataclass: a table has half a million of them.
    """

    start: int
    end: int
    """Last address of the range, inclusive."""
    version: int
    """4 or 6."""
    asn: int
    country: str | None
    description: str | None


def parse(
    lines: Iterable[str], *, source: str, tally: Tally | None = None, version: int | None = None
) -> Iterator[Announced]:
    """Read ranges; those that nobody announces (AS 0) are left out and counted.

    With ``version``, lines of the other family are passed over.

    Raises
    ------
    ParseError
        On a line that is not two ends in order, an AS number, a country and a description.
    """
    tally = Tally() if tally is None else tally
    for number, line in enumerate(lines, start=1):
        if not line or line[0] == "#":
            continue
        try:
            row = _row(line)
        except ValueError as error:
            raise ParseError(
                f"expected start, end, AS number, country and description, found {line[:80]!r}",
                source=source,
                line=number,
            ) from error
        if version is not None and row.version != version:
            continue
        if not row.asn:
            tally.skip("not routed (AS0)")
            continue
        tally.rows += 1
        yield row


def origins(
    lines: Iterable[str], *, source: str, tally: Tally | None = None, version: int | None = None
) -> Iterator[OriginRow]:
    """Read the same as a table of origins takes it.

    Raises
    ------
    ParseError
        As :func:`parse` does.
    """
    for row in parse(lines, source=source, tally=tally, version=version):
        yield OriginRow(row.start, row.end, row.version, (row.asn,), None)


def _row(line: str) -> Announced:
    first, last, origin, country, description = line.split("\t", 4)
    asn = whole_number(origin)
    start, end, version = _ends(first, last)
    if start > end or asn > _MAX_ASN:
        raise ValueError(line)
    known = country if _COUNTRY.fullmatch(country) else None
    return Announced(start, end, version, asn, known, clean_name(description))


def _ends(first: str, last: str) -> tuple[int, int, int]:
    if ":" in first:
        return _address_v6(first), _address_v6(last), 6
    if "." in first:
        return address_v4(first), address_v4(last), 4
    start, end = whole_number(first), whole_number(last)
    if end > _MAX_V4:
        raise ValueError(last)
    return start, end, 4


def _address_v6(text: str) -> int:
    """Return the number of an address; its last 32 bits may stand there in dotted form."""
    return int(IPv6Address(text)) if "." in text else address_v6(text)
