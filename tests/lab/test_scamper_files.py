"""scamper itself, in the kernel lab: what its files say to us is what it says, and what is there."""

import shutil
from pathlib import Path

import pytest

from mxpath.formats import scamper, warts
from mxpath.lab.netns import Lab
from mxpath.model.trace import EndReason, Trace

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(shutil.which("scamper") is None, reason="scamper is not installed"),
]


def ask(kernel: Lab, form: str, command: str, target: str) -> bytes:
    """Run one measurement; a file, for it drops what it may do before it writes."""
    directory = Path(kernel.state.directory) / "scamper"
    directory.mkdir(mode=0o777, exist_ok=True)
    directory.chmod(0o777)
    file = directory / f"out.{form}"
    file.unlink(missing_ok=True)
    asked = ["scamper", "-p", "400", "-O", form, "-o", str(file), "-c", command, "-i", target]
    done = kernel.run(kernel.world.sender, asked, timeout_s=30)
    assert done.returncode == 0, done.stderr
    return file.read_bytes()


def paths(trace: Trace) -> list[list[tuple[int, str]]]:
    """Who answered at each TTL, for each flow."""
    return [
        [(hop.ttl, str(hop.address)) for hop in flow.hops if hop.address is not None]
        for flow in trace.flows
    ]


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("form", ["warts", "json"])
def test_a_trace_of_scamper_goes_where_the_kernels_send_it(
    kernel: Lab, family: int, form: str
) -> None:
    target = next(
        address
        for each in kernel.world.interfaces["mxfar"]
        if (address := each.address(family)) is not None
    )
    content = ask(kernel, form, "trace -q 1 -P tcp -d 25", str(target))
    reader = warts if form == "warts" else scamper
    (found,) = reader.read(content, source="x")
    assert (found.target, found.end, found.port) == (target, EndReason.REACHED, 25)
    source_port = found.flows[0].source_port
    assert source_port is not None
    (path,) = kernel.truth([(target, source_port)]).paths
    assert found.distance == len(path.hops)
    assert [hop.address for hop in found.hops] == [hop.address for hop in path.hops]


def test_mda_of_scamper_finds_both_branches(kernel: Lab) -> None:
    target = str(kernel.world.interfaces["mxfar"][0].address(4))
    content = ask(kernel, "warts", "tracelb -W 15 -P udp-sport", target)
    (found,) = warts.read(content, source="x")
    assert (found.distance, found.end) == (7, EndReason.REACHED)
    fourth = {who for path in paths(found) for ttl, who in path if ttl == 4}
    assert len(fourth) == 2
