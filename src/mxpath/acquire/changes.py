"""What has changed in PeeringDB since a copy was made, laid over that copy.

The law: ``since`` asks for all objects that were updated at or after a moment, deleted ones
too (https://docs.peeringdb.com/api_specs/); the moment is the last at which anything in the
copy was updated, so nothing between is missed. By id the newer object counts; a deleted one
goes. A copy that does not tell its moments is fetched anew.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from mxpath.datasets.json_walk import Walk
from mxpath.errors import ParseError


def last_update(document: bytes) -> int | None:
    """Return the last moment at which an object of a copy was updated, in seconds since 1970."""
    moments = [_moment(row.get("updated")) for row in _rows(document, "the copy here")]
    told = [moment for moment in moments if moment is not None]
    return max(told) if told and len(told) == len(moments) else None


def merged(document: bytes, changes: bytes) -> bytes:
    """Return the copy with the changes laid over it.

    Raises
    ------
    ParseError
        When one of the two is no document of the API.
    """
    rows = {row["id"]: row for row in _rows(document, "the copy here")}
    for row in _rows(changes, "the changes"):
        if row.get("status") == "deleted":
            rows.pop(row["id"], None)
        else:
            rows[row["id"]] = row
    return json.dumps({"meta": {}, "data": list(rows.values())}).encode()


def _rows(document: bytes, source: str) -> Iterator[dict[str, Any]]:
    try:
        walk = Walk(document.decode())
        for name in walk.members():
            if name == "data" and walk.next() == "[":
                yield from (_object(row) for row in walk.elements())
            else:
                walk.value()
        walk.end()
    except (ValueError, RecursionError) as error:
        raise ParseError(f"not a JSON document: {error}", source=source) from error


def _object(row: Any) -> dict[str, Any]:
    if not isinstance(row, dict) or type(row.get("id")) is not int:
        raise ValueError("an object without an id")
    return row


def _moment(text: Any) -> int | None:
    try:
        told = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return None
    return int(told.timestamp()) if told.tzinfo is not None else None
