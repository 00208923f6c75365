"""Columns of numbers in one file, memory-mapped: opened, not read.

The form, in the machine's own byte order (a file of another order is not taken):
``mxpcols2``, Adler-32 of all that follows it, number of columns, then for each
column its name (32 bytes), type code (``B``, ``I``, ``Q`` or ``d``, as in ``array``), first
byte and number of items; then the columns, each on a multiple of 8 bytes.
The last column is the name under which the file was written.

The law: a file that is not exactly what was written, or that was given another name
since, is no file (``None``), so whoever opens one need not check what it holds. Checking
costs some milliseconds for ten megabytes; nothing is copied, and pages are shared
between processes.
"""

import mmap
import struct
import zlib
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mxpath.tables.files import write_file

Column = memoryview
"""Numbers: of a map, of an ``array`` or of a numpy array."""
Columns = Mapping[str, Column]
"""The columns of a table by name."""

_MAGIC = b"mxpcols2"
_HEAD = struct.Struct("=8sIIQ")  # magic, checksum, number of columns, length of the file
_ENTRY = struct.Struct("=32sc7xQQ")
_SIZES = {"B": 1, "I": 4, "Q": 8, "d": 8}
_OWN_NAME = "file"
_CHECKED_FROM = 12
"""Magic and checksum themselves are not summed."""


def write_columns(path: Path, columns: Mapping[str, Any]) -> None:
    """Write columns in one step: who opens ``path`` sees all of it or what was there before.

    Parameters
    ----------
    path
        Its directory is made when it is not there.
    columns
        Name to a flat buffer of unsigned 8, 32 or 64-bit numbers, or of 64-bit floats.

    Raises
    ------
    OSError
        When it cannot be written; nothing is left behind.
    """
    write_file(path, _parts({**columns, _OWN_NAME: path.name.encode()}))


def _parts(columns: Mapping[str, Any]) -> list[bytes | memoryview]:
    """Head, table of contents and the columns with their padding."""
    at = _HEAD.size + _ENTRY.size * len(columns)
    entries, body = [], []
    for name, column in columns.items():
        view = memoryview(column)
        code = _code(view)
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


def _code(view: memoryview) -> str:
    """The type code that is the same on every machine: numpy and ``array`` differ in theirs."""
    if view.format == "d":
        return "d"
    return next(code for code, size in _SIZES.items() if size == view.itemsize)


def open_columns(path: Path) -> dict[str, Column] | None:
    """Map a file of columns; ``None`` when there is none, or it is not whole or not its own."""
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):  # a map of nothing is a ValueError
        return None
    return read_columns(memoryview(mapped), path.name)


def read_columns(view: memoryview, name: str) -> dict[str, Column] | None:
    """Take the columns out of the bytes of a file that was written as ``name``."""
    columns = _taken_apart(view)
    if columns is None or bytes(columns.pop(_OWN_NAME, memoryview(b""))) != name.encode():
        return None
    return columns


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


Packed = dict[str, tuple[str, bytes]]


def packed(columns: Columns) -> Packed:
    """Return columns as values that can be pickled: type code and bytes of each."""
    views = {name: memoryview(column) for name, column in columns.items()}
    return {name: (_code(view), view.tobytes()) for name, view in views.items()}


def unpacked(columns: Packed) -> dict[str, Column]:
    """Return the columns that :func:`packed` took."""
    return {name: memoryview(array(code, data)) for name, (code, data) in columns.items()}
