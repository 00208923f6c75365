"""What `mxpath data build` is given: files and directories, put together to snapshots.

The law
-------
1. A file that is named has to be told: what it is, and of which date. In a directory that is
   named, what is no data set is passed over and said.
2. A directory with a manifest (a download, or another gazetteer) has told that before. A manifest
   that is named as a file, as by DIR/*, is passed over; what it says of whence a file beside or
   below it is, counts for that file too.
3. Files of one data set and date are one snapshot: both families of a table, the tables of
   several collectors, the pages of an API.
4. PeeringDB's files are one snapshot together, of the date of the newest: none tells much without
   the others. They must lie within some days.
5. No snapshot may be newer than the date that the gazetteer is to stand for.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from mxpath.acquire.dates import told_date
from mxpath.acquire.heads import Head
from mxpath.acquire.kinds import kind_of_file
from mxpath.datasets.catalog import DATASETS
from mxpath.datasets.snapshot import Spec, digest_of
from mxpath.errors import InputError
from mxpath.gazetteer.manifest import FILE_NAME, Entry, Manifest, read_manifest
from mxpath.gazetteer.source import Source, source_of
from mxpath.model.address import Prefix

TOGETHER = "peeringdb"
_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the user says of files that do not tell it themselves."""

    kinds: Mapping[Path, str] = field(default_factory=dict)
    dates: Mapping[Path, date] = field(default_factory=dict)
    otherwise: date | None = None
    """The date of all others that tell none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A file, what it is, and of which date."""

    path: Path
    kind: str
    as_of: date
    how: str
    """What told the date."""
    entry: Entry | None = None
    """What a manifest beside it says of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Snapshots to build from, and what was passed over."""

    sources: tuple[Source, ...]
    passed_over: tuple[str, ...] = ()
    """Why files of directories are not among them, each in words."""
    public: tuple[Prefix, ...] = ()
    """Special-purpose ranges that count as public, as manifests among them say."""
    routing: str = ""
    """Where live routing state may be asked for, as the first manifest says that says so."""


def gather(paths: Iterable[Path], said: Said, *, public: tuple[Prefix, ...] = ()) -> Inputs:
    """Return the snapshots that lie in some files and directories.

    ``public`` are special-purpose ranges that count as public beside those of manifests.

    Raises
    ------
    InputError
        When a file is not there, or neither it nor the user says what it is and of which date.
    SnapshotError, ParseError
        When a manifest names what is not there, or is malformed.
    """
    sources: list[Source] = []
    manifests: list[Manifest] = []
    told: dict[Path, Told] = {}
    passed_over: list[str] = []
    for path in paths:
        if (path / FILE_NAME).is_file():
            manifests.append(read_manifest(path))
            sources += (source_of(path, entry) for entry in manifests[-1].snapshot)
        elif path.is_dir():
            passed_over += _listed(path, said, told)
        elif path.name == FILE_NAME:
            passed_over.append(f"{path}: tells of the files beside it, which tell it themselves")
        else:
            told[path.absolute()] = _told(path, said)
    for place, _ in (*said.kinds.items(), *said.dates.items()):
        if place not in told:
            raise InputError(f"{place} is not among the files: --kind and --date name one of them")
    sources += _snapshots(told.values())
    return Inputs(
        sources=tuple(_united(sources)),
        passed_over=tuple(passed_over),
        public=tuple(dict.fromkeys((*public, *(p for one in manifests for p in one.public)))),
        routing=next((one.routing for one in manifests if one.routing), ""),
    )


def _listed(directory: Path, said: Said, told: dict[Path, Told]) -> Iterator[str]:
    """Tell the files of a directory; yield why some are passed over."""
    found = 0
    for path in sorted(directory.iterdir()):
        if path.name.startswith(".") or not path.is_file():
            continue
        try:
            kind = said.kinds.get(path.absolute()) or kind_of_file(Head.of(path))
        except InputError as error:
            yield str(error)
            continue
        told[path.absolute()] = _told(path, said, kind=kind)
        found += 1
    if not found:
        raise InputError(f"{directory}: no file in there is a data set that mxpath reads")


def _told(path: Path, said: Said, *, kind: str | None = None) -> Told:
    head, place = Head.of(path), path.absolute()
    kind = kind or said.kinds.get(place) or kind_of_file(head)
    entry = _entry_of(place, kind)
    if place in said.dates:
        return Told(path=place, kind=kind, as_of=said.dates[place], how="--date", entry=entry)
    found = told_date(kind, head)
    if found is not None:
        return Told(path=place, kind=kind, as_of=found[0], how=found[1], entry=entry)
    if entry is not None:
        return Told(path=place, kind=kind, as_of=entry.as_of, how=FILE_NAME, entry=entry)
    if said.otherwise is not None:
        return Told(path=place, kind=kind, as_of=said.otherwise, how="--date")
    raise InputError(
        f"{path}: of which date this {kind} is stands neither in it nor in its name: "
        f"say it by --date {path}=YYYY-MM-DD"
    )


def _entry_of(place: Path, kind: str) -> Entry | None:
    """What a manifest in the file's directory, or in the one above, says of it."""
    for directory in list(place.parents)[:2]:
        if (directory / FILE_NAME).is_file():
            name = place.relative_to(directory).as_posix()
            for entry in read_manifest(directory).snapshot:
                if entry.name == kind and name in entry.files:
                    return entry
    return None


def _snapshots(told: Iterable[Told]) -> Iterator[Source]:
    groups: dict[tuple[str, date | None], list[Told]] = {}
    for one in told:
        key = (one.kind, None if one.kind == TOGETHER else one.as_of)
        groups.setdefault(key, []).append(one)
    for files in groups.values():
        first, last = min(files, key=_day), max(files, key=_day)
        if last.as_of - first.as_of > _WITHIN:
            raise InputError(
                f"{first.path.name} is of {first.as_of} and {last.path.name} of {last.as_of}: "
                f"files of {first.kind} are joined, and must lie within {_WITHIN.days} days"
            )
        yield _source(last.kind, last.as_of, files)


def _united(sources: Iterable[Source]) -> Iterator[Source]:
    """Make snapshots of one data set and date one, as those of several collectors are."""
    groups: dict[tuple[str, date], list[Source]] = {}
    for source in sources:
        groups.setdefault((source.entry.name, source.entry.as_of), []).append(source)
    for group in groups.values():
        open_ones = [one for one in group if not one.entry.tables]
        yield from (one for one in group if one.entry.tables)
        if len(open_ones) > 1:
            yield _joined(open_ones)
        else:
            yield from open_ones


def _joined(sources: list[Source]) -> Source:
    """One snapshot of the files of several, once they are known to be the right ones."""
    entries = [source.entry for source in sources]
    for source in sources:
        source.prove()
    paths = dict.fromkeys(path.absolute() for source in sources for path in source.paths)
    joined = replace(
        entries[0],
        files=tuple(map(str, paths)),
        sha256=digest_of(paths),
        publisher=_all(entry.publisher for entry in entries),
        licence=_all(entry.licence for entry in entries),
        url=_all(entry.url for entry in entries),
        attribution=_all(entry.attribution for entry in entries),
    )
    return source_of(Path("/"), joined)


def _all(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(text for text in texts if text))


def _day(told: Told) -> date:
    return told.as_of


def _source(kind: str, as_of: date, files: list[Told]) -> Source:
    paths = [one.path for one in files]
    said: list[Spec | Entry] = [one.entry or DATASETS[kind].spec for one in files]
    entry = Entry(
        name=kind,
        files=tuple(map(str, paths)),
        publisher=_all(one.publisher for one in said),
        as_of=as_of,
        sha256=digest_of(paths),
        licence=_all(one.licence for one in said),
        url=_all(one.url for one in said),
        attribution=_all(one.attribution for one in said),
    )
    return source_of(Path("/"), entry)
