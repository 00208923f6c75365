"""One data set fetched: asked for, proved, dated, and put in its place in one step.

The law:

1. One fetch of a data set at a time, by a lock; who comes second finds what the first brought.
2. What is newer than the publisher's own cadence is not asked for again. What has a
   version is asked for by it, and "unchanged" is what is here; of what can tell its
   changes (PeeringDB) only these are asked for.
3. Files gather in ``.unfinished``; one that is there whole, from the same place and not
   older than six hours, is not asked for again: so an interrupted fetch goes on.
4. A file counts when its checksum is the published one, where one is published, and its
   data set's own parser finds rows in it. Else it is removed.
5. The snapshot's day is that of the files' names, else what the documents say, else when
   their publisher says that they were made. It appears in one step; nothing that went
   wrong before touches what was there.
"""

import shutil
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from mxpath.acquire import snapshots
from mxpath.acquire.dates import told_date
from mxpath.acquire.editions import Edition
from mxpath.acquire.fetch_checks import sha256_of
from mxpath.acquire.fetch_files import Desk, Gathering
from mxpath.acquire.fetched_notes import FileNote, Notes, read_notes, write_notes
from mxpath.acquire.heads import Head
from mxpath.acquire.publishers import Chosen
from mxpath.errors import ParseError, SnapshotError
from mxpath.gazetteer.manifest import FILE_NAME, Entry, manifest_text
from mxpath.vantage.http_dates import http_date
from mxpath.vantage.locked_file import locked

__all__ = ("Desk", "Fetched", "Outcome", "fetch")


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
        with locked(place / ".fetch", waiting=lambda: desk.waiting(chosen.slug)):
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

    def run(self) -> Fetched:
        before = self._before()
        known = read_notes(before) if before is not None else Notes()
        fresh = self.chosen.publisher.fresh
        if before is not None and (
            self.day is not None
            or (
                known.asked_at is not None
                and self.desk.now - known.asked_at < fresh
                and not self.chosen.lacks(before)
            )
        ):
            return self._here(before)
        gathering = Gathering(
            chosen=self.chosen, desk=self.desk, place=self.place, before=before, known=known
        )
        edition = self.chosen.find(gathering.ask, self.chosen.base, self.day)
        if self.day is not None and edition.as_of in snapshots.days_of(self.place):
            return self._here(self.place / str(edition.as_of))
        left_out = self.chosen.left_out(before)
        wanted = tuple(one for one in edition.files if one.name not in left_out)
        edition = replace(edition, files=wanted)
        if before is not None and edition.as_of is not None and _same(edition, known):
            return self._still(before, known)
        work = self.place / snapshots.UNFINISHED
        work.mkdir(exist_ok=True)
        self._needs_room(work)
        notes = gathering.gather(edition, work)
        if before is not None and gathering.unchanged == len(edition.files):
            shutil.rmtree(work, ignore_errors=True)
            return self._still(before, known)
        return replace(self._finish(edition, work, notes), rows=gathering.rows)

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

    def _needs_room(self, work: Path) -> None:
        wanted, free = self.chosen.megabytes, shutil.disk_usage(work).free / 1e6
        if free < wanted:
            raise SnapshotError(
                f"{self.chosen.slug} needs about {wanted:.0f} MB, and {free:.0f} MB are free at"
                f" {self.place}; make room, or let --keep N remove older snapshots"
            )

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
