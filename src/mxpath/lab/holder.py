"""The process that holds a lab: first of its own pid namespace, parent of all daemons.

The law:

1. When this process ends, the kernel ends everything in the pid namespace, and
   with the last process go the network namespaces, links and mounts. So
   take-down is complete whatever happened, SIGKILL included.
2. It ends when its standard input closes, that is, when whoever started it is
   gone. The word "stay" on it cuts that string: a detached lab is ended by its
   recorded pid alone.
3. It tells what happens as JSON lines on standard output until it is ready, and
   then answers questions, one JSON line each, on the socket ``control``.
"""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from mxpath.errors import MxpathError
from mxpath.lab import collector, control, fabric, knot, own_table, postfix, unbound
from mxpath.lab.bird_control import ask
from mxpath.lab.conditions import Conditions
from mxpath.lab.convergence import wait_for_routes
from mxpath.lab.enclosure import RUN, private_run, probe, use_resolver
from mxpath.lab.kernel_truth import KernelTruth, mx_truth
from mxpath.lab.live import LiveWorld, configurations
from mxpath.lab.namespaces import (
    LabError,
    inside,
)
from mxpath.lab.owner_truth import owner_truths
from mxpath.lab.topology import World
from mxpath.lab.truth import SmtpTruth, SynCount, Truth, smtp_truth, unknowable
from mxpath.lab.wanted_flow import flow_of
from mxpath.lab.wire import WireControl, wire_command
from mxpath.lab.zone import is_recursive, server_of
from mxpath.model.address import parse_address
from mxpath.model.codec import from_data, to_data

KNOT, UNBOUND = RUN / "knot", RUN / "unbound"
DAEMON_LIMIT_S = 15.0


class Holder:
    """Builds a world, starts its daemons and answers questions about it."""

    def __init__(self, world: World, directory: Path, *, wire: Path | None) -> None:
        self.world = world
        self.directory = directory
        self.wire = wire
        self.wire_control = WireControl()
        self.live = LiveWorld(world, self.wire_control, RUN)
        self.daemons: dict[str, subprocess.Popen[bytes]] = {}
        self.phases: dict[str, float] = {}
        self._last = time.monotonic()

    def _phase(self, name: str) -> None:
        now = time.monotonic()
        self.phases[name] = round(now - self._last, 3)
        self._last = now

    def start(
        self,
        name: str,
        node: str | None,
        argv: list[str],
        *,
        speaks: bool = False,
        stdin: int = subprocess.DEVNULL,
    ) -> subprocess.Popen[bytes]:
        """Start a daemon in a node's namespace; its messages go to ``<name>.log``.

        One that ``speaks`` says on standard output when it is ready.
        """
        log = (self.directory / f"{name}.log").open("wb")

        def spawn() -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                argv,
                stdin=stdin,
                stdout=subprocess.PIPE if speaks else log,
                stderr=log,
            )

        with log:
            if node is None:
                process = spawn()
            else:
                with inside(node):
                    process = spawn()
        self.daemons[name] = process
        return process

    def up(self) -> None:
        """Build everything and wait until mail could flow.

        Raises
        ------
        LabError
            When a step fails or the routers do not settle in time.
        """
        fabric.build(self.world)
        self._phase("fabric")
        self._start_wire()
        controls = self._start_bird()
        services = self._start_services()
        self._start_dns()
        self._phase("daemons")
        wait_for_routes(self.world, controls)
        self._phase("routes")
        self._await_word("services", services)
        self._phase("services")
        self._await_zones()
        self._phase("dns")
        self.live.begin()

    def _start_wire(self) -> None:
        links = [(*fabric.wire_ends(w), Conditions.of(w.link)) for w in self.world.wires]
        argv, control = wire_command(self.wire, links), self.wire_control.theirs
        self._await_word(
            "wire", self.start("wire", fabric.WIRE, argv, speaks=True, stdin=control.fileno())
        )
        control.close()

    def _start_services(self) -> subprocess.Popen[bytes]:
        module = [sys.executable, "-m", "mxpath.lab.services"]
        return self.start("services", None, [*module, str(self.directory), str(RUN)], speaks=True)

    def _await_word(self, name: str, process: subprocess.Popen[bytes]) -> None:
        """Wait for a process of ours to say that it is ready."""
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], DAEMON_LIMIT_S)
        if not ready or not process.stdout.readline().startswith(b"ready"):
            raise LabError(f"{name} did not start: {self._last_words(name)}")

    def _start_dns(self) -> None:
        self.start("knot", server_of(self.world), knot.write(self.world, KNOT))
        if is_recursive(self.world):
            command = unbound.write(self.world, UNBOUND, keys=KNOT)
            self.start("unbound", self.world.resolver, command)

    def _await_zones(self) -> None:
        """Wait for the zones and, once there are routes, for the resolver that asks for them."""
        deadline = time.monotonic() + DAEMON_LIMIT_S
        while not knot.serves(self.world, KNOT):
            if time.monotonic() > deadline:
                raise LabError(f"the zones were not loaded: {self._last_words('knot')}")
            time.sleep(0.05)
        if is_recursive(self.world):
            unbound.wait_until_it_resolves(self.world)

    def _last_words(self, name: str) -> str:
        text = (self.directory / f"{name}.log").read_text(errors="replace")
        return " | ".join(text.splitlines()[-5:]) or "it left no message"

    def _start_bird(self) -> list[Path]:
        world = self.world
        controls = [self._speak(node, node, text) for node, text in configurations(world).items()]
        for name, found in world.collectors.items():
            config = collector.collector_config(world, name)
            controls.append(self._speak(collector.speaker(name), found.host, config))
        return controls

    def _speak(self, speaker: str, node: str, config: str) -> Path:
        """Start a BIRD at a node; return its control socket."""
        path, control = RUN / f"{speaker}.conf", RUN / f"{speaker}.ctl"
        path.write_text(config)
        self.start(f"bird-{speaker}", node, ["bird", "-f", "-c", str(path), "-s", str(control)])
        return control

    def dump(self, name: str) -> Path:
        """Let a collector write what it knows into the lab's directory; return the file.

        Raises
        ------
        LabError
            When it cannot.
        """
        target = self.directory / f"{name}.mrt"
        collector.dump(RUN / f"{collector.speaker(name)}.ctl", target)
        return target

    def ended(self) -> list[str]:
        """Daemons that are no longer running."""
        return [name for name, process in self.daemons.items() if process.poll() is not None]

    def answer(self, request: Mapping[str, Any]) -> Any:
        """Answer one question of the control socket.

        Raises
        ------
        LabError
            When the question is unknown or cannot be answered.
        """
        questions: dict[str, Callable[[], Any]] = {
            "status": lambda: {"ended": self.ended(), "faults": self.live.active},
            "rdap": lambda: control.ask_services("change", rdap=request["rdap"]),
            "rdap_asked": lambda: control.ask_services("rdap"),
            "looking_glass": lambda: control.ask_services(
                "change", looking_glass=request["looking_glass"]
            ),
            "looking_glass_asked": lambda: control.ask_services("looking_glass"),
            "truth": lambda: to_data(self.truth(request["flows"])),
            "dump": lambda: str(self.dump(request["collector"])),
            "links": lambda: to_data(self.live.as_run().links),
            "link": lambda: self.live.change_link(tuple(request["ends"]), request["changes"]),
            "postfix": lambda: self.start_postfix(request["host"]),
            "fault": lambda: self.live.switch(request["fault"], on=request["on"]),
        }
        what = str(request.get("ask"))
        if what not in questions:
            raise LabError(f"unknown question {what!r}")
        return questions[what]()

    def start_postfix(self, host: str) -> None:
        """Start the Postfix of a host if it does not run yet, and wait until it takes mail.

        Raises
        ------
        LabError
            When it cannot run here, or does not come up.
        """
        name = f"postfix-{host}"
        if name in self.daemons:
            return
        problem = postfix.problem()
        if problem is not None:
            raise LabError(problem)
        self.start(name, host, postfix.write(self.world, host, self.directory))
        deadline = time.monotonic() + DAEMON_LIMIT_S
        while not postfix.is_ready(host):
            if time.monotonic() > deadline or self.daemons[name].poll() is not None:
                raise LabError(f"{name} did not start: {self._last_words(name)}")
            time.sleep(0.02)

    def truth(self, flows: Iterable[tuple[Any, ...]]) -> Truth:
        """Read the truth for flows, as :class:`WantedFlow` has them, from all that runs here."""
        paths = KernelTruth.read(self.live.as_run())
        wanted = [flow_of(row) for row in flows]
        router = RUN / f"{own_table.sender_router(self.world)}.ctl"
        return Truth(
            player="kernel",
            wire="c" if self.wire else "python",
            paths=tuple(map(paths.path, wanted)),
            bgp=own_table.running_paths(
                self.world, {flow.target for flow in wanted}, lambda what: ask(router, what)
            ),
            mx=mx_truth(self.live.world, knot.read_zones(self.world, KNOT)),
            smtp=smtp_truth(
                self.world,
                {
                    name: from_data(SmtpTruth, data)
                    for name, data in control.ask_services("smtp").items()
                },
            ),
            owners=owner_truths(self.world),
            unknowable=unknowable(self.world),
            syns=tuple(
                SynCount(target=parse_address(target), source_port=port, count=count)
                for target, port, count in control.ask_services("syns")
            ),
        )

    def look_after(self) -> None:
        """Collect orphans, and begin and end the faults whose time has come."""
        self.reap()
        try:
            self.live.follow_time()
        except (MxpathError, OSError) as error:
            sys.stderr.write(f"a fault in its time: {error}\n")

    def reap(self) -> None:
        """Collect orphans: the first process of a pid namespace inherits them."""
        ours = {process.pid for process in self.daemons.values()}
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            if ended.si_pid in ours:
                self.ended()
            else:
                os.waitpid(ended.si_pid, 0)


def _tell(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def end(remove: str) -> None:
    """End everything in this pid namespace, remove the lab's files, end this process."""
    if os.getpid() == 1:
        with suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
    shutil.rmtree(remove, ignore_errors=True)
    os._exit(0)


def _watch_parent(remove: str) -> None:
    """End when standard input closes, unless told to stay (rule 2)."""
    if os.read(0, 4096) != b"stay\n":
        end(remove)


def main() -> None:
    """Hold a lab: ``holder DIRECTORY``, where ``world.json`` and ``holder.json`` lie."""
    if sys.argv[1:] == ["--probe"]:
        with tempfile.TemporaryDirectory() as place:
            try:
                probe(Path(place))
            except (MxpathError, OSError) as error:
                sys.exit(str(error))
        return
    directory = Path(sys.argv[1])
    options = json.loads((directory / "holder.json").read_text())
    threading.Thread(target=_watch_parent, args=(options["remove"],), daemon=True).start()
    wire = Path(options["wire"]) if options["wire"] else None
    try:
        world = from_data(World, json.loads((directory / "world.json").read_text()))
        private_run({directory, Path(options["remove"])})
        use_resolver(world)
        holder = Holder(world, directory, wire=wire)
        holder.up()
        line = control.listen(directory)
    except (MxpathError, OSError, subprocess.SubprocessError) as error:
        _tell(error=str(error))
        end(options["remove"])
    _tell(ready=holder.phases)
    os.close(1)
    control.serve(line, holder.answer, idle=holder.look_after)


if __name__ == "__main__":
    main()
