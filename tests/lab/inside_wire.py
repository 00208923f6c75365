"""What the wires' test does in a network namespace of its own; its answer on stdout is JSON.

    inside_wire.py WIRE...        WIRE is the C program, or "python"

Each wire carries frames from one veth pair to another under several conditions. What comes out,
when and in which order is written down; nothing is judged here.
"""

import json
import os
import select
import socket
import subprocess
import sys
import time
from typing import Any

from mxpath.lab.conditions import Conditions
from mxpath.lab.wire import WireControl, wire_command

ALL, IN, OUT = 0x0003, "p0", "p1"
GAP_S, COUNT = 0.002, 1000


def packet(version: int, protocol: int, *, ports: tuple[int, int] = (0, 0), size: int = 60) -> str:
    """An Ethernet frame, in hexadecimal."""
    kind = b"\x08\x00" if version == 4 else b"\x86\xdd"
    payload = b"".join(port.to_bytes(2, "big") for port in ports)
    if version == 4:
        header = b"\x45\0" + size.to_bytes(2, "big") + bytes(4) + bytes([64, protocol]) + bytes(10)
    else:
        header = b"\x60\0\0\0" + (size - 40).to_bytes(2, "big") + bytes([protocol, 64]) + bytes(32)
    return (bytes(12) + kind + header + payload.ljust(size - len(header), b"\0")).hex()


FRAMES = {
    "tcp4 to 25": packet(4, 6, ports=(4000, 25)),
    "tcp4 from 25": packet(4, 6, ports=(25, 4000)),
    "tcp6 to 25": packet(6, 6, ports=(4000, 25)),
    "udp4 to 53": packet(4, 17, ports=(4000, 53)),
    "udp6 to 53": packet(6, 17, ports=(4000, 53)),
    "icmp4 error": packet(4, 1, ports=(11 << 8, 0)),
    "icmp6 error": packet(6, 58, ports=(3 << 8, 0)),
    "icmp6 echo": packet(6, 58, ports=(129 << 8, 0)),
    "neighbour discovery": packet(6, 58, ports=(135 << 8, 0)),
    "bgp4": packet(4, 6, ports=(4000, 179)),
    "bgp6, large": packet(6, 6, ports=(179, 4000), size=1500),
    "tcp4 of 1400": packet(4, 6, ports=(4000, 80), size=1400),
    "tcp4 of 1401": packet(4, 6, ports=(4000, 80), size=1401),
    "no IP": (bytes(12) + b"\x08\x06" + bytes(46)).hex(),
}
STATES = [
    Conditions(delay_ms=0.1),
    Conditions(delay_ms=0.1, down=True),
    Conditions(delay_ms=0.1, mtu=1400),
    *(Conditions(delay_ms=0.1, blocks=(b,)) for b in ("ipv4", "ipv6", "icmp", "tcp/25", "udp/53")),
    Conditions(delay_ms=0.1, mtu=1400, blocks=("icmp", "tcp/25", "udp/53")),
]


def _end(name: str) -> socket.socket:
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    end.bind((name, ALL))
    end.setsockopt(263, 23, 1)  # SOL_PACKET, PACKET_IGNORE_OUTGOING
    return end


def _heard(end: socket.socket, seconds: float) -> list[tuple[float, bytes]]:
    found, until = [], time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if select.select([end], [], [], left)[0]:
            found.append((time.monotonic(), end.recv(2048)))
    return found


def passed(near: socket.socket, far: socket.socket) -> list[str]:
    """Names of the frames that came through."""
    for frame in FRAMES.values():
        near.send(bytes.fromhex(frame))
    arrived = {frame.hex() for _, frame in _heard(far, 0.06)}
    return [name for name, frame in FRAMES.items() if frame in arrived]


def series(near: socket.socket, far: socket.socket) -> dict[str, Any]:
    """Numbers of a long row of frames in the order in which they came, and what each took."""
    sent, arrived = [], []
    for number in range(COUNT):
        sent.append(time.monotonic())
        near.send(bytes(12) + b"\x88\xb5" + number.to_bytes(4, "big") + bytes(46))
        arrived += _heard(far, GAP_S)
    arrived += _heard(far, 0.1)
    found = [(at, int.from_bytes(frame[14:18], "big")) for at, frame in arrived]
    return {
        "numbers": [number for _, number in found],
        "took_ms": [(at - sent[number]) * 1000 for at, number in found],
    }


def observe(program: str) -> dict[str, Any]:
    """Everything about one wire."""
    control = WireControl()
    command = wire_command(
        None if program == "python" else program,  # type: ignore[arg-type]
        [("w0", "w1", STATES[0])],
    )
    process = subprocess.Popen(command, stdin=control.theirs.fileno(), stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    near, far = _end(IN), _end(OUT)
    found: dict[str, Any] = {"passed": [], "told": []}
    for state in STATES:
        control.set(0, state)
        found["passed"].append(passed(near, far))
        found["told"].append(control.read([0])[0].text)
    control.set(0, Conditions(delay_ms=5.0, jitter_ms=8.0, loss=0.1))
    found["series"] = series(near, far)
    process.kill()
    process.wait()
    near.close()
    far.close()
    return found


if __name__ == "__main__":
    for name in ("0", "1"):
        pair = ["ip", "link", "add", f"p{name}", "type", "veth", "peer", "name", f"w{name}"]
        subprocess.run(pair, check=True)
        for device in (f"p{name}", f"w{name}"):
            quiet = f"/proc/sys/net/ipv6/conf/{device}/disable_ipv6"
            with open(quiet, "w", encoding="ascii") as switch:  # noqa: PTH123 - a test's script
                switch.write("1")
            subprocess.run(["ip", "link", "set", device, "up"], check=True)
    os.write(1, json.dumps({program: observe(program) for program in sys.argv[1:]}).encode())
