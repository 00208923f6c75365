"""A whole world built and opened: what everything that is published costs together.

    python benchmarks/world.py [--networks N] [FILE …]

Without FILEs an Internet of 78,000 networks is made (twelve million routes of ten peers of a
collector, PeeringDB, relationships, organisations, VRPs, delegations …) as a process of its own,
then built by ``mxpath data build``, then asked by benchmarks/gazetteer.py. With FILEs (as for
``mxpath data build``) those are built instead: your own RIB, your own downloads. Prints wall and
processor time and the largest resident set of each step, sizes, and the goals: built in less
than 3 minutes, opened with one answer of each kind in less than 100 ms, below 200 MB resident.
Writes world.json. Sends nothing.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from made import NETWORKS, OUT

RESULTS = OUT / "benchmarks"
GOAL_S = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a process took."""

    name: str
    wall_s: float
    cpu_s: float
    resident_mb: float
    """At its most."""


def step(name: str, command: list[str]) -> Step:
    """Run a process to its end and measure it."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "mxpath", *command], stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"mxpath {' '.join(command)} failed")
    found = Step(
        name=name,
        wall_s=time.perf_counter() - begun,
        cpu_s=used.ru_utime + used.ru_stime,
        resident_mb=used.ru_maxrss / 1024,
    )
    print(
        f"{name:<12} {found.wall_s:7.1f} s wall {found.cpu_s:7.1f} s CPU "
        f"{found.resident_mb:7.0f} MB at most",
        flush=True,
    )
    return found


def megabytes(paths: list[Path]) -> float:
    """How much lies in files and directories."""
    files = [one for path in paths for one in (path.rglob("*") if path.is_dir() else [path])]
    return sum(one.stat().st_size for one in files if one.is_file()) / 1e6


def sizes(tables: Path) -> dict[str, float]:
    """Megabytes of the tables of each section."""
    found: dict[str, float] = {}
    for path in tables.rglob("*.columns"):
        name = path.name.partition("-1-")[0].partition("-2-")[0]
        found[name] = found.get(name, 0.0) + path.stat().st_size / 1e6
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def main() -> None:
    """Make, build, open and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", type=int, default=NETWORKS)
    parser.add_argument("files", type=Path, nargs="*")
    options = parser.parse_args()
    steps = []
    files = options.files
    if not files:
        made = OUT / f"internet-{options.networks}"
        shutil.rmtree(made, ignore_errors=True)
        command = ["lab", "internet", str(made), "--networks", str(options.networks)]
        steps.append(step("make", command))
        files = [made, made / "more"]
    built = OUT / "world"
    shutil.rmtree(built, ignore_errors=True)
    steps.append(step("build", ["data", "build", *map(str, files), "--out", str(built)]))
    verdict = "reached" if steps[-1].wall_s < GOAL_S else "MISSED"
    print(f"{'':<12} goal < {GOAL_S:.0f} s: {verdict}")
    found = sizes(built)
    print(f"\n{megabytes(files):,.0f} MB of files, {sum(found.values()):,.0f} MB of tables:")
    print("  ".join(f"{name} {size:.1f}" for name, size in found.items()), end="\n\n", flush=True)
    subprocess.run(
        [sys.executable, str(Path(__file__).with_name("gazetteer.py")), str(built)], check=True
    )
    RESULTS.mkdir(parents=True, exist_ok=True)
    result = {"steps": [asdict(one) for one in steps], "tables_mb": found}
    (RESULTS / "world.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
