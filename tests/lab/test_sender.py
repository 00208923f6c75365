"""The sender's own end on real kernels: its addresses, its options, a family that does not work."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mxpath.lab.netns import Lab
from mxpath.lab.topology import World

pytestmark = pytest.mark.lab
SENDER = "mailhost"


def analyzed(lab: Lab, tmp_path: Path, *options: str) -> dict[str, Any]:
    """What ``mxpath fine.example --json`` prints at the sender, with budgets of its own."""
    given = ("--gazetteer", str(lab.gazetteer), "--ca-file", str(lab.trust_file), "--json")
    command = [sys.executable, "-m", "mxpath", "fine.example", *given, *options]
    done = lab.run(SENDER, command, timeout_s=60, env={"XDG_STATE_HOME": str(tmp_path)})
    assert done.stderr == ""
    study: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode == 1) == (study["verdicts"][0]["deliverable"] is False)
    return study


@contextmanager
def changed(lab: Lab, *, do: str, undo: str) -> Iterator[None]:
    """Change the sender's addresses or routes for a while."""
    assert lab.run(SENDER, ["ip", *do.split()], timeout_s=5).returncode == 0
    try:
        yield
    finally:
        assert lab.run(SENDER, ["ip", *undo.split()], timeout_s=5).returncode == 0


def outcomes(study: dict[str, Any]) -> set[tuple[int, str]]:
    return {(6 if ":" in s["address"] else 4, s["outcome"]) for s in study["sessions"]}


def test_another_address_of_ours_is_used_for_everything(kernel: Lab, tmp_path: Path) -> None:
    with changed(
        kernel, do="addr add 198.18.1.26/24 dev eth0", undo="addr del 198.18.1.26/24 dev eth0"
    ):
        study = analyzed(kernel, tmp_path, "--source", "198.18.1.26")
    origin = study["seen_from"]
    assert (origin["address_v4"], origin["how"]) == ("198.18.1.26", "--source, interface")
    assert origin["network"]["asn"] == 64496
    v4 = [s for s in study["sessions"] if "." in s["address"]]
    assert {(s["source"], s["helo"]) for s in v4} == {("198.18.1.26", "[198.18.1.26]")}
    assert {t["source"] for t in study["traces"] if "." in t["target"]} == {"198.18.1.26"}
    assert {t["end"] for t in study["traces"]} == {"reached"}


def test_a_private_address_is_not_ours_to_the_world(kernel: Lab, tmp_path: Path) -> None:
    """Nothing comes back to it, for nobody translates it here; the study comes, and says so."""
    with changed(kernel, do="addr add 10.9.9.9/32 dev eth0", undo="addr del 10.9.9.9/32 dev eth0"):
        study = analyzed(kernel, tmp_path, "--source", "10.9.9.9", "-4")
    origin = study["seen_from"]
    assert (origin["address_v4"], origin["private"]) == (None, ["10.9.9.9"])


def test_an_address_without_a_route(kernel: Lab, tmp_path: Path, world: World) -> None:
    route = f"default via {world.address_of(SENDER, 6)}".replace("::25", "::1") + " dev eth0"
    since_s = time.monotonic()
    with changed(kernel, do="-6 route del default", undo=f"-6 route add {route}"):
        study = analyzed(kernel, tmp_path)
    assert time.monotonic() - since_s < 10
    origin = study["seen_from"]
    assert (origin["address_v4"], origin["address_v6"]) == ("198.18.1.25", None)
    assert origin["stranded"] == [str(world.address_of(SENDER, 6))]
    assert outcomes(study) == {(4, "answered"), (6, "unreachable")}
    assert study["verdicts"][0]["deliverable"] is True


def test_a_family_that_goes_nowhere(kernel: Lab, tmp_path: Path, world: World) -> None:
    """There is an address and a route, but behind the first hop all of IPv6 vanishes."""
    kernel.link("nord1", "alpha1", blocks=["ipv6"])
    since_s = time.monotonic()
    try:
        study = analyzed(kernel, tmp_path)
    finally:
        kernel.link("nord1", "alpha1", blocks=[])
    assert time.monotonic() - since_s < 25
    assert study["seen_from"]["address_v6"] == str(world.address_of(SENDER, 6))
    assert outcomes(study) == {(4, "answered"), (6, "no connection")}
    assert study["verdicts"][0]["name"] == "v6_broken_v4_works"
