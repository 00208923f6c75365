"""Gazetteers of several dates side by side: one directory each, called by its date.

The law: a directory with a ``gazetteer.toml`` is one gazetteer. Any other may hold several,
in directories such as ``2026-06-17``; what is called otherwise, or has no manifest (yet), is
passed over. A date that is asked for is that date and no other; without one, the newest is
taken, and every answer says of which date it is.
"""

import re
from datetime import date
from pathlib import Path

from mxpath.errors import SnapshotError
from mxpath.gazetteer.manifest import FILE_NAME, Manifest, read_manifest

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def gazetteer_dates(directory: Path) -> tuple[date, ...]:
    """Return the dates of the gazetteers that lie side by side in a directory, ascending.

    Raises
    ------
    SnapshotError
        When the directory cannot be read.
    """
    return tuple(sorted(_dated(directory)))


def dated_manifest(directory: Path, *, as_of: date | None = None) -> tuple[Path, Manifest]:
    """Return where the gazetteer of a date lies, the newest when ``None``, and its manifest.

    Raises
    ------
    SnapshotError
        When there is none, or none of that date; the message names what there is.
    ParseError
        When its manifest is malformed.
    """
    found = {} if (directory / FILE_NAME).exists() or not directory.is_dir() else _dated(directory)
    if found:
        day = max(found) if as_of is None else as_of
        if day not in found:
            there = ", ".join(str(day) for day in sorted(found))
            raise SnapshotError(f"no gazetteer of {as_of} at {directory}; there are: {there}")
        directory, as_of = found[day], day
    manifest = read_manifest(directory)
    if as_of is not None and manifest.as_of != as_of:
        told = manifest.as_of or "a mixture of dates"
        raise SnapshotError(f"the gazetteer at {directory} is of {told}, not of {as_of}")
    return directory, manifest


def _dated(directory: Path) -> dict[date, Path]:
    try:
        names = [path for path in directory.iterdir() if _DATE.fullmatch(path.name)]
    except OSError as error:
        raise SnapshotError(f"no gazetteers at {directory}: {error.strerror}") from error
    found = {}
    for path in names:
        try:
            day = date.fromisoformat(path.name)
        except ValueError:
            continue
        if (path / FILE_NAME).is_file():
            found[day] = path
    return found
