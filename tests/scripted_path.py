"""A path that answers as its script says, and the clock that it moves."""

import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Any, cast

from mxpath.model.address import IPAddress
from mxpath.model.probe import ProbeSpec, Reply, ReplyKind
from mxpath.vantage.clock import ManualClock
from mxpath.vantage.ports import EngineTraits, ProbeSocket, Sent, Vantage

TARGET = IPv4Address("198.18.32.25")
SOURCE = IPv4Address("198.18.0.25")


def router(ttl: int) -> IPv4Address:
    return IPv4Address("198.18.200.0") + ttl


@dataclass(kw_only=True)
class Script:
    """The path: what is at each TTL, and how long it takes there and back."""

    distance: int
    delays_s: Callable[[int, int], float] = lambda ttl, _: 0.008 * ttl
    """Round-trip time by (TTL, how many SYNs of that TTL came before)."""
    silent: Callable[[int, int], bool] = lambda _ttl, _number: False
    target: ReplyKind | None = ReplyKind.SYN_ACK
    """How the target answers: SYN/ACK is given once, as by Linux; ``None`` drops all."""
    refused_at: int | None = None
    """A router that answers Destination Unreachable."""
    fails_after: int | None = None
    """SYNs after which this host's network is gone."""
    interrupt_after: int | None = None
    """Calls of ``receive`` after which the user presses Ctrl-C."""
    duplicates: bool = False
    loses_silent: bool = False
    """SYNs without an answer never arrived, and the half-open connection is gone at once."""
    holds_spare: bool = False
    """There is never a place for a spare SYN."""
    alters: Callable[[ProbeSpec, Reply], Reply] = lambda _probe, reply: reply
    """What boxes on the way make of an answer."""


@dataclass
class ScriptedSocket:
    script: Script
    clock: ManualClock
    sent: list[ProbeSpec] = field(default_factory=list)
    sent_s: list[float] = field(default_factory=list)
    coming: list[tuple[int, int, Reply]] = field(default_factory=list)
    receives: int = 0
    opened: bool = False
    traits: EngineTraits = field(default_factory=lambda: EngineTraits(name="scripted"))

    def source_for(self, target: IPAddress) -> IPAddress | None:
        return SOURCE if target.version == 4 else None

    def send(self, probes: Sequence[ProbeSpec]) -> Sequence[Sent]:
        return tuple(self._send(probe) for probe in probes)

    def _send(self, probe: ProbeSpec) -> Sent:
        now_ns = self.clock.now_ns()
        if self.script.fails_after is not None and len(self.sent) >= self.script.fails_after:
            return Sent(sent_ns=now_ns, error="cannot send: Network is unreachable")
        if probe.spare and self.script.holds_spare:
            return Sent(sent_ns=now_ns, held=True)
        mine = [other for other in self.sent if other.target == probe.target]
        number = sum(1 for other in mine if other.ttl == probe.ttl)
        if probe.protocol in self.traits.serial:  # a further probe ends the wait for the one before
            self.coming = [c for c in self.coming if c[2].source_port != probe.source_port]
            heapq.heapify(self.coming)
        self.sent.append(probe)
        self.sent_s.append(self.clock.monotonic_s())
        delay_s = self.script.delays_s(probe.ttl, number)
        reply = None
        if not self.script.silent(probe.ttl, number):
            reply = self._reply(probe, now_ns + round(delay_s * 1e9))
        if reply is not None:
            for copy in range(1 + self.script.duplicates):
                heapq.heappush(
                    self.coming, (reply.received_ns or 0, 2 * len(self.sent) + copy, reply)
                )
        return Sent(sent_ns=now_ns)

    def _reply(self, probe: ProbeSpec, received_ns: int) -> Reply | None:
        script = self.script
        stop = script.refused_at or script.distance
        if probe.ttl >= script.distance and script.refused_at is None:
            mine = [s for s in self.arrived() if s.target == probe.target]
            first = min(s.sequence for s in mine)
            kind = script.target
            again = script.loses_silent and probe.sequence >> 20 & 0x3F
            if kind is ReplyKind.SYN_ACK and probe.sequence != first and not again:
                return None
            where: IPAddress = probe.target
        else:
            refused = script.refused_at is not None and probe.ttl >= stop
            kind = ReplyKind.UNREACHABLE if refused else ReplyKind.TIME_EXCEEDED
            where = router(min(probe.ttl, stop))
        if kind is None:
            return None
        return script.alters(probe, answer(probe, kind, where, received_ns))

    def receive(self, until_s: float) -> Sequence[Reply]:
        self.receives += 1
        assert self.receives < 2000, "the tracer turns without end"
        if self.receives == self.script.interrupt_after:
            raise KeyboardInterrupt
        until_ns = self.clock.instant_ns(until_s)
        self.clock.advance_to(min([until_ns, *(at_ns for at_ns, _, _ in self.coming[:1])]))
        found = []
        while self.coming and self.coming[0][0] <= self.clock.now_ns():
            found.append(heapq.heappop(self.coming)[2])
        return found

    def arrived(self) -> list[ProbeSpec]:
        """SYNs that came as far as the target."""
        seen: Counter[int] = Counter()
        found = []
        for probe in self.sent:
            lost = self.script.loses_silent and self.script.silent(probe.ttl, seen[probe.ttl])
            seen[probe.ttl] += 1
            if probe.ttl >= self.script.distance and not lost:
                found.append(probe)
        return found


def answer(probe: ProbeSpec, kind: ReplyKind, where: IPAddress, received_ns: int) -> Reply:
    return Reply(
        kind=kind,
        responder=where,
        target=probe.target,
        source_port=probe.source_port,
        destination_port=probe.destination_port,
        sequence=probe.sequence,
        received_ns=received_ns,
        protocol=probe.protocol,
    )


def play(script: Script, *, seed: int | None = 1) -> tuple[Vantage, ScriptedSocket]:
    clock = ManualClock()
    socket = ScriptedSocket(script, clock)

    def open_probes() -> AbstractContextManager[ProbeSocket]:
        return nullcontext(socket)

    unused = cast("Any", None)
    vantage = Vantage(
        clock=clock,
        resolver=unused,
        dialer=unused,
        probes=open_probes,
        engine="scripted",
        seed=seed,
    )
    return vantage, socket
