"""FRR's tables as JSON: ``show bgp ipv4|ipv6 unicast json``, and ``… PREFIX json``.

The law
-------
1. A table's document has ``routes``: prefixes, each with a list of its paths (in newer
   versions' ``detail`` a document as in law 2). It is searched for prefixes around what
   is asked about, and only what stands behind those is decoded: such a document has half
   a gigabyte.
2. One prefix's document has ``prefix`` and ``paths``; it is decoded as a whole.
3. A path is a text (``path``, or ``aspath`` with a ``string``); empty or ``Local`` is a
   route of our own. It is in use when ``bestpath`` or ``multipath`` says so.
4. A path that is not ``valid`` (its next hop cannot be reached) is no route: left out
   and counted.
5. A document whose last character does not close it has been cut off.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from mxpath.datasets.as_path_text import read_as_path
from mxpath.datasets.mrt_unpacking import blocks
from mxpath.datasets.snapshot import Tally
from mxpath.errors import InputError, ParseError
from mxpath.model.address import IPAddress, Prefix, parse_address
from mxpath.model.bgp import AsPath, RibEntry
from mxpath.tables.covering import Wanted

MAX_VALUE_CHARACTERS = 16 * 2**20
"""One prefix's paths never need more."""

_FRR = re.compile(rb'"(?:routes|paths)"\s*:')
_TABLE = re.compile(r'"routes"\s*:')
# A prefix as a name; what is rare comes first, so that most is passed over at once.
_PREFIX = re.compile(r'/\d{1,3}"\s*:\s*(?=[\[{])')
_LONGEST_NAME = 64
_GLANCE_CHARACTERS = 64 * 1024
_DECODE = json.JSONDecoder().raw_decode


def looks_like_it(head: bytes) -> bool:
    """Whether a document that begins so is FRR's."""
    return head.lstrip()[:1] == b"{" and _FRR.search(head) is not None


def rib_entries(
    content: bytes | BinaryIO,
    addresses: Iterable[IPAddress],
    *,
    source: str,
    tally: Tally | None = None,
) -> tuple[RibEntry, ...]:
    """Return all routes whose prefix covers one of ``addresses``; parameters as for MRT tables.

    Raises
    ------
    ParseError
        With the line, when the document is not FRR's, or cut off.
    """
    tally = Tally() if tally is None else tally
    wanted, found = Wanted(addresses), list[RibEntry]()
    for line, prefix, value in _values(_Text(content, source), wanted):
        try:
            for item in _items(value):
                entry = _entry(item, prefix, source, tally)
                found += [entry] if entry is not None else []
        except (ValueError, TypeError, AttributeError) as error:
            raise ParseError(
                f"{prefix}: not FRR's paths: {error}", source=source, line=line
            ) from error
    return tuple(found)


class _Text:
    """A document that comes in blocks, and of which only the part at hand is kept."""

    def __init__(self, content: bytes | BinaryIO, source: str) -> None:
        self.source = source
        self.text = ""
        self.line = 1
        """Line of the first character at hand."""
        self.ended = False
        self._last = ""
        self._blocks = blocks(content, source=source)

    def more(self) -> None:
        """Take another block, or see that there is none."""
        block = next(self._blocks, None)
        if block is None:
            if not self.ended and self._last != "}":
                raise self.error("the document ends early", len(self.text))
            self.ended = True
            return
        text = block.decode("utf-8", "replace")
        self._last = text.rstrip()[-1:] or self._last
        self.text += text

    def drop(self, until: int) -> None:
        """Let go of what lies before a place."""
        self.line += self.text.count("\n", 0, until)
        self.text = self.text[until:]

    def line_at(self, place: int) -> int:
        """The line of a place of what is at hand."""
        return self.line + self.text.count("\n", 0, place)

    def error(self, what: str, place: int) -> ParseError:
        return ParseError(what, source=self.source, line=self.line_at(place))

    def value(self, place: int) -> tuple[Any, int]:
        """Decode the value that begins at a place; return it and where it ends."""
        while True:
            try:
                return _DECODE(self.text, place)
            except RecursionError as error:
                raise self.error("nested too deeply", place) from error
            except ValueError as error:
                if self.ended or len(self.text) - place > MAX_VALUE_CHARACTERS:
                    raise self.error(f"not JSON: {error}", place) from error
            self.more()


def _values(text: _Text, wanted: Wanted) -> Iterator[tuple[int, Prefix, Any]]:
    """Yield (line, prefix, value) for each wanted prefix of a document (laws 1 and 2)."""
    while not text.ended and len(text.text) < _GLANCE_CHARACTERS:
        text.more()
    if not _TABLE.search(text.text, 0, _GLANCE_CHARACTERS):
        value, _ = text.value(len(text.text) - len(text.text.lstrip()))
        prefix = wanted.read(str(value.get("prefix"))) if isinstance(value, dict) else None
        if prefix is not None:
            yield 1, prefix, value
        return
    going = True
    while going:
        done = 0
        while match := _PREFIX.search(text.text, done):
            done = match.end()
            name = text.text[max(0, match.start() - _LONGEST_NAME) : match.end()]
            prefix = wanted.read(name.rpartition('"')[0].rpartition('"')[2].replace("\\", ""))
            if prefix is not None:
                line = text.line_at(done)
                value, done = text.value(done)
                yield line, prefix, value
        # A name may be cut in two by the end of what is at hand.
        text.drop(max(done, len(text.text) - _LONGEST_NAME))
        going = not text.ended
        text.more()


def _items(value: Any) -> list[dict[str, Any]]:
    items = value["paths"] if isinstance(value, dict) else value
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise TypeError("no list of documents")
    return items


def _entry(item: dict[str, Any], prefix: Prefix, source: str, tally: Tally) -> RibEntry | None:
    """One path of a prefix, or ``None`` when it is of no use."""
    if item.get("valid") is not True:
        tally.skip("a path whose next hop cannot be reached")
        return None
    path = _path(item)
    if path is None:
        tally.skip("an AS_SET inside a path")
        return None
    tally.rows += 1
    preferred = item.get("locPrf", item.get("localpref"))
    return RibEntry(
        prefix=prefix,
        path=path,
        collector=source,
        peer_asn=path.asns[0] if path.asns else None,
        peer_address=_peer(item),
        best=_marked(item.get("bestpath")) or _marked(item.get("multipath")),
        local_pref=preferred if isinstance(preferred, int) else None,
    )


def _path(item: dict[str, Any]) -> AsPath | None:
    told = item["aspath"]["string"] if "aspath" in item else item.get("path")
    if not isinstance(told, str):
        raise TypeError("a path without its networks")
    return read_as_path("" if told == "Local" else told)


def _marked(mark: Any) -> bool:
    return mark is True or (isinstance(mark, dict) and mark.get("overall") is True)


def _peer(item: dict[str, Any]) -> IPAddress | None:
    name = item.get("peerId", (item.get("peer") or {}).get("peerId"))
    try:
        speaks = parse_address(str(name))
    except InputError:
        return None
    return None if speaks.is_unspecified else speaks
