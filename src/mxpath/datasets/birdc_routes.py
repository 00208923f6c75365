"""``birdc show route all``: the table of a BIRD as it prints it.

The law
-------
1. A line that begins with a prefix opens its routes; one that begins with blanks and
   has a protocol in brackets is a further route to the same prefix. What follows
   behind a tab belongs to the route above.
2. ``*`` marks the route in use, ``!`` one in use that the kernel did not take.
3. The path stands behind ``BGP.as_path:`` (BIRD 1 and 2) or ``bgp_path:`` (BIRD 3). A
   route without one is BIRD's own (static, device, an interior protocol): its path is
   empty. But where the line says ``[AS64500i]``, it came by BGP, and a text without
   its path was printed without ``all``.
4. Lines of other kinds (greetings, names of tables, other attributes) are passed over;
   a text in which no line is a route is refused.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import chain
from typing import BinaryIO

from mxpath.datasets.as_path_text import read_as_path
from mxpath.datasets.mrt_unpacking import blocks
from mxpath.datasets.snapshot import MAX_LINE_CHARACTERS, Tally
from mxpath.errors import ParseError
from mxpath.model.address import IPAddress, Prefix
from mxpath.model.bgp import AsPath, RibEntry
from mxpath.model.foreign_text import printable
from mxpath.tables.covering import Wanted

_ROUTE = re.compile(
    r"(?P<prefix>[0-9a-fA-F.:]+/\d+)?\s+(?P<way>\S.*?)?\s*"
    r"\[(?P<protocol>\S+) [^\]]*?(?:from (?P<speaker>[0-9a-fA-F.:]+))?\](?P<mark> [*!])?"
    r"(?: .*?)?(?P<bgp>\[(?:AS\d+)?[ie?]\])?\s*$"
)
_ATTRIBUTE = re.compile(r"\t(?P<name>BGP\.as_path|bgp_path|BGP\.local_pref|bgp_local_pref):(.*)$")
_HEAD = re.compile(rb"(?m)^[0-9a-fA-F.:]+/\d+\s.*\[\S+ [^\]]*\]")
_PREFIX = re.compile(rb"\n([0-9a-fA-F.:]+/\d+)[ \t]")
_NEXT = re.compile(rb"\n(?=[^ \t\r\n])")
MAX_PARAGRAPH_BYTES = 16 * 2**20
"""What is printed of the routes to one prefix is never more."""


def looks_like_it(head: bytes) -> bool:
    """Whether a text that begins so is ``birdc``'s."""
    return _HEAD.search(head) is not None


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
        With the line, when the text is not what ``birdc`` prints or a path is none.
    """
    tally = Tally() if tally is None else tally
    reading = _Reading(source, tally)
    routes = 0
    for line, prefix, paragraph in _paragraphs(content, Wanted(addresses), source):
        routes += 1
        if prefix is not None:
            reading.read(line, prefix, paragraph)
    if not routes:
        raise ParseError(
            "no line of it is a route as `birdc show route all` prints it", source=source
        )
    return tuple(reading.found)


def _paragraphs(
    content: bytes | BinaryIO, wanted: Wanted, source: str
) -> Iterator[tuple[int, Prefix | None, bytes]]:
    """Yield (line, prefix, routes) for each prefix; ``None`` and nothing for those not wanted.

    A table has millions of lines: all but the prefixes' own are passed over by the regex.
    """
    held, line = b"\n", 0
    for block in chain(blocks(content, source=source), (b"",)):
        data = held + (block or b"\n.")  # at the end a line that opens nothing closes all
        kept = data.rindex(b"\n")
        for head in _PREFIX.finditer(data):
            prefix = wanted.read(head[1].decode("ascii"))
            if prefix is None:
                yield 0, None, b""
                continue
            end = _NEXT.search(data, head.end())
            if end is None:
                kept = head.start()
                break
            yield line + data.count(b"\n", 0, head.end()), prefix, data[head.start(1) : end.start()]
        held = data[kept:]
        line += data.count(b"\n", 0, kept)
        if len(held) > MAX_PARAGRAPH_BYTES:
            raise ParseError("routes without end to one prefix", source=source, line=line + 1)


def _text(line: bytes, source: str, number: int) -> str:
    if len(line) > MAX_LINE_CHARACTERS:
        raise ParseError("line is too long", source=source, line=number)
    try:
        return line.decode("ascii").rstrip("\r")
    except UnicodeDecodeError as error:
        raise ParseError("is not plain ASCII text", source=source, line=number) from error


@dataclass(slots=True, kw_only=True)
class _Route:
    """A route whose lines are being read."""

    prefix: Prefix
    line: int
    best: bool
    by_bgp: bool
    speaker: str | None
    path: str | None = None
    local_pref: int | None = None


class _Reading:
    """What has been read so far."""

    def __init__(self, source: str, tally: Tally) -> None:
        self.source, self._tally = source, tally
        self.found: list[RibEntry] = []
        self._route: _Route | None = None

    def read(self, first: int, prefix: Prefix, paragraph: bytes) -> None:
        """Take the routes of one prefix; ``first`` is the number of their first line."""
        for number, line in enumerate(paragraph.split(b"\n"), start=first):
            text = _text(line, self.source, number)
            if text.startswith("\t"):
                self._attribute(number, text)
            elif text:
                self._open(number, prefix, text)
        self._close()

    def _open(self, number: int, prefix: Prefix, text: str) -> None:
        match = _ROUTE.match(text)
        if match is None:
            raise ParseError(
                f"not a route as `birdc show route all` prints it: {printable(text[:80])!r}",
                source=self.source,
                line=number,
            )
        self._close()
        self._route = _Route(
            prefix=prefix,
            line=number,
            best=match["mark"] is not None,
            by_bgp=match["bgp"] is not None,
            speaker=match["speaker"],
        )

    def _attribute(self, number: int, text: str) -> None:
        match = _ATTRIBUTE.match(text)
        if match is None or self._route is None:
            return
        value = match[2].strip()
        if match["name"].endswith("path"):
            self._route.path, self._route.line = value, number
        elif value.isdigit():
            self._route.local_pref = int(value)

    def _close(self) -> None:
        """Keep the route whose lines have come to their end."""
        route, self._route = self._route, None
        if route is None:
            return
        if route.path is None and route.by_bgp:
            raise ParseError(
                "a route without its path: print the table with `birdc show route all`",
                source=self.source,
                line=route.line,
            )
        path = self._path(route)
        if path is None:
            self._tally.skip("an AS_SET inside a path")
            return
        self._tally.rows += 1
        self.found.append(self._entry(route, path))

    def _path(self, route: _Route) -> AsPath | None:
        try:
            return read_as_path(route.path or "")
        except ValueError as error:
            raise ParseError(str(error), source=self.source, line=route.line) from error

    def _entry(self, route: _Route, path: AsPath) -> RibEntry:
        return RibEntry(
            prefix=route.prefix,
            path=path,
            collector=self.source,
            peer_asn=path.asns[0] if path.asns else None,
            peer_address=ip_address(route.speaker) if route.speaker else None,
            best=route.best,
            local_pref=route.local_pref,
        )
