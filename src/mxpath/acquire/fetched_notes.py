"""What is noted of a fetched snapshot beside its manifest: whence each file came, and when.

``fetched.json`` serves further fetches only: which version of a file is here, and what
an interrupted fetch has finished. One that cannot be read says that nothing is.
"""

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mxpath.model.download import Validators

NOTES = "fetched.json"
_LARGEST = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FileNote:
    """Where a file came from."""

    url: str
    said_at: datetime
    """When its publisher answered, else when it came."""
    octets: int
    etag: str | None = None
    modified: str | None = None

    @property
    def validators(self) -> Validators:
        """Which version it is."""
        return Validators(etag=self.etag, modified=self.modified)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """Of all files of a snapshot."""

    asked_at: datetime | None = None
    """When its publisher was last asked whether there is anything newer."""
    files: dict[str, FileNote] = field(default_factory=dict)


def read_notes(directory: Path) -> Notes:
    """Read the notes of a snapshot."""
    try:
        path = directory / NOTES
        if path.stat().st_size > _LARGEST:
            return Notes()
        told: Any = json.loads(path.read_bytes())
        files = {
            name: FileNote(**{**note, "said_at": _moment(note["said_at"])})
            for name, note in told["files"].items()
        }
        asked = told["asked_at"]
        return Notes(asked_at=None if asked is None else _moment(asked), files=files)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Notes()


def write_notes(directory: Path, notes: Notes) -> None:
    """Write the notes in one step; raises OSError."""
    new = directory / f"{NOTES}.new"
    new.write_text(json.dumps(asdict(notes), default=str, indent=1), encoding="utf-8")
    new.replace(directory / NOTES)


def _moment(text: str) -> datetime:
    told = datetime.fromisoformat(text)
    return told if told.tzinfo is not None else told.replace(tzinfo=UTC)
