"""What a running BIRD is asked, and what it says of its sessions."""

import socket
from pathlib import Path

_MAX_ANSWER = 1 << 20


def ask(control: Path, command: str) -> str:
    """Send one command to a running BIRD over its control socket; return the answer's text."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(5)
        line.connect(str(control))
        _answer(line)
        line.sendall(command.encode() + b"\n")
        return _answer(line)


def _answer(line: socket.socket) -> str:
    """Read until the line whose code is followed by a blank: the last one of an answer."""
    data = b""
    while len(data) < _MAX_ANSWER:
        last = data.rstrip(b"\n").rsplit(b"\n", 1)[-1]
        if data.endswith(b"\n") and last[:4].isdigit() and last[4:5] in {b" ", b""}:
            break
        more = line.recv(65_536)
        if not more:
            break
        data += more
    return data.decode(errors="replace")


def sessions_down(control: Path) -> list[str]:
    """Return names of BGP sessions of a running BIRD that are not established.

    Raises
    ------
    OSError
        When it does not answer yet.
    """
    down = []
    for row in ask(control, "show protocols").splitlines():
        words = row[5:].split() if row[:4].isdigit() else row.split()
        if len(words) > 1 and words[1] == "BGP" and "Established" not in words:
            down.append(words[0])
    return down
