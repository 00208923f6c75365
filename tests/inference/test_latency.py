import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.inference.latency import (
    FLOOR_FACTOR,
    TIMER_NOISE_MS,
    UNSEEN_SHARE,
    differential,
    envelope,
)
from mxpath.inference.steps import steps_of
from mxpath.model.route import Differential
from paths import trace

minima = st.lists(st.none() | st.floats(0.01, 1000), max_size=30)


@given(minima)
def test_the_envelope_never_falls_and_never_exceeds_a_sample(values: list[float | None]) -> None:
    found = envelope(values)
    assert len(found) == len(values)
    known = [value for value in found if value is not None]
    assert known == sorted(known)
    for index, value in enumerate(values):
        later = [each for each in values[index:] if each is not None]
        assert found[index] == (min(later) if later else None)
        assert value is None or (found[index] or 0) <= value


@given(minima.filter(lambda values: bool(values) and values[-1] is not None))
def test_the_target_is_never_touched(values: list[float | None]) -> None:
    assert envelope(values)[-1] == values[-1]


@given(minima)
def test_the_envelope_of_an_envelope_is_itself(values: list[float | None]) -> None:
    assert envelope(envelope(values)) == envelope(values)


def between(*hops: str, entry: int, leave: int) -> Differential:
    return differential(steps_of(trace(*hops), {}), entry_ttl=entry, exit_ttl=leave)


def test_a_difference_with_the_least_uncertainty() -> None:
    found = between("a1 5", "b1 25", entry=1, leave=2)
    width = 2 * TIMER_NOISE_MS + UNSEEN_SHARE * 20
    assert found == Differential(rtt_ms=20, plus_minus_ms=width, entry_ttl=1, exit_ttl=2)


def test_the_first_hop_is_measured_from_the_vantage() -> None:
    found = between("a1 5", entry=0, leave=1)
    width = TIMER_NOISE_MS + UNSEEN_SHARE * 5
    assert found == Differential(rtt_ms=5, plus_minus_ms=width, entry_ttl=0, exit_ttl=1)


def test_the_gaps_of_the_smallest_samples_widen_it_also_where_there_is_one_sample() -> None:
    found = between("a1 5/5.5", "b1 27/25/80", "c1 50", entry=1, leave=2)
    width = FLOOR_FACTOR * ((0.5 + 2) / 2 + 2) + UNSEEN_SHARE * 20
    assert found.plus_minus_ms == pytest.approx(width)
    alone = between("a1 5/5.5", "b1 27/25/80", "c1 50", entry=2, leave=3)
    assert alone.plus_minus_ms == pytest.approx(FLOOR_FACTOR * (2 + 2) + UNSEEN_SHARE * 25)


def test_of_a_late_hop_only_the_bounds_are_known() -> None:
    """It lies between the level before it and the envelope: the example of 10, 60, 20, 30."""
    hops = ("a1 10", "a2 60", "b1 20", "b2 30")
    late = between(*hops, entry=1, leave=2)
    assert (late.rtt_ms, "cannot be told from zero" in late.reason) == (None, True)
    assert between(*hops, entry=3, leave=4).rtt_ms == 10
    found = between("a1 10", "a2 60", "b1 20", "b2 90", entry=2, leave=4)
    assert found.rtt_ms == 75
    assert found.plus_minus_ms > 5


def test_what_other_flows_differ_by_widens_it() -> None:
    steps = steps_of(trace("a1 5", "b1 25"), {})
    found = differential(steps, entry_ttl=1, exit_ttl=2, branches={2: 3.0})
    assert found.plus_minus_ms == pytest.approx(2 * TIMER_NOISE_MS + UNSEEN_SHARE * 20 + 3)
    assert "other flows differ by 3.0 ms" in found.reason


def test_an_answer_that_may_have_been_sent_again_is_no_figure() -> None:
    found = between("a1 5", "t25! 1025", entry=1, leave=2)
    assert (found.rtt_ms, "sent again" in found.reason) == (None, True)


@pytest.mark.parametrize("later", ["b1 5", "b1 5.2", "b1 4"])
def test_what_cannot_be_told_from_zero_is_no_figure(later: str) -> None:
    found = between("a1 5", later, entry=1, leave=2)
    assert found.rtt_ms is None
    assert "cannot be told from zero" in found.reason
    assert found.plus_minus_ms > 0


def test_silence_is_no_figure() -> None:
    found = between("a1 5", "*", entry=1, leave=2)
    assert (found.rtt_ms, found.reason) == (None, "an end of it did not answer")


def test_ways_back_of_different_length_are_no_figure() -> None:
    same = between("a1 5@64", "b1 25@63", entry=1, leave=2)
    assert same.rtt_ms == 20
    longer = between("a1 5@64", "b1 25@62", entry=1, leave=2)
    assert longer.rtt_ms is None
    assert longer.reason.endswith("that of hop 2 is 1 hop longer than that of hop 1")
    shorter = between("a1 5@62", "b1 25@63", entry=1, leave=2)
    assert shorter.reason.endswith("2 hops shorter than that of hop 1")


def test_between_makes_one_hop_may_be_a_habit_and_two_are_not() -> None:
    assert between("a1 5@64", "b1 25@253", entry=1, leave=2).rtt_ms == 20
    assert between("a1 5@64", "b1 25@252", entry=1, leave=2).rtt_ms is None


def test_a_way_back_that_changes_in_between_is_no_figure_either() -> None:
    hops = ("a1 5@64", "b1 25@61", "b2 30@62")
    assert between(*hops, entry=1, leave=3).rtt_ms is None
    assert between(*hops, entry=0, leave=1).rtt_ms == 5
