"""Prefix tables kept ready-built, so that the second run need not parse the text again.

The law: the name of a kept table is the SHA-256 of the snapshot and the form of
the table, so it can be wrong only if it was damaged; a file that does not hold
what it should is built anew, and so is a small one. Writing is a courtesy: it goes to a file of its
own that then takes the name in one step, and when it fails nothing else does.
"""

import contextlib
import os
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mxpath.datasets.prefixes import PrefixTable

_FORM = "prefixes-1"
"""Changes whenever the columns of a PrefixTable change their meaning."""

WORTH_KEEPING = 10_000
"""A table of fewer ranges is built anew as fast as it is read back."""


def cache_directory() -> Path:
    """Return mxpath's directory below the XDG cache home."""
    home = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(home) if home and Path(home).is_absolute() else Path("~/.cache").expanduser()
    return base / "mxpath"


def cached_table(sha256: str, *, version: int, build: Callable[[], PrefixTable]) -> PrefixTable:
    """Return the table of a snapshot and a family, built by ``build`` when none is kept."""
    path = cache_directory() / f"{_FORM}-v{version}-{sha256}.npz"
    kept = _read(path, version)
    if kept is not None:
        return kept
    table = build()
    if len(table) >= WORTH_KEEPING:
        with contextlib.suppress(OSError):  # read-only, full or forbidden: then without
            _write(path, table)
    return table


def _read(path: Path, version: int) -> PrefixTable | None:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as columns:
            table = PrefixTable(version=version, **columns)
    except (OSError, ValueError, TypeError, KeyError, EOFError, AttributeError, zipfile.BadZipFile):
        return None
    return table if _sound(table) else None


def _sound(table: PrefixTable) -> bool:
    """Whether the columns fit together: whoever damaged the file, no look-up may fail."""
    key = "S4" if table.version == 4 else "S16"
    columns = (table.starts, table.ends, table.lengths, table.sets)
    if any(column.shape != table.starts.shape for column in columns) or table.starts.ndim != 1:
        return False
    if table.starts.dtype != key or table.ends.dtype != key or table.offsets.ndim != 1:
        return False
    if not len(table.starts):
        return True
    last_set = int(table.sets.max()) + 1
    return last_set < len(table.offsets) and int(table.offsets[-1]) == len(table.origins)


def _write(path: Path, table: PrefixTable) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(
                file,
                starts=table.starts,
                ends=table.ends,
                lengths=table.lengths,
                sets=table.sets,
                offsets=table.offsets,
                origins=table.origins,
            )
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
