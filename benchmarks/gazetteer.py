"""How soon a built gazetteer answers, and how much memory that takes.

Usage: python benchmarks/gazetteer.py DIRECTORY [RUNS]
where DIRECTORY was made by ``mxpath data build``. Sends nothing.

The questions are chosen in one process, from the middle of each table; then fresh processes
import, open and ask each question for the first time. Prints medians, the resident set after
each step (from /proc/self/status), and the goals: open and one answer of each kind in less than
100 ms, imports apart, and less than 200 MB resident in all. The tables lie in the page cache
from the first process on; a disk that has to be read takes longer. Writes gazetteer.json.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Any

from mxpath.gazetteer import section_tables  # the code of all tables, imported beforehand
from mxpath.gazetteer.gazetteer import Gazetteer

RESULTS = Path(__file__).parents[1] / "out" / "benchmarks"
GOAL_MS, GOAL_MB = 100.0, 200.0
KINDS = len(section_tables.BUILDERS)
Answer = Callable[[], Any]


def resident_mb() -> float:
    """Resident set of this process, pages of mapped files included."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise LookupError("VmRSS")


def questions(directory: Path) -> dict[str, Any]:
    """Something that each table knows, out of its middle."""
    gazetteer = Gazetteer.open(directory)
    found: dict[str, Any] = {}
    for version, kind in ((4, IPv4Address), (6, IPv6Address)):
        tables = (table for table, _ in gazetteer.origin_tables(version) if len(table))
        if (table := next(tables, None)) is not None:
            row = table.row(len(table) // 2)
            found[f"origin v{version}"] = str(kind(row.start))
            found.setdefault("asn", row.origins[0])
        if gazetteer.vrps(version) is not None and f"origin v{version}" in found:
            found[f"VRPs v{version}"] = found[f"origin v{version}"]
    ixps = gazetteer.ixps
    if ixps:
        found["exchange"] = ixps[len(ixps) // 2].ix_id
        ports = (port for exchanges, _ in gazetteer.exchange_tables for port in exchanges.ports)
        found["port"] = next((str(port) for port in ports if port.version == 4), None)
    relations = gazetteer.relations
    if len(relations.asns):
        at = len(relations.asns) // 2
        neighbour = relations.asns[relations.neighbours[relations.offsets[at]]]
        found["relation"] = [relations.asns[at], neighbour]
    return found


def answers(gazetteer: Gazetteer, asked: dict[str, Any]) -> Iterator[tuple[str, Answer]]:
    """What is measured, by name."""
    asn = asked.get("asn", 1)
    addresses = {v: ip_address(a) for v in (4, 6) if (a := asked.get(f"origin v{v}"))}
    yield "network name", lambda: gazetteer.name(asn)
    for version, address in addresses.items():
        yield f"origin v{version}", lambda a=address: gazetteer.origin(a)
    for version, address in addresses.items():
        yield f"VRPs v{version}", lambda a=address: gazetteer.vrps_covering(ip_network(a))
    if asked.get("port"):
        port = ip_address(asked["port"])
        yield "exchange port", lambda: gazetteer.ixp_port(port)
        yield "exchange LAN", lambda: gazetteer.ixp_lan(port)
        yield "members", lambda: gazetteer.members(asked["exchange"])
    if "relation" in asked:
        yield "relation", lambda: gazetteer.relations.between(*asked["relation"])
    yield "organisation", lambda: gazetteer.organisation(asn)
    yield "siblings", lambda: gazetteer.siblings(asn)
    yield "delegation of AS", lambda: gazetteer.delegation_of(asn)
    for version, address in addresses.items():
        yield f"delegation v{version}", lambda a=address: gazetteer.delegation(a)
    if addresses:
        yield "place", lambda: gazetteer.place(next(iter(addresses.values())))
    yield "mail provider", lambda: gazetteer.provider("mx1.example.org")


def measure(directory: Path, asked: dict[str, Any]) -> list[tuple[str, float, float, bool]]:
    """Step, milliseconds, megabytes after it, and whether anything was known."""
    steps = [("import", 0.0, resident_mb(), True)]
    begun = time.perf_counter()
    gazetteer = Gazetteer.open(directory)
    steps.append(("open", (time.perf_counter() - begun) * 1000, resident_mb(), True))
    for name, answer in answers(gazetteer, asked):
        begun = time.perf_counter()
        found = answer()
        taken = (time.perf_counter() - begun) * 1000
        steps.append((name, taken, resident_mb(), bool(found)))
    return steps


def main() -> None:
    """Choose questions, ask them in fresh processes and print."""
    directory = Path(sys.argv[1])
    if len(sys.argv) > 3:
        print(json.dumps(measure(directory, json.loads(sys.argv[3]))))
        return
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 9
    asked = json.dumps(questions(directory))
    command = [sys.executable, __file__, str(directory), "1", asked]
    found = [json.loads(subprocess.check_output(command)) for _ in range(runs)]
    size = sum(path.stat().st_size for path in directory.rglob("*.columns")) / 2**20
    print(
        f"{directory}: {size:.0f} MB of tables ({KINDS} sections have any); medians of {runs} fresh processes\n"
    )
    rows = []
    for steps in zip(*found, strict=True):
        taken, resident = (statistics.median(step[n] for step in steps) for n in (1, 2))
        rows.append((steps[0][0], taken, resident, steps[0][3]))
        print(
            f"{rows[-1][0]:<18} {taken:8.2f} ms {resident:8.1f} MB{'' if steps[0][3] else '   unknown'}"
        )
    total, most = sum(row[1] for row in rows), rows[-1][2]
    for what, value, goal, unit in (
        ("in all", total, GOAL_MS, "ms"),
        ("resident", most, GOAL_MB, "MB"),
    ):
        verdict = "reached" if value < goal else "MISSED"
        print(f"\n{what:<18} {value:8.1f} {unit}, goal < {goal:.0f} {unit}: {verdict}", end="")
    print()
    RESULTS.mkdir(parents=True, exist_ok=True)
    result = {
        "steps": rows,
        "total_ms": total,
        "resident_mb": most,
    }
    (RESULTS / "gazetteer.json").write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
