"""Tables kept ready-built, so that the second run need not parse the text again.

The law: the name of a kept table is the SHA-256 of the snapshot and the form of
the table, so it can be wrong only if it was damaged; a file that is not exactly
what was written is built anew, and a small table always is. Writing is a courtesy:
it goes to a file of its own that then takes the name in one step, and when it fails
nothing else does. Who has the old file open keeps it. Tables of older forms, and
what a killed process has left half written, go when a new one comes.
"""

import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from mxpath.datasets.columns import Column, open_columns, write_columns
from mxpath.datasets.names import NameTable
from mxpath.datasets.prefixes import PrefixTable

_PREFIXES, _NAMES = "prefixes-3", "names-1"
"""Change whenever the columns of a table change their meaning."""
_OLD_FORMS = ("prefixes-1-*.npz", "prefixes-2-*.columns")
_ABANDONED_S = 3600.0

WORTH_KEEPING = 10_000
"""A table of fewer rows is built anew as fast as it is read back."""


def cache_directory() -> Path:
    """Return mxpath's directory below the XDG cache home."""
    home = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(home) if home and Path(home).is_absolute() else Path("~/.cache").expanduser()
    return base / "mxpath"


def cached_table(sha256: str, *, version: int, build: Callable[[], PrefixTable]) -> PrefixTable:
    """Return the table of a snapshot and a family, built by ``build`` when none is kept."""
    path = cache_directory() / f"{_PREFIXES}-v{version}-{sha256}.columns"
    kept = open_columns(path)
    if kept is not None:
        return PrefixTable.of_columns(kept, version=version)
    table = build()
    _keep(path, table.columns(), rows=len(table))
    return table


def cached_names(sha256: str, *, build: Callable[[], NameTable]) -> NameTable:
    """Return the names of a snapshot, built by ``build`` when none are kept."""
    path = cache_directory() / f"{_NAMES}-{sha256}.columns"
    kept = open_columns(path)
    if kept is not None:
        return NameTable(**kept)
    table = build()
    _keep(path, table.columns(), rows=len(table))
    return table


def _keep(path: Path, columns: Mapping[str, Column], *, rows: int) -> None:
    if rows < WORTH_KEEPING:
        return
    with contextlib.suppress(OSError):  # read-only, full or forbidden: then without
        write_columns(path, columns)
        _tidy(path)


def _tidy(newest: Path) -> None:
    for pattern in _OLD_FORMS:
        for path in newest.parent.glob(pattern):
            path.unlink(missing_ok=True)
    for path in newest.parent.glob("*.tmp"):
        if path.stat().st_mtime < newest.stat().st_mtime - _ABANDONED_S:
            path.unlink(missing_ok=True)
