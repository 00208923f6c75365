"""The system engine: the installed traceroute, one process a probe, read by its reader.

The law
-------
1. A probe is ``traceroute`` with one query at one TTL. Its source port is the flow's where the
   program lets one choose: then the next probe of a flow waits for no other, it ends it, since two
   programs cannot have one port.
2. Which program it is, its own words say (``--version``, or the usage that it prints instead); what
   it may send, a trial on loopback says.
3. No more than ``MOST`` run at once; the others queue. All are killed when the trace is over.
4. The program tells a round trip, and no moments: the sending stamp is that of the start of the
   process, the receiving stamp lies the round trip later.
"""

import os
import select
import shutil
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from ipaddress import ip_address

from mxpath.errors import ParseError, PrivilegeError
from mxpath.formats import traceroute
from mxpath.model.address import IPAddress
from mxpath.model.probe import ProbeSpec, Protocol, Reply, ReplyKind
from mxpath.vantage.packets import flow_label
from mxpath.vantage.ports import EngineTraits, ProbeSocket, Sent
from mxpath.vantage.sources import SourceFinder

MOST = 24
"""Processes at once."""
WAIT_S = 2
"""How long the program waits for an answer."""
_GRACE_S = 1.0
"""What a process may take beyond that."""
_OUTPUT_LIMIT = 1 << 16
_TRIAL_S = 3.0
_TRIAL_PORT = {Protocol.TCP: 25, Protocol.UDP: 33434, Protocol.ICMP: 0}
_LOOPBACK = ip_address("127.0.0.1")
_PORT_UNREACHABLE = {4: (3, 3), 6: (1, 4)}
_TIME_EXCEEDED = {4: 11, 6: 3}
_PLACES = ("/usr/sbin", "/sbin", "/usr/local/sbin")
"""Where programs lie that are not on everybody's path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One of the programs called traceroute."""

    name: str
    words: str
    """What it says of itself."""
    arguments: Callable[[ProbeSpec], list[str]]
    protocols: frozenset[Protocol]
    serial: frozenset[Protocol]
    unseen: tuple[str, ...]


def _modern(spec: ProbeSpec) -> list[str]:
    """Arguments of Debian's: "Modern traceroute for Linux" by Dmitry Butskoy (traceroute(1))."""
    ports = [f"--sport={spec.source_port}", "-p", str(spec.destination_port)]
    method = {
        Protocol.TCP: ["-T", "-O", "info", *ports],
        Protocol.UDP: ["-U", *ports],
        Protocol.ICMP: ["-I"],
    }[spec.protocol]
    family = ["-4"] if spec.target.version == 4 else ["-6", "-l", str(flow_label(spec))]
    size = [] if spec.size is None or spec.protocol is Protocol.TCP else [str(spec.size)]
    common = ["-n", "-e", "-q", "1", "-N", "1", *_ttl(spec), "-w", str(WAIT_S)]
    return [*family, *common, "-s", str(spec.source), *method, str(spec.target), *size]


def _bsd(spec: ProbeSpec) -> list[str]:
    """Arguments of the BSDs' and macOS's (traceroute(8)); ``-e`` there keeps the port the same."""
    method = ["-P", "icmp"] if spec.protocol is Protocol.ICMP else ["-P", "udp", "-e"]
    port = [] if spec.protocol is Protocol.ICMP else ["-p", str(spec.destination_port)]
    common = ["-n", "-q", "1", *_ttl(spec), "-w", str(WAIT_S), "-s", str(spec.source)]
    return [*common, *method, *port, str(spec.target)]


def _ttl(spec: ProbeSpec) -> list[str]:
    return ["-f", str(spec.ttl), "-m", str(spec.ttl)]


_ALWAYS_UNSEEN = (
    "exact moments",
    "reply TTLs",
    "what a quote holds",
    f"duplicates, and answers later than {WAIT_S} s",
    "whether a late answer is that of the probe before",
)
DIALECTS = (
    Dialect(
        name="Linux",
        words="Modern traceroute for Linux",
        arguments=_modern,
        protocols=frozenset(Protocol),
        serial=frozenset({Protocol.TCP, Protocol.UDP}),
        unseen=(*_ALWAYS_UNSEEN, "of icmp one flow: each probe has an identifier of its own"),
    ),
    Dialect(
        name="BSD",
        words="[-P proto]",
        arguments=_bsd,
        protocols=frozenset({Protocol.UDP, Protocol.ICMP}),
        serial=frozenset(),
        unseen=(
            *_ALWAYS_UNSEEN,
            "one flow: each probe has a source port or an identifier of its own",
            "MPLS labels",
        ),
    ),
)
"""Programs that are understood, told by their own words; the BSDs' have usage instead of a version."""


@contextmanager
def open_system(source: tuple[IPAddress, ...] = ()) -> Iterator[ProbeSocket]:
    """Open the system engine.

    Parameters
    ----------
    source
        Addresses of this host to send from, at most one for each family.

    Raises
    ------
    PrivilegeError
        When no traceroute is installed that is understood, or it may send nothing.
    """
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *_PLACES))
    program = shutil.which("traceroute", path=path)
    dialect = None if program is None else _dialect_of(program)
    if program is None or dialect is None:
        raise PrivilegeError(
            "the system engine needs a traceroute of Linux (Debian: apt install traceroute), BSD"
            " or macOS"
        )
    allowed = frozenset(p for p in dialect.protocols if _is_allowed(program, dialect, p))
    if not allowed:
        raise PrivilegeError(f"{program} may send nothing for this user")
    probes = SystemSocket(program, dialect, allowed, SourceFinder(source))
    try:
        yield probes
    finally:
        probes.rest()


def _dialect_of(program: str) -> Dialect | None:
    said = _output([program, "--version"])
    return next((dialect for dialect in DIALECTS if dialect.words in said), None)


def _is_allowed(program: str, dialect: Dialect, protocol: Protocol) -> bool:
    """Whether a probe to this very host is answered."""
    spec = ProbeSpec(
        target=_LOOPBACK,
        source=_LOOPBACK,
        source_port=61000 + os.getpid() % 4000,
        destination_port=_TRIAL_PORT[protocol],
        ttl=1,
        sequence=0,
        protocol=protocol,
    )
    said = _output([program, *dialect.arguments(spec)])
    return _reply(said.encode(), spec, 0) is not None


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - words of our own, and no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=_environment(),
            check=False,
            timeout=_TRIAL_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace")


def _environment() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C"}


@dataclass(slots=True)
class _Run:
    """One probe on its way: queued, or a process."""

    spec: ProbeSpec
    sent_ns: int
    process: subprocess.Popen[bytes] | None = None
    ends_s: float = 0.0
    said: bytes = b""


class SystemSocket:
    """Probes by the installed traceroute; satisfies :class:`mxpath.vantage.ports.ProbeSocket`.

    Parameters
    ----------
    program, dialect
        Its file, and how it is spoken to.
    allowed
        Protocols that it may send.
    sources
        Chooses our own addresses.
    """

    def __init__(
        self,
        program: str,
        dialect: Dialect,
        allowed: frozenset[Protocol],
        sources: SourceFinder,
    ) -> None:
        self._program = program
        self._dialect = dialect
        self._sources = sources
        self._queue: deque[_Run] = deque()
        self._running: dict[int, _Run] = {}
        self._poll = select.poll()
        self.traits = EngineTraits(
            name="system",
            protocols=allowed,
            serial=dialect.serial & allowed,
            unseen=dialect.unseen,
        )

    def source_for(self, target: IPAddress) -> IPAddress | None:
        """The address the kernel would use towards ``target``; ``None`` without a route."""
        return self._sources.find(target)

    def send(self, probes: Sequence[ProbeSpec]) -> Sequence[Sent]:
        """Start a process a probe, or queue it; what the program cannot do shows as silence."""
        return tuple(self._send(probe) for probe in probes)

    def _send(self, probe: ProbeSpec) -> Sent:
        if probe.protocol in self._dialect.serial:
            for run in [*self._running.values(), *self._queue]:
                if _flow_of(run.spec) == _flow_of(probe):
                    self._end(run)
        sent_ns = time.time_ns()
        self._queue.append(_Run(probe, sent_ns))
        try:
            self._start()
        except OSError as error:
            self._queue.clear()
            return Sent(sent_ns=sent_ns, error=f"cannot run {self._program}: {error.strerror}")
        return Sent(sent_ns=sent_ns)

    def _start(self) -> None:
        """Start what is queued, as far as there is room."""
        while self._queue and len(self._running) < MOST:
            run = self._queue[0]
            run.process = subprocess.Popen(  # noqa: S603 - words of our own, and no shell
                [self._program, *self._dialect.arguments(run.spec)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=_environment(),
            )
            self._queue.popleft()
            assert run.process.stdout is not None
            run.ends_s = time.monotonic() + WAIT_S + _GRACE_S
            descriptor = run.process.stdout.fileno()
            os.set_blocking(descriptor, False)
            self._running[descriptor] = run
            self._poll.register(descriptor, select.POLLIN | select.POLLHUP)

    def _end(self, run: _Run) -> None:
        """Take a probe out, and its process with it."""
        if run.process is None:
            self._queue.remove(run)
            return
        assert run.process.stdout is not None
        descriptor = run.process.stdout.fileno()
        self._poll.unregister(descriptor)
        del self._running[descriptor]
        with suppress(ProcessLookupError):
            run.process.kill()
        run.process.stdout.close()
        run.process.wait()

    def rest(self) -> None:
        """End what a finished trace has left running."""
        for run in [*self._queue, *self._running.values()]:
            self._end(run)

    def receive(self, until_s: float) -> Sequence[Reply]:
        """Wait for answers until ``until_s``; see the port."""
        while True:
            now_s = time.monotonic()
            for run in [run for run in self._running.values() if run.ends_s <= now_s]:
                self._end(run)
            self._start()
            wake_s = min((until_s, *(run.ends_s for run in self._running.values())))
            ready = self._poll.poll(max(0.0, wake_s - now_s) * 1e3)
            found = (self._hear(self._running[descriptor]) for descriptor, _ in ready)
            replies = tuple(reply for reply in found if reply is not None)
            if replies or time.monotonic() >= until_s:
                return replies

    def _hear(self, run: _Run) -> Reply | None:
        """Take what a process has said; its answer, once it is over."""
        assert run.process is not None
        assert run.process.stdout is not None
        chunk = run.process.stdout.read(_OUTPUT_LIMIT)
        run.said += chunk or b""
        if chunk and len(run.said) <= _OUTPUT_LIMIT:
            return None
        self._end(run)
        return _reply(run.said, run.spec, run.sent_ns)


def _flow_of(spec: ProbeSpec) -> tuple[IPAddress, int, int, Protocol]:
    return spec.target, spec.source_port, spec.destination_port, spec.protocol


def _reply(said: bytes, spec: ProbeSpec, sent_ns: int) -> Reply | None:
    """Read the one answer; ``None`` for silence, and for words that are no answer."""
    try:
        traces = traceroute.read(said, source="traceroute")
    except ParseError:
        return None
    probes = [probe for trace in traces for hop in trace.hops for probe in hop.probes]
    told = next((probe.reply for probe in probes if probe.reply is not None), None)
    if told is None or told.told_rtt_ms is None:
        return None
    return replace(
        _with_kind(told, spec),
        target=spec.target,
        source_port=spec.source_port,
        destination_port=spec.destination_port,
        sequence=spec.sequence,
        received_ns=sent_ns + round(told.told_rtt_ms * 1e6),
        told_rtt_ms=None,
        protocol=spec.protocol,
    )


def _with_kind(told: Reply, spec: ProbeSpec) -> Reply:
    """Say what the text leaves out: an answer without a mark is the target's own, or expired."""
    if told.kind is not None:
        return told
    version = spec.target.version
    if told.responder != spec.target:
        expired = _TIME_EXCEEDED[version]
        return replace(told, kind=ReplyKind.TIME_EXCEEDED, icmp_type=expired, icmp_code=0)
    if spec.protocol is Protocol.ICMP:
        return replace(told, kind=ReplyKind.ECHO_REPLY)
    if spec.protocol is Protocol.TCP:
        return replace(told, kind=ReplyKind.RST)
    kind, code = _PORT_UNREACHABLE[version]
    return replace(told, kind=ReplyKind.UNREACHABLE, icmp_type=kind, icmp_code=code)
