"""The probing engines: which there are, which is the best here, and one that is opened only once.

Each is imported only when it is opened, since one of them brings scapy.
"""

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from mxpath.errors import PrivilegeError
from mxpath.model.address import IPAddress
from mxpath.model.probe import Protocol
from mxpath.vantage.ports import ProbeSocket
from mxpath.vantage.privilege import ADVICE

_DRAIN_S = 0.2
"""Longest time in which leftovers of an earlier trace are thrown away."""

Source = tuple[IPAddress, ...]


def _raw(source: Source) -> AbstractContextManager[ProbeSocket]:
    from mxpath.vantage.raw import open_raw  # noqa: PLC0415 - see above

    return open_raw(source)


def _scapy(source: Source) -> AbstractContextManager[ProbeSocket]:
    if sys.platform == "linux":
        _demand_raw()  # scapy takes a second to load only to be refused
    from mxpath.vantage.portable import open_portable  # noqa: PLC0415 - see above

    return open_portable(source)


def _demand_raw() -> None:
    try:
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW).close()
    except PermissionError as error:
        raise PrivilegeError(f"this user may not open raw sockets: {ADVICE}") from error


def _unprivileged(source: Source) -> AbstractContextManager[ProbeSocket]:
    if sys.platform == "win32":
        raise PrivilegeError("the unprivileged engine needs Linux: take the scapy engine here")
    from mxpath.vantage.unprivileged import open_unprivileged  # noqa: PLC0415 - see above

    return open_unprivileged(source)


def _system(source: Source) -> AbstractContextManager[ProbeSocket]:
    from mxpath.vantage.system import open_system  # noqa: PLC0415 - see above

    return open_system(source)


def _none(_source: Source) -> AbstractContextManager[ProbeSocket]:
    raise PrivilegeError(
        f"no probing engine was opened: {ADVICE}; by icmp it takes only a group of yours within"
        " sysctl net.ipv4.ping_group_range; everything but tracing works without"
    )


ENGINES: dict[str, Callable[[Source], AbstractContextManager[ProbeSocket]]] = {
    "raw": _raw,
    "scapy": _scapy,
    "unprivileged": _unprivileged,
    "system": _system,
    "none": _none,
}
"""Probing engines by name, the best first."""
_NEED_PRIVILEGE = {"raw", "scapy"}
"""Their sockets cannot be opened any more once privilege is dropped."""


def open_engine(name: str, source: Source) -> AbstractContextManager[ProbeSocket]:
    """Open an engine by name; raises PrivilegeError when this user may not."""
    return ENGINES[name](source)


def best_engine(protocol: Protocol = Protocol.TCP) -> str:
    """Return the best engine that works here, found by trying and not by asking who we are.

    Parameters
    ----------
    protocol
        What it shall send.
    """
    for name, open_engine in ENGINES.items():
        try:
            with open_engine(()) as probes:
                if protocol in probes.traits.protocols:
                    return name
        except (PrivilegeError, OSError):
            continue
    return "none"


class KeptEngine:
    """An engine whose sockets are opened once; every trace gets the same ones, one at a time.

    What needs no privilege is opened for each trace, so that it is tried as the user who we are by
    then.

    Parameters
    ----------
    name
        One of :data:`ENGINES`. One that cannot be opened says so when it is asked for probes.
    source
        Addresses of this host to send from.
    stack
        Holds the engine open.
    """

    def __init__(self, name: str, source: Source, stack: ExitStack) -> None:
        self._lock = threading.Lock()
        self._name, self._source = name, source
        self._probes: ProbeSocket | PrivilegeError | None = None
        if name in _NEED_PRIVILEGE:
            try:
                self._probes = stack.enter_context(open_engine(name, source))
            except PrivilegeError as error:
                self._probes = error

    @contextmanager
    def probes(self) -> Iterator[ProbeSocket]:
        """Hand out the socket, without what an earlier trace has left in it.

        Raises
        ------
        PrivilegeError
            When it could not be opened.
        """
        if self._probes is None:
            with open_engine(self._name, self._source) as opened:
                yield opened
            return
        if isinstance(self._probes, PrivilegeError):
            raise self._probes
        with self._lock:
            end_s = time.monotonic() + _DRAIN_S
            while self._probes.receive(0.0) and time.monotonic() < end_s:
                pass
            yield self._probes
