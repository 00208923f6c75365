"""A file of hops under headings, as traceroute and its kin print it; several traces may follow.

1. A heading begins a trace.
2. Under it, a line that begins with a number is a hop; TTLs ascend.
3. An indented line goes on with the hop above it: the BSDs begin a line for each further address.
4. A line that begins with the tool's name is a remark of the tool: a note of the trace.
5. Any other line (a prompt, a date, an empty one) ends the trace and is passed over. A hop
   under no heading is an error: nobody knows where it leads.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from mxpath.errors import ParseError
from mxpath.formats.hop_line import HopLine
from mxpath.formats.lines import lines_of
from mxpath.formats.told_trace import MAX_TTL, Heading, assemble
from mxpath.model.foreign_text import printable
from mxpath.model.trace import Trace

MAX_REMARKS = 16
"""Remarks of a tool that are kept for each trace."""

_HOP = re.compile(r"\s*(?P<ttl>\d{1,3})(?=\s|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What a tool's text looks like around its hops."""

    tool: str
    heading: Callable[[str, int], Heading | str | None]
    """What a line says, and its number; words where it says too little; ``None`` when it is none."""
    lacking: str
    """What to say of hops without a heading."""
    address_first: Callable[[str], bool] = lambda _heading: False
    """Whether names follow addresses, from the heading."""


@dataclass(slots=True, kw_only=True)
class _Section:
    heading: Heading
    address_first: bool
    hops: list[HopLine] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    is_open: bool = True

    def take(self, line: str) -> str | None:
        """Take a line in; return what is wrong with it, if anything is."""
        found = _HOP.match(line)
        if found is None:
            return self._other(line)
        ttl = int(found["ttl"])
        if not self.is_open:
            return "a hop, but no heading above it"
        if not 0 < ttl <= MAX_TTL or (self.hops and ttl <= self.hops[-1].ttl):
            return f"hop {ttl} is out of order"
        self.hops.append(HopLine(ttl=ttl))
        return self._read(line[found.end() :])

    def _other(self, line: str) -> str | None:
        if self.is_open and self.hops and line[:1].isspace() and line.strip():
            return self._read(line)
        if line.startswith((f"{self.heading.tool}: ", f"{self.heading.tool}6: ")):
            self.remarks.append(printable(line.strip(), limit=200))
        elif self.is_open and self.hops and line.strip() == "^C":
            self.hops[-1].is_interrupted = True
        elif line.strip() or self.hops:
            self.is_open = False
        return None

    def _read(self, text: str) -> str | None:
        return self.hops[-1].read(text, address_first=self.address_first)


def read_text(content: bytes, dialect: Dialect, *, source: str) -> tuple[Trace, ...]:
    """Read all traces of a file.

    Raises
    ------
    ParseError
        When it holds none, or a line of it is not understood.
    """
    sections: list[_Section] = []
    for number, line in enumerate(lines_of(content, source=source), 1):
        heading = dialect.heading(line, number)
        wrong: str | None = None
        if isinstance(heading, Heading):
            sections.append(_Section(heading=heading, address_first=dialect.address_first(line)))
        elif heading is not None:
            wrong = heading
        elif sections:
            wrong = sections[-1].take(line)
        elif _HOP.match(line):
            wrong = dialect.lacking
        if wrong:
            raise ParseError(printable(wrong, limit=200), source=source, line=number)
    if not sections:
        raise ParseError(dialect.lacking, source=source, line=1)
    return tuple(
        assemble(s.heading, s.hops, source=source, notes=s.remarks[:MAX_REMARKS]) for s in sections
    )
