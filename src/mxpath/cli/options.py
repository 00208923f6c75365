"""Options that several commands share, and the vantage and gazetteer they ask for."""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mxpath.datasets.gazetteer import Gazetteer
from mxpath.errors import InputError
from mxpath.vantage.ports import Vantage


def add_output(parser: argparse.ArgumentParser) -> None:
    """``--json``, ``--quiet``."""
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document instead of text"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")


def add_families(parser: argparse.ArgumentParser) -> None:
    """``-4`` and ``-6``."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("-4", dest="family", action="store_const", const=4, help="IPv4 only")
    group.add_argument("-6", dest="family", action="store_const", const=6, help="IPv6 only")


def families(options: argparse.Namespace) -> tuple[int, ...]:
    """Return the address families asked for."""
    return (options.family,) if options.family else (4, 6)


def add_vantage(parser: argparse.ArgumentParser) -> None:
    """``--vantage``, ``--resolver``, ``--engine``, ``--ca-file``, ``--record``."""
    group = parser.add_argument_group("where to stand")
    group.add_argument(
        "--vantage",
        default="live",
        metavar="NAME",
        help="live (default), sim:WORLD or sim:FILE.toml, replay:FILE",
    )
    group.add_argument("--resolver", metavar="ADDRESS", help="ask this DNS resolver")
    group.add_argument(
        "--engine", choices=("raw", "scapy"), help="probing engine (default: the best that works)"
    )
    group.add_argument("--ca-file", type=Path, metavar="FILE", help="trusted certificates (PEM)")
    group.add_argument("--record", type=Path, metavar="FILE", help="record all questions asked")


def add_gazetteer(parser: argparse.ArgumentParser) -> None:
    """``--gazetteer``."""
    parser.add_argument(
        "--gazetteer",
        type=Path,
        metavar="DIR",
        help="published data to lean on (default: what is shipped; a lab world brings its own)",
    )


def progress(options: argparse.Namespace) -> Callable[[str], None]:
    """Return a reporter: one line a stage on a terminal, silence in a pipe."""
    if options.quiet or not sys.stderr.isatty():
        return lambda _step: None
    return lambda step: print(f"mxpath: {step} …", file=sys.stderr)


@contextmanager
def opened(options: argparse.Namespace) -> Iterator[tuple[Vantage, Gazetteer]]:
    """Open the vantage and the gazetteer that the options name.

    Raises
    ------
    InputError
        For an unknown vantage.
    SnapshotError
        When the gazetteer is missing.
    """
    kind, _, rest = options.vantage.partition(":")
    with tempfile.TemporaryDirectory(prefix="mxpath-") as scratch:
        if kind == "sim":
            vantage, published = _simulated(rest, Path(scratch))
        elif kind == "replay":
            vantage, published = _replayed(rest), None
        elif options.vantage == "live":
            vantage, published = _live(options), None
        else:
            raise InputError(
                f"unknown vantage {options.vantage!r}: use live, sim:WORLD or replay:FILE"
            )
        if options.record is not None:
            from mxpath.vantage.recorded import record  # noqa: PLC0415

            vantage = record(vantage, options.record)
        yield vantage, gazetteer_of(options, published)


def world_file(name: str) -> Path:
    """Return the file of a world given by path or by the name of a shipped one.

    Raises
    ------
    InputError
        When it is neither.
    """
    from mxpath.lab.topology import shipped_worlds  # noqa: PLC0415

    worlds = shipped_worlds()
    if name in worlds:
        return worlds[name]
    if os.sep in name or name.endswith(".toml"):
        return Path(name)
    raise InputError(f"no world {name!r}: use a FILE.toml or one of {', '.join(sorted(worlds))}")


def _simulated(name: str, scratch: Path) -> tuple[Vantage, Path]:
    from mxpath.lab.published import publish  # noqa: PLC0415
    from mxpath.lab.simulated import simulate  # noqa: PLC0415
    from mxpath.lab.topology import read_world  # noqa: PLC0415

    world = read_world(world_file(name))
    publish(world, scratch)
    return simulate(world), scratch


def _replayed(path: str) -> Vantage:
    from mxpath.vantage.recorded import replay  # noqa: PLC0415

    return replay(Path(path))


def _live(options: argparse.Namespace) -> Vantage:
    from mxpath.vantage.live import live  # noqa: PLC0415

    return live(resolver=options.resolver, engine=options.engine, trust_file=options.ca_file)


def gazetteer_of(options: argparse.Namespace, published: Path | None = None) -> Gazetteer:
    """Open the gazetteer that was asked for, the world's own, or the shipped one."""
    directory = options.gazetteer or published
    return Gazetteer.open(directory) if directory is not None else Gazetteer.shipped()
