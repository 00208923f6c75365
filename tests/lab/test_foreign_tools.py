"""What other tools print in a world of kernels is read, and agrees with what the kernels say."""

import shutil

import pytest

from mxpath.formats import guessing
from mxpath.lab.netns import Lab
from mxpath.lab.wanted_flow import WantedFlow
from mxpath.model.trace import Trace

pytestmark = pytest.mark.lab

COMMANDS = {
    "traceroute": "traceroute -n -T -p 25 {target}",
    "traceroute-icmp": "traceroute -I {target}",
    "tcptraceroute": "tcptraceroute.mt -n {target} 25",
    "lft": "lft -n {target}:25",
    "mtr-json": "mtr -n -c 1 -i 0.1 -G 1 --json {target}",
    "mtr-report": "mtr -b -w -c 1 -i 0.1 -G 1 --report {target}",
}
ONLY_V4 = ("tcptraceroute", "lft")
"""These know no IPv6."""


def printed(lab: Lab, command: str) -> bytes:
    tool = command.split(maxsplit=1)[0]
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    done = lab.run(lab.world.sender, ["sh", "-c", f"{command} 2>&1"], timeout_s=30)
    assert done.stdout, done.stderr
    return str(done.stdout).encode()


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("version", [4, 6])
def test_a_tool_agrees_hop_for_hop_with_the_kernels(kernel: Lab, name: str, version: int) -> None:
    if version == 6 and name in ONLY_V4:
        pytest.skip("this tool knows no IPv6")
    target = next(a for a in kernel.world.addresses_of("mx1") if a.version == version)
    content = printed(kernel, COMMANDS[name].format(target=target))
    (trace,) = guessing.read(content, source=name)
    path = kernel.truth([WantedFlow(target, 40000)]).path(target, 40000)
    assert path is not None
    assert trace.distance == len(path.hops)
    assert [hop.address for hop in trace.hops] == [hop.address for hop in path.hops]
    assert is_near(trace, path.hops[-1].rtt_min_ms)


def is_near(trace: Trace, rtt_ms: float) -> bool:
    """Whether the target's best time is the path's, give or take what a busy machine adds."""
    return trace.target_rtt_ms is not None and rtt_ms - 1 <= trace.target_rtt_ms <= rtt_ms + 20
