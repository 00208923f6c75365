"""What ``tcptraceroute`` prints (Michael Toren's, 1.5 beta 7).

    Selected device eth0, address 198.51.100.7, port 57851 for outgoing packets
    Tracing the path to mx.example (192.0.2.25) on TCP port 25 (smtp), 30 hops max
     1  198.51.100.1  0.235 ms  0.200 ms  0.211 ms
     7  192.0.2.25 [open]  51.382 ms  51.363 ms  51.369 ms

It holds one flow, as mail does. The heading goes to standard error.
"""

import re

from mxpath.formats.hop_text import Dialect, Section, has_heading, read_text
from mxpath.formats.lines import address_in
from mxpath.formats.reading import Reader
from mxpath.formats.told_trace import Heading
from mxpath.model.probe import Protocol
from mxpath.model.trace import EndReason, Trace

_DEVICE = re.compile(
    r"\s*Selected device \S+, address (?P<source>\S+?)(?:, port (?P<port>\d{1,5}))? "
    r"for outgoing packets\s*"
)
_HEADING = re.compile(
    r"\s*Tracing the path to (?P<name>\S+)(?: \((?P<address>[^\s()]+)\))? "
    r"on TCP port (?P<port>\d{1,5})(?: \([^()]*\))?, (?P<hops>\d{1,3}) hops max.*"
)
_MAX_PORT = 65535


def _port(word: str | None) -> int | None:
    return int(word) if word is not None and int(word) <= _MAX_PORT else None


def read(content: bytes, *, source: str) -> tuple[Trace, ...]:
    """Read the traces of a file.

    Raises
    ------
    ParseError
        When it holds none, or a line of it is not understood.
    """
    device: re.Match[str] | None = None

    def heading(line: str, number: int) -> Heading | str | None:
        nonlocal device
        if (found := _DEVICE.fullmatch(line)) is not None:
            device = found
        found = _HEADING.fullmatch(line)
        if found is None:
            return None
        of, device = device, None
        target = address_in(found["address"] or found["name"])
        if target is None:
            return "the heading names no address of the target"
        return Heading(
            tool="tcptraceroute",
            target=target,
            line=number,
            source=address_in(of["source"]) if of else None,
            source_port=_port(of["port"]) if of else None,
            protocol=Protocol.TCP,
            is_one_flow=True,
            port=_port(found["port"]),
            max_ttl=int(found["hops"]),
        )

    dialect = Dialect(tool="tcptraceroute", lacking=_LACKING, heading=heading, other=_other)
    return read_text(content, dialect, source=source)


def _other(section: Section, line: str) -> bool:
    if line.strip() != "Destination not reached":
        return False
    section.end = EndReason.GAVE_UP
    return True


_LACKING = "hops, but no heading 'Tracing the path to …' above them: keep standard error too (2>&1)"


READER = Reader(
    title="tcptraceroute: text", read=read, fits=lambda head: has_heading(head, _HEADING)
)
