"""The ladder: the hops of one trace down the page, with every round trip that was measured.

Each row is a TTL. Dots are replies; the line is the lower envelope (the smallest
time of this hop or any later one), which is what differences are taken from. A hop
that did not answer stays an empty rung: silence is drawn, not skipped.
"""

from collections.abc import Iterator

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from mxpath.figures.style import (
    EXCHANGE,
    FAINT,
    INK,
    PAPER,
    PATH,
    RULE,
    UNKNOWN_BAND,
    say_plainly,
    study_colours,
)
from mxpath.graph.influence import latency_shares
from mxpath.model.address import IPAddress
from mxpath.model.foreign_text import cut, printable
from mxpath.model.route import Route, Segment
from mxpath.model.study import Study
from mxpath.model.trace import EndReason, Hop, Trace

RUNG = 0.34
"""Inches for one hop."""


def ladder(study: Study, ax: Axes, *, target: str | None = None) -> Axes:
    """Draw the trace to ``target`` (an address; the first trace when left out) into ``ax``.

    Round-trip times in ms, observed.
    """
    trace = _trace(study, target)
    if trace is None or not trace.hops:
        return say_plainly(ax, _nothing(study, trace))
    route = study.route_to(trace.target)
    _bands(ax, study, trace, route)
    for hop in trace.hops:
        _rung(ax, study, trace, hop)
    _envelope(ax, route)
    _frame(ax, study, trace)
    ax.set_title(_title(study, trace, route))
    _legend(ax, trace, study)
    return ax


def ladder_size(study: Study, target: str | None = None) -> tuple[float, float]:
    """Return the size in inches at which the rungs are readable."""
    trace = _trace(study, target)
    if trace is None or not trace.hops:
        return (8.0, 1.6)
    return (9.5, len(trace.hops) * RUNG + 1.5)


def _trace(study: Study, target: str | None) -> Trace | None:
    found = (study.trace_to(address) for address in study.mail.addresses)
    traces = [trace for trace in found if trace is not None]
    if target is None:
        return next((t for t in traces if t.hops), traces[0] if traces else None)
    return next((t for t in study.traces if str(t.target) == target), None)


def _nothing(study: Study, trace: Trace | None) -> str:
    if trace is not None and trace.end is EndReason.NO_ROUTE:
        return f"This machine has no IPv{trace.target.version} route to {trace.target}."
    if trace is not None:
        return f"No hop towards {trace.target} was measured ({trace.end_words})."
    if not study.mail.addresses:
        return f"{printable(study.domain)} has no mail host: there is nothing to trace."
    return "Nothing was traced, so the hops are not known."


def _bands(ax: Axes, study: Study, trace: Trace, route: Route | None) -> None:
    colours = study_colours(study)
    for claim in route.segments if route is not None else ():
        segment = claim.value
        asn = segment.network.asn if segment.network else None
        last = min(segment.last_ttl, trace.hops[-1].ttl)
        ax.axhspan(
            segment.first_ttl - 0.5,
            last + 0.5,
            facecolor=colours.get(asn, UNKNOWN_BAND),
            edgecolor=PAPER,
            linewidth=1.5,
            zorder=0,
        )
        _band_name(ax, segment, (segment.first_ttl + last) / 2)


def _band_name(ax: Axes, segment: Segment, y: float) -> None:
    network = segment.network
    if network is None:
        name = "no owner known" if any(segment.addresses) else "no answer"
    else:
        name = (
            f"{cut(printable(network.name), 24)}\nAS{network.asn}"
            if network.name
            else f"AS{network.asn}"
        )
    if segment.first_ttl == segment.last_ttl:
        name = name.replace("\n", " · ")
    ax.text(
        1.015,
        y,
        name,
        transform=ax.get_yaxis_transform(),
        ha="left",
        va="center",
        fontsize=8.5,
        linespacing=1.25,
    )


def _rung(ax: Axes, study: Study, trace: Trace, hop: Hop) -> None:
    silent = hop.address is None
    ax.axhline(
        hop.ttl,
        color=FAINT if silent else RULE,
        linewidth=0.9 if silent else 0.6,
        linestyle=(0, (1, 4)) if silent else "-",
        zorder=1,
    )
    for responder, rtt_ms in _answers(hop):
        owner = study.owners.get(responder)
        at_ixp = owner is not None and owner.ixp is not None
        arrived = responder == trace.target
        ax.plot(
            rtt_ms,
            hop.ttl,
            marker="D" if at_ixp else "s" if arrived else "o",
            color=EXCHANGE if at_ixp else INK if arrived else PATH,
            markeredgecolor=PAPER,
            markeredgewidth=0.6,
            markersize=7.5 if at_ixp else 6.5,
            linestyle="none",
            zorder=4,
            alpha=0.9,
            clip_on=False,  # the first hop's mark lies on the axis
        )


def _answers(hop: Hop) -> Iterator[tuple[IPAddress, float]]:
    """Who answered after how many milliseconds; of told statistics the best of them."""
    for probe in hop.probes:
        if probe.reply is not None and probe.rtt_ms is not None:
            yield probe.reply.responder, probe.rtt_ms
    if hop.told is not None and hop.told.best_ms is not None and hop.address is not None:
        yield hop.address, hop.told.best_ms


def _envelope(ax: Axes, route: Route | None) -> None:
    if route is None:
        return
    # The envelope counts from TTL 1, where other tools may not have begun.
    points = [(ms, ttl) for ttl, ms in enumerate(route.envelope_ms, 1) if ms is not None]
    if points:
        ax.plot(*zip(*points, strict=True), color=PATH, linewidth=1.3, alpha=0.55, zorder=3)


def _frame(ax: Axes, study: Study, trace: Trace) -> None:
    last = trace.hops[-1].ttl
    ax.set_ylim(last + 0.5, 0.5)
    rtts = [rtt_ms for hop in trace.hops for _, rtt_ms in _answers(hop)]
    ax.set_xlim(0, (max(rtts, default=1.0) or 1.0) * 1.06)
    ax.set_yticks([hop.ttl for hop in trace.hops], [_rung_label(study, hop) for hop in trace.hops])
    ax.tick_params(axis="y", length=0)
    for label, hop in zip(ax.get_yticklabels(), trace.hops, strict=True):
        if hop.address is None:
            label.set(color=FAINT, style="italic")
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("round trip, milliseconds, observed")


def _rung_label(study: Study, hop: Hop) -> str:
    if hop.address is None:
        sent = hop.loss.sent
        return f"silent, {sent} probe{'s' * (sent != 1)}   {hop.ttl:>2}"
    owner = study.owners.get(hop.address)
    mark = (
        f"◇ {cut(printable(owner.ixp.ix_name), 16)}  "
        if owner is not None and owner.ixp is not None
        else ""
    )
    more = f" +{len(hop.responders) - 1}" if len(hop.responders) > 1 else ""
    name = study.names.get(hop.address)
    known = f"{cut(printable(name.value), 40)}\n" if name is not None else ""
    return f"{known}{mark}{hop.address}{more}   {hop.ttl:>2}"


def _legend(ax: Axes, trace: Trace, study: Study) -> None:
    handles = list(_handles(trace, study))
    ax.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0, -0.02),
        ncols=len(handles),
        frameon=False,
        fontsize=8,
        borderaxespad=3.2,
    )


def _handles(trace: Trace, study: Study) -> Iterator[Line2D]:
    yield _mark("o", PATH, "reply of a router")
    owners = [study.owners.get(a) for hop in trace.hops for a in hop.responders]
    if any(o is not None and o.ixp is not None for o in owners):
        yield _mark("D", EXCHANGE, "reply from an exchange point")
    if trace.distance is not None:
        yield _mark("s", INK, "the mail host")
    yield Line2D([], [], color=PATH, alpha=0.55, label="lower envelope")


def _mark(shape: str, colour: str, label: str) -> Line2D:
    return Line2D(
        [],
        [],
        marker=shape,
        color=colour,
        markeredgecolor=PAPER,
        markersize=7,
        linestyle="none",
        label=label,
    )


def _title(study: Study, trace: Trace, route: Route | None) -> str:
    host = next((h for _, h, a in study.deliveries() if a == trace.target), str(trace.target))
    name = f"{cut(printable(host), 32)} over IPv{trace.target.version}"
    if trace.target_rtt_ms is None:
        last = max((h.ttl for h in trace.hops if h.address is not None), default=0)
        return f"{name}: nothing answers after hop {last}" if last else f"{name}: no hop answers"
    shares = [s for s in latency_shares(route) if s.share is not None] if route is not None else []
    if not shares:
        return f"{name}: {trace.target_rtt_ms:.1f} ms away, {trace.distance} hops"
    best = max(shares, key=lambda s: s.share or 0.0)
    return f"{name}: {best.share:.0%} of {trace.target_rtt_ms:.1f} ms is {cut(printable(best.station.name), 24)}"
