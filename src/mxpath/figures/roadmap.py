"""The road map: which networks and exchange points lie between us and the mail hosts.

One lane a distinct route (networks and exchange points in order); routes that begin
alike share the beginning, so the map branches where they part. The figure on a road
is what the station before it adds to the round trip. Squares are networks, diamonds
exchange points, and nothing is drawn that was not seen.
"""

import textwrap
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch, Polygon

from mxpath.figures.style import (
    ALARM,
    EXCHANGE,
    FAINT,
    INK,
    PAPER,
    UNKNOWN_BAND,
    say_plainly,
    study_colours,
)
from mxpath.graph.influence import seen_routes
from mxpath.graph.stations import Station, stations
from mxpath.model.address import IPAddress
from mxpath.model.foreign_text import cut, printable
from mxpath.model.route import Differential, Route
from mxpath.model.study import Study

PITCH = 1.70
"""Inches from one station to the next."""
LANE = 0.95
"""Inches from one lane to the next."""
BOX = (1.08, 0.56)
HOST_WIDTH = 2.2
MARGIN_TOP, MARGIN_BOTTOM = 0.12, 0.5

Key = tuple[str, int | None]


@dataclass(kw_only=True)
class _Place:
    """A station on the map, with the routes that pass it."""

    station: Station
    column: int
    routes: list[Route] = field(default_factory=list)
    figures: dict[IPAddress, Differential] = field(default_factory=dict)
    """What it adds on each route, by the route's target."""
    after: dict[Key, "_Place"] = field(default_factory=dict)
    lane: float = 0.0


def roadmap(study: Study, ax: Axes) -> Axes:
    """Draw the road map of ``study`` into ``ax``; round-trip times in ms, observed."""
    routes = seen_routes(study)
    if not routes:
        return say_plainly(ax, _nothing(study))
    roots = _tree(routes)
    lanes = _lay_out(roots, 0)
    columns = max(len(stations(route)) for route in routes)
    _frame(ax, columns, lanes)
    colours = study_colours(study)
    for root in roots:
        _draw(ax, study, root, colours=colours, last=columns)
    ax.set_title(_title(study, routes))
    caption = (
        "Observed. The figure on a road is what the station before it adds to the round trip; "
        "? = not resolvable."
    )
    left, floor = ax.get_xlim()[0] + 0.1, ax.get_ylim()[0]
    ax.text(left, floor, caption, va="bottom", fontsize=7.5, color=FAINT)
    return ax


def roadmap_size(study: Study) -> tuple[float, float]:
    """Return the size in inches at which the map is readable."""
    routes = seen_routes(study)
    if not routes:
        return (8.0, 1.6)
    columns = max(len(stations(route)) for route in routes)
    lanes = _lay_out(_tree(routes), 0)
    return (
        max(columns * PITCH + HOST_WIDTH + 0.3, 8.0),
        (lanes - 1) * LANE + BOX[1] + MARGIN_TOP + MARGIN_BOTTOM + 0.5,
    )


def _nothing(study: Study) -> str:
    if not study.mail.addresses:
        return f"{printable(study.domain)} has no mail host: there is no way to draw."
    return "No route was traced, so the networks on the way are not known."


def _tree(routes: tuple[Route, ...]) -> list[_Place]:
    """Routes with an equal beginning share its places."""
    start: dict[Key, _Place] = {}
    for route in routes:
        level = start
        for column, station in enumerate(stations(route)):
            place = level.setdefault(station.key, _Place(station=station, column=column))
            place.routes.append(route)
            adds = station.differential
            if adds is not None:
                place.figures[route.target] = adds
            level = place.after
    return list(start.values())


def _ends_at(place: _Place) -> list[Route]:
    passed = {id(route) for after in place.after.values() for route in after.routes}
    return [route for route in place.routes if id(route) not in passed]


def _lay_out(places: list[_Place], first: int) -> int:
    """Give each place its lane, children first; return the first lane that is still free."""
    lane = first
    for place in places:
        begin = lane
        lane = _lay_out(list(place.after.values()), lane)
        if (_ends_at(place) and place.after) or lane == begin:
            lane += 1
        place.lane = begin
    return lane


def _frame(ax: Axes, columns: int, lanes: int) -> None:
    ax.set_xlim(-BOX[0] / 2 - 0.1, columns * PITCH + HOST_WIDTH - BOX[0] / 2)
    ax.set_ylim((lanes - 1) * LANE + BOX[1] / 2 + MARGIN_BOTTOM, -BOX[1] / 2 - MARGIN_TOP)
    ax.set_aspect("equal", adjustable="box", anchor="NW")
    ax.set_axis_off()


def _draw(
    ax: Axes, study: Study, place: _Place, *, colours: dict[int | None, str], last: int
) -> None:
    here = (place.column * PITCH, place.lane * LANE)
    for after in place.after.values():
        _road(ax, here, (after.column * PITCH, after.lane * LANE), _figure(place, after.routes))
        _draw(ax, study, after, colours=colours, last=last)
    ends = _ends_at(place)
    if ends:
        lane = place.lane if not place.after else _free_lane(place)
        end = (last * PITCH - BOX[0] / 2 + 0.1, lane * LANE)
        arrived = all(route.complete for route in ends)
        _road(ax, here, end, _figure(place, ends), arrived=arrived, to_host=True)
        _host(ax, study, end, ends)
    _station(ax, here, place.station, colours)
    if place.column == 0:
        ax.text(
            here[0],
            here[1] + BOX[1] / 2 + 0.05,
            "we are here",
            ha="center",
            va="top",
            fontsize=7,
            color=FAINT,
        )


def _free_lane(place: _Place) -> float:
    """Below everything that branches off here."""
    lowest = place.lane
    for after in place.after.values():
        lowest = max(lowest, _free_lane(after))
    return lowest + (1 if place.after and _ends_at(place) else 0)


def _road(  # noqa: PLR0913 - a road has two ends, a figure and two states
    ax: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    figure: str,
    *,
    arrived: bool = True,
    to_host: bool = False,
) -> None:
    left = start[0] + BOX[0] / 2
    right = end[0] if to_host else end[0] - BOX[0] / 2
    turn = left + 0.10
    xs, ys = [left, turn, turn, right], [start[1], start[1], end[1], end[1]]
    ax.plot(
        xs,
        ys,
        color=FAINT if arrived else ALARM,
        linewidth=1.6,
        linestyle="-" if arrived else (0, (2, 2)),
        zorder=1,
        solid_joinstyle="round",
    )
    if figure:
        first = min(right, left + PITCH - BOX[0])
        ax.text(
            (turn + first) / 2 if start[1] != end[1] else (left + first) / 2,
            end[1] - 0.06,
            figure,
            ha="center",
            va="bottom",
            fontsize=8,
            linespacing=1.0,
            zorder=3,
        )


def _figure(place: _Place, routes: list[Route]) -> str:
    """What the place adds on these routes: one figure where they agree, else the range."""
    found = [f for route in routes if (f := place.figures.get(route.target)) is not None]
    known = [f.rtt_ms for f in found if f.rtt_ms is not None]
    if not known:
        return "?" if found else ""
    around = max(f.plus_minus_ms for f in found if f.rtt_ms is not None)
    low, high = min(known), max(known)
    if high - low > max(2 * around, 0.05 * high):
        return f"{_ms(low)} to\n{_ms(high)} ms"
    value = _ms(sum(known) / len(known))
    digit = 0.1 if "." in value else 1.0
    return f"{value} ms" if around < digit / 2 else f"{value} ms\n±{_ms(around)}"


def _ms(value: float) -> str:
    return f"{value:.1f}" if round(value, 1) < 10 else f"{value:,.0f}"


def _station(
    ax: Axes, here: tuple[float, float], station: Station, colours: dict[int | None, str]
) -> None:
    if station.kind == "ixp":
        _diamond(ax, here, station)
        return
    asn = station.network.asn if station.network else None
    unknown = station.kind == "unknown"
    ax.add_patch(
        FancyBboxPatch(
            (here[0] - BOX[0] / 2, here[1] - BOX[1] / 2),
            *BOX,
            boxstyle="round,pad=0,rounding_size=0.07",
            facecolor=colours.get(asn, UNKNOWN_BAND),
            edgecolor=FAINT,
            linewidth=0.9,
            linestyle="--" if unknown else "-",
            zorder=2,
        )
    )
    ax.text(
        *here, _box_text(station), ha="center", va="center", fontsize=8, zorder=4, linespacing=1.15
    )


def _box_text(station: Station) -> str:
    if station.network is None:
        what = "silent" if station.silent else "no owner\nknown"
        return f"{what}\n({station.hops} hop{'s' * (station.hops != 1)})"
    name = printable(station.network.name or "")
    lines = textwrap.wrap(name, 14, break_long_words=False)[:2] if name else []
    shown = [cut(line, 14) for line in lines]
    if len(" ".join(lines)) < len(name):
        shown[-1] = cut(shown[-1] + "…", 14) if not shown[-1].endswith("…") else shown[-1]
    return "\n".join([*shown, f"AS{station.network.asn}"])


def _diamond(ax: Axes, here: tuple[float, float], station: Station) -> None:
    wide, high = BOX[0] / 2, 0.30
    x, y = here
    ax.add_patch(
        Polygon(
            [(x - wide, y), (x, y - high), (x + wide, y), (x, y + high)],
            closed=True,
            facecolor=PAPER,
            edgecolor=EXCHANGE,
            linewidth=1.8,
            zorder=2,
        )
    )
    ax.text(
        x,
        y,
        cut(printable(station.name), 12),
        ha="center",
        va="center",
        fontsize=7.5,
        zorder=4,
        weight="bold",
    )
    grade = station.grade.value if station.grade else ""
    ax.text(
        x,
        y + high + 0.03,
        f"exchange point\n{grade}",
        ha="center",
        va="top",
        fontsize=6.8,
        color=FAINT,
        linespacing=1.1,
    )


def _host(ax: Axes, study: Study, here: tuple[float, float], routes: list[Route]) -> None:
    """The mail hosts at the end of a lane, with what reached them."""
    lines: dict[tuple[int, str], list[Route]] = {}
    for preference, host, address in study.deliveries():
        for route in routes:
            if route.target == address:
                lines.setdefault((preference, host), []).append(route)
    words = []
    for (preference, host), found in lines.items():
        words.append((f"{preference} {cut(printable(host), 26)}", INK, 8.5))
        words.append((" · ".join(_arrival(route) for route in found), FAINT, 7.8))
    step = 0.17
    y = here[1] - step * (len(words) - 1) / 2
    arrived = all(route.complete for route in routes)
    ax.plot(
        here[0],
        here[1],
        marker=">" if arrived else "X",
        color=INK if arrived else ALARM,
        markersize=6,
        zorder=3,
    )
    for text, colour, size in words:
        ax.text(here[0] + 0.12, y, text, ha="left", va="center", fontsize=size, color=colour)
        y += step


def _arrival(route: Route) -> str:
    total = route.total_rtt_ms
    family = f"v{route.target.version}"
    return f"{family} {_ms(total)} ms" if total is not None else f"{family} did not arrive"


def _title(study: Study, routes: tuple[Route, ...]) -> str:
    exchanges = dict.fromkeys(s.name for r in routes for s in stations(r) if s.kind == "ixp")
    domain = cut(printable(study.domain), 40)
    partial = len(routes) < len(study.mail.addresses)
    if not any(route.complete for route in routes):
        return f"{domain}: no route arrived"
    if not exchanges:
        return f"{domain}: no exchange point on {_any_of(len(routes), partial=partial)}"
    crossing = [r for r in routes if r.crossings]
    names = ", ".join(cut(printable(name), 20) for name in list(exchanges)[:2])
    verb = "crosses" if len(crossing) == 1 else "cross"
    return f"{domain}: {_of(len(crossing), len(routes), partial=partial)} {verb} {names}"


def _any_of(whole: int, *, partial: bool) -> str:
    seen = " seen" if partial else ""
    return {1: "the one route", 2: "either route"}.get(whole, f"any of {whole} routes") + seen


def _of(count: int, whole: int, *, partial: bool) -> str:
    seen = " seen" if partial else ""
    if count == whole:
        return {1: "the one route", 2: "both routes"}.get(whole, f"all {whole} routes") + seen
    return f"{count} of {whole} routes{seen}"
