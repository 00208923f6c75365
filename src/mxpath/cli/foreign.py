"""Files of traces on the command line: found, guessed, read."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from mxpath.errors import InputError
from mxpath.formats import READERS, WRITERS, guessing
from mxpath.formats.reading import MAX_BYTES
from mxpath.model.foreign_text import printable
from mxpath.model.trace import Trace


def add_format(parser: argparse.ArgumentParser) -> None:
    """``--format``."""
    parser.add_argument(
        "--format",
        choices=("list", *READERS),
        metavar="NAME",
        help=f"what the files are (default: guessed): {', '.join(READERS)}; list shows them",
    )


def formats_table() -> Iterator[str]:
    """Yield a line for each format that can be read or written."""
    width = max(map(len, READERS | WRITERS))
    for name, reader in READERS.items():
        ways = "read, write" if name in WRITERS else "read"
        yield f"{name:<{width}}  {ways:<11}  {reader.title}"
    for name in WRITERS.keys() - READERS.keys():
        yield f"{name:<{width}}  {'write':<11}"


def read_file(name: str, format_name: str | None, options: argparse.Namespace) -> tuple[Trace, ...]:
    """Read the traces of a file; what its format was taken for is said on standard error.

    Raises
    ------
    InputError
        When it cannot be opened.
    ParseError
        When it is of no known format, or not what it says it is.
    """
    source = "standard input" if name == "-" else name
    content = _content(name)
    if format_name is None:
        format_name = guessing.guess(guessing.unpacked(content, source=source))
    traces = guessing.read(content, source=source, name=format_name)
    if not options.quiet and format_name is not None:
        title, many = READERS[format_name].title, len(traces)
        said = (
            f"{printable(source)}: {many} trace{'s' * (many != 1)}, read as {format_name} ({title})"
        )
        print(f"mxpath: {said}", file=sys.stderr)
    return traces


def _content(name: str) -> bytes:
    try:
        if name == "-":
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with Path(name).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot read {name}: {error.strerror}") from error
