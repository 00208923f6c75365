"""What all figures share: colours, type and size.

Colours are Okabe and Ito's set, which stays apart for colour-blind readers and in
grey print; a meaning never rests on colour alone (marks, hatches and words say it too).
Nothing here touches pyplot or the global settings of matplotlib.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mxpath.model.network import Network
from mxpath.model.study import Study

INK = "#1b2733"
FAINT = "#66727f"
RULE = "#c9d0d7"
PAPER = "#ffffff"
PATH = "#0072b2"
"""Time on the way: the network's part."""
SERVER = "#e69f00"
"""Time that the far side takes for itself."""
DNS = "#009e73"
EXCHANGE = "#cc79a7"
ALARM = "#d55e00"

BANDS = ("#dbe9f6", "#fbe6cf", "#d8f0e4", "#eee0f0", "#f6f0c4", "#dfe3e8", "#f8dcd6", "#d6eef3")
"""Backgrounds of networks, in order of appearance along the way."""
UNKNOWN_BAND = "#f1f3f5"

_SETTINGS: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.0,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": FAINT,
    "axes.titlesize": 11.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": FAINT,
    "ytick.color": INK,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "svg.fonttype": "path",
    "svg.hashsalt": "mxpath",
    "path.simplify": False,
    # A name from a stranger is never read as a formula.
    "text.parse_math": False,
}

DEFAULT_SIZE = (9.0, 4.5)


@contextmanager
def styled() -> Iterator[None]:
    """Draw with the house style, whatever the caller has set, and leave no trace of it."""
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        # A name in a script that the font lacks is drawn as boxes; that is no fault to report.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def new_figure(size: tuple[float, float] = DEFAULT_SIZE) -> Figure:
    """Return an empty figure of ``size`` inches that renders without a display."""
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def band_colours(networks: list[Network | None]) -> dict[int | None, str]:
    """Return a background for each network, by AS number, in the order given."""
    colours: dict[int | None, str] = {None: UNKNOWN_BAND}
    for network in networks:
        if network is not None and network.asn not in colours:
            colours[network.asn] = BANDS[(len(colours) - 1) % len(BANDS)]
    return colours


def study_colours(study: Study) -> dict[int | None, str]:
    """Return one background for each network of the study, so that all its figures agree."""
    return band_colours([network for route in study.routes for network in route.as_path])


def say_plainly(ax: Axes, sentence: str) -> Axes:
    """Leave an empty figure with one sentence that says why it is empty."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, sentence, ha="center", va="center", color=FAINT, fontsize=10, wrap=True)
    return ax
