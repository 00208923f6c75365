"""MRT: routes a second beside bgpdump and mrtparse, measured in turn in one run.

    python benchmarks/mrt.py [--rounds N] [FILE …]

Every FILE is unpacked, its whole records are read plain and packed with bzip2.
Without one: the files of the collection beside the repository where it lies
there, else a table of 1,400 routes from tests/samples, many times over (which
flatters us: blocks recur more than in life). Of ours every column of every
batch is summed, next hops and origins a route included; bgpdump (-m) prints to
/dev/null; mrtparse decodes and prints nothing, and is given the first records
alone. bgpdump's time holds its start (about 10 ms), ours does not hold the
import of numpy. Rates are medians of the rounds; the ratio is the median of
the ratios of the rounds, so that a neighbour's load weighs on both. The last
column is the ratio of processor times: what is left of the first one where
others keep all cores busy, for we unpack on one and read on another.
"""

import argparse
import bz2
import gc
import lzma
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy as np

from mxpath.datasets import mrt

GOAL = 1.8
MRTPARSE_RECORDS = 1500
ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "tests" / "samples" / "mrt" / "rib.20140523.0600_first60.bz2"
NAMES = (
    "pyasn/rib.20140523.0600_firstMB.bz2",
    "bgpdump/bview.20020722.2337.gz",
    "bgpdump/updates.20070211.0141.gz",
    "bgpdump/updates.20160811.1600.gz",
)


def files() -> list[Path]:
    """Return the collection's files, where it lies beside the repository."""
    for parent in ROOT.parents:
        directory = parent / "shared" / "data" / "open" / "mrt"
        if directory.is_dir():
            return [directory / name for name in NAMES]
    return []


def unpacked(path: Path) -> bytes:
    """Return what a file holds, a torn end included."""
    content = path.read_bytes()
    if content.startswith(b"BZh"):
        return bz2.BZ2Decompressor().decompress(content)
    if content.startswith(b"\x1f\x8b"):
        return zlib.decompressobj(31).decompress(content)
    return lzma.decompress(content) if content.startswith(b"\xfd7zXZ") else content


def ends(content: bytes) -> list[int]:
    """Return where each whole record ends."""
    at, found = 0, []
    while at + 12 <= len(content):
        at += 12 + int.from_bytes(content[at + 8 : at + 12])
        found.append(at)
    return found if not found or found[-1] <= len(content) else found[:-1]


def consume(value: object) -> float:
    """Sum every column of a batch, or of a table in it."""
    if isinstance(value, np.ndarray):
        return float(value.sum())
    assert is_dataclass(value)
    return sum(consume(getattr(value, field.name)) for field in fields(value))


def ours(path: Path) -> int:
    """Read a file, look at everything in it, and return how many routes it has."""
    routes = 0
    with path.open("rb") as file:
        for batch in mrt.parse(file, source=path.name):
            consume(batch)
            consume(batch.next_hops)
            batch.origins.sum()
            routes += len(batch)
    return routes


def bgpdump(path: Path) -> None:
    """Let bgpdump print a file to nowhere."""
    argv = ["bgpdump", "-q", "-m", str(path)]
    subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def bgpdump_lines(path: Path) -> int:
    """Return how many lines it prints."""
    argv = ["bgpdump", "-q", "-m", str(path)]
    return subprocess.run(argv, capture_output=True, check=False).stdout.count(b"\n")


def mrtparse(path: Path) -> None:
    """Let mrtparse decode a file, in a process of its own: it changes signal handlers."""
    code = "import sys, mrtparse\nfor record in mrtparse.Reader(sys.argv[1]): record.data"
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)


def seconds(work: Callable[[Path], object], path: Path) -> tuple[float, float]:
    """Return wall and processor time of one piece of work, children's included."""
    gc.collect()
    begun, used = time.perf_counter(), sum(os.times()[:4])
    work(path)
    return time.perf_counter() - begun, sum(os.times()[:4]) - used


def compare(name: str, plain: bytes, rounds: int, directory: Path) -> None:
    """Measure one file, plain and packed, and print two lines."""
    for kind, content in (("raw", plain), ("bz2", bz2.compress(plain))):
        # bgpdump looks at the end of a name to learn how a file is packed.
        path, few = directory / f"all.{kind}", directory / f"few.{kind}"
        path.write_bytes(content)
        head = plain[: ends(plain)[: MRTPARSE_RECORDS + 1][-1]]
        few.write_bytes(head if kind == "raw" else bz2.compress(head))
        routes, few_routes = ours(path), ours(few)
        assert bgpdump_lines(path) >= routes  # it prints session states too
        found = [(seconds(bgpdump, path), seconds(ours, path)) for _ in range(rounds)]
        peer = routes / statistics.median(theirs[0] for theirs, _ in found)
        mine = routes / statistics.median(own[0] for _, own in found)
        ratio, work = (
            statistics.median(theirs[at] / own[at] for theirs, own in found) for at in (0, 1)
        )
        other = few_routes / seconds(mrtparse, few)[0]
        print(
            f"{name:<36} {kind}  {routes:>8,}  {peer:>9,.0f}  {other:>8,.0f}  {mine:>10,.0f}"
            f"  {ratio:5.2f}  {GOAL:4.1f}  {'reached' if ratio >= GOAL else 'NOT REACHED':<11}"
            f"  {work:5.2f}"
        )


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("files", type=Path, nargs="*")
    options = parser.parse_args()
    if shutil.which("bgpdump") is None:
        sys.exit("bgpdump is not installed: there is nothing to measure against")
    chosen = options.files or files()
    print(
        f"{'file':<36} kind   routes  bgpdump/s  mrtparse  mxpath/s   ratio  goal               CPU"
    )
    with tempfile.TemporaryDirectory() as directory:
        for path in chosen:
            content = unpacked(path)
            whole = content[: ends(content)[-1]]
            compare(path.name, whole, options.rounds, Path(directory))
        if not chosen:
            content = unpacked(SAMPLE)
            first = ends(content)[0]
            made = content[:first] + content[first:] * 200
            compare("a sample, 200 times", made, options.rounds, Path(directory))


if __name__ == "__main__":
    main()
