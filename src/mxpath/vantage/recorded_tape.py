"""The lines of a recording: one JSON object each, written at once, read with suspicion."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mxpath.errors import InputError, ParseError
from mxpath.model.address import IPAddress
from mxpath.model.bgp import RoutingAnswer, RoutingQuestion
from mxpath.model.codec import from_data, to_data
from mxpath.model.dns import DnsAnswer
from mxpath.model.http import HttpFault
from mxpath.model.origin import Origin
from mxpath.model.probe import ProbeSpec, Reply
from mxpath.model.registry import RegistryAnswer, RegistryQuestion
from mxpath.model.session import TlsFacts
from mxpath.vantage.ports import EngineTraits, Fault

SCHEMA = "mxpath.recording/1"
MAX_LINE_OCTETS = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """First line: who stood where."""

    schema: str = SCHEMA
    name: str
    player: str
    engine: str
    origin: Origin = field(default_factory=Origin)
    resolver_address: str | None = None
    seed: int | None = None
    started_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A DNS question, as asked, and its answer."""

    name: str
    rdtype: str
    answer: DnsAnswer
    elapsed_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """An attempt to connect; ``number`` ties what is said on the connection to it."""

    number: int
    address: IPAddress
    port: int
    elapsed_ns: int
    """With any wait for a pace; ``connect_ms`` is the TCP handshake alone."""
    connect_ms: float | None = None
    source: IPAddress | None = None
    """Our own address of the connection."""
    max_segment: int | None = None
    fault: Fault | None = None
    detail: str = ""
    refusal: str | None = None
    """What a budget said, when it forbade the attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Bytes written on a connection, or read from it; Latin-1 keeps every octet."""

    number: int
    data: str
    elapsed_ns: int
    fault: Fault | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending(Said):
    """Bytes written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiving(Said):
    """Bytes read; none at the end of the stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """A TLS handshake."""

    number: int
    facts: TlsFacts | None
    elapsed_ns: int
    fault: Fault | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The address that would be used towards a target."""

    target: IPAddress
    source: IPAddress | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeSent:
    """One probe, and what became of it."""

    spec: ProbeSpec
    sent_ns: int
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyReceived:
    """One decoded answer to a probe."""

    reply: Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An HTTP question and its answer; Latin-1 keeps every octet of the body."""

    asked: str
    url: str
    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: str
    fault: HttpFault | None
    detail: str
    elapsed_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A question to a registry and what was read from its answer; the answer can name persons."""

    question: RegistryQuestion
    answer: RegistryAnswer
    elapsed_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """A question to route collectors and what was read from its answer."""

    question: RoutingQuestion
    answer: RoutingAnswer
    elapsed_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbesOpened:
    """A probing engine was opened."""

    traits: EngineTraits


@dataclass(frozen=True, slots=True, kw_only=True)
class NoProbes:
    """The probe socket could not be opened."""

    message: str


KINDS: dict[str, type[Any]] = {
    "recording": Head,
    "dns": Question,
    "dial": Dial,
    "send": Sending,
    "receive": Receiving,
    "tls": Handshake,
    "source": Source,
    "probes": ProbesOpened,
    "probe": ProbeSent,
    "reply": ReplyReceived,
    "no_probes": NoProbes,
    "http": Fetched,
    "registry": Holder,
    "routing": Routes,
}
"""The ``kind`` of a line -> its value."""

_NAMES = {value: name for name, value in KINDS.items()}


class Tape:
    """Appends lines to a file; each is on its way to the disk before the next question.

    The file is opened anew for each line: there is nothing to close, and nothing
    to lose when the program dies.
    """

    def __init__(self, path: Path, head: Head) -> None:
        self._path = path.absolute()
        self._lock = threading.Lock()
        self._connections = 0
        try:
            self._path.write_bytes(_line(head))
        except OSError as error:
            raise InputError(f"cannot record to {path}: {error.strerror}") from error

    def write(self, value: object) -> None:
        """Append one value of :data:`KINDS`."""
        line = _line(value)
        with self._lock, self._path.open("ab") as file:
            file.write(line)

    def next_connection(self) -> int:
        """Number the connections from 1."""
        with self._lock:
            self._connections += 1
            return self._connections


def _line(value: object) -> bytes:
    document = {"kind": _NAMES[type(value)], **to_data(value)}
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def read_tape(path: Path) -> tuple[Head, list[Any]]:
    """Read a recording.

    An unfinished last line, the trace of a crash, is left out.

    Raises
    ------
    ParseError
        When the file cannot be read, or a line is not what it should be; it names the line.
    """
    try:
        with path.open("rb") as file:
            values = list(_values(file, str(path)))
    except OSError as error:
        raise ParseError(error.strerror or str(error), source=str(path)) from error
    if not values or not isinstance(values[0], Head):
        raise ParseError("the first line is not the head of a recording", source=str(path), line=1)
    if values[0].schema != SCHEMA:
        raise ParseError(
            f"schema is {values[0].schema!r}, expected {SCHEMA!r}", source=str(path), line=1
        )
    return values[0], values[1:]


def _values(file: Any, source: str) -> Iterator[Any]:
    for number in range(1, 2**31):
        line = file.readline(MAX_LINE_OCTETS + 1)
        if len(line) > MAX_LINE_OCTETS:
            raise ParseError(f"longer than {MAX_LINE_OCTETS} octets", source=source, line=number)
        if not line.endswith(b"\n"):
            return
        yield _value(line, source, number)


def _value(line: bytes, source: str, number: int) -> Any:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"not a JSON object: {error}", source=source, line=number) from error
    kind = data.get("kind") if isinstance(data, dict) else None
    if not isinstance(kind, str) or kind not in KINDS:
        raise ParseError(f"unknown kind of line: {str(kind)[:40]!r}", source=source, line=number)
    try:
        return from_data(KINDS[kind], data, source="")
    except ParseError as error:
        raise ParseError(str(error), source=source, line=number) from error
