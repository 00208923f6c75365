"""What routers of the played network write into packets that they forward, as quotes show it.

The law
-------
1. ``marks_tos``: the TOS octet of IPv4 or the traffic class of IPv6 becomes that.
2. ``adds_to_sequence``: TCP sequence numbers grow; what comes back is put right, quotes are not.
3. ``translates``: the source becomes an address of the router's own. It puts that right in answers
   and in quotes, but not the transport checksum in a quote: that stays as it was behind it. ICMP
   of IPv4 sums no addresses, so there nothing shows.

The target answers what was sent: all of it is put right before an answer is back.
"""

import struct
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from mxpath.lab.elements import Router
from mxpath.lab.simulated_wire import ICMP_PROTOCOL, TCP, UDP, Seen
from mxpath.lab.steps import NextHop
from mxpath.lab.topology import World

_CHECKSUM_AT = {TCP: 16, UDP: 6, ICMP_PROTOCOL[6]: 2}


def as_it_arrives(world: World, seen: Seen, gone: tuple[NextHop, ...]) -> Seen:
    """Return a probe as the last of these steps' nodes sees it, its source put right."""
    for router, onward in _forwarders(world, gone):
        if router.marks_tos is not None:
            seen = _marked(seen, router.marks_tos)
        if router.adds_to_sequence and seen.protocol == TCP:
            seen = _shifted(seen, router.adds_to_sequence)
        if router.translates:
            seen = _translated(seen, onward)
    return seen


def _forwarders(world: World, gone: tuple[NextHop, ...]) -> Iterable[tuple[Router, NextHop]]:
    """Odd routers on the way, each with the step that it sends a packet out by."""
    for step, onward in pairwise(gone):
        if step.node in world.answering:
            yield world.answering[step.node], onward


def _marked(seen: Seen, tos: int) -> Seen:
    first = struct.unpack_from("!H", seen.packet)[0]
    keep, mark = (0xFF00, tos) if seen.source.version == 4 else (0xF00F, tos << 4)
    first = first & keep | mark
    return replace(seen, packet=struct.pack("!H", first) + seen.packet[2:])


def _shifted(seen: Seen, number: int) -> Seen:
    old = seen.body[4:8]
    new = struct.pack("!I", (int.from_bytes(old, "big") + number) % 2**32)
    return _with_body(seen, seen.body[:4] + new + seen.body[8:], old=old, new=new)


def _translated(seen: Seen, onward: NextHop) -> Seen:
    own = onward.egress.address(seen.source.version)
    assert own is not None  # nothing is forwarded over a step that does not carry it
    return _with_body(seen, seen.body, old=seen.source.packed, new=own.packed)


def _with_body(seen: Seen, body: bytes, *, old: bytes, new: bytes) -> Seen:
    """Put another body in place, its checksum changed for what changed (RFC 1624)."""
    at = _CHECKSUM_AT.get(seen.protocol)
    if at is not None:
        before = ~struct.unpack_from("!H", body, at)[0] & 0xFFFF
        total = before - int.from_bytes(old, "big") + int.from_bytes(new, "big")
        body = body[:at] + struct.pack("!H", ~(total % 0xFFFF) & 0xFFFF) + body[at + 2 :]
    start = len(seen.packet) - len(seen.body)
    return replace(seen, packet=seen.packet[:start] + body, body=body)
