"""Traces inside a lab: ``inside_engines TARGETS ENGINE:PROTOCOL …``; what each finds is JSON.

Before and after each, the kernel of this namespace is asked how many SYNs it has sent for
connections of ours, and how many of them again. Root also sees what has left: what a balancer
could hash of it.
"""

import json
import os
import socket
import struct
import sys
import time
from contextlib import ExitStack
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from mxpath.errors import InputError, PrivilegeError
from mxpath.model.codec import to_data
from mxpath.model.probe import Protocol
from mxpath.tracing.tracer import TraceOptions, trace
from mxpath.vantage.ledger import Ledger
from mxpath.vantage.live import live


def counters() -> dict[str, int]:
    """Connections begun, and SYNs sent once more (netstat(8), proc(5))."""
    rows: dict[str, str] = {}
    for name in ("/proc/net/snmp", "/proc/net/netstat"):
        lines = [line.split() for line in Path(name).read_text().splitlines()]
        for names, values in zip(lines[::2], lines[1::2], strict=True):
            rows |= {f"{names[0]}{n}": v for n, v in zip(names[1:], values[1:], strict=True)}
    return {"begun": int(rows["Tcp:ActiveOpens"]), "again": int(rows["TcpExt:TCPSynRetrans"])}


ETH_P_ALL, PACKET_OUTGOING = 3, 4  # linux/if_ether.h, linux/if_packet.h


def hashable(packet: bytes) -> list[int] | None:
    """Flow label, protocol, and the first words of what it carries; ``None`` for other packets."""
    if packet[0] >> 4 == 6:
        label, protocol, body = (
            struct.unpack_from("!I", packet)[0] & 0xFFFFF,
            packet[6],
            packet[40:],
        )
    else:
        label, protocol, body = 0, packet[9], packet[(packet[0] & 15) * 4 :]
    is_syn = protocol == socket.IPPROTO_TCP and body[13] & 0x12 == 2
    is_echo = protocol in (1, 58) and body[0] in (8, 128)
    if is_syn or protocol == socket.IPPROTO_UDP:
        return [label, protocol, *struct.unpack_from("!HH", body)]
    return [label, protocol, *struct.unpack_from("!HHH", body)] if is_echo else None


def left(tap: socket.socket, targets: list[str]) -> tuple[list[list[Any]], int]:
    """The distinct flows that went to the targets, and how many packets in all."""
    wanted = {ip_address(target).packed: target for target in targets}
    flows: set[tuple[Any, ...]] = set()
    count = 0
    while True:
        try:
            packet, where = tap.recvfrom(2048)
        except BlockingIOError:
            return sorted(map(list, flows)), count
        to = packet[24:40] if packet[0] >> 4 == 6 else packet[16:20]
        if where[2] != PACKET_OUTGOING or to not in wanted:
            continue
        words = hashable(packet)
        count += 1
        if words is not None:
            flows.add((wanted[to], *words))


def found(case: str, targets: list[str]) -> Any:
    """What an engine finds, or why it finds nothing."""
    engine, _, protocol = case.partition(":")
    vantage = live(engine=engine, ledger=Ledger(None), resolver="127.0.0.1")
    options = TraceOptions(protocol=Protocol(protocol), max_silent_hops=2)
    before, seen = counters(), None
    with ExitStack() as stack:
        tap = None
        if os.geteuid() == 0:
            tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
            stack.enter_context(tap).settimeout(0)
        try:
            traces = trace(map(ip_address, targets), vantage, options=options)
        except (InputError, PrivilegeError) as error:
            return {"refused": str(error)}
        if tap is not None:
            time.sleep(0.05)  # for the last reset
            seen = left(tap, targets)
    syns = {name: count - before[name] for name, count in counters().items()}
    return {"traces": [to_data(each) for each in traces], "syns": syns, "left": seen}


if __name__ == "__main__":
    words = sys.argv[1].split(",")
    sys.stdout.write(json.dumps({case: found(case, words) for case in sys.argv[2:]}))
