"""So many questions to a service at once, for all threads and processes of a user.

A place is a file that is held while a question is under way: whoever dies with it lets go of
it. Where no file can be locked, the threads of this process alone keep to the number.
"""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from mxpath.vantage.locked_file import held
from mxpath.vantage.ports import Clock

_LOOK_S = 0.05


class Places:
    """``count`` places.

    Parameters
    ----------
    directory
        Where their files lie; ``None`` for this process alone.
    count
        How many there are.
    """

    def __init__(self, directory: Path | None, count: int) -> None:
        self._directory, self._count = directory, count
        self._own = threading.BoundedSemaphore(count)

    @contextmanager
    def take(self, clock: Clock, until_s: float) -> Iterator[bool]:
        """Take a place for as long as the block lasts; yields ``False`` where none came free.

        Parameters
        ----------
        clock, until_s
            Until when to wait, on the monotonic clock.
        """
        with ExitStack() as taken:
            while not self._enter(taken):
                if clock.monotonic_s() >= until_s:
                    yield False
                    return
                clock.sleep(_LOOK_S)
            yield True

    def _enter(self, taken: ExitStack) -> bool:
        """Take a place that is free now, here and among all processes."""
        if not self._own.acquire(blocking=False):
            return False
        with ExitStack() as trying:
            trying.callback(self._own.release)
            if self._directory is not None:
                files = (self._directory / f"place-{n}" for n in range(self._count))
                with suppress(OSError):
                    if not any(trying.enter_context(held(path)) for path in files):
                        return False
            taken.enter_context(trying.pop_all())
        return True
