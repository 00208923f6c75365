"""Address ranges to origin AS: ``start,end,asn[,…]``, the shape of ip-location-db and iptoasn.

Columns are parted by commas or tabs; further ones (organisation, country) are
not read. Ends are addresses, or whole numbers as in the ``-num`` editions; a
range whose last number needs more than 32 bits is IPv6. One origin a range.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from mxpath.datasets.numerals import address_v4, address_v6, whole_number
from mxpath.datasets.snapshot import Spec, Tally
from mxpath.errors import ParseError
from mxpath.tables.prefixes import OriginRow

if TYPE_CHECKING:
    from mxpath.tables.prefix_arrays import Ranges

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
_LEFT_OUT = "no origin (AS0)"
_MAX_V4 = 2**32 - 1
_MAX_V6 = 2**128 - 1


def parse(
    lines: Iterable[str], *, source: str, tally: Tally | None = None, version: int | None = None
) -> Iterator[OriginRow]:
    """Read ranges; those without an origin (AS 0) are left out and counted.

    With ``version``, lines that show themselves to be of the other family are
    passed over unread: half the work where half is wanted.

    Raises
    ------
    ParseError
        On a line that is not two ends in order and an AS number.
    """
    tally = Tally() if tally is None else tally
    for number, line in enumerate(lines, start=1):
        if not line or line[0] == "#" or (version is not None and _foreign(line, version)):
            continue
        try:
            row = _row(line)
        except ValueError as error:
            raise ParseError(
                f"expected start, end and AS number, found {line[:80]!r}",
                source=source,
                line=number,
            ) from error
        if row is None:
            tally.skip(_LEFT_OUT)
            continue
        tally.rows += 1
        yield row


def columns(document: bytes, *, version: int, tally: Tally | None = None) -> "Ranges | None":
    """Read the ranges of one family at once; ``None`` where only :func:`parse` will do."""
    from mxpath.datasets.origin_columns import ranges  # noqa: PLC0415 - loads numpy

    tally = Tally() if tally is None else tally
    return ranges(document, version=version, tally=tally, left_out=_LEFT_OUT)


def _row(line: str) -> OriginRow | None:
    """Return the row of a line, ``None`` for a range without origin; ValueError when it is none."""
    first, last, origin = line.split("\t" if "\t" in line else ",", 3)[:3]
    asn = whole_number(origin)
    start, end, version = _ends(first, last)
    if start > end or asn > _MAX_ASN:
        raise ValueError(line)
    return OriginRow(start, end, version, (asn,), None) if asn else None


def _foreign(line: str, version: int) -> bool:
    """Whether a line cannot be of this family; lines of whole numbers always can."""
    # Further columns are strangers' names, and hold colons and dots as they like.
    first = line.partition("\t" if "\t" in line else ",")[0]
    return ":" in first if version == 4 else ":" not in first and "." in first


def _ends(first: str, last: str) -> tuple[int, int, int]:
    if ":" in first:
        return address_v6(first), address_v6(last), 6
    if "." in first:
        return address_v4(first), address_v4(last), 4
    start, end = whole_number(first), whole_number(last)
    if end > _MAX_V6:
        raise ValueError(last)
    return start, end, 4 if end <= _MAX_V4 else 6
