"""Every study is kept under the XDG state directory, so that later commands can say ``last``.

The newest ``KEPT`` studies stay; older ones are rotated away.
"""

import os
from contextlib import suppress
from pathlib import Path

from mxpath.errors import InputError
from mxpath.model import codec
from mxpath.model.study import Study

KEPT = 200


def state_directory() -> Path:
    """Return the directory that studies are kept in (it may not exist yet)."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "mxpath" / "studies"


def keep(study: Study) -> Path | None:
    """Write a study aside; ``None`` where the state directory cannot be written.

    A read-only home is no reason to fail: the answer is on the screen.
    """
    stamp = study.started_at.strftime("%Y%m%dT%H%M%S.%f")
    path = state_directory() / f"{stamp}-{study.domain}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, codec.dump(study))
    except OSError:
        return None
    for old in sorted(path.parent.glob("*.json"))[:-KEPT]:
        with suppress(OSError):
            old.unlink()
    return path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old or the new one, never half of it."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_bytes(content)
    part.replace(path)


def find(name: str) -> Path:
    """Return the file of a study: a path, or ``last`` for the newest kept one.

    Raises
    ------
    InputError
        When there is none.
    """
    if name != "last":
        return Path(name)
    kept = sorted(state_directory().glob("*.json"), key=lambda path: path.stat().st_mtime)
    if not kept:
        raise InputError("no study is kept yet: run `mxpath DOMAIN` first")
    return kept[-1]


def read_study(name: str) -> Study:
    """Read a study by path, or the newest kept one for ``last``.

    Raises
    ------
    InputError
        When nothing is kept.
    ParseError
        When the file is no study.
    """
    return codec.read_file(Study, find(name))
