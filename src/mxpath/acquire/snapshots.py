"""Fetched snapshots as they lie on disk: which there are, putting a new one there, removing old ones.

The law: a snapshot is a directory named by its day that has a manifest. It appears in one
step, finished. Where one of the same day is replaced the old one stands aside for a moment;
who finds it aside and none in its place puts it back.
"""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

from mxpath.acquire.store import dates_in

UNFINISHED = ".unfinished"
_ASIDE = ".aside-"


def days_of(place: Path) -> list[date]:
    """Return the days of the snapshots of a data set, ascending."""
    return sorted(dates_in(place))


def newest(place: Path) -> Path | None:
    """Return the directory of the last snapshot; ``None`` where there is none."""
    days = days_of(place)
    return place / days[-1].isoformat() if days else None


def put(work: Path, place: Path, day: date) -> Path:
    """Give a finished directory its name; raises OSError."""
    target, aside = place / day.isoformat(), place / f"{_ASIDE}{day}"
    if target.exists():
        target.replace(aside)
    work.replace(target)
    shutil.rmtree(aside, ignore_errors=True)
    return target


def mend(place: Path) -> None:
    """Finish what a killed process has left between two steps; raises OSError."""
    for aside in place.glob(f"{_ASIDE}*"):
        target = place / aside.name.removeprefix(_ASIDE)
        if target.exists():
            shutil.rmtree(aside, ignore_errors=True)
        else:
            aside.replace(target)


def prune(place: Path, keep: int) -> tuple[date, ...]:
    """Remove all but the last ``keep`` snapshots of a data set and return their days."""
    gone = tuple(days_of(place)[: -max(1, keep)])
    for day in gone:
        shutil.rmtree(place / day.isoformat(), ignore_errors=True)
    return gone


def held(store: Path) -> tuple[int, int]:
    """Return how many snapshots lie in all of the downloads, and their octets."""
    snapshots = [place / day.isoformat() for place in _places(store) for day in days_of(place)]
    octets = sum(path.stat().st_size for one in snapshots for path in one.iterdir())
    return len(snapshots), octets


def _places(store: Path) -> Iterator[Path]:
    with suppress(OSError):
        yield from (path for path in store.iterdir() if path.is_dir())
