"""``mxpath data build``: a gazetteer of the user's own files, or of what has been fetched."""

import argparse
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from mxpath.acquire.build import Built, Plan, Progress, build, gather_downloads, missing_sections
from mxpath.acquire.inputs import Inputs, Said, gather
from mxpath.acquire.keeping import chosen
from mxpath.acquire.kinds import known_kind
from mxpath.cli import options as shared
from mxpath.cli.data_rows import empty_sections, print_empty, print_snapshot, put, row_of
from mxpath.cli.progress_bar import Bar
from mxpath.errors import InputError
from mxpath.model import codec
from mxpath.model.documents import DatasetList
from mxpath.model.foreign_text import printable


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="a file, a directory of files, or another gazetteer (default: the newest downloads)",
    )
    parser.add_argument(
        "--kind",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="FILE is of this data set, whatever it looks like",
    )
    parser.add_argument(
        "--date",
        action="append",
        default=[],
        metavar="[FILE=]DATE",
        help="FILE is of this date; without FILE, all that do not tell theirs",
    )
    parser.add_argument(
        "--as-of",
        type=shared.day,
        metavar="DATE",
        help="what the gazetteer stands for (default: the date of its newest file)",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where to (default: the store, by its date)"
    )
    parser.add_argument(
        "--without-shipped",
        action="store_true",
        help="leave empty what the files do not give",
    )
    parser.add_argument(
        "--paths",
        action="append",
        default=[],
        metavar="PREFIX|ADDRESS|FILE",
        help="keep the AS paths to these out of collectors' tables; FILE lists one a line",
    )
    parser.add_argument(
        "--public",
        action="append",
        default=[],
        metavar="PREFIX",
        help="special-purpose range that counts as public: lab worlds only",
    )
    parser.add_argument(
        "--lenient",
        action="store_true",
        help="take of a damaged table of a collector what is whole",
    )
    shared.add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Build, and print what came of it."""
    plan = Plan(
        out=options.out,
        as_of=options.as_of,
        with_shipped=not options.without_shipped,
        lenient=options.lenient,
        paths=chosen(options.paths),
    )
    bar = Bar()
    try:
        built = build(_inputs(options), plan, progress=_progress(options, bar))
    except KeyboardInterrupt:
        bar.wipe()
        print(
            "mxpath: nothing was changed: the gazetteer from before is whole, if there was one",
            file=sys.stderr,
        )
        raise
    finally:
        bar.wipe()
    document = _document(built)
    if options.json:
        print(codec.dump(document).decode(), end="")
    else:
        _print(document)
    return 0


def _progress(options: argparse.Namespace, bar: Bar) -> Progress:
    if options.quiet or not sys.stderr.isatty():
        return lambda _what, _done, _total: None
    return bar.draw


def _inputs(options: argparse.Namespace) -> Inputs:
    kinds = dict(map(_kind, options.kind))
    dates = dict(map(_dated, options.date))
    said = Said(
        kinds={path.absolute(): name for path, name in kinds.items()},
        dates={path.absolute(): day for path, day in dates.items() if path is not None},
        otherwise=dates.get(None),
    )
    files = dict.fromkeys((*options.files, *kinds))
    if not files:
        return gather_downloads(options.as_of, said)
    return gather(files, said, public=shared.prefixes(options.public))


def _kind(text: str) -> tuple[Path, str]:
    name, equals, path = text.partition("=")
    if not equals or not path:
        raise InputError(f"--kind {printable(text)}: expected NAME=FILE")
    return Path(path), known_kind(name)


def _dated(text: str) -> tuple[Path | None, date]:
    path, _, day = text.rpartition("=")
    try:
        return (Path(path) if path else None), date.fromisoformat(day)
    except ValueError as error:
        raise InputError(f"--date {printable(text)}: expected [FILE=]YYYY-MM-DD") from error


def _document(built: Built) -> DatasetList:
    entries = built.manifest.snapshot
    return DatasetList(
        directory=str(built.directory),
        as_of=built.manifest.as_of,
        datasets=tuple(map(row_of, entries)),
        empty=empty_sections(missing_sections(entries)),
        left_out=built.left_out,
    )


def _print(document: DatasetList) -> None:
    put(f"gazetteer of {document.as_of} at {document.directory}")
    for row in document.datasets:
        print()
        print_snapshot(row)
    _print_left_out(document.left_out)
    print_empty(document.empty)


def _print_left_out(words: Iterable[str]) -> None:
    found = list(words)
    if found:
        print("\nnot taken")
    for one in found:
        put(f"  {printable(one)}")
