"""Where the user's own copies lie: downloads as they were published, and gazetteers built of them.

Under ``$XDG_DATA_HOME/mxpath``:

- ``downloads/<data set>/<date>/``: the files of one snapshot, with a ``gazetteer.toml`` naming just it;
- ``gazetteers/<date>/``: ``gazetteer.toml`` and what it names, as of that date.
"""

import os
from datetime import date
from pathlib import Path

from mxpath.errors import SnapshotError
from mxpath.gazetteer.dates import gazetteer_dates


def store_directory() -> Path:
    """Return mxpath's directory below the XDG data home; it need not exist."""
    home = os.environ.get("XDG_DATA_HOME", "")
    base = Path(home) if home and Path(home).is_absolute() else Path("~/.local/share").expanduser()
    return base / "mxpath"


def downloads_directory() -> Path:
    """Return where fetched snapshots lie."""
    return store_directory() / "downloads"


def gazetteers_directory() -> Path:
    """Return where gazetteers lie, one directory a date."""
    return store_directory() / "gazetteers"


def built_dates() -> tuple[date, ...]:
    """Return the dates of the gazetteers that are built, ascending."""
    return dates_in(gazetteers_directory())


def newest_gazetteer() -> Path | None:
    """Return the directory of the newest gazetteer; ``None`` without any."""
    dates = built_dates()
    return gazetteers_directory() / dates[-1].isoformat() if dates else None


def gazetteer_of_date(as_of: date, *, shipped: date | None = None) -> Path:
    """Return the directory of the gazetteer of a date; ``shipped`` is one that is elsewhere.

    Raises
    ------
    SnapshotError
        When there is none; the message names those that there are.
    """
    dates = built_dates()
    if as_of in dates:
        return gazetteers_directory() / as_of.isoformat()
    there = [str(day) for day in reversed(dates)]
    there += [f"{shipped} (shipped)"] if shipped is not None else []
    raise SnapshotError(
        f"no gazetteer of {as_of} at {gazetteers_directory()}: there is "
        f"{', '.join(there) or 'none'}; make one with mxpath data build --as-of {as_of}"
    )


def downloads(*, as_of: date | None = None) -> tuple[Path, ...]:
    """Return the newest download of each data set that is not later than a date."""
    try:
        names = sorted(os.listdir(downloads_directory()))  # noqa: PTH208 - names, and soon
    except OSError:
        return ()
    found = []
    for name in names:
        directory = downloads_directory() / name
        dates = [day for day in dates_in(directory) if as_of is None or day <= as_of]
        if dates and not name.startswith("."):
            found.append(directory / max(dates).isoformat())
    return tuple(found)


def dates_in(directory: Path) -> tuple[date, ...]:
    """Return the dates by which directories that have a manifest are called, ascending."""
    try:
        return gazetteer_dates(directory)
    except SnapshotError:
        return ()
