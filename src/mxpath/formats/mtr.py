"""What ``mtr`` reports: --json, --csv, --xml and the table of --report; versions 0.85 to 0.95.

One reader for all of them, told apart by how the file begins; what each of them is: ``mtr_rows`` for
what they share, ``mtr_tables`` for those that are read line by line. JSON holds one object for each
run; older versions write the number of a hop as text.
"""

import re

from mxpath.errors import ParseError
from mxpath.formats.json_records import Record, records
from mxpath.formats.lines import lines_of, text_of
from mxpath.formats.mtr_rows import Report, Row, number, title, trace_of
from mxpath.formats.mtr_tables import TITLES, Table, Taker, take_csv, take_report, take_xml
from mxpath.formats.reading import Reader, check_size
from mxpath.model.foreign_text import printable
from mxpath.model.trace import Trace

_JSON = re.compile(r'\s*\{\s*"report"\s*:\s*\{\s*"mtr"\s*:')
_TABLES: tuple[tuple[re.Pattern[str], Taker], ...] = (
    (re.compile(r"\s*(?:<\?xml[^>]{0,200}\?>\s*)?<MTR\b"), take_xml),
    (re.compile(r"\s*(?:Mtr_Version,|MTR\.\d)"), take_csv),
    (re.compile(r"(?:.*\n)*?HOST: .*(?:Loss%|Snt|Avg)"), take_report),
)


def read(content: bytes, *, source: str) -> tuple[Trace, ...]:
    """Read the reports of a file.

    Raises
    ------
    ParseError
        When it holds none, or a line or record of it is not understood.
    """
    check_size(content, source=source)
    text = text_of(content[:_HEAD])
    taker = next((take for begin, take in _TABLES if begin.match(text)), None)
    if taker is None and not text.lstrip().startswith("{"):
        raise ParseError("no report of mtr", source=source, line=1)
    if taker is None:
        return tuple(_of_json(record, source) for record in records(content, source=source))
    tables: list[Table] = []
    at = 1
    try:
        for at, line in enumerate(lines_of(content, source=source), 1):
            taker(tables, line, at)
        traces = []
        for table in tables:
            at = table.report.line
            if table.rows:
                traces.append(trace_of(table.report, table.rows, source=source))
    except ValueError as error:
        raise _refused(error, source=source, line=at) from error
    if not traces:
        raise ParseError("a report without hops", source=source, line=1)
    return tuple(traces)


_HEAD = 1 << 16


def _of_json(record: Record, source: str) -> Trace:
    report = record.child("report")
    run = report.child("mtr") if report is not None else None
    if report is None or run is None:
        record.fail("report", "is no report of mtr")
    about = Report(
        line=record.line or record.number, target=run.text("dst"), source=run.text("src")
    )
    rows = [_row(hub) for hub in report.children("hubs")]
    try:
        return trace_of(about, rows, source=source)
    except ValueError as error:
        raise _refused(error, source=source, line=record.line or 1) from error


def _row(hub: Record) -> Row:
    count = hub.fields.get("count")
    if isinstance(count, str) and count.isascii() and count.isdecimal() and len(count) <= 3:
        count = int(count)
    if not isinstance(count, int):
        hub.fail("count", "is no number of a hop")
    figures = {title(name): _figure(hub, name) for name in hub.fields if title(name) in TITLES}
    return Row(ttl=count, hosts=(hub.text("host") or "",), values=figures)


def _figure(hub: Record, name: str) -> float:
    value = hub.fields[name]
    try:
        return number(value if isinstance(value, str) else repr(value))
    except ValueError as error:
        hub.fail(name, str(error))


def _refused(error: ValueError, *, source: str, line: int) -> ParseError:
    if isinstance(error, ParseError):
        return error
    return ParseError(printable(str(error), limit=200), source=source, line=line)


def _fits(head: bytes) -> bool:
    text = text_of(head)
    return bool(_JSON.match(text)) or any(begin.match(text) for begin, _ in _TABLES)


READER = Reader(title="mtr: JSON, CSV, XML or report", read=read, fits=_fits)
