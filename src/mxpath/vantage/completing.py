"""Engines whose last probe opens a whole connection: what they open is charged as one."""

from collections.abc import Sequence

from mxpath.model.address import IPAddress
from mxpath.model.probe import ProbeSpec, Reply, ReplyKind
from mxpath.vantage.ledger import Budget, Ledger
from mxpath.vantage.ports import Clock, EngineTraits, ProbeSocket, Sent


class CompletingProbeSocket:
    """Holds probes that may complete to the budget of connections; a ProbeSocket itself.

    A target whose connections of this hour are used up gets no such probe. Which probe will
    complete nobody knows before, so that a connection is charged when it is there.

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
        self._refusals: dict[IPAddress, str] = {}

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
        refusal = self._refusal(probe.target) if probe.protocol in self.traits.completes else ""
        if refusal:
            return Sent(sent_ns=self._clock.now_ns(), error=refusal)
        return self._probes.send((probe,))[0]

    def _refusal(self, target: IPAddress) -> str:
        """Why there may be no connection; asked once, and once more after each that was made."""
        if target not in self._refusals:
            now_ns = self._clock.now_ns()
            grant = self._ledger.take(Budget.SESSION, target, now_ns=now_ns, only_ask=True)
            self._refusals[target] = grant.refusal
        return self._refusals[target]

    def receive(self, until_s: float) -> Sequence[Reply]:
        """As the wrapped socket does; connections that were made are written down."""
        replies = self._probes.receive(until_s)
        for reply in replies:
            if reply.kind is ReplyKind.SYN_ACK and reply.protocol in self.traits.completes:
                self._ledger.take(Budget.SESSION, reply.target, now_ns=self._clock.now_ns())
                self._refusals.pop(reply.target, None)
        return replies
