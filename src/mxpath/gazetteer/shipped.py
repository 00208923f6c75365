"""Where the data that comes with mxpath lies: in the wheel, or beside ``src`` in a checkout."""

from pathlib import Path

from mxpath.errors import SnapshotError

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped_directory() -> Path:
    """Return the directory that holds ``manifest.toml``, ``snapshots`` and ``topologies``.

    Raises
    ------
    SnapshotError
        When the installation has no data.
    """
    in_wheel, in_checkout = _PACKAGE / "data", _PACKAGE.parents[1] / "data"
    for directory in (in_wheel, in_checkout):
        if (directory / "manifest.toml").is_file():
            return directory
    raise SnapshotError(
        f"no shipped data at {in_wheel} or {in_checkout}: install mxpath again from its wheel"
    )
