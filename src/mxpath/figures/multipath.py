"""All paths to a target: hops from left to right, branches side by side.

A router that is met at several distances is drawn once, at the greatest, so that a shorter branch is a line
that passes a column. The width of a line is the share of the flows of its router that were seen to take it.
"""

from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from mxpath.figures.multipath_layout import Layout, lay_out
from mxpath.figures.style import ALARM, EXCHANGE, FAINT, INK, PAPER, PATH, RULE, say_plainly
from mxpath.model.diamonds import Skeleton
from mxpath.model.multipath import Balancing, Multipath, Node
from mxpath.model.trace import Trace

ROW = 0.52
"""Inches between nodes of one column."""
_LETTER = 0.062
_SMALL = 7.0
_THIN, _THICK = 0.8, 3.6


def multipath(trace: Trace, ax: Axes) -> Axes:
    """Draw the graph of a trace into ``ax``."""
    graph = trace.multipath
    if graph is None or len(graph.nodes) < 2:
        return say_plainly(ax, f"No further paths to {trace.target} were looked for.")
    skeleton = graph.skeleton
    layout = lay_out(skeleton)
    _links(ax, graph, skeleton, layout)
    for node, alike in _alike(graph, skeleton).items():
        place = layout.column[node], layout.height[node]
        _node(ax, alike, place, branches=len(skeleton.links[node]) > 1)
    _frame(ax, layout, graph)
    ax.set_title(f"All paths to {trace.target}: {graph.flows} flows")
    return ax


def multipath_size(trace: Trace) -> tuple[float, float]:
    """Return the size in inches at which the graph is readable."""
    graph = trace.multipath
    if graph is None:
        return 8.0, 1.6
    layout = lay_out(graph.skeleton)
    longest = max((len(str(node.address or "")) for node in graph.nodes), default=0)
    low, high = layout.heights
    wide = (layout.columns + 1) * max(0.9, _LETTER * longest + 0.15) + 0.4
    return max(wide, 8.0), (high - low + 2) * ROW + 1.3


def _alike(graph: Multipath, skeleton: Skeleton) -> dict[int, list[Node]]:
    """Nodes that are drawn as one."""
    found: dict[int, list[Node]] = {}
    for node in graph.nodes:
        found.setdefault(skeleton.merged[node.number], []).append(node)
    return found


def _links(ax: Axes, graph: Multipath, skeleton: Skeleton, layout: Layout) -> None:
    flows: dict[tuple[int, int], int] = {}
    unsure = set()
    for edge in graph.edges:
        link = skeleton.merged[edge.near], skeleton.merged[edge.far]
        flows[link] = flows.get(link, 0) + len(edge.flows)
        unsure |= set() if edge.certain else {link}
    for link, way in layout.ways.items():
        total = sum(count for (near, _), count in flows.items() if near == link[0])
        share = flows.get(link, 0) / total if total else 0.0
        ax.add_patch(
            PathPatch(
                _bent(way),
                facecolor="none",
                edgecolor=PATH if link in flows else RULE,
                linewidth=_THIN + (_THICK - _THIN) * share,
                linestyle=(0, (3, 2)) if link in unsure or link not in flows else "-",
                zorder=1,
            )
        )


def _bent(way: tuple[tuple[float, float], ...]) -> Path:
    """A line through its points that leaves and arrives level."""
    points, codes = [way[0]], [Path.MOVETO]
    for (x, y), (to_x, to_y) in pairwise(way):
        half = (to_x - x) / 2
        points += [(x + half, y), (to_x - half, to_y), (to_x, to_y)]
        codes += [Path.CURVE4] * 3
    return Path(points, codes)


def _node(ax: Axes, alike: list[Node], place: tuple[int, float], *, branches: bool) -> None:
    first = alike[0]
    silent = first.ttl > 0 and first.address is None
    per_packet = any(node.balancing is Balancing.PER_PACKET for node in alike)
    colour = ALARM if per_packet else EXCHANGE if branches else PATH
    ax.plot(
        *place,
        marker="s" if first.is_target or not first.ttl else "o",
        markersize=9 if branches else 7,
        markerfacecolor=PAPER if silent else colour,
        markeredgecolor=FAINT if silent else colour,
        zorder=3,
    )
    ax.annotate(
        "\n".join(_words(alike, silent=silent)),
        place,
        xytext=(0, -8),
        textcoords="offset points",
        ha="center",
        va="top",
        fontsize=_SMALL,
        linespacing=1.15,
        color=FAINT if silent else INK,
        bbox={"boxstyle": "round,pad=0.1", "facecolor": PAPER, "edgecolor": "none", "alpha": 0.8},
        zorder=2,
    )


def _words(alike: list[Node], *, silent: bool) -> list[str]:
    first = alike[0]
    if not first.ttl:
        return ["this host"]
    told = ["silent" if silent else str(first.address)]
    if len({node.ttl for node in alike}) > 1:
        told.append("hops " + ", ".join(str(node.ttl) for node in alike))
    kinds = {node.balancing for node in alike if node.balancing is not None}
    told += sorted("balances" if kind is Balancing.UNKNOWN else kind.value for kind in kinds)
    return told


def _frame(ax: Axes, layout: Layout, graph: Multipath) -> None:
    low, high = layout.heights
    ax.set_xlim(-0.55, layout.columns + 0.55)
    ax.set_ylim(high + 1.0, low - 0.5)
    ax.set_xticks(range(1, layout.columns + 1))
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("hop (on the longest way)\n" + "\n".join(graph.confidence_words), fontsize=8)
