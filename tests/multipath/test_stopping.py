"""The stopping rule beside the tables of the papers."""

from math import ceil, log
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.errors import InputError
from mxpath.multipath.stopping import (
    miss_rate,
    node_epsilon,
    repeats,
    stopping_point,
    stopping_points,
    unseen_probability,
)

TABLE = {
    0.95: (6, 11, 16, 21, 27, 33, 38, 44, 51, 57, 63, 70, 76, 83, 90),
    0.99: (8, 15, 21, 28, 36, 43, 51, 58, 66, 74, 82, 90, 98, 106, 115),
}
"""Probes that rule out the k-th next hop, k = 2 to 16 (Veitch et al. 2009)."""


@pytest.mark.parametrize("confidence", TABLE)
def test_stopping_points_are_those_of_the_papers(confidence: float) -> None:
    assert tuple(stopping_points(confidence).values()) == TABLE[confidence]


@pytest.mark.parametrize(("confidence", "differing"), [(0.95, [8, 9, 14]), (0.99, [])])
def test_the_closed_form_asks_for_one_more_at_a_few(
    confidence: float, differing: list[int]
) -> None:
    closed = {k: ceil(log((1 - confidence) / k) / log((k - 1) / k)) for k in range(2, 17)}
    exact = stopping_points(confidence)
    assert [k for k in exact if closed[k] != exact[k]] == differing
    assert all(closed[k] - exact[k] in (0, 1) for k in exact)


@given(st.integers(2, 40), st.sampled_from([0.2, 0.05, 0.01, 0.001]))
def test_a_stopping_point_is_the_least_number_that_will_do(next_hops: int, epsilon: float) -> None:
    point = stopping_point(next_hops, epsilon)
    assert unseen_probability(next_hops, point) <= epsilon
    assert unseen_probability(next_hops, point - 1) > epsilon


@given(st.integers(2, 30), st.integers(0, 200))
def test_more_probes_never_leave_more_unseen(next_hops: int, probes: int) -> None:
    fewer, more = (unseen_probability(next_hops, n) for n in (probes, probes + 1))
    assert 0 <= more <= fewer + 1e-9 <= 1 + 1e-9


def test_the_exact_miss_rate_of_the_rule_is_a_little_more_than_wanted_at_eight_and_nine() -> None:
    rates = {k: miss_rate(k, 0.05) for k in range(2, 17)}
    assert rates[2] == pytest.approx(1 / 32)
    assert rates[8] == pytest.approx(0.0501, abs=5e-5)
    assert [k for k, rate in rates.items() if rate > 0.05] == [8, 9]


def test_the_exact_miss_rate_is_that_of_throwing_dice() -> None:
    random, missed = Random(1), 0
    for _ in range(4000):
        seen, probes = {random.randrange(5)}, 1
        while len(seen) < 5 and probes < stopping_point(len(seen) + 1, 0.05):
            seen.add(random.randrange(5))
            probes += 1
        missed += len(seen) < 5
    assert missed / 4000 == pytest.approx(miss_rate(5, 0.05), abs=4 * (0.05 * 0.95 / 4000) ** 0.5)


@given(st.floats(0.5, 0.999), st.integers(1, 200))
def test_all_branchings_together_are_as_sure_as_wanted(confidence: float, branchings: int) -> None:
    each = node_epsilon(confidence, branchings)
    assert (1 - each) ** branchings == pytest.approx(confidence)
    assert node_epsilon(confidence, None) == 1 - confidence


@given(st.integers(2, 64), st.sampled_from([0.2, 0.05, 0.01]))
def test_enough_repeats_give_a_per_packet_balancer_away(next_hops: int, epsilon: float) -> None:
    assert float(next_hops) ** -repeats(next_hops, epsilon) <= epsilon


@pytest.mark.parametrize(("next_hops", "epsilon"), [(1, 0.05), (2, 0.0), (2, 1.0), (5000, 0.05)])
def test_values_outside_their_range_are_refused(next_hops: int, epsilon: float) -> None:
    with pytest.raises(InputError):
        stopping_point(next_hops, epsilon)
