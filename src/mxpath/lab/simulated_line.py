"""A TCP connection's packets in the played network: what an exchange costs when packets vanish.

The law, as Linux sends again (RFC 6298; ``TCP_TIMEOUT_INIT``, ``TCP_RTO_MIN``):

1. A SYN that nobody answers is sent again after 1 s, then after twice as long each time.
2. Later segments wait for the round trip and at least 200 ms or two round trips on top.
3. What the receiver got it answers at once; the answer is sent again by the same rule.
4. What the conditions of a link stop, not chance, is stopped again each time it is sent.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from mxpath.lab.forwarding import FiveTuple

FIRST_TIMEOUT_NS = 1_000_000_000
_LEAST_TIMEOUT_NS = 200_000_000
_TRIES = 7
"""Linux' ``tcp_syn_retries`` 6: the last one leaves after 63 s."""


class Transmitter(Protocol):
    """What a line needs of a network."""

    def transmit(self, node: str, flow: FiveTuple, at_ns: int) -> tuple[str, int] | None:
        """Send one segment; return where it came to and when, ``None`` when it vanished."""
        ...


def sendings(at_ns: int, timeout_ns: int) -> Iterator[int]:
    """Yield when a segment is sent, the first time and again."""
    for number in range(_TRIES):
        yield at_ns + timeout_ns * (2**number - 1)


def deliver(
    network: Transmitter, node: str, flow: FiveTuple, at_ns: int, timeout_ns: int
) -> tuple[str, int] | None:
    """Send a segment until it comes somewhere; ``None`` when the sender gives up."""
    for sent_ns in sendings(at_ns, timeout_ns):
        arrived = network.transmit(node, flow, sent_ns)
        if arrived is not None:
            return arrived
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedLine:
    """An open connection between the sender and a server."""

    connect_ms: float
    """What the handshake took, with whatever had to be sent again."""
    network: Transmitter
    sender: str
    server: str
    flow: FiveTuple
    round_trip_ms: float
    """Without jitter and losses: what the two kernels have measured."""

    def exchange_s(self, now_ns: int) -> float | None:
        """Return how long one request and its answer take from now on.

        Returns
        -------
        float or None
            Seconds; ``None`` when the answer never comes.
        """
        round_trip_ns = round(self.round_trip_ms * 1e6)
        timeout_ns = round_trip_ns + max(2 * round_trip_ns, _LEAST_TIMEOUT_NS)
        there = deliver(self.network, self.sender, self.flow, now_ns, timeout_ns)
        if there is None or there[0] != self.server:
            return None
        back = deliver(self.network, self.server, self.flow.reverse, there[1], timeout_ns)
        if back is None or back[0] != self.sender:
            return None
        return (back[1] - now_ns) / 1e9
