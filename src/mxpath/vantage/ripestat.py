"""Answers of RIPEstat's data API read into routes: ``looking-glass`` and ``bgp-state``.

Read in its documentation (https://stat.ripe.net/docs/data-api/api-endpoints/looking-glass and
…/bgp-state, version 2.1 of the first):

- ``looking-glass`` takes an address and finds the prefix around it. ``data.rrcs`` has an entry a
  collector: ``rrc`` (``RRC00``), ``location``, ``peers``; a peer has ``prefix``, ``peer`` (its
  address), ``as_path`` (text, nearest first), ``last_updated`` (when the route last changed) and
  ``asn_origin``. The last one is who announces the prefix, and not who tells of it.
- ``bgp-state`` has ``data.bgp_state``: ``target_prefix``, ``path`` (a list), ``source_id``
  (``NN-PEER``: number of the collector, address of the peer).
- Times are UTC without saying so.

The law:

1. Who tells of a route is the first number of its path: neither answer gives the peer's own. (A
   route server's number is in no path; the network behind it is taken for the peer.)
2. A peer's route is its most specific one around the address. A default route is none: it leads
   everywhere.
3. A route that cannot be read is left out and counted, as are those beyond ``MAX_ROUTES``; an
   answer of which nothing can be read is refused.
4. Size and nesting are looked at before parsing, and no text but names of collectors and places
   is taken over.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

from mxpath.datasets.as_path_text import read_as_path
from mxpath.errors import ParseError
from mxpath.model.address import IPAddress, Prefix, is_default
from mxpath.model.bgp import RibEntry
from mxpath.model.foreign_text import printable
from mxpath.model.http import HttpAnswer
from mxpath.vantage.json_answers import Form, load_object, packing

MAX_OCTETS = 4 * 2**20
"""A larger answer is refused: with its communities a peer's route takes half a kilobyte."""
MAX_DEPTH = 16
MAX_ROUTES = 2000
"""Of one answer; several times as many as there are peers with full tables."""
_FORM = Form(media_types=("application/json",), max_octets=MAX_OCTETS, max_depth=MAX_DEPTH)
_MAX_NAME = 40
_WHOLE = "data"
_SOURCE_ID = re.compile(r"(?:rrc)?([0-9]{1,3})-(\S{1,60})", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one answer tells."""

    prefix: Prefix | None = None
    """The longest one; ``None`` where no peer has a route."""
    entries: tuple[RibEntry, ...] = ()
    left_out: int = 0
    locations: dict[str, str] = field(default_factory=dict)
    seen_at: datetime | None = None


def read_looking_glass(answer: HttpAnswer, address: IPAddress, *, source: str) -> Told:
    """Read an answer of ``looking-glass``.

    Parameters
    ----------
    answer
        With status 200.
    address
        What was asked about.
    source
        Who answered, for the messages.

    Raises
    ------
    ParseError
        When it is no such answer, or none about ``address``.
    """
    document = _document(answer, source)
    data = document[_WHOLE]
    locations: dict[str, str] = {}
    rows: list[_Row] = []
    for each in _list(data, "rrcs", source):
        name = _name(_field(each, "rrc")).lower()
        locations[name] = _name(_field(each, "location"))
        for row in _list(each, "peers", source):
            told = (_field(row, key) for key in ("prefix", "peer", "as_path", "last_updated"))
            rows.append(_Row(name, *told))
    found = _told(rows, address, data.get("latest_time") or document.get("latest_time"), source)
    named = {entry.collector for entry in found.entries}
    where = {name: place for name, place in locations.items() if name in named and place}
    return replace(found, locations=where)


def read_bgp_state(answer: HttpAnswer, address: IPAddress, *, source: str) -> Told:
    """Read an answer of ``bgp-state``; see :func:`read_looking_glass`."""
    document = _document(answer, source)
    data = document[_WHOLE]
    rows: list[_Row] = []
    for row in _list(data, "bgp_state", source):
        told = _SOURCE_ID.fullmatch(str(_field(row, "source_id")))
        name, peer = (f"rrc{int(told[1]):02d}", told[2]) if told is not None else ("", None)
        rows.append(_Row(name, _field(row, "target_prefix"), peer, _field(row, "path"), None))
    return _told(rows, address, data.get("query_time") or document.get("query_time"), source)


class _Row(NamedTuple):
    """A route in an answer, unread."""

    collector: str
    prefix: Any
    peer: Any
    path: Any
    heard: Any


def _document(answer: HttpAnswer, source: str) -> dict[str, Any]:
    """The whole answer, of which ``data`` is an object."""
    if packed := packing(answer):
        raise ParseError(f"answered packed ({packed})", source=source)
    document = load_object(answer.body, answer.header("content-type"), _FORM, source=source)
    status = document.get("status", "ok")
    if status != "ok":
        raise ParseError(f"says that its status is {_name(status)!r}", source=source)
    if not isinstance(document.get(_WHOLE), dict):
        raise ParseError("has no data", source=source)
    return document


def _told(rows: list[_Row], address: IPAddress, seen: Any, source: str) -> Told:
    """Each peer's most specific route (rules 2 and 3)."""
    best: dict[tuple[str, IPAddress | None], RibEntry] = {}
    left_out = max(0, len(rows) - MAX_ROUTES)
    other: Prefix | None = None
    for entry in map(_entry, rows[:MAX_ROUTES]):
        if entry is None:
            left_out += 1
        elif address not in entry.prefix:
            other = entry.prefix
        elif not is_default(entry.prefix):
            key = entry.collector, entry.peer_address
            known = best.get(key)
            if known is None or known.prefix.prefixlen < entry.prefix.prefixlen:
                best[key] = entry
    if not best and other is not None:
        raise ParseError(f"speaks of {other}, which does not hold {address}", source=source)
    if not best and left_out:
        raise ParseError(f"none of {len(rows)} routes can be read", source=source)
    return Told(
        prefix=max((e.prefix for e in best.values()), key=lambda p: p.prefixlen, default=None),
        entries=tuple(best.values()),
        left_out=left_out,
        seen_at=_moment(seen),
    )


def _entry(row: _Row) -> RibEntry | None:
    """Read a row; ``None`` where it cannot be, or where a set hides the way."""
    try:
        path = read_as_path(_path_text(row.path))
        if path is None or not path.asns or not row.collector:
            return None
        return RibEntry(
            prefix=ip_network(_number(row.prefix)),
            path=path,
            collector=row.collector,
            peer_asn=path.asns[0],
            peer_address=ip_address(_number(row.peer)),
            heard_at=_moment(row.heard),
        )
    except (ValueError, TypeError):
        return None


def _number(value: Any) -> str:
    """The text of an address or prefix; a scope (RFC 4007) could hold any text."""
    if not isinstance(value, str) or "%" in value:
        raise ValueError("no plain address")
    return value


def _path_text(path: Any) -> str:
    """A path as text; ``bgp-state`` lists its numbers, and a set as a list within the list."""
    if isinstance(path, str):
        return path
    words = ["{" + ",".join(map(str, x)) + "}" if isinstance(x, list) else str(x) for x in path]
    return " ".join(words)


def _field(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _list(value: Any, name: str, source: str) -> list[Any]:
    found = _field(value, name)
    if not isinstance(found, list):
        raise ParseError(f"has no list {name!r}", source=source)
    return found


def _name(value: Any) -> str:
    return printable(value.strip(), limit=_MAX_NAME) if isinstance(value, str) else ""


def _moment(value: Any) -> datetime | None:
    """A time as the documents have it; ``None`` where it is none."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
