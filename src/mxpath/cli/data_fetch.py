"""``mxpath data fetch [NAME…]``: the newest data of its publishers, after terms and size are told."""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from textwrap import fill

from mxpath.acquire import snapshots
from mxpath.acquire.fetch import Desk, Fetched, Outcome, fetch
from mxpath.acquire.fetch_plan import Planned, plan
from mxpath.acquire.keys import peeringdb_authorization
from mxpath.acquire.publishers import PUBLISHERS, STARTER, Chosen, choose
from mxpath.acquire.store import downloads_directory, gazetteers_directory, newest_gazetteer
from mxpath.cli import options as shared
from mxpath.cli.progress_bar import Bar
from mxpath.cli.settings import Settings, settle
from mxpath.datasets.manifest import FILE_NAME
from mxpath.errors import InputError, RefusedError
from mxpath.model import codec
from mxpath.model.documents import FetchList, FetchRow
from mxpath.model.download import Progress
from mxpath.model.foreign_text import printable
from mxpath.vantage.clock import SystemClock, moment
from mxpath.vantage.privilege import drop_privilege, go_home

_WIDTH = 96
_INDENT = " " * 16


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"one of {', '.join(PUBLISHERS)}; a collector (rrc00, route-views2); ixf or geofeed "
        f"with --from (default: {', '.join(STARTER)})",
    )
    parser.add_argument(
        "--as-of",
        type=shared.day,
        metavar="DATE",
        help="that day's edition, where there is an archive (default: the newest)",
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
    chosen = tuple(
        choose(name, bases=settings.publishers, today=now.date, from_url=options.from_url)
        for name in dict.fromkeys(options.names or STARTER)
    )
    planned = plan(chosen, store, now=now, day=options.as_of)
    if options.dry_run or not options.json:
        _tell(planned, store, options)
    if options.dry_run:
        return 0
    if options.offline:
        raise RefusedError(
            "--offline: fetching is asking; leave it out, or bring files: mxpath data build --help"
        )
    if not options.yes and any(not one.is_fresh for one in planned) and not _agreed():
        print("nothing was fetched", file=sys.stderr)
        return 0
    return _Session(options=options, settings=settings, clock=clock, store=store).go(planned)


class _Session:
    """The fetching itself, data set by data set."""

    def __init__(
        self, *, options: argparse.Namespace, settings: Settings, clock: SystemClock, store: Path
    ) -> None:
        self._options, self._settings, self._store = options, settings, store
        self._clock = clock
        shows = sys.stderr.isatty() and not options.quiet
        self._bar = Bar() if shows else None

    def go(self, planned: tuple[Planned, ...]) -> int:
        """Fetch all, build, and print; what fails does not keep the others back."""
        began_s = self._clock.monotonic_s()
        desk = self._desk(planned)
        done: list[tuple[Chosen, Fetched]] = []
        try:
            for one in planned:
                done.append((one.chosen, fetch(one.chosen, desk, day=self._options.as_of)))
                if not self._options.json:
                    self._say(done[-1][1])
        except KeyboardInterrupt:
            self._wipe()
            print(
                "mxpath: interrupted; what came is kept, and the same command goes on from there",
                file=sys.stderr,
            )
            return 1
        finally:
            self._wipe()
        self._prune(done)
        built = self._build(done)
        if self._options.json:
            minutes = (self._clock.monotonic_s() - began_s) / 60
            rows = tuple(_done_row(chosen, got) for chosen, got in done)
            document = FetchList(
                directory=str(self._store),
                minutes=round(minutes, 3),
                datasets=rows,
                gazetteer=str(built) if built is not None else None,
            )
            print(codec.dump(document).decode(), end="")
        return 4 if any(got.outcome is Outcome.FAILED for _, got in done) else 0

    def _desk(self, planned: tuple[Planned, ...]) -> Desk:
        keys: dict[str, str] = {}
        keyed = [one.chosen for one in planned if one.chosen.publisher.key == "peeringdb"]
        for chosen in keyed[:1]:
            said = peeringdb_authorization(
                os.environ,
                self._settings.key_files.get("peeringdb"),
                base=chosen.base,
                warn=lambda words: print(f"mxpath: {words}", file=sys.stderr),
            )
            if said is not None:
                keys["peeringdb"] = said
        from mxpath.vantage.download_pace import live_downloader  # noqa: PLC0415 - loads urllib3

        downloader = live_downloader(
            self._clock,
            contact=self._settings.contact,
            trust_file=self._options.ca_file,
            source=self._settings.source,
            notice=self._notice,
        )
        return Desk(
            downloader=downloader,
            clock=self._clock,
            store=self._store,
            keys=keys,
            progress=self._progress,
        )

    def _progress(self, name: str) -> Progress | None:
        bar = self._bar
        return None if bar is None else lambda there, total: bar.draw(name, there, total)

    def _reading(self, what: str, done: int, total: int) -> None:
        if self._bar is not None:
            self._bar.draw(what, done, total)

    def _notice(self, words: str) -> None:
        if self._bar is not None:
            self._bar.wipe()
            print(f"mxpath: {printable(words)}", file=sys.stderr)

    def _wipe(self) -> None:
        if self._bar is not None:
            self._bar.wipe()

    def _say(self, got: Fetched) -> None:
        self._wipe()
        if got.outcome is Outcome.FAILED:
            print(_wrapped(f"mxpath: {printable(got.detail)}"), file=sys.stderr)
            return
        rows = f", {got.rows:,} rows" if got.rows is not None else ""
        told = (
            f"{_size(got.octets)}{rows}"
            if got.outcome is Outcome.FETCHED
            else "nothing newer, or new enough not to ask"
        )
        print(f"{got.slug:<15} {got.outcome.value:<8} of {got.as_of}   {told}", flush=True)

    def _prune(self, done: list[tuple[Chosen, Fetched]]) -> None:
        keep = self._options.keep
        for chosen, _ in done if keep is not None else ():
            gone = snapshots.prune(self._store / chosen.slug, keep)
            if gone and not self._options.json:
                print(f"{chosen.slug:<15} removed  {', '.join(map(str, gone))}")
        count, octets = snapshots.held(self._store)
        if count and not self._options.json:
            hint = "" if keep is not None else "; --keep N removes older ones"
            print(f"{count} snapshots take {_size(octets)} in {self._store}{hint}")

    def _build(self, done: list[tuple[Chosen, Fetched]]) -> Path | None:
        """Build a gazetteer when what is here is newer than the one there is."""
        day = self._options.as_of
        there = newest_gazetteer() if day is None else gazetteers_directory() / day.isoformat()
        if self._options.no_build or not _is_behind(there, done):
            return None
        from mxpath.acquire.build import Plan, build_downloads  # noqa: PLC0415 - loads parsers

        try:
            built = build_downloads(Plan(as_of=day), progress=self._reading)
        finally:
            self._wipe()
        if not self._options.json:
            print(f"built           gazetteer of {built.name} in {built}")
            used = f"--as-of {day}" if day is not None else "the newest is used from now on"
            print(f"{_INDENT}{used}; mxpath data show tells what is in it")
        return built


def _is_behind(gazetteer: Path | None, done: list[tuple[Chosen, Fetched]]) -> bool:
    """Whether a snapshot came after the gazetteer was built: by this fetch, or one cut short."""
    here = [got.directory / FILE_NAME for _, got in done if got.directory is not None]
    built = gazetteer / FILE_NAME if gazetteer is not None else None
    if built is None or not built.is_file():
        return bool(here)
    return any(manifest.stat().st_mtime > built.stat().st_mtime for manifest in here)


def _tell(planned: tuple[Planned, ...], store: Path, options: argparse.Namespace) -> None:
    """Print what would be fetched, of whom, and under which terms."""
    minutes = sum(one.seconds for one in planned) / 60
    if options.json:
        document = FetchList(
            directory=str(store),
            minutes=round(minutes, 1),
            datasets=tuple(_planned_row(one) for one in planned),
        )
        print(codec.dump(document).decode(), end="")
        return
    for one in planned:
        spec, publisher = one.chosen.spec, one.chosen.publisher
        size = "nothing" if one.is_fresh else f"~{one.megabytes:.0f} MB"
        here = f" ({one.here} is here)" if one.here is not None else ""
        print(_wrapped(f"{one.chosen.slug:<15} {size}{here}: {spec.gives}"))
        for text in (
            f"from {spec.publisher}, {one.chosen.base}",
            f"terms: {spec.licence}, {publisher.terms}",
            f"credit: {spec.attribution}" if spec.attribution else "",
        ):
            if text:
                print(_wrapped(text, first=_INDENT))
    megabytes = sum(one.megabytes for one in planned)
    if megabytes:
        about = f"about {max(1, round(minutes))} min at 2 MB/s and the publishers' pace"
        print(f"\nin all          ~{megabytes:.0f} MB, {about}")
        print(f"{_INDENT}into {store}")
        print(f"{_INDENT}the publishers' terms hold for what you do with it")


def _size(octets: int) -> str:
    return f"{octets / 1e6:.1f} MB" if octets >= 100_000 else f"{octets / 1e3:.1f} kB"


def _wrapped(text: str, *, first: str = "") -> str:
    return fill(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=_INDENT,
        break_on_hyphens=False,
        break_long_words=False,
    )


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


def _planned_row(one: Planned) -> FetchRow:
    outcome = "here" if one.is_fresh else "planned"
    return replace(
        _row(one.chosen), outcome=outcome, as_of=one.here, megabytes=round(one.megabytes, 3)
    )


def _done_row(chosen: Chosen, got: Fetched) -> FetchRow:
    return replace(
        _row(chosen),
        outcome=got.outcome.value,
        as_of=got.as_of,
        megabytes=round(got.octets / 1e6, 3),
        rows=got.rows,
        detail=printable(got.detail),
    )


def _row(chosen: Chosen) -> FetchRow:
    spec = chosen.spec
    return FetchRow(
        name=chosen.slug,
        dataset=chosen.publisher.dataset,
        outcome="planned",
        as_of=None,
        megabytes=0.0,
        rows=None,
        publisher=spec.publisher,
        licence=spec.licence,
        terms=chosen.publisher.terms,
        credit=spec.attribution,
    )


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: keep one day at least")
    return int(text)
