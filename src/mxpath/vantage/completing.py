"""Engines whose last probe opens a whole connection: what they open is charged as one.

The law
-------
1. Which probe of a trace will complete nobody knows before. So one connection of the target's hour
   is set aside before the first probe leaves; where there is none left, none leaves.
2. A connection that comes about uses it up. After that, probes that die before the TTL of that one
   leave freely; one that may arrive again needs a connection more.
3. What was set aside and not used is given back in the end.
4. A connection for which nothing was set aside, since a path has become shorter, is charged when it
   is there.
"""

from collections.abc import Sequence

from mxpath.model.address import IPAddress
from mxpath.model.probe import ProbeSpec, Reply, ReplyKind
from mxpath.vantage.ledger import Ledger
from mxpath.vantage.limits import Budget
from mxpath.vantage.ports import Clock, EngineTraits, ProbeSocket, Sent


class CompletingProbeSocket:
    """Holds probes that may complete to the budget of connections; a ProbeSocket itself.

    Parameters
    ----------
    probes
        An engine's socket; protocols that ``traits.completes`` does not name pass untouched.
    ledger, clock
        The book, and the time that stands in it.
    """

    def __init__(self, probes: ProbeSocket, ledger: Ledger, clock: Clock) -> None:
        self._probes = probes
        self._ledger = ledger
        self._clock = clock
        self._aside: dict[IPAddress, int] = {}
        """When a connection was set aside (ns), by target."""
        self._latest: dict[tuple[IPAddress, int], ProbeSpec] = {}
        self._reached: dict[IPAddress, int] = {}
        """Smallest TTL that has completed."""

    @property
    def traits(self) -> EngineTraits:
        """Those of the wrapped socket."""
        return self._probes.traits

    def source_for(self, target: IPAddress) -> IPAddress | None:
        """As the wrapped socket says: asking for it sends nothing."""
        return self._probes.source_for(target)

    def send(self, probes: Sequence[ProbeSpec]) -> Sequence[Sent]:
        """Send what may still complete."""
        return tuple(self._send(probe) for probe in probes)

    def _send(self, probe: ProbeSpec) -> Sent:
        if probe.protocol in self.traits.completes:
            refusal = self._set_aside(probe)
            if refusal:
                return Sent(sent_ns=self._clock.now_ns(), error=refusal)
            self._latest[probe.target, probe.source_port] = probe
        return self._probes.send((probe,))[0]

    def _set_aside(self, probe: ProbeSpec) -> str:
        """Laws 1 and 2; why there is none, where there is none."""
        target = probe.target
        if target in self._aside or probe.ttl < self._reached.get(target, 0):
            return ""
        now_ns = self._clock.now_ns()
        grant = self._ledger.take(Budget.SESSION, target, now_ns=now_ns)
        if grant.count:
            self._aside[target] = now_ns
        return grant.refusal

    def receive(self, until_s: float) -> Sequence[Reply]:
        """As the wrapped socket does; connections that were made are written down."""
        replies = self._probes.receive(until_s)
        for reply in replies:
            if reply.kind is ReplyKind.SYN_ACK and reply.protocol in self.traits.completes:
                self._completed(reply)
        return replies

    def _completed(self, reply: Reply) -> None:
        target = reply.target
        if self._aside.pop(target, None) is None:
            self._ledger.take(Budget.SESSION, target, now_ns=self._clock.now_ns())
        probe = self._latest.get((target, reply.source_port or 0))
        if probe is not None and probe.sequence == reply.sequence:
            self._reached[target] = min(probe.ttl, self._reached.get(target, probe.ttl))

    def close(self) -> None:
        """Law 3."""
        returned = {target: (at_ns, 1, ()) for target, at_ns in self._aside.items()}
        self._aside.clear()
        if returned:
            now_ns = self._clock.now_ns()
            self._ledger.exchange(Budget.SESSION, returned, {}, now_ns=now_ns, until_ns=now_ns)
