"""What ``traceroute`` and ``traceroute6`` print: Linux, the BSDs, macOS, busybox, GNU inetutils.

    traceroute to mx.example (192.0.2.25), 30 hops max, 60 byte packets
     1  198.51.100.1  0.203 ms  0.181 ms  0.181 ms
     2  gw.example (198.51.100.9)  4.2 ms !H * 198.51.100.13  4.3 ms

The heading names the target; without it a trace leads nowhere. Linux and busybox write it to
standard output, the BSDs and macOS to standard error, so that both must be kept there. Whether TCP,
UDP or ICMP was sent is not told.
"""

import re

from mxpath.formats.hop_line import HopLine
from mxpath.formats.hop_text import Dialect, Section, reader_of
from mxpath.formats.lines import address_in
from mxpath.formats.told_trace import Heading

_HEADING = re.compile(
    r"\s*traceroute6? to (?P<name>[^\s,]+)(?: \((?P<address>[^\s()]+)\))?"
    r"(?:,? from (?P<source>[^\s,]+))?(?:, (?P<hops>\d{1,3}) hops? max)?(?P<rest>,.*)?\s*"
)


def _heading(line: str, number: int) -> Heading | str | None:
    found = _HEADING.fullmatch(line)
    if found is None:
        return None
    target = address_in(found["address"] or found["name"])
    if target is None:
        return "the heading names no address of the target"
    return Heading(
        tool="traceroute",
        target=target,
        line=number,
        source=address_in(found["source"] or ""),
        max_ttl=int(found["hops"]) if found["hops"] else None,
        address_first=found["rest"] is None,
    )


def _hop(section: Section, hop: HopLine, text: str) -> str | None:
    return hop.read(text, address_first=section.heading.address_first)


_DIALECT = Dialect(
    tool="traceroute",
    heading=_heading,
    lacking="hops, but no heading 'traceroute to …' above them: keep standard error too (2>&1)",
    hop=_hop,
)


READER = reader_of(_DIALECT, title="traceroute, traceroute6: text", heading=_HEADING)
read = READER.read
"""Reads the traces of a file; raises ParseError."""
