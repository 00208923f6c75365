"""Whether what came is what was wanted: read by its data set's own parser, and by checksum."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from mxpath.datasets.catalog import DATASETS
from mxpath.datasets.snapshot import Tally, lines_of, read_files, unpack
from mxpath.errors import ParseError
from mxpath.model.foreign_text import printable

_PIECE_OCTETS = 1 << 20


def prove(dataset: str, path: Path) -> int:
    """Read a file with the parser of its data set and return how many rows it has.

    Of a table of routes, which takes minutes, only the first stretch is read.

    Raises
    ------
    ParseError
        When it cannot be read, or has no row; the message shows its first line.
    SnapshotError
        When it is too large to be read.
    """
    try:
        rows = _routes(path) if DATASETS[dataset].stream is not None else _rows(dataset, path)
    except ParseError as error:
        words = str(error).replace(str(path), path.name)
        raise ParseError(f"what came is no {dataset}: {words}{_begins(path)}") from error
    if not rows:
        raise ParseError(f"what came has no row of {dataset} in it{_begins(path)}")
    return rows


def _rows(dataset: str, path: Path) -> int:
    kind, tally = DATASETS[dataset], Tally()
    (content,) = read_files([path])
    source = str(path)
    document = unpack(content, source=source)
    del content
    read = document if kind.whole else lines_of(document, source=source)
    return sum(1 for _ in kind.parse(read, source=source, tally=tally))


def _routes(path: Path) -> int:
    from mxpath.datasets import mrt  # noqa: PLC0415 - loads numpy

    with path.open("rb") as file:
        return next((len(batch) for batch in mrt.parse(file, source=str(path), lenient=True)), 0)


def _begins(path: Path) -> str:
    """How a text begins, made harmless; nothing of what is no text."""
    with path.open("rb") as file:
        head = file.read(200)
    line = head.splitlines()[0] if head.strip() else b""
    text = line.decode("utf-8", "replace")
    return (
        f"; it begins with {printable(text, limit=60)!r}" if text and "\ufffd" not in text else ""
    )


def sha256_of(paths: Iterable[Path]) -> str:
    """Return the SHA-256 of the files' bytes one after the other, in hexadecimal."""
    total = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while piece := file.read(_PIECE_OCTETS):
                total.update(piece)
    return total.hexdigest()


def md5_of(path: Path) -> str:
    """Return the MD5 of a file: what registries publish, a guard against accidents alone."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def published_md5(document: bytes) -> str | None:
    """Read an MD5 in either form: ``MD5 (NAME) = HEX`` and ``HEX  NAME``."""
    found = re.search(rb"\b[0-9a-fA-F]{32}\b", document[:1000])
    return found[0].decode().lower() if found is not None else None
