"""The kernel player: a world as real routers, wires and servers in network namespaces.

    with Lab.up(world) as lab:
        lab.run("mailhost", ["ip", "route"], timeout_s=5)

Everything lives in one user (without root), pid, mount and network namespace
whose first process is the holder; see the law in ``holder.py``. Nothing in it has
a way to the host's network.
"""

import itertools
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mxpath.errors import InputError
from mxpath.lab import capability, control
from mxpath.lab import state as states
from mxpath.lab.capability import kernel_lab_missing
from mxpath.lab.changes import ChangeableLab
from mxpath.lab.enclosure import RUN
from mxpath.lab.namespaces import LabError
from mxpath.lab.playable import check_playable
from mxpath.lab.state import LabState
from mxpath.lab.telling import TellingLab
from mxpath.lab.topology import World
from mxpath.lab.wire import compile_wire
from mxpath.model.address import IPAddress
from mxpath.model.codec import from_data, to_data

__all__ = ["BRING_UP_LIMIT_S", "Lab", "LabError", "LabState", "kernel_lab_missing"]

BRING_UP_LIMIT_S = 60.0
_numbers = itertools.count(1)
_detached: list[subprocess.Popen[str]] = []
"""Kept so that nobody asks after them: they outlive us on purpose."""


class Lab(ChangeableLab, TellingLab):
    """A running world.

    Attributes
    ----------
    world
        The world that is played.
    state
        What is written down about this lab.
    """

    def __init__(
        self, world: World, state: LabState, process: subprocess.Popen[str] | None = None
    ) -> None:
        self.world = world
        self.state = state
        self._process = process

    @classmethod
    def up(cls, world: World, directory: Path | None = None, *, python_wire: bool = False) -> Self:
        """Bring a world up; it ends with this process, or when the ``with`` block is left.

        Parameters
        ----------
        world
            The world to play.
        directory
            Where the lab's files go and stay; without it they go when the lab goes.
        python_wire
            Use the wire in Python even where a C compiler is at hand.

        Raises
        ------
        LabError
            When this machine cannot play it, or the routers do not settle.
        """
        name = f"{world.name}-{os.getpid()}-{next(_numbers)}"
        lab = cls._prepare(world, name, directory, python_wire=python_wire)
        lab._start()  # noqa: SLF001 - a maker of our own
        return lab

    @classmethod
    def start_detached(cls, world: World, *, name: str | None = None) -> Self:
        """Bring a world up that outlives this process, until ``down`` is called.

        Raises
        ------
        InputError
            When a lab of that name is running.
        LabError
            As for :meth:`up`.
        """
        name = name or world.name
        if any(state.name == name for state in states.running()):
            raise InputError(f"lab {name!r} is running: mxpath lab down {name} ends it")
        lab = cls._prepare(world, name, None)
        lab._start(detached=True)  # noqa: SLF001 - a maker of our own
        return lab

    @classmethod
    def attach(cls, name: str) -> Self:
        """Return the running lab of that name.

        Raises
        ------
        InputError
            When there is none.
        """
        state = states.find(name)
        world = from_data(World, json.loads((state.directory / "world.json").read_text()))
        return cls(world, state)

    @staticmethod
    def running() -> list[LabState]:
        """Return this user's running labs."""
        return states.running()

    @classmethod
    def _prepare(
        cls, world: World, name: str, directory: Path | None, *, python_wire: bool = False
    ) -> Self:
        """Make the lab's directory and write down what its holder will need."""
        problem = kernel_lab_missing()
        if problem is not None:
            raise LabError(problem)
        check_playable(world)
        own = states.labs_directory() / name
        place = own if directory is None else directory.resolve()
        for path in (own, place):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        wire = None if python_wire else compile_wire(fallback=place)
        options = {"remove": str(own), "wire": str(wire) if wire else None}
        (place / "holder.json").write_text(json.dumps(options))
        (place / "world.json").write_text(json.dumps(to_data(world)))
        state = LabState(
            name=name,
            world=world.name,
            directory=place,
            holder_pid=0,
            holder_started=0,
            user_namespace=capability.needs_user_namespace(),
            wire="c" if wire else "python",
            detached=False,
            bring_up_s={},
        )
        return cls(world, state)

    def _start(self, *, detached: bool = False) -> None:
        """Start the holder and wait until mail could flow; leave nothing behind on failure."""
        command = capability.holder_command(
            str(self.state.directory), user_namespace=self.state.user_namespace
        )
        try:
            with (self.state.directory / "holder.log").open("wb") as log:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    env=capability.environment(),
                    # Ctrl-C is for us: we take the lab down, in order.
                    start_new_session=True,
                )
            _publish(self.world, self.gazetteer)
            self._await_ready()
            if detached:
                self._detach()
        except BaseException:
            self.down()
            raise

    def _await_ready(self) -> None:
        """Wait for the holder's word, and write the lab down."""
        assert self._process is not None
        assert self._process.stdout is not None
        started = time.monotonic()
        ready, _, _ = select.select([self._process.stdout], [], [], BRING_UP_LIMIT_S)
        line = self._process.stdout.readline() if ready else ""
        if not line:
            words = (self.state.directory / "holder.log").read_text(errors="replace").strip()
            raise LabError(f"the lab did not come up: {words[-400:] or 'no word in time'}")
        word = json.loads(line)
        if "error" in word:
            raise LabError(word["error"])
        (pid,) = states.children_of(self._process.pid)
        self.state = replace(
            self.state,
            holder_pid=pid,
            holder_started=states.started_at(pid) or 0,
            bring_up_s=word["ready"] | {"waited": round(time.monotonic() - started, 3)},
        )
        states.write_state(self.state)

    def _detach(self) -> None:
        """Let the lab outlive this process."""
        assert self._process is not None
        assert self._process.stdin is not None
        self.state = replace(self.state, detached=True)
        states.write_state(self.state)
        self._process.stdin.write("stay\n")
        self._process.stdin.flush()
        _detached.append(self._process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.down()

    def down(self) -> None:
        """End the lab and remove its files, but for those in a directory that was given."""
        if self.state.detached and self.state.alive:
            os.kill(self.state.holder_pid, signal.SIGKILL)
            _await_end(self.state)
        if self._process is not None:
            _end_process(self._process)
        states.forget(self.state.name)

    # What is where

    @property
    def resolver(self) -> IPAddress:
        """First address of the world's resolver: its IPv4 one, where it has one."""
        return self.resolvers[0]

    @property
    def resolvers(self) -> tuple[IPAddress, ...]:
        """Addresses of the world's resolver, IPv4 first."""
        return self.world.addresses_of(self.world.resolver)

    @property
    def trust_file(self) -> Path:
        """Certificate of the lab's own authority, PEM."""
        return self.state.directory / "ca.pem"

    @property
    def gazetteer(self) -> Path:
        """Directory with what this world has published about itself."""
        return self.state.directory / "gazetteer"

    # What can be done

    def command(self, node: str, argv: Sequence[str]) -> list[str]:
        """Return the command line that runs ``argv`` at a node, for any way of starting it.

        Raises
        ------
        InputError
            When the world has no such node.
        """
        if node not in self.world.interfaces:
            known = ", ".join(self.world.interfaces)
            raise InputError(f"world {self.world.name!r} has no node {node!r} (nodes: {known})")
        pid = self.state.holder_pid
        user = ["-U", "--preserve-credentials"] if self.state.user_namespace else []
        namespace = f"--net=/proc/{pid}/root/run/netns/{node}"
        # Entering a mount namespace forgets the working directory.
        stay = ["sh", "-c", 'cd "$0" 2>/dev/null; exec "$@"', str(Path.cwd())]
        return ["nsenter", "-t", str(pid), *user, "-m", "-p", namespace, *stay, *argv]

    def run(
        self,
        node: str,
        argv: Sequence[str],
        *,
        timeout_s: float,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command at a node and return what it printed.

        Parameters
        ----------
        node
            A router or host.
        argv
            The command; it sees the host's files, but no network outside the lab.
        timeout_s
            After this the command and its children are killed.
        env
            Variables set on top of this process's own.

        Raises
        ------
        subprocess.TimeoutExpired
            When the time was over.
        """
        process = self.popen(
            node,
            argv,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            out, errors = process.communicate(timeout=timeout_s)
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise
        return subprocess.CompletedProcess(list(argv), process.returncode, out, errors)

    def popen(
        self, node: str, argv: Sequence[str], *, env: Mapping[str, str] | None = None, **kw: Any
    ) -> subprocess.Popen[str]:
        """Start a command at a node; further arguments are those of ``subprocess.Popen``.

        Each node keeps its own state directory (``XDG_STATE_HOME``): what is spent at a
        lab's mail servers is not charged to this machine's budgets. Postfix's programs are
        pointed to the node's own configuration (``MAIL_CONFIG``), never to this machine's.
        """
        kept = self.state.directory / "state" / node
        kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        own = {"XDG_STATE_HOME": str(kept), "MAIL_CONFIG": str(RUN / "postfix" / node)}
        full = {**capability.environment(), **own, **(env or {})}
        return subprocess.Popen(self.command(node, argv), env=full, text=True, **kw)

    def check(self) -> None:
        """Raise LabError when one of the lab's daemons has ended."""
        ended = control.ask(self.state.directory, "status")["ended"]
        if ended:
            raise LabError(f"ended in the lab: {', '.join(ended)}; see {self.state.directory}")


def _end_process(process: subprocess.Popen[str]) -> None:
    """Cut the holder's string; should it hang, kill ``unshare``, which takes it along."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=5)


def _await_end(state: LabState) -> None:
    deadline = time.monotonic() + 5
    while state.alive and time.monotonic() < deadline:
        time.sleep(0.02)


def _publish(world: World, directory: Path) -> None:
    """Write the world's gazetteer, with the module that both players share."""
    if find_spec("mxpath.lab.published") is None:
        return
    directory.mkdir(exist_ok=True)
    import_module("mxpath.lab.published").publish(world, directory)
