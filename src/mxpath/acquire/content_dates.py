"""Of which day a published document says that it is.

Only what a document says of itself at its head (or, for PeeringDB, beside its rows) is
read: file names and HTTP dates are others' business. ``None`` where it says nothing.
"""

import json
import re
import zlib
from datetime import UTC, date, datetime
from pathlib import Path

_HEAD_OCTETS = 64 * 1024
_TAIL_OCTETS = 4 * 1024


def of_vrps(path: Path) -> date | None:
    """``buildtime`` of rpki-client's metadata, ``generatedTime`` of routinator's."""
    return _told(_head(path), rb'"(?:buildtime|generatedTime)"\s*:\s*"(\d{4}-\d\d-\d\d)')


def of_rdap(path: Path) -> date | None:
    """``publication`` (RFC 9224 section 3)."""
    return _told(path.read_bytes(), rb'"publication"\s*:\s*"(\d{4}-\d\d-\d\d)')


def of_iana(path: Path) -> date | None:
    """``<updated>`` at the head of a registry."""
    return _told(_head(path), rb"<updated>\s*(\d{4}-\d\d-\d\d)\s*</updated>")


def of_delegated(path: Path) -> date | None:
    """``enddate`` of the version line, else its serial number."""
    for line in _head(path).splitlines():
        fields = line.split(b"|")
        if len(fields) >= 6 and re.fullmatch(rb"2(\.\d)?", fields[0]):
            return _digits(fields[5]) or _digits(fields[2])
    return None


def of_peeringdb(path: Path) -> date | None:
    """``meta.generated`` of a document out of PeeringDB's cache; a live answer has none."""
    for part in (_head(path), _tail(path)):
        found = re.search(rb'"meta"\s*:\s*(\{[^{}]*\})', part)
        if found is not None:
            return _generated(found[1])
    return None


def of_mrt(path: Path) -> date | None:
    """Time stamp of the first record (RFC 6396 section 2)."""
    head = _head(path, 4096)
    if head[:2] == b"\x1f\x8b":
        try:
            head = zlib.decompressobj(31).decompress(head, 16)
        except zlib.error:
            return None
    elif head[:3] == b"BZh":
        return None  # nothing of a bzip2 file is known before its first 900 kB
    return _day(int.from_bytes(head[:4])) if len(head) >= 12 else None


def _generated(meta: bytes) -> date | None:
    try:
        told = json.loads(meta).get("generated")
        return _day(float(told)) if isinstance(told, int | float) else None
    except ValueError:
        return None


def _day(seconds: float) -> date | None:
    try:
        return datetime.fromtimestamp(seconds, UTC).date()
    except (ValueError, OverflowError, OSError):
        return None


def _told(text: bytes, pattern: bytes) -> date | None:
    found = re.search(pattern, text)
    return _digits(found[1].replace(b"-", b"")) if found is not None else None


def _digits(text: bytes) -> date | None:
    try:
        return datetime.strptime(text.decode(), "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def _head(path: Path, octets: int = _HEAD_OCTETS) -> bytes:
    with path.open("rb") as file:
        return file.read(octets)


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL_OCTETS))
        return file.read()
