"""``gazetteer.toml``: which snapshots a gazetteer directory holds, read and written.

    as_of = 2026-06-17          # the date the whole stands for; left out when dates differ
    public = []                 # special-purpose ranges that count as public: lab worlds only
    routing = "https://…"       # where live routing state may be asked for; nobody when left out

    [[snapshot]]
    name = "pfx2as"             # a key of DATASETS
    files = ["pfx2as.txt.xz"]   # inside this directory
    publisher = "…"
    as_of = 2026-06-17
    sha256 = "…"                # of the files' bytes one after the other, in this order
    licence = "…"
    url = "…"
    attribution = "…"
    tables = ["tables/…"]       # built from the snapshot, ready to be mapped (mxpath data build)
    rows = 655961               # how many rows the tables were built from
    skipped = [["no AS", 3]]    # why rows were left out, and how many
    noted = [["longer", 2]]     # what is odd about rows that were kept, and how many

The order of the snapshots is the order in which they are asked. Unknown keys are errors.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from ipaddress import ip_network
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn, TypeVar

from mxpath.errors import ParseError, SnapshotError
from mxpath.model.address import Prefix
from mxpath.model.snapshot import SnapshotRef

FILE_NAME = "gazetteer.toml"
_MAX_BYTES = 2**20
_LEFT_OUT = ("tables", "skipped", "noted")
"""Not written when they are empty."""
_T = TypeVar("_T")
_Read = Callable[[Any, str], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One snapshot of the manifest."""

    name: str
    files: tuple[str, ...]
    publisher: str
    as_of: date
    sha256: str
    licence: str
    url: str = ""
    attribution: str = ""
    tables: tuple[str, ...] = ()
    """Tables built from the snapshot, inside the directory; the files may then be gone."""
    rows: int | None = None
    """How many rows the tables were built from."""
    skipped: tuple[tuple[str, int], ...] = ()
    """Why rows were left out of them, and how many."""
    noted: tuple[tuple[str, int], ...] = ()
    """What is odd about rows that were kept, and how many."""

    @property
    def ref(self) -> SnapshotRef:
        """The snapshot as an answer names it."""
        return SnapshotRef(
            name=self.name,
            publisher=self.publisher,
            as_of=self.as_of,
            sha256=self.sha256,
            licence=self.licence,
            url=self.url,
            attribution=self.attribution,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What ``gazetteer.toml`` says."""

    as_of: date | None = None
    public: tuple[Prefix, ...] = ()
    routing: str = ""
    """Service that tells live routing state; empty where none may be asked."""
    snapshot: tuple[Entry, ...] = ()


def read_manifest(directory: Path) -> Manifest:
    """Read the manifest of a gazetteer directory.

    Raises
    ------
    SnapshotError
        When the directory or its manifest is not there; the message names what is.
    ParseError
        When the manifest is not TOML, has unknown keys or names files outside the directory.
    """
    path = directory / FILE_NAME
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise SnapshotError(_what_is_there(directory)) from error
    if len(data) > _MAX_BYTES:
        raise ParseError(f"larger than {_MAX_BYTES} bytes", source=str(path))
    manifest = _parse(data, source=str(path))
    for entry in manifest.snapshot:
        for name in (*entry.files, *entry.tables):
            parts = PurePosixPath(name)
            if parts.is_absolute() or ".." in parts.parts:
                raise ParseError(f"{entry.name}: {name!r} lies outside", source=str(path))
    return manifest


def _parse(data: bytes, *, source: str) -> Manifest:
    """Check every value by hand: what does that for large documents takes long to import."""
    try:
        table = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ParseError(str(error), source=source) from error
    read = _Reader(source)
    return read.value(
        Manifest,
        table,
        "",
        {
            "as_of": read.day,
            "public": lambda value, place: read.each(read.prefix, value, place),
            "routing": read.text,
            "snapshot": lambda value, place: read.each(read.entry, value, place),
        },
    )


class _Reader:
    """Values of the file by kind; what is of another kind is a ParseError with its place."""

    def __init__(self, source: str) -> None:
        self._source = source

    def _refuse(self, place: str, wanted: str, value: Any) -> NoReturn:
        raise ParseError(
            f"{place}: expected {wanted}, found {str(value)[:80]!r}", source=self._source
        )

    def value(self, kind: type[_T], table: Any, place: str, readers: Mapping[str, _Read]) -> _T:
        """Build a value of ``kind``; keys that it has not are refused, missing ones too."""
        if not isinstance(table, dict):
            self._refuse(place, "a table", table)
        dot = f"{place}." if place else ""
        for key in table.keys() - readers.keys():
            raise ParseError(f"{dot}{key}: unknown key", source=self._source)
        found = {key: readers[key](value, f"{dot}{key}") for key, value in table.items()}
        try:
            return kind(**found)
        except TypeError as error:
            raise ParseError(f"{place or 'manifest'}: {error}", source=self._source) from error

    def each(self, read: _Read, value: Any, place: str) -> tuple[Any, ...]:
        """Read a list."""
        if not isinstance(value, list):
            self._refuse(place, "a list", value)
        return tuple(read(item, f"{place}.{n}") for n, item in enumerate(value))

    def text(self, value: Any, place: str) -> str:
        """Read a string."""
        return value if isinstance(value, str) else self._refuse(place, "text", value)

    def day(self, value: Any, place: str) -> date:
        """Read a date, without a time of day."""
        return value if type(value) is date else self._refuse(place, "a date", value)

    def prefix(self, value: Any, place: str) -> Prefix:
        """Read a prefix."""
        try:
            return ip_network(self.text(value, place))
        except ValueError:
            self._refuse(place, "a prefix", value)

    def count(self, value: Any, place: str) -> int:
        """Read a number of things."""
        if type(value) is not int or value < 0:
            self._refuse(place, "a count", value)
        return int(value)

    def reason(self, value: Any, place: str) -> tuple[str, int]:
        """Read a reason and how often it was met."""
        if not isinstance(value, list) or len(value) != 2:
            self._refuse(place, "a reason and a count", value)
        return self.text(value[0], place), self.count(value[1], place)

    def entry(self, value: Any, place: str) -> Entry:
        """Read a snapshot."""
        readers: dict[str, _Read] = {field.name: self.text for field in fields(Entry)}
        readers["as_of"] = self.day
        readers["files"] = readers["tables"] = lambda item, at: self.each(self.text, item, at)
        readers["rows"] = self.count
        readers["skipped"] = readers["noted"] = lambda item, at: self.each(self.reason, item, at)
        return self.value(Entry, value, place, readers)


def _what_is_there(directory: Path) -> str:
    if directory.is_file():
        return f"no gazetteer at {directory}: that is a file; name the directory"
    if not directory.is_dir():
        return f"no gazetteer at {directory}: there is no such directory"
    names = sorted(path.name for path in directory.iterdir())
    if not names:
        return f"no gazetteer at {directory}: the directory is empty"
    there = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    return f"no gazetteer at {directory}: it has no {FILE_NAME}, but {there}"


def manifest_text(
    entries: Iterable[Entry],
    *,
    as_of: date | None = None,
    public: Iterable[Prefix] = (),
    routing: str = "",
) -> str:
    """Write a manifest; equal arguments give equal text."""
    lines = [] if as_of is None else [f"as_of = {as_of.isoformat()}"]
    ranges = ", ".join(_string(str(prefix)) for prefix in public)
    lines.append(f"public = [{ranges}]")
    if routing:
        lines.append(f"routing = {_string(routing)}")
    for entry in entries:
        lines += ["", "[[snapshot]]"]
        for field in fields(entry):
            value = getattr(entry, field.name)
            if value is None or (field.name in _LEFT_OUT and not value):
                continue
            lines.append(f"{field.name} = {_toml(value)}")
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return str(value) if isinstance(value, int) else _string(value)


def _string(text: str) -> str:
    import json  # noqa: PLC0415 - only to write

    # A JSON string is a TOML basic string, but for DEL, which TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
