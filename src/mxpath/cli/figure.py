"""``mxpath figure NAME STUDY -o FILE``: one picture; ``mxpath figure world FILE.toml`` the map of a lab world."""

import argparse
from collections.abc import Callable
from pathlib import Path

from mxpath.cli.kept import read_study
from mxpath.cli.played import world_file
from mxpath.errors import InputError
from mxpath.model import codec
from mxpath.model.documents import Drawn, Traces

NAMES = ("ladder", "waterfall", "roadmap")
"""Figures of a study."""
MULTIPATH = "multipath"
"""The figure of what ``mxpath trace --multipath --json`` prints."""
WORLD = "world"
"""The figure of a lab world."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    names = (*NAMES, MULTIPATH, WORLD)
    parser.add_argument("name", choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument(
        "study",
        metavar="STUDY",
        help="a study's file, last, or DOMAIN@WHEN; for multipath: the JSON of mxpath trace "
        "--multipath; for world: its FILE.toml or name",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.{svg,png,pdf}")
    parser.add_argument("--json", action="store_true", help="say as JSON what was drawn")


def run(options: argparse.Namespace) -> int:
    """Draw it."""
    if options.output.suffix not in (".svg", ".png", ".pdf"):
        raise InputError(f"{options.output}: the name must end in .svg, .png or .pdf")
    draw = {WORLD: _world, MULTIPATH: _multipath}.get(options.name, _figure)(options)
    try:
        draw(options.output)
    except OSError as error:
        raise InputError(f"cannot write {options.output}: {error.strerror}") from error
    if options.json:
        drawn = Drawn(figure=options.name, path=str(options.output))
        print(codec.dump(drawn).decode(), end="")
    else:
        print(options.output)
    return 0


def _figure(options: argparse.Namespace) -> Callable[[Path], None]:
    study = read_study(options.study)
    from mxpath.figures.drawing import save_figure  # noqa: PLC0415 - loads matplotlib

    return lambda path: save_figure(options.name, study, path)


def _multipath(options: argparse.Namespace) -> Callable[[Path], None]:
    document = codec.read_file(Traces, Path(options.study))
    traces = [trace for trace in document.traces if trace.multipath is not None]
    if not traces:
        raise InputError(f"{options.study}: no trace in it was made with --multipath")
    from mxpath.figures.drawing import save_multipath  # noqa: PLC0415 - loads matplotlib

    return lambda path: save_multipath(traces, path)


def _world(options: argparse.Namespace) -> Callable[[Path], None]:
    from mxpath.lab.topology import read_world  # noqa: PLC0415 - as below

    world = read_world(world_file(options.study))
    from mxpath.figures.drawing import save_world  # noqa: PLC0415 - loads matplotlib

    return lambda path: save_world(world, path)
