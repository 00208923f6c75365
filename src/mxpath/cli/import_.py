"""``mxpath import FILE…``: traces of other tools, read, attributed and written in other formats."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mxpath.attribution.attribute import attribute
from mxpath.cli import options as shared
from mxpath.cli import tables
from mxpath.cli.foreign import add_format, formats_table, read_file
from mxpath.cli.kept import write_whole
from mxpath.cli.readings import remarks, table
from mxpath.errors import InputError
from mxpath.formats import WRITERS
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.model import codec
from mxpath.model.address import IPAddress
from mxpath.model.attribution import Attribution
from mxpath.model.documents import Traces
from mxpath.model.trace import Trace
from mxpath.reading.read import read


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "files", nargs="*", metavar="FILE", help="what a tool wrote; - for standard input"
    )
    add_format(parser)
    shared.add_output(parser)
    parser.add_argument(
        "--to", choices=tuple(WRITERS), help="write the traces in this format instead of text"
    )
    parser.add_argument(
        "--statistics",
        action="store_true",
        help="a table of loss, round trips and jitter of each hop, as mtr has it",
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write to this file (--json, --to)"
    )
    shared.add_gazetteer(parser)


def run(options: argparse.Namespace) -> int:
    """Read the files and print or write their traces; 1 when they hold none."""
    if options.format == "list":
        print("\n".join(formats_table()))
        return 0
    _check(options)
    traces = tuple(
        each for name in options.files for each in read_file(name, options.format, options)
    )
    if options.to is not None:
        _give(WRITERS[options.to](traces), options.output)
    else:
        _show(traces, options, shared.gazetteer_of(options))
    return 0 if traces else 1


def _check(options: argparse.Namespace) -> None:
    if not options.files:
        raise InputError("no FILE to read; --format list shows the formats")
    if options.json and options.to:
        raise InputError("--json and --to: one of them, please")
    if options.output is not None and not (options.json or options.to):
        raise InputError("-o: text is printed; give --json or --to too")


def _show(traces: Sequence[Trace], options: argparse.Namespace, gazetteer: Gazetteer) -> None:
    addresses = [a for t in traces for a in (t.target, *(r for h in t.hops for r in h.responders))]
    owners: dict[IPAddress, Attribution] = attribute(addresses, gazetteer)
    readings = tuple(map(read, traces))
    if options.json:
        document = Traces(traces=tuple(traces), owners=owners, readings=readings)
        _give(codec.dump(document), options.output)
        return
    for each, reading in zip(traces, readings, strict=True):
        tables.print_trace(each, owners, {}, asked=str(each.target), under=remarks(reading))
        for line in table(reading) if options.statistics else ():
            print(line)


def _give(content: bytes, output: Path | None) -> None:
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        return
    try:
        write_whole(output, content)
    except OSError as error:
        raise InputError(f"cannot write {output}: {error.strerror}") from error
