"""Address ranges to origin AS: ``start,end,asn[,…]``, the shape of ip-location-db and iptoasn.

Columns are parted by commas or tabs; further ones (organisation, country) are
not read. Ends are addresses, or whole numbers as in the ``-num`` editions; a
range whose last number needs more than 32 bits is IPv6. One origin a range.
"""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address

from mxpath.datasets.prefixes import OriginRow
from mxpath.datasets.snapshot import Spec, Tally
from mxpath.errors import ParseError

SPEC = Spec(
    name="iplocation",
    publisher="ip-location-db, from RouteViews, DB-IP and the NRO",
    licence="CC BY 4.0",
    cadence="daily",
    url="https://github.com/sapics/ip-location-db",
    gives="origin network of address ranges, one each",
    attribution=(
        "IP to ASN: routeviews.org; IP Geolocation by DB-IP (https://db-ip.com); nro.net; CC BY 4.0"
    ),
)

_MAX_ASN = 2**32 - 1
_MAX_V4 = 2**32 - 1
_MAX_V6 = 2**128 - 1


def parse(lines: Iterable[str], *, source: str, tally: Tally | None = None) -> Iterator[OriginRow]:
    """Read ranges; those without an origin (AS 0) are left out and counted.

    Raises
    ------
    ParseError
        On a line that is not two ends in order and an AS number.
    """
    tally = Tally() if tally is None else tally
    for number, line in enumerate(lines, start=1):
        if not line or line.startswith("#"):
            continue
        row = _row(line, source, number)
        if row.origins == (0,):
            tally.skip("no origin (AS0)")
            continue
        tally.rows += 1
        yield row


def _row(line: str, source: str, number: int) -> OriginRow:
    try:
        first, last, origin = line.split("\t" if "\t" in line else ",", 3)[:3]
        asn = int(origin)
        start, end, version = _ends(first, last)
        if not 0 <= start <= end or not 0 <= asn <= _MAX_ASN:
            raise ValueError(line)  # noqa: TRY301 - one message for all that is wrong with a line
    except ValueError as error:
        raise ParseError(
            f"expected start, end and AS number, found {line[:80]!r}", source=source, line=number
        ) from error
    return OriginRow(start, end, version, (asn,), None)


def _ends(first: str, last: str) -> tuple[int, int, int]:
    if first.isdigit() and last.isdigit():
        end = int(last)
        if end > _MAX_V6:
            raise ValueError(last)
        return int(first), end, 4 if end <= _MAX_V4 else 6
    start_address, end_address = ip_address(first), ip_address(last)
    if start_address.version != end_address.version:
        raise ValueError(last)
    return int(start_address), int(end_address), start_address.version
