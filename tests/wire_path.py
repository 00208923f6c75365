"""A path of wires that plays a world: probes go in as bytes, and bytes come back, in their time.

The player satisfies ``mxpath.vantage.ports.ProbeSocket``: probes are written by the real encoder and
what comes back is read by the real decoder, with ``wire_bytes`` in between. It remembers which
probe each packet that it delivered speaks of.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import count
from typing import Any, cast

from mxpath.model.address import IPAddress
from mxpath.model.probe import ProbeSpec, Protocol, Reply
from mxpath.vantage.clock import ManualClock
from mxpath.vantage.packets import decode, encode
from mxpath.vantage.ports import EngineTraits, ProbeSocket, Sent, Vantage
from wire_bytes import Seen, read_probe
from wire_routers import Answer, Arrived, Routers
from wire_strays import write_stray
from wire_target import Target
from wire_world import SOURCE, World

_MS = 1_000_000
_LAST = 1 << 40
"""Events follow what arrives at their moment."""
_RECEIVES = 20_000
"""More waits than any trace of these worlds may need: a loop that spins is found, not endured."""


class SteppingClock(ManualClock):
    """A clock whose wall hands can be set."""

    stepped_ns = 0
    """By how much they were set."""

    def step(self, ns: int) -> None:
        """Set the wall clock forward, or backward."""
        self._epoch_ns += ns
        self.stepped_ns += ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgery:
    """A packet that somebody sends after a certain probe has left."""

    probe: int
    """Number of that probe, in the order of their sending."""
    after_ms: float
    write: Callable[[Seen], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A packet that was handed to the decoder."""

    received_ns: int
    """By a wall clock that nobody has set."""
    packet: bytes
    reply: Reply | None
    speaks_of: ProbeSpec | None
    """The probe that it truly answers or acknowledges; ``None`` for a stray."""


class WirePath:
    """The played path."""

    def __init__(self, world: World, clock: SteppingClock) -> None:
        self.world = world
        serial = frozenset({Protocol.TCP}) if world.serial else frozenset[Protocol]()
        self.traits = EngineTraits(name="simulated", serial=serial)
        self.clock = clock
        self.probes: list[ProbeSpec] = []
        self.seen: list[Seen] = []
        self.delivered: list[Delivered] = []
        self.at_target: Counter[tuple[object, ...]] = Counter()
        """Probes that have arrived, or will, by flow."""
        self._towards: Counter[tuple[object, ...]] = Counter()
        self.sent_by_ttl: Counter[int] = Counter()
        self._specs: dict[tuple[object, int], ProbeSpec] = {}
        self._routers = Routers(world)
        self._target = Target(world.target)
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._order = count()
        self._inbox: list[tuple[bytes, ProbeSpec | None, int, int]] = []
        self.forgeries: Sequence[Forgery] = ()
        self.damages: Mapping[int, Callable[[bytes], bytes | None]] = {}
        """What makes a damaged copy of true answers, which comes first; by their number."""
        self._answered = count()
        self.receives = 0
        self._is_down = False
        for event in world.event:
            act = self._step(round(event.clock_step_ms * _MS), event.interface_down)
            self._at(event.at_ms, act, after=_LAST)

    # The port.

    def source_for(self, target: IPAddress) -> IPAddress | None:
        """This host has one address a family, and speaks the world's alone."""
        return SOURCE[target.version] if target.version == self.world.family else None

    def send(self, probes: Sequence[ProbeSpec]) -> Sequence[Sent]:
        """Put probes on the wire."""
        self._play_until(self._now_ms)
        return tuple(self._send(probe) for probe in probes)

    def _send(self, probe: ProbeSpec) -> Sent:
        now_ns = self.clock.now_ns()
        if self._is_down:
            return Sent(sent_ns=now_ns, error="cannot send: Network is unreachable")
        seen = read_probe(encode(probe))
        self.probes.append(probe)
        self.seen.append(seen)
        self._specs[seen.hashed, seen.sequence] = probe
        self._walk(probe, seen)
        for stray in self.world.stray:
            if stray.ttl == probe.ttl and not self.sent_by_ttl[probe.ttl]:
                self._deliver(self._now_ms + stray.after_ms, write_stray(stray, seen), None)
        self.sent_by_ttl[probe.ttl] += 1
        for forgery in self.forgeries:
            if forgery.probe == len(self.probes) - 1:
                self._deliver(self._now_ms + forgery.after_ms, forgery.write(seen), None)
        return Sent(sent_ns=now_ns)

    def receive(self, until_s: float) -> Sequence[Reply]:
        """Wait until something comes that can be understood, or the time is over."""
        self.receives += 1
        assert self.receives < _RECEIVES, "the tracer's loop spins"
        until_ms = until_s * 1e3
        while True:
            self._play_until(self._now_ms)
            replies = self._read()
            if replies or self._now_ms >= until_ms:
                return replies
            next_ms = self._events[0][0] / _MS if self._events else until_ms
            wait_s = min(next_ms, until_ms) / 1e3 - self.clock.monotonic_s()
            self.clock.sleep(max(wait_s, 1e-9))

    def _read(self) -> tuple[Reply, ...]:
        replies = []
        for packet, probe, stamp_ns, steady_ns in self._inbox:
            if self.world.serial and probe not in (None, *self.probes[-1:]):
                continue
            reply = decode(packet, stamp_ns)
            self.delivered.append(
                Delivered(received_ns=steady_ns, packet=packet, reply=reply, speaks_of=probe)
            )
            replies += [reply] if reply is not None else []
        self._inbox.clear()
        return tuple(replies)

    @property
    def strays(self) -> int:
        """Strays that came in time, and were understood."""
        return sum(d.speaks_of is None and d.reply is not None for d in self.delivered)

    # Time.

    @property
    def _now_ms(self) -> float:
        return self.clock.monotonic_s() * 1e3

    def _at(self, at_ms: float, act: Callable[[], None], *, after: int = 0) -> None:
        heapq.heappush(self._events, (round(at_ms * _MS), after + next(self._order), act))

    def _play_until(self, now_ms: float) -> None:
        while self._events and self._events[0][0] <= round(now_ms * _MS):
            heapq.heappop(self._events)[2]()

    def _deliver(self, at_ms: float, packet: bytes, probe: ProbeSpec | None) -> None:
        def arrive() -> None:
            stamp_ns = self.clock.now_ns()
            self._inbox.append((packet, probe, stamp_ns, stamp_ns - self.clock.stepped_ns))

        self._at(at_ms, arrive)

    def _step(self, ns: int, down: bool | None) -> Callable[[], None]:  # noqa: FBT001
        def act() -> None:
            self.clock.step(ns)
            self._is_down = self._is_down if down is None else down

        return act

    # The way there.

    def _walk(self, probe: ProbeSpec, seen: Seen) -> None:
        """Let a packet go until it dies, is refused, or arrives."""
        end = self._routers.walk(seen, self._now_ms)
        if isinstance(end, Arrived):
            number = self._towards[seen.hashed]
            self._towards[seen.hashed] += 1
            there_ms = self._now_ms + end.way_ms + self._target.slow_ms(number)
            if not self._target.drops(number):
                self.at_target[seen.hashed] += 1
                self._at(there_ms, lambda: self._serve(seen, end))
            return
        for answer in end:
            self._answer(answer, probe)

    def _serve(self, seen: Seen, end: Arrived) -> None:
        for answer in self._target.answers(seen, end, self._now_ms):
            self._answer(answer, self._specs[seen.hashed, answer.sequence])

    def _answer(self, answer: Answer, probe: ProbeSpec) -> None:
        damage = self.damages.get(next(self._answered))
        damaged = damage and damage(answer.packet)
        for packet in (damaged, answer.packet) if damaged else (answer.packet,):
            self._deliver(answer.at_ms, packet, probe)


def play(world: World, *, seed: int | None = 1) -> tuple[Vantage, WirePath]:
    """Stand at the beginning of a world's path."""
    clock = SteppingClock()
    path = WirePath(world, clock)

    def open_probes() -> AbstractContextManager[ProbeSocket]:
        return nullcontext(path)

    unused = cast("Any", None)
    vantage = Vantage(
        clock=clock,
        resolver=unused,
        dialer=unused,
        probes=open_probes,
        engine="simulated",
        seed=seed,
    )
    return vantage, path
