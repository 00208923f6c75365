"""How often routers are misjudged in simulated diamonds, and what it costs: MDA beside MDA-Lite.

The real course of multipath tracing is driven over graphs whose routers draw a next hop for each flow.
Prints three tables, and writes multipath.json beside the results of the others:

- *misses by width*: what was wanted, the exact law of the stopping rule, what was observed, and the
  interval in which it lies with 99 % for all widths together;
- *probes*: node by node (MDA) against hop by hop (MDA-Lite), for plain diamonds;
- *unequal shares*: routers of two next hops that give them 1:3 and 1:9. Of these nothing is promised.

Usage: python benchmarks/multipath.py [DIAMONDS], by default 5,000. Sends nothing.
"""

import json
import sys
from pathlib import Path
from statistics import fmean

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from multipath_graphs import Graph, diamond, explore
from multipath_trials import exact, interval, tallies
from mxpath.multipath.options import MultipathOptions

RESULTS = Path(__file__).parents[1] / "out" / "benchmarks"
_CONFIDENCE = 0.95
_ALPHA = 0.01
_WIDTHS = (2, 3, 4, 6, 8, 12, 16)
_SHARES = ((1, 1), (1, 3), (1, 9))
_RUNS = 20
_SHARE_RUNS = 1000


def misses(diamonds: int) -> list[dict[str, float]]:
    """Rows of the first table."""
    found = tallies(_CONFIDENCE, diamonds)
    rows = []
    for width, tally in sorted(found.items()):
        rate = exact(width, _CONFIDENCE)
        low, high = interval(tally.trials, rate, _ALPHA / len(found))
        rows.append(
            {
                "width": width,
                "trials": tally.trials,
                "wanted": 1 - _CONFIDENCE,
                "exact": rate,
                "observed": tally.missed / tally.trials,
                "low": low / tally.trials,
                "high": high / tally.trials,
                "in_the_end": tally.missing / tally.trials,
            }
        )
    return rows


def costs() -> list[dict[str, float]]:
    """Rows of the second table: mean probes of further flows."""
    rows = []
    for width in _WIDTHS:
        row: dict[str, float] = {"width": width}
        for name, lite in (("mda", False), ("lite", True)):
            options = MultipathOptions(lite=lite)
            runs = [explore(diamond(width), seed=n, options=options)[0] for n in range(_RUNS)]
            row[name] = fmean(run.probes for run in runs)
        rows.append(row)
    return rows


def unequal() -> list[dict[str, float]]:
    """Rows of the third table."""
    rows = []
    for shares in _SHARES:
        graph = Graph(
            after={0: (1,), 1: (2, 3), 2: (4,), 3: (4,), 4: (-1,)},
            weights={1: tuple(map(float, shares))},
        )
        runs = [explore(graph, seed=n)[0] for n in range(_SHARE_RUNS)]
        missed = sum(len(list(run.at(2))) < 2 for run in runs) / _SHARE_RUNS
        rows.append({"near": shares[0], "far": shares[1], "missed": missed})
    return rows


def main() -> None:
    """Measure, print, write."""
    rows, prices, shares = misses(int((sys.argv[1:] or ["5000"])[0])), costs(), unequal()
    print("width  trials  wanted  exact   observed  interval         in the end   within")
    for row in rows:
        within = row["low"] <= row["observed"] <= row["high"]
        print(
            f"{row['width']:>5}  {row['trials']:>6}  {row['wanted']:.2%}   {row['exact']:.2%}   "
            f"{row['observed']:>6.2%}   {row['low']:>6.2%} to {row['high']:>6.2%}   "
            f"{row['in_the_end']:>6.2%}     {'yes' if within else 'NO'}"
        )
    print("\nwidth  probes MDA  MDA-Lite")
    for row in prices:
        print(f"{row['width']:>5}  {row['mda']:>10.0f}  {row['lite']:>8.0f}")
    print("\nshares  missed (nothing is promised but for 1:1)")
    for row in shares:
        print(f"{row['near']:>4}:{row['far']}  {row['missed']:.1%}")
    results = {"misses": rows, "probes": prices, "unequal_shares": shares}
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "multipath.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
