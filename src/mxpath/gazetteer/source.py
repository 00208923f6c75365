"""A snapshot of a gazetteer as a source of answers: its files, proved and read, or its tables."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, TypeVar

from mxpath.datasets.catalog import DATASETS, Dataset, Section, Stream
from mxpath.datasets.snapshot import Tally, digest, digest_of, lines_of, read_files, unpack
from mxpath.errors import ParseError, SnapshotError
from mxpath.gazetteer.cache import keep_columns, kept_columns
from mxpath.gazetteer.manifest import Entry, Manifest
from mxpath.gazetteer.table_kinds import JUDGED_BY_SPACE, Kind
from mxpath.model.address import Prefix
from mxpath.model.snapshot import SnapshotRef
from mxpath.tables.columns import open_columns

_T = TypeVar("_T")
_BUILD_AGAIN = "run 'mxpath data build' again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A snapshot together with the place of its files and what is known to read it."""

    directory: Path
    entry: Entry
    dataset: Dataset
    public: tuple[Prefix, ...] = ()
    """Special-purpose ranges that count as public: lab worlds only."""
    known: "Source | None" = None
    """PeeringDB, for what exchange points say of themselves: it numbers them all."""
    streamed_by: Stream | None = None
    """Reads its files in place of the data set's own ``stream``."""
    tables: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """By the name of their kind, each from when it is first asked for."""

    @property
    def ref(self) -> SnapshotRef:
        """The snapshot as an answer names it."""
        return self.entry.ref

    @property
    def stream(self) -> Stream | None:
        """What reads origins in one pass over its files; ``None`` where nothing does."""
        return self.streamed_by or self.dataset.stream

    def judged_by(self, public: tuple[Prefix, ...]) -> "Source":
        """The same where other special-purpose ranges count as public."""
        known = self.known.judged_by(public) if self.known is not None else None
        if (public, known) == (self.public, self.known):
            return self
        return replace(self, public=public, known=known, tables={})

    def proved(self) -> list[tuple[str, bytes]]:
        """Name and bytes of each file, once they are known to be the right ones.

        Raises
        ------
        SnapshotError
            When the bytes are not those that the manifest names.
        """
        contents = read_files(self.paths)
        self._compare(digest(contents))
        return list(zip(map(str, self.paths), contents, strict=True))

    def prove(self) -> None:
        """Make sure of the same of files of any size.

        Raises
        ------
        SnapshotError
            When the bytes are not those that the manifest names.
        """
        self._compare(digest_of(self.paths))

    @property
    def paths(self) -> list[Path]:
        """Where its files lie."""
        return [self.directory / name for name in self.entry.files]

    def _compare(self, found: str) -> None:
        if found != self.entry.sha256:
            raise SnapshotError(
                f"{self._where} has changed: SHA-256 is {found}, "
                f"the manifest says {self.entry.sha256}; fetch or build it again"
            )

    def files(self) -> Iterator[tuple[str, BinaryIO]]:
        """Yield name and octets of each file, to be read before the next; packed as they lie."""
        self.prove()
        for path in self.paths:
            with path.open("rb") as file:
                yield str(path), file

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
        """What the tables are made of, for their names: the snapshot, and what it was judged by."""
        judged = self.dataset.section in JUDGED_BY_SPACE
        basis = [str(prefix) for prefix in self.public] if judged else []
        if self.known is not None:
            basis.append(self.known.key)
        if not basis:
            return self.entry.sha256
        return f"{self.entry.sha256}-{hashlib.sha256(' '.join(basis).encode()).hexdigest()[:12]}"

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
        if kind.name not in self.tables:
            read = self._mapped if self.entry.tables else self._kept_or_read
            self.tables.update(read(kind))
        found: _T = self.tables[kind.name]
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
        self.prove()
        kept = kept_columns(kind.file_name(self.key))
        if kept is not None:
            return {kind.name: kind.of(kept)}
        from mxpath.gazetteer.section_tables import BUILDERS  # noqa: PLC0415 - all tables' code

        built = BUILDERS[self.dataset.section](self, (kind,), Tally())
        for each, table in built.items():
            keep_columns(each.file_name(self.key), table.columns(), is_old=each.is_older)
        return {each.name: table for each, table in built.items()}

    @property
    def _where(self) -> str:
        return f"{self.entry.name} of {self.entry.as_of} in {self.directory}"


def sources_of(directory: Path, manifest: Manifest) -> tuple[Source, ...]:
    """Return the sources of a manifest's entries, in their order.

    Raises
    ------
    ParseError, SnapshotError
        As :func:`source_of` does.
    """
    found = [source_of(directory, entry, public=manifest.public) for entry in manifest.snapshot]
    known = next((one for one in found if one.dataset.section is Section.EXCHANGES), None)
    return tuple(
        replace(one, known=known) if one.dataset.section is Section.MEMBERS else one
        for one in found
    )


def source_of(directory: Path, entry: Entry, *, public: tuple[Prefix, ...] = ()) -> Source:
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
    return Source(directory=directory, entry=entry, dataset=dataset, public=public)
