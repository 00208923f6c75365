import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.asking import at_sender
from mxpath.errors import InputError
from mxpath.lab import capability, fabric, netns
from mxpath.lab.namespaces import LabError
from mxpath.lab.netns import Lab, kernel_lab_missing
from mxpath.lab.state import started_at
from mxpath.lab.topology import World

STARTER = """
import json, sys, time
from mxpath.lab.netns import Lab
from mxpath.lab.topology import read_world, shipped_worlds
world = read_world(shipped_worlds()["first_walk"])
lab = {make}
state = lab.state
print(json.dumps([state.name, state.holder_pid, str(state.directory)]), flush=True)
{then}
"""
WAIT = """
with lab:
    time.sleep(600)
"""


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capability, "_PROGRAMS", ("mxpath-no-such-program",))
    kernel_lab_missing.cache_clear()
    assert "'mxpath-no-such-program'" in str(kernel_lab_missing())
    monkeypatch.undo()
    kernel_lab_missing.cache_clear()


def test_a_lab_that_cannot_be_says_why(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(netns, "kernel_lab_missing", lambda: "the moon is wrong")
    with pytest.raises(LabError, match="the moon is wrong"):
        Lab.up(world)


def test_an_unknown_lab_is_an_input_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with pytest.raises(InputError, match="no lab 'atlantis'"):
        Lab.attach("atlantis")


def start(make: str = "Lab.up(world)", then: str = WAIT) -> tuple[subprocess.Popen[str], Any]:
    """Start a lab from another process; return that and (name, holder, directory)."""
    missing = kernel_lab_missing()
    if missing is not None:
        pytest.skip(missing)
    code = STARTER.format(make=make, then=then)
    starter = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    with starter.stdout:
        return starter, json.loads(starter.stdout.readline())


def inhabitants(holder: int) -> set[int]:
    """Processes in a holder's pid namespace."""
    theirs = Path(f"/proc/{holder}/ns/pid").readlink()
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and (entry / "ns/pid").readlink() == theirs:
                found.add(int(entry.name))
        except OSError:
            continue
    return found


def ended(pids: set[int], *, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while any(started_at(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.lab
def test_it_comes_up_in_seconds(kernel: Lab) -> None:
    assert kernel.state.bring_up_s["waited"] <= 10
    assert kernel.trust_file.read_text().startswith("-----BEGIN CERTIFICATE")
    kernel.check()


@pytest.mark.lab
def test_commands_run_where_and_how_they_are_told(kernel: Lab) -> None:
    done = kernel.run(
        "big1", ["sh", "-c", "pwd; echo $MARK; ip -br link show eth0; exit 3"],
        timeout_s=5, env={"MARK": "x"},
    )  # fmt: skip
    cwd, mark, link = done.stdout.splitlines()
    assert (done.returncode, cwd, mark, link.split("@")[0]) == (3, str(Path.cwd()), "x", "eth0")
    with pytest.raises(InputError, match="no node 'atlantis'"):
        kernel.run("atlantis", ["true"], timeout_s=5)


@pytest.mark.lab
def test_a_command_that_takes_too_long_is_ended_with_its_children(kernel: Lab) -> None:
    before = inhabitants(kernel.state.holder_pid)
    with pytest.raises(subprocess.TimeoutExpired):
        kernel.run("mailhost", ["sh", "-c", "sleep 61 & sleep 62"], timeout_s=0.5)
    left = inhabitants(kernel.state.holder_pid) - before
    assert ended(left, within_s=5)


@pytest.mark.lab
def test_nothing_leads_out_of_a_lab(kernel: Lab) -> None:
    world, pid = kernel.world, kernel.state.holder_pid
    counted = 0
    for name in fabric.namespaces(world):
        # Exchange points and the wire are no nodes: look from outside, the same way in.
        command = kernel.command(world.sender, ["ip", "-j", "-d", "link", "show"])
        command = [
            f"--net=/proc/{pid}/root/run/netns/{name}" if part.startswith("--net=") else part
            for part in command
        ]
        links = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        kinds = {link["linkinfo"]["info_kind"] for link in links if "linkinfo" in link}
        assert kinds <= {"veth", "bridge"}
        assert [link["ifname"] for link in links if "linkinfo" not in link] == ["lo"]
        counted += sum(link.get("linkinfo", {}).get("info_kind") == "veth" for link in links)
    # Two pairs a wire and one a route server: every veth has its other end in the lab.
    assert counted == 4 * len(world.wires) + 2 * len(world.exchanges)


@pytest.mark.lab
def test_the_host_s_loopback_is_not_the_lab_s(kernel: Lab) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)"
        done = kernel.run("mailhost", [sys.executable, "-c", code], timeout_s=10)
    assert "ConnectionRefusedError" in done.stderr


@pytest.mark.lab
def test_two_labs_live_side_by_side(kernel: Lab) -> None:
    target = kernel.world.addresses_of("closed")[1]
    with Lab.up(kernel.world) as other:
        assert at_sender(other, "connect", target, 45_000, 2) == "refused"
        assert {s.source_port for s in other.truth([]).syns} == {45_000}
        assert 45_000 not in {s.source_port for s in kernel.truth([]).syns}
        directory = other.state.directory
    assert not directory.exists()
    assert at_sender(kernel, "connect", target, 45_001, 2) == "refused"


@pytest.mark.lab
def test_a_given_directory_stays(kernel: Lab, tmp_path: Path) -> None:
    with Lab.up(kernel.world, tmp_path, python_wire=True) as lab:
        assert lab.truth([]).wire == "python"
        target = lab.world.addresses_of("mxfar")[0]
        (path,) = lab.truth([(target, 46_000)]).paths
        assert at_sender(lab, "hops", target, 46_000) == [str(h.address) for h in path.hops]
    assert (tmp_path / "ca.pem").exists()
    assert lab.state.name not in {state.name for state in Lab.running()}


@pytest.mark.lab
def test_it_works_in_a_user_namespace(kernel: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    if capability.namespace_problem(user_namespace=True) is not None:
        pytest.skip("this kernel gives no user namespaces")
    monkeypatch.setattr(capability, "needs_user_namespace", lambda: True)
    with Lab.up(kernel.world) as lab:
        target = lab.world.addresses_of("mx1")[1]
        (path,) = lab.truth([(target, 47_000)]).paths
        assert at_sender(lab, "hops", target, 47_000) == [str(h.address) for h in path.hops]


@pytest.mark.lab
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left_when_its_starter_is_killed(number: signal.Signals) -> None:
    starter, (_, holder, directory) = start()
    pids = inhabitants(holder)
    assert len(pids) > 10
    starter.send_signal(number)
    starter.wait(timeout=10)
    assert ended(pids, within_s=5)
    assert not Path(directory).exists()


@pytest.fixture
def own_labs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    yield
    for state in Lab.running():
        Lab.attach(state.name).down()


@pytest.mark.lab
@pytest.mark.usefixtures("own_labs")
def test_a_detached_lab_outlives_its_starter_until_it_is_taken_down() -> None:
    starter, (name, holder, directory) = start("Lab.start_detached(world)", "")
    assert starter.wait(timeout=10) == 0
    assert [state.name for state in Lab.running()] == [name]
    lab = Lab.attach(name)
    assert lab.state.detached
    assert at_sender(lab, "connect", lab.world.addresses_of("closed")[0], 48_000, 2) == "refused"
    with pytest.raises(InputError, match="is running"):
        Lab.start_detached(lab.world)
    pids = inhabitants(holder)
    lab.down()
    assert ended(pids, within_s=5)
    assert not Path(directory).exists()
    assert Lab.running() == []


@pytest.mark.lab
def test_a_lab_under_run_keeps_its_directory_in_sight(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not os.access("/run", os.W_OK):
        pytest.skip("/run is not ours to write")
    place = Path(f"/run/mxpath-test-{os.getpid()}")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(place))
    if kernel_lab_missing() is not None:
        pytest.skip(str(kernel_lab_missing()))
    try:
        with Lab.up(world) as lab:
            assert lab.trust_file.exists()
            lab.check()
        assert not lab.state.directory.exists()
    finally:
        subprocess.run(["rm", "-r", str(place)], check=False)
