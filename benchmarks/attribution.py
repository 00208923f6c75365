"""Look-ups of origins and ``attribute -`` beside pyasn, maxminddb and numpy alone.

    python benchmarks/attribution.py [--made [NETWORKS] | --gazetteer DIR]

The shipped data, a made Internet with a million prefixes, exchange points and VRPs (built first), or
any gazetteer; the same random addresses for everyone, in one process and in turn: the best
of some rounds, in CPU seconds, for others may use the machine. Prints a table with
ratios and goals, says whether the peers give the same answers, and writes attribution.json.
A peer that is not installed is left out: pyasn; maxminddb with mmdb-writer, which makes its
file. Put them into an environment of their own and its site-packages behind PYTHONPATH.
Sends nothing.
"""

import argparse
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

import numpy as np
from made import NETWORKS, made_internet

from mxpath.attribution.lines import AttributionLines
from mxpath.datasets.numerals import address_v4
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.tables.address_text import Text, addresses_v4
from mxpath.tables.prefixes import LOW, NO_SET, PrefixTable

RESULTS = Path(__file__).parents[1] / "out" / "benchmarks"
COUNT, FEW, ROUNDS = 1_000_000, 100_000, 5
"""Addresses of a bulk look-up and of a loop over single ones, and how often each is done."""
LINES_A_BLOCK = 18_000
"""As many as ``attribute -`` reads at once from a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something to measure, and how many addresses it looks up."""

    name: str
    run: Callable[[], Any]
    count: int
    peer: str = ""
    """Whose rate it is compared with."""
    goal: float = 0.0
    """Wanted ratio; 0 for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the table."""

    name: str
    per_second: float
    ratio: float | None
    goal: float | None


def elapsed_s(run: Callable[[], Any]) -> float:
    """CPU seconds of one run."""
    begun = time.process_time()
    run()
    return time.process_time() - begun


def measured(jobs: list[Job]) -> list[Row]:
    """Run all jobs in turn, some rounds, and compare."""
    best = {job.name: float("inf") for job in jobs}
    for _ in range(ROUNDS):
        for job in jobs:
            best[job.name] = min(best[job.name], elapsed_s(job.run))
    rates = {job.name: job.count / best[job.name] for job in jobs}
    return [
        Row(
            name=job.name,
            per_second=rates[job.name],
            ratio=rates[job.name] / rates[job.peer] if job.peer in rates else None,
            goal=job.goal or None,
        )
        for job in jobs
    ]


def prefixes(table: PrefixTable) -> Iterator[tuple[str, int]]:
    """All blocks of a table with their origin, as other programs want them."""
    kind = IPv4Address if table.version == 4 else IPv6Address
    origins = table.first_origins().tolist()
    for piece, start in enumerate(table.pieces):
        if table.piece_sets[piece] != NO_SET:
            yield f"{kind(start)}/{table.piece_lengths[piece]}", origins[piece]


def pyasn_of(tables: tuple[PrefixTable, ...], directory: Path) -> Any | None:
    """Fill pyasn with the same prefixes."""
    try:
        module = importlib.import_module("pyasn")
    except ImportError:
        return None
    path = directory / "ipasn.dat"
    lines = [f"{prefix}\t{asn}\n" for table in tables for prefix, asn in prefixes(table)]
    path.write_text("".join(lines))
    return module.pyasn(str(path))


def maxminddb_of(table: PrefixTable, directory: Path) -> Any | None:
    """Fill a MaxMind database with the same prefixes, in memory."""
    try:
        reader, writer, netaddr = map(
            importlib.import_module, ("maxminddb", "mmdb_writer", "netaddr")
        )
    except ImportError:
        return None
    made = writer.MMDBWriter(ip_version=4)
    for prefix, asn in prefixes(table):
        made.insert_network(netaddr.IPSet([netaddr.IPNetwork(prefix)]), {"asn": asn})
    path = str(directory / "asn.mmdb")
    made.to_db_file(path)
    return reader.open_database(path)


def one_by_one(look_up: Callable[[Any], Any], asked: list[Any]) -> Callable[[], None]:
    """A loop over single look-ups, without the price of keeping what they say."""

    def run() -> None:
        for one in asked:
            look_up(one)

    return run


def jobs_v4(table: PrefixTable, pyasn: Any, maxmind: Any) -> list[Job]:
    """Look-ups of random IPv4 addresses, packed, as text, and one by one."""
    numbers = np.random.default_rng(1).integers(1 << 24, 224 << 24, COUNT, dtype=np.uint32)
    origins = table.first_origins()
    keys = np.frombuffer(table.pieces.high, dtype=np.uint32)
    texts = [str(IPv4Address(number)) for number in numbers[:FEW].tolist()]
    content = "".join(f"{IPv4Address(number)}\n" for number in numbers.tolist()).encode()
    addresses = [IPv4Address(text) for text in texts]

    def from_text() -> Any:
        for start in range(0, len(content), 1 << 20):
            # What lies over the edge of a block is a line of its own: all the same here.
            text = Text.of(content[start : start + (1 << 20)])
            values, _ = addresses_v4(text, *text.lines())
            origins[table.find_many(values)]

    peers = []
    if pyasn is not None:
        peers.append(Job(name="pyasn v4", run=one_by_one(pyasn.lookup, texts), count=FEW))
        asked = dict(zip(texts, origins[table.find_many(numbers[:FEW])].tolist(), strict=True))
        same = sum((pyasn.lookup(text)[0] or 0) == asn for text, asn in asked.items())
        print(f"pyasn gives the same origin for {same:,} of {len(asked):,} IPv4 addresses")
    if maxmind is not None:
        peers.append(Job(name="maxminddb v4", run=one_by_one(maxmind.get, texts), count=FEW))
    return [
        *peers,
        Job(
            name="numpy searchsorted v4",
            run=lambda: origins[keys.searchsorted(numbers, side="right") - 1],
            count=COUNT,
            peer="pyasn v4",
        ),
        Job(
            name="mxpath v4, packed",
            run=lambda: origins[table.find_many(numbers)],
            count=COUNT,
            peer="pyasn v4",
            goal=13,
        ),
        Job(name="mxpath v4, text", run=from_text, count=COUNT, peer="pyasn v4", goal=3),
        Job(
            name="mxpath v4, one by one from text",
            run=one_by_one(lambda text: table.match(address_v4(text)), texts),
            count=FEW,
            peer="pyasn v4",
            goal=1,
        ),
        Job(
            name="mxpath v4, one by one as objects",
            run=one_by_one(table.find, addresses),
            count=FEW,
            peer="pyasn v4",
        ),
    ]


def jobs_v6(table: PrefixTable, pyasn: Any) -> list[Job]:
    """Look-ups of IPv6 addresses that lie in the table's ranges: elsewhere is mostly nothing."""
    generator = np.random.default_rng(2)
    rows = generator.integers(0, len(table), COUNT // 2)
    starts = np.frombuffer(table.starts.high, dtype=np.uint64)[rows]
    high = starts + generator.integers(0, 1 << 16, len(rows), dtype=np.uint64)
    low = generator.integers(0, LOW, len(rows), dtype=np.uint64, endpoint=True)
    origins = table.first_origins()
    numbers = [
        first << 64 | last
        for first, last in zip(high[:FEW].tolist(), low[:FEW].tolist(), strict=True)
    ]
    texts = [str(IPv6Address(number)) for number in numbers]
    peers = []
    if pyasn is not None:
        peers.append(Job(name="pyasn v6", run=one_by_one(pyasn.lookup, texts), count=FEW))
        found = origins[table.find_many(high[:FEW], low[:FEW])].tolist()
        same = sum(
            (pyasn.lookup(text)[0] or 0) == asn for text, asn in zip(texts, found, strict=True)
        )
        print(f"pyasn gives the same origin for {same:,} of {FEW:,} IPv6 addresses")
    return [
        *peers,
        Job(
            name="mxpath v6, packed",
            run=lambda: origins[table.find_many(high, low)],
            count=len(rows),
            peer="pyasn v6",
            goal=5,
        ),
        Job(
            name="mxpath v6, one by one, packed",
            run=one_by_one(table.match, numbers),
            count=FEW,
            peer="pyasn v6",
        ),
    ]


def jobs_lines(gazetteer: Gazetteer) -> list[Job]:
    """``attribute -`` without reading and writing: ranges first met, and met before."""
    numbers = np.random.default_rng(3).integers(1 << 24, 224 << 24, COUNT // 2).tolist()
    lines = [f"{IPv4Address(number)}\n".encode() for number in numbers]
    blocks = [
        b"".join(lines[at : at + LINES_A_BLOCK]) for at in range(0, len(lines), LINES_A_BLOCK)
    ]
    table = gazetteer.origin_tables(6)[0][0]
    rows = np.random.default_rng(4).integers(0, len(table), COUNT // 5).tolist()
    lines_v6 = [f"{IPv6Address(table.starts[row] + 1)}\n".encode() for row in rows]
    blocks_v6 = [b"".join(lines_v6[at : at + 8_000]) for at in range(0, len(lines_v6), 8_000)]
    few = [b"".join(lines[at : at + 1000] * 18) for at in range(0, 28_000, 1000)]

    def answered(some: list[bytes]) -> Callable[[], None]:
        def run() -> None:
            answers = AttributionLines(gazetteer)
            for block in some:
                answers.answer(block)

        return run

    jobs = list(jobs_ports(gazetteer, answered))
    name = "attribute -, half a million different addresses"
    return [
        *jobs,
        Job(name=name, run=answered(blocks), count=len(lines)),
        Job(
            name="attribute -, IPv6, half of them in new ranges",
            run=answered(blocks_v6),
            count=len(lines_v6),
        ),
        Job(name="attribute -, each address 18 times", run=answered(few), count=18 * 28_000),
    ]


def jobs_ports(
    gazetteer: Gazetteer, answered: Callable[[list[bytes]], Callable[[], None]]
) -> Iterator[Job]:
    """Member ports of exchange points, where the gazetteer has enough of them."""
    for version in (4, 6):
        ports = [
            f"{port}\n".encode()
            for exchanges, _ in gazetteer.exchange_tables
            for port in exchanges.ports
            if port.version == version
        ]
        if len(ports) > 1_000:
            np.random.default_rng(5).shuffle(ports)
            blocks = [b"".join(ports[at : at + 18_000]) for at in range(0, len(ports), 18_000)]
            name = f"exchange ports v{version}, each met for the first time"
            yield Job(name=name, run=answered(blocks), count=len(ports))


def opening(opened: Callable[[], Gazetteer]) -> dict[str, float]:
    """Milliseconds of CPU until both families can be asked: for the first time, and later."""
    found = {}
    for name in ("first use", "opening"):
        for version in (4, 6):
            runs = 1 if name == "first use" else ROUNDS
            found[f"{name} v{version}"] = min(
                elapsed_s(lambda: opened().origin_tables(version)) * 1000  # noqa: B023
                for _ in range(runs)
            )
    return found


def built(networks: int) -> Path:
    """Return a gazetteer built of a made Internet; its collector's table is left out."""
    made = made_internet(networks)
    directory = made.with_name(f"{made.name}-built")
    shutil.rmtree(directory, ignore_errors=True)
    command = [sys.executable, "-m", "mxpath", "data", "build", str(made), "--out", str(directory)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return directory


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--made", type=int, nargs="?", const=NETWORKS, metavar="NETWORKS")
    parser.add_argument("--gazetteer", type=Path, metavar="DIR")
    options = parser.parse_args()
    directory = built(options.made) if options.made else options.gazetteer

    def opened() -> Gazetteer:
        return Gazetteer.open(directory) if directory is not None else Gazetteer.shipped()

    with tempfile.TemporaryDirectory() as name:
        peers = Path(name)
        os.environ["XDG_CACHE_HOME"] = name
        times = opening(opened)
        gazetteer = opened()
        times["first line"] = elapsed_s(lambda: AttributionLines(gazetteer).answer(b"1.2.3.4\n"))
        times["first line"] *= 1000
        v4, v6 = (gazetteer.origin_tables(version)[0][0] for version in (4, 6))
        pyasn, maxmind = pyasn_of((v4, v6), peers), maxminddb_of(v4, peers)
        rows = measured([*jobs_v4(v4, pyasn, maxmind), *jobs_v6(v6, pyasn)])
        rows += measured(jobs_lines(gazetteer))
    for what, took_ms in times.items():
        goal = "   goal 50 ms, files proved by SHA-256 included" if "opening" in what else ""
        print(f"{what:<48} {took_ms:9.1f} ms{goal}")
    for row in rows:
        ratio = f"{row.ratio:7.2f} x pyasn" if row.ratio is not None else ""
        goal = f"   goal {row.goal:g} x" if row.goal is not None else ""
        goal = "   goal 300 k/s" if row.name.startswith("attribute -, ") else goal
        print(f"{row.name:<48} {row.per_second / 1000:9,.0f} k/s {ratio}{goal}")
    results = {"milliseconds": times, "look_ups": [asdict(row) for row in rows]}
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "attribution.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
