"""The path MTU on real kernels: what routers say, and what they drop without a word."""

import json
import sys
from pathlib import Path

import pytest

from mxpath.lab.netns import Lab, kernel_lab_missing
from mxpath.lab.topology import read_world

pytestmark = pytest.mark.lab
WORLD = Path(__file__).parents[1] / "topologies" / "small_mtu.toml"


def test_a_told_and_a_hidden_mtu_are_those_of_the_kernels(tmp_path: Path) -> None:
    missing = kernel_lab_missing()
    if missing is not None:
        pytest.skip(missing)
    world = read_world(WORLD)
    hosts = {str(world.address_of(host, v)): host for host in ("mxopen", "mxtight") for v in (4, 6)}
    command = [sys.executable, "-m", "mxpath", "trace", *hosts, "--mtu", "--no-names", "--json"]
    with Lab.up(world) as lab:
        done = lab.run(world.sender, command, timeout_s=60, env={"XDG_STATE_HOME": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    found = {trace["target"]: trace["path_mtu"] for trace in json.loads(done.stdout)["traces"]}
    assert found.keys() == hosts.keys()
    for target, mtu in found.items():
        assert (mtu["mtu_bytes"], mtu["fails_bytes"]) == (1300, 1301), (hosts[target], mtu)
        assert mtu["reached"]
        if hosts[target] == "mxopen":
            assert (mtu["told_ttl"], mtu["black_hole"]) == (2, None)
        else:
            hole = mtu["black_hole"]
            assert (mtu["told_by"], hole["passes_ttl"], hole["fails_ttl"]) == (None, 2, 3)
