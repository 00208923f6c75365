"""The unprivileged engine: probes as an ordinary user of Linux may send them.

The law
-------
1. A TCP probe is a ``connect()`` that does not wait, from the flow's own source port, with a TTL.
   The kernel writes the SYN: options and sequence number are its own, and a reply names its probe
   by the socket it came on. There is one connection of one 5-tuple at a time: a further probe of
   a flow ends the wait for the one before.
2. The kernel sends a SYN again after a second (RFC 6298 section 2.1), and nobody would know which
   of the two was answered: the socket is closed before.
3. The probe that reaches the target completes a connection, which is reset at once (SO_LINGER
   with 0 s). A reset leaves nothing behind: the server keeps no state, and the flow's 5-tuple is
   free for its next probe; after a FIN it would be in TIME-WAIT for a minute. It is what the kernel
   does to the half-open connections of the raw engine too. The price: where the reset overtakes
   ``accept()`` the server's log has no name for its guest, and a greeting that crosses it is answered
   by one reset more.
4. UDP and ICMP have one socket a flow, and any number of probes under way: the quote of an error,
   and the payload of an echo, bring back the number. Of ICMP the kernel writes the checksum, and
   the identifier is the one to which the socket is bound.
5. The IPv6 flow label is 0: the kernel's own is drawn anew for every connection, and a balancer
   that looks at it would send the probes of one flow different ways.
"""

import errno
import os
import resource
import select
import socket
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from mxpath.errors import PrivilegeError
from mxpath.model.address import IPAddress
from mxpath.model.probe import ProbeSpec, Protocol, Reply
from mxpath.vantage.flow_sockets import (
    FlowKey,
    Way,
    connection_answer,
    content_of,
    datagram_errors,
    datagrams,
    flow_of,
    open_way,
    set_ttl,
)
from mxpath.vantage.ports import EngineTraits, ProbeSocket, Sent
from mxpath.vantage.sources import SourceFinder, describe

SYN_LIFE_S = 0.9
"""How long a SYN is waited for: law 2."""
UNSEEN = (
    "with which TTL, DSCP and IP-ID a probe arrived where it died",
    "label stacks of routers older than RFC 4884",
    "of tcp the TTL of the target's own answer, bare ACKs and duplicates",
    f"of tcp answers later than {SYN_LIFE_S:g} s",
)
_NOW_RESET = struct.pack("@ii", 1, 0)  # struct linger: on, 0 s
_MOST_FILES = 1 << 16
_TRIES = 4
"""Pending errors of earlier probes that may stand between a datagram and its way out."""
_PENDING = {
    errno.ECONNREFUSED,
    errno.EHOSTUNREACH,
    errno.ENETUNREACH,
    errno.EMSGSIZE,
    errno.EACCES,
    errno.EPROTO,
    errno.ENOPROTOOPT,
    errno.EHOSTDOWN,
    errno.EOPNOTSUPP,
}


@contextmanager
def open_unprivileged(source: tuple[IPAddress, ...] = ()) -> Iterator[ProbeSocket]:
    """Open the unprivileged engine.

    Parameters
    ----------
    source
        Addresses of this host to send from, at most one for each family.

    Raises
    ------
    PrivilegeError
        When the system is not Linux, or its sockets have no error queue.
    """
    if sys.platform != "linux":
        raise PrivilegeError(
            "the unprivileged engine needs the error queue of Linux's sockets, which this system"
            " does not have: choose the system engine, or the scapy engine as root"
        )
    allowed = {
        (version, protocol)
        for version in (4, 6)
        for protocol in Protocol
        if _may_open(version, protocol)
    }
    if not allowed:
        raise PrivilegeError("the sockets of this system have no error queue")
    probes = UnprivilegedSocket(allowed, SourceFinder(source))
    try:
        yield probes
    finally:
        probes.rest()


def _may_open(version: int, protocol: Protocol) -> bool:
    try:
        open_way(version, protocol).close()
    except OSError:
        return False
    return True


def _opened(version: int, protocol: Protocol) -> socket.socket:
    """Open a socket; where this process has as many as it may, let it have as many as it can."""
    try:
        return open_way(version, protocol)
    except OSError as error:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if error.errno != errno.EMFILE or soft >= min(hard, _MOST_FILES):
            raise
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, _MOST_FILES), hard))
        return open_way(version, protocol)


class UnprivilegedSocket:
    """Probes of an ordinary user; satisfies :class:`mxpath.vantage.ports.ProbeSocket`.

    Parameters
    ----------
    allowed
        IP versions and protocols for which this user may open sockets.
    sources
        Chooses our own addresses.
    """

    def __init__(self, allowed: set[tuple[int, Protocol]], sources: SourceFinder) -> None:
        self._sources = sources
        self._versions = {version for version, _ in allowed}
        self._ways: dict[FlowKey, Way] = {}
        self._by_descriptor: dict[int, Way] = {}
        self._poll = select.poll()
        self._early: list[Reply] = []
        self.traits = EngineTraits(
            name="unprivileged",
            protocols=frozenset(protocol for _, protocol in allowed),
            serial=frozenset({Protocol.TCP}),
            completes=frozenset({Protocol.TCP}),
            unseen=UNSEEN,
        )

    def source_for(self, target: IPAddress) -> IPAddress | None:
        """The address the kernel would use towards ``target``; ``None`` without a route."""
        return self._sources.find(target) if target.version in self._versions else None

    def send(self, probes: Sequence[ProbeSpec]) -> Sequence[Sent]:
        """Put probes on the wire; what the kernel refuses is said in the result."""
        return tuple(self._send(probe) for probe in probes)

    def _send(self, probe: ProbeSpec) -> Sent:
        self._end_old()
        try:
            sent_ns = self._connect(probe) if probe.protocol is Protocol.TCP else self._tell(probe)
        except OSError as error:
            return Sent(sent_ns=time.time_ns(), error=describe(error, probe.target))
        return Sent(sent_ns=sent_ns)

    # TCP: a connection a probe.

    def _connect(self, probe: ProbeSpec) -> int:
        self._close(self._ways.get(flow_of(probe)))
        way = self._bound(probe)
        sent_ns = way.sent_ns = time.time_ns()
        way.ends_s = time.monotonic() + SYN_LIFE_S
        code = way.socket.connect_ex((str(probe.target), probe.destination_port))
        if code in (0, errno.EINPROGRESS):
            self._poll.register(way.socket, select.POLLOUT | select.POLLERR)
            return sent_ns
        reply = connection_answer(way, code)  # this very host answers before the call is over
        self._close(way)
        if reply is None:
            raise OSError(code, os.strerror(code))
        self._early.append(reply)
        return sent_ns

    def _end_old(self) -> None:
        """Close connections before their SYN would be sent again."""
        now_s = time.monotonic()
        for way in list(self._ways.values()):
            if way.ends_s is not None and way.ends_s <= now_s:
                self._close(way)

    # UDP and ICMP: a socket a flow.

    def _tell(self, probe: ProbeSpec) -> int:
        way = self._ways.get(flow_of(probe))
        if way is None:
            way = self._bound(probe)
            way.socket.connect((str(probe.target), probe.destination_port))
            self._poll.register(way.socket, select.POLLIN | select.POLLERR)
        way.spec = probe
        set_ttl(way.socket, probe.ttl)
        content = content_of(probe)
        for left in reversed(range(_TRIES)):
            sent_ns = time.time_ns()
            try:
                way.socket.send(content)
            except OSError as error:
                # What became of an earlier probe is told here too, once, instead of sending.
                if not left or error.errno not in _PENDING:
                    raise
            else:
                break
        return sent_ns

    # Both.

    def _bound(self, probe: ProbeSpec) -> Way:
        opened = _opened(probe.target.version, probe.protocol)
        way = Way(opened, probe, time.time_ns())
        try:
            set_ttl(opened, probe.ttl)
            opened.bind((str(probe.source), probe.source_port))
        except OSError:
            opened.close()
            raise
        self._ways[way.flow] = self._by_descriptor[opened.fileno()] = way
        return way

    def _close(self, way: Way | None) -> None:
        if way is None:
            return
        descriptor = way.socket.fileno()
        with suppress(KeyError):
            self._poll.unregister(descriptor)
        del self._by_descriptor[descriptor], self._ways[way.flow]
        if way.spec.protocol is Protocol.TCP:
            with suppress(OSError):
                way.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NOW_RESET)
        way.socket.close()

    def rest(self) -> None:
        """Close what the probes of a finished trace have left open."""
        for way in list(self._ways.values()):
            self._close(way)
        self._early.clear()

    def receive(self, until_s: float) -> Sequence[Reply]:
        """Wait for answers until ``until_s``; see the port."""
        while True:
            self._end_old()
            ends = [way.ends_s for way in self._ways.values() if way.ends_s is not None]
            now_s = time.monotonic()
            wake_s = now_s if self._early else min((until_s, *ends))
            ready = self._poll.poll(max(0.0, wake_s - now_s) * 1e3)
            replies, self._early = self._early, []
            for descriptor, _ in ready:
                replies += self._hear(self._by_descriptor[descriptor])
            if replies or time.monotonic() >= until_s:
                return tuple(replies)

    def _hear(self, way: Way) -> list[Reply]:
        if way.spec.protocol is not Protocol.TCP:
            return [*datagram_errors(way), *datagrams(way)]
        reply = connection_answer(way, way.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
        self._close(way)
        return [] if reply is None else [reply]
