"""The forms of an mtr report that are read line by line: --report, --csv and --xml.

- Report: the columns are those of its heading. Without ``-w`` it cuts the host short, at column 33 of the
  line: one that reaches so far may have lost its end, and an address there is not believed.
- CSV: a heading since 0.88; before, fields parted by ``;``, the last of them a time in microseconds,
  with the AS number before it if asked for. The time stamp is that of the end. A line of a later hop belongs to the run above it.
- XML: read by its lines, since older versions write ``<Loss%>`` and attributes without quotes, and
  since none of them escapes the names in it.

Each taker raises ValueError on a line that it does not understand.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from mxpath.formats.json_records import MAX_SECONDS
from mxpath.formats.lines import OTHER_TOOL, begins_a_trace
from mxpath.formats.mtr_rows import Report, Row, number, title

TITLES = frozenset(
    ("loss", "snt", "rcv", "drop", "last", "best", "avg", "wrst", "stdev", "gmean", "jttr", "javg",
     "jmax", "jint")
)  # fmt: skip
CUT = 33
MAX_HOSTS = 256

_START = re.compile(r"Start: (?P<when>.+)")
_ROW = re.compile(r"\s*(?P<ttl>\d{1,3})\.(?:\|--)?\s+(?P<rest>\S.*)")
_MORE = re.compile(r"[\s|`+-]{4,}(?P<rest>\S.*)")
_ASN = re.compile(r"AS(?:\d+|\?+)\s+")
_MTR = re.compile(r"<MTR\b(?P<attributes>.*)>\s*")
_HUB = re.compile(
    r'\s*<HUB COUNT=(?P<q>"?)(?P<ttl>\d{1,3})(?P=q) HOST=(?P=q)(?P<host>.*)(?P=q)>\s*'
)
_FIGURE = re.compile(r"\s*<(?P<name>[A-Za-z]+)%?>(?P<value>[^<]*)</[A-Za-z]+%?>\s*")
_ATTRIBUTE = re.compile(r'(\w+)="?([^"\s>]*)"?')


@dataclass(slots=True, kw_only=True)
class Table:
    """One run, as far as it is read."""

    report: Report
    titles: tuple[str, ...] = ()
    rows: list[Row] = field(default_factory=list)
    cut: int | None = None
    """Where this report cuts its hosts short."""


Taker = Callable[[list[Table], str, int], None]


def take_report(tables: list[Table], line: str, at: int) -> None:
    """Take a line of ``--report``; others may stand around them."""
    if (found := _START.match(line)) is not None:
        tables.append(
            Table(report=Report(line=at, started_at=_moment(found["when"]), resolution_ms=0.1))
        )
    elif line.startswith("HOST:"):
        if not tables or tables[-1].titles:
            tables.append(Table(report=Report(line=at, resolution_ms=0.1)))
        _take_titles(tables[-1], line)
    elif begins_a_trace(line):
        raise ValueError(OTHER_TOOL)
    elif tables and (found := _ROW.fullmatch(line)) is not None:
        _take_row(tables[-1], line, found)
    elif tables and tables[-1].rows and (found := _MORE.fullmatch(line)) is not None:
        host, last = _host(found["rest"]), tables[-1].rows[-1]
        if len(last.hosts) >= MAX_HOSTS:
            raise ValueError(f"more than {MAX_HOSTS} routers of one hop")
        if not host.startswith("["):
            tables[-1].rows[-1] = replace(last, hosts=(*last.hosts, host))


def _take_titles(table: Table, line: str) -> None:
    words = line.split()
    first = next((n for n, word in enumerate(words) if n > 1 and title(word) in TITLES), None)
    if first is None:
        raise ValueError("a heading without columns")
    table.titles = tuple(title(word) for word in words[first:])
    start = line.rindex(f" {words[first]}") + 1
    table.cut = CUT if CUT <= start < CUT + 6 else None


def _take_row(table: Table, line: str, found: re.Match[str]) -> None:
    many = len(table.titles)
    if not many:
        raise ValueError("a hop, but no heading 'HOST: …' above it")
    words = found["rest"].split()
    host, figures = " ".join(words[:-many]), words[-many:]
    if table.cut is not None:
        host, figures = line[found.start("rest") : table.cut].strip(), line[table.cut :].split()
        host += "…" * (line[table.cut - 1 : table.cut] not in ("", " "))
    if not host or len(figures) != many:
        raise ValueError(f"{many} columns and a host are wanted")
    values = dict(zip(table.titles, map(number, figures), strict=True))
    table.rows.append(Row(ttl=int(found["ttl"]), hosts=(_host(host),), values=values))


def _host(words: str) -> str:
    return _ASN.sub("", words.strip(), count=1)


def _moment(words: str) -> datetime | None:
    """Read when it began; older versions do not tell their time zone."""
    try:
        when = datetime.fromisoformat(words.strip())
        return when.astimezone(UTC) if when.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def take_csv(tables: list[Table], line: str, at: int) -> None:
    """Take a line of ``--csv``."""
    if not line.strip():
        return
    if line.startswith("Mtr_Version"):
        titles = tuple(title(word) for word in line.rstrip(",").split(","))
        if not {*_OLD[:-1]} <= {*titles}:
            raise ValueError(f"a heading without all of {', '.join(_OLD[:-1])}")
        tables.append(Table(report=Report(line=at), titles=titles))
        return
    cells = line.rstrip(",").split(";" if ";" in line else ",")
    titles = tables[-1].titles if tables else ()
    if len(cells) != len(titles):
        titles = _OLD if len(cells) == len(_OLD) else (*_OLD[:-1], "asn", _OLD[-1])
    if len(cells) != len(titles) or not line.startswith("MTR."):
        raise ValueError("as many fields as the heading has are wanted, MTR. first")
    _take_cells(tables, dict(zip(titles, cells, strict=True)), titles, at)


_OLD = ("mtr_version", "start_time", "status", "host", "hop", "ip", "last_us")


def _take_cells(
    tables: list[Table], cells: dict[str, str], titles: tuple[str, ...], at: int
) -> None:
    report = Report(
        line=at,
        target=cells["host"],
        version=cells["mtr_version"].removeprefix("MTR."),
        ended_at=_seconds(cells["start_time"]),
        resolution_ms=0.01,
    )
    ttl = int(number(cells["hop"]))
    if tables and not tables[-1].rows:
        tables[-1].report = replace(report, line=tables[-1].report.line)
    elif (
        not tables
        or replace(tables[-1].report, line=at) != report
        or ttl <= tables[-1].rows[-1].ttl
    ):
        tables.append(Table(report=report, titles=titles))
    values = {name: number(cell) for name, cell in cells.items() if name in TITLES}
    if "last_us" in cells:
        last_ms = number(cells["last_us"]) / 1000
        values = {"snt": 1.0, "rcv": float(last_ms > 0), "last": last_ms, "best": last_ms}
    tables[-1].rows.append(Row(ttl=ttl, hosts=(cells["ip"],), values=values))


def _seconds(word: str) -> datetime:
    seconds = number(word)
    if seconds > MAX_SECONDS:
        raise ValueError(f"{word!r} is no moment in seconds since 1970")
    return datetime.fromtimestamp(seconds, UTC)


def take_xml(tables: list[Table], line: str, at: int) -> None:
    """Take a line of ``--xml``."""
    if (found := _MTR.fullmatch(line)) is not None:
        told = dict(_ATTRIBUTE.findall(found["attributes"]))
        report = Report(line=at, target=told.get("DST"), source=told.get("SRC"), resolution_ms=0.1)
        tables.append(Table(report=report))
    elif (found := _HUB.fullmatch(line)) is not None:
        if not tables:
            raise ValueError("a hop outside of a run")
        tables[-1].rows.append(Row(ttl=int(found["ttl"]), hosts=(found["host"],), values={}))
    elif (found := _FIGURE.fullmatch(line)) is not None:
        if not tables or not tables[-1].rows:
            raise ValueError("a figure outside of a hop")
        if title(found["name"]) in TITLES:
            last = tables[-1].rows[-1]
            more = {title(found["name"]): number(found["value"])}
            tables[-1].rows[-1] = replace(last, values={**last.values, **more})
    elif line.strip() and not line.lstrip().startswith(("<?xml", "</", "<!--")):
        raise ValueError(f"{line.strip()!r} is not understood")
