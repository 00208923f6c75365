"""A snapshot compiled: read once and laid down in a gazetteer, ready to be mapped.

Tables go to ``tables/``, each under the name that says what it was made of; the files of a
section that has no tables are copied beside the manifest, into a directory of their own.
Every file is written in one step, and one that is there already is written again: it is
the same, or was damaged.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from mxpath.datasets.catalog import Section
from mxpath.datasets.snapshot import Tally
from mxpath.gazetteer.manifest import Entry
from mxpath.gazetteer.section_tables import BUILDERS, Built
from mxpath.gazetteer.source import Source
from mxpath.gazetteer.summary import counted
from mxpath.gazetteer.table_kinds import KINDS
from mxpath.model.address import Prefix
from mxpath.tables.columns import write_columns
from mxpath.tables.files import write_file

DIRECTORY = "tables"
"""Where the tables of a gazetteer lie."""


def compile_source(
    source: Source,
    directory: Path,
    *,
    public: Iterable[Prefix] = (),
    known: Source | None = None,
) -> Entry:
    """Read a snapshot and write what answers need of it below ``directory``.

    Parameters
    ----------
    source
        The snapshot; one that was compiled before is copied.
    directory
        That of the new gazetteer.
    public
        Special-purpose ranges that count as public there.
    known
        The first list of all exchange points there: what exchange points say of themselves is
        joined with it.

    Returns
    -------
    Entry
        For the manifest of ``directory``: with ``tables``, or for a small section ``files``;
        with ``rows`` and ``skipped``.

    Raises
    ------
    SnapshotError
        When the snapshot is not the one that its entry names.
    ParseError
        When it cannot be read.
    OSError
        When ``directory`` cannot be written.
    """
    if known is not None and source.dataset.section is Section.MEMBERS:
        source = replace(source, known=known)
    source = source.judged_by(tuple(public))
    tally = Tally()
    if source.dataset.section not in KINDS:
        tally = counted(source)
        return _entry(source, tally, files=_copied(source, directory))
    names = []
    for kind, table in _built(source, tally).items():
        names.append(f"{DIRECTORY}/{kind.file_name(source.key)}")
        write_columns(directory / names[-1], table.columns())
    return _entry(source, tally, tables=tuple(names))


def _built(source: Source, tally: Tally) -> Built:
    section = source.dataset.section
    if source.entry.tables:
        return {kind: source.open(kind) for kind in KINDS[section]}
    return BUILDERS[section](source, KINDS[section], tally)


def _copied(source: Source, directory: Path) -> tuple[str, ...]:
    entry = source.entry
    folder = f"{entry.name}-{entry.sha256[:12]}"
    names = [f"{folder}/{Path(name).name}" for name in entry.files]
    if len(set(names)) < len(names):  # files of one name out of several directories
        names = [f"{folder}/{n}-{Path(name).name}" for n, name in enumerate(entry.files)]
    for name, (_, content) in zip(names, source.proved(), strict=True):
        write_file(directory / name, [content])
    return tuple(names)


def _entry(
    source: Source, tally: Tally, *, files: tuple[str, ...] = (), tables: tuple[str, ...] = ()
) -> Entry:
    entry = source.entry
    if entry.tables:
        return replace(entry, files=files, tables=tables)
    return replace(
        entry,
        files=files,
        tables=tables,
        rows=tally.rows,
        skipped=tally.reasons,
        noted=tally.oddities,
    )
