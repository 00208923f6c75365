"""What a snapshot of a gazetteer holds, in figures."""

from collections import deque
from dataclasses import dataclass
from datetime import date

from mxpath.datasets.catalog import Section
from mxpath.datasets.snapshot import Tally
from mxpath.gazetteer.section_tables import BUILDERS
from mxpath.gazetteer.source import Source
from mxpath.gazetteer.table_kinds import KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotSummary:
    """A row of ``mxpath data show``."""

    name: str
    gives: str
    rows: int
    skipped: tuple[tuple[str, int], ...]
    """Why rows were left out, and how many."""
    noted: tuple[tuple[str, int], ...]
    """What is odd about rows that were kept, and how many."""
    as_of: date
    publisher: str
    licence: str
    url: str
    attribution: str


def summary_of(source: Source) -> SnapshotSummary:
    """Say how many rows a snapshot has: as the manifest says, else by reading it whole."""
    entry = source.entry
    rows, skipped, noted = entry.rows, entry.skipped, entry.noted
    if rows is None:
        tally = counted(source)
        rows, skipped, noted = tally.rows, tally.reasons, tally.oddities
    return SnapshotSummary(
        name=entry.name,
        gives=source.dataset.spec.gives,
        rows=rows,
        skipped=skipped,
        noted=noted,
        as_of=entry.as_of,
        publisher=entry.publisher,
        licence=entry.licence,
        url=entry.url,
        attribution=entry.attribution,
    )


def counted(source: Source) -> Tally:
    """Read a snapshot whole and count."""
    tally = Tally()
    section = source.dataset.section
    if section in (Section.EXCHANGES, Section.MEMBERS) or source.stream is not None:
        BUILDERS[section](source, KINDS[section], tally)
    else:
        deque(source.rows(tally=tally), maxlen=0)
    return tally
