"""Files written in one step: who opens one sees all of it, or what was there before."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path


def write_file(path: Path, parts: Iterable[bytes | memoryview]) -> None:
    """Write the parts one after the other, and then give the file its name.

    Parameters
    ----------
    path
        Its directory is made when it is not there.
    parts
        Flat buffers of bytes.

    Raises
    ------
    OSError
        When it cannot be written; nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.stem}-{os.urandom(8).hex()}.tmp")
    try:
        with temporary.open("xb") as file:
            for part in parts:
                file.write(part)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
