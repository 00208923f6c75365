"""Tables kept ready-built, so that the second run need not parse the text again.

The law: the name of a kept table says all that it was made of (its form, and the SHA-256
of the snapshot), so it can be wrong only if it was damaged; a file that is not exactly
what was written is built anew, and a small table always is. Writing is a courtesy:
it goes to a file of its own that then takes the name in one step, and when it fails
nothing else does. Who has the old file open keeps it. Tables of older forms, and
what a killed process has left half written, go when a new one comes.
"""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from mxpath.tables.columns import Columns, open_columns, write_columns

_OLD_FORMS = ("prefixes-", "names-1-")
"""What tables were called before their names said their form in one way."""
_ABANDONED_S = 3600.0

WORTH_KEEPING = 256 * 1024
"""A table of fewer bytes is built anew as fast as it is read back."""


def cache_directory() -> Path:
    """Return mxpath's directory below the XDG cache home."""
    home = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(home) if home and Path(home).is_absolute() else Path("~/.cache").expanduser()
    return base / "mxpath"


def kept_columns(name: str) -> Columns | None:
    """Return the columns of a kept table, ``None`` when it is not there or not whole."""
    return open_columns(cache_directory() / name)


def keep_columns(
    name: str, columns: Columns, *, is_old: Callable[[str], bool] = lambda _: False
) -> None:
    """Keep a table if it is large and that can be done.

    ``is_old`` tells the names of tables in older forms, which then go.
    """
    if sum(column.nbytes for column in columns.values()) < WORTH_KEEPING:
        return
    path = cache_directory() / name
    with contextlib.suppress(OSError):  # read-only, full or forbidden: then without
        write_columns(path, columns)
        _tidy(path, is_old)


def _tidy(newest: Path, is_old: Callable[[str], bool]) -> None:
    for path in newest.parent.iterdir():
        abandoned = path.suffix == ".tmp" and (
            path.stat().st_mtime < newest.stat().st_mtime - _ABANDONED_S
        )
        if abandoned or path.name.startswith(_OLD_FORMS) or is_old(path.name):
            path.unlink(missing_ok=True)
