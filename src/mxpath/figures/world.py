"""The map of a lab world: networks, routers, links, exchange points and mail hosts.

Everything on it stands in the world's file; nothing was measured. Providers stand
above their customers, peers are joined by dashes, exchange points are lozenges.
Figures at the lines are one-way delays in ms; what else a line or a router does to
packets is written beside it.
"""

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon
from matplotlib.path import Path
from matplotlib.patheffects import AbstractPathEffect, Normal, Stroke

from mxpath.figures.style import ALARM, BANDS, EXCHANGE, FAINT, INK, PAPER, PATH
from mxpath.figures.world_layout import (
    HEAD,
    HOST_LINES,
    LINE,
    PAD,
    Layout,
    Point,
    hosts_of,
    lay_out,
)
from mxpath.lab.elements import Behaviour, Certificate, Host, Link, Router
from mxpath.lab.topology import World
from mxpath.model.foreign_text import cut, printable

MARGIN = 0.35
_LEVEL = 0.4
"""Ends whose heights differ by less, in inches, lie on one floor."""
_RISE = (0.8, 0.2)
"""How far a line between two such networks bends upwards: inches, and more for each inch of it."""
_SMALL, _NORMAL = 6.8, 8.5
_LABEL = {"boxstyle": "round,pad=0.12", "facecolor": PAPER, "edgecolor": "none", "alpha": 0.85}


def _halo(colour: str) -> list[AbstractPathEffect]:
    """Keep a text legible where a line passes behind it."""
    return [Stroke(linewidth=2.4, foreground=colour), Normal()]


def world_size(world: World) -> tuple[float, float]:
    """Return the size in inches at which the map is readable."""
    layout = lay_out(world)
    wide, high = layout.size
    return max(wide + 2 * MARGIN, 7.0), high + 2 * MARGIN + 1.0 + _overhang(world, layout)


def _overhang(world: World, layout: Layout) -> float:
    """How far lines between networks of the highest floor rise above it, in inches."""
    tops = [0.0]
    for link in world.links:
        start, end = (_place(layout, name) for name in link.ends)
        tops.append(_along(start, _bend(world, link, start, end), end, 0.5)[1])
    return max(0.0, 0.1 - min(tops))


def world(world: World, ax: Axes) -> Axes:
    """Draw the map of ``world`` into ``ax``; delays are one way, in ms, as its file has them."""
    layout = lay_out(world)
    wide, high = layout.size
    spare = max(0.0, world_size(world)[0] - wide - 2 * MARGIN) / 2
    ax.set_xlim(-MARGIN - spare, wide + MARGIN + spare)
    ax.set_ylim(high + MARGIN + 0.35, -MARGIN - _overhang(world, layout))
    ax.set_aspect("equal", adjustable="box")
    ax.set_axis_off()
    for number, asn in enumerate(world.networks):
        _network(ax, world, layout, asn, BANDS[number % len(BANDS)])
    for name in world.exchanges:
        _exchange(ax, layout, name)
    for number, link in enumerate(world.links):
        _link(ax, world, layout, link, number)
    for router in world.routers:
        band = BANDS[list(world.networks).index(world.asn_of[router]) % len(BANDS)]
        _router(ax, layout.routers[router], router, _oddities(world.answering.get(router)), band)
    ax.set_title(cut(printable(world.title), 100))
    _legend(ax, wide, high)
    return ax


def _network(ax: Axes, world: World, layout: Layout, asn: int, colour: str) -> None:
    box, network, home = layout.networks[asn], world.networks[asn], world.asn_of[world.sender]
    ax.add_patch(
        FancyBboxPatch(
            (box.left, box.top),
            *box.size,
            boxstyle="round,pad=0,rounding_size=0.08",
            facecolor=colour,
            edgecolor=INK if asn == home else FAINT,
            linewidth=1.6 if asn == home else 0.8,
            zorder=1,
        )
    )
    halo = _halo(colour)

    def write(y: float, text: str, size: float, weight: str = "normal") -> None:
        x, letters = box.left + PAD, round(box.size[0] * 102 / size)
        ax.text(
            x,
            y,
            cut(text, letters),
            va="center",
            fontsize=size,
            weight=weight,
            path_effects=halo,
            zorder=5,
        )

    write(box.top + 0.13, printable(network.name), _NORMAL, "bold")
    write(box.top + 0.28, f"AS{asn}", _SMALL)
    floor = box.top + box.size[1] - PAD / 2
    for number, line in enumerate(reversed(_host_lines(world, asn))):
        write(floor - LINE * (number + 0.5), line, _SMALL)


def _host_lines(world: World, asn: int) -> list[str]:
    hosts = hosts_of(world, asn)
    shown = hosts[: HOST_LINES + (len(hosts) == HOST_LINES + 1)]
    lines = [_host_words(world, name) for name in shown]
    return (
        [*lines, f"and {len(hosts) - len(shown)} hosts more"] if len(hosts) > len(shown) else lines
    )


def _host_words(world: World, name: str) -> str:
    host = world.hosts[name]
    roles = [
        role
        for role, holder in (
            ("sender", world.sender),
            ("resolver", world.resolver),
            ("name server", world.dns.server),
            ("registry", world.rdap.host if world.rdap else None),
        )
        if holder == name
    ]
    roles += ["collector" for c in world.collectors.values() if c.host == name]
    words = [printable(name), *roles, *_smtp_words(host)]
    if host.same_as is not None:
        words.append(f"anycast with {printable(host.same_as)}")
    if len(host.families) == 1:
        words.append(f"IPv{host.families[0]} only")
    return " · ".join([f"{words[0]} ({host.router})", *words[1:]])


def _smtp_words(host: Host) -> list[str]:
    smtp = host.smtp
    if smtp is None:
        return []
    words = [smtp.behaviour.value.replace("_", " ") if smtp.behaviour is not Behaviour.FINE else ""]
    if not smtp.starttls:
        words.append("no TLS")
    elif smtp.certificate is not Certificate.VALID:
        words.append(f"{smtp.certificate.value.replace('_', ' ')} certificate")
    return ["mail: " + ", ".join(filter(None, words))] if any(words) else ["mail"]


def _exchange(ax: Axes, layout: Layout, name: str) -> None:
    (x, y), (wide, high) = layout.exchanges[name].middle, layout.exchanges[name].size
    ends = [(x - wide / 2, y), (x, y - high / 2), (x + wide / 2, y), (x, y + high / 2)]
    ax.add_patch(
        Polygon(ends, closed=True, facecolor=PAPER, edgecolor=EXCHANGE, linewidth=1.8, zorder=3)
    )
    ax.text(
        x,
        y,
        cut(printable(name), 14),
        ha="center",
        va="center",
        fontsize=7.5,
        weight="bold",
        zorder=5,
    )


def _link(ax: Axes, world: World, layout: Layout, link: Link, number: int) -> None:
    start, end = (_place(layout, name) for name in link.ends)
    bend = _bend(world, link, start, end)
    ends = Path([start, bend, end], [Path.MOVETO, Path.CURVE3, Path.CURVE3])
    ax.add_patch(
        PathPatch(
            ends,
            fill=False,
            edgecolor=_colour(world, link),
            linewidth=1.3,
            linestyle=(0, (4, 2)) if _are_peers(world, link) else "-",
            zorder=2,
        )
    )
    # Neighbouring lines carry their figures at different places, so that they part.
    x, y = _along(start, bend, end, (0.5, 0.38, 0.62)[number % 3])
    odd = _odd_words(link)
    ax.text(
        x,
        y,
        "\n".join([f"{link.delay_ms:g}", *odd]),
        ha="center",
        va="center",
        fontsize=_SMALL,
        linespacing=1.0,
        color=ALARM if odd else FAINT,
        bbox=_LABEL,
        zorder=4,
    )


def _bend(world: World, link: Link, start: Point, end: Point) -> Point:
    """The point that draws a line aside: over the boxes between two networks of one floor."""
    x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    one, other = (world.asn_of.get(name, name) for name in link.ends)
    level = abs(start[1] - end[1]) < _LEVEL
    return (
        (x, y - _RISE[0] - _RISE[1] * abs(end[0] - start[0])) if level and one != other else (x, y)
    )


def _along(start: Point, bend: Point, end: Point, share: float) -> Point:
    """A point of the quadratic Bézier curve through the two ends."""
    near, middle, far = (1 - share) ** 2, 2 * share * (1 - share), share**2
    return (
        near * start[0] + middle * bend[0] + far * end[0],
        near * start[1] + middle * bend[1] + far * end[1],
    )


def _place(layout: Layout, name: str) -> Point:
    return layout.routers[name] if name in layout.routers else layout.exchanges[name].middle


def _colour(world: World, link: Link) -> str:
    if not set(link.ends).isdisjoint(world.exchanges):
        return EXCHANGE
    one, other = (world.asn_of[end] for end in link.ends)
    return FAINT if one == other else PATH


def _are_peers(world: World, link: Link) -> bool:
    if not set(link.ends).isdisjoint(world.exchanges):
        return False
    one, other = (world.asn_of[end] for end in link.ends)
    return one != other and world.relation(one, other) == "peer"


def _odd_words(link: Link) -> list[str]:
    words = []
    if link.jitter_ms:
        words.append(f"+0…{link.jitter_ms:g} jitter")
    if link.loss:
        words.append(f"loses {100 * link.loss:g} %")
    if link.mtu is not None:
        words.append(f"MTU {link.mtu}{', hidden' if link.mtu_hidden else ''}")
    if link.blocks:
        words.append(f"blocks {', '.join(link.blocks)}")
    return words


def _router(ax: Axes, here: Point, name: str, odd: list[str], behind: str) -> None:
    ax.plot(*here, "o", color=ALARM if odd else INK, markersize=5, zorder=5)
    ax.text(
        here[0],
        here[1] + 0.07,
        "\n".join([cut(printable(name), 14), *odd]),
        ha="center",
        va="top",
        fontsize=_SMALL,
        linespacing=1.0,
        color=ALARM if odd else INK,
        path_effects=_halo(behind),
        zorder=6,
    )


def _oddities(oddity: Router | None) -> list[str]:
    if oddity is None:
        return []
    words = ["silent"] if oddity.silent else []
    if oddity.icmp_per_s is not None:
        words.append(f"{oddity.icmp_per_s:g} ICMP/s")
    if oddity.answers_from is not None:
        words.append(f"as {printable(oddity.answers_from)}")
    return words


def _legend(ax: Axes, wide: float, high: float) -> None:
    marks = [
        Line2D([], [], color=PATH, label="customer below its provider"),
        Line2D([], [], color=PATH, linestyle=(0, (4, 2)), label="private peers"),
        Line2D([], [], color=EXCHANGE, label="exchange point's LAN"),
        Line2D([], [], color=FAINT, label="inside a network"),
    ]
    ax.legend(
        handles=marks,
        loc="upper center",
        bbox_to_anchor=(wide / 2, high + MARGIN / 2 + HEAD),
        bbox_transform=ax.transData,
        ncols=4,
        fontsize=7,
        frameon=False,
        title="As the world's file has it; figures are one-way delays in ms",
        title_fontsize=7,
    )
