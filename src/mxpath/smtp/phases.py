"""Whose time is it? The steps of a conversation, each split into network and server.

The TCP handshake measures the path's round trip. Each step is then charged to the
network with its round trips times that figure, never more than elapsed, and the
rest to the server:

    connect 1 | greeting 1: our ACK travels there, the greeting back
    ehlo, starttls, ehlo2, quit 1 each; 2 when HELO had to follow EHLO
    tls 1 with TLS 1.3, 2 with TLS 1.2 and older (RFC 8446 section 2, RFC 5246 section 7.3)

A lost SYN makes the handshake, and with it the round trip, look longer than it
is; the server's share then comes out too small, never too large.
"""

from mxpath.model.session import Phase
from mxpath.vantage.ports import Clock


class PhaseTimes:
    """The phases so far, and the round trip by which they are split."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rtt_ms: float | None = None
        self.phases: list[Phase] = []

    def now_s(self) -> float:
        """Seconds on the clock that never steps."""
        return self._clock.monotonic_s()

    def connected(self, elapsed_ms: float, *, complete: bool = True) -> None:
        """Close the first step; without an answer there is no round trip to know."""
        self._rtt_ms = elapsed_ms
        self._append("connect", elapsed_ms, 1, complete=complete)

    def add(self, name: str, elapsed_ms: float, *, round_trips: int = 1, complete: bool) -> None:
        """Close the step ``name``; the same name again (HELO after EHLO) adds to it."""
        if self.phases[-1].name == name:
            earlier = self.phases.pop()
            elapsed_ms += earlier.elapsed_ms
            round_trips += earlier.round_trips
        self._append(name, elapsed_ms, round_trips, complete=complete)

    def _append(self, name: str, elapsed_ms: float, round_trips: int, *, complete: bool) -> None:
        assert self._rtt_ms is not None
        network_ms = min(elapsed_ms, round_trips * self._rtt_ms)
        self.phases.append(
            Phase(
                name=name,
                elapsed_ms=round(elapsed_ms, 3),
                round_trips=round_trips,
                network_ms=round(network_ms, 3),
                server_ms=round(elapsed_ms - network_ms, 3),
                complete=complete,
            )
        )
