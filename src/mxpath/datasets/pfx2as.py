"""Prefix to origin AS, as derived from RouteViews tables: ``prefix TAB length TAB origin``.

An origin of ``701_1239`` is a prefix seen with several origins (MOAS), ``701,1239``
an AS set at the end of the path. All of them are kept, in the order given.
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
    name="pfx2as",
    publisher="CAIDA, from RouteViews tables",
    licence="CAIDA Acceptable Use Agreement; RouteViews data CC BY 4.0",
    cadence="daily",
    url="https://publicdata.caida.org/datasets/routing/routeviews-prefix2as/{year}/{month}/",
    gives="origin networks of prefixes, several where several announce it",
    attribution="Prefix-to-AS data: CAIDA, from RouteViews (routeviews.org)",
)

_MAX_ASN = 2**32 - 1
_LEFT_OUT = "reserved origin AS0"


def parse(
    lines: Iterable[str], *, source: str, tally: Tally | None = None, version: int | None = None
) -> Iterator[OriginRow]:
    """Read rows of prefix, length and origins; with ``version``, those of one family only.

    Raises
    ------
    ParseError
        On a line that is not of this form.
    """
    tally = Tally() if tally is None else tally
    for number, line in enumerate(lines, start=1):
        if not line or line[0] == "#":
            continue
        if version is not None and (":" in line.partition("\t")[0]) != (version == 6):
            continue
        row = _row(line, source, number)
        if not row.origins:
            tally.skip(_LEFT_OUT)
            continue
        tally.rows += 1
        yield row


def columns(document: bytes, *, version: int, tally: Tally | None = None) -> "Ranges | None":
    """Read the prefixes of one family at once; ``None`` where only :func:`parse` will do."""
    from mxpath.datasets.origin_columns import prefixes  # noqa: PLC0415 - loads numpy

    tally = Tally() if tally is None else tally
    return prefixes(document, version=version, origins_of=_origins, tally=tally, left_out=_LEFT_OUT)


def _row(line: str, source: str, number: int) -> OriginRow:
    try:
        address, length_text, origin = line.split("\t")
        version, bits = (6, 128) if ":" in address else (4, 32)
        start = address_v6(address) if version == 6 else address_v4(address)
        length = whole_number(length_text)
        if length > bits or start & (hosts := (1 << bits - length) - 1):
            raise ValueError(line)  # noqa: TRY301 - one message for all that is wrong with a line
        return OriginRow(start, start | hosts, version, _origins(origin), length)
    except ValueError as error:
        raise ParseError(
            f"expected prefix, length and origin, found {line[:80]!r}", source=source, line=number
        ) from error


def _origins(text: str) -> tuple[int, ...]:
    found = [whole_number(part) for part in text.replace(",", "_").split("_")]
    if max(found) > _MAX_ASN:
        raise ValueError(text)
    return tuple(dict.fromkeys(asn for asn in found if asn))
