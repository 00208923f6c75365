"""PeeringDB's JSON documents, as the API returns them and as copies of it are published.

A document is a page for one kind of object, ``{"data": […]}``, or a dump of all kinds,
``{"ix": {"data": […]}, "net": {"data": […]}, …}``. The name of a page tells its kind,
``ix.json``, ``netixlan-page-2.json``, ``peeringdb-ixpfx.json``, else what its rows have. What the rows hold is in
peeringdb_rows.py, how they are joined in gazetteer/exchange_join.py.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any

from mxpath.datasets.json_walk import Walk
from mxpath.datasets.peeringdb_rows import KINDS, Row
from mxpath.datasets.snapshot import Spec, Tally
from mxpath.errors import ParseError

SPEC = Spec(
    name="peeringdb",
    publisher="PeeringDB",
    licence="PeeringDB Acceptable Use Policy",
    cadence="continuous",
    url="https://www.peeringdb.com/api/{kind}",
    gives="exchange points, their LANs, members and the members' ports",
    attribution="Exchange point data: PeeringDB (peeringdb.com)",
)

_FIELDS: tuple[tuple[str, set[str]], ...] = (
    ("netixlan", {"ixlan_id", "asn"}),
    ("ixpfx", {"ixlan_id", "prefix"}),
    ("netfac", {"net_id", "fac_id"}),
    ("ixfac", {"ix_id", "fac_id"}),
    ("ixlan", {"ix_id", "rs_asn"}),
    ("net", {"asn", "info_prefixes4"}),
    ("fac", {"clli", "npanxx"}),
    ("ix", {"region_continent", "proto_unicast"}),
    ("org", {"address1", "name_long", "website"}),
)
"""What rows of each kind have, and those of the kinds behind it have not all."""
_UNREAD = {"campus", "carrier", "carrierfac", "poc"}
_OTHER_KINDS = "of a kind that is not read (contacts, carriers, …)"


def parse(document: bytes, *, source: str, tally: Tally | None = None) -> Iterator[Row]:
    """Yield the rows of one document; what has no id, or another status than ``ok``, is counted.

    Of a dump the rows of all kinds that are read come one after the other; who needs to
    know of which kind they are asks :func:`documents`.

    Raises
    ------
    ParseError
        When it is not JSON of the form ``{"data": [{"id": …}, …]}``, or a dump of such.
    """
    tally = Tally() if tally is None else tally
    for _, row in _rows(document, source, tally):
        if _counts(row, tally):
            yield row


def documents(
    files: Iterable[tuple[str, bytes]], *, tally: Tally | None = None
) -> dict[str, list[Row]]:
    """Return the rows of pages and dumps by kind, for :func:`join`.

    Where several have a row, as copies of two days do, the one that was updated last counts.

    Parameters
    ----------
    files
        Name and unpacked content of each.
    tally
        Receives the counts.

    Raises
    ------
    ParseError
        When a document is none, or a page of which neither the name nor the rows tell the kind.
    """
    tally = Tally() if tally is None else tally
    found: dict[str, dict[int, Row]] = {}
    for source, document in files:
        named = kind_of(source)
        if named is None and _words(source) & _UNREAD:
            tally.skip(_OTHER_KINDS, sum(1 for _ in _rows(document, source, Tally())))
            continue
        for told, row in _rows(document, source, tally):
            kind = told or named or _kind_by_fields(row)
            if kind is None:
                raise ParseError(
                    "neither its name nor its rows tell of which kind this page is: call it "
                    f"{KINDS[0]}.json, or whatever it is",
                    source=source,
                )
            rows = found.setdefault(kind, {})
            known = rows.setdefault(row["id"], row)
            if known is not row:
                tally.skip("row that another file has too")
                rows[row["id"]] = max(row, known, key=_updated)
        if named is not None:
            found.setdefault(named, {})
    return {
        kind: [row for row in rows.values() if _counts(row, tally)] for kind, rows in found.items()
    }


def _updated(row: Row) -> str:
    return str(row.get("updated") or "")


def _counts(row: Row, tally: Tally) -> bool:
    """Whether a row is of something that is there."""
    if row.get("status") != "ok":
        tally.skip("status is not ok")
        return False
    tally.rows += 1
    return True


def kind_of(source: str) -> str | None:
    """Return the kind that a file name tells, ``None`` when it tells none or several.

    Examples
    --------
    >>> kind_of("dir/peeringdb-ixlan.json.xz")
    'ixlan'
    """
    kinds = _words(source) & set(KINDS)
    return kinds.pop() if len(kinds) == 1 else None


def _words(source: str) -> set[str]:
    return set(re.split(r"[^a-z]+", PurePosixPath(source).name.lower()))


def _kind_by_fields(row: Row) -> str | None:
    """Return the kind that a row of a page shows, whose name does not tell it."""
    return next((kind for kind, fields in _FIELDS if fields <= row.keys()), None)


def _rows(document: bytes, source: str, tally: Tally) -> Iterator[tuple[str | None, Row]]:
    """Yield each row with its kind, ``None`` in a page."""
    empty, sound = True, False
    for kind, row in _items(document, source):
        empty = False
        if kind is not None and kind not in KINDS:
            sound = True
            tally.skip(_OTHER_KINDS)
        elif not isinstance(row, dict) or type(row.get("id")) is not int:
            tally.skip("no object with an id")
        else:
            sound = True
            yield kind, row
    if not (empty or sound):
        raise ParseError("data holds no object with an id", source=source)


def _items(document: bytes, source: str) -> Iterator[tuple[str | None, Any]]:
    """Yield what stands in the lists named ``data``, with the kind that a dump names it by."""
    try:
        walk = Walk(document.removeprefix(b"\xef\xbb\xbf").decode())
    except UnicodeDecodeError as error:
        raise ParseError("is not UTF-8 text", source=source) from error
    found = False
    try:
        for name in walk.members():
            if name == "data" and walk.next() == "[":
                found = True
                yield from ((None, row) for row in walk.elements())
            elif name != "meta" and walk.next() == "{":
                for inner in walk.members():
                    if inner == "data" and walk.next() == "[":
                        found = True
                        yield from ((name, row) for row in walk.elements())
                    else:
                        walk.value()
            else:
                walk.value()
        walk.end()
    except (ValueError, RecursionError) as error:
        raise ParseError(f"not a JSON document: {error}", source=source, line=walk.line) from error
    if not found:
        raise ParseError('expected {"data": […]}, as the API returns it', source=source)
