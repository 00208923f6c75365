"""Which format a file has, and files that are compressed."""

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable

from mxpath.errors import ParseError
from mxpath.formats import READERS, reading
from mxpath.model.trace import Trace

HEAD_BYTES = 2**16
"""So much of a file decides about its format."""
_PACKED: dict[bytes, Callable[[io.BytesIO], io.BufferedIOBase]] = {
    b"\x1f\x8b": lambda packed: gzip.GzipFile(fileobj=packed),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}


def guess(head: bytes) -> str | None:
    """Return the name of the first reader that a file with this beginning fits.

    Parameters
    ----------
    head
        The first octets, of the content that :func:`unpacked` returns; more than 64 KiB are not
        looked at.
    """
    head = head[:HEAD_BYTES]
    return next((name for name, reader in READERS.items() if reader.fits(head)), None)


def unpacked(content: bytes, *, source: str) -> bytes:
    """Return what a gzip, bzip2 or xz file holds; any other is returned as it is.

    Raises
    ------
    ParseError
        When it is damaged, or holds too much.
    """
    opener = next((found for start, found in _PACKED.items() if content.startswith(start)), None)
    if opener is None:
        return content
    try:
        with opener(io.BytesIO(content)) as stream:
            held = stream.read(reading.MAX_BYTES + 1)
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        raise ParseError(f"cannot be unpacked: {error}", source=source) from error
    if len(held) > reading.MAX_BYTES:
        raise ParseError(f"holds more than {reading.MAX_BYTES} bytes", source=source)
    return held


def read(content: bytes, *, source: str, name: str | None = None) -> tuple[Trace, ...]:
    """Read the traces of a file, compressed or not.

    Parameters
    ----------
    name
        Of the reader; ``None`` to guess.

    Raises
    ------
    ParseError
        When no reader fits, or the one that does cannot read it.
    """
    held = unpacked(content, source=source)
    found = guess(held) if name is None else name
    if found is None:
        known = ", ".join(reader.title for reader in READERS.values())
        raise ParseError(f"no format of traces that is known here ({known})", source=source)
    return READERS[found].read(held, source=source)
