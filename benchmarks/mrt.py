"""MRT: routes a second beside bgpdump and mrtparse, measured in turn in one run.

    python benchmarks/mrt.py [--rounds N] [--made [NETWORKS] | FILE …]

Every FILE is unpacked; its whole records are read plain, packed with bzip2, and made into
records with path identifiers (of TABLE_DUMP_V2) or microseconds (of BGP4MP).
Without one: the files of the collection beside the repository where it lies
there, else (and with --made) the table of a made Internet's collector: three million
routes, or twelve million for 78,000 networks. (It flatters us: blocks recur more than in life.)
Of ours every column of every batch is summed, next hops and origins a route included;
bgpdump (-m) prints to /dev/null, and its C library is told to keep memory; mrtparse decodes and prints nothing, and is given the first records
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
from made import made_internet

from mxpath.datasets import mrt

GOAL = 1.8
MRTPARSE_RECORDS = 1500
ROOT = Path(__file__).resolve().parents[1]
MADE_NETWORKS = 20_000
KEEPS_MEMORY = {"MALLOC_TRIM_THRESHOLD_": "1000000000", "MALLOC_MMAP_THRESHOLD_": "1000000000"}
"""Else bgpdump gives its memory back after each record of a large table, and is ten times slower."""
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


def with_path_ids(content: bytes) -> bytes:
    """Return a TABLE_DUMP_V2 file with a path identifier in every entry (RFC 8050)."""
    parts, start = [], 0
    for end in ends(content):
        head, body = content[start : start + 12], content[start + 12 : end]
        subtype = int.from_bytes(head[6:8])
        if subtype in (2, 4):
            at = 7 + (body[4] + 7) // 8
            made = [body[:at]]
            while at < len(body):
                after = at + 8 + int.from_bytes(body[at + 6 : at + 8])
                made += (body[at : at + 6], b"\0\0\0\1", body[at + 6 : after])
                at = after
            body, subtype = b"".join(made), subtype + 6
        parts += (head[:6], subtype.to_bytes(2), len(body).to_bytes(4), body)
        start = end
    return b"".join(parts)


def with_microseconds(content: bytes) -> bytes:
    """Return a BGP4MP file as BGP4MP_ET."""
    parts, start = [], 0
    for end in ends(content):
        head, body = content[start : start + 12], content[start + 12 : end]
        parts += (head[:4], b"\0\x11", head[6:8], (len(body) + 4).to_bytes(4), bytes(4), body)
        start = end
    return b"".join(parts)


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
    quiet = subprocess.DEVNULL
    subprocess.run(argv, stdout=quiet, stderr=quiet, check=False, env=os.environ | KEEPS_MEMORY)


def bgpdump_lines(path: Path) -> int:
    """Return how many lines it prints."""
    argv = ["bgpdump", "-q", "-m", str(path)]
    found = subprocess.run(argv, capture_output=True, check=False, env=os.environ | KEEPS_MEMORY)
    return found.stdout.count(b"\n")


def mrtparse(path: Path) -> float:
    """Let mrtparse decode a file, and return how long it took without its start.

    It runs in a process of its own, for it changes signal handlers.
    """
    code = """
import sys, time, mrtparse
begun = time.perf_counter()
for record in mrtparse.Reader(sys.argv[1]):
    record.data
print(time.perf_counter() - begun)
"""
    argv = [sys.executable, "-c", code, str(path)]
    return float(subprocess.run(argv, capture_output=True, check=True).stdout)


def seconds(work: Callable[[Path], object], path: Path) -> tuple[float, float]:
    """Return wall and processor time of one piece of work, children's included."""
    gc.collect()
    begun, used = time.perf_counter(), sum(os.times()[:4])
    work(path)
    return time.perf_counter() - begun, sum(os.times()[:4]) - used


def compare(name: str, plain: bytes, rounds: int, directory: Path) -> None:
    """Measure one file, plain, packed and made into its younger sister, and print a line each."""
    measure(f"{name}, raw", plain, rounds, directory / "all")
    # bgpdump looks at the end of a name to learn how a file is packed.
    measure(f"{name}, bz2", plain, rounds, directory / "all.bz2")
    if plain[4:6] == b"\0\x0d":
        measure("  as TABLE_DUMP_V2 with path ids", with_path_ids(plain), rounds, directory / "ap")
    if plain[4:6] == b"\0\x10":
        measure("  as BGP4MP_ET", with_microseconds(plain), rounds, directory / "et")


def measure(name: str, plain: bytes, rounds: int, path: Path) -> None:
    """Measure what lies in one file after it has been written, and print a line."""
    few = path.with_name(f"few-{path.name}")
    head = plain[: ends(plain)[: MRTPARSE_RECORDS + 1][-1]]
    for where, content in ((path, plain), (few, head)):
        where.write_bytes(bz2.compress(content) if path.suffix == ".bz2" else content)
    routes, few_routes = ours(path), ours(few)
    assert bgpdump_lines(path) >= routes  # it prints session states too
    found = [(seconds(bgpdump, path), seconds(ours, path)) for _ in range(rounds)]
    peer = routes / statistics.median(theirs[0] for theirs, _ in found)
    mine = routes / statistics.median(own[0] for _, own in found)
    ratio, work = (
        statistics.median(theirs[at] / own[at] for theirs, own in found) for at in (0, 1)
    )
    other = few_routes / mrtparse(few)
    print(
        f"{name:<38} {routes:>8,}  {peer:>9,.0f}  {other:>8,.0f}  {mine:>10,.0f}"
        f"  {ratio:5.2f}  {GOAL:4.1f}  {'reached' if ratio >= GOAL else 'NOT REACHED':<11}"
        f"  {work:5.2f}",
        flush=True,
    )


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--made", type=int, nargs="?", const=MADE_NETWORKS, metavar="NETWORKS")
    parser.add_argument("files", type=Path, nargs="*")
    options = parser.parse_args()
    if shutil.which("bgpdump") is None:
        sys.exit("bgpdump is not installed: there is nothing to measure against")
    chosen = options.files or ([] if options.made else files())
    if not chosen:
        made = made_internet(options.made or MADE_NETWORKS)
        chosen = list((made / "more").glob("bview*"))
    print(f"{'file':<38}   routes  bgpdump/s  mrtparse    mxpath/s  ratio  goal  {'':<11}    CPU")
    with tempfile.TemporaryDirectory() as directory:
        for path in chosen:
            content = unpacked(path)
            whole = content[: ends(content)[-1]]
            compare(path.name, whole, options.rounds, Path(directory))


if __name__ == "__main__":
    main()
