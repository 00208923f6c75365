"""What ``lft`` prints, the Layer Four Traceroute (3.91).

    TTL LFT trace to mx.example (192.0.2.25):25/tcp
     1  [AS64496] [EXAMPLE-NET] gw.example (198.51.100.1) 0.2/0.3ms
    **  [neglected] no reply packets received from TTLs 2 through 3
     4  [target open] 192.0.2.25:25 50.9ms

1. A time is one probe that was answered; probes that were not are not told. A TTL "neglected" had
   one at least.
2. It holds one flow of TCP; its datagrams go to a row of ports, and their port stays unknown.
3. It sends ahead, so that a router that says "unreachable" may do so for several TTLs: the first of
   them ends the path.
4. Other lines that begin with ``**`` are remarks. What the status bar shows is passed over.
"""

import re

from mxpath.formats.hop_line import Answer, HopLine
from mxpath.formats.hop_text import Dialect, Section, reader_of
from mxpath.formats.lines import address_in
from mxpath.formats.told_trace import MAX_TTL, Heading
from mxpath.model.probe import Protocol
from mxpath.model.trace import EndReason

_HEADING = re.compile(
    r"TTL LFT trace to (?:\S+ \((?P<bracketed>[^\s()]+)\)|(?P<plain>[^\s:/]+))"
    r"(?::(?P<port>\d{1,5})(?P<ports>-\d{1,5})?)?/(?P<protocol>tcp|udp|icmp)\s*"
)
_HOP = re.compile(
    r"\s*(?P<tags>(?:\[[^\]]*\]\s*)*)(?:\S+ \((?P<bracketed>[^\s()]+)\)|(?P<plain>[^\s:]+))"
    r"(?::\d{1,5}(?:-\d{1,5})?)?\s+(?P<times>[\d./]{1,400})ms\s*"
)
_TIME = re.compile(r"\d{1,9}(?:\.\d{1,9})?")
_NEGLECTED = re.compile(
    r"\*\*\s+\[neglected\] [^\[\d]* TTLs? (?P<first>\d{1,3})(?: through (?P<last>\d{1,3}))?"
)
_NO_REPLY = re.compile(r"\*\*\s+\[.* no reply from target\]")
_STATES = {"target open": "open", "target closed": "closed"}
_MARKS = {
    "net unreachable": "!N",
    "host unreachable": "!H",
    "protocol unreachable": "!P",
    "port unreachable": "!<3>",
    "net prohib": "!A",
    "host prohib": "!Z",
    "prohibited": "!X",
}
_TAG = re.compile(r"\[([^\]]*)\]")
_MAX_PORT = 65535


def _heading(line: str, number: int) -> Heading | str | None:
    found = _HEADING.fullmatch(line)
    if found is None:
        return None
    target = address_in(found["bracketed"] or found["plain"])
    if target is None:
        return "the heading names no address of the target: let LFT show addresses (not -h)"
    port = int(found["port"]) if found["port"] and not found["ports"] else None
    return Heading(
        tool="lft",
        target=target,
        line=number,
        protocol=Protocol(found["protocol"]),
        is_one_flow=found["protocol"] == "tcp",
        resolution_ms=0.1,
        port=port if port is None or port <= _MAX_PORT else None,
    )


def _hop(section: Section, hop: HopLine, text: str) -> str | None:
    found = _HOP.fullmatch(text)
    responder = address_in(found["bracketed"] or found["plain"]) if found else None
    if found is None or responder is None:
        return f"{text.strip()!r} is not understood"
    tags = _TAG.findall(found["tags"])
    state = next((_STATES[tag] for tag in tags if tag in _STATES), "")
    mark = next((_MARKS[tag] for tag in tags if tag in _MARKS), None)
    if mark is not None and responder != section.heading.target:
        if section.end is EndReason.UNREACHABLE:
            section.hops.pop()
            return None
        section.end = EndReason.UNREACHABLE
    hop.answers.extend(
        Answer(responder=responder, rtt_ms=float(time), state=state, mark=mark)
        for time in _TIME.findall(found["times"])
    )
    return None


def _other(section: Section, line: str) -> bool:
    if not line.startswith("**"):
        return False
    if (found := _NEGLECTED.match(line)) is not None:
        first, last = int(found["first"]), int(found["last"] or found["first"])
        after = section.hops[-1].ttl if section.hops else 0
        silent = range(max(first, after + 1), min(last, MAX_TTL) + 1)
        section.hops += [HopLine(ttl=ttl, answers=[Answer()]) for ttl in silent]
    elif _NO_REPLY.match(line):
        section.end = EndReason.GAVE_UP
    else:
        section.remark(line)
    return True


_DIALECT = Dialect(
    tool="lft",
    lacking="hops, but no heading 'TTL LFT trace to …' above them",
    heading=_heading,
    hop=_hop,
    other=_other,
)


READER = reader_of(_DIALECT, title="LFT: text", heading=_HEADING)
read = READER.read
"""Reads the traces of a file; raises ParseError."""
