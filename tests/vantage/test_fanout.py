"""Calls side by side."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.vantage.clock import ManualClock
from mxpath.vantage.fanout import FanOut, fan_out


@given(items=st.lists(st.integers(), max_size=20), workers=st.integers(1, 5))
def test_every_item_once_whatever_the_number_of_workers(items: list[int], workers: int) -> None:
    found = dict(fan_out(lambda item: item * 2, items, workers))
    assert found == {number: item * 2 for number, item in enumerate(items)}


def test_one_worker_stays_in_this_thread_and_in_order() -> None:
    here = threading.get_ident()
    seen = list(fan_out(lambda item: (item, threading.get_ident()), ["a", "b"], 1))
    assert seen == [(0, ("a", here)), (1, ("b", here))]


def test_workers_work_at_the_same_time() -> None:
    meeting = threading.Barrier(3, timeout=2)
    assert len(dict(fan_out(lambda _: meeting.wait(), [1, 2, 3], 3))) == 3


@pytest.mark.parametrize("workers", [1, 3])
def test_what_a_call_raises_is_raised_here_after_what_came_before(workers: int) -> None:
    def call(item: int) -> int:
        if item == 1:
            time.sleep(0.05)
            raise LookupError(item)
        return item

    results = fan_out(call, [0, 1], workers)
    assert next(results) == (0, 0)
    with pytest.raises(LookupError):
        next(results)


def test_calls_not_begun_are_dropped_when_the_caller_stops() -> None:
    begun = []

    def call(item: int) -> None:
        begun.append(item)
        time.sleep(0.02)

    for _ in fan_out(call, range(100), 2):
        break
    time.sleep(0.1)
    assert len(begun) < 10


@given(durations=st.lists(st.integers(0, 100), min_size=2, max_size=12), workers=st.integers(2, 5))
def test_played_time_is_that_of_workers_side_by_side(durations: list[int], workers: int) -> None:
    clock = ManualClock()
    begun: list[float] = []

    def work(duration_s: int) -> int:
        begun.append(clock.monotonic_s())
        clock.sleep(duration_s)
        return duration_s

    found = dict(fan_out(work, durations, workers, clock=clock))
    assert [found[number] for number in range(len(durations))] == durations
    assert begun[:workers] == [0] * min(workers, len(durations))
    ends = [start + duration for start, duration in zip(begun, durations, strict=True)]
    for start in begun[workers:]:
        assert start in ends
        running = [s for s, e in zip(begun, ends, strict=True) if s <= start < e]
        assert len(running) <= workers
    assert clock.monotonic_s() == max(ends)


def test_what_is_done_meanwhile_takes_no_played_time_of_its_own() -> None:
    clock = ManualClock()
    aside = FanOut(clock.sleep, [2.0, 3.0], 2, clock=clock)
    clock.sleep(2.5)
    assert len(list(aside.results())) == 2
    assert clock.monotonic_s() == 3.0


def test_one_worker_begins_when_the_caller_is_done() -> None:
    clock = ManualClock()
    aside = FanOut(clock.sleep, [2.0, 3.0], 1, clock=clock)
    clock.sleep(2.5)
    assert len(list(aside.results())) == 2
    assert clock.monotonic_s() == 7.5


def test_threads_are_under_way_before_anybody_asks() -> None:
    begun = threading.Event()
    aside = FanOut(lambda event: event.set(), [begun], 2)
    assert begun.wait(2)
    assert [number for number, _ in aside.results()] == [0]


def test_stopping_keeps_what_has_ended() -> None:
    ended, hold = threading.Event(), threading.Event()

    def call(item: int) -> int:
        if item:
            ended.set()
            hold.wait(2)
        return item

    aside = FanOut(call, [0, 1], 1 + 1)
    assert ended.wait(2)
    time.sleep(0.05)
    assert list(aside.stop()) == [(0, 0)]
    hold.set()
