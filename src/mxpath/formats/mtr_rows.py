"""From the rows of an mtr report, whatever its form, to a Trace.

1. mtr tells of each hop how many probes left and came back, and statistics of their round trips:
   :class:`~mxpath.model.statistics.HopStatistics` in place of probes. Zeros that stand for "none"
   become unknown. Tables (text, CSV, XML) are rounded; JSON is not.
2. Lost probes are told as a share; the number that came back is the nearest whole one.
3. ``???`` is nobody. A host that is told by name alone is somebody without an address.
4. Neither the protocol nor the port is told. The target is, by JSON, CSV and XML, but as it was typed.
   Where no address of it is told, the last hop is taken for it, and a note says so.
5. Each probe is a flow of its own: with UDP and TCP the ports differ, with ICMP the checksum.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mxpath.formats.assembling import NO_CONSTANT_FLOW
from mxpath.formats.lines import address_in
from mxpath.model.address import IPAddress
from mxpath.model.statistics import HopStatistics
from mxpath.model.trace import EndReason, Flow, Hop, Imported, Trace

TOOL = "mtr"
MAX_TTL = 255
MAX_SENT = 2**31
MAX_MS = 86.4e6
NOBODY = "???"

UNSEEN = ("the protocol", "single probes", "reply TTLs", "what the quotes hold")
BY_NAME = "hops are told by name alone: mtr gives addresses with -n or -b"
ASSUMED = "the target's address is not told: the last hop is taken for it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One hop of a report: ``values`` by mtr's own title, in lower case and without ``%``."""

    ttl: int
    hosts: tuple[str, ...]
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What stands around the rows."""

    line: int
    """Number of the line, or of the record, in the file."""
    target: str | None = None
    """As it was typed."""
    source: str | None = None
    version: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    resolution_ms: float = 0.0
    """What its figures are rounded to."""


def trace_of(report: Report, rows: Sequence[Row], *, source: str) -> Trace:
    """Make the trace of a report.

    Raises
    ------
    ValueError
        When the rows are out of order, their figures cannot be, or nobody knows the target.
    """
    hops = _hops(rows)
    told = address_in(report.target or "")
    target = told or _last(hops)
    if target is None:
        raise ValueError(
            "no address of a target is told, nor of a last hop that may be it (mtr -n)"
        )
    ends = [hop.ttl for hop in hops if target in hop.told_responders and hop.answered]
    if told is None:
        ends = ends[-1:]
    return Trace(
        target=target,
        source=address_in(report.source or ""),
        protocol=None,
        port=None,
        engine=TOOL,
        flows=(Flow(source_port=None, destination_port=None, hops=hops),),
        distance=next(iter(ends), None),
        end=EndReason.REACHED if ends and told is not None else None,
        started_at=report.started_at,
        ended_at=report.ended_at,
        packets_sent=sum(hop.told.sent for hop in hops if hop.told is not None),
        notes=tuple(_notes(rows, told)),
        unseen=UNSEEN,
        imported=Imported(
            tool=TOOL,
            source=source,
            record=report.line,
            version=report.version,
            resolution_ms=report.resolution_ms,
        ),
    )


def number(text: str) -> float:
    """Read a figure of a table: ``0.0%``, ``2511.``.

    Raises
    ------
    ValueError
        When it is none.
    """
    digits = text.strip().removesuffix("%")
    if not digits.isascii() or not set(digits) <= set("0123456789.") or len(digits) > 20:
        raise ValueError(f"{text.strip()!r} is no figure")
    return float(digits)


def title(text: str) -> str:
    """Return the title of a column as all forms share it.

    Examples
    --------
    >>> title(" Loss%")
    'loss'
    """
    return text.strip().removesuffix("%").lower()


def _hops(rows: Sequence[Row]) -> tuple[Hop, ...]:
    by_ttl: dict[int, Row] = {}
    last = 0
    for row in rows:
        if not last < row.ttl <= MAX_TTL:
            raise ValueError(f"hop {row.ttl} is out of order")
        by_ttl[row.ttl], last = row, row.ttl
    first = rows[0].ttl if rows else 1
    return tuple(
        _hop(by_ttl[ttl]) if ttl in by_ttl else Hop(ttl=ttl, probes=())
        for ttl in range(first, last + 1)
    )


def _hop(row: Row) -> Hop:
    responders = (_address(host) for host in row.hosts)
    return Hop(
        ttl=row.ttl,
        probes=(),
        told=statistics_of(row.values),
        told_responders=tuple(dict.fromkeys(a for a in responders if a is not None)),
    )


def _last(hops: Sequence[Hop]) -> IPAddress | None:
    """Return the address of the last hop; not that of a router that has answered before."""
    before = {address for hop in hops[:-1] for address in hop.told_responders}
    address = hops[-1].address if hops else None
    return None if address in before else address


def _address(host: str) -> IPAddress | None:
    """Read an address, or that behind a name: ``gw.example (192.0.2.1)``."""
    if host.endswith(")"):
        host = host[:-1].rpartition("(")[2]
    return address_in(host)


def statistics_of(values: Mapping[str, float]) -> HopStatistics:
    """Translate mtr's columns.

    Raises
    ------
    ValueError
        When what is needed lacks, or a figure cannot be.
    """
    if "snt" not in values:
        raise ValueError("the report does not tell how many probes were sent (column Snt)")
    sent = int(_within(values["snt"], MAX_SENT))
    lost = _within(values.get("loss", 0.0), 100.0)
    told = values.get("rcv", sent - values["drop"] if "drop" in values else None)
    received = round(sent * (1 - lost / 100)) if told is None else int(_within(told, sent))

    def ms(name: str, *, least: int) -> float | None:
        if name not in values or received < least:
            return None
        return _within(values[name], MAX_MS)

    return HopStatistics(
        sent=sent,
        received=received,
        last_ms=ms("last", least=1),
        best_ms=ms("best", least=1),
        average_ms=ms("avg", least=1),
        worst_ms=ms("wrst", least=1),
        stddev_ms=ms("stdev", least=2),
        jitter_ms=ms("jttr", least=2),
        javg_ms=ms("javg", least=2),
        jmax_ms=ms("jmax", least=2),
        jinta_ms=ms("jint", least=2),
    )


def _within(value: float, high: float) -> float:
    if not 0 <= value <= high:
        raise ValueError(f"{value} is not between 0 and {high}")
    return value


def _notes(rows: Iterable[Row], told: IPAddress | None) -> Iterable[str]:
    yield NO_CONSTANT_FLOW
    hosts = [host for row in rows for host in row.hosts if host != NOBODY]
    if any(_address(host) is None for host in hosts):
        yield BY_NAME
    if told is None:
        yield ASSUMED
