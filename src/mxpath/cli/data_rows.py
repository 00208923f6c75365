"""Data sets on the screen: what ``data list``, ``show`` and ``build`` print alike."""

import textwrap
from collections.abc import Iterable

from mxpath.datasets.catalog import DATASETS, Section
from mxpath.gazetteer.filling import FILLED_BY
from mxpath.gazetteer.manifest import Entry
from mxpath.gazetteer.summary import SnapshotSummary
from mxpath.model.documents import DatasetRow, EmptySection
from mxpath.model.foreign_text import printable

_WIDTH, _INDENT = 100, 16


def row_of(entry: Entry | SnapshotSummary) -> DatasetRow:
    """Return a snapshot, as it was built or as it is described, as a row of a document."""
    dataset = DATASETS[entry.name]
    return DatasetRow(
        name=entry.name,
        publisher=entry.publisher,
        licence=entry.licence,
        as_of=entry.as_of,
        rows=entry.rows,
        gives=dataset.spec.gives,
        credit=entry.attribution,
        skipped=entry.skipped,
        noted=entry.noted,
        section=dataset.section.value,
        cadence=dataset.spec.cadence,
        url=entry.url,
    )


def empty_sections(missing: Iterable[Section]) -> tuple[EmptySection, ...]:
    """Return the empty sections of a gazetteer, each with what fills it."""
    empty = set(missing)
    if Section.RELATIONS not in empty:
        empty.discard(Section.TRANSIT_FREE)  # the heading of relationships names the clique
    return tuple(
        EmptySection(section=section.value, lacks=one.lacks, so=one.so, command=one.command)
        for section, one in FILLED_BY.items()
        if section in empty
    )


def print_snapshot(row: DatasetRow) -> None:
    """Print what a gazetteer holds of one data set and date."""
    rows = counted(row.rows, "row") if row.rows is not None else ""
    put(f"{row.name:<14}  {row.as_of!s:<11} {rows:<15} {row.gives}")
    put(f"{row.publisher}; {row.licence}", indented=True)
    if row.credit:
        put(row.credit, indented=True)
    for reason, count in row.skipped:
        put(f"left out: {count:,} ({printable(reason)})", indented=True)
    for reason, count in row.noted:
        put(f"kept, but odd: {count:,} ({printable(reason)})", indented=True)


def counted(number: int, what: str) -> str:
    """Return a number of things, ``1 row`` or ``2 rows``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def print_empty(sections: Iterable[EmptySection]) -> None:
    """Print which questions cannot be answered, and what would fill each."""
    found = list(sections)
    if found:
        width = max(len(one.lacks) for one in found)
        print("\nempty, and what fills it")
    for one in found:
        print(f"  {one.lacks:<{width}}  {one.command}")


def put(text: str, *, indented: bool = False) -> None:
    """Print a line, broken where it is too long for the screen."""
    first = " " * _INDENT if indented else ""
    lines = textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=" " * _INDENT,
        drop_whitespace=True,
        break_on_hyphens=False,
        break_long_words=False,
    )
    print("\n".join(lines))
