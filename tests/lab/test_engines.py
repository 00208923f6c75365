"""One path, four engines: what each sees of it, as root, as somebody, and in between.

All run inside the sender's namespace, as ``mxpath`` would on a mail server. Somebody is uid 65534,
whom the kernel gives nothing.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mxpath.lab.netns import Lab
from mxpath.lab.topology import World

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody else"),
]
SENDER = "mailhost"
NOBODY = 65534
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
_OURS = [place for place in sys.path if not place.startswith(sys.base_prefix)]
STATUS = """
import argparse, json, os
from mxpath.cli import options
parser = argparse.ArgumentParser()
options.add_vantage(parser)
options.add_gazetteer(parser)
with options.opened(parser.parse_args([])) as (vantage, _):
    rows = dict(line.split(":\\t", 1) for line in open("/proc/self/status"))
    rows = {key: rows[key].split() for key in rows if key[:3] in ("Cap", "NoN", "Uid", "Gid")}
    print(json.dumps({"engine": vantage.engine, "home": os.environ.get("HOME"), **rows}))
"""


@contextmanager
def nobodys() -> Iterator[Path]:
    """A directory of nobody's own, in which mxpath may write."""
    with tempfile.TemporaryDirectory(prefix="mxpath-nobody-") as directory:
        os.chown(directory, NOBODY, NOBODY)
        yield Path(directory)


@pytest.fixture
def home() -> Iterator[Path]:
    with nobodys() as directory:
        yield directory


@pytest.fixture(scope="module")
def python() -> str:
    """An interpreter that nobody may read too."""
    for candidate in (sys.executable, "/usr/bin/python3"):
        say = [candidate, "-c", "import os, sys; print(sys.version_info[:2], os.__file__)"]
        done = subprocess.run(say, capture_output=True, text=True, check=False)
        version, _, library = done.stdout.strip().rpartition(" ")
        readable = subprocess.run([*AS_NOBODY, "test", "-r", library], check=False).returncode == 0
        if version == str(sys.version_info[:2]) and readable:
            return candidate
    pytest.skip("no interpreter here that every user may read")


def run(
    lab: Lab,
    home: Path,
    *arguments: str,
    python: str,
    user: bool = False,
    sudo: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run Python at the sender, with budgets of its own."""
    kept = {f"XDG_{name}_HOME": str(home / name) for name in ("STATE", "CACHE", "CONFIG")}
    own = {"HOME": str(home), "XDG_RUNTIME_DIR": "", "PYTHONPATH": os.pathsep.join(_OURS)}
    command = [*(AS_NOBODY if user else ()), python, *arguments]
    return lab.run(SENDER, command, timeout_s=60, env={**own, **kept, **(sudo or {})})


def path(trace: dict[str, Any]) -> tuple[Any, ...]:
    """What all engines must agree on."""
    hops = [
        sorted({p["reply"]["responder"] for p in hop["probes"] if p["reply"]})
        for hop in trace["flows"][0]["hops"]
    ]
    return trace["target"], trace["end"], trace["distance"], hops


@pytest.fixture(scope="module")
def targets(world: World) -> str:
    """A mail server by both families."""
    return ",".join(map(str, world.addresses_of("mx1")))


def found(
    lab: Lab, home: Path, targets: str, *cases: str, python: str, user: bool = False
) -> dict[str, Any]:
    """What ``inside_engines`` finds for each ``ENGINE:PROTOCOL``."""
    script = str(Path(__file__).parent / "inside_engines.py")
    done = run(lab, home, script, targets, *cases, python=python, user=user)
    assert (done.stderr, done.returncode) == ("", 0)
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


@pytest.fixture(scope="module")
def seen(kernel: Lab, targets: str, python: str) -> Iterator[dict[str, Any]]:
    """What every engine finds, as root and as nobody.

    So many traces of one target ask for more port unreachables than a host sends to one address.
    """
    set_sysctl(kernel, SENDER, "ipv4/ping_group_range", "0 2147483647")
    before = {
        name: set_sysctl(kernel, "mx1", name, "0")
        for name in ("ipv4/icmp_ratelimit", "ipv6/icmp/ratelimit")
    }
    as_root = (
        "raw:tcp",
        "raw:udp",
        "raw:icmp",
        "scapy:tcp",
        "scapy:udp",
        "scapy:icmp",
        "system:tcp",
        "system:udp",
        "unprivileged:tcp",
        "unprivileged:udp",
        "unprivileged:icmp",
    )
    as_user = (
        "raw:tcp",
        "unprivileged:tcp",
        "unprivileged:udp",
        "unprivileged:icmp",
        "system:udp",
        "system:icmp",
    )
    with nobodys() as directory:
        mine = found(kernel, directory, targets, *as_root, python=python)
        theirs = found(kernel, directory, targets, *as_user, python=python, user=True)
    yield mine | {f"nobody's {case}": answer for case, answer in theirs.items()}
    for name, value in before.items():
        set_sysctl(kernel, "mx1", name, value)


def set_sysctl(lab: Lab, node: str, name: str, value: str) -> str:
    """Set one of a node's; returns what it was."""
    script = 'cat "$0" && echo "$1" > "$0"'
    done = lab.run(node, ["sh", "-c", script, f"/proc/sys/net/{name}", value], timeout_s=5)
    assert done.returncode == 0
    return done.stdout.strip()


@pytest.mark.parametrize("protocol", ["tcp", "udp", "icmp"])
@pytest.mark.parametrize("engine", ["scapy", "nobody's unprivileged", "system"])
def test_engines_agree(seen: dict[str, Any], protocol: str, engine: str) -> None:
    if engine == "system":
        if shutil.which("traceroute") is None:
            pytest.skip("no traceroute is installed")
        engine = "system" if protocol == "tcp" else "nobody's system"  # its SYNs need root
    mine, reference = seen[f"{engine}:{protocol}"], seen[f"raw:{protocol}"]
    assert [path(each) for each in mine["traces"]] == [path(each) for each in reference["traces"]]
    assert {each["end"] for each in mine["traces"]} == {"reached"}
    assert {each["engine"] for each in mine["traces"]} == {engine.rpartition(" ")[2]}
    assert {bool(each["unseen"]) for each in mine["traces"]} == {engine != "scapy"}


@pytest.mark.parametrize("protocol", ["tcp", "udp", "icmp"])
@pytest.mark.parametrize("engine", ["raw", "scapy", "unprivileged", "system"])
def test_a_balancer_takes_all_probes_to_a_target_for_one_flow(
    seen: dict[str, Any], targets: str, protocol: str, engine: str
) -> None:
    """Seen on the wire: ports, identifier and checksum of an echo request, flow label."""
    if (engine, protocol) == ("system", "icmp"):
        pytest.skip("which it says that it cannot do")
    if engine == "system" and shutil.which("traceroute") is None:
        pytest.skip("no traceroute is installed")
    mine = seen[f"{engine}:{protocol}"]
    flows, packets = mine["left"]
    assert sorted(flow[0] for flow in flows) == sorted(targets.split(","))
    # And what is told of the packets is true, the kernel's own included. It may reset once more: what
    # a bare ACK or a greeting speaks of that comes when the trace is over.
    told = sum(each["packets_sent"] for each in mine["traces"])
    late = len(mine["traces"]) if protocol == "tcp" else 0
    assert told <= packets <= told + late


def test_what_an_ordinary_user_sees_of_a_reply(seen: dict[str, Any]) -> None:
    """The TTL of the way back of routers, and of a target that answers by ICMP; not of its TCP."""
    for protocol in ("tcp", "udp", "icmp"):
        for mine, reference in zip(
            seen[f"nobody's unprivileged:{protocol}"]["traces"],
            seen[f"raw:{protocol}"]["traces"],
            strict=True,
        ):
            ttls, expected = reply_ttls(mine), reply_ttls(reference)
            assert ttls[:-1] == expected[:-1]
            assert ttls[-1] == (None if protocol == "tcp" else expected[-1])


def reply_ttls(trace: dict[str, Any]) -> list[int | None]:
    hops = trace["flows"][0]["hops"]
    return [hop["probes"][0]["reply"]["reply_ttl"] for hop in hops]


def test_an_ordinary_user_has_no_raw_sockets(seen: dict[str, Any]) -> None:
    assert "sudo setcap cap_net_raw+ep" in seen["nobody's raw:tcp"]["refused"]


def test_no_syn_is_sent_but_those_that_are_told(
    kernel: Lab, home: Path, world: World, python: str, seen: dict[str, Any]
) -> None:
    """Not even to a target that keeps silent, where the kernel would send its SYNs again."""
    silent = str(world.address_of("dropped", 4))
    case = "unprivileged:tcp"
    quiet = found(kernel, home, silent, case, python=python, user=True)[case]
    for answer in (quiet, seen[f"nobody's {case}"]):
        told = sum(probes_of(each) for each in answer["traces"])
        assert answer["syns"] == {"begun": told, "again": 0}
    assert [each["end"] for each in quiet["traces"]] == ["gave up"]


def probes_of(trace: dict[str, Any]) -> int:
    flow = trace["flows"][0]
    return sum(len(hop["probes"]) for hop in flow["hops"]) + len(flow["beyond"])


def test_nobody_measures_the_mtu_of_a_path(
    kernel: Lab, home: Path, targets: str, python: str, seen: dict[str, Any]
) -> None:
    assert seen  # and so nobody may send echo requests
    kernel.link("alpha1", "alpha2", mtu=1400)
    try:
        words = ("-m", "mxpath", "trace", "--json", "-n", "--mtu", "--protocol", "udp")
        done = run(kernel, home, *words, *targets.split(","), python=python, user=True)
    finally:
        kernel.link("alpha1", "alpha2", mtu=None)
    assert (done.stderr, done.returncode) == ("", 0)
    found = [each["path_mtu"]["mtu_bytes"] for each in json.loads(done.stdout)["traces"]]
    assert found == [1400, 1400]


def test_analyze_as_nobody_in_particular(
    kernel: Lab, home: Path, world: World, python: str
) -> None:
    given: tuple[str, ...] = (
        "--gazetteer",
        str(kernel.gazetteer),
        "--ca-file",
        str(kernel.trust_file),
    )
    for place in (kernel.state.directory.parent, kernel.state.directory):
        if not place.stat().st_mode & 0o005:
            given = ("--no-names",)  # nobody may not read the lab's files
    done = run(
        kernel, home, "-m", "mxpath", "fine.example", "--json", *given, python=python, user=True
    )
    assert (done.stderr, done.returncode) == ("", 0)
    study = json.loads(done.stdout)
    assert study["provenance"]["engine"] == "unprivileged"
    assert {trace["end"] for trace in study["traces"]} == {"reached"}
    assert {session["outcome"] for session in study["sessions"]} == {"answered"}
    # The trace's own connection is charged beside that of the conversation.
    book = json.loads((home / "STATE" / "mxpath" / "ledger.json").read_text())
    address = world.address_of("mx1", 4)
    assert len(book[f"session {address}"]) == 2


# -- privilege, and what is left of it --------------------------------------------------------


def status(lab: Lab, home: Path, **more: Any) -> dict[str, Any]:
    done = run(lab, home, "-c", STATUS, **more)
    assert (done.stderr, done.returncode) == ("", 0)
    rows: dict[str, Any] = json.loads(done.stdout)
    return rows


def assert_nothing_left(rows: dict[str, Any]) -> None:
    assert rows["engine"] == "raw"
    assert rows["Uid"] == rows["Gid"] == [str(NOBODY)] * 4
    none = [key for key in rows if key[:3] == "Cap" and key != "CapBnd"]
    assert len(none) == 4
    assert {int(rows[key][0], 16) for key in none} == {0}
    assert rows["NoNewPrivs"] == ["1"]


def test_capabilities_of_the_interpreter_are_dropped(
    kernel: Lab, home: Path, targets: str, python: str, seen: dict[str, Any]
) -> None:
    setcap = shutil.which("setcap", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if setcap is None:
        pytest.skip("no setcap is installed")
    own = str(home / "python3")
    shutil.copy(Path(python).resolve(), own)
    if subprocess.run([setcap, "cap_net_raw+ep", own], check=False).returncode:
        pytest.skip("no file capabilities here")
    assert_nothing_left(status(kernel, home, user=True, python=own))
    arguments = ("-m", "mxpath", "trace", "--json", "--no-names", *targets.split(","))
    done = run(kernel, home, *arguments, user=True, python=own)
    assert (done.stderr, done.returncode) == ("", 0)
    traces = json.loads(done.stdout)["traces"]
    assert {each["engine"] for each in traces} == {"raw"}
    assert [path(each) for each in traces] == [path(each) for each in seen["raw:tcp"]["traces"]]


def test_under_sudo_we_become_the_user_who_called(
    kernel: Lab, home: Path, targets: str, python: str
) -> None:
    sudo = {"SUDO_UID": str(NOBODY), "SUDO_GID": str(NOBODY), "HOME": "/root"}
    assert_nothing_left(status(kernel, home, python=python, sudo=sudo))
    arguments = ("-m", "mxpath", "trace", "--no-names", *targets.split(","))
    done = run(kernel, home, *arguments, python=python, sudo=sudo)
    assert (done.stderr, done.returncode) == ("", 0)
    assert "raw engine: reached" in done.stdout
    written = [place for place in home.rglob("*") if place.name == "ledger.json"]
    assert [place.stat().st_uid for place in written] == [NOBODY]


def test_in_the_lab_root_stays_root(kernel: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the lab was entered by sudo: its files are root's."""
    monkeypatch.setenv("SUDO_UID", str(NOBODY))
    monkeypatch.setenv("SUDO_GID", str(NOBODY))
    done = kernel.run(SENDER, ["sh", "-c", "echo ${SUDO_UID:-nobody called sudo}"], timeout_s=5)
    assert done.stdout == "nobody called sudo\n"
