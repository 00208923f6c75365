"""Figures as files and documents; equal studies give equal bytes."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from matplotlib.figure import Figure

from mxpath.figures import FIGURES
from mxpath.figures.ladder import ladder, ladder_size
from mxpath.figures.multipath import multipath, multipath_size
from mxpath.figures.roadmap import roadmap_size
from mxpath.figures.style import new_figure, styled
from mxpath.figures.waterfall import waterfall_size
from mxpath.figures.world import world as draw_world
from mxpath.figures.world import world_size
from mxpath.lab.topology import World
from mxpath.model.study import Study
from mxpath.model.trace import Trace

DOTS_PER_INCH = 160
_SIZES = {"roadmap": roadmap_size, "waterfall": waterfall_size}


def draw_figure(name: str, study: Study, *, target: str | None = None) -> Figure:
    """Return the figure ``name`` of ``study``, drawn at the size it needs.

    Parameters
    ----------
    name
        Key of ``mxpath.figures.FIGURES``.
    study
        What to draw.
    target
        For a ladder: the traced address; the first one when left out.
    """
    if name == "ladder":
        figure = new_figure(ladder_size(study, target))
        ladder(study, figure.add_subplot(), target=target)
        return figure
    figure = new_figure(_SIZES[name](study))
    FIGURES[name](study, figure.add_subplot())
    return figure


def save_figure(name: str, study: Study, path: Path, *, target: str | None = None) -> None:
    """Draw the figure ``name`` into ``path``; its suffix (svg, png, pdf) is the format.

    Equal studies give equal bytes: identifiers are derived from the content, and
    the only date is that of ``SOURCE_DATE_EPOCH``, where it is set.

    Raises
    ------
    KeyError
        When there is no figure of that name.
    OSError
        When the file cannot be written.
    """
    with styled():
        figure = draw_figure(name, study, target=target)
        _write(figure, path, title=f"{name} of {study.domain}")


def save_world(world: World, path: Path) -> None:
    """Draw the map of a lab world into ``path``; see :func:`save_figure`.

    Raises
    ------
    OSError
        When the file cannot be written.
    """
    with styled():
        figure = new_figure(world_size(world))
        draw_world(world, figure.add_subplot())
        _write(figure, path, title=f"world {world.name}")


def save_multipath(traces: Sequence[Trace], path: Path) -> None:
    """Draw the graphs of all paths of traces into ``path``, one below the other.

    Raises
    ------
    OSError
        When the file cannot be written.
    """
    sizes = [multipath_size(trace) for trace in traces]
    with styled():
        figure = new_figure((max(wide for wide, _ in sizes), sum(high for _, high in sizes)))
        axes = figure.subplots(len(sizes), squeeze=False, height_ratios=[high for _, high in sizes])
        for trace, ax in zip(traces, axes[:, 0], strict=True):
            multipath(trace, ax)
        _write(figure, path, title="all paths to " + ", ".join(str(t.target) for t in traces))


def _write(figure: Figure, path: Path, *, title: str) -> None:
    kind = path.suffix.lstrip(".").lower()
    figure.savefig(path, format=kind, dpi=DOTS_PER_INCH, metadata=_metadata(kind, title))


def figure_svg(name: str, study: Study, *, target: str | None = None) -> str:
    """Return the figure ``name`` as an SVG document; equal studies give equal text."""
    page = StringIO()
    with styled():
        figure = draw_figure(name, study, target=target)
        figure.savefig(page, format="svg", metadata={"Date": None, "Creator": "mxpath"})
    return page.getvalue()


def _metadata(kind: str, title: str) -> dict[str, object]:
    stamp = os.environ.get("SOURCE_DATE_EPOCH")
    date = datetime.fromtimestamp(int(stamp), tz=UTC) if stamp and stamp.isdigit() else None
    if kind == "svg":
        return {"Title": title, "Creator": "mxpath", "Date": date.isoformat() if date else None}
    if kind == "pdf":
        return {"Title": title, "Creator": "mxpath", "Producer": None, "CreationDate": date}
    return {"Title": title, "Software": "mxpath"}
