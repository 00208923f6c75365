"""Calls side by side."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.vantage.fanout import fan_out


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
