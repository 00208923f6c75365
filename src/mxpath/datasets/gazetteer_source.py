"""A snapshot of a gazetteer as a source of answers: its files, proved, read and joined."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from mxpath.datasets import ixf, peeringdb
from mxpath.datasets.cache import keep_columns, kept_columns
from mxpath.datasets.catalog import DATASETS, Dataset, Section
from mxpath.datasets.columns import open_columns
from mxpath.datasets.manifest import Entry
from mxpath.datasets.section_tables import TABLES, Kind
from mxpath.datasets.snapshot import Tally, digest, lines_of, read_files, unpack
from mxpath.errors import ParseError, SnapshotError
from mxpath.model.address import Prefix
from mxpath.model.snapshot import SnapshotRef

_T = TypeVar("_T")
_BUILD_AGAIN = "run 'mxpath data build' again"


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotSummary:
    """A row of ``mxpath data show``."""

    name: str
    gives: str
    rows: int
    skipped: tuple[tuple[str, int], ...]
    """Why rows were left out, and how many."""
    as_of: date
    publisher: str
    licence: str
    attribution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A snapshot together with the place of its files and what is known to read it."""

    directory: Path
    entry: Entry
    dataset: Dataset
    opened: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """Tables by the name of their kind, each from when it is first asked for."""

    @property
    def ref(self) -> SnapshotRef:
        """The snapshot as an answer names it."""
        return self.entry.ref

    def proved(self) -> list[tuple[str, bytes]]:
        """Name and bytes of each file, once they are known to be the right ones.

        Raises
        ------
        SnapshotError
            When the bytes are not those that the manifest names.
        """
        paths = [self.directory / name for name in self.entry.files]
        contents = read_files(paths)
        found = digest(contents)
        if found != self.entry.sha256:
            raise SnapshotError(
                f"{self._where} has changed: "
                f"SHA-256 is {found}, the manifest says {self.entry.sha256}; fetch or build it again"
            )
        return list(zip(map(str, paths), contents, strict=True))

    def documents(self) -> Iterator[tuple[str, bytes]]:
        """Name and unpacked content of each file."""
        for path, content in self.proved():
            yield path, unpack(content, source=path)

    def rows(self, **options: Any) -> Iterator[Any]:
        """Rows of all its files; ``options`` go to its parser."""
        for path, document in self.documents():
            content = document if self.dataset.whole else lines_of(document, source=path)
            yield from self.dataset.parse(content, source=path, **options)

    @property
    def key(self) -> str:
        """What the tables are made of, for their names."""
        return self.entry.sha256

    def open(self, kind: Kind[_T]) -> _T:
        """Return a table of this snapshot.

        Raises
        ------
        SnapshotError
            When a built table is not there or not whole, or, where none were built, the files
            are not those that the manifest names; they are proved even when the cache has it.
        ParseError
            When the files cannot be read.
        """
        if kind.name not in self.opened:
            read = self._mapped if self.entry.tables else self._kept_or_read
            self.opened.update(read(kind))
        found: _T = self.opened[kind.name]
        return found

    def _mapped(self, kind: Kind[_T]) -> dict[str, _T]:
        wanted = kind.file_name(self.key)
        names = {PurePosixPath(name).name: name for name in self.entry.tables}
        if wanted not in names:
            raise SnapshotError(
                f"{self._where} was built by another version of mxpath, or of other data: "
                f"it has no table {wanted}; {_BUILD_AGAIN}"
            )
        columns = open_columns(self.directory / names[wanted])
        if columns is None:
            raise SnapshotError(
                f"{self._where}: the table {names[wanted]} is missing or damaged; {_BUILD_AGAIN}"
            )
        return {kind.name: kind.of(columns)}

    def _kept_or_read(self, kind: Kind[Any]) -> dict[str, Any]:
        self.proved()
        kept = kept_columns(kind.file_name(self.key))
        if kept is not None:
            return {kind.name: kind.of(kept)}
        built = TABLES[self.dataset.section].build(self, (kind,), Tally())
        for each, table in built.items():
            keep_columns(each.file_name(self.key), table.columns(), is_old=each.is_older)
        return {each.name: table for each, table in built.items()}

    @property
    def _where(self) -> str:
        return f"{self.entry.name} of {self.entry.as_of} in {self.directory}"


def source_of(directory: Path, entry: Entry) -> Source:
    """Return the source of a manifest's entry.

    Raises
    ------
    ParseError
        When its data set is unknown.
    SnapshotError
        When a table of it is not there, or, where none were built, a file.
    """
    dataset = DATASETS.get(entry.name)
    if dataset is None:
        known = ", ".join(sorted(DATASETS))
        raise ParseError(
            f"unknown data set {entry.name!r}; known are {known}", source=str(directory)
        )
    needed = entry.tables or entry.files
    missing = [name for name in needed if not (directory / name).is_file()]
    if missing:
        again = f"; {_BUILD_AGAIN}" if entry.tables else ""
        raise SnapshotError(
            f"{entry.name} of {entry.as_of} in {directory} is incomplete: "
            f"no {', '.join(missing)}{again}"
        )
    return Source(directory=directory, entry=entry, dataset=dataset)


def join_exchanges(
    source: Source, public: tuple[Prefix, ...], tally: Tally | None = None
) -> peeringdb.Exchanges:
    """Return all exchange points of a snapshot of PeeringDB."""
    documents = peeringdb.documents(source.documents(), tally=tally)
    return peeringdb.join(documents, public=public, source=str(source.directory), tally=tally)


def join_members(
    source: Source,
    public: tuple[Prefix, ...],
    known: peeringdb.Exchanges | None,
    tally: Tally | None = None,
) -> Iterator[peeringdb.Exchanges]:
    """Yield what each exchange point says of itself; ``known`` has the numbers of all."""
    for path, document in source.documents():
        rows = source.dataset.parse(document, source=path, tally=tally)
        shaped = ixf.documents(rows, known=known, tally=tally)
        yield peeringdb.join(shaped, public=public, source=path, tally=tally)


def summary_of(source: Source, public: tuple[Prefix, ...]) -> SnapshotSummary:
    """Say how many rows a snapshot has: as the manifest says, else by reading it whole."""
    entry = source.entry
    rows, skipped = entry.rows, entry.skipped
    if rows is None:
        tally = counted(source, public)
        rows, skipped = tally.rows, tally.reasons
    return SnapshotSummary(
        name=entry.name,
        gives=source.dataset.spec.gives,
        rows=rows,
        skipped=skipped,
        as_of=entry.as_of,
        publisher=entry.publisher,
        licence=entry.licence,
        attribution=entry.attribution,
    )


def counted(source: Source, public: tuple[Prefix, ...]) -> Tally:
    """Read a snapshot whole and count."""
    tally = Tally()
    if source.dataset.section is Section.EXCHANGES:
        join_exchanges(source, public, tally)
    else:
        deque(source.rows(tally=tally), maxlen=0)
    return tally
