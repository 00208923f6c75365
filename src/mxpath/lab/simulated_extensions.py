"""What routers of the played network add to their ICMP errors (RFC 4884, 4950, 5837), as bytes.

Written apart from ``vantage.icmp_extensions`` on purpose, as is all of the played wire.
"""

import struct

from mxpath.lab.elements import Router
from mxpath.lab.simulated_wire import checksum
from mxpath.lab.steps import NextHop
from mxpath.lab.topology import World

ETHERNET_MTU = 1500
_INDEX_ADDRESS_NAME_MTU = 0x0F
"""All four fields, of the incoming interface (RFC 5837 section 4.1)."""


def added(world: World, router: Router, step: NextHop, version: int) -> bytes:
    """Return the extensions of a router's error to what came by a step; empty for none."""
    objects = b""
    if router.mpls:
        objects += _object(1, 1, _stack(router.mpls))
    if router.names_interfaces:
        objects += _object(2, _INDEX_ADDRESS_NAME_MTU, _interface(world, step, version))
    if not objects:
        return b""
    content = b"\x20\0\0\0" + objects
    return content[:2] + struct.pack("!H", checksum(content)) + content[4:]


def _object(kind: int, subtype: int, body: bytes) -> bytes:
    return struct.pack("!HBB", 4 + len(body), kind, subtype) + body


def _stack(labels: tuple[int, ...]) -> bytes:
    """A stack with its bottom last; each entry arrived with a TTL of 1 (RFC 3032)."""
    last = len(labels) - 1
    return b"".join(
        struct.pack("!I", label << 12 | (place == last) << 8 | 1)
        for place, label in enumerate(labels)
    )


def _interface(world: World, step: NextHop, version: int) -> bytes:
    port, home = step.ingress, step.ingress.address(version)
    assert home is not None
    # The loopback interface is the first one of a node.
    index = 2 + world.interfaces[step.node].index(port)
    name = port.name.encode()
    padded = name + bytes(-(len(name) + 1) % 4)
    mtu = step.wires[-1].link.mtu or ETHERNET_MTU
    family = struct.pack("!HH", 1 if version == 4 else 2, 0)
    named = bytes([len(padded) + 1]) + padded
    return struct.pack("!I", index) + family + home.packed + named + struct.pack("!I", mtu)
