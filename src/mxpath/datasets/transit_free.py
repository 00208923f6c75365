"""Networks that buy transit from nobody, by public statements: a table that comes with mxpath.

CSV with the columns ``asn,name,families,stated_on,source,also,note``: one row a network; ``families``
is ``4``, ``6`` or ``4 6``; ``stated_on`` the day of the statement, ``source`` its address; ``also``
where others say the same, with or without a day.

The law
-------
1. A statement needs its day and its address: a row without either is left out and counted.
2. Of several rows of one network the first counts; the others are counted as repeats.
3. The list is closed: a network that is not on it is not *known* to be transit-free.
4. Where there is no such table, the clique in the heading of AS relationships
   (asrel.py) may take its place: an inference, and no statement.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from mxpath.datasets.asnames import clean_name
from mxpath.datasets.csv_tables import table_rows
from mxpath.datasets.numerals import whole_number
from mxpath.datasets.snapshot import Spec, Tally
from mxpath.errors import ParseError
from mxpath.model.snapshot import SnapshotRef
from mxpath.model.transit_free import TransitFree

SPEC = Spec(
    name="transit-free",
    publisher="mxpath, from public statements",
    licence="CC0 1.0",
    cadence="when a statement changes",
    url="https://elists.isoc.org/pipermail/internet-history/2026-April/011658.html",
    gives="networks that buy transit from nobody",
    attribution="Transit-free networks: public statements, each with its date and address",
)

MAX_DOCUMENT_BYTES = 2**20
"""A larger document is refused: some twenty networks are meant."""

_COLUMNS = ("asn", "name", "families", "stated_on", "source", "also", "note")
_FAMILIES = {"4": (4,), "6": (6,), "4 6": (4, 6)}
_MAX_ASN = 2**32 - 1


def parse(document: bytes, *, source: str, tally: Tally | None = None) -> Iterator[TransitFree]:
    """Read the rows; what is no statement is left out and counted.

    Raises
    ------
    ParseError
        When the document is too large, is no CSV, or its header lacks a column.
    """
    tally = Tally() if tally is None else tally
    if len(document) > MAX_DOCUMENT_BYTES:
        raise ParseError(f"larger than {MAX_DOCUMENT_BYTES} bytes", source=source)
    seen: set[int] = set()
    for fields in table_rows(document, _COLUMNS, source=source):
        try:
            row = _row(fields)
        except ValueError as error:
            tally.skip(str(error))
            continue
        if row.asn in seen:
            tally.skip("network that was told before")
            continue
        seen.add(row.asn)
        tally.rows += 1
        yield row


def _row(fields: list[str] | None) -> TransitFree:
    """Return the statement of a row; ValueError says why it is none."""
    if fields is None:
        raise ValueError("a column is missing")
    number, name, families, stated_on, address, also, note = (field.strip() for field in fields)
    if families not in _FAMILIES:
        raise ValueError("family that is none")
    if not all(map(_is_address, (address, *also.split()))):
        raise ValueError("statement without an address")
    try:
        asn, day = whole_number(number), date.fromisoformat(stated_on)
    except ValueError as error:
        raise ValueError("AS number or day that is none") from error
    if not 0 < asn <= _MAX_ASN:
        raise ValueError("AS number or day that is none")
    return TransitFree(
        asn=asn,
        name=clean_name(name),
        families=_FAMILIES[families],
        stated_on=day,
        source=address,
        also=tuple(also.split()),
        note=clean_name(note) or "",
    )


def _is_address(text: str) -> bool:
    return text.startswith(("https://", "http://")) and text.isprintable()


def of_clique(
    clique: Iterable[int], *, ref: SnapshotRef, name: Callable[[int], str | None]
) -> dict[int, TransitFree]:
    """Return the clique that AS relationships were inferred from, in the form of statements.

    Parameters
    ----------
    clique
        AS numbers.
    ref
        The snapshot of the relationships.
    name
        Tells what a network is called.
    """
    return {
        asn: TransitFree(
            asn=asn,
            name=name(asn),
            families=(4, 6),
            stated_on=ref.as_of,
            source=ref.name,
            note="in the clique that the relationships were inferred from",
        )
        for asn in clique
    }
