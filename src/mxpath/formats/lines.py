"""Files of text, line by line: what the readers of the tools' own output share."""

import codecs
import re

from mxpath.errors import InputError, ParseError
from mxpath.formats.json_records import plain_address
from mxpath.formats.reading import check_size
from mxpath.model.address import IPAddress

MAX_LINE = 4096
"""Characters of the longest line that is read."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


_HEADINGS = re.compile(
    r"\s*(?:traceroute6? to \S+ \(|Tracing the path to |Tracing route to |TTL LFT trace to "
    r"|HOST: .*(?:Loss%|Snt))"
)


def begins_a_trace(line: str) -> bool:
    """Whether a line is the heading of any of the tools whose text is read here.

    Examples
    --------
    >>> begins_a_trace("TTL LFT trace to 192.0.2.25:25/tcp")
    True
    """
    return _HEADINGS.match(line) is not None


OTHER_TOOL = "here begins what another tool printed: it wants a file of its own"


def text_of(content: bytes) -> str:
    """Decode what a terminal showed; what cannot be decoded becomes U+FFFD.

    PowerShell writes what a tool prints as UTF-16 with a byte order mark.

    Examples
    --------
    >>> text_of("hops".encode("utf-16"))
    'hops'
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    return content.decode("utf-8", "replace")


def lines_of(content: bytes, *, source: str) -> tuple[str, ...]:
    """Return the lines of a file, without their ends; line 1 is the first.

    Raises
    ------
    ParseError
        When the file or a line of it is larger than any tool writes.
    """
    check_size(content, source=source)
    lines = tuple(line.rstrip("\r") for line in text_of(content).split("\n"))
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_LINE:
            raise ParseError(f"longer than {MAX_LINE} characters", source=source, line=number)
    return lines


def address_in(word: str) -> IPAddress | None:
    """Read an address; the zone of a link-local one is left out.

    Examples
    --------
    >>> address_in("fe80::1%eth0")
    IPv6Address('fe80::1')
    >>> address_in("mx.example") is None
    True
    """
    try:
        return plain_address(word)
    except InputError:
        return None
