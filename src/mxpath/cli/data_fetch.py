"""``mxpath data fetch [NAME…]``: the newest data of its publishers, after terms and size are told."""

import argparse
import sys
from pathlib import Path

from mxpath.acquire.fetch_plan import Planned, plan
from mxpath.acquire.publishers import PUBLISHERS, STARTER, choose, of_day
from mxpath.acquire.store import downloads_directory
from mxpath.cli import options as shared
from mxpath.cli.fetch_rows import planned_row, print_plan
from mxpath.cli.fetching import Fetching
from mxpath.cli.settings import settle
from mxpath.errors import InputError, RefusedError
from mxpath.model import codec
from mxpath.model.documents import FetchList
from mxpath.vantage.clock import SystemClock, moment
from mxpath.vantage.privilege import drop_privilege, go_home


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"one of {', '.join(PUBLISHERS)}; peeringdb:all (organisations and houses too); a "
        f"collector (rrc00, route-views2); ixf or geofeed with --from (default: {', '.join(STARTER)})",
    )
    parser.add_argument(
        "--as-of",
        type=shared.day,
        metavar="DATE",
        help="the newest edition not later, where there is an archive (default: the newest of all)",
    )
    parser.add_argument("--from", dest="from_url", metavar="URL", help="where it lies instead")
    parser.add_argument("--yes", action="store_true", help="do not ask first")
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be fetched; ask nobody anything"
    )
    parser.add_argument("--offline", action="store_true", help="refuse: fetching is asking")
    parser.add_argument(
        "--keep", type=_number, metavar="N", help="then remove all but the last N days of each"
    )
    parser.add_argument("--no-build", action="store_true", help="build no gazetteer of it")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="settings (default: the user's config.toml)"
    )
    parser.add_argument("--ca-file", type=Path, metavar="FILE", help="trusted certificates (PEM)")


def run(options: argparse.Namespace) -> int:
    """Tell what will be fetched, ask, fetch, and build."""
    if options.from_url is not None and len(options.names) != 1:
        raise InputError("--from needs one NAME: what lies there, such as ixf or geofeed")
    go_home()
    drop_privilege()
    settings, clock = settle(options), SystemClock()
    store, now = downloads_directory(), moment(clock.now_ns())
    names, newest_only = of_day(options.names, options.as_of, today=now.date())
    if newest_only:
        left_out = " and ".join(newest_only)
        words = f"{left_out} left out: there is the newest edition alone, without --as-of"
        print(f"mxpath: {words}", file=sys.stderr)
    chosen = tuple(
        choose(name, bases=settings.publishers, today=now.date, from_url=options.from_url)
        for name in names
    )
    planned = plan(chosen, store, now=now, day=options.as_of)
    if options.dry_run:
        _print_dry(planned, store, options)
        return 0
    if options.offline:
        raise RefusedError(
            "--offline: fetching is asking; leave it out, or bring files: mxpath data build --help"
        )
    # Whoever is asked must see what; with --json standard output is for the document.
    if not (options.json and options.yes):
        print_plan(planned, store, to=sys.stderr if options.json else sys.stdout)
    if not options.yes and any(not one.is_fresh for one in planned) and not _agreed():
        print("nothing was fetched", file=sys.stderr)
        return 0
    return Fetching(options=options, settings=settings, clock=clock, store=store).go(planned)


def _print_dry(planned: tuple[Planned, ...], store: Path, options: argparse.Namespace) -> None:
    if not options.json:
        print_plan(planned, store, to=sys.stdout)
        return
    document = FetchList(
        directory=str(store),
        minutes=round(sum(one.seconds for one in planned) / 60, 1),
        datasets=tuple(planned_row(one) for one in planned),
    )
    print(codec.dump(document).decode(), end="")


def _agreed() -> bool:
    """Ask on the terminal.

    Raises
    ------
    InputError
        When there is no terminal to ask on.
    """
    if not sys.stdin.isatty():
        raise InputError("there is no terminal to ask on: give --yes to fetch, --dry-run to look")
    print("Fetch it? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: keep one day at least")
    return int(text)
