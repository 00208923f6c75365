"""The TCP of a target at the end of wires: what it says to the SYNs of one 5-tuple."""

from dataclasses import dataclass, field

from wire_bytes import ACK, RST, SYN
from wire_world import TargetSpec

_AGAIN_MS = 1000.0
"""A SYN/ACK that nobody acknowledges is sent again (RFC 6298: first after a second)."""
_FLAGS = {"syn-ack": SYN | ACK, "ack": ACK, "rst": RST | ACK}


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What the server says, when, and of which SYN."""

    flags: int
    sequence: int
    """Of the SYN that it acknowledges."""
    at_ms: float


@dataclass(slots=True)
class TcpFlow:
    """One 5-tuple at the server."""

    spec: TargetSpec
    back_ms: float
    """Time until an answer is at the sender, and that until its kernel's RST is here."""
    arrived: int = 0
    """SYNs so far."""
    first: int | None = None
    """The SYN that made the half-open connection, if there is one."""
    free_ms: float = 0.0
    """When the sender's kernel, which knows no such connection, has ended it by RST."""
    said_ack: bool = False
    answers: int = field(default=0)

    def hear(self, sequence: int, at_ms: float) -> list[Word]:
        """Take a SYN; say what comes of it, lost answers left out."""
        number, self.arrived = self.arrived, self.arrived + 1
        if self.spec.says:
            return self._as_told(number, sequence, at_ms)
        if self.spec.tcp == "drops":
            return []
        if self.spec.tcp != "linux":
            return self._leave("rst" if self.spec.tcp == "closed" else "syn-ack", sequence, at_ms)
        return self._linux(sequence, at_ms)

    def _as_told(self, number: int, sequence: int, at_ms: float) -> list[Word]:
        self.first = sequence if self.first is None else self.first
        kind = self.spec.says[number] if number < len(self.spec.says) else ""
        about = sequence if kind == "rst" else self.first
        return self._leave(kind, about, at_ms) if kind else []

    def _linux(self, sequence: int, at_ms: float) -> list[Word]:
        if self.first is None or at_ms >= self.free_ms:
            self.first, self.said_ack = sequence, False
            left = at_ms
            while not (words := self._leave("syn-ack", sequence, left)) and left < at_ms + 4000:
                left += _AGAIN_MS if left == at_ms else 2 * _AGAIN_MS
            self.free_ms = left + 2 * self.back_ms + self._late_ms
            return words
        if self.said_ack:
            return []
        self.said_ack = True
        words = self._leave("ack", self.first, at_ms)
        if words:
            self.free_ms = min(self.free_ms, at_ms + 2 * self.back_ms + self._late_ms)
        return words

    @property
    def _late_ms(self) -> float:
        return self.spec.late_ms.get(self.answers - 1, 0.0)

    def _leave(self, kind: str, about: int, at_ms: float) -> list[Word]:
        number, self.answers = self.answers, self.answers + 1
        if number in self.spec.lost:
            return []
        late_ms = self.spec.late_ms.get(number, 0.0)
        return [Word(flags=_FLAGS[kind], sequence=about, at_ms=at_ms + late_ms)]
