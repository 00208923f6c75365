"""JSON objects out of HTTP answers of strangers: looked at before they are parsed.

The law: what declares another media type, comes packed (nobody asked for that), is larger or
nested deeper than such answers are, or is no JSON object, is refused with the reason.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from mxpath.errors import ParseError
from mxpath.model.foreign_text import printable
from mxpath.model.http import HttpAnswer

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What answers of one sort look like."""

    media_types: tuple[str, ...]
    """What may be declared, in lower case."""
    max_octets: int
    max_depth: int
    """Brackets within brackets."""


def load_object(
    body: bytes, content_type: str | None, form: Form, *, source: str
) -> dict[str, Any]:
    """Return the JSON object that ``body`` is.

    Parameters
    ----------
    body
        The document as it came.
    content_type
        As the server declared it; ``None`` where it did not.
    form
        What is expected.
    source
        Who answered, for the messages.

    Raises
    ------
    ParseError
        When it is none of that form.
    """
    declared = (content_type or form.media_types[0]).split(";")[0].strip().lower()
    if declared not in form.media_types:
        raise ParseError(f"answered with {printable(declared, limit=60)}", source=source)
    if len(body) > form.max_octets:
        raise ParseError(f"larger than {form.max_octets} octets", source=source)
    if nesting(body) > form.max_depth:
        raise ParseError(f"nested deeper than {form.max_depth} levels", source=source)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"no JSON: {error}", source=source) from error
    if not isinstance(document, dict):
        raise ParseError("no JSON object", source=source)
    return document


def nesting(body: bytes) -> int:
    r"""Return the deepest nesting of brackets outside strings; an upper bound for broken JSON.

    Examples
    --------
    >>> nesting(rb'{"a": [1, "[[[", "\"["]}')
    2
    """
    depth = deepest = 0
    for found in _BRACKET.finditer(_STRING.sub(b"", body)):
        depth += 1 if found[0] in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def packing(answer: HttpAnswer) -> str:
    """Return how an answer is packed, as the server says it; nothing when it is not."""
    told = (answer.header("content-encoding") or "identity").strip().lower()
    return "" if told == "identity" else printable(told, limit=20)
