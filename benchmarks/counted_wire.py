"""Counts what leaves and enters a namespace, from the wire and in a process of its own.

Run as a script it is that process: it prints one line when it listens, and its counts when its
standard input is closed.
"""

import json
import select
import socket
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

_ALL = 0x0003  # linux/if_ether.h: ETH_P_ALL
_OUTGOING = 4  # linux/if_packet.h: PACKET_OUTGOING
_IP = {0x0800: 4, 0x86DD: 6}
_TCP, _UDP, _ICMP = 6, 17, {4: 1, 6: 58}
_SYN, _RST = 0x02, 0x04


@dataclass(slots=True)
class Counted:
    """What went over the wire to and from one target."""

    packets: int = 0
    """All that left, the kernel's own included."""
    resets: int = 0
    answers: int = 0
    """Packets that came back: ICMP errors and what the target said."""
    probes: Counter[str] = field(default_factory=Counter)
    """``flow/ttl`` of every probe."""

    def as_row(self, distance: int) -> dict[str, Any]:
        """Return the figures; ``at_target`` is the most of one flow whose TTL reaches so far."""
        arrived: Counter[str] = Counter()
        for key, number in self.probes.items():
            flow, _, ttl = key.rpartition("/")
            arrived[flow] += number if int(ttl) >= distance else 0
        return {
            "packets": self.packets,
            "resets": self.resets,
            "answers": self.answers,
            "flows": len(arrived),
            "at_target": max(arrived.values(), default=0),
        }


class Wire:
    """A running count."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def stop(self) -> Counted:
        """End it and return the counts."""
        out, _ = self._process.communicate("")
        found = json.loads(out)
        return Counted(**{**found, "probes": Counter(found["probes"])})


@contextmanager
def counting(target: str) -> Iterator[Wire]:
    """Count from now on."""
    process = subprocess.Popen(
        [sys.executable, __file__, target],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield Wire(process)
    finally:
        if process.poll() is None:
            process.communicate("")


def count(target: str) -> Counted:
    """Listen until standard input ends."""
    wanted, found = ip_address(target), Counted()
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ALL)) as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        print(flush=True)
        while True:
            ready, _, _ = select.select([wire, sys.stdin], (), ())
            if wire in ready:
                packet, ends = wire.recvfrom(65535)
                if ends[1] in _IP and ends[0] != "lo":
                    _take(found, packet, _IP[ends[1]], wanted.packed, ours=ends[2] == _OUTGOING)
            elif sys.stdin in ready:
                return found


def _take(found: Counted, packet: bytes, version: int, target: bytes, *, ours: bool) -> None:
    if version == 4:
        start, ttl, protocol = (packet[0] & 0xF) * 4, packet[8], packet[9]
        source, far = packet[12:16], packet[16:20]
    else:
        start, ttl, protocol = 40, packet[7], packet[6]
        source, far = packet[8:24], packet[24:40]
    if not ours:
        found.answers += source == target or (protocol == _ICMP[version] and target in packet)
        return
    if far != target:
        return
    found.packets += 1
    near_port, far_port = (
        struct.unpack_from("!HH", packet, start) if protocol in (6, 17) else (0, 0)
    )
    flags = packet[start + 13] if protocol == _TCP else 0
    if flags & _RST:
        found.resets += 1
    elif protocol != _TCP or flags & 0x3F == _SYN:
        found.probes[f"{protocol}:{near_port}:{far_port}/{ttl}"] += 1


if __name__ == "__main__":
    counted = count(sys.argv[1])
    print(
        json.dumps(
            {
                "packets": counted.packets,
                "resets": counted.resets,
                "answers": counted.answers,
                "probes": dict(counted.probes),
            }
        )
    )
