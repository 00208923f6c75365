"""A watch in words: a table that is drawn again and again, and lines that are printed once."""

from collections.abc import Iterable, Iterator, Mapping

from mxpath.graph.stations import stations
from mxpath.model.address import IPAddress
from mxpath.model.foreign_text import printable
from mxpath.model.probe import Protocol
from mxpath.model.route import Route
from mxpath.model.statistics import HopStatistics
from mxpath.model.trace import Trace
from mxpath.model.watch import ChangeKind, PathChange, Round, RoundKind, WatchedPath
from mxpath.report.words import station_name

_NAME = 26


def round_line(found: Round, trace: Trace, route: Route | None) -> str:
    """Say in one line what a round saw of one target."""
    when, how = f"{found.started_at:%H:%M:%S}", _how(found.protocol, trace)
    rtt = "" if trace.target_rtt_ms is None else f" {trace.target_rtt_ms:.1f} ms"
    if found.kind is RoundKind.CHECK:
        distance = max((hop.ttl for hop in trace.hops if hop.probes), default=0)
        away = f"{distance} hops away as before" if trace.distance else trace.end_words
        return f"{when} {how} {trace.target}: {away}{rtt}{_why(trace)}"
    away = f"{trace.distance} hops" if trace.distance else trace.end_words
    line = f": {_stations(route)}" if route is not None else ""
    return f"{when} {how} {trace.target}: {away}{rtt}{line}{_why(trace)}"


def _stations(route: Route) -> str:
    names = " ─ ".join(station_name(station) for station in stations(route))
    return names.replace("\u00a0", " ") + ("" if route.complete else " ─ ✗")


def _how(protocol: Protocol | None, trace: Trace) -> str:
    return f"{protocol}" if trace.port is None else f"{protocol}/{trace.port}"


def _why(trace: Trace) -> str:
    return "".join(f" ({printable(note)})" for note in trace.notes[:1])


def change_line(change: PathChange) -> str:
    """Say in one line what has changed."""
    where = f"{change.seen_at:%H:%M:%S} {change.protocol} {change.target}"
    behind = printable(change.behind) if change.behind else None
    before = printable(change.before) if change.before else None
    if change.kind is ChangeKind.LOST:
        return f"{where}: CHANGED, the target no longer answers; last heard: {behind or 'nobody'}"
    if change.kind is ChangeKind.BACK:
        return f"{where}: CHANGED, the target answers again"
    gone, come = (", ".join(map(printable, names)) for names in (change.gone, change.come))
    what = {
        (True, True): f"{come} in place of {gone}",
        (True, False): f"{gone} is gone",
        (False, True): f"{come} has come in",
    }[bool(gone), bool(come)]
    if change.kind is ChangeKind.ROUTERS:
        return f"{where}: CHANGED inside {behind}, {what}"
    return f"{where}: CHANGED, {what}{_place(behind, before)}"


def _place(behind: str | None, before: str | None) -> str:
    if behind and before:
        return f" between {behind} and {before}"
    if behind:
        return f" behind {behind}"
    return f" before {before}" if before else ""


def watched_table(
    paths: Iterable[WatchedPath],
    titles: Mapping[IPAddress, str],
    changes: Iterable[PathChange],
) -> Iterator[str]:
    """Yield the lines of the table: every path as it is now, and the latest changes.

    Parameters
    ----------
    paths
        Those of the watch.
    titles
        What was asked for, by address.
    changes
        The latest first.
    """
    for path in paths:
        asked = printable(titles.get(path.target, ""))
        title = f"{asked} " if asked and asked != str(path.target) else ""
        times = "once" if path.rounds == 1 else f"{path.rounds} rounds"
        yield f"{title}{path.target} by {path.protocol}, {times}"
        yield f"{'':>4}{'Loss%':>7}{'Snt':>5}{'Last':>8}{'Avg':>8}{'Best':>8}{'Wrst':>8}{'StDev':>7}  Host"
        for hop in path.hops:
            who = "silent so far" if hop.address is None else str(hop.address)
            where = f"{printable(hop.station)[:_NAME]}" if hop.station else ""
            yield f"{hop.ttl:>4}{_figures(hop.statistics)}  {who:<16} {where}".rstrip()
        yield ""
    yield from (change_line(change) for change in changes)


def _figures(found: HopStatistics) -> str:
    if not found.sent:
        return " " * 50
    loss = f"{100 * (found.loss_share or 0.0):.1f}"
    times = (found.last_ms, found.average_ms, found.best_ms, found.worst_ms)
    told = "".join(f"{'' if ms is None else format(ms, '.1f'):>8}" for ms in times)
    spread = "" if found.stddev_ms is None else f"{found.stddev_ms:.1f}"
    return f"{loss:>7}{found.sent:>5}{told}{spread:>7}"
