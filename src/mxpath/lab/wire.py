"""The wires of a lab in Python, and the faster ones in C that replace them.

Both take the same command line, ``wire COMPENSATION_US A:B:CONDITIONS…``, the same
commands on standard input where that is a socket, and keep the same law (see the
heads of ``wire.c`` and ``conditions.py``): a frame is due its link's delay and
jitter after the kernel stamped its arrival; take what arrived, send what is due,
sleep until the next is due. The Python wire is right for hops, but may add
milliseconds to a path: judge round-trip times only with the C wire.
"""

import hashlib
import heapq
import os
import random
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from mxpath.errors import InputError
from mxpath.lab.conditions import Carried, Conditions
from mxpath.lab.namespaces import LabError

COMPENSATION_US = 15
"""Taken off each link's delay: what one traversal costs besides waiting.

Sending into the veth, the next kernel's receive path and its forwarding; with
kernel arrival stamps the wake-up of the wire itself costs nothing. Measured
over whole paths of five and seven links: within 0.1 ms.
"""

_PACKET_IGNORE_OUTGOING = 23  # linux/if_packet.h
_SO_TIMESTAMPNS = 35  # asm-generic/socket.h
_SOL_PACKET = 263  # linux/socket.h
_ETH_P_ALL = 3  # linux/if_ether.h
_MAX_FRAME = 65_600
_MAX_WAITING = 65_536
_ETHERNET = 14
_MAX_COMMAND = 512
_COMMAND_LIMIT_S = 5.0


def compile_wire(*, fallback: Path | None = None) -> Path | None:
    """Compile the C wire into the cache, unless this very source was compiled before.

    Parameters
    ----------
    fallback
        Where to put it when the cache directory cannot be written.

    Returns
    -------
    Path or None
        The program, or ``None`` when there is no working C compiler.
    """
    source = files("mxpath.lab").joinpath("wire.c").read_bytes()
    name = f"wire-{hashlib.sha256(source).hexdigest()[:16]}"
    for directory in (_cache_directory(), fallback):
        if directory is None:
            continue
        program = directory / name
        if program.exists() or _compile(source, program):
            return program
    return None


def _cache_directory() -> Path | None:
    try:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        directory = Path(base) / "mxpath"
        directory.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return None
    return directory if os.access(directory, os.W_OK | os.X_OK) else None


def _compile(source: bytes, program: Path) -> bool:
    compiler = shutil.which("cc")
    if compiler is None:
        return False
    with tempfile.TemporaryDirectory(dir=program.parent, prefix="wire-") as work:
        made = Path(work, "wire")
        done = subprocess.run(
            [compiler, "-O2", "-x", "c", "-o", str(made), "-"],
            input=source,
            capture_output=True,
            check=False,
            timeout=60,
        )
        if done.returncode == 0:
            made.replace(program)  # two labs may compile at once: the last one wins
    return done.returncode == 0


def wire_command(program: Path | None, links: Iterable[tuple[str, str, Conditions]]) -> list[str]:
    """Return the command line of a wire process.

    Parameters
    ----------
    program
        The compiled wire; ``None`` for the one in Python.
    links
        Two interface names and what lies between them, for each link.
    """
    start = [str(program)] if program else [sys.executable, "-m", "mxpath.lab.wire"]
    return [*start, str(COMPENSATION_US), *(f"{a}:{b}:{state.text}" for a, b, state in links)]


class WireControl:
    """Talks to a running wire process over the socket that it has as standard input."""

    def __init__(self) -> None:
        self._here, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._here.settimeout(_COMMAND_LIMIT_S)

    def set(self, number: int, conditions: Conditions) -> None:
        """Give a link other conditions from now on.

        Raises
        ------
        LabError
            When the wire does not do it.
        """
        if self._ask(f"set {number} {conditions.text}") != "ok":
            raise LabError(f"the wire refuses {conditions.text!r} for link {number}")

    def read(self, numbers: Iterable[int]) -> dict[int, Conditions]:
        """Return what the wire now does on the links of these numbers.

        Raises
        ------
        LabError
            When it does not answer.
        """
        return {number: Conditions.parse(self._ask(f"show {number}")) for number in numbers}

    def _ask(self, command: str) -> str:
        try:
            self._here.sendall(command.encode())
            return self._here.recv(_MAX_COMMAND).decode()
        except OSError as error:
            raise LabError(f"the wire does not answer: {error}") from error


@dataclass(slots=True)
class _End:
    inlet: socket.socket
    outlet: socket.socket
    link: int
    last_due_ns: int = 0


def _open_end(name: str) -> socket.socket:
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    end.setblocking(False)  # noqa: FBT003 - the standard library's own signature
    end.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
    end.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    end.bind((name, _ETH_P_ALL))
    return end


def _arrival_ns(ancillary: list[tuple[int, int, bytes]]) -> int:
    """When the frame came in on the monotonic clock; only a plausible stamp is believed."""
    age = 0
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
            seconds, nanoseconds = struct.unpack("ll", data[:16])
            age = time.time_ns() - (seconds * 1_000_000_000 + nanoseconds)
    return time.monotonic_ns() - (age if 0 <= age <= 1_000_000_000 else 0)


def look(frame: bytes) -> Carried:
    """Return what the law of a link asks of an Ethernet frame."""
    kind, size, rest = frame[12:14], len(frame) - _ETHERNET, b""
    version = {b"\x08\x00": 4, b"\x86\xdd": 6}.get(kind, 0)
    protocol = 0
    if version == 4 and size >= 20 and not (frame[20] & 0x1F or frame[21]):
        protocol, rest = frame[23], frame[_ETHERNET + 4 * (frame[14] & 15) :]
    elif version == 6 and size >= 40:
        protocol, rest = frame[20], frame[_ETHERNET + 40 :]
    if len(rest) < 4:
        return Carried(version=version, size=size)
    source, target = struct.unpack_from("!HH", rest)
    return Carried(
        version=version,
        protocol=protocol,
        size=size,
        source_port=source,
        target_port=target,
        icmp_type=rest[0],
    )


class PythonWire:
    """Carries frames between pairs of interfaces, each pair under its own conditions."""

    def __init__(self, compensation_us: int, links: Sequence[str]) -> None:
        self._poll = select.epoll()
        self._compensation_ns = compensation_us * 1000
        self._ends: dict[int, _End] = {}
        self._links: list[Conditions] = []
        self._waiting: list[tuple[int, int, socket.socket, bytes]] = []
        self._arrivals = 0
        self._chance = random.Random(1)  # noqa: S311 - the same in every run, on purpose
        for number, link in enumerate(links):
            first, second, text = link.split(":")
            self._links.append(Conditions.parse(text))
            a, b = _open_end(first), _open_end(second)
            for end, out in ((a, b), (b, a)):
                self._ends[end.fileno()] = _End(end, out, number)
                self._poll.register(end, select.EPOLLIN)
        with suppress(PermissionError):  # what is no socket: then nobody asks
            self._poll.register(0, select.EPOLLIN)

    def _take(self, end: _End) -> None:
        while True:
            try:
                frame, ancillary, _, _ = end.inlet.recvmsg(_MAX_FRAME, 128)
            except OSError:  # nothing left, or the interface went away
                return
            link = self._links[end.link]
            lost = link.stops(look(frame)) or (link.loss and self._chance.random() < link.loss)
            if not lost and len(self._waiting) < _MAX_WAITING:
                self._arrivals += 1
                wait_ns = round((link.delay_ms + self._chance.random() * link.jitter_ms) * 1e6)
                due = _arrival_ns(ancillary) + max(0, wait_ns - self._compensation_ns)
                end.last_due_ns = max(due, end.last_due_ns)
                entry = (end.last_due_ns, self._arrivals, end.outlet, frame)
                heapq.heappush(self._waiting, entry)

    def _obey(self) -> None:
        """Take one command and answer it; nobody will ever send another after an empty one."""
        command = os.read(0, _MAX_COMMAND)
        if not command:
            self._poll.unregister(0)
            return
        with suppress(BrokenPipeError):
            os.write(0, self.answer(command.decode(errors="replace")).encode())

    def answer(self, command: str) -> str:
        """Do what a command says."""
        try:
            what, number, *conditions = command.split()
            link = int(number)
            if what == "show" and not conditions and 0 <= link < len(self._links):
                return self._links[link].text
            if what == "set" and 0 <= link < len(self._links):
                self._links[link] = Conditions.parse(*conditions)
                return "ok"
        except (ValueError, TypeError, InputError):
            pass
        return "error"

    def _send_due(self) -> None:
        while self._waiting and self._waiting[0][0] <= time.monotonic_ns():
            _, _, out, frame = heapq.heappop(self._waiting)
            try:
                out.send(frame)
            except OSError:  # a full or missing interface drops frames, as a real one does
                continue

    def step(self) -> None:
        """Wait for the next frame or the next due time, then move what can move."""
        timeout_s = -1.0
        if self._waiting:
            # epoll here rounds up to whole milliseconds: sleep less, and spin the rest.
            left_ms = (self._waiting[0][0] - time.monotonic_ns()) // 1_000_000
            timeout_s = max(0, left_ms) / 1000
        for descriptor, _ in self._poll.poll(timeout_s):
            if descriptor == 0:
                self._obey()
            else:
                self._take(self._ends[descriptor])
        self._send_due()


def main() -> None:
    """Run the Python wire until it is killed."""
    wire = PythonWire(int(sys.argv[1]), sys.argv[2:])
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    sys.stdout.write("ready python\n")
    sys.stdout.flush()
    while True:
        wire.step()


if __name__ == "__main__":
    main()
