"""Files of traces on the command line: found, guessed, read."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from mxpath.errors import InputError
from mxpath.formats import READERS, WRITERS, guessing
from mxpath.formats.reading import MAX_BYTES
from mxpath.model.foreign_text import printable
from mxpath.model.trace import Imported, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Imports:
    """Traces from files."""

    traces: tuple[Trace, ...] = ()
    files: tuple[str, ...] = ()
    """Each with the digest of what it held."""


def read_all(names: Sequence[str], options: argparse.Namespace) -> Imports:
    """Read several files, each of a format of its own.

    Raises
    ------
    InputError
        When one cannot be opened.
    ParseError
        When one is of no known format, or not what it says it is.
    """
    traces: list[Trace] = []
    files = []
    for name in names:
        content = _content(name)
        traces += [_marked(t, name) for t in _read(name, content, None, options)]
        files.append(f"{_source(name)} sha256:{sha256(content).hexdigest()}")
    return Imports(traces=tuple(traces), files=tuple(files))


def _marked(trace: Trace, name: str) -> Trace:
    """Say of a trace of ours, too, that another run has measured it."""
    if trace.imported is not None:
        return trace
    return replace(trace, imported=Imported(tool="mxpath", source=_source(name)))


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
    return _read(name, _content(name), format_name, options)


def _source(name: str) -> str:
    return "standard input" if name == "-" else name


def _read(
    name: str, content: bytes, format_name: str | None, options: argparse.Namespace
) -> tuple[Trace, ...]:
    source = _source(name)
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
