"""The pictures: each takes a study and an Axes, and returns the Axes."""

from collections.abc import Callable, Mapping

from matplotlib.axes import Axes

from mxpath.figures.ladder import ladder
from mxpath.figures.roadmap import roadmap
from mxpath.figures.waterfall import waterfall
from mxpath.model.study import Study

Draw = Callable[[Study, Axes], Axes]

FIGURES: Mapping[str, Draw] = {
    "roadmap": roadmap,
    "waterfall": waterfall,
    "ladder": ladder,
}
"""Every figure by name."""
