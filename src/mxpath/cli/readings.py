"""Printing what is read off a trace: remarks under its hops, and a table of statistics."""

from collections.abc import Iterator, Sequence

from mxpath.cli.tables import folded
from mxpath.model.anomaly import Anomaly, AnomalyKind
from mxpath.model.egress import Egress, EgressState
from mxpath.model.foreign_text import printable
from mxpath.model.path_mtu import PathMtu
from mxpath.model.reading import HopLoss, HopReading, LossNature, TraceReading
from mxpath.model.trace import Trace

_COLUMNS = (
    ("Last", "last_ms"),
    ("Avg", "average_ms"),
    ("Best", "best_ms"),
    ("Wrst", "worst_ms"),
    ("StDev", "stddev_ms"),
    ("Jttr", "jitter_ms"),
    ("Javg", "javg_ms"),
    ("Jmax", "jmax_ms"),
    ("Jint", "jinta_ms"),
)
"""Headings as in mtr."""


def remarks(reading: TraceReading) -> dict[int, list[str]]:
    """Return the lines to print under each hop, by TTL; anomalies stand under the first hop."""
    found: dict[int, list[str]] = {}
    ended = False
    for hop in reading.hops:
        if words := _loss_words(hop.loss, ended=ended):
            found.setdefault(hop.ttl, []).extend(folded(f"- {words}"))
        ended = ended or hop.loss.nature is LossNature.ENDS
    for anomaly in _once(reading.anomalies):
        found.setdefault(anomaly.ttls[0], []).extend(
            folded(f"{_mark(anomaly)} {anomaly_words(anomaly)}")
        )
    return found


def _once(anomalies: Sequence[Anomaly]) -> Iterator[Anomaly]:
    """What several flows show alike is told of the first."""
    told = set()
    for anomaly in anomalies:
        what = anomaly.kind, anomaly.ttls, anomaly.words
        if what not in told:
            told.add(what)
            yield anomaly


def _mark(anomaly: Anomaly) -> str:
    """Plain facts stand apart from what is out of the ordinary."""
    return "-" if anomaly.kind in (AnomalyKind.MPLS, AnomalyKind.INTERFACE) else "!"


def anomaly_words(anomaly: Anomaly) -> str:
    """Say what was found, with the hops that it concerns."""
    more = "" if len(anomaly.ttls) == 1 else f" [hops {_span(anomaly.ttls)}]"
    flow = f" [flow {anomaly.flow + 1}]" if anomaly.flow else ""
    return f"{anomaly.kind.value}: {printable(anomaly.words, limit=300)}{more}{flow}"


def _span(ttls: Sequence[int]) -> str:
    whole = len(ttls) > 2 and ttls[-1] - ttls[0] == len(ttls) - 1
    return f"{ttls[0]}-{ttls[-1]}" if whole else ", ".join(map(str, ttls))


def _loss_words(loss: HopLoss, *, ended: bool) -> str:
    if loss.nature is LossNature.FORWARD:
        return f"{_forward_words(loss)}: the hops behind lost them too"
    if loss.nature is LossNature.ENDS and not ended:
        return "nothing is heard from here on: lost, filtered, or silent routers"
    return ""


def _forward_words(loss: HopLoss) -> str:
    low, high = (f"{end:.0%}" for end in loss.interval)
    return f"lost on the way there: {loss.forward} of {loss.sent} ({low} to {high})"


def egress_lines(found: Sequence[Egress]) -> list[str]:
    """Say first of all where a port does not get out; nothing where it does."""
    shut = [egress for egress in found if egress.state is EgressState.BLOCKED]
    return [line for egress in shut for line in folded(f"{_upper(egress.words)}.", indent=0)]


def _upper(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def mtu_lines(trace: Trace) -> list[str]:
    """Say what the path carries, where that was measured."""
    found = trace.path_mtu
    if found is None:
        return []
    if found.mtu_bytes is None:
        return folded("path MTU unknown: neither the target nor a hop answers echo requests")
    size = f"{found.mtu_bytes} bytes"
    if found.fails_bytes is None:
        size = f"at least {size}"
    elif not found.is_exact:
        size += f" or more, below {found.fails_bytes}"
    where = "" if found.reached else f" as far as hop {found.as_far_as_ttl}"
    return folded(f"path MTU{where}: {size}{_mtu_source(found)}")


def _mtu_source(found: PathMtu) -> str:
    if found.of_this_host:
        return ", by this host's own link"
    if found.told_by is not None:
        at = "" if found.told_ttl is None else f", hop {found.told_ttl}"
        return f", says {found.told_by}{at}"
    hole = found.black_hole
    if hole is None:
        return ""
    passes = "no hop" if hole.passes_ttl is None else f"hop {hole.passes_ttl}"
    behind = "" if hole.fails_ttl is None else f", not hop {hole.fails_ttl}"
    return (
        f"; larger ones vanish, and nobody says so: {hole.size_bytes} bytes reach {passes}{behind};"
        " consistent with a black hole"
    )


def table(reading: TraceReading) -> Iterator[str]:
    """Return the lines of a table of statistics, as ``mtr --report-wide`` has it; times in ms."""
    heads = "".join(f"{name:>7}" for name, _ in _COLUMNS)
    yield f"{'':>4}{'Loss%':>7}{'Snt':>5}{heads}  Host"
    for hop in reading.hops:
        yield _row(hop)


def _row(hop: HopReading) -> str:
    found = hop.statistics
    loss = "" if found.loss_share is None else f"{found.loss_share:.1%}"
    times = "".join(_cell(getattr(found, name)) for _, name in _COLUMNS)
    host = "???" if hop.address is None else str(hop.address)
    words = _NATURES.get(hop.loss.nature, "")
    if hop.loss.nature is LossNature.FORWARD:
        words = f"  forward {hop.loss.forward}"
    return f"{hop.ttl:>3}.{loss:>7}{found.sent:>5}{times}  {host}{words}"


_NATURES = {LossNature.LIMITED: "  limited", LossNature.UNKNOWN: "  unknown"}
"""What its loss is, behind a row; nothing where none was lost."""


def _cell(time_ms: float | None) -> str:
    return f"{'-' if time_ms is None else f'{time_ms:.1f}':>7}"
