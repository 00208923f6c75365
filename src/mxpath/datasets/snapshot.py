"""What a data set is, and how one dated copy of it is read from disk.

A data set has a :class:`Spec`; a copy of it of one date is a snapshot: one or
more files, plain or compressed, whose bytes have a known SHA-256. A parser
reads lines or bytes, raises ParseError with source and line on what it cannot
read, and counts in a :class:`Tally` what it could read but has no use for.
"""

import bz2
import gzip
import hashlib
import io
import lzma
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from mxpath.errors import ParseError, SnapshotError

MAX_FILE_BYTES = 256 * 2**20
"""A larger file, as it lies on disk, is refused unread."""
MAX_DOCUMENT_BYTES = 1024 * 2**20
"""A file that unpacks to more than this is refused."""
MAX_LINE_CHARACTERS = 64 * 1024
_NOTED_REASONS = 20
_PIECE_BYTES = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What a data set is, who publishes it, and under which terms."""

    name: str
    publisher: str
    licence: str
    cadence: str
    """How often the publisher renews it, in words."""
    url: str
    """Where one date of it lies; ``{…}`` marks what changes with the date."""
    gives: str
    """What the gazetteer learns from it."""
    attribution: str = ""
    """The line that the terms ask to be shown."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts that a parser fills while its rows stream by."""

    rows: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    """Why rows were left out, and how many."""
    noted: dict[str, int] = field(default_factory=dict)
    """What is odd about rows that were kept, and how many."""

    def skip(self, reason: str, count: int = 1) -> None:
        """Count rows that were readable but of no use, or that should be there and are not."""
        _count(self.skipped, reason, count)

    def note(self, reason: str, count: int = 1) -> None:
        """Count rows that were kept although they are odd."""
        _count(self.noted, reason, count)

    def add(self, other: "Tally") -> None:
        """Take the counts of another tally along."""
        self.rows += other.rows
        for reason, count in other.skipped.items():
            self.skip(reason, count)
        for reason, count in other.noted.items():
            self.note(reason, count)

    @property
    def reasons(self) -> tuple[tuple[str, int], ...]:
        """Why rows were left out and how many, by reason."""
        return tuple(sorted(self.skipped.items()))

    @property
    def oddities(self) -> tuple[tuple[str, int], ...]:
        """What is odd about rows that were kept and how many, by reason."""
        return tuple(sorted(self.noted.items()))

    @property
    def skipped_rows(self) -> int:
        """How many rows were left out in all."""
        return sum(self.skipped.values())


def _count(counts: dict[str, int], reason: str, count: int) -> None:
    if reason not in counts and len(counts) >= _NOTED_REASONS:
        reason = "other"
    counts[reason] = counts.get(reason, 0) + count


def read_files(paths: Iterable[Path]) -> tuple[bytes, ...]:
    """Return the bytes of each file as they lie on disk.

    Raises
    ------
    SnapshotError
        When a file is missing, unreadable or larger than ``MAX_FILE_BYTES``.
    """
    return tuple(_read_file(path) for path in paths)


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise SnapshotError(f"no data at {path}: {error.strerror}") from error
    if len(data) > MAX_FILE_BYTES:
        raise SnapshotError(f"{path} is larger than {MAX_FILE_BYTES} bytes; nothing was read")
    return data


def digest(contents: Iterable[bytes]) -> str:
    """Return the SHA-256 of the files' bytes one after the other, in hexadecimal.

    Examples
    --------
    >>> digest([b"a", b"bc"]) == digest([b"abc"])
    True
    """
    total = hashlib.sha256()
    for content in contents:
        total.update(content)
    return total.hexdigest()


def digest_of(paths: Iterable[Path]) -> str:
    """Return the same of files of any size, which are read piece by piece.

    Raises
    ------
    SnapshotError
        When a file is missing or unreadable.
    """
    total = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as file:
                while piece := file.read(_PIECE_BYTES):
                    total.update(piece)
        except OSError as error:
            raise SnapshotError(f"no data at {path}: {error.strerror}") from error
    return total.hexdigest()


def unpacked(file: BinaryIO, *, name: str = "") -> BinaryIO | io.BufferedIOBase:
    """Return what reads the inside of an open file; its first octets or name tell the packing."""
    start = file.read(6)
    file.seek(0)
    if start.startswith(b"\xfd7zXZ\0") or name.endswith(".xz"):
        return lzma.open(file)
    if start.startswith(b"\x1f\x8b") or name.endswith(".gz"):
        return gzip.open(file)
    if start.startswith(b"BZh") or name.endswith(".bz2"):
        return bz2.open(file)
    return file


def unpack(data: bytes, *, source: str) -> bytes:
    """Return the document inside ``data``; the end of ``source`` or its first octets tell the packing.

    Raises
    ------
    ParseError
        When the packing is broken or the document exceeds ``MAX_DOCUMENT_BYTES``.
    """
    try:
        with unpacked(io.BytesIO(data), name=source) as file:
            document = file.read(MAX_DOCUMENT_BYTES + 1)
    except (OSError, EOFError, lzma.LZMAError, ValueError) as error:
        raise ParseError(f"cannot be unpacked: {error}", source=source) from error
    if len(document) > MAX_DOCUMENT_BYTES:
        raise ParseError(f"unpacks to more than {MAX_DOCUMENT_BYTES} bytes", source=source)
    return document


def lines_of(document: bytes, *, source: str) -> Iterator[str]:
    """Yield the lines of a UTF-8 document without their ends.

    Raises
    ------
    ParseError
        On bytes that are not UTF-8, and on lines beyond ``MAX_LINE_CHARACTERS``.
    """
    for number, line in enumerate(io.BytesIO(document), start=1):
        if len(line) > MAX_LINE_CHARACTERS:
            raise ParseError("line is too long", source=source, line=number)
        try:
            yield line.decode().rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise ParseError("is not UTF-8 text", source=source, line=number) from error
