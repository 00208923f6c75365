"""The wires of a lab in Python, and the faster ones in C that replace them.

Both take the same command line, ``wire COMPENSATION_US A:B:DELAY_US…``, and
keep the same law (see the head of ``wire.c``): a frame is due its link's delay
after the kernel stamped its arrival; take what arrived, send what is due, sleep
until the next is due. The Python wire is right for hops, but may add
milliseconds to a path: judge round-trip times only with the C wire.
"""

import hashlib
import heapq
import os
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

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


def wire_command(program: Path | None, links: Sequence[tuple[str, str, float]]) -> list[str]:
    """Return the command line of a wire process.

    Parameters
    ----------
    program
        The compiled wire; ``None`` for the one in Python.
    links
        Two interface names and the one-way delay in ms, for each link.
    """
    start = [str(program)] if program else [sys.executable, "-m", "mxpath.lab.wire"]
    ends = [f"{a}:{b}:{round(delay_ms * 1000)}" for a, b, delay_ms in links]
    return [*start, str(COMPENSATION_US), *ends]


@dataclass(slots=True)
class _End:
    inlet: socket.socket
    outlet: socket.socket
    delay_ns: int


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


class PythonWire:
    """Carries frames between pairs of interfaces, each pair with its own delay."""

    def __init__(self, compensation_us: int, links: Sequence[str]) -> None:
        self._poll = select.epoll()
        self._ends: dict[int, _End] = {}
        self._waiting: list[tuple[int, int, socket.socket, bytes]] = []
        self._arrivals = 0
        for link in links:
            first, second, delay_us = link.split(":")
            a, b = _open_end(first), _open_end(second)
            delay_ns = max(0, int(delay_us) - compensation_us) * 1000
            for end, out in ((a, b), (b, a)):
                self._ends[end.fileno()] = _End(end, out, delay_ns)
                self._poll.register(end, select.EPOLLIN)

    def _take(self, end: _End) -> None:
        while True:
            try:
                frame, ancillary, _, _ = end.inlet.recvmsg(_MAX_FRAME, 128)
            except OSError:  # nothing left, or the interface went away
                return
            if len(self._waiting) < _MAX_WAITING:
                self._arrivals += 1
                due = _arrival_ns(ancillary) + end.delay_ns
                heapq.heappush(self._waiting, (due, self._arrivals, end.outlet, frame))

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
