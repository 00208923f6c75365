"""JSON of other tools: its records one by one, and their fields with their types.

A file is one document, an array of records, or one record a line. Every field is checked when
it is asked for: what does not fit is a ParseError that names source, line, record and field.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from ipaddress import IPv6Address
from typing import Any, NoReturn

from mxpath.errors import InputError, ParseError
from mxpath.formats.reading import check_size
from mxpath.model.address import IPAddress, parse_address

MAX_TEXT = 1024
"""Longer texts (names of hosts, of lists, versions) are cut, in characters."""
MAX_MILLISECONDS = 1e100
"""Whatever a tool tells, however absurd, but infinity."""
MAX_SECONDS = 2**35
"""Unix time in the year 3058: later moments are errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A JSON object, and where it stands."""

    fields: dict[str, Any]
    source: str
    line: int | None
    number: int
    """Of the record in its file, from 1."""
    place: str = ""
    """Path of this object within the record, such as ``result[2].``."""

    def fail(self, name: str, words: str) -> NoReturn:
        """Raise the ParseError of a field that does not fit."""
        raise ParseError(
            f"record {self.number}: {self.place}{name}: {words}", source=self.source, line=self.line
        )

    def text(self, name: str) -> str | None:
        """Return a string; ``None`` when it is not there or empty."""
        value = self.fields.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            self.fail(name, "is no text")
        return value[:MAX_TEXT].encode(errors="replace").decode()

    def integer(self, name: str, *, low: int = 0, high: int = 2**31 - 1) -> int | None:
        """Return a whole number from ``low`` to ``high``; ``None`` when it is not there."""
        value = self.fields.get(name)
        if value is None:
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.fail(name, f"is no whole number from {low} to {high}")
        return value

    def octet(self, name: str) -> int | None:
        """Return a whole number of eight bits, such as a TTL."""
        return self.integer(name, high=255)

    def word(self, name: str) -> int | None:
        """Return a whole number of sixteen bits, such as a port."""
        return self.integer(name, high=65535)

    def milliseconds(self, name: str) -> float | None:
        """Return a time of at least zero; ``None`` when it is not there."""
        value = self.fields.get(name)
        if value is None:
            return None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not 0 <= value <= MAX_MILLISECONDS:
            self.fail(name, "is no time in milliseconds")
        return float(value)

    def nanoseconds(self, name: str) -> int | None:
        """Return a moment in ns since 1970, which the file gives in seconds, as number or text."""
        value = self.fields.get(name)
        if value is None:
            return None
        try:
            seconds = Decimal(str(value)) if not isinstance(value, bool) else Decimal(-1)
        except InvalidOperation:
            seconds = Decimal(-1)
        if not 0 <= seconds <= MAX_SECONDS:
            self.fail(name, "is no moment in seconds since 1970")
        return int(seconds * 10**9)

    def moment(self, name: str) -> datetime | None:
        """Return a moment that the file gives in seconds since 1970; ``None`` when it is 0."""
        ns = self.nanoseconds(name)
        return moment(ns) if ns else None

    def address(self, name: str) -> IPAddress | None:
        """Return an address; ``None`` when it is not there, empty or ``*``."""
        value = self.text(name)
        if value is None or value == "*":
            return None
        try:
            return plain_address(value)
        except InputError:
            self.fail(name, "is no address")

    def child(self, name: str) -> "Record | None":
        """Return the object of that name; ``None`` when it is not there."""
        value = self.fields.get(name)
        return None if value is None else self._below(value, name)

    def children(self, name: str) -> tuple["Record", ...]:
        """Return the objects of the array of that name; none when it is not there."""
        values = self.fields.get(name)
        if values is None:
            return ()
        if not isinstance(values, list):
            self.fail(name, "is no array")
        return tuple(self._below(value, f"{name}[{n}]") for n, value in enumerate(values))

    def arrays(self, name: str) -> tuple[tuple["Record", ...], ...]:
        """Return the objects of an array of arrays; none when it is not there."""
        values = self.fields.get(name)
        if values is None:
            return ()
        if not isinstance(values, list):
            self.fail(name, "is no array")
        rows = replace(self, fields={f"{name}[{n}]": row for n, row in enumerate(values)})
        return tuple(rows.children(place) for place in rows.fields)

    def _below(self, value: object, name: str) -> "Record":
        if not isinstance(value, dict):
            self.fail(name, "is no object")
        return Record(
            fields=value,
            source=self.source,
            line=self.line,
            number=self.number,
            place=f"{self.place}{name}.",
        )


def records(content: bytes, *, source: str) -> Iterator[Record]:
    """Yield the objects of a file: of a document, of an array, or one a line.

    Raises
    ------
    ParseError
        When it is too large, no JSON, or something else than objects.
    """
    check_size(content, source=source)
    number = 0
    for line, text in _documents(content):
        value = _load(text, source=source, line=line)
        for each in value if isinstance(value, list) else [value]:
            number += 1
            yield _record(each, source=source, line=line, number=number)


def moment(ns: int) -> datetime:
    """Return the moment of ``ns`` since 1970, to the microsecond."""
    seconds, rest = divmod(ns, 10**9)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)


def plain_address(text: str) -> IPAddress:
    """Read an address as it would be on the wire: without zone, an IPv4 one never inside IPv6.

    Raises
    ------
    InputError
        When ``text`` is no address.
    """
    address = parse_address(text.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _record(value: object, *, source: str, line: int | None, number: int) -> Record:
    if not isinstance(value, dict):
        raise ParseError(f"record {number} is no object", source=source, line=line)
    return Record(fields=value, source=source, line=line, number=number)


def _documents(content: bytes) -> Iterator[tuple[int | None, bytes]]:
    """Cut a file with one document a line; any other is one document."""
    lines = content.splitlines()
    full = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if len(full) > 1 and _is_whole(full[0][1]):
        yield from full
    else:
        yield None, content


def _is_whole(line: bytes) -> bool:
    """Whether a first line holds a whole document, so that each further line holds one too."""
    if not line.strip().startswith(b"{"):
        return False
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _load(text: bytes, *, source: str, line: int | None) -> object:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        at = error.lineno if line is None else line
        raise ParseError(
            f"no JSON: {error.msg} (column {error.colno})", source=source, line=at
        ) from error
    except UnicodeDecodeError as error:
        at = line or text.count(b"\n", 0, error.start) + 1
        raise ParseError("no JSON: not UTF-8", source=source, line=at) from error
    except (ValueError, RecursionError) as error:
        raise ParseError(f"no JSON: {error}", source=source, line=line or 1) from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
