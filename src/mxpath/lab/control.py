"""Questions to a lab's holder: one JSON line, one JSON line back, over a socket in its directory.

The socket is always named through an open directory or relative to it: a Unix
socket's path may have 107 bytes, and a lab's directory may be deeper than that.
"""

import json
import os
import socket
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mxpath.errors import MxpathError
from mxpath.lab.enclosure import RUN
from mxpath.lab.namespaces import LabError

_NAME = "control"
_MAX_REQUEST = 1 << 20
_ANSWER_LIMIT_S = 60.0
_REQUEST_LIMIT_S = 10.0
_IDLE_S = 0.25


def ask(directory: Path, what: str, **details: Any) -> Any:
    """Ask the holder of the lab in a directory one question.

    Raises
    ------
    LabError
        When it does not answer, or answers that it cannot.
    """
    try:
        place = os.open(directory, os.O_PATH | os.O_DIRECTORY)
        try:
            reply = _exchange(f"/proc/self/fd/{place}/{_NAME}", {"ask": what, **details})
        finally:
            os.close(place)
    except (OSError, ValueError) as error:
        raise LabError(f"the lab in {directory} does not answer: {error}") from error
    return _answer_of(reply)


def ask_services(what: str, **details: Any) -> Any:
    """Ask the mail servers' process of the lab that we are in: ``syns``, ``smtp``, ``change``.

    Raises
    ------
    LabError
        When it does not answer, or answers that it cannot.
    """
    try:
        reply = _exchange(str(RUN / "services"), {"ask": what, **details})
    except (OSError, ValueError) as error:
        raise LabError(f"the lab's mail servers do not answer: {error}") from error
    return _answer_of(reply)


def _answer_of(reply: Mapping[str, Any]) -> Any:
    if "error" in reply:
        raise LabError(reply["error"])
    return reply["answer"]


def _exchange(path: str, request: Mapping[str, Any]) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(_ANSWER_LIMIT_S)
        line.connect(path)
        line.sendall(json.dumps(request).encode() + b"\n")
        with line.makefile("rb") as answer:
            reply: dict[str, Any] = json.loads(answer.read())
            return reply


def listen(directory: Path) -> socket.socket:
    """Open the socket that questions come to; moves this process into the directory."""
    os.chdir(directory)
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.bind(_NAME)
    line.listen(8)
    return line


def serve(
    line: socket.socket,
    answer: Callable[[Mapping[str, Any]], Any],
    *,
    idle: Callable[[], None],
) -> None:
    """Answer questions, one connection each, for ever; look after the house in between."""
    line.settimeout(_IDLE_S)
    while True:
        idle()
        try:
            caller, _ = line.accept()
        except TimeoutError:
            continue
        with caller:
            caller.settimeout(_REQUEST_LIMIT_S)
            try:
                _converse(caller, answer)
            except OSError:  # the caller went away
                continue


def _converse(caller: socket.socket, answer: Callable[[Mapping[str, Any]], Any]) -> None:
    data = b""
    while not data.endswith(b"\n") and len(data) < _MAX_REQUEST:
        more = caller.recv(65_536)
        if not more:
            return
        data += more
    try:
        reply = {"answer": answer(json.loads(data))}
    except (MxpathError, ValueError, KeyError, OSError, subprocess.SubprocessError) as error:
        reply = {"error": str(error)}
    caller.sendall(json.dumps(reply).encode() + b"\n")
