"""The waterfall: where the time of each SMTP session goes, the way's part and the server's own.

All bars share one linear scale. A server's wait that would flatten everything else
is cut, and the cut is drawn; its true figure stands on it, and no axis lies about it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from mxpath.figures.style import (
    ALARM,
    DNS,
    INK,
    PAPER,
    PATH,
    SERVER,
    say_plainly,
)
from mxpath.model.foreign_text import cut, printable
from mxpath.model.session import Outcome, SmtpSession
from mxpath.model.study import Study

ROW = 0.72
"""Inches for one address."""
CUT_RATIO = 0.9
"""A giant is cut to about this times the longest bar without its giant."""
HEIGHT = 0.36

_NAMES = {"connect": "tcp", "ehlo2": "ehlo again"}


@dataclass(frozen=True, kw_only=True)
class _Piece:
    """A stretch of one kind of time."""

    kind: str
    """``dns``, ``path``, ``server`` or ``waited`` (in vain)."""
    phase: str
    ms: float


@dataclass(frozen=True, kw_only=True)
class _Bar:
    label: str
    pieces: tuple[_Piece, ...]
    words: str
    trouble: str


_COLOURS = {"dns": DNS, "path": PATH, "server": SERVER, "waited": ALARM}
_HATCHES = {"server": "////", "waited": "xxxx"}


def waterfall(study: Study, ax: Axes) -> Axes:
    """Draw one bar an MX address into ``ax``; ms, observed."""
    bars = list(_bars(study))
    if not bars:
        return say_plainly(ax, _nothing(study))
    limit = _limit(bars)
    width = max(sum(min(p.ms, limit) for p in bar.pieces) for bar in bars) or 1.0
    for row, bar in enumerate(bars):
        _draw_bar(ax, bar, row, limit=limit, width=width)
    ax.set_ylim(len(bars) - 0.45, -0.62)
    ax.set_xlim(0, width * 1.02)
    ax.set_yticks(range(len(bars)), [bar.label for bar in bars])
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    cut_short = "; a bar with a gap is cut, its figure stands on it" if _cuts(bars, limit) else ""
    ax.set_xlabel(f"milliseconds, observed{cut_short}")
    ax.set_title(_title(study))
    _legend(ax, bars)
    return ax


def waterfall_size(study: Study) -> tuple[float, float]:
    """Return the size in inches at which the bars are readable."""
    rows = len(list(_bars(study)))
    return (9.5, rows * ROW + 1.5) if rows else (8.0, 1.6)


def _nothing(study: Study) -> str:
    if not study.mail.addresses:
        return f"{printable(study.domain)} has no mail host: nobody was spoken to."
    return "No SMTP session was held."


def _bars(study: Study) -> Iterator[_Bar]:
    if not study.sessions:
        return
    for preference, host, address in study.deliveries():
        session = study.session_at(address)
        found = next(h for h in study.mail.plan.hosts if h.name == host)
        dns_ms = study.mail.mx_lookup.elapsed_ms + found.dns_ms
        pieces = (_Piece(kind="dns", phase="dns", ms=dns_ms), *_pieces(session))
        yield _Bar(
            label=f"{preference} {cut(printable(host), 30)}\n{address}",
            pieces=tuple(piece for piece in pieces if piece.ms > 0),
            words=_words(dns_ms, session),
            trouble=_trouble(session),
        )


def _pieces(session: SmtpSession | None) -> Iterator[_Piece]:
    for phase in session.phases if session is not None else ():
        if not phase.complete:
            yield _Piece(kind="waited", phase=phase.name, ms=phase.elapsed_ms)
            continue
        yield _Piece(kind="path", phase=phase.name, ms=phase.network_ms)
        yield _Piece(kind="server", phase=phase.name, ms=phase.server_ms)


def _words(dns_ms: float, session: SmtpSession | None) -> str:
    parts = [f"dns {_ms(dns_ms)}"]
    for phase in session.phases if session is not None else ():
        name = _NAMES.get(phase.name, phase.name)
        own = f" (server {_ms(phase.server_ms)})" if phase.name == "greeting" else ""
        parts.append(f"{name} {_ms(phase.elapsed_ms)}{own}")
    return "  ·  ".join(parts) + " ms"


def _trouble(session: SmtpSession | None) -> str:
    if session is None or session.outcome is Outcome.SKIPPED:
        return "not tried"
    if session.outcome is Outcome.ANSWERED:
        return ""
    if session.outcome is Outcome.REJECTED and session.last_reply is not None:
        text = " ".join(session.last_reply.lines)
        return cut(printable(f"rejected: {session.last_reply.code} {text}"), 60)
    return session.outcome.value


def _limit(bars: list[_Bar]) -> float:
    """The length to which a giant is cut: about the longest bar without its giant."""
    sizes = [sorted(p.ms for p in bar.pieces) for bar in bars if bar.pieces]
    longest = max((each[-1] for each in sizes), default=1.0)
    others = max((sum(each[:-1]) for each in sizes), default=0.0)
    second = max((each[-2] for each in sizes if len(each) > 1), default=0.0)
    limit = max(CUT_RATIO * others, 4 * second)
    return limit if 0 < limit < longest / 3 else longest


def _cuts(bars: list[_Bar], limit: float) -> bool:
    return any(piece.ms > limit for bar in bars for piece in bar.pieces)


def _draw_bar(ax: Axes, bar: _Bar, row: int, *, limit: float, width: float) -> None:
    left, phase = 0.0, ""
    for piece in bar.pieces:
        drawn = min(piece.ms, limit)
        ax.barh(
            row,
            drawn,
            left=left,
            height=HEIGHT,
            color=_COLOURS[piece.kind],
            hatch=_HATCHES.get(piece.kind),
            edgecolor=PAPER,
            linewidth=0,
        )
        if phase and piece.phase != phase:
            ax.plot([left, left], [row - HEIGHT / 2, row + HEIGHT / 2], color=PAPER, linewidth=1.4)
        if piece.ms > limit:
            _draw_cut(ax, row, left=left, drawn=drawn, width=width, piece=piece)
        left, phase = left + drawn, piece.phase
    ax.text(0, row - HEIGHT / 2 - 0.06, bar.words, ha="left", va="bottom", fontsize=7.8, color=INK)
    if bar.trouble:
        ax.text(
            left + width * 0.012,
            row,
            bar.trouble,
            ha="left",
            va="center",
            fontsize=8.5,
            color=ALARM,
            weight="bold",
        )


def _draw_cut(  # noqa: PLR0913 - where and what
    ax: Axes, row: int, *, left: float, drawn: float, width: float, piece: _Piece
) -> None:
    middle, gap, slant = left + drawn * 0.86, width * 0.006, width * 0.008
    top, bottom = row - HEIGHT / 2 - 0.04, row + HEIGHT / 2 + 0.04
    ax.fill(
        [middle - gap + slant, middle + gap + slant, middle + gap - slant, middle - gap - slant],
        [top, top, bottom, bottom],
        color=PAPER,
        zorder=4,
    )
    for side in (-gap, gap):
        ax.plot(
            [middle + side + slant, middle + side - slant],
            [top, bottom],
            color=INK,
            linewidth=1,
            zorder=5,
        )
    who = "the server waits" if piece.kind == "server" else "waited in vain"
    ax.text(
        left + drawn * 0.43,
        row,
        f"{who} {_ms(piece.ms)} ms",
        ha="center",
        va="center",
        fontsize=8.5,
        weight="bold",
        color=INK,
        zorder=6,
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 2.0, "alpha": 0.88},
    )


def _legend(ax: Axes, bars: list[_Bar]) -> None:
    names = {
        "dns": "DNS",
        "path": "the way (round trips)",
        "server": "the server's own time",
        "waited": "waited in vain",
    }
    used = {piece.kind for bar in bars for piece in bar.pieces}
    ax.legend(
        handles=[
            Patch(
                facecolor=_COLOURS[kind],
                hatch=_HATCHES.get(kind),
                edgecolor=PAPER,
                label=names[kind],
                linewidth=0,
            )
            for kind in names
            if kind in used
        ],
        loc="upper left",
        bbox_to_anchor=(0, -0.02),
        bbox_transform=ax.transAxes,
        ncols=4,
        frameon=False,
        fontsize=8,
        borderaxespad=3.2,
    )


def _ms(value: float) -> str:
    return f"{value:.1f}" if round(value, 1) < 10 else f"{value:,.0f}"


def _title(study: Study) -> str:
    """What the bars show: the first host's trouble, else whose time it mostly is."""
    tried = [s for s in study.sessions if s.outcome is not Outcome.SKIPPED]
    answered = [s for s in tried if s.outcome is Outcome.ANSWERED]
    if not answered:
        return f"{cut(printable(study.domain), 40)}: no conversation came to its end"
    first = answered[0]
    host = cut(printable(first.host), 32)
    if tried[0].host != first.host:
        failed = cut(printable(tried[0].host), 32)
        return f"{failed}: {tried[0].outcome.value}; {host} takes {_ms(first.total_ms)} ms"
    share = first.server_ms / first.total_ms if first.total_ms else 0.0
    if share > 0.5:
        return f"{host}: {_ms(first.total_ms)} ms, {share:.0%} of it the server's own time"
    return f"{host}: {_ms(first.total_ms)} ms, {1 - share:.0%} of it the way there and back"
