"""Statistics of a hop equal those of independent programs, and the worked figures of the sources."""

import math
import statistics as reference
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handmade import answer, hop
from mxpath.model.probe import Probe, ReplyKind
from mxpath.model.statistics import HopStatistics
from mxpath.model.trace import Hop
from mxpath.reading.statistics import Tally, statistics, tally

TIMES = st.lists(st.integers(1, 4_000_000_000).map(lambda ns: ns / 1e6), min_size=1, max_size=40)
"""Round trips in ms, on whole nanoseconds as stamps are."""


def of(times: list[float | None]) -> HopStatistics:
    return statistics(hop(1, [None if ms is None else answer(ms=ms) for ms in times]))


@settings(max_examples=40)
@given(TIMES)
def test_best_average_worst_and_last_equal_those_of_numpy(times: list[float]) -> None:
    found, array = of([*times]), np.array(times)
    assert found.best_ms == pytest.approx(array.min())
    assert found.worst_ms == pytest.approx(array.max())
    assert found.average_ms == pytest.approx(array.mean())
    assert found.last_ms == pytest.approx(times[-1])


@settings(max_examples=40)
@given(TIMES)
def test_stddev_is_that_of_the_sample(times: list[float]) -> None:
    found = of([*times]).stddev_ms
    if len(times) == 1:
        assert found is None
    else:
        assert found == pytest.approx(reference.stdev(times), abs=1e-9)
        assert found == pytest.approx(float(np.std(times, ddof=1)), rel=1e-6, abs=1e-6)


@settings(max_examples=40)
@given(TIMES)
def test_jitter_figures_equal_a_plain_program_after_mtr(times: list[float]) -> None:
    steps = [abs(b - a) for a, b in pairwise(times)]
    found = of([*times])
    if not steps:
        assert (found.jitter_ms, found.javg_ms, found.jmax_ms, found.jinta_ms) == (None,) * 4
        return
    smoothed = 0.0
    for step in steps:
        smoothed += step - smoothed / 16
    assert found.jitter_ms == pytest.approx(steps[-1], abs=1e-6)
    assert found.javg_ms == pytest.approx(sum(steps) / len(times), abs=1e-6)
    assert found.jmax_ms == pytest.approx(max(steps), abs=1e-6)
    assert found.jinta_ms == pytest.approx(smoothed, abs=1e-6)


@settings(max_examples=40)
@given(TIMES)
def test_jinta_is_sixteen_times_the_estimate_of_rfc_3550(times: list[float]) -> None:
    estimate = 0.0
    for a, b in pairwise(times):
        estimate += (abs(b - a) - estimate) / 16
    assert (of([*times]).jinta_ms or 0.0) == pytest.approx(16 * estimate, abs=1e-6)


@settings(max_examples=40)
@given(TIMES)
def test_sums_are_exact_so_that_the_order_changes_no_average(times: list[float]) -> None:
    ordered = of([*sorted(times)])
    assert of([*times]).average_ms == ordered.average_ms
    assert of([*times]).stddev_ms == ordered.stddev_ms


@settings(max_examples=40)
@given(st.lists(st.one_of(st.none(), st.floats(0.001, 4000)), max_size=30))
def test_loss_counts_every_probe_without_an_answer(times: list[float | None]) -> None:
    found = of(times)
    assert found.sent == len(times)
    assert found.received == sum(ms is not None for ms in times)
    if times:
        assert found.loss_share == pytest.approx(times.count(None) / len(times))
    else:
        assert found.loss_share is None


def integers_of_mtr(times_us: list[int]) -> dict[str, float]:
    """What mtr's own arithmetic, whole microseconds with C's rounding towards 0, makes of them."""
    n = last = average = squares = javg = jmax = jinta = jitter = 0
    for time in times_us:
        jitter = abs(time - last) if n else 0
        last, n = time, n + 1
        jmax = max(jmax, jitter)
        before = average
        average = int(average + (time - before) / n)
        squares = int(squares + (time - before) * (time - average))
        javg += int((jitter - javg) / n)
        jinta += jitter - ((jinta + 8) >> 4)
    stddev = math.sqrt(squares / (n - 1))
    figures = {"average": average, "stddev": stddev, "javg": javg, "jmax": jmax, "jinta": jinta}
    return {name: figure / 1e3 for name, figure in figures.items()} | {"jitter": jitter / 1e3}


@settings(max_examples=40)
@given(st.lists(st.integers(100, 4_000_000), min_size=2, max_size=20))
def test_mtr_shows_the_same_but_for_its_rounding(times_us: list[int]) -> None:
    theirs, ours = integers_of_mtr(times_us), of([us / 1e3 for us in times_us])
    assert (theirs["jmax"], theirs["jitter"]) == (ours.jmax_ms, ours.jitter_ms)
    for name in ("average", "javg", "jinta"):
        assert theirs[name] == pytest.approx(getattr(ours, f"{name}_ms"), abs=0.025)
    assert theirs["stddev"] == pytest.approx(ours.stddev_ms, rel=0.01, abs=0.1)


def test_the_example_of_trippy_where_the_two_agree() -> None:
    """``full_completed.toml`` of its tests: hop 2 answered in 777, 788 and 780 ms."""
    found = of([777, 788, 780])
    assert (found.best_ms, found.worst_ms, found.last_ms, found.jitter_ms) == (777, 788, 780, 8)
    assert found.average_ms == pytest.approx(781.6666666666666)


def test_what_trippy_shows_differs_by_its_first_difference_alone() -> None:
    """Its javg 265.33 is (777 + 11 + 8) / 3; mtr's is (0 + 11 + 8) / 3."""
    found = of([777, 788, 780])
    assert found.javg_ms == pytest.approx(19 / 3)
    assert found.javg_ms == pytest.approx(265.33333333333337 - 777 / 3)
    assert found.jmax_ms == 11


def test_figures_of_mtr_worked_by_hand() -> None:
    """10, 14, 12, 20 ms: differences 4, 2, 8; J = 4, then 5.75, then 13.390625."""
    found = of([10, 14, 12, 20])
    assert (found.jitter_ms, found.javg_ms, found.jmax_ms) == (8, 3.5, 8)
    assert found.jinta_ms == 13.390625
    assert found.stddev_ms == pytest.approx(math.sqrt(56 / 3))


def test_a_large_offset_costs_no_digit() -> None:
    """One-pass formulas in floats lose all of these."""
    found = of([1e9 + ms for ms in (4.0, 7.0, 13.0, 16.0)])
    assert found.stddev_ms == pytest.approx(math.sqrt(30), rel=1e-12)


def test_probes_count_in_the_order_of_sending() -> None:
    late = Probe(ttl=1, attempt=0, sent_ns=2_000_000, reply=answer(received_ns=5_000_000))
    early = Probe(ttl=1, attempt=1, sent_ns=1_000_000, reply=answer(received_ns=9_000_000))
    assert tally([late, early]).statistics.last_ms == 3.0


def test_a_bare_ack_is_no_sample() -> None:
    found = of([10, 14])
    with_ack = statistics(hop(1, [answer(ms=10), answer(ms=14), answer(kind=ReplyKind.ACK)]))
    assert (with_ack.sent, with_ack.received) == (3, 2)
    assert with_ack.average_ms == found.average_ms


def test_what_another_tool_tells_stands_for_its_probes() -> None:
    told = HopStatistics(sent=10, received=9, average_ms=3.5)
    assert statistics(Hop(ttl=1, probes=(), told=told)) is told


def test_nothing_sent_and_nothing_heard_have_no_times() -> None:
    assert Tally().statistics == HopStatistics(sent=0, received=0)
    assert of([None, None]) == HopStatistics(sent=2, received=0)
