"""A line on a terminal that fills while a file comes."""

import sys
import time
from typing import TextIO

_EVERY_S = 0.1
_WIDTH = 24


class Bar:
    """Draws on one line of ``stream``, again and again, and wipes it when it is done."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream, self._drawn_s, self._length = stream, 0.0, 0

    def draw(self, name: str, there: int, total: int | None) -> None:
        """Show how much of ``name`` is there; ``total`` is ``None`` where that is not known."""
        now_s = time.monotonic()
        if now_s - self._drawn_s < _EVERY_S and there != total:
            return
        self._drawn_s = now_s
        if total:
            filled = min(_WIDTH, _WIDTH * there // total)
            gauge = f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {100 * there // total:3d} %"
            line = f"{name[:36]:<36} {gauge}  {there / 1e6:.1f} of {total / 1e6:.1f} MB"
        else:
            line = f"{name[:36]:<36} {there / 1e6:.1f} MB"
        self._write(line)

    def say(self, words: str) -> None:
        """Show words in place of a gauge: what takes its time and cannot be measured."""
        self._write(words)

    def wipe(self) -> None:
        """Leave the line empty for what is printed next."""
        if self._length:
            self._write("")
            self._stream.write("\r")
            self._stream.flush()

    def _write(self, line: str) -> None:
        self._stream.write(f"\r{line:<{self._length}}")
        self._stream.flush()
        self._length = len(line)
