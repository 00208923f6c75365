"""Tables in CSV whose first line names their columns."""

import csv
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from mxpath.datasets.snapshot import Tally, lines_of
from mxpath.errors import ParseError

_T = TypeVar("_T")


def read_table(  # noqa: PLR0913 - a table, what is made of a row, and where it is told
    document: bytes,
    columns: Sequence[str],
    make: Callable[[list[str]], _T | None],
    *,
    source: str,
    tally: Tally | None,
    lacking: str,
) -> Iterator[_T]:
    """Yield what ``make`` makes of the fields of each row.

    A row that is too short, or of which it makes ``None``, is counted as ``lacking``.

    Raises
    ------
    ParseError
        When the header does not name the columns, or the text is no CSV.
    """
    tally = Tally() if tally is None else tally
    for fields in table_rows(document, columns, source=source):
        made = None if fields is None else make(fields)
        if made is None:
            tally.skip(lacking)
        else:
            tally.rows += 1
            yield made


def table_rows(
    document: bytes, columns: Sequence[str], *, source: str, kind: str = "CSV"
) -> Iterator[list[str] | None]:
    """Yield the fields of ``columns`` row by row; ``None`` for a row that is too short.

    Empty lines and a byte order mark are passed over; other columns are left out.

    Raises
    ------
    ParseError
        When the header does not name the columns, or the text is no CSV; ``kind`` says what was
        expected.
    """
    reader = csv.reader(lines_of(document.removeprefix(b"\xef\xbb\xbf"), source=source))
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        if not set(columns) <= set(header):
            wanted = ", ".join(columns)
            raise ParseError(f"expected {kind} with the columns {wanted}", source=source, line=1)
        places = [header.index(name) for name in columns]
        for fields in reader:
            if fields:
                whole = len(fields) > max(places)
                yield [fields[place] for place in places] if whole else None
    except csv.Error as error:
        raise ParseError(f"not CSV: {error}", source=source, line=reader.line_num) from error
