"""What can be broken at the sender's end of a played world, and the line that breaks."""

import errno
import os
from dataclasses import dataclass

NO_ROUTE = os.strerror(errno.ENETUNREACH)
NO_ROUTE_TO_HOST = os.strerror(errno.EHOSTUNREACH)
CONNECTION_REFUSED = os.strerror(errno.ECONNREFUSED)
INTERFACE_DOWN = os.strerror(errno.ENETDOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Faults to be played; by default everything works.

    Packets are counted as SYNs that this host sends, by probes and by connections.
    """

    resolver_down: bool = False
    """The resolver never answers."""
    no_route: tuple[int, ...] = ()
    """IP versions that this host has no route for."""
    no_privilege: bool = False
    """Opening a probe socket raises PrivilegeError."""
    interface_down_after_packets: int | None = None
    """The interface goes down once so many packets have left, and stays down."""
    interrupt_after_packets: int | None = None
    """Ctrl-C is pressed, once, after so many packets have left."""
    port_25_filtered_at_hop: int | None = None
    """The node at this hop (0: this host) silently drops what it should forward to port 25."""


class Uplink:
    """The sender's line into the network: counts packets and fails as ``faults`` say."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.packets = 0
        self._interrupted = False

    def send(self, version: int) -> str | None:
        """Take one packet of an IP version; return the kernel's complaint, ``None`` if it left."""
        if self.is_down:
            return INTERFACE_DOWN
        if version in self.faults.no_route:
            return NO_ROUTE
        self.packets += 1
        return None

    @property
    def is_down(self) -> bool:
        """Whether the interface has gone down."""
        limit = self.faults.interface_down_after_packets
        return limit is not None and self.packets >= limit

    def feel_interrupt(self) -> None:
        """Raise KeyboardInterrupt when Ctrl-C is due; every wait of a port calls this."""
        limit = self.faults.interrupt_after_packets
        if limit is not None and self.packets >= limit and not self._interrupted:
            self._interrupted = True
            raise KeyboardInterrupt
