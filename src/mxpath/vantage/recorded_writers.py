"""The recording half: each port passed through, with a line on the tape for each question."""

from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from mxpath.errors import RefusedError
from mxpath.model.address import IPAddress
from mxpath.model.bgp import RoutingAnswer, RoutingQuestion
from mxpath.model.dns import DnsAnswer
from mxpath.model.http import HttpAnswer, HttpQuestion
from mxpath.model.probe import ProbeSpec, Reply
from mxpath.model.registry import RegistryAnswer, RegistryQuestion
from mxpath.model.session import TlsFacts
from mxpath.vantage.ports import (
    Clock,
    Connection,
    ConnectionFault,
    Dialer,
    EngineTraits,
    Fetcher,
    ProbeSocket,
    Registry,
    Resolver,
    Routing,
    Sent,
)
from mxpath.vantage.recorded_tape import (
    Dial,
    Fetched,
    Handshake,
    Holder,
    ProbeSent,
    Question,
    Receiving,
    ReplyReceived,
    Routes,
    Sending,
    Source,
    Tape,
)


class _Stopwatch:
    """Nanoseconds since it was made, on the clock that never steps."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since_s = clock.monotonic_s()

    def ns(self) -> int:
        return max(0, round((self._clock.monotonic_s() - self._since_s) * 1e9))


class TapedResolver:
    """A resolver whose answers are recorded."""

    def __init__(self, inner: Resolver, clock: Clock, tape: Tape) -> None:
        self._inner, self._clock, self._tape = inner, clock, tape

    def ask(self, name: str, rdtype: str) -> DnsAnswer:
        """Answer one question."""
        watch = _Stopwatch(self._clock)
        answer = self._inner.ask(name, rdtype)
        self._tape.write(Question(name=name, rdtype=rdtype, answer=answer, elapsed_ns=watch.ns()))
        return answer


class TapedFetcher:
    """A fetcher whose answers are recorded."""

    def __init__(self, inner: Fetcher, clock: Clock, tape: Tape) -> None:
        self._inner, self._clock, self._tape = inner, clock, tape

    def fetch(self, question: HttpQuestion) -> HttpAnswer:
        """Answer one question."""
        watch = _Stopwatch(self._clock)
        answer = self._inner.fetch(question)
        self._tape.write(
            Fetched(
                asked=question.url,
                url=answer.url,
                status=answer.status,
                headers=answer.headers,
                body=answer.body.decode("latin-1"),
                fault=answer.fault,
                detail=answer.detail,
                elapsed_ns=watch.ns(),
            )
        )
        return answer


class TapedRegistry:
    """Registries whose answers are recorded."""

    def __init__(self, inner: Registry, clock: Clock, tape: Tape) -> None:
        self._inner, self._clock, self._tape = inner, clock, tape

    def holder(self, question: RegistryQuestion) -> RegistryAnswer:
        """Answer one question."""
        watch = _Stopwatch(self._clock)
        answer = self._inner.holder(question)
        self._tape.write(Holder(question=question, answer=answer, elapsed_ns=watch.ns()))
        return answer


class TapedRouting:
    """Route collectors whose answers are recorded."""

    def __init__(self, inner: Routing, clock: Clock, tape: Tape) -> None:
        self._inner, self._clock, self._tape = inner, clock, tape

    def routes(self, question: RoutingQuestion) -> RoutingAnswer:
        """Answer one question."""
        watch = _Stopwatch(self._clock)
        answer = self._inner.routes(question)
        self._tape.write(Routes(question=question, answer=answer, elapsed_ns=watch.ns()))
        return answer


class TapedDialer:
    """A dialer whose connections are recorded."""

    def __init__(self, inner: Dialer, clock: Clock, tape: Tape) -> None:
        self._inner, self._clock, self._tape = inner, clock, tape

    def dial(
        self, address: IPAddress, port: int, timeout_s: float, *, max_segment: int | None = None
    ) -> Connection:
        """Connect; raises ConnectionFault."""
        number = self._tape.next_connection()
        watch = _Stopwatch(self._clock)

        line = Dial(
            number=number, address=address, port=port, elapsed_ns=0, max_segment=max_segment
        )
        try:
            connection = self._inner.dial(address, port, timeout_s, max_segment=max_segment)
        except ConnectionFault as fault:
            told = replace(line, fault=fault.fault, detail=fault.detail)
            self._write(replace(told, connect_ms=fault.elapsed_ms), watch)
            raise
        except RefusedError as refusal:
            self._write(replace(line, refusal=str(refusal)), watch)
            raise
        made = replace(line, connect_ms=connection.connect_ms, source=connection.source)
        self._write(made, watch)
        return TapedConnection(connection, number, self._clock, self._tape)

    def _write(self, line: Dial, watch: _Stopwatch) -> None:
        self._tape.write(replace(line, elapsed_ns=watch.ns()))


class TapedConnection:
    """A connection whose every byte is recorded."""

    def __init__(self, inner: Connection, number: int, clock: Clock, tape: Tape) -> None:
        self._inner, self._number, self._clock, self._tape = inner, number, clock, tape
        self.connect_ms = inner.connect_ms
        self.source: IPAddress | None = inner.source

    def send(self, data: bytes) -> None:
        """Write all of ``data``; raises ConnectionFault."""
        watch, text = _Stopwatch(self._clock), data.decode("latin-1")
        try:
            self._inner.send(data)
        except ConnectionFault as fault:
            self._tape.write(
                Sending(
                    number=self._number,
                    data=text,
                    elapsed_ns=watch.ns(),
                    fault=fault.fault,
                    detail=fault.detail,
                )
            )
            raise
        self._tape.write(Sending(number=self._number, data=text, elapsed_ns=watch.ns()))

    def receive(self, timeout_s: float) -> bytes:
        """Return the next bytes; raises ConnectionFault."""
        watch = _Stopwatch(self._clock)
        try:
            data = self._inner.receive(timeout_s)
        except ConnectionFault as fault:
            self._tape.write(
                Receiving(
                    number=self._number,
                    data="",
                    elapsed_ns=watch.ns(),
                    fault=fault.fault,
                    detail=fault.detail,
                )
            )
            raise
        text = data.decode("latin-1")
        self._tape.write(Receiving(number=self._number, data=text, elapsed_ns=watch.ns()))
        return data

    def start_tls(self, server_name: str, timeout_s: float) -> TlsFacts:
        """Negotiate TLS and report it; raises ConnectionFault."""
        watch = _Stopwatch(self._clock)
        try:
            facts = self._inner.start_tls(server_name, timeout_s)
        except ConnectionFault as fault:
            self._tape.write(
                Handshake(
                    number=self._number,
                    facts=None,
                    elapsed_ns=watch.ns(),
                    fault=fault.fault,
                    detail=fault.detail,
                )
            )
            raise
        self._tape.write(Handshake(number=self._number, facts=facts, elapsed_ns=watch.ns()))
        return facts

    def __enter__(self) -> Self:
        self._inner.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._inner.__exit__(kind, error, trace)


class TapedProbes:
    """A probe socket whose packets are recorded."""

    def __init__(self, inner: ProbeSocket, tape: Tape) -> None:
        self._inner, self._tape = inner, tape

    @property
    def traits(self) -> EngineTraits:
        """Those of the recorded engine."""
        return self._inner.traits

    def source_for(self, target: IPAddress) -> IPAddress | None:
        """The address this host would use towards ``target``."""
        source = self._inner.source_for(target)
        self._tape.write(Source(target=target, source=source))
        return source

    def send(self, probes: Sequence[ProbeSpec]) -> Sequence[Sent]:
        """Put probes on the wire, then on the tape."""
        results = self._inner.send(probes)
        for spec, sent in zip(probes, results, strict=True):
            if not sent.held:
                self._tape.write(ProbeSent(spec=spec, sent_ns=sent.sent_ns, error=sent.error))
        return results

    def receive(self, until_s: float) -> Sequence[Reply]:
        """Wait for replies until ``until_s`` on the monotonic clock."""
        replies = self._inner.receive(until_s)
        for reply in replies:
            self._tape.write(ReplyReceived(reply=reply))
        return replies
