"""Several conversations side by side, in plain threads.

The threads are daemons: an interrupt leaves them behind instead of waiting for
the slowest server, and no interpreter exit hangs on them.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def fan_out(
    function: Callable[[T], R], items: Sequence[T], workers: int
) -> Iterator[tuple[int, R]]:
    """Yield ``(position, function(item))`` for every item, as they come to an end.

    With one worker the calls run here, in order, so that a played clock stays
    played. What ``function`` raises is raised here. When the caller stops
    iterating, calls not yet begun are dropped.
    """
    if workers <= 1 or len(items) <= 1:
        yield from ((number, function(item)) for number, item in enumerate(items))
        return
    waiting: SimpleQueue[tuple[int, T]] = SimpleQueue()
    for pair in enumerate(items):
        waiting.put(pair)
    done: SimpleQueue[tuple[int, R | None, BaseException | None]] = SimpleQueue()
    stop = threading.Event()
    for _ in range(min(workers, len(items))):
        threading.Thread(target=_work, args=(function, waiting, done, stop), daemon=True).start()
    try:
        for _ in items:
            number, result, error = done.get()
            if error is not None:
                raise error
            yield number, result  # type: ignore[misc]  # without an error it is an R
    finally:
        stop.set()


def _work(
    function: Callable[[T], R],
    waiting: "SimpleQueue[tuple[int, T]]",
    done: "SimpleQueue[tuple[int, R | None, BaseException | None]]",
    stop: threading.Event,
) -> None:
    while not stop.is_set() and not waiting.empty():
        try:
            number, item = waiting.get_nowait()
        except Exception:  # noqa: BLE001 - emptied by another worker in the meantime
            return
        try:
            done.put((number, function(item), None))
        except BaseException as error:  # noqa: BLE001 - handed to the caller, who raises it
            done.put((number, None, error))
