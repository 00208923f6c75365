"""Where the user's own copies lie: downloads as they were published, and gazetteers built of them.

Under ``$XDG_DATA_HOME/mxpath``:

- ``downloads/<data set>/<date>/``: the files of one snapshot, with a ``gazetteer.toml`` naming just it;
- ``gazetteers/<date>/``: ``gazetteer.toml`` and what it names, as of that date.
"""

import os
from pathlib import Path


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
