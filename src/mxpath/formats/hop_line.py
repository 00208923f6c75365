"""One hop as traceroute and its kin print it: addresses, times, marks.

The law, for all of them:

1. An address stands for all times that follow it, until another one comes; so do ICMP extensions
   (``<MPLS:…>``) and the state of a port (``[open]``) that follow the address.
2. A time is one probe that was answered, a ``*`` one that was not.
3. A mark (``!H``) speaks of the probe before it; where an address has no time yet, of a probe of
   unknown time.
4. Of ``name (address)`` the bracket holds the address; a name may look like one too, and is
   somebody's word. GNU inetutils turn the two round, hence ``address_first``.
5. What a tool adds from elsewhere (AS numbers, sizes, share of loss) is passed over.
"""

import re
from dataclasses import dataclass, field

from mxpath.formats.lines import address_in
from mxpath.model.address import IPAddress

MAX_PROBES = 256
"""No tool sends more to one hop."""

_ITEM = re.compile(
    r"""\s* (?:
        (?P<silence> \*) (?=\s|\^C|$)
      | < (?P<extensions> (?: [^<>"] | "[^"]*" )* ) >
      | (?P<time> \d{1,9} (?: [.,]\d{1,9} )? ) \s{0,2} ms (?=\s|\^C|$)
      | (?P<mark> ! (?: <\d{1,3}> | \d{1,3} | ! | [A-Z](?:-\d{1,9})? )? ) (?=\s|\^C|$)
      | \[ (?P<bracket> [^\]]* ) \]
      | F= (?P<largest> \d{1,9} ) (?=\s|\^C|$)
      | (?P<aside> '-?\d{1,3}' | \d+\ bytes\ (?:to|from)\ \S+
                 | \( (?: \d+%\ loss | ttl=\d+!? | \d+ ) \) )
      | (?P<interrupt> \^C )
      | (?P<name> \S+ ) \  \( (?P<bracketed> [^\s()]+ ) \)
      | (?P<word> \S+ )
    )""",
    re.VERBOSE,
)


@dataclass(slots=True, kw_only=True)
class Answer:
    """What is told of one probe; ``responder`` is ``None`` where nobody answered."""

    responder: IPAddress | None = None
    rtt_ms: float | None = None
    mark: str | None = None
    """As printed: ``!H``, ``!<9>``, ``!F-1400``."""
    state: str = ""
    """Of the port, as tcptraceroute words it: ``open``, ``closed``."""
    extensions: str = ""
    """Of the ICMP message (RFC 4884), as Linux's traceroute words them."""


@dataclass(slots=True, kw_only=True)
class HopLine:
    """A hop as far as it is read.

    ``largest`` is the F=NUM of ``--mtu``: what this hop's packets were cut down to, in bytes.
    """

    ttl: int
    answers: list[Answer] = field(default_factory=list)
    largest: int | None = None
    is_interrupted: bool = False
    _last: Answer | None = None
    """The address that was named last, with what follows it."""
    _is_untimed: bool = False

    def read(self, text: str, *, address_first: bool = False) -> str | None:
        """Take in the hop, or more of it; return what is not understood, if anything is."""
        position = 0
        while found := _ITEM.match(text, position):
            position = found.end()
            if not self._take(found, address_first=address_first):
                return f"{found.group().strip()!r} is not understood"
            if len(self.answers) > MAX_PROBES:
                return f"more than {MAX_PROBES} probes to one hop"
        self._end_address()
        return None

    def _take(self, found: re.Match[str], *, address_first: bool) -> bool:
        match found.lastgroup:
            case "silence":
                self._end_address()
                self.answers.append(Answer())
            case "time":
                return self._answer(float(found["time"].replace(",", ".")))
            case "mark":
                self._mark(found["mark"])
            case "extensions" if self._last is not None:
                self._last.extensions = found["extensions"]
            case "bracket" if self._last is not None:
                self._last.state = self._last.state or _state(found["bracket"])
            case "largest":
                self.largest = int(found["largest"])
            case "interrupt":
                self.is_interrupted = True
            case "bracketed":
                words = found["name"], found["bracketed"]
                return self._address(words[0] if address_first else words[1])
            case "word":
                return self._address(found["word"])
        return True

    def _address(self, word: str) -> bool:
        address = address_in(word)
        if address is None:
            return False
        self._end_address()
        self._last, self._is_untimed = Answer(responder=address), True
        return True

    def _end_address(self) -> None:
        """Count an address that no time has followed as a probe of unknown time."""
        if self._is_untimed:
            self._answer(None)

    def _answer(self, rtt_ms: float | None) -> bool:
        last, self._is_untimed = self._last, False
        if last is None:
            return False
        self.answers.append(
            Answer(
                responder=last.responder,
                rtt_ms=rtt_ms,
                state=last.state,
                extensions=last.extensions,
            )
        )
        return True

    def _mark(self, mark: str) -> None:
        self._end_address()
        if self.answers and self.answers[-1].responder is not None:
            self.answers[-1].mark = mark


def _state(words: str) -> str:
    """Tell the state of a port from an AS number and the like."""
    return next((state for state in ("open", "closed") if words.startswith(state)), "")
