import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.inference.latency import TIMER_NOISE_MS, differential, envelope
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
    assert found == Differential(rtt_ms=20, plus_minus_ms=2 * TIMER_NOISE_MS)


def test_the_first_hop_is_measured_from_the_vantage() -> None:
    assert between("a1 5", entry=0, leave=1) == Differential(rtt_ms=5, plus_minus_ms=TIMER_NOISE_MS)


def test_the_spread_of_the_smallest_samples_widens_it() -> None:
    found = between("a1 5/5.5", "b1 27/25/80", entry=1, leave=2)
    assert found == Differential(rtt_ms=20, plus_minus_ms=2.5)


def test_a_late_hop_takes_nothing_from_the_next() -> None:
    """METHODS' own numbers: 10, 60, 20, 30 are 10, 20, 20, 30."""
    hops = ("a1 10", "a2 60", "b1 20", "b2 30")
    assert between(*hops, entry=1, leave=2).rtt_ms == 10
    assert between(*hops, entry=2, leave=3).rtt_ms is None
    assert between(*hops, entry=3, leave=4).rtt_ms == 10


@pytest.mark.parametrize("later", ["b1 5", "b1 5.2", "b1 4"])
def test_what_cannot_be_told_from_zero_is_no_figure(later: str) -> None:
    found = between("a1 5", later, entry=1, leave=2)
    assert found.rtt_ms is None
    assert "cannot be told from zero" in found.reason
    assert found.plus_minus_ms > 0


def test_silence_to_the_end_is_no_figure() -> None:
    found = between("a1 5", "*", entry=1, leave=2)
    assert (found.rtt_ms, found.reason) == (None, "nothing from here on answered")


def test_ways_back_of_different_length_are_no_figure() -> None:
    same = between("a1 5@64", "b1 25@63", entry=1, leave=2)
    other_system = between("a1 5@64", "b1 25@254", entry=1, leave=2)
    longer = between("a1 5@64", "b1 25@60", entry=1, leave=2)
    assert same.rtt_ms == other_system.rtt_ms == 20
    assert longer.rtt_ms is None
    assert "ways back differ" in longer.reason
