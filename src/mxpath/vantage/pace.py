"""Politeness: what leaves, when, and how much of it.

The law
-------
1. No target gets more than its budget for an hour, whatever asks and from however many processes
   (``ledger.py``). What goes beyond is not sent, and the answer says when it may be.
   The budget counts SYNs; other probes are held to 2 and 3 alone.
2. What is excluded is never asked anything, in whatever protocol.
3. All probes together leave at ``rate_pps`` at most, after a first burst of one second's worth and
   no more than ``BURST``. A dial is a SYN too.
4. A spare probe (``ProbeSpec.spare``) dies before the target and is not charged to it. It leaves a
   part of the burst to those that must leave.
5. No probe ever waits here. Where there is no place now it is held, and the answer says when there
   is one: who sends goes on listening until then. Pace never shows in a round-trip time.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from mxpath.errors import InputError
from mxpath.model.address import IPAddress
from mxpath.model.probe import ProbeSpec, Protocol, Reply
from mxpath.vantage.leases import Leases
from mxpath.vantage.ledger import Ledger
from mxpath.vantage.limits import DEFAULT_RATE_PPS, Budget
from mxpath.vantage.ports import Clock, Connection, Dialer, EngineTraits, ProbeSocket, Sent

BURST = 50
_TICK_S = 1e-6
"""Moments this near are one: a clock that counts nanoseconds cannot wait for less."""
_KEPT_SHARE = 0.2
"""Part of a burst that spare probes leave to others."""


class Pace:
    """A token bucket that holds one second's worth of packets, and ``BURST`` at most.

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
        self._gap_s = 1 / rate_pps
        self._ahead_s = max(0.0, min(rate_pps, BURST) - 1) / rate_pps
        self._next_s: float | None = None
        self._lock = threading.Lock()

    def reserve(self, now_s: float) -> float:
        """Take the next free place; returns the seconds to wait until it comes.

        The bucket is kept as the moment at which the next packet would leave if all left evenly
        (the generic cell rate algorithm, ITU-T I.371): a burst may run ahead of it.
        """
        with self._lock:
            due_s = now_s if self._next_s is None else max(self._next_s, now_s)
            self._next_s = due_s + self._gap_s
        return max(0.0, due_s - now_s - self._ahead_s)

    def take(self, now_s: float, *, spare: bool = False) -> float | None:
        """Take a place if one is free at once; else return the moment when one will be.

        For spare probes it is free only if enough are left for others.
        """
        ahead_s = self._ahead_s * (1 - _KEPT_SHARE) if spare else self._ahead_s
        with self._lock:
            due_s = now_s if self._next_s is None else max(self._next_s, now_s)
            if due_s - now_s > ahead_s + _TICK_S:
                return due_s - ahead_s
            self._next_s = due_s + self._gap_s
        return None

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
            paced = PacedProbeSocket(probes, pace, ledger, clock)
            try:
                yield paced
            finally:
                paced.close()

    return open_paced


class PacedProbeSocket:
    """Holds probes to pace and budget; satisfies :class:`mxpath.vantage.ports.ProbeSocket`."""

    def __init__(self, probes: ProbeSocket, pace: Pace, ledger: Ledger, clock: Clock) -> None:
        self._probes = probes
        self._pace = pace
        self._clock = clock
        self._ledger = ledger
        self._leases = Leases(ledger)
        self._excluded: dict[IPAddress, str] = {}

    @property
    def traits(self) -> EngineTraits:
        """Those of the wrapped socket."""
        return self._probes.traits

    def source_for(self, target: IPAddress) -> IPAddress | None:
        """As the wrapped socket says: asking for it sends nothing. Who asks is expected to send."""
        source = self._probes.source_for(target)
        if source is not None:
            self._leases.expect(target)
        return source

    def receive(self, until_s: float) -> Sequence[Reply]:
        """As the wrapped socket does."""
        return self._probes.receive(until_s)

    def send(self, probes: Sequence[ProbeSpec]) -> Sequence[Sent]:
        """Send what there is a place for now. Refusals and holds are results; nothing waits."""
        now_s, now_ns = self._clock.monotonic_s(), self._clock.now_ns()
        verdicts: list[Sent | None] = []
        held: Sent | None = None
        for probe in probes:
            if held is not None and not probe.spare:
                verdicts.append(held)
                continue
            verdict = self._judge(probe, now_s, now_ns)
            verdicts.append(verdict)
            if verdict is not None and verdict.held and not probe.spare:
                held = verdict
        allowed = [probe for probe, no in zip(probes, verdicts, strict=True) if no is None]
        results = iter(self._probes.send(allowed) if allowed else ())
        return tuple(next(results) if verdict is None else verdict for verdict in verdicts)

    def _judge(self, probe: ProbeSpec, now_s: float, now_ns: int) -> Sent | None:
        """Why a probe may not leave now; ``None`` when it may, and then its place is taken."""
        charged = probe.protocol is Protocol.TCP and not probe.spare
        refusal = self._exclusion(probe.target)
        if charged and not refusal:
            refusal = self._leases.refusal(probe.target, now_ns)
        if refusal:
            return Sent(sent_ns=now_ns, error=refusal)
        free_s = self._pace.take(now_s, spare=probe.spare)
        if free_s is not None:
            return Sent(sent_ns=now_ns, held=True, free_s=free_s)
        if charged:
            self._leases.use(probe.target, now_ns)
        return None

    def _exclusion(self, target: IPAddress) -> str:
        known = self._excluded.get(target)
        if known is None:
            known = self._excluded[target] = self._ledger.excluded(target)
        return known

    def close(self) -> None:
        """Give back what of the budgets was set aside and not used."""
        self._leases.close(self._clock.now_ns())


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
