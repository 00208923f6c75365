"""Tracing one path of 13 hops and 100 ms beside its peers, in the kernel lab.

Three columns: every hop answers; two hops are silent; two are silent and the target is dead.
Each tool is run as a process in the sender's namespace, in turn with the others. What leaves the
namespace is counted from its wire: all packets, the kernel's resets included, distinct flows, what
arrived at the target, and answers. Peers that are not installed are left out.

Besides, inside the process: our tracer against the floor that the lab's truth allows under the
cap of SYNs, on a path never seen and on a known one, and all addresses of a domain against the
slowest single one.

Prints the tables with goals and writes tracing.json beside the other results.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path
from shutil import which
from typing import Any

from counted_wire import Counted, counting
from installed import as_installed

from mxpath.formats import READERS
from mxpath.lab.netns import Lab, kernel_lab_missing
from mxpath.lab.topology import World, read_world
from mxpath.model.address import IPAddress
from mxpath.model.trace import Trace
from mxpath.tracing.floor import floor_s
from mxpath.tracing.known import Knowledge
from mxpath.tracing.options import TraceOptions
from mxpath.tracing.tracer import trace
from mxpath.vantage.ledger import Ledger
from mxpath.vantage.limits import Budget
from mxpath.vantage.live import live
from mxpath.vantage.ports import Vantage

HERE = Path(__file__).parent
RESULTS = Path("out") / "benchmarks"
RUNS = 5
SLOW_RUNS = 1
"""Of peers that take tens of seconds."""
PATIENCE_S = 150
COLUMNS = {"all hops answer": "open", "two silent hops": "gaps", "dead target": "dead"}
LANE = range(3, 13)
HOPS = 13
SCAPY = (
    "import sys; from scapy.layers.inet import traceroute; from scapy.config import conf; "
    "conf.verb = 0; traceroute(sys.argv[1], dport=25, maxttl=30, verbose=0)[0].show()"
)
MERGED = 'exec "$0" "$@" 2>&1'
"""It prints its heading to standard error."""
PEERS: dict[str, tuple[str, list[str], str | None]] = {
    # name: program that must be there, command, format of its output
    "traceroute -T -q1": ("traceroute", ["traceroute", "-n", "-T", "-p25", "-q1"], "traceroute"),
    "traceroute -T": ("traceroute", ["traceroute", "-n", "-T", "-p25"], "traceroute"),
    "LFT": ("lft", ["lft", "-n", "-d", "25"], "lft"),
    "scamper trace -P tcp": (
        "scamper",
        ["scamper", "-O", "json", "-c", "trace -P tcp -d 25", "-i"],
        "scamper",
    ),
    "tcptraceroute": (
        "tcptraceroute",
        ["sh", "-c", MERGED, "tcptraceroute", "-n"],
        "tcptraceroute",
    ),
    "mtr --tcp -c1": ("mtr", ["mtr", "--tcp", "-P25", "-n", "-c1", "--json"], "mtr"),
    "scapy traceroute()": (sys.executable, [sys.executable, "-c", SCAPY], None),
}
SLOW = {("scamper trace -P tcp", "gaps"), ("scamper trace -P tcp", "dead")}
SLOW |= {("tcptraceroute", "gaps"), ("tcptraceroute", "dead"), ("traceroute -T", "dead")}
SLOW |= {("traceroute -T -q1", "dead")}

OURS = "mxpath trace"
FORMATS = {OURS: None} | {name: peer[2] for name, peer in PEERS.items()}

Row = dict[str, Any]


def long_path() -> World:
    """Fill the lanes in and read the world."""
    lanes, links = ["fork"], []
    for lane in ("loud", "quiet"):
        nodes = ["fork", *(f"{lane}{number}" for number in LANE)]
        lanes += nodes[1:]
        for near, far in pairwise(nodes):
            links.append(f'[[links]]\nends = ["{near}", "{far}"]\ndelay_ms = 4.75\n')
    text = (HERE / "long_path.toml").read_text()
    text = text.replace("LANES", ", ".join(f'"{node}"' for node in lanes))
    text = text.replace("LINKS", "\n".join(links))
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(text)
        file.flush()
        return read_world(Path(file.name))


def ours(target: str) -> list[str]:
    """Our own command: one query a hop, as the peers beside it, and no names."""
    return [
        *(sys.executable, "-m", "mxpath", "trace", target, "--queries", "1"),
        *("-n", "--no-known", "--engine", "raw", "--quiet"),
    ]


def commands(target: str) -> dict[str, list[str]]:
    """Every tool that is here, as a command line."""
    peers = {
        name: [*command, target]
        for name, (program, command, _) in PEERS.items()
        if which(program) or Path(program).exists()
    }
    return {OURS: ours(target), **peers}


# -- from the shell: run inside the sender's namespace ---------------------------------------


def shell(name: str, command: list[str], target: str) -> Row:
    """Run one tool; return what it took and what left."""
    with tempfile.TemporaryDirectory() as state, counting(target) as wire:
        env = environment(state)
        begun_s = time.perf_counter()
        output = run_tool(command, env)
        wall_s = time.perf_counter() - begun_s
        counted = wire.stop()
    return {"tool": name, "wall_s": wall_s, "output": output, **counted.as_row(HOPS)}


def run_tool(command: list[str], env: dict[str, str]) -> str:
    """Return what a tool prints; nothing where it would not end."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
            stdin=subprocess.DEVNULL,
            env=env,
        )
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout


def environment(state: str) -> dict[str, str]:
    """Return a budget of its own for each run."""
    return as_installed(XDG_STATE_HOME=state)


def shells(targets: dict[str, str]) -> Iterator[Row]:
    """All tools in turn, all columns, RUNS times."""
    for run in range(RUNS):
        for column, host in COLUMNS.items():
            for name, command in commands(targets[host]).items():
                if run >= SLOW_RUNS and (name, host) in SLOW:
                    continue
                yield {"column": column, **shell(name, command, targets[host])}


# -- inside the process ----------------------------------------------------------------------


def single(target: IPAddress, known: Knowledge | None) -> tuple[float, Trace, Counted]:
    """Trace one target; return seconds, the trace and what left."""
    vantage = here()
    options = TraceOptions(queries=1)
    with counting(str(target)) as wire:
        begun_s = time.perf_counter()
        (found,) = trace([target], vantage, options=options, known=known)
        wall_s = time.perf_counter() - begun_s
        counted = wire.stop()
    return wall_s, found, counted


def learnt(found: Trace, distance: int) -> Knowledge:
    """What a trace has taught; of a target that is dead now the distance is told, as of old."""
    return Knowledge([replace(found, distance=distance)])


def here() -> Vantage:
    """Return this namespace as a vantage, with a budget of its own and no pace that could be felt."""
    free = dict.fromkeys(Budget, 10**6)
    return live(ledger=Ledger(None, per_hour=free), rate_pps=5000.0, engine="raw")


def process(
    targets: dict[str, str], domain: Sequence[str], rtts: dict[str, list[float | None]]
) -> Iterator[Row]:
    """Unknown and known paths in three columns, then all addresses of a domain at once."""
    for _ in range(RUNS):
        for column, host in COLUMNS.items():
            target = ip_address(targets[host])
            wall_s, found, counted = single(target, None)
            again_s, _, recounted = single(target, learnt(found, HOPS))
            hops_s, target_s = rtts[host][:-1], rtts[host][-1]
            yield {
                "unknown_floor_s": floor_s(hops_s, target_s),
                "known_floor_s": floor_s(hops_s, target_s, known=True),
                "column": column,
                "unknown_s": wall_s,
                "known_s": again_s,
                "unknown": counted.as_row(HOPS),
                "known": recounted.as_row(HOPS),
            }
        yield from together([ip_address(text) for text in domain])


def together(addresses: Sequence[IPAddress]) -> Iterator[Row]:
    """All at once, and each alone."""
    options = TraceOptions(queries=1)
    alone = []
    for address in addresses:
        begun_s = time.perf_counter()
        trace([address], here(), options=options)
        alone.append(time.perf_counter() - begun_s)
    begun_s = time.perf_counter()
    trace(addresses, here(), options=options)
    yield {"column": "domain", "all_s": time.perf_counter() - begun_s, "slowest_s": max(alone)}


def inside(arguments: str) -> None:
    """Measure in the sender's namespace; print one JSON line a row."""
    asked = json.loads(arguments)
    for row in shells(asked["targets"]):
        print(json.dumps({"part": "shell", **row}), flush=True)
    for row in process(asked["targets"], asked["domain"], asked["rtts_s"]):
        print(json.dumps({"part": "process", **row}), flush=True)


# -- tables ----------------------------------------------------------------------------------


def median(rows: Sequence[Row], key: str) -> float:
    """Return the median of one figure."""
    return statistics.median(row[key] for row in rows)


def agreement(row: Row, wanted: Sequence[str | None]) -> str:
    """How many hops of the truth a tool's output has right and wrong; silence is neither."""
    name = FORMATS[row["tool"]]
    if name is None or not row["output"]:
        return "not read"
    traces = READERS[name].read(row["output"].encode(), source=row["tool"])
    found = {hop.ttl: hop.responders for trace in traces for hop in trace.hops}
    told = [found.get(ttl, ()) for ttl in range(1, len(wanted) + 1)]
    pairs = [(seen, address) for seen, address in zip(told, wanted, strict=True) if seen]
    right = sum(tuple(map(str, seen)) == (address,) for seen, address in pairs)
    return f"{right}/{sum(a is not None for a in wanted)}, {len(pairs) - right} wrong"


def shell_table(rows: Sequence[Row], truth: dict[str, list[str | None]]) -> None:
    """Print what every tool took from the shell."""
    for column, host in COLUMNS.items():
        mine = [row for row in rows if row["column"] == column]
        tools = list(dict.fromkeys(row["tool"] for row in mine))
        first = median([row for row in mine if row["tool"] == OURS], "wall_s")
        print(f"\n{column}: {HOPS} hops, 100 ms; medians of up to {RUNS} runs as whole processes")
        print(
            f"  {'':<24}{'s':>7}{'x ours':>8}{'packets':>9}{'resets':>8}{'flows':>7}"
            f"{'answers':>9}{'at target':>11}   hops"
        )
        for tool in tools:
            its = [row for row in mine if row["tool"] == tool]
            figures = [
                median(its, key) for key in ("packets", "resets", "flows", "answers", "at_target")
            ]
            wall_s = median(its, "wall_s")
            print(
                f"  {tool:<24}{wall_s:7.2f}{wall_s / first:8.2f}{figures[0]:9.0f}"
                f"{figures[1]:8.0f}{figures[2]:7.0f}{figures[3]:9.0f}{figures[4]:11.0f}"
                f"   {agreement(its[-1], truth[host])}"
            )


def process_table(rows: Sequence[Row]) -> None:
    """Print our tracer against the floor, inside the process."""
    print(
        f"\ninside the process, medians of {RUNS} runs (goals: <= 1.10 x the floor, <= 6 at the"
        f" target of a flow, hops + 6 and hops + 1 probes)"
    )
    print(f"  {'':<18}{'floor s':>9}{'ours s':>8}{'ratio':>7}{'packets':>9}{'at target':>11}")
    for column in COLUMNS:
        mine = [row for row in rows if row["column"] == column]
        for way in ("unknown", "known"):
            floor_s, wall_s = median(mine, f"{way}_floor_s"), median(mine, f"{way}_s")
            counts = [row[way] for row in mine]
            ratio = statistics.median(row[f"{way}_s"] / row[f"{way}_floor_s"] for row in mine)
            print(
                f"  {column:<18}{floor_s:9.3f}{wall_s:8.3f}{ratio:7.2f}"
                f"{median(counts, 'packets') - median(counts, 'resets'):9.0f}"
                f"{max(row['at_target'] for row in counts):11.0f}   {way} path"
            )
    domain = [row for row in rows if row["column"] == "domain"]
    ratio = statistics.median(row["all_s"] / row["slowest_s"] for row in domain)
    print(
        f"  eight addresses at once {median(domain, 'all_s'):.3f} s, the slowest alone"
        f" {median(domain, 'slowest_s'):.3f} s: {ratio:.2f} x (goal <= 1.15)"
    )


def main() -> None:
    """Bring the lab up, measure inside, print and write."""
    if missing := kernel_lab_missing():
        sys.exit(f"this benchmark needs the kernel lab: {missing}")
    world = long_path()
    hosts = {host: str(world.address_of(host, 4)) for host in COLUMNS.values()}
    domain = [str(a) for host in ("open", "mx2", "mx3", "mx4") for a in world.addresses_of(host)]
    with Lab.up(world) as lab:
        truth, rtts_s = {}, {}
        for host, text in hosts.items():
            path = lab.truth([(ip_address(text), 50_000)]).paths[0]
            dead = host == "dead"
            truth[host] = [
                None if hop.silent or (dead and hop is path.hops[-1]) else str(hop.address)
                for hop in path.hops
            ]
            rtts_s[host] = [
                None if address is None else hop.rtt_min_ms / 1000
                for hop, address in zip(path.hops, truth[host], strict=True)
            ]
        asked = json.dumps({"targets": hosts, "domain": domain, "rtts_s": rtts_s})
        done = lab.run(world.sender, [sys.executable, __file__, "inside", asked], timeout_s=1500)
    if done.returncode:
        sys.exit(done.stderr)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    shell_table([row for row in rows if row["part"] == "shell"], truth)
    process_table([row for row in rows if row["part"] == "process"])
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "tracing.json").write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    inside(sys.argv[2]) if sys.argv[1:2] == ["inside"] else main()
