"""How long the command line takes to start, beside bare Python, run by run in turn.

Prints medians in milliseconds and ratios; the goal is a ratio of at most 3 for what only prints.
An attribution also opens the gazetteer and answers from it.
"""

import statistics
import subprocess
import sys
import time

from installed import as_installed

RUNS = 25
ENVIRONMENT = as_installed()
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "mxpath --help": [sys.executable, "-m", "mxpath", "--help"],
    "mxpath --version": [sys.executable, "-m", "mxpath", "--version"],
    "import mxpath.cli.trace": [sys.executable, "-c", "import mxpath.cli.trace"],
    "mxpath attribute 8.8.8.8": [sys.executable, "-m", "mxpath", "attribute", "8.8.8.8"],
}


def elapsed_ms(command: list[str]) -> float:
    """Run ``command`` once and return its wall time."""
    begun_s = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True, env=ENVIRONMENT)
    return (time.perf_counter() - begun_s) * 1000


def main() -> None:
    """Measure all commands in turn and print a table."""
    runs = [[elapsed_ms(command) for command in COMMANDS.values()] for _ in range(RUNS)]
    medians = [statistics.median(column) for column in zip(*runs, strict=True)]
    for name, median_ms in zip(COMMANDS, medians, strict=True):
        print(f"{name:<25} {median_ms:7.1f} ms   {median_ms / medians[0]:4.2f} x bare Python")


if __name__ == "__main__":
    main()
