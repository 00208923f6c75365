"""Linux network namespaces by name: make them, step into them, set them up.

All of this runs inside the lab's own mount namespace, whose ``/run`` is a fresh
tmpfs, so that ``ip netns`` names are private to one lab. ``os.setns`` only
exists from Python 3.12 on, hence ctypes (setns(2), mount(2)).
"""

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mxpath.errors import MxpathError

NETNS = Path("/run/netns")
"""Where iproute2 keeps named network namespaces."""

_CLONE_NEWNET = 0x40000000  # linux/sched.h
_MS_BIND, _MS_REC = 0x1000, 0x4000  # sys/mount.h
_SIOCETHTOOL = 0x8946  # linux/sockios.h
_OFFLOADS = {
    # linux/ethtool.h; the order matters: checksums first, what rests on them follows.
    "tx checksum": 0x17,
    "tcp segmentation": 0x1F,
    "generic segmentation": 0x24,
    "generic receive": 0x2C,
}

_libc = ctypes.CDLL(None, use_errno=True)


class LabError(MxpathError):
    """The kernel or a daemon did not do what the lab asked of it."""


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise LabError(f"{what}: {os.strerror(number)}")


def mount_tmpfs(target: Path) -> None:
    """Mount an empty tmpfs."""
    _check(_libc.mount(b"lab", bytes(target), b"tmpfs", 0, b"mode=0755"), f"tmpfs on {target}")


def bind_mount(source: str, target: Path) -> None:
    """Make ``source`` appear at ``target`` too, with everything mounted below it."""
    result = _libc.mount(source.encode(), bytes(target), None, _MS_BIND | _MS_REC, None)
    _check(result, f"bind mount on {target}")


def setns(descriptor: int) -> None:
    """Move the calling thread into the network namespace behind an open file."""
    _check(_libc.setns(descriptor, _CLONE_NEWNET), "setns")


@contextmanager
def inside(name: str) -> Iterator[None]:
    """Be in a named network namespace: for sockets, ``/proc/sys/net`` and child processes."""
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    there = os.open(NETNS / name, os.O_RDONLY | os.O_CLOEXEC)
    try:
        setns(there)
        try:
            yield
        finally:
            setns(before)
    finally:
        os.close(there)
        os.close(before)


def ip_batch(lines: Iterable[str]) -> None:
    """Run ``ip`` command lines in one process, in the namespace we are in.

    Raises
    ------
    LabError
        With what ``ip`` says about the first line that failed.
    """
    done = subprocess.run(
        ["ip", "-batch", "-"],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if done.returncode != 0:
        raise LabError(f"ip: {' '.join(done.stderr.split())}")


def set_sysctls(settings: Mapping[str, str]) -> None:
    """Write network sysctls of the namespace we are in; a key ending in ``?`` may be missing."""
    for key, value in settings.items():
        path = Path("/proc/sys/net") / key.removesuffix("?")
        try:
            path.write_text(value)
        except OSError as error:
            if not key.endswith("?"):
                raise LabError(f"{path}: {error.strerror}") from error


def offloads_off(device: str) -> None:
    """Make the kernel finish checksums and segments before a frame reaches ``device``.

    Frames that a packet socket picks from a veth otherwise carry partial
    checksums, and TCP hangs.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for command in _OFFLOADS.values():
            value = ctypes.create_string_buffer(struct.pack("II", command, 0))
            request = struct.pack("16sP", device.encode(), ctypes.addressof(value))
            # Some kernels have no switch for one of them, and then nothing to switch off.
            try:
                fcntl.ioctl(control, _SIOCETHTOOL, request)
            except OSError as error:
                if command == _OFFLOADS["tx checksum"]:
                    raise LabError(f"{device}: checksum offload stays on: {error}") from error
