"""A gazetteer made of snapshots: read, compiled into tables, and put in place in one step.

The law
-------
1. Everything that a gazetteer consists of gets a name that says what it was made of, so that
   nothing that an older one needs is ever written over with something else.
2. ``gazetteer.toml`` is replaced last, in one step: whoever opens the directory sees the gazetteer
   from before or the new one whole, whenever the build may end (place.py has the rest of this law).
3. No snapshot is newer than the date that the gazetteer stands for, but for where cities are and
   what they are called. What is shipped fills the sections that nothing else fills.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from mxpath.acquire.inputs import Inputs, Said, gather
from mxpath.acquire.keeping import Kept
from mxpath.acquire.place import claimed
from mxpath.acquire.store import downloads, downloads_directory, gazetteers_directory
from mxpath.datasets.catalog import DATASETS, ON_THE_MAP, Section
from mxpath.errors import InputError, SnapshotError
from mxpath.gazetteer.compiled import compile_source
from mxpath.gazetteer.manifest import FILE_NAME, Entry, Manifest, manifest_text, read_manifest
from mxpath.gazetteer.shipped import shipped_directory
from mxpath.gazetteer.source import Source, source_of
from mxpath.model.address import Prefix
from mxpath.tables.files import write_file

if TYPE_CHECKING:
    from mxpath.tables.prefix_arrays import Ranges

Files = Iterator[tuple[str, BinaryIO]]
Progress = Callable[[str, int, int], None]
"""What is being read, and how many octets of how many have been."""


def _silent(_what: str, _done: int, _total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to build, and where."""

    out: Path | None = None
    """Directory of the gazetteer; in the store, by its date, when ``None``."""
    as_of: date | None = None
    """What it is to stand for; the date of its newest snapshot when ``None``."""
    with_shipped: bool = True
    lenient: bool = False
    """Take of a damaged table of a collector what is whole."""
    paths: tuple[Prefix, ...] = ()
    """Prefixes to which the AS paths of collectors' tables are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A gazetteer that was built."""

    directory: Path
    manifest: Manifest
    left_out: tuple[str, ...]
    """What was not taken, each in words."""


def build(inputs: Inputs, plan: Plan, *, progress: Progress = _silent) -> Built:
    """Build a gazetteer of snapshots.

    Raises
    ------
    InputError
        When there is nothing to build from, a snapshot is newer than the plan's date, or the
        directory cannot be written, holds something else, or has another build at work in it.
    ParseError, SnapshotError
        When a file cannot be read; the gazetteer from before stays as it was.
    """
    as_of = _date_of(inputs.sources, plan.as_of)
    if plan.paths and not any(source.stream for source in inputs.sources):
        raise InputError("--paths: paths are kept of collectors' tables (MRT), and none was given")
    rest = _shipped(inputs, as_of) if plan.with_shipped else _Rest()
    sources = sorted((*inputs.sources, *rest.sources), key=_rank)
    directory = plan.out or gazetteers_directory() / as_of.isoformat()
    public, routing = inputs.public, inputs.routing or rest.routing
    try:
        with claimed(directory):
            entries = _compiled(sources, directory, public, plan, progress)
            text = manifest_text(entries, as_of=as_of, public=public, routing=routing)
            write_file(directory / FILE_NAME, [text.encode()])
    except OSError as error:
        raise InputError(
            f"no gazetteer can be written to {directory}: {error.strerror or error}"
        ) from error
    return Built(
        directory=directory,
        manifest=Manifest(as_of=as_of, public=public, routing=routing, snapshot=entries),
        left_out=(*inputs.passed_over, *rest.left_out),
    )


def _compiled(
    sources: Sequence[Source],
    directory: Path,
    public: tuple[Prefix, ...],
    plan: Plan,
    progress: Progress,
) -> tuple[Entry, ...]:
    """Read the snapshots one after the other, and write what is needed of each."""
    reading = _Reading(sources, progress)
    entries: list[Entry] = []
    for source in sources:
        kept = Kept(plan.paths) if plan.paths and source.stream is not None else None
        turn = reading.of(source, lenient=plan.lenient, kept=kept)
        known = _exchanges(entries, directory)
        entries.append(compile_source(turn, directory, public=public, known=known))
        if kept is not None:
            entries.append(kept.written(directory, entries[-1]))
    return tuple(entries)


def build_downloads(
    plan: Plan | None = None, *, said: Said | None = None, progress: Progress = _silent
) -> Path:
    """Build a gazetteer of the newest downloads, and return its directory.

    Raises
    ------
    InputError
        When nothing has been downloaded that is old enough.
    ParseError, SnapshotError
        As :func:`build`.
    """
    plan = plan or Plan()
    return build(gather_downloads(plan.as_of, said), plan, progress=progress).directory


def gather_downloads(as_of: date | None = None, said: Said | None = None) -> Inputs:
    """Return the newest downloads of each data set that are not later than a date.

    Raises
    ------
    InputError
        When there are none.
    """
    found = downloads(as_of=as_of)
    if not found:
        late = f" of {as_of} or before" if as_of is not None else ""
        raise InputError(
            f"no downloads{late} at {downloads_directory()}: run mxpath data fetch first, "
            "or name files to build from"
        )
    return gather(found, said or Said())


def _exchanges(entries: Iterable[Entry], directory: Path) -> Source | None:
    """The first list of all exchange points among what is built: it numbers them."""
    for entry in entries:
        if DATASETS[entry.name].section is Section.EXCHANGES:
            return source_of(directory, entry)
    return None


def _date_of(sources: Sequence[Source], as_of: date | None) -> date:
    if not sources:
        raise InputError("nothing to build from: name files, or run mxpath data fetch first")
    newest = max(sources, key=lambda source: source.entry.as_of)
    if as_of is not None and newest.entry.as_of > as_of:
        raise InputError(
            f"{_what(newest)} is later than --as-of {as_of}: "
            "leave it out, or choose a date from then on"
        )
    return as_of or newest.entry.as_of


def _what(source: Source) -> str:
    return f"{source.entry.name} of {source.entry.as_of}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rest:
    """What is shipped for the sections that are not given."""

    sources: tuple[Source, ...] = ()
    left_out: tuple[str, ...] = ()
    """What is too new, in words."""
    routing: str = ""
    """Where live routing state may be asked for; nowhere for the past, and in no lab world."""


def _shipped(inputs: Inputs, as_of: date) -> _Rest:
    sections = {source.dataset.section for source in inputs.sources}
    try:
        directory = shipped_directory() / "snapshots"
    except SnapshotError:
        return _Rest()
    manifest = read_manifest(directory)
    found, left_out = [], []
    for entry in manifest.snapshot:
        source = source_of(directory, entry)
        if source.dataset.section in sections:
            continue
        if entry.as_of > as_of and source.dataset.section not in ON_THE_MAP:
            left_out.append(f"{_what(source)}, as shipped: it is later than {as_of}")
        else:
            found.append(source)
    is_past = manifest.as_of is not None and as_of < manifest.as_of
    routing = "" if is_past or inputs.public else manifest.routing
    return _Rest(sources=tuple(found), left_out=tuple(left_out), routing=routing)


def _rank(source: Source) -> tuple[int, bool, int, int]:
    """Order in which snapshots are asked.

    Announced prefixes come before ranges that tell less, then the newest, then as data sets are
    listed.
    """
    dataset, as_of = source.dataset, source.entry.as_of
    section = list(Section).index(dataset.section)
    return section, dataset.ranges, -as_of.toordinal(), list(DATASETS).index(source.entry.name)


class _Reading:
    """Tells how far the files of all snapshots have been read."""

    def __init__(self, sources: Iterable[Source], progress: Progress) -> None:
        self._progress, self._done = progress, 0
        self._sizes = {id(source): _size(source) for source in sources}
        self._total = sum(self._sizes.values())
        self._before = 0

    def of(self, source: Source, *, lenient: bool, kept: Kept | None) -> Source:
        """Return the source as it is to be read, after saying that it is its turn."""
        self._done += self._before
        self._before = self._sizes[id(source)]
        self._progress(_what(source), self._done, self._total)
        stream = source.stream
        if stream is None:
            return source

        also = kept.take if kept is not None else None

        def told(files: Files, **options: Any) -> "dict[int, Ranges]":
            return stream(self._watched(files), lenient=lenient, also=also, **options)

        return replace(source, streamed_by=told)

    def _watched(self, files: Files) -> Files:
        done = self._done
        for name, file in files:
            watched = _Watched(file, partial(self._read, Path(name).name, done))
            yield name, cast("BinaryIO", watched)
            done += file.tell()

    def _read(self, name: str, before: int, read: int) -> None:
        self._progress(name, before + read, self._total)


class _Watched:
    """A file that tells how far it has been read."""

    def __init__(self, file: BinaryIO, tell: Callable[[int], None]) -> None:
        self._file, self._tell = file, tell

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        found = self._file.read(size)
        self._tell(self._file.tell())
        return found


def _size(source: Source) -> int:
    names = source.entry.tables or source.entry.files
    return sum((source.directory / name).stat().st_size for name in names)


def missing_sections(entries: Iterable[Entry]) -> tuple[Section, ...]:
    """Return the questions that none of some snapshots answers."""
    held = {DATASETS[entry.name].section for entry in entries}
    return tuple(section for section in Section if section not in held)
