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
from mxpath.formats.lines import OTHER_TOOL, begins_a_trace, lines_of, text_of
from mxpath.formats.reading import Reader
from mxpath.formats.told_trace import MAX_TTL, Heading, assemble
from mxpath.model.foreign_text import printable
from mxpath.model.trace import EndReason, Trace

MAX_REMARKS = 16
"""Remarks of a tool that are kept for each trace."""

_HOP = re.compile(r"\s*(?P<ttl>\d{1,3})(?=\s|$)")


@dataclass(slots=True, kw_only=True)
class Section:
    """One trace of a file, as far as it is read."""

    heading: Heading
    hops: list[HopLine] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    end: EndReason | None = None
    """Where the text says it in words."""
    is_open: bool = True

    def remark(self, line: str) -> None:
        """Keep what the tool says beside its hops; of very many the first ones."""
        if len(self.remarks) < MAX_REMARKS:
            self.remarks.append(printable(line.strip(), limit=200))


def _read_hop(_section: Section, hop: HopLine, text: str) -> str | None:
    return hop.read(text)


def _no_other(_section: Section, _line: str) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a tool words its traces."""

    tool: str
    lacking: str
    """What to say of hops without a heading."""
    heading: Callable[[str, int], Heading | str | None]
    """What a line says, and its number; words where it says too little; ``None`` when it is none."""
    hop: Callable[[Section, HopLine, str], str | None] = _read_hop
    """Takes in what follows the TTL, or goes on with a hop; returns what is wrong."""
    other: Callable[[Section, str], bool] = _no_other
    """Takes in a line that is no hop, if it belongs to the trace."""


def read_text(content: bytes, dialect: Dialect, *, source: str) -> tuple[Trace, ...]:
    """Read all traces of a file.

    Raises
    ------
    ParseError
        When it holds none, or a line of it is not understood.
    """
    sections: list[Section] = []
    for number, line in enumerate(lines_of(content, source=source), 1):
        wrong: str | None = None
        heading = dialect.heading(line, number)
        if isinstance(heading, Heading):
            sections.append(Section(heading=heading))
        elif heading is not None:
            wrong = heading
        elif begins_a_trace(line):
            wrong = OTHER_TOOL
        elif sections:
            wrong = _take(sections[-1], line, dialect)
        elif _HOP.match(line):
            wrong = dialect.lacking
        if wrong:
            raise ParseError(printable(wrong, limit=200), source=source, line=number)
    if not sections:
        raise ParseError(dialect.lacking, source=source, line=1)
    return tuple(
        assemble(s.heading, s.hops, source=source, notes=s.remarks, end=s.end) for s in sections
    )


def _take(section: Section, line: str, dialect: Dialect) -> str | None:
    """Take a line in; return what is wrong with it, if anything is."""
    found = _HOP.match(line)
    if found is None:
        return _take_other(section, line, dialect)
    ttl = int(found["ttl"])
    if not section.is_open:
        return "a hop, but no heading above it"
    if not 0 < ttl <= MAX_TTL or (section.hops and ttl <= section.hops[-1].ttl):
        return f"hop {ttl} is out of order"
    section.hops.append(HopLine(ttl=ttl))
    return dialect.hop(section, section.hops[-1], line[found.end() :])


def _take_other(section: Section, line: str, dialect: Dialect) -> str | None:
    words = line.strip()
    if line.startswith((f"{dialect.tool}: ", f"{dialect.tool}6: ")):
        section.remark(line)
    elif not section.is_open or dialect.other(section, line):
        pass
    elif section.hops and words and line[0].isspace():
        return dialect.hop(section, section.hops[-1], line)
    elif section.hops and words == "^C":
        section.hops[-1].is_interrupted = True
    elif words or section.hops:
        section.is_open = False
    return None


def reader_of(dialect: Dialect, *, title: str, heading: re.Pattern[str]) -> Reader:
    """Return the reader of a dialect, which a file may be of where a line of it is a ``heading``."""

    def read(content: bytes, *, source: str) -> tuple[Trace, ...]:
        return read_text(content, dialect, source=source)

    return Reader(title=title, read=read, fits=lambda head: has_heading(head, heading))


def has_heading(head: bytes, heading: re.Pattern[str]) -> bool:
    """Whether a line of the beginning of a file is a heading."""
    return any(heading.fullmatch(line) for line in text_of(head).splitlines())
