"""Columns of numbers in one file, memory-mapped: opened, not read.

The form, in the machine's own byte order (a file of another order is not taken):
``mxpcols1``, Adler-32 of all that follows it, number of columns, then for each
column its name (16 bytes), type code (``B``, ``I`` or ``Q``, as in ``array``), first
byte and number of items; then the columns, each on a multiple of 8 bytes.

The law: a file that is not exactly what was written is no file (``None``), so
whoever opens one need not check what it holds. Checking costs some milliseconds
for ten megabytes; nothing is copied, and pages are shared between processes.
"""

import contextlib
import mmap
import os
import struct
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Column = memoryview
"""Unsigned numbers: of a map, of an ``array`` or of a numpy array."""

_MAGIC = b"mxpcols1"
_HEAD = struct.Struct("=8sIIQ")  # magic, checksum, number of columns, length of the file
_ENTRY = struct.Struct("=16sc7xQQ")
_SIZES = {"B": 1, "I": 4, "Q": 8}
_CHECKED_FROM = 12
"""Magic and checksum themselves are not summed."""


def write_columns(path: Path, columns: Mapping[str, Any]) -> None:
    """Write columns in one step: who opens ``path`` sees all of it or what was there before.

    Parameters
    ----------
    path
        Its directory is made when it is not there.
    columns
        Name to a flat buffer of unsigned 8, 32 or 64-bit numbers.

    Raises
    ------
    OSError
        When it cannot be written; nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            for part in _parts(columns):
                file.write(part)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def _parts(columns: Mapping[str, Any]) -> list[bytes | memoryview]:
    """Head, table of contents and the columns with their padding."""
    at = _HEAD.size + _ENTRY.size * len(columns)
    entries, body = [], []
    for name, column in columns.items():
        view = memoryview(column)
        code = next(code for code, size in _SIZES.items() if size == view.itemsize)
        padding = -at % 8
        at += padding
        entries.append(_ENTRY.pack(name.encode(), code.encode(), at, len(view)))
        body += [bytes(padding), view.cast("B") if view else b""]
        at += view.nbytes
    rest = [struct.pack("=IQ", len(columns), at), *entries, *body]
    checksum = 1
    for part in rest:
        checksum = zlib.adler32(part, checksum)
    return [_MAGIC, struct.pack("=I", checksum), *rest]


def open_columns(path: Path) -> dict[str, Column] | None:
    """Map a file of columns; ``None`` when there is none or it is not whole."""
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):  # a map of nothing is a ValueError
        return None
    return _taken_apart(memoryview(mapped))


def _taken_apart(view: memoryview) -> dict[str, Column] | None:
    if len(view) < _HEAD.size:
        return None
    magic, checksum, number, length = _HEAD.unpack_from(view)
    if magic != _MAGIC or length != len(view):
        return None
    if zlib.adler32(view[_CHECKED_FROM:]) != checksum:
        return None
    columns = {}
    for n in range(number):
        name, code, first, items = _ENTRY.unpack_from(view, _HEAD.size + n * _ENTRY.size)
        size = items * _SIZES[code.decode()]
        columns[name.rstrip(b"\0").decode()] = view[first : first + size].cast(code.decode())
    return columns
