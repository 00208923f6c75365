"""How often a backbone share holds the truth: 150 worlds drawn by chance, played in memory.

    python benchmarks/backbone_share.py [WORLDS]    so many of each kind, 30 unless said

A share is right when its interval holds twice the one-way delay of the links that end inside
transit-free networks; refused where it is not resolvable.
"""

import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from backbone_accuracy import counted
from generated import KINDS, draw_world
from mxpath.demo import play


def main(arguments: list[str]) -> int:
    """Print a row for each kind of world."""
    worlds = int(arguments[0]) if arguments else 30
    print(f"{'worlds':14}{'right':>8}{'wrong':>8}{'refused':>10}")
    total: Counter[str] = Counter()
    for kind in KINDS:
        counts: Counter[str] = Counter()
        for seed in range(worlds):
            with TemporaryDirectory() as scratch:
                world = draw_world(kind, seed)
                found = play(world, Path(scratch), player="memory", say=lambda _step: None)
                counts += counted(*found)
        total += counts
        print(f"{kind:14}{counts['right']:8}{counts['wrong']:8}{counts['refused']:10}")
    print(f"{'all':14}{total['right']:8}{total['wrong']:8}{total['refused']:10}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
