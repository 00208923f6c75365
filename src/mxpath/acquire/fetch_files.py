"""The files of an edition, brought together and proved one by one.

This is rules 3 and 4 of :mod:`mxpath.acquire.fetch`, and one more: where a publisher tells
what has changed since a moment (PeeringDB), a copy that is here is brought up to date by
that, and fetched anew only where it cannot be.
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from mxpath.acquire import changes
from mxpath.acquire.editions import Edition, Wanted
from mxpath.acquire.fetch_checks import md5_of, prove, published_md5
from mxpath.acquire.fetched_notes import FileNote, Notes, read_notes, write_notes
from mxpath.acquire.publishers import Chosen
from mxpath.errors import ParseError, SnapshotError
from mxpath.model.download import Download, DownloadFate, DownloadQuestion, Progress, Validators
from mxpath.vantage.clock import moment
from mxpath.vantage.ports import Clock, Downloader

STALE = timedelta(hours=6)
_TOO_OLD = timedelta(days=60)
"""A copy that is older is fetched anew."""
_LARGEST_LISTING = 8 * 2**20
_SMALL_TIMEOUT_S = 60.0


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
    checking: Callable[[str], None] = lambda _name: None
    """Told that a file has come and is being read, which may take seconds."""
    waiting: Callable[[str], None] = lambda _slug: None
    """Told that another process fetches a data set, and has to end first."""

    @property
    def now(self) -> datetime:
        """The moment on the clock."""
        return moment(self.clock.now_ns())


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A file of the snapshot that is here."""

    path: Path
    note: FileNote


@dataclass(slots=True, kw_only=True)
class Gathering:
    """The files of one fetch on their way."""

    chosen: Chosen
    desk: Desk
    place: Path
    """The directory of the data set."""
    before: Path | None = None
    """The snapshot that is here."""
    known: Notes = field(default_factory=Notes)
    """What is noted of it."""
    rows: int | None = None
    """Rows that were read in what came; ``None`` where they are not counted."""
    unchanged: int = 0
    """Files of which the copy here is the newest."""

    def gather(self, edition: Edition, work: Path) -> dict[str, FileNote]:
        """Bring all files of an edition to ``work``; what is finished is noted at once.

        Raises
        ------
        SnapshotError
            At the first file that cannot be had; the message says why, and what to do.
        OSError
            When nothing can be written.
        """
        notes = dict(read_notes(work).files)
        for wanted in edition.files:
            note = notes.get(wanted.name)
            if note is None or not self._is_finished(work / wanted.name, wanted, note):
                notes[wanted.name] = self._get(wanted, work)
                write_notes(work, Notes(files=notes))
        return {wanted.name: notes[wanted.name] for wanted in edition.files}

    def ask(self, url: str, *, missing: bytes | None = None) -> bytes:
        """Return a small document; ``missing`` where there is none.

        Raises
        ------
        SnapshotError
            When it cannot be had.
        """
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

    def _is_finished(self, path: Path, wanted: Wanted, note: FileNote) -> bool:
        is_there = path.is_file() and path.stat().st_size == note.octets
        return is_there and note.url == wanted.url and self.desk.now - note.said_at < STALE

    def _copy_of(self, wanted: Wanted) -> Copy | None:
        """The same file in the snapshot that is here."""
        note = self.known.files.get(wanted.name)
        if self.before is None or note is None or note.url != wanted.url:
            return None
        path = self.before / wanted.name
        return Copy(path=path, note=note) if path.is_file() else None

    def _get(self, wanted: Wanted, work: Path) -> FileNote:
        """Have a file: by what has changed, else by its version, else whole."""
        target, copy = work / wanted.name, self._copy_of(wanted)
        target.unlink(missing_ok=True)
        if copy is not None and self.chosen.publisher.tells_changes:
            note = self._updated(wanted, target, copy)
            if note is not None:
                return note
        known = copy.note.validators if copy is not None else None
        for may_differ in (True, False):
            got = self._download(wanted.url, target, known=known)
            if got.fate is DownloadFate.UNCHANGED and copy is not None:
                self.unchanged += 1
                shutil.copyfile(copy.path, target)
                return replace(copy.note, said_at=got.said_at or self.desk.now)
            if got.fate is not DownloadFate.DONE:
                raise SnapshotError(_words(self.chosen, wanted.url, got))
            if self._has_its_checksum(wanted, target, may_differ=may_differ):
                break
        self._prove(target)
        return self._note(wanted, target, got)

    def _updated(self, wanted: Wanted, target: Path, copy: Copy) -> FileNote | None:
        """Lay what has changed over the copy; ``None`` where the whole has to be fetched."""
        if self.desk.now - copy.note.said_at > _TOO_OLD:
            return None
        told = target.with_name(f"{target.name}.changes")
        try:
            document = copy.path.read_bytes()
            since = changes.last_update(document)
            if since is None:
                return None
            got = self._download(f"{wanted.url}&since={since}", told)
            if got.fate is not DownloadFate.DONE:
                raise SnapshotError(_words(self.chosen, wanted.url, got))
            target.write_bytes(changes.merged(document, told.read_bytes()))
        except ParseError:
            return None
        finally:
            told.unlink(missing_ok=True)
        self._prove(target)
        return replace(self._note(wanted, target, got), etag=None, modified=None)

    def _download(self, url: str, target: Path, *, known: Validators | None = None) -> Download:
        publisher = self.chosen.publisher
        question = DownloadQuestion(
            url=url,
            hosts=self.chosen.hosts,
            secret=self.desk.keys.get(publisher.key),
            known=known,
            max_octets=publisher.max_octets,
            gap_s=publisher.gap_s,
            tries=publisher.tries,
        )
        got = self.desk.downloader.download(question, target, self.desk.progress(target.name))
        if got.fate is DownloadFate.DONE:
            self.desk.checking(target.name)
        return got

    def _note(self, wanted: Wanted, target: Path, got: Download) -> FileNote:
        told = got.validators or Validators()
        return FileNote(
            url=wanted.url,
            said_at=got.said_at or self.desk.now,
            octets=target.stat().st_size,
            etag=told.etag,
            modified=told.modified,
        )

    def _has_its_checksum(self, wanted: Wanted, target: Path, *, may_differ: bool) -> bool:
        """Compare with the published checksum; a day may have turned between the two files."""
        if not wanted.checksum:
            return True
        published = published_md5(self.ask(wanted.checksum, missing=b""))
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


def _words(chosen: Chosen, url: str, got: Download) -> str:
    """What went wrong, and what to do."""
    moved = "it may have moved"
    if chosen.setting:
        moved += f"; another base URL can be set in the configuration ({chosen.setting})"
    what = {
        DownloadFate.LATER: "run the same command then; what is finished is kept",
        DownloadFate.BROKEN: "run the same command again: it goes on with what is missing",
        DownloadFate.MISSING: moved,
        DownloadFate.REFUSED: moved if got.detail.startswith("redirected") else None,
    }.get(got.fate) or "nothing of it was kept; what was here before is as it was"
    return f"{chosen.slug}: {url}: {got.detail or got.fate}; {what}"
