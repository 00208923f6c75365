"""Politeness: what leaves, when, and how much of it.

The law
-------
1. No target gets more than its budget for an hour, whatever asks and from however many processes
   (``ledger.py``). What goes beyond is not sent, and the answer says when it may be.
2. What is excluded is never asked anything.
3. All SYNs together leave at ``rate_pps`` at most, after a first burst of one second's worth. A
   dial is a SYN too.
4. A spare probe (``ProbeSpec.spare``) dies before the target and is not charged to it. It never
   waits, and leaves a part of the burst to those that must leave: else it is held.
5. Waiting happens before a packet is stamped and sent: pace never shows in a round-trip time.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from mxpath.errors import InputError
from mxpath.model.address import IPAddress
from mxpath.model.probe import ProbeSpec, Reply
from mxpath.vantage.ledger import Budget, Grant, Ledger
from mxpath.vantage.ports import Clock, Connection, Dialer, EngineTraits, ProbeSocket, Sent

DEFAULT_RATE_PPS = 50.0
_KEPT_SHARE = 0.2
"""Part of a burst that spare probes leave to others."""


class Pace:
    """A token bucket that holds one second's worth of packets.

    Parameters
    ----------
    rate_pps
        Packets a second in the long run.

    Raises
    ------
    InputError
        When that is not a positive number.
    """

    def __init__(self, rate_pps: float = DEFAULT_RATE_PPS) -> None:
        if rate_pps <= 0:
            raise InputError(f"rate_pps = {rate_pps} must be positive")
        self.rate_pps = rate_pps
        self._next_s: float | None = None
        self._lock = threading.Lock()

    def reserve(self, now_s: float) -> float:
        """Take the next free place; returns the seconds to wait until it comes.

        The bucket is kept as the moment at which the next packet would leave if all left evenly
        (the generic cell rate algorithm, ITU-T I.371): a second's worth may run ahead of it.
        """
        gap_s = 1 / self.rate_pps
        with self._lock:
            due_s = now_s if self._next_s is None else max(self._next_s, now_s)
            self._next_s = due_s + gap_s
        return max(0.0, due_s - now_s - max(0.0, 1 - gap_s))

    def spare(self, now_s: float) -> bool:
        """Take a place if one is free at once and enough are left for others."""
        gap_s = 1 / self.rate_pps
        with self._lock:
            due_s = now_s if self._next_s is None else max(self._next_s, now_s)
            if due_s - now_s > max(0.0, 1 - gap_s) * (1 - _KEPT_SHARE):
                return False
            self._next_s = due_s + gap_s
        return True

    def wait(self, clock: Clock) -> None:
        """Sleep until the next packet may leave."""
        delay_s = self.reserve(clock.monotonic_s())
        if delay_s > 0:
            clock.sleep(delay_s)


def paced_probes(
    open_probes: Callable[[], AbstractContextManager[ProbeSocket]],
    pace: Pace,
    ledger: Ledger,
    clock: Clock,
) -> Callable[[], AbstractContextManager[ProbeSocket]]:
    """Wrap a vantage's ``probes`` so that everything sent through it is polite."""

    @contextmanager
    def open_paced() -> Iterator[ProbeSocket]:
        with open_probes() as probes:
            yield PacedProbeSocket(probes, pace, ledger, clock)

    return open_paced


class PacedProbeSocket:
    """Holds probes to pace and budget; satisfies :class:`mxpath.vantage.ports.ProbeSocket`."""

    def __init__(self, probes: ProbeSocket, pace: Pace, ledger: Ledger, clock: Clock) -> None:
        self._probes = probes
        self._pace = pace
        self._ledger = ledger
        self._clock = clock

    @property
    def traits(self) -> EngineTraits:
        """Those of the wrapped socket."""
        return self._probes.traits

    def source_for(self, target: IPAddress) -> IPAddress | None:
        """As the wrapped socket says: asking for it sends nothing."""
        return self._probes.source_for(target)

    def receive(self, until_s: float) -> Sequence[Reply]:
        """As the wrapped socket does."""
        return self._probes.receive(until_s)

    def send(self, probes: Sequence[ProbeSpec]) -> Sequence[Sent]:
        """Send what the budgets allow, each when its turn comes; refusals are results."""
        now_ns = self._clock.now_ns()
        grants = {
            target: self._ledger.take(Budget.SYN, target, now_ns=now_ns, count=count)
            for target, count in Counter(p.target for p in probes if not p.spare).items()
        }
        used: Counter[IPAddress] = Counter()
        results = []
        for probe in probes:
            if probe.spare:
                results.append(self._send_spare(probe))
                continue
            used[probe.target] += 1
            grant = grants[probe.target]
            results.append(self._send(probe, grant, allowed=used[probe.target] <= grant.count))
        return tuple(results)

    def _send(self, probe: ProbeSpec, grant: Grant, *, allowed: bool) -> Sent:
        if not allowed:
            return Sent(sent_ns=self._clock.now_ns(), error=grant.refusal)
        self._pace.wait(self._clock)
        return self._probes.send((probe,))[0]

    def _send_spare(self, probe: ProbeSpec) -> Sent:
        if not self._pace.spare(self._clock.monotonic_s()):
            return Sent(sent_ns=self._clock.now_ns(), held=True)
        return self._probes.send((probe,))[0]


class PacedDialer:
    """Holds connections to pace and budget; satisfies :class:`mxpath.vantage.ports.Dialer`."""

    def __init__(self, dialer: Dialer, pace: Pace, ledger: Ledger, clock: Clock) -> None:
        self._dialer = dialer
        self._pace = pace
        self._ledger = ledger
        self._clock = clock

    def dial(
        self, address: IPAddress, port: int, timeout_s: float, *, max_segment: int | None = None
    ) -> Connection:
        """Connect when the budget allows.

        Raises
        ------
        RefusedError
            When the budget of this address is used up, or the address is excluded.
        ConnectionFault
            As the wrapped dialer says.
        """
        self._ledger.demand(Budget.SESSION, address, now_ns=self._clock.now_ns())
        self._pace.wait(self._clock)
        return self._dialer.dial(address, port, timeout_s, max_segment=max_segment)
