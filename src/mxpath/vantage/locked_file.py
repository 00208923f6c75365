"""Small JSON files that several processes read and rewrite: one at a time, and always whole."""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

if sys.platform != "win32":
    import fcntl


@contextmanager
def locked(
    path: Path | None, *, waiting: Callable[[], None] = lambda: None
) -> Iterator[Path | None]:
    """Hold the lock that lies beside ``path``; yields ``None`` where there can be none.

    ``waiting`` is called once where somebody else holds it.
    """
    if path is None or sys.platform == "win32":
        yield None
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        yield None
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield path
    finally:
        os.close(descriptor)


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Hold a file of its own for as long as the block lasts; yields ``False`` where others do.

    Raises
    ------
    OSError
        When there can be no such file here.
    """
    if sys.platform == "win32":
        raise OSError("no locks of that kind on this system")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        yield False
        return
    try:
        yield True
    finally:
        os.close(descriptor)


def write_whole(path: Path, content: Any) -> None:
    """Replace the file as a whole, so that a crash leaves the old one.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as new:
        part = Path(new.name)
        try:
            json.dump(content, new)
            new.flush()
            part.replace(path)
        except OSError:
            part.unlink(missing_ok=True)
            raise
