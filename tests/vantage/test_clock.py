import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.vantage.clock import ManualClock, SystemClock
from mxpath.vantage.ports import Clock


def test_both_clocks_satisfy_the_port() -> None:
    clocks: list[Clock] = [SystemClock(), ManualClock()]
    for clock in clocks:
        before_s, before_ns = clock.monotonic_s(), clock.now_ns()
        clock.sleep(0.01)
        assert clock.monotonic_s() - before_s >= 0.0099
        assert clock.now_ns() > before_ns


def test_a_manual_clock_starts_where_it_always_starts() -> None:
    assert ManualClock().now_ns() == ManualClock().now_ns()
    assert ManualClock().monotonic_s() == 0


def test_a_manual_clock_stands_still() -> None:
    clock = ManualClock(epoch_ns=5)
    assert (clock.now_ns(), clock.now_ns()) == (5, 5)


def test_sleeping_moves_both_hands_alike() -> None:
    clock = ManualClock(epoch_ns=1_000)
    clock.sleep(0.25)
    assert clock.now_ns() == 250_001_000
    assert clock.monotonic_s() == pytest.approx(0.25)


@pytest.mark.parametrize("duration_s", [-1.0, 0.0])
def test_no_clock_goes_back(duration_s: float) -> None:
    clock = ManualClock()
    clock.sleep(2)
    clock.sleep(duration_s)
    clock.advance_to(0)
    assert clock.monotonic_s() == 2
    SystemClock().sleep(duration_s)


def test_an_instant_is_the_same_on_both_hands() -> None:
    clock = ManualClock()
    clock.advance_to(clock.instant_ns(1.25))
    assert clock.monotonic_s() == 1.25


@given(st.floats(0, 1e6))
def test_a_deadline_is_reached(deadline_s: float) -> None:
    clock = ManualClock()
    clock.advance_to(clock.instant_ns(deadline_s))
    assert 0 <= clock.monotonic_s() - deadline_s < 2e-9


@given(st.floats(0, 1e6))
def test_sleeping_what_is_left_comes_to_an_end(deadline_s: float) -> None:
    clock = ManualClock()
    for _ in range(3):
        clock.sleep(deadline_s - clock.monotonic_s())
    assert clock.monotonic_s() >= deadline_s
