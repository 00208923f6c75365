"""The made Internet that benchmarks run on: made once, below out/, and used again."""

import subprocess
import sys
from pathlib import Path

OUT = Path(__file__).parents[1] / "out"
NETWORKS = 78_000


def made_internet(networks: int = NETWORKS) -> Path:
    """Return the directory of a made Internet (seed 1) of so many networks; makes it when missing."""
    directory = OUT / f"internet-{networks}"
    if not directory.exists():
        print(f"making {networks:,} networks in {directory} …", file=sys.stderr)
        command = [sys.executable, "-m", "mxpath", "lab", "internet", str(directory)]
        subprocess.run(
            [*command, "--networks", str(networks)], check=True, stdout=subprocess.DEVNULL
        )
    return directory
