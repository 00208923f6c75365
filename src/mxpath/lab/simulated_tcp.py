"""A mail server's kernel and its half-open connections, as Linux plays it.

The law, for SYNs of one 5-tuple at an open port (measured on Linux 6.18):

1. The first SYN gets a SYN/ACK. So does a copy of it with the same sequence number.
2. A SYN inside the window of the first one resets the half-open connection: RST.
3. Any other SYN gets a bare ACK of the *first* one, at most one in 500 ms
   (``tcp_invalid_ratelimit``); the rest are silent.
4. The prober's kernel knows nothing of the connection and answers the SYN/ACK
   with RST. When that arrives the half-open connection is gone: back to rule 1.

A closed port answers every SYN with a RST; a dropped one answers nothing.
"""

from dataclasses import dataclass, replace

from mxpath.lab.elements import Behaviour
from mxpath.lab.forwarding import FiveTuple
from mxpath.lab.simulated_wire import TcpFlag

_WINDOW = 65_535
_ACK_EVERY_NS = 500_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """What the server sends back."""

    flags: TcpFlag
    sequence: int
    acknowledged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _HalfOpen:
    first_sequence: int
    gone_at_ns: int
    """When the prober's RST arrives."""
    acked_at_ns: int | None = None


class TcpServer:
    """Port 25 of one host; keeps the half-open connections of all flows."""

    def __init__(self, behaviour: Behaviour | None) -> None:
        """``behaviour`` is ``None`` where nothing listens."""
        self._behaviour = behaviour
        self._half_open: dict[FiveTuple, _HalfOpen] = {}

    def answer(
        self, flow: FiveTuple, sequence: int, *, at_ns: int, round_trip_ns: int
    ) -> Segment | None:
        """Answer one SYN that arrives at ``at_ns``; SYNs of a flow come in order of time."""
        if self._behaviour is Behaviour.DROPPED:
            return None
        if self._behaviour in (None, Behaviour.CLOSED):
            return _reset(sequence)
        known = self._half_open.get(flow)
        if known is None or at_ns >= known.gone_at_ns:
            known = _HalfOpen(first_sequence=sequence, gone_at_ns=at_ns + round_trip_ns)
            self._half_open[flow] = known
        return self._again(flow, known, sequence, at_ns)

    def _again(
        self, flow: FiveTuple, known: _HalfOpen, sequence: int, at_ns: int
    ) -> Segment | None:
        offset = (sequence - known.first_sequence) % 2**32
        if offset == 0:
            return _segment(TcpFlag.SYN | TcpFlag.ACK, known.first_sequence)
        if offset <= _WINDOW:
            del self._half_open[flow]
            return _reset(sequence)
        if known.acked_at_ns is not None and at_ns - known.acked_at_ns < _ACK_EVERY_NS:
            return None
        self._half_open[flow] = replace(known, acked_at_ns=at_ns)
        return _segment(TcpFlag.ACK, known.first_sequence)


def _segment(flags: TcpFlag, acknowledges: int) -> Segment:
    # The server's own number is of no interest to anyone; derived, so that runs repeat.
    own = acknowledges * 2654435761 % 2**32
    sequence = own if flags & TcpFlag.SYN else (own + 1) % 2**32
    return Segment(flags=flags, sequence=sequence, acknowledged=(acknowledges + 1) % 2**32)


def _reset(sequence: int) -> Segment:
    """RST to a SYN: no sequence of its own, acknowledges the SYN (RFC 9293 section 3.10.7.1)."""
    flags = TcpFlag.RST | TcpFlag.ACK
    return Segment(flags=flags, sequence=0, acknowledged=(sequence + 1) % 2**32)
