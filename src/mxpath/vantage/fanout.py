"""Several calls side by side: in plain threads, or one after another on a played clock.

The law
-------
1. *Threads* are daemons: an interrupt leaves them behind instead of waiting for the slowest
   server, and no interpreter exit hangs on them. They begin at once, so that whoever began
   them may do something else meanwhile.
2. *A played clock* has one pair of hands. There the calls run in the caller's thread, in order,
   and each begins at the moment at which a worker would have been free for it; in the end the
   hands stand where the last of them came to its end. So the played time is that of work side by
   side, and equal runs stay equal.
3. *One worker* does one thing at a time: here, in order, after whatever was done before.
"""

import heapq
import threading
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from mxpath.vantage.clock import ManualClock
from mxpath.vantage.ports import Clock

T = TypeVar("T")
R = TypeVar("R")

Outcome = tuple[int, R | None, BaseException | None]


class FanOut(Generic[T, R]):
    """Calls under way.

    Parameters
    ----------
    function
        What to call with each item.
    items
        What to call it with.
    workers
        How many calls may go on at the same time.
    clock
        The clock that the calls go by; a played one decides how they are run.
    """

    def __init__(
        self,
        function: Callable[[T], R],
        items: Sequence[T],
        workers: int,
        *,
        clock: Clock | None = None,
    ) -> None:
        self._function, self._items, self._workers = function, items, workers
        self._time = clock
        self._clock = clock if isinstance(clock, ManualClock) and workers > 1 else None
        self._begun_ns = self._clock.now_ns() if self._clock else 0
        self._done: SimpleQueue[Outcome[R]] = SimpleQueue()
        self._stop = threading.Event()
        self._threaded = self._clock is None and workers > 1
        if self._threaded:
            self._start()

    def _start(self) -> None:
        waiting: SimpleQueue[tuple[int, T]] = SimpleQueue()
        for pair in enumerate(self._items):
            waiting.put(pair)
        call = (self._function, waiting, self._done, self._stop)
        for _ in range(min(self._workers, len(self._items))):
            threading.Thread(target=_work, args=call, daemon=True).start()

    def results(self) -> Iterator[tuple[int, R]]:
        """Yield ``(position, function(item))`` for every item, as they come to an end.

        What ``function`` raises is raised here. When the caller stops iterating, calls not yet
        begun are dropped.
        """
        if self._clock is not None:
            yield from self._played(self._clock)
            return
        if not self._threaded:
            yield from ((number, self._function(item)) for number, item in enumerate(self._items))
            return
        try:
            for _ in self._items:
                yield _told(self._done.get())
        finally:
            self._stop.set()

    def until(self, deadline_s: float) -> Iterator[tuple[int, R]]:
        """Yield what comes to an end before ``deadline_s`` on the monotonic clock; drop the rest.

        Raises
        ------
        ValueError
            When there is no clock to go by.
        """
        if self._time is None:
            raise ValueError("a deadline needs a clock")
        if not self._threaded:
            yield from self._played_until(self._time, deadline_s)
            return
        try:
            for _ in self._items:
                left_s = max(0.0, deadline_s - self._time.monotonic_s())
                try:
                    outcome = self._done.get(timeout=left_s)
                except Empty:
                    return
                yield _told(outcome)
        finally:
            self._stop.set()

    def _played_until(self, clock: Clock, deadline_s: float) -> Iterator[tuple[int, R]]:
        """One after another, or side by side on a played clock, which then stands at the deadline."""
        if self._clock is None:
            for number, item in enumerate(self._items):
                if clock.monotonic_s() < deadline_s:
                    yield number, self._function(item)
            return
        for number, result in self._played(self._clock):
            if self._clock.monotonic_s() <= deadline_s:
                yield number, result
        self._clock.turn_to(min(self._clock.now_ns(), self._clock.instant_ns(deadline_s)))

    def stop(self) -> Iterator[tuple[int, R]]:
        """Drop what has not begun, and yield what has come to an end and was not yielded yet."""
        self._stop.set()
        while True:
            try:
                yield _told(self._done.get_nowait())
            except Empty:
                return

    def _played(self, clock: ManualClock) -> Iterator[tuple[int, R]]:
        """Rule 2."""
        free = [self._begun_ns] * self._workers
        last_ns = clock.now_ns()
        try:
            for number, item in enumerate(self._items):
                clock.turn_to(heapq.heappop(free))
                try:
                    result = self._function(item)
                finally:
                    heapq.heappush(free, clock.now_ns())
                yield number, result
        finally:
            clock.turn_to(max(last_ns, *free))


def fan_out(
    function: Callable[[T], R], items: Sequence[T], workers: int, *, clock: Clock | None = None
) -> Iterator[tuple[int, R]]:
    """Make the calls and yield ``(position, function(item))`` as they come to an end.

    See :class:`FanOut`; a single call needs no thread.
    """
    if len(items) <= 1:
        workers = 1
    return FanOut(function, items, workers, clock=clock).results()


def _told(outcome: Outcome[R]) -> tuple[int, R]:
    number, result, error = outcome
    if error is not None:
        raise error
    return number, result  # type: ignore[return-value]  # without an error it is an R


def _work(
    function: Callable[[T], R],
    waiting: "SimpleQueue[tuple[int, T]]",
    done: "SimpleQueue[Outcome[R]]",
    stop: threading.Event,
) -> None:
    while not stop.is_set():
        try:
            number, item = waiting.get_nowait()
        except Empty:
            return
        try:
            done.put((number, function(item), None))
        except BaseException as error:  # noqa: BLE001 - handed to the caller, who raises it
            done.put((number, None, error))
