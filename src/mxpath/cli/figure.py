"""``mxpath figure NAME STUDY -o FILE``: one picture."""

import argparse
from pathlib import Path

from mxpath.cli.kept import read_study
from mxpath.errors import InputError
from mxpath.model import codec
from mxpath.model.documents import Drawn

NAMES = ("ladder", "waterfall", "roadmap")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("name", choices=NAMES, help=", ".join(NAMES))
    parser.add_argument("study", metavar="STUDY", help="a study's file, or last")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.{svg,png,pdf}")
    parser.add_argument("--json", action="store_true", help="say as JSON what was drawn")


def run(options: argparse.Namespace) -> int:
    """Draw it."""
    if options.output.suffix not in (".svg", ".png", ".pdf"):
        raise InputError(f"{options.output}: the name must end in .svg, .png or .pdf")
    study = read_study(options.study)
    from mxpath.figures.drawing import save_figure  # noqa: PLC0415 - loads matplotlib

    try:
        save_figure(options.name, study, options.output)
    except OSError as error:
        raise InputError(f"cannot write {options.output}: {error.strerror}") from error
    if options.json:
        drawn = Drawn(figure=options.name, path=str(options.output))
        print(codec.dump(drawn).decode(), end="")
    else:
        print(options.output)
    return 0
