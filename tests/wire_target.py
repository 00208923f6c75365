"""The machine at the end of wires: what it says to probes, and when."""

from collections.abc import Iterator

from wire_bytes import (
    ICMP,
    TCP,
    UDP,
    QuoteStyle,
    Seen,
    echo_reply,
    icmp_error,
    ip_packet,
    tcp_answer,
    udp_answer,
)
from wire_routers import Answer, Arrived
from wire_server import TcpFlow
from wire_world import TargetSpec

_WORDS = b"220 who is there?"
_PORT_UNREACHABLE = {4: (3, 3), 6: (1, 4)}


class Target:
    """The target of a world."""

    def __init__(self, spec: TargetSpec) -> None:
        self._spec = spec
        self._flows: dict[object, TcpFlow] = {}

    def drops(self, number: int) -> bool:
        """Whether the probe of that number vanishes just before it arrives."""
        return number in self._spec.drops

    def slow_ms(self, number: int) -> float:
        """How much longer than usual that probe takes to arrive."""
        return self._spec.slow_ms.get(number, 0.0)

    def answers(self, seen: Seen, end: Arrived, now_ms: float) -> Iterator[Answer]:
        """Take a probe that has arrived; say what is on its way to the sender."""
        if seen.protocol == TCP:
            yield from self._tcp(seen, end, now_ms)
            return
        body = self._udp(seen, end) if seen.protocol == UDP else self._echo(seen)
        if body is not None:
            refused = seen.protocol == UDP and self._spec.udp == "closed"
            protocol = ICMP[seen.version] if refused else seen.protocol
            packet = self._write(seen, protocol, body, end.steps)
            yield Answer(at_ms=now_ms + end.way_ms, packet=packet, sequence=seen.sequence)

    def _tcp(self, seen: Seen, end: Arrived, now_ms: float) -> Iterator[Answer]:
        new = TcpFlow(spec=self._spec, back_ms=end.way_ms)
        for word in self._flows.setdefault(seen.hashed, new).hear(seen.sequence, now_ms):
            body = tcp_answer(seen, word.flags, acknowledged=word.sequence + 1)
            packet = self._write(seen, TCP, body, end.steps)
            yield Answer(at_ms=word.at_ms + end.way_ms, packet=packet, sequence=word.sequence)

    def _udp(self, seen: Seen, end: Arrived) -> bytes | None:
        if self._spec.udp in ("echoes", "speaks"):
            return udp_answer(seen, seen.body[8:] if self._spec.udp == "echoes" else _WORDS)
        kind = _PORT_UNREACHABLE[seen.version]
        refusal = icmp_error(kind, end.packet, style=QuoteStyle(), version=seen.version)
        return refusal if self._spec.udp == "closed" else None

    def _echo(self, seen: Seen) -> bytes | None:
        return echo_reply(seen) if self._spec.echo else None

    def _write(self, seen: Seen, protocol: int, body: bytes, steps: int) -> bytes:
        return ip_packet(
            self._spec.answers_from or seen.target,
            seen.source,
            protocol,
            body,
            ttl=self._spec.start_ttl - steps,
            extensions=self._spec.extensions,
        )
