"""The ports: what a stage may ask of the world, and nothing of how it is answered.

A stage imports this module and never an adapter. Live sockets, the simulated
mini-Internet and a recording all satisfy these protocols.

Time comes from the Clock alone: ``monotonic_s`` for waiting and durations,
``now_ns`` (CLOCK_REALTIME) for stamps that go into documents.
"""

from __future__ import annotations  # a port names many values, and loads few of them

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from mxpath.model.address import IPAddress
from mxpath.model.origin import Origin
from mxpath.model.probe import ProbeSpec, Reply
from mxpath.model.probe import Protocol as ProbeProtocol

if TYPE_CHECKING:
    from mxpath.model.bgp import RoutingAnswer, RoutingQuestion
    from mxpath.model.dns import DnsAnswer
    from mxpath.model.download import Download, DownloadQuestion, Progress
    from mxpath.model.http import HttpAnswer, HttpQuestion
    from mxpath.model.registry import RegistryAnswer, RegistryQuestion
    from mxpath.model.session import TlsFacts

WORKERS = 8
"""Things that go on at the same time on a vantage that does not say otherwise itself."""


class Clock(Protocol):
    """Time, real or played."""

    def now_ns(self) -> int:
        """Nanoseconds since the epoch, CLOCK_REALTIME."""

    def monotonic_s(self) -> float:
        """Seconds on a clock that never steps."""

    def sleep(self, duration_s: float) -> None:
        """Wait; a played clock only moves its hands."""


class Resolver(Protocol):
    """The stub resolver of this host."""

    def ask(self, name: str, rdtype: str) -> DnsAnswer:
        """Answer one question. Never raises for what the DNS does: see ``DnsStatus``."""


class Fault(StrEnum):
    """How a connection failed."""

    REFUSED = "refused"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    CLOSED = "closed"
    """The far side closed an established connection, or it ended in some other way."""
    RESET = "reset"
    """The far side reset an established connection."""


class ConnectionFault(Exception):  # noqa: N818 - a fault of the network, not an error of ours
    """A dial, a read, a write or a TLS handshake came to nothing; ``fault`` says how.

    ``elapsed_ms`` is what a failed dial took on the wire, without any wait for a
    pace before it; ``None`` where that is not known apart.
    """

    def __init__(self, fault: Fault, detail: str = "", *, elapsed_ms: float | None = None) -> None:
        super().__init__(detail or fault.value)
        self.fault = fault
        self.detail = detail
        self.elapsed_ms = elapsed_ms


class Connection(Protocol):
    """One established TCP connection; closed on leaving the ``with`` block."""

    @property
    def connect_ms(self) -> float:
        """Time of the TCP handshake alone, without any wait for a pace or a budget."""

    @property
    def source(self) -> IPAddress | None:
        """Our own address of this connection; ``None`` where that is not known."""

    def send(self, data: bytes) -> None:
        """Write all of ``data``; raises ConnectionFault."""

    def receive(self, timeout_s: float) -> bytes:
        """Return the next bytes, at most 64 KiB; ``b""`` at end of stream.

        Raises ConnectionFault(TIMEOUT) when nothing came in time.
        """

    def start_tls(self, server_name: str, timeout_s: float) -> TlsFacts:
        """Negotiate TLS and report it.

        An untrusted certificate is a fact, not a fault: the session goes on
        (opportunistic TLS, RFC 7435). Raises ConnectionFault when the
        handshake itself fails.
        """

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Dialer(Protocol):
    """Opens TCP connections from this host."""

    def dial(
        self, address: IPAddress, port: int, timeout_s: float, *, max_segment: int | None = None
    ) -> Connection:
        """Connect; raises ConnectionFault.

        ``max_segment`` bounds the TCP segments of both sides, in bytes; ``None`` leaves
        them to the kernel.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of one probe: when it left, or why it did not."""

    sent_ns: int
    error: str | None = None
    held: bool = False
    """There was no place for it now: it has not left, nor has any behind it in the same call that
    is not spare (``ProbeSpec.spare``)."""
    free_s: float | None = None
    """When there is a place for one that was held, on the monotonic clock; ``None`` where the
    socket cannot tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineTraits:
    """What a probing engine can do, and what it cannot see."""

    name: str
    protocols: frozenset[ProbeProtocol] = frozenset(ProbeProtocol)
    """What it can send."""
    serial: frozenset[ProbeProtocol] = frozenset()
    """Protocols of which a flow may have one probe under way: a further one ends the wait for
    the one before."""
    completes: frozenset[ProbeProtocol] = frozenset()
    """Protocols whose last probe opens a whole connection at the target."""
    unseen: tuple[str, ...] = ()
    """What it cannot see, in a few words each."""


class ProbeSocket(Protocol):
    """Sends probes and collects what comes back; shared by all targets of a call."""

    @property
    def traits(self) -> EngineTraits:
        """What this engine can do."""

    def source_for(self, target: IPAddress) -> IPAddress | None:
        """The address this host would use towards ``target``; ``None`` without a route."""

    def send(self, probes: Sequence[ProbeSpec]) -> Sequence[Sent]:
        """Put probes on the wire in the order given, one result for each."""

    def receive(self, until_s: float) -> Sequence[Reply]:
        """Wait for replies until ``until_s`` on the monotonic clock.

        Returns as soon as at least one came, with all that are there;
        empty when the time is over. Foreign and malformed packets are
        dropped here and never raise.
        """


class Fetcher(Protocol):
    """Asks one HTTP question."""

    def fetch(self, question: HttpQuestion) -> HttpAnswer:
        """Answer it within its time. Never raises for what the network does."""


class Downloader(Protocol):
    """Downloads one file."""

    def download(
        self, question: DownloadQuestion, into: Path, progress: Progress | None = None
    ) -> Download:
        """Download to ``into``, which is there when the answer is ``DONE`` and as it was otherwise.

        Never raises for what the network does; OSError where nothing can be written.
        """


class Registry(Protocol):
    """The regional Internet registries: who holds this address or AS number."""

    def holder(self, question: RegistryQuestion) -> RegistryAnswer:
        """Answer one question. Never raises for what the network or the registry does."""


class Routing(Protocol):
    """What route collectors see right now."""

    def routes(self, question: RoutingQuestion) -> RoutingAnswer:
        """Answer one question. Never raises for what the network or the service does."""


class AsksRegistries(Protocol):
    """The part of a vantage that asks registries."""

    @property
    def clock(self) -> Clock:
        """The clock that limits go by."""

    @property
    def registry(self) -> Registry | None:
        """``None`` where they cannot be asked."""

    @property
    def workers(self) -> int:
        """How many questions may be under way at once."""


class AsksCollectors(Protocol):
    """The part of a vantage that asks route collectors."""

    @property
    def clock(self) -> Clock:
        """The clock that limits go by."""

    @property
    def routing(self) -> Routing | None:
        """``None`` where they cannot be asked."""

    @property
    def workers(self) -> int:
        """How many questions may be under way at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vantage:
    """Where we stand, and what may be asked right now."""

    clock: Clock
    resolver: Resolver
    dialer: Dialer
    probes: Callable[[], AbstractContextManager[ProbeSocket]]
    """Opens a probe socket; raises PrivilegeError when the kernel does not allow it."""
    fetcher: Fetcher | None = None
    """``None`` where this vantage cannot speak HTTP."""
    registry: Registry | None = None
    """``None`` where this vantage cannot ask the registries."""
    routing: Routing | None = None
    """``None`` where this vantage cannot ask route collectors."""
    origin: Origin = field(default_factory=Origin)
    name: str = "live"
    """``live``, ``sim:…`` or ``replay:…``."""
    player: str = "live"
    """``live``, ``simulated`` or ``replay``."""
    engine: str = "none"
    """Name of the probing engine: ``raw``, ``scapy``, ``unprivileged``, ``system``, ``simulated``,
    ``none``."""
    resolver_address: str | None = None
    workers: int = 1
    """How many questions or conversations may go on at the same time (``fanout.py``)."""
    seed: int | None = None
    """Seed of every random choice (source ports, cookies); ``None`` draws a fresh one."""
