"""A snapshot of a gazetteer as a source of answers: its files, proved, read and joined."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from mxpath.datasets import ixf, peeringdb
from mxpath.datasets.cache import cached_names, cached_table
from mxpath.datasets.catalog import DATASETS, Dataset, Section
from mxpath.datasets.manifest import Entry
from mxpath.datasets.names import NameTable
from mxpath.datasets.prefixes import PrefixTable
from mxpath.datasets.snapshot import Tally, digest, lines_of, read_files, unpack
from mxpath.errors import ParseError, SnapshotError
from mxpath.model.address import Prefix
from mxpath.model.snapshot import SnapshotRef

_WORTH_COLUMNS = 2**18
"""Documents of fewer bytes are read line by line sooner than numpy is imported."""


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
    tables: dict[int, PrefixTable] = field(default_factory=dict)
    """Origins by family, each from when it is first asked for."""

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
                f"{self.entry.name} of {self.entry.as_of} in {self.directory} has changed: "
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

    def table(self, version: int) -> PrefixTable:
        """The origins of one family; the files are proved even when the cache has the table."""
        if version not in self.tables:
            self.proved()
            self.tables[version] = cached_table(
                self.entry.sha256, version=version, build=lambda: self._built(version)
            )
        return self.tables[version]

    def _built(self, version: int) -> PrefixTable:
        documents = [content for _, content in self.documents()]
        if self.dataset.columns is not None and sum(map(len, documents)) >= _WORTH_COLUMNS:
            from mxpath.datasets import origin_columns, prefix_arrays  # noqa: PLC0415 - load numpy

            read = [self.dataset.columns(content, version=version) for content in documents]
            whole = [part for part in read if part is not None]
            if len(whole) == len(documents):
                return prefix_arrays.cut(origin_columns.joined(whole))
        return PrefixTable.of(self.rows(version=version), version=version)

    def names(self) -> NameTable:
        """The names of networks; the files are proved even when the cache has them."""
        self.proved()
        return cached_names(self.entry.sha256, build=lambda: NameTable.of(self.rows()))


def source_of(directory: Path, entry: Entry) -> Source:
    """Return the source of a manifest's entry.

    Raises
    ------
    ParseError
        When its data set is unknown.
    SnapshotError
        When a file of it is not there.
    """
    dataset = DATASETS.get(entry.name)
    if dataset is None:
        known = ", ".join(sorted(DATASETS))
        raise ParseError(
            f"unknown data set {entry.name!r}; known are {known}", source=str(directory)
        )
    missing = [name for name in entry.files if not (directory / name).is_file()]
    if missing:
        raise SnapshotError(
            f"{entry.name} of {entry.as_of} in {directory} is incomplete: no {', '.join(missing)}"
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
    """Read a snapshot whole and say how many rows it has."""
    tally = Tally()
    if source.dataset.section is Section.EXCHANGES:
        join_exchanges(source, public, tally)
    else:
        deque(source.rows(tally=tally), maxlen=0)
    return SnapshotSummary(
        name=source.entry.name,
        gives=source.dataset.spec.gives,
        rows=tally.rows,
        skipped=tuple(sorted(tally.skipped.items())),
        as_of=source.entry.as_of,
        publisher=source.entry.publisher,
        licence=source.entry.licence,
        attribution=source.entry.attribution,
    )
