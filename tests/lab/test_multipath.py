"""Multipath tracing through kernels that balance by the 5-tuple."""

import sys
from pathlib import Path

import pytest

from multipath_truth import flows, met, possible
from mxpath.lab.netns import Lab
from mxpath.model import codec
from mxpath.model.documents import Traces
from mxpath.model.multipath import Balancing


@pytest.mark.lab
def test_all_next_hops_are_found_where_kernels_balance(kernel: Lab, tmp_path: Path) -> None:
    targets = [str(address) for address in kernel.world.addresses_of("mxfar")]
    asked = ("--multipath", "--confidence", "0.99", "--numeric", "--json")
    command = [sys.executable, "-m", "mxpath", "trace", *targets, *asked]
    env = {"XDG_STATE_HOME": str(tmp_path)}
    done = kernel.run(kernel.world.sender, command, timeout_s=60, env=env)
    assert done.stderr == ""
    traces = codec.load(Traces, done.stdout.encode()).traces
    assert [each.target.version for each in traces] == [4, 6]
    for found in traces:
        assert found.multipath is not None
        assert found.multipath.whole
        assert found.multipath.arrived == 0
        assert met(found) == possible(kernel.truth(flows(found.target)[:30]))
        assert [len(hop) for hop in met(found).values()] == [1, 1, 1, 2, 2, 1]
        (fork,) = found.multipath.branching
        assert fork.balancing is Balancing.PER_FLOW
        (diamond,) = found.multipath.diamonds
        assert (diamond.length, diamond.max_width, diamond.meshed) == (3, 2, False)
