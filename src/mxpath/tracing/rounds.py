"""Round after round to the same targets: watching paths without wearing the targets out.

The law
-------
1. **The same flows in every round of a protocol.** Another source port may take another branch of
   a load balancer, and that would look like a change of the path. Only the cookie is another one:
   a late answer to an earlier round is a stranger's.
2. **First the whole path by the protocol that was asked for**: with TCP to port 25, the mail's own.
3. **TCP at most once a minute.** After the first round it is one SYN at the target's distance: does
   the port still answer, how fast, and from as far away as before? Where a router answers it
   instead, or an ICMP round has just shown another path, the whole path is traced again; still no
   sooner than the minute allows.
4. **ICMP in between** (UDP where the engine has no ICMP), the whole path, one query a hop.
5. **Budgets hold.** A round that may not leave says so in its traces' notes; the watch goes on.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from mxpath.errors import InputError
from mxpath.model.address import IPAddress
from mxpath.model.probe import Protocol
from mxpath.model.trace import EndReason, Trace
from mxpath.model.watch import Round, RoundKind
from mxpath.tracing.check import Check
from mxpath.tracing.course import Course
from mxpath.tracing.kept_flows import KeptFlows
from mxpath.tracing.options import TraceOptions
from mxpath.tracing.plan import Plan
from mxpath.tracing.tracer import drive
from mxpath.vantage.ports import Vantage

MIN_TCP_EVERY_S = 60.0
"""TCP to port 25 is repeated no sooner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchOptions:
    """How often to look.

    Raises
    ------
    InputError
        When a value is outside its range.
    """

    every_s: float = 10.0
    """From the start of one round to the start of the next, at least 1."""
    tcp_every_s: float = 300.0
    """At least 60. With the default a target gets no more SYNs an hour than its budget has."""
    rounds: int | None = None
    """``None``: until the user has seen enough."""

    def __post_init__(self) -> None:
        if not 1.0 <= self.every_s <= 86_400:
            raise InputError(f"a round every {self.every_s:g} s: give 1 to 86400 seconds")
        if not MIN_TCP_EVERY_S <= self.tcp_every_s <= 86_400:
            raise InputError(
                f"TCP every {self.tcp_every_s:g} s: a mail server is asked once a minute at most;"
                " give 60 to 86400 seconds"
            )
        if self.rounds is not None and self.rounds < 1:
            raise InputError(f"{self.rounds} rounds: give 1 or more")


def watch(
    targets: Sequence[IPAddress],
    vantage: Vantage,
    *,
    options: TraceOptions | None = None,
    watching: WatchOptions | None = None,
) -> Iterator[Round]:
    """Look at the paths to all targets again and again.

    Parameters
    ----------
    targets, vantage, options
        As :func:`mxpath.tracing.tracer.trace` takes them; one query a hop and round.
    watching
        How often, and how many times.

    Yields
    ------
    Round
        As soon as it is over. A round that was interrupted from the keyboard is the last.

    Raises
    ------
    PrivilegeError, InputError
        As :func:`mxpath.tracing.tracer.trace` does.
    """
    chosen = replace(options or TraceOptions(), queries=1)
    return _Watch(tuple(dict.fromkeys(targets)), vantage, chosen, watching or WatchOptions()).run()


class _Watch:
    """The state between rounds."""

    def __init__(
        self,
        targets: tuple[IPAddress, ...],
        vantage: Vantage,
        options: TraceOptions,
        watching: WatchOptions,
    ) -> None:
        self._targets, self._vantage = targets, vantage
        self._watching = watching
        self._options = {options.protocol: options}
        self._first = options.protocol
        self._flows: dict[Protocol, KeptFlows] = {}
        self._distances: dict[IPAddress, int] = {}
        self._paths: dict[tuple[Protocol, IPAddress], tuple[IPAddress | None, ...]] = {}
        self._tcp_s = float("-inf")
        self._suspicious = False
        """A path may have changed since TCP has seen it whole."""

    def run(self) -> Iterator[Round]:
        between = self._between()
        clock, number = self._vantage.clock, 0
        while self._watching.rounds is None or number < self._watching.rounds:
            begun_s = clock.monotonic_s()
            number += 1
            found = self._round(number, between)
            yield found
            if any(trace.end is EndReason.INTERRUPTED for trace in found.traces):
                return
            if number != self._watching.rounds:
                clock.sleep(max(0.0, begun_s + self._wait_s(between) - clock.monotonic_s()))

    def _between(self) -> Protocol | None:
        """What rounds between those by TCP are made of; ``None`` where the engine has TCP only."""
        if self._first is not Protocol.TCP:
            return self._first
        with self._vantage.probes() as probes:
            able = probes.traits.protocols
        found = next((p for p in (Protocol.ICMP, Protocol.UDP) if p in able), None)
        if found is not None:
            self._options[found] = replace(self._options[self._first], protocol=found, port=None)
        return found

    def _wait_s(self, between: Protocol | None) -> float:
        return self._watching.every_s if between is not None else self._watching.tcp_every_s

    def _round(self, number: int, between: Protocol | None) -> Round:
        now_s = self._vantage.clock.monotonic_s()
        if self._first is Protocol.TCP and self._is_tcp_due(now_s, between):
            self._tcp_s = now_s
            whole = self._suspicious or not self._distances
            kind = RoundKind.PATH if whole else RoundKind.CHECK
            protocol = Protocol.TCP
        else:
            assert between is not None
            kind, protocol = RoundKind.PATH, between
        started_at = datetime.fromtimestamp(self._vantage.clock.now_ns() / 1e9, tz=UTC)
        traces = self._trace(kind, protocol)
        self._learn(kind, protocol, traces)
        return Round(
            number=number, kind=kind, protocol=protocol, started_at=started_at, traces=traces
        )

    def _is_tcp_due(self, now_s: float, between: Protocol | None) -> bool:
        every_s = MIN_TCP_EVERY_S if self._suspicious else self._watching.tcp_every_s
        return between is None or now_s - self._tcp_s >= every_s

    def _trace(self, kind: RoundKind, protocol: Protocol) -> tuple[Trace, ...]:
        options = self._options[protocol]
        if protocol not in self._flows:
            port, seed = options.destination_port, self._vantage.seed
            self._flows[protocol] = KeptFlows(port, seed=seed, protocol=protocol)
        flows = self._flows[protocol]
        flows.begin_round()
        course_for = self._course_for(kind, options)
        return drive(self._targets, self._vantage, course_for, options=options, draw=flows)

    def _course_for(self, kind: RoundKind, options: TraceOptions) -> Callable[[IPAddress], Course]:
        if kind is RoundKind.PATH:
            return lambda _target: Plan(options)
        # A target whose distance is not known yet is looked at whole.
        known = self._distances
        return lambda target: Check(known[target]) if target in known else Plan(options)

    def _learn(self, kind: RoundKind, protocol: Protocol, traces: Sequence[Trace]) -> None:
        if protocol is Protocol.TCP and kind is RoundKind.CHECK:
            self._suspicious = any(trace.end is not EndReason.REACHED for trace in traces)
            return
        for trace in traces:
            path = tuple(hop.address for hop in trace.hops)
            before = self._paths.get((protocol, trace.target), path)
            self._paths[protocol, trace.target] = path
            self._suspicious |= self._first is Protocol.TCP and _differ(before, path)
            if protocol is Protocol.TCP and trace.distance is not None:
                self._distances[trace.target] = trace.distance
        if protocol is Protocol.TCP:
            self._suspicious = False


def _differ(one: Sequence[IPAddress | None], other: Sequence[IPAddress | None]) -> bool:
    """Whether two paths differ by more than silence."""
    pairs = zip(one, other, strict=False)
    return len(one) != len(other) or any(
        a != b for a, b in pairs if a is not None and b is not None
    )
