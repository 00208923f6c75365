"""What Windows' ``tracert`` prints, in English, German, French or Spanish.

    Tracing route to mx.example [192.0.2.25]
    over a maximum of 30 hops:

      1    <1 ms    <1 ms    <1 ms  gw.example [198.51.100.1]
      2     *        *        *     Request timed out.
      3  198.51.100.9  reports: Destination host unreachable.

It sends ICMP echo requests and tells whole milliseconds: ``<1 ms`` is read as half of one. Words
behind three stars say that nothing came; what a router reports is "unreachable". Old code pages
leave holes in the words, so that only their plain letters count.
"""

import re
from dataclasses import replace

from mxpath.formats.hop_line import Answer, HopLine
from mxpath.formats.hop_text import Dialect, Section, reader_of
from mxpath.formats.lines import address_in
from mxpath.formats.told_trace import Heading
from mxpath.model.probe import Protocol

_HEADING = re.compile(
    r"\s*(?:Tracing route to|Routenverfolgung zu|D.{1,2}termination de l.{1,3}itin.{1,2}raire vers"
    r"|Traza a la direcci.{1,2}n)\s+(?P<name>\S+)(?:\s+\[(?P<address>[^\]\s]+)\])?(?P<rest>.*)"
)
_LIMIT = re.compile(r"\D*(?P<hops>\d{1,3})\D*:?\s*")
_CELLS = re.compile(r"(?P<cells>(?:(?:<?\d{1,6}\sms|\*)\s+){1,10})(?P<who>\S.*)")
_CELL = re.compile(r"(?P<less><)?(?P<ms>\d{1,6})\sms|\*")
_REPORT = re.compile(r"(?P<who>\S+(?:\s\[[^\]\s]+\])?)\s+\S+\s?:\s*(?P<words>\S.*)")
_WHO = re.compile(r"(?P<name>\S+)(?:\s+\[(?P<address>[^\]\s]+)\])?")
_HALF_MS = 0.5
_HOST = re.compile(r"host|h.{1,2}te de", re.IGNORECASE)
_NETWORK = re.compile(r"\bnet|netz|r.{1,2}seau|\bred\b", re.IGNORECASE)


def _heading(line: str, number: int) -> Heading | str | None:
    found = _HEADING.fullmatch(line)
    if found is None:
        return None
    target = address_in(found["address"] or found["name"])
    if target is None:
        return "the heading names no address of the target"
    limit = _LIMIT.fullmatch(found["rest"])
    return Heading(
        tool="tracert",
        target=target,
        line=number,
        protocol=Protocol.ICMP,
        resolution_ms=1.0,
        max_ttl=int(limit["hops"]) if limit else None,
    )


def _hop(_section: Section, hop: HopLine, text: str) -> str | None:
    text = text.strip()
    if (found := _CELLS.fullmatch(text)) is not None:
        return _probes(hop, found)
    found = _REPORT.fullmatch(text)
    who = _WHO.fullmatch(found["who"]) if found else None
    responder = address_in(who["address"] or who["name"]) if who else None
    if found is None or responder is None:
        return f"{text!r} is not understood"
    hop.answers.append(Answer(responder=responder, mark=_mark(found["words"])))
    return None


def _probes(hop: HopLine, found: re.Match[str]) -> str | None:
    who = _WHO.fullmatch(found["who"])
    responder = address_in(who["address"] or who["name"]) if who else None
    for cell in _CELL.finditer(found["cells"]):
        if cell["ms"] is None:
            hop.answers.append(Answer())
        elif responder is None:
            return f"{found['who']!r} is no address"
        else:
            rtt_ms = _HALF_MS if cell["less"] else float(cell["ms"])
            hop.answers.append(Answer(responder=responder, rtt_ms=rtt_ms))
    return None


def _mark(words: str) -> str:
    if _HOST.search(words):
        return "!H"
    return "!N" if _NETWORK.search(words) else "!?"


def _other(section: Section, line: str) -> bool:
    """Take in the second line of the heading, which says how far it will go."""
    if section.hops or not line.strip():
        return False
    if (found := _LIMIT.fullmatch(line)) is not None:
        section.heading = replace(section.heading, max_ttl=int(found["hops"]))
    return found is not None


_DIALECT = Dialect(
    tool="tracert",
    lacking="hops, but no heading 'Tracing route to …' above them",
    heading=_heading,
    hop=_hop,
    other=_other,
)


READER = reader_of(_DIALECT, title="tracert of Windows: text", heading=_HEADING)
read = READER.read
"""Reads the traces of a file; raises ParseError."""
