"""One data set fetched: asked for, proved, dated, and put in its place in one step.

The law:

1. One fetch of a data set at a time, by a lock; who comes second finds what the first brought.
2. What is newer than the publisher's own cadence is not asked for again. What has a
   version is asked for by it, and "unchanged" is what is here.
3. Files gather in ``.unfinished``; one that is there whole, from the same place and not
   older than ``STALE``, is not asked for again: so an interrupted fetch goes on.
4. A file counts when its checksum is the published one, where one is published, and its
   data set's own parser finds rows in it. Else it is removed.
5. The snapshot's day is that of the files' names, else what the documents say, else when
   their publisher says that they were made. It appears in one step; nothing that went
   wrong before touches what was there.
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from mxpath.acquire import snapshots
from mxpath.acquire.dates import told_date
from mxpath.acquire.editions import Edition, Wanted
from mxpath.acquire.fetch_checks import md5_of, prove, published_md5, sha256_of
from mxpath.acquire.fetched_notes import FileNote, Notes, read_notes, write_notes
from mxpath.acquire.heads import Head
from mxpath.acquire.publishers import Chosen
from mxpath.datasets.manifest import FILE_NAME, Entry, manifest_text
from mxpath.errors import ParseError, SnapshotError
from mxpath.model.download import Download, DownloadFate, DownloadQuestion, Progress
from mxpath.vantage.clock import moment
from mxpath.vantage.http_dates import http_date
from mxpath.vantage.locked_file import locked
from mxpath.vantage.ports import Clock, Downloader

STALE = timedelta(hours=6)
_LARGEST_LISTING = 8 * 2**20
_SMALL_TIMEOUT_S = 60.0


class Outcome(StrEnum):
    """What became of a fetch."""

    FETCHED = "fetched"
    HERE = "here"
    """What is here is the newest there is, or new enough not to ask."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The result of one fetch."""

    slug: str
    outcome: Outcome
    directory: Path | None = None
    """The snapshot that is here now."""
    as_of: date | None = None
    octets: int = 0
    rows: int | None = None
    """Of what was fetched; ``None`` for tables of routes, which are not read whole."""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What fetches work with."""

    downloader: Downloader
    clock: Clock
    store: Path
    """The directory of all downloads."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """What to say in ``Authorization``, by the name of the key."""
    progress: Callable[[str], Progress | None] = lambda _name: None
    """Makes the callback of a file, by its name."""

    @property
    def now(self) -> datetime:
        """The moment on the clock."""
        return moment(self.clock.now_ns())


def fetch(chosen: Chosen, desk: Desk, *, day: date | None = None) -> Fetched:
    """Fetch a data set: its newest edition, or that of a day.

    Never raises for what the publisher or the network does.

    Raises
    ------
    InputError
        When the publisher keeps no editions of days.
    SnapshotError
        When the directory of downloads cannot be written.
    """
    place = desk.store / chosen.slug
    try:
        place.mkdir(parents=True, exist_ok=True)
        with locked(place / ".fetch"):
            snapshots.mend(place)
            return _Errand(chosen=chosen, desk=desk, place=place, day=day).run()
    except (SnapshotError, ParseError) as error:
        return Fetched(slug=chosen.slug, outcome=Outcome.FAILED, detail=str(error))
    except OSError as error:
        words = f"{place}: {error.strerror or error}; what was here is as it was"
        raise SnapshotError(words) from error


@dataclass(slots=True, kw_only=True)
class _Errand:
    """A fetch under way; the steps in the order of the law."""

    chosen: Chosen
    desk: Desk
    place: Path
    day: date | None
    rows: int | None = None
    unchanged: int = 0

    def run(self) -> Fetched:
        before = self._before()
        known = read_notes(before) if before is not None else Notes()
        fresh = self.chosen.publisher.fresh
        if before is not None and (
            self.day is not None
            or (known.asked_at is not None and self.desk.now - known.asked_at < fresh)
        ):
            return self._here(before)
        edition = self.chosen.find(self._ask, self.chosen.base, self.day)
        if before is not None and edition.as_of is not None and _same(edition, known):
            return self._still(before, known)
        work = self.place / snapshots.UNFINISHED
        work.mkdir(exist_ok=True)
        notes = self._gather(edition, work, before=before, known=known)
        if before is not None and self.unchanged == len(edition.files):
            shutil.rmtree(work, ignore_errors=True)
            return self._still(before, known)
        return self._finish(edition, work, notes)

    def _before(self) -> Path | None:
        if self.day is None:
            return snapshots.newest(self.place)
        there = self.day in snapshots.days_of(self.place)
        return self.place / self.day.isoformat() if there else None

    def _here(self, directory: Path) -> Fetched:
        return Fetched(
            slug=self.chosen.slug,
            outcome=Outcome.HERE,
            directory=directory,
            as_of=date.fromisoformat(directory.name),
        )

    def _still(self, directory: Path, known: Notes) -> Fetched:
        """What is here is the newest: remember when that was asked."""
        write_notes(directory, replace(known, asked_at=self.desk.now))
        return self._here(directory)

    # -- files ------------------------------------------------------------------------------

    def _gather(
        self, edition: Edition, work: Path, *, before: Path | None, known: Notes
    ) -> dict[str, FileNote]:
        """Bring all files together; what is finished is noted at once."""
        notes = dict(read_notes(work).files)
        for wanted in edition.files:
            note = notes.get(wanted.name)
            if note is None or not self._is_finished(work / wanted.name, wanted, note):
                notes[wanted.name] = self._get(wanted, work, before=before, known=known)
                write_notes(work, Notes(files=notes))
        return {wanted.name: notes[wanted.name] for wanted in edition.files}

    def _is_finished(self, path: Path, wanted: Wanted, note: FileNote) -> bool:
        is_there = path.is_file() and path.stat().st_size == note.octets
        return is_there and note.url == wanted.url and self.desk.now - note.said_at < STALE

    def _get(self, wanted: Wanted, work: Path, *, before: Path | None, known: Notes) -> FileNote:
        """Download a file and prove it."""
        target, old = work / wanted.name, known.files.get(wanted.name)
        target.unlink(missing_ok=True)
        from_here = (
            before / wanted.name
            if before is not None and old is not None and old.url == wanted.url
            else None
        )
        if from_here is not None and not from_here.is_file():
            from_here = None
        for may_differ in (True, False):
            got = self._download(wanted, target, old=old if from_here is not None else None)
            if got.fate is DownloadFate.UNCHANGED and from_here is not None and old is not None:
                self.unchanged += 1
                shutil.copyfile(from_here, target)
                return replace(old, said_at=got.said_at or self.desk.now)
            if got.fate is not DownloadFate.DONE:
                raise SnapshotError(_words(self.chosen, wanted.url, got))
            if self._has_its_checksum(wanted, target, may_differ=may_differ):
                break
        self._prove(target)
        told = got.validators
        return FileNote(
            url=wanted.url,
            said_at=got.said_at or self.desk.now,
            octets=target.stat().st_size,
            etag=told.etag if told is not None else None,
            modified=told.modified if told is not None else None,
        )

    def _download(self, wanted: Wanted, target: Path, *, old: FileNote | None) -> Download:
        publisher = self.chosen.publisher
        question = DownloadQuestion(
            url=wanted.url,
            hosts=self.chosen.hosts,
            secret=self.desk.keys.get(publisher.key),
            known=old.validators if old is not None else None,
            max_octets=publisher.max_octets,
            gap_s=publisher.gap_s,
            tries=publisher.tries,
        )
        return self.desk.downloader.download(question, target, self.desk.progress(wanted.name))

    def _has_its_checksum(self, wanted: Wanted, target: Path, *, may_differ: bool) -> bool:
        """Compare with the published checksum; a day may have turned between the two files."""
        if not wanted.checksum:
            return True
        published = published_md5(self._ask(wanted.checksum, missing=b""))
        found = md5_of(target)
        if published is None or published == found:
            return True
        target.unlink()
        if may_differ:
            return False
        raise SnapshotError(
            f"{wanted.url}: its MD5 is {found}, the published one {published}, twice; what came"
            " was removed; try again later"
        )

    def _prove(self, target: Path) -> None:
        try:
            rows = prove(self.chosen.publisher.dataset, target)
        except (ParseError, SnapshotError) as error:
            target.unlink()
            raise SnapshotError(
                f"{self.chosen.slug}: {error}; it was removed, and what was here before is as it was"
            ) from error
        if self.chosen.publisher.dataset != "mrt":
            self.rows = (self.rows or 0) + rows

    def _ask(self, url: str, *, missing: bytes | None = None) -> bytes:
        """Return a small document; ``missing`` where there is none."""
        target = self.place / ".asked"
        question = DownloadQuestion(
            url=url,
            hosts=self.chosen.hosts,
            max_octets=_LARGEST_LISTING,
            timeout_s=_SMALL_TIMEOUT_S,
            gap_s=self.chosen.publisher.gap_s,
            pages=True,
        )
        got = self.desk.downloader.download(question, target)
        if got.fate is DownloadFate.MISSING and missing is not None:
            return missing
        if got.fate is not DownloadFate.DONE:
            raise SnapshotError(_words(self.chosen, url, got))
        try:
            return target.read_bytes()
        finally:
            target.unlink()

    # -- the snapshot -----------------------------------------------------------------------

    def _finish(self, edition: Edition, work: Path, notes: dict[str, FileNote]) -> Fetched:
        """Date it, write its manifest, and put it in its place."""
        files = [work / wanted.name for wanted in edition.files]
        keep = {FILE_NAME, *(path.name for path in files)}
        for path in work.iterdir():
            if path.name not in keep:
                path.unlink()
        as_of = edition.as_of or self._day_of(files, notes)
        spec = self.chosen.spec
        entry = Entry(
            name=self.chosen.publisher.dataset,
            files=tuple(path.name for path in files),
            publisher=spec.publisher,
            as_of=as_of,
            sha256=sha256_of(files),
            licence=spec.licence,
            url=edition.files[0].url if len(files) == 1 else self.chosen.base,
            attribution=spec.attribution,
        )
        write_notes(work, Notes(asked_at=self.desk.now, files=notes))
        (work / FILE_NAME).write_text(manifest_text([entry], as_of=as_of), encoding="utf-8")
        octets = sum(path.stat().st_size for path in files)
        return Fetched(
            slug=self.chosen.slug,
            outcome=Outcome.FETCHED,
            directory=snapshots.put(work, self.place, as_of),
            as_of=as_of,
            octets=octets,
            rows=self.rows,
        )

    def _day_of(self, files: list[Path], notes: dict[str, FileNote]) -> date:
        kind = self.chosen.publisher.dataset
        told = [found[0] for path in files if (found := told_date(kind, Head.of(path)))]
        if told:
            return max(told)
        return max(_made(note) for note in notes.values()).date()


def _made(note: FileNote) -> datetime:
    """When a file was made: as its publisher says, else when it came."""
    return http_date(note.modified) or note.said_at


def _same(edition: Edition, known: Notes) -> bool:
    """Whether the files of an edition are those that are here."""
    urls = {note.url for note in known.files.values()}
    return {wanted.url for wanted in edition.files} == urls


def _words(chosen: Chosen, url: str, got: Download) -> str:
    """What went wrong, and what to do."""
    what = {
        DownloadFate.LATER: "run the same command then; what came is kept",
        DownloadFate.BROKEN: "run the same command again: it goes on from there",
        DownloadFate.MISSING: "it may have moved; another base URL can be set in the configuration"
        f" (publishers.{chosen.slug.partition('-')[0]})",
    }.get(got.fate, "nothing of it was kept; what was here before is as it was")
    return f"{chosen.slug}: {url}: {got.detail or got.fate}; {what}"
