"""Values <-> JSON: the native file format of mxpath.

A document is ``{"schema": "mxpath.study/1", …fields}``. The number changes when
a reader of the old form would misread the new one. Reading validates every
field; writing is deterministic, so equal values are equal bytes.
"""

import json
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import TypeAdapter, ValidationError

from mxpath.errors import ParseError

T = TypeVar("T")

MAX_BYTES = 256 * 2**20
"""Larger documents are refused unread."""


_adapters: dict[Any, TypeAdapter[Any]] = {}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    """The codec of ``kind``; building one costs tens of milliseconds, so each is kept."""
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def schema_name(kind: type) -> str:
    """Return the name that documents of ``kind`` carry, such as ``mxpath.study/1``."""
    words = "".join(f"-{c.lower()}" if c.isupper() else c for c in kind.__name__).lstrip("-")
    return f"mxpath.{words}/1"


def to_data(value: Any) -> Any:
    """Return ``value`` as plain JSON data (dicts, lists, strings, numbers, ``None``)."""
    return _adapter(type(value)).dump_python(value, mode="json")


def dump(value: Any) -> bytes:
    """Return the JSON document of a model value: UTF-8, indented, one trailing newline."""
    document = {"schema": schema_name(type(value)), **to_data(value)}
    return json.dumps(document, indent=1, ensure_ascii=False).encode() + b"\n"


def load(kind: type[T], document: bytes, *, source: str = "document") -> T:
    """Read a document that :func:`dump` wrote.

    Raises
    ------
    ParseError
        When it is too large, not JSON, of another schema, or a field does not fit.
    """
    if len(document) > MAX_BYTES:
        raise ParseError(f"larger than {MAX_BYTES} bytes", source=source)
    try:
        data = json.loads(document, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"not a JSON document: {error}", source=source) from error
    expected = schema_name(kind)
    found = data.get("schema") if isinstance(data, dict) else None
    if found != expected:
        raise ParseError(f"schema is {found!r}, expected {expected!r}", source=source)
    return from_data(kind, data, source=source)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def from_data(kind: type[T], data: Any, *, source: str = "document") -> T:
    """Build a value of ``kind`` from plain JSON data.

    Raises
    ------
    ParseError
        When a field is missing or does not fit.
    """
    try:
        # JSON strings stand for addresses, dates and enumerations: validate as JSON does.
        value: T = _adapter(kind).validate_json(json.dumps(data))
    except (ValidationError, ValueError, RecursionError) as error:
        raise ParseError(_first_problem(error), source=source) from error
    return value


def _first_problem(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]


def read_file(kind: type[T], path: Path) -> T:
    """Read a document from a file.

    Raises
    ------
    ParseError
        When the file cannot be read or does not fit.
    """
    try:
        document = path.read_bytes()
    except OSError as error:
        raise ParseError(error.strerror or str(error), source=str(path)) from error
    return load(kind, document, source=str(path))


def json_schema(kind: type) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of documents of ``kind``."""
    schema = _adapter(kind).json_schema(mode="serialization")
    properties = {"schema": {"const": schema_name(kind)}, **schema.get("properties", {})}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "properties": properties,
        "required": ["schema", *schema.get("required", [])],
    }
