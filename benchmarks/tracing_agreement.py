"""Do tracers agree hop for hop? Ours and its peers over the balanced paths of the demo world.

Each tool is run once for each target in the sender's namespace of the kernel lab; what leaves is
counted from the wire, so that the flows it really used are known. A tool with one flow is compared
with the kernels' own forwarding of that very flow. One with several is compared with its first:
hops that lie on another branch were stitched into a path that no packet has taken.

Prints one row a tool. Peers that are not installed are left out.
"""

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import Any

from counted_wire import counting

from mxpath.formats import READERS
from mxpath.lab.netns import Lab, kernel_lab_missing
from mxpath.lab.topology import read_world, shipped_worlds
from mxpath.model.address import IPAddress, parse_address
from mxpath.model.trace import Trace
from tracing import MERGED, environment, run_tool

WORLD = "demo"
TARGETS = 8
SCAPY = (
    "import sys, json; from scapy.layers.inet import traceroute; "
    "found, _ = traceroute(sys.argv[1], dport=25, maxttl=30, verbose=0, timeout=2); "
    "print(json.dumps([[s.ttl, r.src] for s, r in found]))"
)
TOOLS: dict[str, tuple[list[str], str]] = {
    "mxpath": (
        [
            *(sys.executable, "-m", "mxpath", "trace", "--json", "-n", "--queries", "1"),
            *("--no-known", "--engine", "raw", "--quiet"),
        ],
        "mxpath",
    ),
    "mxpath, scapy engine": (
        [
            *(sys.executable, "-m", "mxpath", "trace", "--json", "-n", "--queries", "1"),
            *("--no-known", "--engine", "scapy", "--quiet"),
        ],
        "mxpath",
    ),
    "scamper": (
        ["scamper", "-O", "json", "-p", "1000", "-c", "trace -P tcp -d 25 -q 1 -w 1", "-i"],
        "scamper",
    ),
    "tcptraceroute": (
        ["sh", "-c", MERGED, "tcptraceroute", "-n", "-q", "1", "-w", "1"],
        "tcptraceroute",
    ),
    "lft": (["lft", "-n", "-d", "25"], "lft"),
    "traceroute -T": (["traceroute", "-n", "-T", "-p25", "-q1"], "traceroute"),
    "mtr --tcp": (["mtr", "--tcp", "-P25", "-n", "-c1", "--json"], "mtr"),
    "scapy traceroute()": ([sys.executable, "-c", SCAPY], "scapy"),
}

Row = dict[str, Any]


def inside(arguments: str) -> None:
    """Run all tools in the sender's namespace; print one JSON line a run."""
    for target in json.loads(arguments):
        for tool, (command, _) in TOOLS.items():
            program = command[3] if command[2:3] == [MERGED] else command[0]
            if not which(program) and not Path(program).exists():
                continue
            with tempfile.TemporaryDirectory() as state, counting(target) as wire:
                output = run_tool([*command, target], environment(state))
                probes = wire.stop().probes
            print(json.dumps({"tool": tool, "target": target, "output": output, "probes": probes}))


def hops_of(row: Row) -> dict[int, set[str]]:
    """What a tool says answered from each TTL."""
    name = TOOLS[row["tool"]][1]
    found: dict[int, set[str]] = {}
    if name == "scapy":
        for ttl, address in json.loads(row["output"] or "[]"):
            found.setdefault(ttl, set()).add(address)
        return found
    traces = READERS[name].read(row["output"].encode(), source=row["tool"]) if row["output"] else ()
    for hop in (hop for trace in traces for hop in _path(trace)):
        found[hop.ttl] = {str(address) for address in hop.responders}
    return found


def _path(trace: Trace) -> Iterator[Any]:
    return (hop for hop in trace.hops if hop.responders)


def compare(row: Row, lab: Lab, target: IPAddress) -> Counter[str]:
    """Compare with the truth of the first flow."""
    keys = [key.rpartition("/")[0] for key in row["probes"]]
    flows = list(dict.fromkeys(key for key in keys if key.startswith("6:")))
    found: Counter[str] = Counter(flows=len(flows), runs=1)
    path = lab.truth([(target, int(flows[0].split(":")[1]))]).paths[0]
    told = hops_of(row)
    for hop in path.hops:
        seen = told.get(hop.ttl, set())
        if seen:
            found["right" if seen == {str(hop.address)} else "wrong"] += 1
        elif not hop.silent:
            found["missing"] += 1
    return found


def main() -> None:
    """Bring the demo world up, run, compare and print."""
    if missing := kernel_lab_missing():
        sys.exit(f"this benchmark needs the kernel lab: {missing}")
    world = read_world(shipped_worlds()[WORLD])
    hosts = [name for name, host in world.hosts.items() if host.smtp is not None]
    addresses = [a for host in hosts for a in world.addresses_of(host)]
    step = max(1, len(addresses) // TARGETS)
    targets = [str(address) for address in addresses[::step]][:TARGETS]
    with Lab.up(world) as lab:
        done = lab.run(
            world.sender, [sys.executable, __file__, "inside", json.dumps(targets)], timeout_s=900
        )
        if done.returncode:
            sys.exit(done.stderr)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        sums: dict[str, Counter[str]] = {}
        for row in rows:
            found = compare(row, lab, parse_address(row["target"]))
            sums[row["tool"]] = sums.get(row["tool"], Counter()) + found
    print(f"{len(targets)} targets of the demo world, IPv4 and IPv6, to port 25")
    print(f"  {'':<22}{'flows a trace':>14}{'hops right':>12}{'wrong':>7}{'missing':>9}")
    for tool, total in sums.items():
        flows = total["flows"] / total["runs"]
        print(f"  {tool:<22}{flows:14.1f}{total['right']:12}{total['wrong']:7}{total['missing']:9}")


if __name__ == "__main__":
    inside(sys.argv[2]) if sys.argv[1:2] == ["inside"] else main()
