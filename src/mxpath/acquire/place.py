"""The directory that a gazetteer is built in: ours alone for the time, and tidy.

1. One build at a time works in a directory; the lock goes with the process.
2. What no manifest names goes: of a build that fails at once, of one that was killed and of the
   gazetteer before when the next build begins. Until then, who has just read the old manifest finds
   its tables.
3. What was not built by us is never touched: neither a gazetteer that was put together by hand nor
   a directory of something else.
"""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mxpath.datasets.catalog import DATASETS
from mxpath.errors import InputError
from mxpath.gazetteer.compiled import DIRECTORY as TABLES_DIRECTORY
from mxpath.gazetteer.manifest import FILE_NAME, read_manifest

if sys.platform != "win32":
    import fcntl

LOCK_NAME = ".build.lock"
_FOLDER = re.compile(r"(.+)-[0-9a-f]{12}")


@contextmanager
def claimed(directory: Path) -> Iterator[None]:
    """Have a directory to ourselves, cleared of what its manifest does not name.

    Raises
    ------
    InputError
        When it holds something that was not built, or another build is at work in it.
    """
    known = _known(directory)
    directory.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(directory / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform != "win32":
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise InputError(f"another build is at work in {directory}: wait for it") from error
        _tidy(directory, known)
        try:
            yield
        except BaseException:  # a full disk above all: what came of it must not fill the disk
            _tidy(directory, _known(directory))
            raise
    finally:
        os.close(descriptor)


def _known(directory: Path) -> set[str]:
    """Names of the files that the gazetteer in a directory consists of; none when it is new."""
    if (directory / FILE_NAME).is_file():
        entries = read_manifest(directory).snapshot
        if any(not entry.tables and entry.rows is None for entry in entries):
            raise InputError(
                f"{directory} holds a gazetteer that was put together by hand: build elsewhere "
                "(--out), and name it among the files if it is to be built from"
            )
        return {name for entry in entries for name in (*entry.tables, *entry.files)}
    if directory.is_dir() and not _is_left_over(directory):
        raise InputError(f"{directory} is no gazetteer, and not empty: choose another --out")
    return set()


def _is_left_over(directory: Path) -> bool:
    """Whether there is nothing in a directory, or what a build left that never ended."""
    names = {path.name for path in directory.iterdir()}
    return not names or LOCK_NAME in names


def _tidy(directory: Path, known: set[str]) -> None:
    """Take away what no manifest names: tables, copies, and files that were being written."""
    for path in directory.iterdir():
        if path.name == TABLES_DIRECTORY or _is_copy(path.name):
            for one in path.iterdir():
                if one.relative_to(directory).as_posix() not in known:
                    one.unlink()
            if not any(path.iterdir()):
                shutil.rmtree(path)
        elif path.suffix == ".tmp":
            path.unlink()


def _is_copy(name: str) -> bool:
    """Whether a directory is called as those are that files of a snapshot are copied to."""
    found = _FOLDER.fullmatch(name)
    return found is not None and found[1] in DATASETS
