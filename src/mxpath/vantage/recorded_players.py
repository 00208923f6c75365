"""The replaying half: each port answered from the lines of a tape."""

import heapq
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self

from mxpath.errors import RefusedError
from mxpath.model.address import IPAddress
from mxpath.model.bgp import RoutingAnswer, RoutingFate, RoutingQuestion
from mxpath.model.dns import DnsAnswer, DnsStatus
from mxpath.model.http import HttpAnswer, HttpFault, HttpQuestion
from mxpath.model.probe import ProbeSpec, Reply
from mxpath.model.registry import RegistryAnswer, RegistryFate, RegistryQuestion, Resource
from mxpath.model.session import TlsFacts
from mxpath.vantage.clock import ManualClock
from mxpath.vantage.ports import ConnectionFault, EngineTraits, Fault, Sent
from mxpath.vantage.recorded_tape import (
    Dial,
    Fetched,
    Handshake,
    Holder,
    ProbeSent,
    ProbesOpened,
    Question,
    Receiving,
    ReplyReceived,
    Routes,
    Said,
    Sending,
    Source,
)

NOT_RECORDED = "not in the recording"
_VERB_OCTETS = 4


def _plain(name: str) -> str:
    return name.lower().removesuffix(".") or "."


class PlayedResolver:
    """Answers recorded DNS questions, by name and type."""

    def __init__(self, lines: Sequence[Any], clock: ManualClock) -> None:
        self._clock = clock
        self._answers: dict[tuple[str, str], deque[Question]] = defaultdict(deque)
        for line in lines:
            if isinstance(line, Question):
                self._answers[_plain(line.name), line.rdtype.upper()].append(line)

    def ask(self, name: str, rdtype: str) -> DnsAnswer:
        """Answer one question; the last recorded answer repeats."""
        key = _plain(name), rdtype.upper()
        recorded = self._answers.get(key)
        if not recorded:
            return DnsAnswer(
                name=key[0], rdtype=key[1], status=DnsStatus.TIMEOUT, detail=NOT_RECORDED
            )
        line = recorded.popleft() if len(recorded) > 1 else recorded[0]
        self._clock.sleep(line.elapsed_ns / 1e9)
        return line.answer


class PlayedFetcher:
    """Answers recorded HTTP questions, by URL."""

    def __init__(self, lines: Sequence[Any], clock: ManualClock) -> None:
        self._clock = clock
        self._answers: dict[str, deque[Fetched]] = defaultdict(deque)
        for line in lines:
            if isinstance(line, Fetched):
                self._answers[line.asked].append(line)

    def fetch(self, question: HttpQuestion) -> HttpAnswer:
        """Answer one question; the last recorded answer repeats."""
        recorded = self._answers.get(question.url)
        if not recorded:
            return HttpAnswer(url=question.url, fault=HttpFault.TIMEOUT, detail=NOT_RECORDED)
        line = recorded.popleft() if len(recorded) > 1 else recorded[0]
        self._clock.sleep(line.elapsed_ns / 1e9)
        return HttpAnswer(
            url=line.url,
            status=line.status,
            headers=line.headers,
            body=line.body.encode("latin-1", "replace"),
            fault=line.fault,
            detail=line.detail,
            elapsed_ms=line.elapsed_ns / 1e6,
        )


class PlayedRegistry:
    """Answers recorded questions to registries, by what was asked about."""

    def __init__(self, lines: Sequence[Any], clock: ManualClock) -> None:
        self._clock = clock
        self._answers: dict[Resource, deque[Holder]] = defaultdict(deque)
        for line in lines:
            if isinstance(line, Holder):
                self._answers[line.question.resource].append(line)

    def holder(self, question: RegistryQuestion) -> RegistryAnswer:
        """Answer one question; the last recorded answer repeats."""
        recorded = self._answers.get(question.resource)
        if not recorded:
            return RegistryAnswer(
                resource=question.resource, fate=RegistryFate.NOT_ASKED, detail=NOT_RECORDED
            )
        line = recorded.popleft() if len(recorded) > 1 else recorded[0]
        self._clock.sleep(line.elapsed_ns / 1e9)
        return line.answer


class PlayedRouting:
    """Answers recorded questions to route collectors, by address."""

    def __init__(self, lines: Sequence[Any], clock: ManualClock) -> None:
        self._clock = clock
        self._answers: dict[IPAddress, deque[Routes]] = defaultdict(deque)
        for line in lines:
            if isinstance(line, Routes):
                self._answers[line.question.address].append(line)

    def routes(self, question: RoutingQuestion) -> RoutingAnswer:
        """Answer one question; the last recorded answer repeats."""
        recorded = self._answers.get(question.address)
        if not recorded:
            return RoutingAnswer(
                address=question.address, fate=RoutingFate.NOT_ASKED, detail=NOT_RECORDED
            )
        line = recorded.popleft() if len(recorded) > 1 else recorded[0]
        self._clock.sleep(line.elapsed_ns / 1e9)
        return line.answer


class PlayedDialer:
    """Opens recorded connections, by address and port, in the order they were made."""

    def __init__(self, lines: Sequence[Any], clock: ManualClock) -> None:
        self._clock = clock
        self._dials: dict[tuple[IPAddress, int], deque[Dial]] = defaultdict(deque)
        self._said: dict[int, deque[Said | Handshake]] = defaultdict(deque)
        for line in lines:
            if isinstance(line, Dial):
                self._dials[line.address, line.port].append(line)
            elif isinstance(line, Said | Handshake):
                self._said[line.number].append(line)

    def dial(
        self,
        address: IPAddress,
        port: int,
        timeout_s: float,
        *,
        max_segment: int | None = None,  # noqa: ARG002 - the order of the dials says which it was
    ) -> "PlayedConnection":
        """Connect; raises ConnectionFault."""
        recorded = self._dials.get((address, port))
        if not recorded:
            raise ConnectionFault(Fault.TIMEOUT, NOT_RECORDED)
        line = recorded.popleft()
        elapsed_s = line.elapsed_ns / 1e9
        if line.fault is not Fault.TIMEOUT and elapsed_s > timeout_s:
            self._clock.sleep(timeout_s)
            raise ConnectionFault(Fault.TIMEOUT, f"no answer within {timeout_s:g} s")
        self._clock.sleep(elapsed_s)
        if line.refusal is not None:
            raise RefusedError(line.refusal)
        if line.fault is not None:
            raise ConnectionFault(line.fault, line.detail, elapsed_ms=line.connect_ms)
        connect_ms = elapsed_s * 1000 if line.connect_ms is None else line.connect_ms
        return PlayedConnection(
            self._said[line.number], self._clock, connect_ms=connect_ms, source=line.source
        )


class PlayedConnection:
    """One recorded connection: what was said then is said again, in its order and time."""

    def __init__(
        self,
        script: deque[Said | Handshake],
        clock: ManualClock,
        *,
        connect_ms: float,
        source: IPAddress | None = None,
    ) -> None:
        self.connect_ms = connect_ms
        self.source: IPAddress | None = source
        self._script, self._clock = script, clock

    def send(self, data: bytes) -> None:
        """Take ``data`` when something like it was said here then; raises ConnectionFault."""
        line = self._next(Sending)
        assert isinstance(line, Sending)
        if data[:_VERB_OCTETS].upper() != line.data.encode("latin-1")[:_VERB_OCTETS].upper():
            raise ConnectionFault(Fault.CLOSED, NOT_RECORDED)
        self._spend(line)

    def receive(self, timeout_s: float) -> bytes:
        """Return the bytes that came here then; raises ConnectionFault."""
        line = self._next(Receiving)
        assert isinstance(line, Receiving)
        spent_ns = round(timeout_s * 1e9)
        if line.elapsed_ns > spent_ns and line.fault is None:
            # Less patient than the recording: the rest of the wait is still to come.
            self._script.appendleft(replace(line, elapsed_ns=line.elapsed_ns - spent_ns))
            self._clock.sleep(timeout_s)
            raise ConnectionFault(Fault.TIMEOUT, "no answer in time")
        self._spend(line)
        return line.data.encode("latin-1", "replace")

    def start_tls(self, server_name: str, timeout_s: float) -> TlsFacts:  # noqa: ARG002 - the port's signature
        """Report the handshake made here then; raises ConnectionFault."""
        line = self._next(Handshake)
        assert isinstance(line, Handshake)
        self._spend(line)
        if line.facts is None:
            raise ConnectionFault(Fault.CLOSED, NOT_RECORDED)
        return line.facts

    def _next(self, kind: type[Said | Handshake]) -> Said | Handshake:
        if not self._script or not isinstance(self._script[0], kind):
            raise ConnectionFault(Fault.CLOSED, NOT_RECORDED)
        return self._script.popleft()

    def _spend(self, line: Said | Handshake) -> None:
        self._clock.sleep(line.elapsed_ns / 1e9)
        if line.fault is not None:
            raise ConnectionFault(line.fault, line.detail)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._script.clear()


@dataclass(slots=True)
class _Played:
    """A recorded probe and the answers to it, with their delays."""

    line: ProbeSent
    answers: list[tuple[int, Reply]] = field(default_factory=list)


def _key(packet: ProbeSpec | Reply) -> tuple[object, ...]:
    """What ties an answer to its probe."""
    ports = packet.source_port, packet.destination_port
    return packet.target, *ports, packet.protocol, packet.sequence


def _place(spec: ProbeSpec) -> tuple[object, ...]:
    """What ties a probe to its like in the recording."""
    return spec.target, spec.destination_port, spec.protocol, spec.ttl


class PlayedProbes:
    """Answers recorded probes, by target, port, protocol, TTL and turn."""

    def __init__(self, lines: Sequence[Any], clock: ManualClock) -> None:
        self._clock = clock
        self._sources: dict[IPAddress, IPAddress | None] = {}
        self._recorded: dict[tuple[object, ...], deque[_Played]] = defaultdict(deque)
        self.traits = EngineTraits(name="replay")
        self._due: list[tuple[int, int, Reply]] = []
        self._count = 0
        self._index(lines)

    def _index(self, lines: Sequence[Any]) -> None:
        by_flow: dict[tuple[object, ...], _Played] = {}
        for line in lines:
            match line:
                case Source():
                    self._sources.setdefault(line.target, line.source)
                case ProbesOpened():
                    self.traits = line.traits
                case ProbeSent():
                    spec, played = line.spec, _Played(line)
                    by_flow[_key(spec)] = played
                    self._recorded[_place(spec)].append(played)
                case ReplyReceived(reply=reply):
                    asked = by_flow.get(_key(reply))
                    if asked is not None and reply.received_ns is not None:
                        asked.answers.append((reply.received_ns - asked.line.sent_ns, reply))
                case _:
                    pass

    def source_for(self, target: IPAddress) -> IPAddress | None:
        """The address used towards ``target`` then; ``None`` when it was never probed."""
        return self._sources.get(target)

    def send(self, probes: Sequence[ProbeSpec]) -> Sequence[Sent]:
        """Take probes, and line up the answers that their like got then."""
        return [self._send(spec) for spec in probes]

    def _send(self, spec: ProbeSpec) -> Sent:
        sent_ns = self._clock.now_ns()
        recorded = self._recorded.get(_place(spec))
        if not recorded:
            if spec.spare:
                return Sent(sent_ns=sent_ns, held=True)  # it was left out then, too
            known = spec.target in self._sources
            return Sent(sent_ns=sent_ns, error=None if known else NOT_RECORDED)
        played = recorded.popleft()
        for delay_ns, reply in played.answers:
            answer = replace(
                reply,
                source_port=spec.source_port,
                sequence=spec.sequence,
                received_ns=sent_ns + delay_ns,
            )
            self._count += 1
            heapq.heappush(self._due, (sent_ns + delay_ns, self._count, answer))
        return Sent(sent_ns=sent_ns, error=played.line.error)

    def receive(self, until_s: float) -> Sequence[Reply]:
        """Move the clock to the next answers, or to ``until_s``."""
        until_ns = self._clock.instant_ns(until_s)
        if not self._due or self._due[0][0] > until_ns:
            self._clock.advance_to(until_ns)
            return ()
        self._clock.advance_to(self._due[0][0])
        ready = []
        while self._due and self._due[0][0] <= self._clock.now_ns():
            ready.append(heapq.heappop(self._due)[2])
        return tuple(ready)
