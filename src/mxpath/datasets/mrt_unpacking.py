"""The octets of a plain, gzip, bzip2 or xz file in blocks, unpacked some blocks ahead.

zlib, bz2 and lzma let go of the interpreter while they work: the next block is
unpacked on another core while those before are read.
"""

import bz2
import lzma
import zlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import BinaryIO, Protocol

from mxpath.errors import ParseError

BLOCK_BYTES = 2**20
"""How much is unpacked at once: small enough for caches, large enough that blocks recur."""
MAX_UNPACKED_BYTES = 16 * 2**30
"""A stream that unpacks to more is refused; a large collector's table has some 4 GiB."""
_READ_BYTES = 2**18
_AHEAD = 2
"""Blocks that are unpacked ahead, so that neither side waits for the other's pauses."""
_LZMA_MEMORY_BYTES = 256 * 2**20
_GZIP, _BZIP2, _XZ = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00"


class _Unpacker(Protocol):
    """What bz2 and lzma have in common, and zlib is made to have."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Gzip:
    """zlib's decompressor with the face of the others."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


def _unpacker(head: bytes) -> _Unpacker | None:
    """Return what unpacks a stream that begins so, ``None`` for a plain one."""
    if head.startswith(_GZIP):
        return _Gzip()
    if head.startswith(_BZIP2):
        return bz2.BZ2Decompressor()
    if head.startswith(_XZ):
        return lzma.LZMADecompressor(memlimit=_LZMA_MEMORY_BYTES)
    return None


def blocks(content: bytes | BinaryIO, *, source: str) -> Iterator[bytes]:
    """Yield the octets of a file in blocks; its first octets tell how it is packed.

    Raises
    ------
    ParseError
        When the packing is broken or ends early, or when more comes out than
        ``MAX_UNPACKED_BYTES``; all that could be unpacked has been yielded before.
    """
    file = BytesIO(content) if isinstance(content, bytes) else content
    head = _read(file, _READ_BYTES, source)
    unpacker = _unpacker(head)
    if unpacker is None:
        yield from _limited(_plain(file, head, source), source)
        return
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="unpack") as pool:
        inner = _gathered(_limited(_unpacked(file, head, unpacker, source), source))
        coming = deque(pool.submit(next, inner, b"") for _ in range(_AHEAD))
        try:
            while block := coming.popleft().result():
                coming.append(pool.submit(next, inner, b""))
                yield block
        finally:
            pool.shutdown(cancel_futures=True)


def _read(file: BinaryIO, size: int, source: str) -> bytes:
    try:
        return file.read(size)
    except OSError as error:
        raise ParseError(f"cannot be read: {error}", source=source) from error


def _plain(file: BinaryIO, head: bytes, source: str) -> Iterator[bytes]:
    block = head + _read(file, BLOCK_BYTES, source)
    while block:
        yield block
        block = _read(file, BLOCK_BYTES, source)


def _limited(inner: Iterator[bytes], source: str) -> Iterator[bytes]:
    total = 0
    for block in inner:
        total += len(block)
        if total > MAX_UNPACKED_BYTES:
            raise ParseError(f"unpacks to more than {MAX_UNPACKED_BYTES} bytes", source=source)
        yield block


def _gathered(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Join parts to blocks; what was whole before an error is yielded before it."""
    held: list[bytes] = []
    size = 0
    try:
        for part in parts:
            held.append(part)
            size += len(part)
            if size >= BLOCK_BYTES:
                yield b"".join(held)
                held, size = [], 0
    except ParseError:
        if size:
            yield b"".join(held)
        raise
    if size:
        yield b"".join(held)


def _unpacked(file: BinaryIO, data: bytes, unpacker: _Unpacker, source: str) -> Iterator[bytes]:
    """Unpack stream after stream."""
    total = 0
    while True:
        try:
            part = unpacker.decompress(data, BLOCK_BYTES)
        except (OSError, EOFError, lzma.LZMAError, zlib.error, ValueError) as error:
            raise _broken(total, f"packing is broken: {error}", source) from error
        total += len(part)
        yield part
        data = b""
        if unpacker.eof:
            data = unpacker.unused_data.lstrip(b"\0")
            data += _read(file, _READ_BYTES, source)
            if not data:
                return
            following = _unpacker(data)
            if following is None:
                raise _broken(total, "something else follows the packed data", source)
            unpacker = following
        elif unpacker.needs_input:
            data = _read(file, _READ_BYTES, source)
            if not data:
                raise _broken(total, "packed data ends early", source)


def _broken(total: int, why: str, source: str) -> ParseError:
    return ParseError(f"byte {total} of what is unpacked: {why}", source=source)
