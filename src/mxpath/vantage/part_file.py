"""What is there of a file that is being downloaded, and which version of it that is.

Beside ``NAME`` lie, until it is whole, ``NAME.part`` (the octets so far) and
``NAME.part.json`` (of which URL and version they are). The law: octets without a note,
or with one that names another URL or no version that could be asked for again, are
worth nothing; what is whole takes its name in one step.
"""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from io import BufferedWriter
from pathlib import Path
from typing import Any

_LARGEST_NOTE = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is there of a file, and how to ask for the rest."""

    url: str
    validator: str
    """For ``If-Range``: a strong entity tag, or a date that is as good (RFC 9110 section 13.1.5)."""
    total: int | None
    octets: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return self.total is not None and self.octets == self.total


class PartFile:
    """The unfinished form of ``path``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        self._note = path.with_name(f"{path.name}.part.json")

    def kept(self, url: str) -> Kept | None:
        """Return what is there of ``url``; what is of no use is removed."""
        with suppress(OSError, ValueError, TypeError, RecursionError):
            if self._note.stat().st_size <= _LARGEST_NOTE:
                note: Any = json.loads(self._note.read_bytes())
                kept = Kept(**{**note, "octets": self._part.stat().st_size})
                fits = kept.total is None or kept.octets <= kept.total
                if kept.url == url and kept.validator and kept.octets and fits:
                    return kept
        self.drop()
        return None

    def begin(self, url: str, *, validator: str, total: int | None) -> BufferedWriter:
        """Start anew; raises OSError."""
        self.drop()
        file = self._part.open("wb")
        try:
            if validator:
                note = asdict(Kept(url=url, validator=validator, total=total))
                del note["octets"]
                self._note.write_text(json.dumps(note))
        except OSError:
            file.close()
            raise
        return file

    def resume(self) -> BufferedWriter:
        """Go on behind what is there; raises OSError."""
        return self._part.open("ab")

    def finish(self) -> int:
        """Give the file its name and return its size; raises OSError."""
        self._note.unlink(missing_ok=True)
        self._part.replace(self._path)
        return self._path.stat().st_size

    def drop(self) -> None:
        """Remove what is there."""
        self._note.unlink(missing_ok=True)
        self._part.unlink(missing_ok=True)
