"""The valley-free route to one destination, over the relationships of a whole Internet.

    python benchmarks/propagation.py [--destinations N] [--no-oracle] [FILE]

FILE holds AS relationships in CAIDA's form (serial-1 or -2, plain or packed). Without one the
newest of the collection beside the repository is read, where it lies there; else the 78,000
networks of a made Internet. Origins are drawn by chance from all networks; the time is that of
one destination, every network's route included, without the laying out of the relationships,
which is shown apart; processor time is what is left of it where others keep all cores busy. The oracle is the path-vector simulation of the tests (a queue of
announcements, in plain Python): it works out one destination, its routes must equal ours,
and its time over ours is the ratio.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import TypeVar

from mxpath.bgp.propagation import Learnt, Propagation, propagate
from mxpath.bgp.topology import Topology
from mxpath.datasets import asrel
from mxpath.datasets.snapshot import lines_of, unpack
from mxpath.lab.internet_exchanges import make_peering, make_points
from mxpath.lab.internet_networks import make_networks, make_transit
from mxpath.model.relations import AsRelations, Relation

GOAL_MS = 35.0
NETWORKS = 78_000
ROOT = Path(__file__).resolve().parents[1]
BESIDE = ROOT.parent / "shared" / "data" / "dev-only" / "asrel"
T = TypeVar("T")


def timed_ms(
    call: Callable[[], T], clock: Callable[[], float] = time.perf_counter
) -> tuple[float, T]:
    """Time of a call, and what it returned."""
    begun_s = clock()
    found = call()
    return (clock() - begun_s) * 1000, found


def read(path: Path) -> AsRelations:
    """Relationships of a file."""
    document = unpack(path.read_bytes(), source=path.name)
    rows = asrel.parse(lines_of(document, source=path.name), source=path.name)
    return AsRelations.of(rows)


def made() -> AsRelations:
    """Relationships of a made Internet."""
    networks = make_networks(NETWORKS, seed=1)
    transit = make_transit(networks, seed=1)
    peering = make_peering(networks, make_points(networks, seed=1), transit, seed=1)
    rows = [(int(a), int(b), Relation.CUSTOMER) for a, b in networks.asns[transit]]
    rows += [(int(a), int(b), Relation.PEER) for a, b in networks.asns[peering.pairs]]
    return AsRelations.of(rows)


def chosen(path: Path | None) -> tuple[str, AsRelations]:
    """What is measured, and its name."""
    beside = sorted(BESIDE.glob("*.as-rel.txt.*"))[-1:] if BESIDE.is_dir() else []
    for file in [path] if path else beside:
        return file.name, read(file)
    return "made Internet", made()


def compare(relations: AsRelations, found: Propagation, origin: int) -> float:
    """Time of the oracle in ms; ends the program where its routes are others."""
    sys.path.insert(0, str(ROOT / "tests"))
    from bgp.path_vector import settle  # noqa: PLC0415 - lies beside the tests

    elapsed_ms, paths = timed_ms(lambda: settle(relations, [origin]))
    others = [asn for asn in relations.asns if found.path(asn) != paths.get(asn)]
    if others:
        sys.exit(f"{len(others)} networks have another route, AS{others[0]} among them")
    return elapsed_ms


def main() -> None:
    """Measure, and print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE")
    parser.add_argument("--destinations", type=int, default=50, metavar="N")
    parser.add_argument("--no-oracle", action="store_true")
    options = parser.parse_args()
    name, relations = chosen(options.file)
    lay_ms, topology = timed_ms(lambda: Topology.of(relations))
    links = len(relations.neighbours) // 2
    print(f"{name}: {len(topology.asns):,} networks, {links:,} links; laid out in {lay_ms:.0f} ms")
    print(f"circles of customers: {topology.circles or 'none'}")
    origins = [
        int(asn) for asn in Random(1).choices(topology.asns.tolist(), k=options.destinations)
    ]
    alone = [timed_ms(partial(propagate, topology, [n]), time.process_time)[0] for n in origins]
    runs = [timed_ms(partial(propagate, topology, [asn])) for asn in origins]
    times = [elapsed_ms for elapsed_ms, _ in runs]
    median = statistics.median(times)
    print(
        f"one destination: {median:.1f} ms in the median of {len(times)}, {max(times):.1f} at most "
        f"(goal {GOAL_MS:g} ms: {'met' if median <= GOAL_MS else 'MISSED'}); "
        f"{statistics.median(alone):.1f} ms of processor time"
    )
    lost = statistics.median(int((found.learnt == Learnt.NONE).sum()) for _, found in runs)
    print(f"networks without a valley-free route: {lost:.0f} in the median")
    if not options.no_oracle:
        oracle_ms = compare(relations, runs[0][1], origins[0])
        print(f"oracle: {oracle_ms / 1000:.1f} s, equal; {oracle_ms / times[0]:,.0f} times ours")


if __name__ == "__main__":
    main()
