"""The fetching that ``mxpath data fetch`` does, data set by data set, and what it prints meanwhile."""

import argparse
import os
import sys
from pathlib import Path

from mxpath.acquire import snapshots
from mxpath.acquire.fetch import Desk, Fetched, Outcome, fetch
from mxpath.acquire.fetch_plan import Planned
from mxpath.acquire.keys import peeringdb_authorization
from mxpath.acquire.publishers import Chosen
from mxpath.acquire.store import gazetteers_directory, newest_gazetteer
from mxpath.cli.data_rows import counted
from mxpath.cli.fetch_rows import INDENT, done_row, size, wrapped
from mxpath.cli.progress_bar import Bar
from mxpath.cli.settings import Settings
from mxpath.gazetteer.manifest import FILE_NAME
from mxpath.model import codec
from mxpath.model.documents import FetchList
from mxpath.model.download import Progress
from mxpath.model.foreign_text import printable
from mxpath.vantage.clock import SystemClock


class Fetching:
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
            rows = tuple(done_row(chosen, got) for chosen, got in done)
            document = FetchList(
                directory=str(self._store),
                minutes=round(minutes, 3),
                datasets=rows,
                gazetteer=str(built) if built is not None else None,
            )
            print(codec.dump(document).decode(), end="")
        return 4 if any(got.outcome is Outcome.FAILED for _, got in done) else 0

    def _desk(self, planned: tuple[Planned, ...]) -> Desk:
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
            keys=self._keys(planned),
            progress=self._progress,
            checking=self._checking,
            waiting=self._waiting,
        )

    def _keys(self, planned: tuple[Planned, ...]) -> dict[str, str]:
        bases = [one.chosen.base for one in planned if one.chosen.publisher.key == "peeringdb"]
        if not bases:
            return {}
        said = peeringdb_authorization(
            os.environ,
            self._settings.key_files.get("peeringdb"),
            base=bases[0],
            warn=lambda words: print(f"mxpath: {words}", file=sys.stderr),
        )
        return {} if said is None else {"peeringdb": said}

    def _progress(self, name: str) -> Progress | None:
        bar = self._bar
        return None if bar is None else lambda there, total: bar.draw(name, there, total)

    def _checking(self, name: str) -> None:
        if self._bar is not None:
            self._bar.say(f"checking {printable(name)} …")

    def _waiting(self, slug: str) -> None:
        if self._options.quiet:
            return
        self._wipe()
        words = "another process is fetching it; waiting until that one is done"
        print(f"mxpath: {slug}: {words}", file=sys.stderr, flush=True)

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
            print(wrapped(f"mxpath: {printable(got.detail)}"), file=sys.stderr)
            return
        rows = f", {counted(got.rows, 'row')}" if got.rows is not None else ""
        told = (
            f"{size(got.octets)}{rows}"
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
            take = "snapshots take" if count > 1 else "snapshot takes"
            print(f"{count} {take} {size(octets)} in {self._store}{hint}")

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
            print(f"{INDENT}{used}; mxpath data show tells what is in it")
        return built


def _is_behind(gazetteer: Path | None, done: list[tuple[Chosen, Fetched]]) -> bool:
    """Whether a snapshot came after the gazetteer was built: by this fetch, or one cut short."""
    here = [got.directory / FILE_NAME for _, got in done if got.directory is not None]
    built = gazetteer / FILE_NAME if gazetteer is not None else None
    if built is None or not built.is_file():
        return bool(here)
    return any(manifest.stat().st_mtime > built.stat().st_mtime for manifest in here)
